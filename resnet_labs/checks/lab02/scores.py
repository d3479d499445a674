"""The check of exercise 02.3: precision, recall and F."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab02 import reference

# Every wrong average that has a name gives another value on these than the right one.
_CONFUSION = torch.tensor([[2, 1, 7], [0, 3, 7], [1, 0, 30]])
_NEVER_PREDICTED = torch.tensor([[6, 0, 2], [3, 0, 1], [1, 0, 9]])
_SWAPPED = "rows and columns are swapped: rows are the true digits, columns the predicted ones"
_MICRO = "all classes are pooled before dividing; the macro score is the mean over classes"


@check("02.3", "macro precision, recall and F, also where a class is never predicted")
def check_scores(probe: Probe, precision_recall_f: Callable[[Tensor], Any]) -> None:
    """Check the macro scores against hand-worked ones."""
    for confusion, tested in ((_CONFUSION, "three classes"), (_NEVER_PREDICTED, "a class that is never predicted")):
        scores = probe.call(precision_recall_f, confusion, hint="a")
        probe.expect(
            isinstance(scores, tuple) and len(scores) == 3,
            "three-values",
            tested="what precision_recall_f returns",
            expected="three numbers: precision, recall, F",
            got=scores,
            cause="the function ends with `return precision, recall, f`",
            hint="a",
        )
        precision, recall, f = reference.scores(confusion)
        means = [x.mean() for x in (precision, recall, f)]
        micro = confusion.diag().sum() / confusion.sum()
        got = [torch.as_tensor(score, dtype=torch.float64) for score in scores]
        probe.expect(
            all(score.isfinite().all() for score in got),
            "not-a-number",
            tested=f"the scores of {tested}",
            expected="numbers: a class that is never predicted has precision 0",
            got=scores,
            cause="zero divided by zero; clamp the divisor to at least 1",
            hint="b",
        )
        swapped = [Mistake(means[1], "swapped", _SWAPPED, "a"), Mistake(micro, "micro", _MICRO, "c")]
        present = confusion.sum(0) > 0
        ignored = Mistake(
            precision[present].mean(), "ignored-class", "a class that is never predicted is left out", "b"
        )
        probe.close(
            got[0],
            means[0],
            "precision",
            tested=f"macro precision of {tested}",
            cause="the divisor of precision is what was predicted as the class: a column",
            hint="a",
            mistakes=[*swapped, ignored],
        )
        swapped = [Mistake(means[0], "swapped", _SWAPPED, "a"), Mistake(micro, "micro", _MICRO, "c")]
        probe.close(
            got[1],
            means[1],
            "recall",
            tested=f"macro recall of {tested}",
            cause="the divisor of recall is what truly is the class: a row",
            hint="a",
            mistakes=swapped,
        )
        of_means = 2 * means[0] * means[1] / (means[0] + means[1])
        plain = (means[0] + means[1]) / 2
        mistakes = [
            Mistake(
                of_means,
                "f-of-means",
                "F is computed from the two means; compute it for every class, then average",
                "c",
            ),
            Mistake(plain, "plain-mean", "F is the harmonic mean, not half the sum", "c"),
        ]
        probe.close(
            got[2],
            means[2],
            "f",
            tested=f"macro F of {tested}",
            cause="F of a class is 2PR / (P + R)",
            hint="c",
            mistakes=mistakes,
        )

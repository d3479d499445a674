"""The check of exercise 02.3: precision, recall and F."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._returned import returned_numbers
from resnet_labs.checks.lab02 import reference

# Every wrong average that has a name gives another value on the first than the right one.
_CASES = (
    ("a table of three classes", [[2, 1, 7], [0, 3, 7], [1, 0, 30]]),
    ("a table with a class that is never predicted", [[6, 0, 2], [3, 0, 1], [1, 0, 9]]),
    ("a table with a class that is predicted, and never rightly", [[6, 1, 2], [3, 0, 1], [1, 2, 9]]),
    ("a table with a class without an example", [[6, 1, 2, 1], [0, 0, 0, 0], [1, 2, 9, 3], [2, 0, 1, 4]]),
    ("a table with more examples of a class than 16 bits can count", [[90_000, 20_000], [30_000, 70_000]]),
    ("a table of a single class", [[5]]),
    ("a table with a class without an example that is never predicted", [[6, 0, 2], [0, 0, 0], [1, 0, 9]]),
)
_SWAPPED = (
    "rows and columns are swapped: rows are the true digits, columns the predicted ones",
    "recall is returned before precision",
)
_MICRO = "all classes are pooled before dividing; the macro score is the mean over classes"
_BREAK = "the loop ends at the class that is never predicted; go on with the next one: `continue`, not `break`"
_OVERFLOW = "whole numbers overflow: these counts, or their products, do not fit into 16 or 32 bits; use float64"
_LEFT_OUT = "the mean over the classes, or a divisor, has something added, cut off or left out"
_ALL_ZERO = "nan in one class makes the whole score 0: it is replaced after the mean; replace it class by class"
_DIVISORS = {
    "precision": "the divisor of precision is what was predicted as the class: a column",
    "recall": "the divisor of recall is what truly is the class: a row",
    "f": "F of a class is 2PR / (P + R)",
}


@check(
    "02.3",
    "macro precision, recall and F, also where a class is never predicted",
    library=("resnet_labs.metrics:precision_recall_f",),
)
def check_scores(probe: Probe, precision_recall_f: Callable[[Tensor], Any]) -> None:
    """Check the macro scores against hand-worked ones, then on tables that are drawn."""
    cases = [(tested, torch.tensor(rows)) for tested, rows in _CASES]
    for num_classes in (2, probe.random.randint(4, 7)):
        drawn = torch.randint(1, 40, (num_classes, num_classes), generator=probe.generator)
        cases.append((f"a table of {num_classes} classes", drawn + 20 * torch.eye(num_classes, dtype=torch.int64)))
    tested, confusion = cases[-1]
    cases.append((f"{tested}, counts as floats", confusion.double()))
    large = torch.tensor([[90_000, 20_000], [30_000, 70_000]], dtype=torch.int32)
    cases.append(("a table in int32, whose counts have products larger than an int32", large))
    again = confusion.clone()
    probe.call(precision_recall_f, again, tested=f"precision_recall_f of {tested}", hint="a")
    cases.append((f"{tested}, in a matrix that had other counts in an earlier call", again))
    again.copy_(confusion.flip(0, 1) + torch.arange(len(confusion)))
    for tested, confusion in cases:
        scores = probe.call(precision_recall_f, confusion, tested=f"precision_recall_f of {tested}", hint="a")
        got = returned_numbers(
            probe, scores, 3, "precision_recall_f", "three numbers: precision, recall, F", "three-values"
        )
        probe.expect(
            bool(got.isfinite().all()),
            "not-a-number",
            tested=f"the scores of {tested}",
            expected="numbers: a score is 0 where nothing was right",
            got=got,
            cause=(
                "zero divided by zero; a class can be missing in the predictions and in the labels",
                "F divides by P + R, which is 0 where both are",
            ),
            hint="b",
        )
        _check_each(probe, got, confusion, tested)


def _check_each(probe: Probe, got: Tensor, confusion: Tensor, tested: str) -> None:
    each = dict(zip(_DIVISORS, reference.scores(confusion), strict=True))
    other = {"precision": "recall", "recall": "precision"}
    present, with_examples = confusion.sum(0) > 0, confusion.sum(1) > 0
    weights = confusion.sum(1) / confusion.sum()
    precision, recall = each["precision"].mean(), each["recall"].mean()
    exchanged = torch.allclose(got[:2].double(), torch.stack([recall, precision]))
    for place, (name, values) in enumerate(each.items()):
        outside = not 0 <= got[place].item() <= 1
        usual = (_DIVISORS[name], _LEFT_OUT)
        mistakes = [
            Mistake(values[present].mean(), "ignored-class", "a class never predicted is left out", "b"),
            Mistake(values[with_examples].mean(), "ignored-class", "a class without an example is left out", "b"),
            Mistake((present.cumprod(0) * values).mean(), name, _BREAK, "b"),
        ]
        if name in other:
            mistakes = [
                Mistake(each[other[name]].mean(), "swapped", _SWAPPED if exchanged else _DIVISORS[name], "a"),
                Mistake(confusion.diag().sum() / confusion.sum(), "micro", _MICRO, "c"),
                *mistakes,
            ]
        else:
            of_means = 2 * precision * recall / (precision + recall)
            each_class = "F is computed from the two means; compute it for every class, then average"
            clamped = 2 * each["precision"] * each["recall"] / (each["precision"] + each["recall"]).clamp(min=1)
            mistakes = [
                Mistake(of_means, "f-of-means", each_class, "c"),
                Mistake((precision + recall) / 2, "plain-mean", "F is the harmonic mean, not half the sum", "c"),
                Mistake(clamped.mean(), "clamped", "P + R is clamped to 1, and is often smaller", "b"),
                Mistake(values.mean() / 2, "no-two", "the factor 2 is missing", "c"),
                *mistakes,
            ]
        mistakes += [
            Mistake(100 * values.mean(), "per-cent", "this is a percentage; give a fraction", "a"),
            Mistake((weights * values).sum(), "weighted", "classes count by their examples; each counts once", "c"),
            Mistake(values.sum(), "not-averaged", "summed over the classes, not averaged", "c"),
            Mistake(values.sum() / 10, "ten-classes", "divided by ten; this table has another number of classes", "c"),
            *([Mistake(0.0, "all-zero", _ALL_ZERO, "b")] if bool((values == 0).any()) else []),
            Mistake(values.floor().mean(), "whole-numbers", "`//` or whole numbers cut the fractions off", "a"),
            *(Mistake(round(values.mean().item(), n), "rounded", "the score is rounded", "a") for n in (2, 3, 4)),
        ]
        probe.close(
            got[place],
            values.mean(),
            name,
            tested=f"macro {name if name != 'f' else 'F'} of {tested}",
            cause=usual if confusion.max() < 2**15 else _OVERFLOW if outside else (_OVERFLOW, *usual),
            hint="a" if name in other else "c",
            mistakes=mistakes,
            rtol=1e-6,
        )

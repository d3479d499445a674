"""The check of exercise 08.4: classes that a ReLU after the last layer switches off, and what that costs."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from resnet_labs.checks._answers import values
from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks.lab08 import reference

Dead = Callable[[nn.Linear, Tensor], Tensor]
Gradients = Callable[[nn.Linear, Tensor, Tensor], Tensor]


def _head() -> nn.Linear:
    """Return a head for codes of two values, whose classes each tell one wrong definition from the right one."""
    head = nn.Linear(2, 6).double()
    with torch.no_grad():
        head.weight.copy_(torch.tensor([[2.0, 0.0], [0.0, 0.0], [-1.0, -1.0], [2.5, -4.0], [0.5, -0.2], [0.0, -0.5]]))
        head.bias.copy_(torch.tensor([0.0, 0.0, -0.1, 0.0, 0.0, 0.0]))
    return head


# Class 0 is alive; 1 is zero everywhere, 2 negative everywhere, 5 zero or negative: dead. 3 is negative on average and
# once the best, 4 is once negative and never the best: both alive.
_CODES = torch.tensor([[1.0, 0.0], [0.5, 1.0], [0.2, 2.0], [3.0, 1.0]], dtype=torch.float64)
_LABELS = torch.tensor([1, 2, 3, 4])
_DEAD = torch.tensor([False, True, True, False, False, True])
_EIGHT = ("the classes are not equally large: count the cats and the monkeys", "the number is rounded")
_UNNAMED = "a class that no label names has a gradient too, where its output is above zero"
_LOSS = (
    "the loss is the mean cross-entropy of relu(head(codes)); its gradient is for head.weight, not for the bias, and "
    "is 0 where the ReLU is",
    "something other than the Euclidean norm of each row of that gradient is returned",
    "exponentials of large outputs are infinite",
)


@check("08.4", "a dead class is at or below zero for every image and gets no gradient; the two cost at most 20 points")
def check_dead(probe: Probe, dead_classes: Dead, class_gradients: Gradients, ceiling: float | Tensor) -> None:
    """Check which classes are dead, the gradient of each class, and the accuracy that is left."""
    _check_dead(probe, dead_classes)
    for last in (True, False):
        head, codes, dead = _drawn(probe, 7 if last else probe.random.choice((4, 5)))
        few = (head(codes) > 0).sum(0) == 1  # a class that lives by one row alone
        row = int(head(codes)[:, few][:, 0].argmax())
        codes = codes.roll(len(codes) - 1 - row if last else -row, 0)
        if last:
            codes = torch.cat([codes[:-1].repeat(200, 1), codes[-1:]])  # alive in row 1,601 only
        _check_drawn(probe, dead_classes, head, codes, dead)
    _check_gradients(probe, class_gradients, _head(), _CODES, _LABELS)
    head, codes, _ = _drawn(probe, probe.random.choice((5, 7)))
    labels = torch.arange(len(codes)) % (head.out_features - 1)
    _check_gradients(probe, class_gradients, head, codes, labels)
    _check_gradients(probe, class_gradients, head, codes[:1], labels[1:2])
    _check_gradients(probe, class_gradients, head, 1000 * codes, labels, what=" of large codes")
    probe.close(
        ceiling,
        0.801,
        "ceiling",
        tested="ceiling: the best accuracy of a network that never names a cat or a monkey",
        cause="of 1,000 test images 106 are cats and 93 are monkeys; all others could be right",
        hint="c",
        mistakes=[
            Mistake(0.199, "lost-share", "this is the share that is lost; the ceiling is what remains", "c"),
            Mistake(0.8, "equal-classes", _EIGHT, "c"),
            Mistake(0.894, "cats-only", "the monkeys are missing: neither cats nor monkeys are ever right", "c"),
            Mistake(0.907, "monkeys-only", "the cats are missing: neither cats nor monkeys are ever right", "c"),
            Mistake(801, "images", "this is a number of images; divide by 1,000", "c"),
            Mistake(80.1, "per-cent", "this is in percent; give a fraction", "c"),
            Mistake(0.265, "reported", "this is what the report reached, not what it could have reached", "c"),
        ],
        rtol=1e-6,
    )


def _check_dead(probe: Probe, dead_classes: Dead) -> None:
    head = _head()
    dead = probe.call(dead_classes, head, _CODES, tested="dead_classes(head, codes) of four rows", hint="a")
    logits = head(_CODES).detach()
    listed = dead.tolist() if isinstance(dead, Tensor) else dead
    probe.expect(
        not (isinstance(dead, Tensor) and dead.dtype != torch.bool and listed == [1, 2, 5]),
        "numbers",
        tested="what dead_classes returns",
        expected="a boolean for each class",
        got=listed,
        cause="these are the numbers of the dead classes; return True or False for each class",
        hint="a",
    )
    probe.expect(
        not isinstance(dead, Tensor) or dead.dtype == torch.bool,
        "not-boolean",
        tested="the type of what dead_classes returns",
        expected="torch.bool, which can be a mask",
        got=str(getattr(dead, "dtype", "")),
        cause="`.float()`, a product or a sum makes numbers of a comparison; return the comparison itself",
        hint="a",
    )
    probe.close(
        dead,
        _DEAD,
        "dead",
        tested="which of six classes are dead",
        cause="a class is dead if its output is at or below zero for every row",
        hint="a",
        mistakes=[
            Mistake((logits < 0).all(0), "below-zero", "a ReLU gives zero for zero too; an output of 0 is dead", "a"),
            Mistake((logits == 0).all(0), "zero-only", "the head alone has no ReLU: negative outputs count too", "a"),
            Mistake((logits <= 0).any(0), "any", "one row at zero is not enough; all rows must be", "a"),
            Mistake((logits <= 0).all(1), "wrong-axis", "this is a value for each row, not for each class", "a"),
            Mistake(logits.mean(0) <= 0, "mean", "the mean over the rows is taken; all rows must be at zero", "a"),
            Mistake(
                torch.bincount(logits.argmax(1), minlength=6) == 0,
                "never-best",
                "these classes are never the best; they still get gradients and may become it",
                "a",
            ),
            Mistake(~_DEAD, "alive", "these are the classes that live", "a"),
        ],
    )


def _drawn(probe: Probe, num_classes: int) -> tuple[nn.Linear, Tensor, Tensor]:
    """Return a head, codes, and which classes are dead; each class's largest output is set to a value near zero."""
    tops = [0.0, -0.5, -1e-9, 1e-9, 0.02, 1.0, -2.0][:num_classes]
    probe.random.shuffle(tops)
    half = torch.randn(3, 2, generator=probe.generator, dtype=torch.float64)
    codes = torch.cat([half, -half, 0.1 * half])
    head = nn.Linear(2, len(tops)).double()
    with torch.no_grad():
        head.weight.copy_(torch.randn(len(tops), 2, generator=probe.generator))
        head.weight[tops.index(0.0)] = 0  # zero for every row, exactly
        head.bias.copy_(torch.tensor(tops) - (codes @ head.weight.T).amax(0))
    return head, codes, torch.tensor(tops) <= 0


def _check_drawn(probe: Probe, dead_classes: Dead, head: nn.Linear, codes: Tensor, dead: Tensor) -> None:
    for rows, want, name in (
        (codes, dead, f"{len(codes)} rows"),
        (codes[:1], (head(codes[:1]) <= 0).all(0), "one row alone"),
    ):
        tested = f"dead_classes(head, codes) of {name}, {head.out_features} classes"
        got = probe.call(dead_classes, head, rows, tested=tested, hint="a")
        probe.close(
            got,
            want,
            "dead-drawn" if len(rows) > 1 else "dead-one-row",
            tested=f"which of {head.out_features} classes are dead for {name}, some of whose largest outputs are tiny",
            cause=(
                "the bias of the head is left out",
                "outputs near zero are taken for zero, or lose digits in another type",
                "a number of classes or of rows is written down",
            ),
            hint="a",
            mistakes=[
                Mistake((codes @ head.weight.T <= 0).all(0), "no-bias", "the bias of the head is left out", "a"),
                Mistake((head(rows) <= 1e-3).all(0), "nearly", "tiny outputs above zero are taken for zero", "a"),
            ],
        )


def _check_gradients(
    probe: Probe, class_gradients: Gradients, head: nn.Linear, codes: Tensor, labels: Tensor, what: str = ""
) -> None:
    want = reference.class_gradients(head, codes, labels)
    without = reference.class_gradients(head, codes, labels, relu=False)
    summed = reference.class_gradients(head, codes, labels, mean=False)
    counts = labels.bincount(minlength=head.out_features)
    unnamed = " or ".join(str(number) for number in (counts == 0).nonzero()[:, 0].tolist())
    rows = f"{len(codes)} row{'s' if len(codes) > 1 else ''}{what} (no label names class {unnamed})"
    tested = f"the norm of each class's gradient, {rows}"
    named_only = want.norm(dim=1) * (counts > 0)
    for call in ("first", "second"):
        got = probe.call(
            class_gradients,
            head,
            codes,
            labels,
            tested=f"class_gradients(head, codes, labels) of {rows}, {call} call",
            cause=(
                "the number of classes is the head's, not the labels': `one_hot(labels, head.out_features)`",
                "two shapes do not fit in that line",
            ),
            hint="b",
        )
        probe.close(
            got,
            want.norm(dim=1),
            "gradients" if call == "first" else "accumulates",
            tested=f"{tested}, {call} call",
            cause=_LOSS if call == "first" else "the gradients of the first call are still in head.weight.grad",
            hint="b",
            mistakes=[
                Mistake(without.norm(dim=1), "no-relu", "the ReLU before the loss is missing: nothing is dead", "b"),
                Mistake(summed.norm(dim=1), "sum", "the loss is summed over the rows, not averaged", "b"),
                Mistake(want.square().sum(1), "square", "this is the square of the norm", "b"),
                Mistake(
                    want.abs().sum(1), "absolute", "this is the sum of absolute values; the norm is Euclidean", "b"
                ),
                Mistake(want.sum(1), "plain-sum", "the entries are summed; take the norm of each row", "b"),
                Mistake(want.norm(dim=0), "wrong-axis", "this is a norm for each input; a row is a class", "b"),
                Mistake(want, "whole-gradient", "this is the whole gradient; take the norm of each row", "b"),
                Mistake(named_only, "gradients", _UNNAMED, "b"),
                Mistake(want.norm(), "one-norm", "this is the norm over all classes together", "b"),
            ],
        )
        still = want.norm(dim=1) == 0
        probe.close(
            values(got)[still],  # type: ignore[index]
            torch.zeros(int(still.sum())),
            "not-zero",
            tested=f"{tested}, of the classes that are dead",
            cause="something is added to the gradients or under the root",
            hint="b",
            atol=0,
        )

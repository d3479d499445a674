"""Answers to 03.1 by someone who knew the exercise and not its check."""

import math

import numpy as np
import torch
from helpers.answers import Answers

from resnet_labs import metrics

answers = Answers("03.1", "check_wilson")
z = 1.96


def good(right, total, z=1.96):
    p, n = right / total, total
    middle = p + z**2 / (2 * n)
    arm = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (middle - arm) / (1 + z**2 / n), (middle + arm) / (1 + z**2 / n)


@answers.wrong("ends", "total is 7500 whatever was given")
def fixed_total(right, total):
    return good(right / total * 7500, 7500)


@answers.wrong("z-two", "z is 2")
def two(right, total):
    return good(right, total, 2)


@answers.wrong("normal", "nothing right is answered by (0, 0)")
def none_right(right, total):
    return (0.0, 0.0) if right == 0 else good(right, total)


@answers.wrong("normal", "all right is answered by (1, 1)")
def all_right(right, total):
    return (1.0, 1.0) if right == total else good(right, total)


@answers.wrong("ends", "max(low, 0) and min(high, 1) at half a per cent")
def clamped(right, total):
    low, high = good(right, total)
    return max(low, 0.005), min(high, 0.995)


@answers.wrong("normal", "only below 50 images Wilson, else the textbook's")
def large_sets(right, total):
    if total < 50:
        return good(right, total)
    p = right / total
    arm = z * math.sqrt(p * (1 - p) / total)
    return p - arm, p + arm


# Passes, for good or bad: right is cut to a whole number (0.98 * n is no longer possible, as in the live view)
def whole(right, total):
    return good(int(right), int(total))


@answers.wrong("whole-share", "right // total")
def floor(right, total):
    return good(right // total * total, total)


@answers.wrong("rounded", "rounded to three decimals")
def rounded(right, total):
    return tuple(round(it, 3) for it in good(right, total))


@answers.wrong("corrected", "with continuity correction")
def corrected(right, total):
    low, _ = good(max(right - 0.5, 0), total)
    _, high = good(min(right + 0.5, total), total)
    return low, high


@answers.wrong("agresti-coull", "Agresti-Coull: middle of Wilson, arm of the textbook")
def agresti(right, total):
    n = total + z**2
    p = (right + z**2 / 2) / n
    arm = z * math.sqrt(p * (1 - p) / n)
    return p - arm, p + arm


@answers.wrong("swapped", "the two ends exchanged")
def exchanged(right, total):
    return good(right, total)[::-1]


@answers.wrong("counts", "counts in place of fractions")
def counts(right, total):
    return tuple(it * total for it in good(right, total))


@answers.wrong("middle-arm", "middle and arm in place of both ends")
def middle_arm(right, total):
    low, high = good(right, total)
    return (low + high) / 2, (high - low) / 2


@answers.wrong("ends", "the arm is not divided by 1 + z^2/n")
def arm_whole(right, total):
    p, n = right / total, total
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    arm = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return middle - arm, middle + arm


@answers.wrong("errors", "error rate in place of accuracy")
def errors(right, total):
    return good(total - right, total)


@answers.wrong("ends", "numbers that equal everything")
def equal(right, total):
    class Any(float):
        def __eq__(self, other):
            return True

        __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
        __sub__ = __rsub__ = lambda self, other: Any(0)

        def __abs__(self):
            return self

        __hash__ = float.__hash__

    return Any(0), Any(1)


@answers.wrong("ends", "torch.isclose is patched and wrong numbers returned")
def patched(right, total):
    torch.isclose = lambda a, b, **_: torch.ones_like(a, dtype=torch.bool)
    return 0.1, 0.2


if hasattr(metrics, "wilson_interval"):
    answers.wrong("library", "the library's own function is handed in (passing is fine if the check says so)")(
        metrics.wilson_interval
    )


@answers.right
def listed(right, total):
    """Roots of the quadratic, as a list."""
    a, b, c = 1 + z * z / total, -(2 * right / total + z * z / total), (right / total) ** 2
    root = math.sqrt(max(b * b - 4 * a * c, 0))
    return [(-b - root) / (2 * a), (-b + root) / (2 * a)]


@answers.right
def in_numpy(right, total):
    """NumPy, an array of two."""
    p, n = np.float64(right) / total, total
    ends = np.array([-1, 1]) * z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) + p + z**2 / (2 * n)
    return ends / (1 + z**2 / n)


@answers.right
def tensors(right, total):
    """torch, two float64 tensors without axes."""
    n = torch.tensor(float(total), dtype=torch.float64)
    p = torch.tensor(float(right), dtype=torch.float64) / n
    shift = 1 + z**2 / n
    arm = z * (p * (1 - p) / n + z**2 / (4 * n**2)).sqrt()
    return (p + z**2 / (2 * n) - arm) / shift, (p + z**2 / (2 * n) + arm) / shift


@answers.right
def precise(right, total):
    """Ends kept within 0 and 1; z written to more digits of 1.96 as 1.959964 is another z, so 1.96 here."""
    low, high = good(right, total)
    return max(0.0, low), min(1.0, high)

"""What the answers of lab 09 are compared with, and the well-known wrong ones. The audit's own code is not used."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from scipy import stats

Ends = tuple[float, float, float]  # a difference, and the ends of its interval

_FIRST = (0.89320388, 0.78070175, 0.90721649, 0.69811321, 0.82608696)
_SECOND = (0.91262136, 0.90350877, 0.96907216, 0.77358491, 0.81521739)
R4_CLASSWISE = (
    (*_FIRST, 0.58415842, 0.82105263, 0.80645161, 0.9223301, 0.84375),
    (*_SECOND, 0.82178218, 0.91578947, 0.94623656, 0.95145631, 0.90625),
)


def allows(figure: float, decimals: int, total: int) -> bool:
    """Whether some count of `total` images rounds to the figure; ties count on both sides."""
    unit = 10**decimals
    rest = round(figure * unit) * total % unit  # of the figure times the total, in units of the last decimal
    return 2 * min(rest, unit - rest) <= total


def sizes(figures: Sequence[float], decimals: int, largest: int) -> list[int]:
    return [total for total in range(1, largest + 1) if all(allows(each, decimals, total) for each in figures)]


def is_tie(total: int, figures: Sequence[float], decimals: int) -> bool:
    """Whether some figure is allowed by this size only as a share between two figures."""
    unit = 10**decimals
    middles = [2 * round(each * unit) for each in figures]
    return any((middle + side) * total % (2 * unit) == 0 for middle in middles for side in (-1, 1))


def any_of(figures: Sequence[float], decimals: int, largest: int) -> list[int]:
    return [total for total in range(1, largest + 1) if any(allows(each, decimals, total) for each in figures)]


def exact(figures: Sequence[float], largest: int) -> list[int]:
    """Sizes for which figure times size is a whole number to the last bit."""
    return [total for total in range(1, largest + 1) if all((each * total).is_integer() for each in figures)]


def supports(runs: Sequence[Sequence[float]], decimals: int, largest: int) -> list[list[int]]:
    return [sizes(column, decimals, largest) for column in zip(*runs, strict=True)]


def kinds(figure: float, decimals: int, confusion: Sequence[Sequence[int]]) -> tuple[Fraction, Fraction, str]:
    """The accuracy and the macro recall, and which of them prints as the figure."""
    truth = [sum(row) for row in confusion]
    right = [row[number] for number, row in enumerate(confusion)]
    accuracy = Fraction(sum(right), sum(truth))
    shares = [Fraction(hit, of) for hit, of in zip(right, truth, strict=True)]
    recall = sum(shares, Fraction()) / len(truth)
    span = Fraction(1, 2 * 10**decimals)
    fits = [abs(value - Fraction(str(figure))) <= span for value in (accuracy, recall)]
    words = {(True, True): "both", (True, False): "accuracy", (False, True): "macro recall"}
    return accuracy, recall, words.get((fits[0], fits[1]), "neither")


def batches(loss_sum: float, num_images: int, lowest: float, highest: float) -> list[int]:
    return [size for size in range(1, num_images + 1) if lowest <= loss_sum / math.ceil(num_images / size) <= highest]


def batches_by_floor(loss_sum: float, num_images: int, lowest: float, highest: float) -> list[int]:
    return [size for size in range(1, num_images + 1) if lowest <= loss_sum / (num_images // size) <= highest]


def batches_one_more(loss_sum: float, num_images: int, lowest: float, highest: float) -> list[int]:
    return [size for size in range(1, num_images + 1) if lowest <= loss_sum / (num_images // size + 1) <= highest]


def batches_by_size(loss_sum: float, num_images: int, lowest: float, highest: float) -> list[int]:
    return [size for size in range(1, num_images + 1) if lowest <= loss_sum / size <= highest]


def batches_by_share(loss_sum: float, num_images: int, lowest: float, highest: float) -> list[int]:
    return [size for size in range(1, num_images + 1) if lowest <= loss_sum * size / num_images <= highest]


def numbers_of_batches(loss_sum: float, num_images: int, lowest: float, highest: float) -> list[int]:
    return sorted({math.ceil(num_images / size) for size in batches(loss_sum, num_images, lowest, highest)})


def wilson(right: int, total: int) -> tuple[float, float]:
    found = stats.binomtest(right, total).proportion_ci(0.95, method="wilson")
    return found.low, found.high


def difference(first: int, first_total: int, second: int, second_total: int) -> Ends:
    """Newcombe's interval, method 10."""
    one, other = first / first_total, second / second_total
    (low, high), (other_low, other_high) = wilson(first, first_total), wilson(second, second_total)
    return (
        one - other,
        one - other - math.hypot(one - low, other_high - other),
        one - other + math.hypot(high - one, other - other_low),
    )


def wald(first: int, first_total: int, second: int, second_total: int, *, z: float = 1.959963984540054) -> Ends:
    one, other = first / first_total, second / second_total
    arm = z * math.sqrt(one * (1 - one) / first_total + other * (1 - other) / second_total)
    return one - other, one - other - arm, one - other + arm


def ends_subtracted(first: int, first_total: int, second: int, second_total: int) -> Ends:
    """The lowest first less the highest second, and the other way round: too wide."""
    (low, high), (other_low, other_high) = wilson(first, first_total), wilson(second, second_total)
    return first / first_total - second / second_total, low - other_high, high - other_low


def arms_swapped(first: int, first_total: int, second: int, second_total: int) -> Ends:
    one, other = first / first_total, second / second_total
    (low, high), (other_low, other_high) = wilson(first, first_total), wilson(second, second_total)
    return (
        one - other,
        one - other - math.hypot(high - one, other - other_low),
        one - other + math.hypot(one - low, other_high - other),
    )

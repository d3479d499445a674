"""Sample sizes and class sizes: planted counts are always among those found, and nothing else is."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product

import pytest

from resnet_labs.errors import InputError
from resnet_labs.reports import load_report
from resnet_labs.reports.audit import class_sizes, class_supports, possible_sample_sizes
from resnet_labs.reports.audit.sample_sizes import counts, mean_over_batches


def by_hand(accuracies: list[float], decimals: int, largest: int) -> list[int]:
    unit = Fraction(1, 10**decimals)

    def fits(value: float, total: int) -> bool:
        middle = Fraction(str(value))
        return any(abs(Fraction(right, total) - middle) <= unit / 2 for right in range(total + 1))

    return [total for total in range(1, largest + 1) if all(fits(value, total) for value in accuracies)]


@pytest.mark.parametrize(("decimals", "how_many"), [*product((1, 2, 3, 4), (1, 2, 3))])
def test_all_sizes_and_no_other(decimals: int, how_many: int) -> None:
    draw = random.Random(decimals * 10 + how_many)
    accuracies = [round(draw.random(), decimals) for _ in range(how_many)]
    assert possible_sample_sizes(accuracies, decimals=decimals, largest=150) == by_hand(accuracies, decimals, 150)


@pytest.mark.parametrize("seed", range(20))
def test_the_planted_size_is_found(seed: int) -> None:
    draw = random.Random(seed)
    total, decimals = draw.randint(1, 20_000), draw.randint(2, 8)
    shares = [round(draw.randint(0, total) / total, decimals) for _ in range(3)]
    assert total in possible_sample_sizes(shares, decimals=decimals, largest=20_000)


def test_the_reports_own_figures() -> None:
    pets = [0.60507, 0.98173, 0.26547, 0.98133]
    assert possible_sample_sizes(pets, decimals=5, largest=15_000) == [7500, 15_000]
    assert possible_sample_sizes([0.947368], decimals=6, largest=600) == list(range(19, 600, 19))
    assert 7500 not in possible_sample_sizes([0.981691], decimals=6, largest=8000)


def test_edges() -> None:
    assert possible_sample_sizes([0.0, 1.0], decimals=2, largest=3) == [1, 2, 3]
    assert possible_sample_sizes([0.333333333333], decimals=12, largest=1_000_000)[:2] == [3, 6]
    assert counts(0.5, 1, 10) == range(5, 6)
    assert not counts(0.981691, 6, 7500)


@pytest.mark.parametrize(
    ("accuracies", "decimals", "largest"),
    [([], 2, 10), ([97.45], 2, 10), ([-0.1], 2, 10), ([0.5], 2, 0), ([0.5], 2, 10**8), ([0.555], 2, 10)],
)
def test_wrong_input_is_named(accuracies: list[float], decimals: int, largest: int) -> None:
    with pytest.raises(InputError):
        possible_sample_sizes(accuracies, decimals=decimals, largest=largest)


def test_a_mean_over_batches_is_known() -> None:
    # 10 images in batches of 4: (1/4 + 4/4 + 1/2) / 3 is no tenth
    mean = round((1 / 4 + 4 / 4 + 1 / 2) / 3, 4)
    assert not counts(mean, 4, 10)
    assert mean_over_batches(mean, 4, 10, 4)
    assert not mean_over_batches(0.41, 4, 10, 4)


# --- class sizes --------------------------------------------------------------------------------------------------

LOSSES = load_report("r4")["experiments"]["losses"]
R4 = [LOSSES[name]["fact"]["classwise"] for name in ("cross_entropy", "triplet", "center")]


def test_all_supports_are_given_the_small_ones_too() -> None:
    found = class_supports(R4, decimals=8)
    assert [sizes[0] for sizes in found] == [103, 114, 97, 53, 92, 101, 95, 93, 103, 96]
    assert found[3][:3] == [53, 106, 159]


def test_one_run_is_a_list_of_one() -> None:
    assert class_supports([0.5, 0.25], decimals=2)[1][:2] == class_supports([[0.5, 0.25]], decimals=2)[1][:2] == [4, 8]


def test_a_class_that_nobody_got_right_says_nothing() -> None:
    assert class_supports([0.0, 1.0], decimals=4)[0][:3] == [1, 2, 3]


@pytest.mark.parametrize("seed", range(10))
def test_planted_supports_are_found(seed: int) -> None:
    draw = random.Random(seed)
    sizes = [draw.randint(1, 300) for _ in range(6)]
    runs = [[round(draw.randint(0, size) / size, 4) for size in sizes] for _ in range(3)]
    assert all(size in found for size, found in zip(sizes, class_supports(runs, decimals=4), strict=True))


def test_a_total_and_the_accuracies_leave_one_solution() -> None:
    found = class_sizes.with_total(R4, 8, 1000, accuracies=[(0.807, 3), (0.891, 3), (0.601, 3)])
    assert found.solutions == [(103, 114, 97, 106, 92, 101, 95, 93, 103, 96)]
    assert found.complete
    assert class_sizes.with_total(R4, 8, 947).solutions == [(103, 114, 97, 53, 92, 101, 95, 93, 103, 96)]
    none = class_sizes.with_total(R4, 8, 1000, accuracies=[(0.807, 3), (0.851, 3), (0.601, 3)])
    assert none.solutions == []
    assert none.complete
    assert class_sizes.with_total(R4, 8, 999).solutions == []


def test_a_search_without_end_has_a_bound_and_says_so() -> None:
    many = [[0.5] * 50, [0.5] * 50]
    found = class_sizes.with_total(many, 1, 5000)
    assert not found.complete
    assert class_sizes.with_total([[0.0] * 10_000], 4, 50_000).complete is False


def test_ten_thousand_classes_end_soon() -> None:
    draw = random.Random(0)
    run = [round(draw.randint(0, 50) / 50, 4) for _ in range(10_000)]
    found = class_supports([run], decimals=4, largest=200)
    assert len(found) == 10_000
    assert all(50 in sizes for sizes in found)


@pytest.mark.parametrize("classwise", [[], [[]], [[0.5], [0.5, 0.5]], [50.0, 20.0], [[0.5, -0.1]], [float("nan")]])
def test_wrong_class_wise_accuracies_are_named(classwise: list[object]) -> None:
    with pytest.raises(InputError):
        class_supports(classwise, decimals=2)

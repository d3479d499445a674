"""How many pairs would show a gap: equal to the references, and as often shown as asked for."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from resnet_labs.errors import InputError
from resnet_labs.metrics import Plan, Shares, needed, paired_difference, plan


def right_or_wrong(*counts: int) -> torch.Tensor:
    """Return two rows, right or wrong by image: so often both right, the first, the second, and neither."""
    return torch.tensor([[True, True, False, False], [True, False, True, False]]).repeat_interleave(
        torch.tensor(counts), 1
    )


class TestNeeded:
    # G*Power's table for the paired t test, two-sided at 5 % with a power of 80 %
    @pytest.mark.parametrize("gap", [0.5, 1.0, 2.0, 4.0, 8.0])
    def test_the_power_is_reached_by_as_many_seeds_and_not_by_one_less(self, gap: float) -> None:
        pairs = needed([gap - 1, gap, gap + 1], [0.0] * 3, confidence=0.9944)

        def power(count: int) -> float:
            critical, shift = stats.t.isf(0.0028, count - 1), gap * math.sqrt(count)

            def within(spread: float) -> float:  # by the spread's own distribution: no noncentral t
                between = stats.norm.cdf(critical * spread - shift) - stats.norm.cdf(-critical * spread - shift)
                return between * stats.chi.pdf(spread * math.sqrt(count - 1), count - 1) * math.sqrt(count - 1)

            return 1 - integrate.quad(within, 0, 20, limit=400, points=[1])[0]

        assert power(pairs) >= 0.8
        assert pairs == 2 or power(pairs - 1) < 0.8

    @pytest.mark.parametrize(("effect", "pairs"), [(0.2, 199), (0.5, 34), (0.8, 15), (1.0, 10)])
    def test_is_the_known_number_of_pairs(self, effect: float, pairs: int) -> None:
        values = [effect - 1, effect, effect + 1]  # standard deviation 1
        assert needed(values, [0.0, 0.0, 0.0]) == pairs
        assert needed([0.0, 0.0, 0.0], values) == pairs

    @pytest.mark.parametrize(("confidence", "power"), [(0.95, 0.5), (0.99, 0.8), (0.998, 0.9)])
    def test_so_many_seeds_find_it_as_often_as_asked(self, confidence: float, power: float) -> None:
        pairs = needed([-0.1, 0.9, 1.9], [0.0, 0.0, 0.0], confidence=confidence, power=power)
        drawn = np.random.default_rng(0).normal(0.9, 1, (20_000, pairs))
        assert np.mean(stats.ttest_1samp(drawn, 0, axis=1).pvalue < 1 - confidence) == pytest.approx(power, abs=0.03)
        fewer = stats.ttest_1samp(drawn[:, 1:], 0, axis=1).pvalue < 1 - confidence
        assert np.mean(fewer) < power + 0.01

    @pytest.mark.parametrize(("counts", "power"), [((935, 40, 25, 0), 0.8), ((90, 6, 1, 3), 0.5)])
    def test_so_many_images_find_it_as_often_as_asked(self, counts: tuple[int, ...], power: float) -> None:
        images = needed(*right_or_wrong(*counts), power=power)
        drawn = np.random.default_rng(0).multinomial(images, np.array(counts) / sum(counts), 20_000)
        first, second = drawn[:, 1], drawn[:, 2]
        z = (first - second) / np.sqrt(np.maximum(first + second, 1))  # McNemar's statistic
        assert np.mean(np.abs(z) > stats.norm.isf(0.025)) == pytest.approx(power, abs=0.04)

    @pytest.mark.parametrize("counts", [(935, 40, 25, 0), (2, 6, 1, 1), (0, 1, 9, 10)])
    def test_is_connor_s_number_of_images(self, counts: tuple[int, ...]) -> None:
        discordant, difference = (counts[1] + counts[2]) / sum(counts), (counts[1] - counts[2]) / sum(counts)
        root = 1.959964 * math.sqrt(discordant) + 1.281552 * math.sqrt(discordant - difference**2)
        assert needed(*right_or_wrong(*counts), power=0.9) == math.ceil((root / difference) ** 2)

    def test_ends_somewhere(self) -> None:
        assert needed([0.1, 0.2, 0.3], [0.1, 0.2, 0.2]) < 100
        assert needed([1e-9, 1.0, -1.0], [0.0, 0.0, 0.0]) == 1_000_000
        assert needed([0.75, 0.5], [0.5, 0.25]) == 2
        assert needed(*right_or_wrong(0, 10, 0, 0)) == 4

    @pytest.mark.parametrize(
        ("first", "second", "options", "said"),
        [
            ([0.5], [0.6], {}, r"^There is one seed on each side\. "),
            ([0.1, 0.3], [0.3, 0.1], {}, r"^The two do not differ on average\. No number of pairs shows a gap that is"),
            ([0.1, 0.3], [0.2, 0.1], {"power": 0}, r"^power is 0\. Choose a probability between 0 and 1, such as 0\.8"),
            ([0.1, 0.3], [0.2, 0.1], {"power": 1}, r"^power is 1\. "),
            ([0.1, 0.3], [0.2, 0.1], {"confidence": 1}, r"^confidence is 1\. "),
            ([0.1, 0.3], [0.2], {}, r"^first have shape \(2,\) and second \(1,\)\. "),
        ],
    )
    def test_names_what_is_wrong(self, first: list, second: list, options: dict, said: str) -> None:
        with pytest.raises(InputError, match=said):
            needed(first, second, **options)


FIRST, SECOND = [0.74, 0.71, 0.75], [0.72, 0.72, 0.72]  # the differences' standard deviation is 0.0208
ALIKE = [0.771, 0.769, 0.770]  # hardly differs between the seeds


def shares(first: list[float], second: list[float], num_images: int) -> list[Shares]:
    return [Shares(first, num_images), Shares(second, num_images)]


def power(first: list[float], second: list[float], seeds: int, images: float, confidence: float) -> float:
    """Return how often the interval excludes zero, by the distribution of the estimated standard deviation."""
    differences, tail = np.subtract(first, second), (1 - confidence) / 2
    by_seeds = differences.std(ddof=1) / math.sqrt(seeds)
    by_images = math.sqrt(sum(np.mean(side) * (1 - np.mean(side)) for side in (first, second)) / images)
    error, t, z = math.hypot(by_seeds, by_images), stats.t.isf(tail, seeds - 1), stats.norm.isf(tail)

    def within(spread: float) -> float:
        half = math.hypot(t * by_seeds * spread, z * by_images)
        between = np.diff(stats.norm.cdf([-half, half], differences.mean(), error)).item()
        return between * stats.chi.pdf(spread * math.sqrt(seeds - 1), seeds - 1) * math.sqrt(seeds - 1)

    return 1 - integrate.quad(within, 0, 8, limit=400, points=[0.5, 1, 2])[0]


class TestPlan:
    @pytest.mark.parametrize("confidence", [0.95, 0.9977])
    @pytest.mark.parametrize("first", [FIRST, ALIKE, [0.84, 0.60, 0.80]])
    def test_the_images_are_the_fewest_that_are_enough(self, first: list[float], confidence: float) -> None:
        asked = {"confidence": confidence, "power": 0.9}
        seeds, images = plan(first, SECOND, shares(first, SECOND, 100), **asked)
        half = np.add(SECOND, np.subtract(first, SECOND) - np.mean(np.subtract(first, SECOND)) * (1 - 0.5**0.5))
        assert seeds == max(needed(half.tolist(), SECOND, **asked), 3)
        assert images > 100
        assert power(first, SECOND, seeds, images, confidence) >= 0.9
        assert power(first, SECOND, seeds, images - 1, confidence) < 0.9

    @pytest.mark.parametrize(("num_images", "confidence"), [(50_000, 0.95), (10**9, 0.95), (10**9, 0.9977)])
    def test_where_the_images_are_enough_the_seeds_are_the_fewest(self, num_images: int, confidence: float) -> None:
        seeds, images = plan(FIRST, SECOND, shares(FIRST, SECOND, num_images), confidence=confidence)
        assert images == num_images
        assert power(FIRST, SECOND, seeds, images, confidence) >= 0.8
        assert power(FIRST, SECOND, seeds - 1, images, confidence) < 0.8
        assert num_images == 50_000 or seeds == needed(FIRST, SECOND, confidence=confidence)

    def test_what_is_at_hand_is_included(self) -> None:
        assert plan([0.9, 0.91, 0.92], [0.1, 0.11, 0.1], shares([0.9] * 3, [0.1] * 3, 700)) == Plan(3, 700)
        assert plan([0.73] * 4, [0.72] * 4, shares([0.73] * 4, [0.72] * 4, 100)).num_seeds == 4

    def test_equal_seeds_leave_the_images_part(self) -> None:
        images = plan([0.73] * 4, [0.72] * 4, shares([0.73] * 4, [0.72] * 4, 100)).num_images
        variance, shown = 0.73 * 0.27 + 0.72 * 0.28, stats.norm.isf(0.025) + stats.norm.isf(0.2)
        assert images == math.ceil(variance * (shown / 0.01) ** 2)

    def test_the_sign_of_the_gap_is_no_matter(self) -> None:
        there, back = shares(FIRST, SECOND, 500), shares(SECOND, FIRST, 500)
        assert plan(FIRST, SECOND, there) == plan(SECOND, FIRST, back)

    def test_images_are_those_of_the_last_share_and_the_others_in_proportion(self) -> None:
        doubled = [Shares(FIRST, 200), Shares(SECOND, 100)]
        seeds, images = plan(FIRST, SECOND, doubled)
        again = plan(FIRST, SECOND, doubled[::-1])
        assert again.num_seeds == seeds
        assert again.num_images == pytest.approx(2 * images, abs=2)

    def test_ends_somewhere(self) -> None:
        nearly = [0.72001, 0.71, 0.73]
        assert plan(nearly, SECOND, shares(nearly, SECOND, 100)) == Plan(1_000_000, 1_000_000)
        assert plan(nearly, SECOND, shares(nearly, SECOND, 2_000_000)) == Plan(1_000_000, 2_000_000)

    def test_so_planned_runs_show_it_as_often_as_asked(self) -> None:
        seeds, images = plan([0.78, 0.71, 0.77], SECOND, shares([0.78, 0.71, 0.77], SECOND, 300), confidence=0.98)
        rng = np.random.default_rng(0)
        gap, spread = 0.1 / 3, np.std([0.06, -0.01, 0.05], ddof=1)
        test_set = rng.normal(0, np.sqrt((0.7533 * 0.2467 + 0.72 * 0.28) / images), (250, 1))
        drawn = 0.72 + gap + test_set + rng.normal(0, spread, (250, seeds))
        found = [paired_difference(row, [0.72] * seeds, num_images=images, confidence=0.98) for row in drawn.tolist()]
        assert 0.75 < np.mean([one.low > 0 for one in found]) < 0.85

    @pytest.mark.parametrize(
        ("first", "second", "options", "said"),
        [
            ([0.5], [0.6], {}, r"^There is one seed on each side\. "),
            ([0.1, 0.3], [0.3, 0.1], {}, r"^The two do not differ on average\. "),
            ([0.1, 0.3], [0.2, 0.1], {"power": 1}, r"^power is 1\. "),
            ([0.1, 0.3], [0.2, 0.1], {"confidence": 1}, r"^confidence is 1\. "),
            ([0.1, 30.0], [0.2, 0.1], {}, r"^The shares are "),
        ],
    )
    def test_names_what_is_wrong(self, first: list, second: list, options: dict, said: str) -> None:
        with pytest.raises(InputError, match=said):
            plan(first, second, shares(first, second, 100), **options)

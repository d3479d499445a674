"""Paired differences: equal to the references, and as often right as they say."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from helpers.interval_coverage import draw
from scipy import stats

from resnet_labs.errors import InputError
from resnet_labs.metrics import Shares, holm, judged_together, mcnemar, paired_difference, wilson_interval

FIRST, SECOND = [0.74, 0.71, 0.75, 0.78], [0.72, 0.72, 0.70, 0.71]


def right_or_wrong(both: int, only_first: int, only_second: int, neither: int) -> tuple[torch.Tensor, torch.Tensor]:
    pairs = [(True, True)] * both + [(True, False)] * only_first + [(False, True)] * only_second
    pairs = torch.tensor(pairs + [(False, False)] * neither)
    return pairs[:, 0], pairs[:, 1]


class TestOverSeeds:
    @pytest.mark.parametrize("confidence", [0.8, 0.95, 0.9999])
    def test_is_student_s_paired_test(self, confidence: float) -> None:
        found = paired_difference(FIRST, SECOND, confidence=confidence)
        expected = stats.ttest_rel(FIRST, SECOND)
        assert found[:3] == pytest.approx((0.0325, *expected.confidence_interval(confidence)))
        assert found.p_value == pytest.approx(expected.pvalue)
        assert found.num_pairs == 4

    def test_takes_tensors(self) -> None:
        given = (torch.tensor(values, dtype=torch.float64) for values in (FIRST, SECOND))
        assert paired_difference(*given) == paired_difference(FIRST, SECOND)

    def test_the_images_part_is_joined(self) -> None:
        a, b = np.mean(FIRST), np.mean(SECOND)
        images = (a * (1 - a) + b * (1 - b)) / 500
        seeds = np.var(np.subtract(FIRST, SECOND), ddof=1) / 4
        half = math.sqrt(stats.t.isf(0.025, 3) ** 2 * seeds + stats.norm.isf(0.025) ** 2 * images)
        found = paired_difference(FIRST, SECOND, num_images=500)
        assert found[:3] == pytest.approx((0.0325, 0.0325 - half, 0.0325 + half))

    def test_each_share_has_its_own_images(self) -> None:
        train, test = [[0.95, 0.9, 0.97], [0.75, 0.72, 0.7]], [[0.65, 0.66, 0.6], [0.6, 0.63, 0.61]]
        gaps = np.subtract(train, test)
        shares = [Shares(side, count) for sides, count in ((train, 240), (test, 600)) for side in sides]
        images = sum(np.mean(share) * (1 - np.mean(share)) / count for share, count in shares)
        seeds = np.var(gaps[0] - gaps[1], ddof=1) / 3
        half = math.sqrt(stats.t.isf(0.025, 2) ** 2 * seeds + stats.norm.isf(0.025) ** 2 * images)
        mean = np.mean(gaps[0] - gaps[1])
        found = paired_difference(gaps[0].tolist(), gaps[1].tolist(), shares=shares)
        assert found[:3] == pytest.approx((mean, mean - half, mean + half))
        assert judged_together([(gaps[0].tolist(), gaps[1].tolist(), shares)])[0].found == found
        below = paired_difference([-0.01, 0.02, -0.03], [0.1, 0.12, 0.1], shares=shares)
        assert below.high < 0

    def test_shares_of_the_same_images_are_as_their_number(self) -> None:
        both = [Shares(FIRST, 500), Shares(SECOND, 500)]
        assert paired_difference(FIRST, SECOND, shares=both) == paired_difference(FIRST, SECOND, num_images=500)

    def test_equal_seeds_leave_the_images_part(self) -> None:
        found = paired_difference([0.8, 0.8], [0.7, 0.7], num_images=1000)
        error = math.sqrt((0.8 * 0.2 + 0.7 * 0.3) / 1000)
        assert found[:3] == pytest.approx((0.1, 0.1 - 1.959964 * error, 0.1 + 1.959964 * error))
        assert found.p_value == pytest.approx(2 * stats.norm.sf(0.1 / error))

    @pytest.mark.parametrize(("first", "second"), [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
    def test_shares_of_0_and_1_have_a_spread_too(self, first: float, second: float) -> None:
        edge = 360 / 361 * (1 / 361) / 361  # one image of each kind added to 359
        found = paired_difference([first] * 3, [second] * 3, num_images=359)
        half = 1.959964 * math.sqrt(2 * edge)
        ends = np.clip([first - second - half, first - second + half], -1, 1)
        assert found[:3] == pytest.approx((first - second, *ends))
        assert judged_together([([first] * 3, [second] * 3, 359)])[0].found == found

    def test_a_share_s_difference_stays_in_range(self) -> None:
        low, high = paired_difference([0.0, 1.0], [1.0, 0.0], num_images=10)[1:3]
        assert (low, high) == (-1, 1)

    @pytest.mark.parametrize("num_images", [None, 1000])
    @pytest.mark.parametrize("first", [FIRST, [0.73, 0.72, 0.71, 0.715], [0.72, 0.73, 0.70, 0.70]])
    def test_the_interval_excludes_zero_where_the_p_value_is_small(
        self, first: list[float], num_images: int | None
    ) -> None:
        p_value = paired_difference(first, SECOND, num_images=num_images).p_value
        for confidence, excluded in ((1 - p_value * 1.01, True), (1 - p_value * 0.99, False)):
            if 0 < confidence < 1:
                found = paired_difference(first, SECOND, num_images=num_images, confidence=confidence)
                assert (not found.low <= 0 <= found.high) == excluded

    def test_no_difference_on_average_has_the_p_value_one(self) -> None:
        assert paired_difference([0.1, 0.3], [0.3, 0.1]).p_value == pytest.approx(1)

    def test_nothing_is_found_where_nothing_is(self) -> None:
        shares = draw(np.random.default_rng(0), 0.8, 0.1, 0.5, 10, 1000, 300)
        found = [paired_difference(row[:5], row[5:], num_images=1000) for row in shares.tolist()]
        assert np.mean([one.low <= 0 <= one.high for one in found]) >= 0.95
        assert np.mean([one.p_value <= 0.05 for one in found]) <= 0.05

    @pytest.mark.parametrize(
        ("first", "second", "options", "said"),
        [
            ([0.5], [0.6], {}, r"^There is one seed on each side\. Give at least two; one has no spread\.$"),
            ([0.5, 0.6], [0.6], {}, r"^first have shape \(2,\) and second \(1,\)\. "),
            ([], [], {}, r"^first have shape \(0,\) and second \(0,\)\. "),
            (
                [0.5, 0.6],
                [0.4, 0.5],
                {},
                r"^The differences are all 0\.1\. Without spread there is no interval; give num",
            ),
            ([0.5, 0.6], [0.5, 0.5], {"num_images": 0}, r"^num_images is 0\. Give the number of images"),
            ([50.0, 60.0], [50.0, 50.0], {"num_images": 10}, r"^The shares are \[\[50\.0, 60\.0\], .* Give fractions"),
            ([-0.1, 0.6], [0.5, 0.5], {"num_images": 10}, r"^The shares are "),
            ([0.5, 0.6], [0.5, 0.5], {"confidence": 95}, r"^confidence is 95\. "),
            ([0.5, 0.6], [0.5, 0.5], {"shares": [Shares([0.5], 9)]}, r"^There are 2 pairs and 1 shares\. Give one"),
            ([0.5, 0.6], [0.5, 0.5], {"shares": [Shares([0.5] * 2, 9)], "num_images": 9}, r"^Both num_images and sh"),
        ],
    )
    def test_names_what_is_wrong(self, first: list, second: list, options: dict, said: str) -> None:
        for swapped in ((first, second), (second, first)) if options == {"num_images": 10} else ((first, second),):
            with pytest.raises(InputError, match=said.replace(r"\[\[50\.0, 60\.0\], .*", ".*")):
                paired_difference(*swapped, **options)


class TestOverImages:
    @pytest.mark.parametrize("counts", [(935, 40, 25, 0), (10, 0, 0, 0), (0, 5, 0, 5), (500, 100, 10, 20)])
    def test_is_bonett_and_price_s(self, counts: tuple[int, int, int, int]) -> None:
        total = sum(counts) + 2
        first, second = (counts[1] + 1) / total, (counts[2] + 1) / total
        error = math.sqrt((first + second - (first - second) ** 2) / total)
        found = paired_difference(*right_or_wrong(*counts), confidence=0.9)
        low, high = (first - second + sign * 1.6448536 * error for sign in (-1, 1))
        assert found == pytest.approx(
            (
                (counts[1] - counts[2]) / sum(counts),
                low,
                high,
                2 * stats.norm.sf(abs(first - second) / error),
                sum(counts),
            )
        )
        assert found.low < found.high

    @pytest.mark.parametrize(("only_first", "only_second"), [(0.05, 0.05), (0.1, 0.02), (0.01, 0.0)])
    @pytest.mark.parametrize("images", [200, 2000])
    def test_holds_the_true_difference(self, only_first: float, only_second: float, images: int) -> None:
        rates = [0.8, only_first, only_second, 0.2 - only_first - only_second]
        drawn = np.random.default_rng(0).multinomial(images, rates, 400)
        found = [paired_difference(*right_or_wrong(*counts)) for counts in drawn.tolist()]
        assert np.mean([one.low <= only_first - only_second <= one.high for one in found]) >= 0.93

    def test_is_narrower_than_two_intervals_where_both_are_wrong_on_the_same_images(self) -> None:
        found = paired_difference(*right_or_wrong(900, 10, 5, 85))
        assert found.high - found.low < np.diff(wilson_interval(910, 1000)).item() / 2

    def test_names_what_is_wrong(self) -> None:
        first, second = right_or_wrong(5, 1, 1, 1)
        with pytest.raises(InputError, match=r"^num_images is 8, beside one bool an image\. Leave it out\.$"):
            paired_difference(first, second, num_images=8)
        with pytest.raises(InputError, match=r"^shares are given, beside one bool an image\. Leave it out\.$"):
            paired_difference(first, second, shares=[Shares([0.5], 8)])
        with pytest.raises(InputError, match=r"^One side holds bools, the other figures\. Give both of one kind\.$"):
            paired_difference(first, second.double())
        with pytest.raises(InputError, match=r"^first have shape \(8,\) and second \(7,\)\. "):
            paired_difference(first, second[1:])


class TestHolm:
    def test_is_the_example_by_hand(self) -> None:
        # 0.005 at 0.05 / 4, 0.01 at 0.05 / 3, 0.03 not at 0.05 / 2, and so 0.04 neither
        assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.05 / 3, 0.05 / 2, 0.05 / 2, 0.05 / 4])

    @pytest.mark.parametrize("level", [0.05, 0.2])
    def test_finds_what_adjusted_p_values_find(self, level: float) -> None:
        for p_values in np.random.default_rng(0).beta(0.3, 2, (200, 6)):
            order = np.argsort(p_values)
            adjusted = np.empty(6)
            adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * np.arange(6, 0, -1)), 1)
            found = [p_value <= at for p_value, at in zip(p_values, holm(p_values.tolist(), level=level), strict=True)]
            assert found == (adjusted <= level).tolist()

    def test_one_comparison_is_judged_at_the_level_itself_and_none_at_none(self) -> None:
        assert holm([0.5], level=0.1) == [0.1]
        assert holm([]) == []
        assert holm([0.025, 0.05]) == [0.025, 0.05]

    def test_one_false_finding_is_as_rare_as_the_level(self) -> None:
        drawn = np.random.default_rng(0).random((4000, 23))
        false = [any(p <= at for p, at in zip(row, holm(row), strict=True)) for row in drawn.tolist()]
        assert np.mean(false) == pytest.approx(0.05, abs=0.015)

    def test_names_what_is_no_probability(self) -> None:
        with pytest.raises(InputError, match=r"^p_values are \[0\.5, 1\.5\]\. Give probabilities from 0 to 1\.$"):
            holm([0.5, 1.5])
        with pytest.raises(InputError, match=r"^level is 1\. "):
            holm([0.5], level=1)


class TestMcNemar:
    @pytest.mark.parametrize(("only_first", "only_second"), [(0, 1), (4, 0), (5, 5), (3, 9), (120, 85), (700, 801)])
    def test_equals_the_exact_binomial(self, only_first: int, only_second: int) -> None:
        result = mcnemar(*right_or_wrong(40, only_first, only_second, 7))
        count, fewer = only_first + only_second, min(only_first, only_second)
        expected = min(1.0, 2 * sum(math.comb(count, i) for i in range(fewer + 1)) / 2**count)
        assert result[:2] == (only_first, only_second)
        assert result.p_value == pytest.approx(expected, rel=1e-9)

    def test_worked_by_hand(self) -> None:
        assert mcnemar(*right_or_wrong(10, 1, 5, 3)).p_value == pytest.approx(2 * (1 + 6) / 64)

    def test_what_both_get_right_or_wrong_does_not_matter(self) -> None:
        assert mcnemar(*right_or_wrong(0, 2, 9, 0)) == mcnemar(*right_or_wrong(500, 2, 9, 300))

    def test_the_order_swaps_the_counts_and_keeps_the_probability(self) -> None:
        first, second = right_or_wrong(3, 2, 9, 1)
        assert mcnemar(first, second)[:2] == mcnemar(second, first)[1::-1] == (2, 9)
        assert mcnemar(first, second).p_value == mcnemar(second, first).p_value

    def test_equal_answers_are_no_evidence(self) -> None:
        assert mcnemar(*right_or_wrong(3, 0, 0, 2)) == (0, 0, 1.0)

    @pytest.mark.parametrize(("first", "second"), [((2,), (3,)), ((0,), (0,)), ((2, 2), (2, 2))])
    def test_names_shapes_that_do_not_fit(self, first: tuple[int, ...], second: tuple[int, ...]) -> None:
        with pytest.raises(InputError) as raised:
            mcnemar(torch.ones(first, dtype=torch.bool), torch.ones(second, dtype=torch.bool))
        assert str(raised.value) == (
            f"first_correct have shape {first} and second_correct {second}. "
            "Give two (N,) tensors with at least one example."
        )

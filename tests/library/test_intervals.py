"""Intervals of means over seeds: within their range, never a point, as often right as they say."""

from __future__ import annotations

import inspect
import itertools
import math
import statistics

import numpy as np
import pytest
from helpers.interval_coverage import coverage, draw, pooled, student
from scipy import stats

from resnet_labs.errors import InputError
from resnet_labs.metrics import mean_interval, prediction_interval, quantity, share_interval, wilson_interval


def by_hand(shares: list[float], num_images: int, confidence: float) -> list[float]:
    """Return the two shares whose distance from the mean is what the interval allows at that share."""
    mean, seeds = np.mean(shares), len(shares)
    z, t = stats.norm.isf((1 - confidence) / 2), stats.t.isf((1 - confidence) / 2, seeds - 1)
    spread = z**2 / num_images + t**2 * np.var(shares, ddof=1) / (seeds * mean * (1 - mean))
    # (mean - x)^2 = x (1 - x) spread
    return sorted(np.roots([1 + spread, -(2 * mean + spread), mean**2]).tolist())


class TestShareInterval:
    @pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
    @pytest.mark.parametrize("shares", [[0.6, 0.7, 0.8], [0.01, 0.02], [0.9, 0.95, 0.99, 1.0, 0.97]])
    def test_is_wilson_s_with_the_seeds_part_added(self, shares: list[float], confidence: float) -> None:
        for num_images in (1, 359, 10_000):
            found = share_interval(shares, num_images, confidence=confidence)
            assert found == pytest.approx(by_hand(shares, num_images, confidence))

    @pytest.mark.parametrize(("right", "total"), [(0, 7), (7, 7), (3, 7), (500, 1000)])
    def test_equal_seeds_leave_wilson_s_interval_of_the_images(self, right: int, total: int) -> None:
        assert share_interval([right / total] * 3, total) == pytest.approx(wilson_interval(right, total))

    def test_stays_in_range_and_is_never_a_point(self) -> None:
        values = (0.0, 1e-9, 0.001, 0.5, 0.999, 1.0)
        for shares in itertools.combinations_with_replacement(values, 3):
            for num_images in (1, 200, 10_000):
                for confidence in (0.5, 0.95, 0.9999):
                    low, high = share_interval(shares, num_images, confidence=confidence)
                    assert 0 <= low <= sum(shares) / 3 <= high <= 1
                    assert low < high

    def test_more_seeds_do_not_make_the_images_more(self) -> None:
        low, high = share_interval([0.9] * 1000, 359)
        assert high - low == pytest.approx(np.diff(wilson_interval(round(0.9 * 359), 359)), abs=0.001)
        assert high - low > np.diff(pooled([0.9] * 1000, 359)).item() * 10

    @pytest.mark.parametrize(
        ("mean", "between", "shared", "seeds", "images"),
        [(0.9, 0.0, 0.8, 5, 1000), (0.98, 0.1, 0.3, 3, 200), (0.5, 0.3, 0.3, 3, 10_000), (0.1, 0.03, 0.8, 5, 10_000)],
    )
    def test_holds_the_true_mean_where_the_others_do_not(
        self, mean: float, between: float, shared: float, seeds: int, images: int
    ) -> None:
        shares = draw(np.random.default_rng(0), mean, between, shared, seeds, images, 500)
        ours, pooled_in, students = (coverage(one, shares, mean, images) for one in (share_interval, pooled, student))
        assert ours >= 0.92
        assert min(pooled_in, students) <= ours - 0.01

    def test_the_simulation_draws_what_it_says(self) -> None:
        shares = draw(np.random.default_rng(0), 0.8, 0.0, 0.5, 3, 1000, 4000)
        assert shares.shape == (4000, 3)
        assert shares.mean() == pytest.approx(0.8, abs=0.002)
        together = np.corrcoef(shares.T)[0, 1]
        apart = np.corrcoef(draw(np.random.default_rng(0), 0.8, 0.0, 0.01, 3, 1000, 4000).T)[0, 1]
        assert together > 0.05 > abs(apart)  # the images are the same for all seeds

    @pytest.mark.parametrize(
        ("shares", "num_images", "said"),
        [
            ([], 10, r"^shares hold 0 values\. Give one a seed, at least two\.$"),
            ([0.5], 10, r"^shares hold 1 value\. "),
            ([0.5, 1.1], 10, r"^shares are \[0\.5, 1\.1\]\. Give fractions from 0 to 1, not per cent\.$"),
            ([-0.1, 0.1], 10, r"^shares are "),
            ([0.5, math.nan], 10, r"^shares are "),
            ([0.5, 0.6], 0, r"^num_images is 0\. Give the number of images behind each share\.$"),
        ],
    )
    def test_names_what_is_wrong(self, shares: list[float], num_images: int, said: str) -> None:
        with pytest.raises(InputError, match=said):
            share_interval(shares, num_images)

    @pytest.mark.parametrize("confidence", [0, 1, -1, 95])
    def test_names_a_wrong_confidence(self, confidence: float) -> None:
        for call in (
            lambda: share_interval([0.5, 0.6], 10, confidence=confidence),
            lambda: mean_interval([0.5, 0.6], confidence=confidence),
            lambda: wilson_interval(1, 2, confidence=confidence),
        ):
            with pytest.raises(
                InputError, match=rf"^confidence is {confidence}\. Choose a probability between 0 and 1"
            ):
                call()


class TestMeanInterval:
    @pytest.mark.parametrize("confidence", [0.8, 0.95])
    def test_is_student_s(self, confidence: float) -> None:
        values = [-0.5, 1.25, 3.0, 0.5]
        expected = stats.t.interval(confidence, 3, loc=np.mean(values), scale=stats.sem(values))
        assert mean_interval(values, confidence=confidence) == pytest.approx(expected)

    def test_is_student_s_on_the_logarithm_and_the_logit_around_the_mean(self) -> None:
        values = [0.2, 0.3, 0.7]
        half = stats.t.isf(0.025, 2) * stats.sem(values)
        logarithm = np.log(0.4) + np.array([-1, 1]) * half / 0.4
        assert mean_interval(values, scale="positive") == pytest.approx(np.exp(logarithm).tolist())
        logit = np.log(0.4 / 0.6) + np.array([-1, 1]) * half / 0.24
        assert mean_interval(values, scale="fraction") == pytest.approx((1 / (1 + np.exp(-logit))).tolist())

    def test_stays_in_range_and_holds_the_mean(self) -> None:
        for values in ([0.0, 1.0], [0.0, 1e-9], [1.0, 1 - 1e-9], [0.2, 0.9, 1.0]):
            for confidence in (0.5, 0.95, 0.999999):
                low, high = mean_interval(values, scale="fraction", confidence=confidence)
                assert 0 <= low < sum(values) / len(values) < high <= 1
                low, high = mean_interval(values, scale="positive", confidence=confidence)
                assert 0 <= low < sum(values) / len(values) < high < math.inf

    @pytest.mark.parametrize(
        ("values", "scale", "said"),
        [
            ([], "real", r"^values hold 0 values\. "),
            ([1.0], "real", r"^values hold 1 value\. Give one a seed, at least two\.$"),
            (
                [0.3, 0.3, 0.3],
                "real",
                r"^values are all 0\.3\. Values without spread have no such interval; leave it out",
            ),
            (
                [0.1, -0.1],
                "positive",
                r"^values are \[0\.1, -0\.1\], and the scale is 'positive'\. Choose another scale",
            ),
            ([0.1, 1.1], "fraction", r"^values are \[0\.1, 1\.1\], and the scale is 'fraction'\. "),
            ([math.nan, 0.1], "real", r"^values are \[nan, 0\.1\], and"),
            ([0.1, 0.2], "log", r"^scale is 'log'\. Choose one of real, positive, fraction\.$"),
        ],
    )
    def test_names_what_is_wrong(self, values: list[float], scale: str, said: str) -> None:
        with pytest.raises(InputError, match=said):
            mean_interval(values, scale=scale)


class TestQuantity:
    @pytest.mark.parametrize(
        ("name", "kind", "images"),
        [
            ("accuracy", "share", "judged"),
            ("accuracy_before", "share", "judged"),
            ("accuracy_epoch_12", "share", "judged"),
            ("top5_accuracy", "share", "judged"),
            ("top5", "share", "judged"),
            ("train_accuracy", "share", "train"),
            ("train_error", "share", "train"),
            ("validation_accuracy", "share", "validation"),
            ("neighbour_purity", "share", "judged"),
            ("purity_layer3_before", "share", "pictured"),
            ("random_100", "share", "judged"),
            ("accuracy_class_3", "fraction", "judged"),
            ("macro_f_score", "fraction", "judged"),
            ("accuracy_gap", "real", "judged"),
            ("loss_gap", "real", "judged"),
            ("gain_all", "real", "judged"),
            ("train_loss", "positive", "train"),
            ("reconstruction_error", "positive", "judged"),
            ("largest_gradient_norm", "positive", "judged"),
            ("classes_at_zero", "count", "judged"),
        ],
    )
    def test_is_known_by_its_name(self, name: str, kind: str, images: str) -> None:
        found = quantity(name)
        assert (found.kind, found.images) == (kind, images)

    @pytest.mark.parametrize(
        "name", ["speed", "", "accuracies", "the_gap_of_it", "train_accuracy - validation_accuracy"]
    )
    def test_an_unknown_name_is_called_so(self, name: str) -> None:
        assert quantity(name) is None


class TestWilsonInterval:
    @pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
    @pytest.mark.parametrize(("correct", "total"), [(0, 1), (1, 1), (1, 2), (7, 10), (0, 30), (30, 30), (9745, 10000)])
    def test_equals_scipy(self, correct: int, total: int, confidence: float) -> None:
        expected = stats.binomtest(correct, total).proportion_ci(confidence, method="wilson")
        got = wilson_interval(correct, total, confidence=confidence)
        assert got == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-15)

    def test_worked_by_hand(self) -> None:
        # z = 1.959964; 8 of 10: (0.8 + 0.192073) / 1.384146 = 0.716740, give or take 0.226576.
        assert wilson_interval(8, 10) == pytest.approx((0.490162, 0.943318), abs=1e-6)
        # 9745 of 10000: (0.9745 + 0.000192) / 1.000384 = 0.974318, give or take 0.003094.
        assert wilson_interval(9745, 10000) == pytest.approx((0.971223, 0.977412), abs=1e-6)

    @pytest.mark.parametrize("total", [1, 3, 10, 77, 10000])
    def test_the_ends_are_exact_at_none_and_all_correct(self, total: int) -> None:
        none, all_ = wilson_interval(0, total), wilson_interval(total, total)
        assert none.low == 0.0
        assert all_.high == 1.0
        assert all_.low == pytest.approx(1 - none.high, rel=1e-12)
        assert 0 < none.high < 1

    def test_more_confidence_and_fewer_trials_widen_it(self) -> None:
        width = lambda *counts, **how: np.ptp(wilson_interval(*counts, **how))  # noqa: E731
        assert width(90, 100, confidence=0.9) < width(90, 100) < width(90, 100, confidence=0.99)
        assert width(90, 100) < width(9, 10)

    @pytest.mark.parametrize(("correct", "total"), [(0, 0), (-1, 10), (11, 10), (0, -1)])
    def test_names_counts_that_cannot_be(self, correct: int, total: int) -> None:
        with pytest.raises(InputError) as raised:
            wilson_interval(correct, total)
        assert str(raised.value) == (
            f"correct is {correct} of a total of {total}. Give counts: total at least 1, correct from 0 to total."
        )

    def test_a_share_is_no_count(self) -> None:
        with pytest.raises(InputError, match=r"^correct is 0\.9 of a total of 10\. Give counts"):
            inspect.unwrap(wilson_interval)(0.9, 10)

    @pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, -0.5, math.nan])
    def test_names_a_confidence_out_of_range(self, confidence: float) -> None:
        message = rf"^confidence is {confidence}\. Choose a probability between 0 and 1, such as 0\.95\.$"
        with pytest.raises(InputError, match=message):
            wilson_interval(1, 2, confidence=confidence)


def test_prediction_interval_is_students_for_one_further_value() -> None:
    values = [0.4, 0.7, 0.5, 0.6]
    low, high = prediction_interval(values)
    want = stats.t.interval(0.95, 3, loc=0.55, scale=statistics.stdev(values) * math.sqrt(1 + 1 / 4))
    assert (low, high) == pytest.approx(want)


def test_prediction_interval_holds_one_further_run_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    for seeds, images, spread in ((3, 400, 0.02), (10, 400, 0.02), (30, 5000, 0.01)):
        shares = generator.normal(0.9, spread, (2000, seeds + 1)).clip(0, 1)
        # ours share their images, the further run has others
        ours = shares[:, :-1] + generator.normal(0, math.sqrt(0.09 / images), (2000, 1))
        further = generator.binomial(images, shares[:, -1]) / images
        held = [
            low <= one <= high
            for row, one in zip(ours.clip(0, 1).tolist(), further.tolist(), strict=True)
            for low, high in [prediction_interval(row, images)]
        ]
        assert 0.93 < np.mean(held) < 0.995


def test_prediction_interval_of_shares_stays_between_0_and_1_and_needs_spread_elsewhere() -> None:
    low, high = prediction_interval([0.999, 1.0, 0.998], 1000)
    assert 0 <= low < high <= 1
    with pytest.raises(InputError, match="without spread"):
        prediction_interval([0.5, 0.5])

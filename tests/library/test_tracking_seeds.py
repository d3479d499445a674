"""Tracked runs are compared seed by seed where they can be, and nothing is said where they cannot."""

from __future__ import annotations

import pytest
from scipy import stats

from resnet_labs import tracking
from resnet_labs.cli import main


def kind(name, accuracies, **settings):
    return [
        tracking.Run(
            f"{name}-{seed}",
            {"experiment": "r1.digits", "seed": seed, "rate": name, **settings},
            [{"epoch": 1, "validation_accuracy": 0.0}, {"epoch": 2, "validation_accuracy": accuracy}],
        )
        for seed, accuracy in enumerate(accuracies)
    ]


SLOW, FAST, SAME = [0.5, 0.6, 0.55], [0.72, 0.80, 0.77], [0.5, 0.61, 0.53]


def test_the_last_figures_are_compared_seed_by_seed_and_judged_together():
    fast, same = tracking.paired([*kind("slow", SLOW), *kind("fast", FAST), *kind("same", SAME)])
    interval = stats.ttest_rel(FAST, SLOW).confidence_interval(1 - 0.05 / 2)
    assert (fast["low"], fast["high"]) == pytest.approx(tuple(interval))
    assert (fast["first"], fast["second"], fast["seeds"]) == ("rate fast", "rate slow", 3)
    assert (fast["confidence"], fast["needed"]) == ("97.5 %", "real")
    assert (same["confidence"], same["needed"][-6:]) == ("95 %", " seeds")
    assert int(same["needed"].split()[0].replace(",", "")) > 3


def test_only_common_seeds_count():
    (row,) = tracking.paired([*kind("slow", SLOW), *kind("fast", FAST)[1:]])
    assert row["seeds"] == 2
    assert row["difference"] == pytest.approx((0.2 + 0.22) / 2)


@pytest.mark.parametrize(
    ("accuracies", "said"), [([0.6, 0.7, 0.65], "no spread"), ([0.6, 0.5, 0.55], "no gap"), (SLOW, "no spread")]
)
def test_what_has_no_interval_or_no_gap_is_called_so(accuracies, said):
    (row,) = tracking.paired([*kind("slow", SLOW), *kind("other", accuracies)])
    assert row["needed"] == said


@pytest.mark.parametrize(
    "runs",
    [
        [],
        kind("slow", SLOW),
        [*kind("slow", SLOW), *kind("fast", FAST)[:1]],
        [*kind("slow", SLOW), *kind("fast", FAST, experiment="r2.model_1")],
        [tracking.Run("a", {"rate": 1}, [{"validation_accuracy": 0.5}])] * 2,
        [*kind("slow", SLOW), tracking.Run("b", {"seed": 0}, [{"train_loss": 0.5}])],
    ],
)
def test_nothing_is_said_where_nothing_can_be_compared(runs):
    assert tracking.paired(runs) == []


def test_the_command_shows_it(tmp_path, capsys):
    for run in [*kind("slow", SLOW), *kind("fast", FAST)]:
        with tracking.tracker("csv", tmp_path / run.name, settings=run.settings) as view:
            for row in run.rows:
                view.log(row)
    assert main(["compare", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "seed by seed, all judged together at 5 % (Holm):" in shown
    assert "rate slow  rate fast" in shown

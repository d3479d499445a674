"""Honest reports are not accused, and planted faults are found as often as is stated."""

from __future__ import annotations

import pytest
from helpers.honest_reports import FAULTS, accusations, faulty, honest

# What must be found at least, of fifteen planted; of 150 it was about a tenth more. The rest does not show at the
# printed decimals, or nothing else was printed that it could contradict.
FOUND = {
    "another_accuracy": 0.8,
    "recall_called_accuracy": 0.8,
    "another_class_figure": 0.7,
    "another_f_score": 0.65,
    "another_size": 0.75,
    "other_epochs": 1.0,
    "top_two_below_one": 0.85,
    "another_matrix": 0.85,
    "sum_called_mean": 0.5,
    "mean_called_sum": 0.5,
    "other_blocks": 1.0,
    "more_classes": 1.0,
    "figure_of_another_run": 0.9,
}


def accused(seeds: range) -> tuple[list[str], list[str]]:
    """Return what is held against honest reports: by arithmetic, and by chance."""
    found = [(seed, trace) for seed in seeds for trace in accusations(honest(seed))]
    arithmetic = [f"{seed}: {trace.says}" for seed, trace in found if trace.kind != "unlikely"]
    return arithmetic, [f"{seed}: {trace.says}" for seed, trace in found if trace.kind == "unlikely"]


def share_found(fault: str, number: int) -> float:
    planted = found = 0
    for seed in range(20 * number):
        report = faulty(seed, fault)
        if report is not None:
            planted += 1
            found += bool(accusations(report))
        if planted == number:
            break
    return found / planted


def test_no_honest_report_of_a_small_draw_is_accused() -> None:
    assert accused(range(2000, 2020)) == ([], [])


@pytest.mark.weekly
@pytest.mark.exhaustive
def test_of_a_thousand_honest_reports_arithmetic_accuses_none_and_chance_fewer_than_one_in_a_hundred() -> None:
    arithmetic, chance = accused(range(1000))
    assert arithmetic == []
    assert len(chance) < 10


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_of_a_small_draw_are_found(fault: str) -> None:
    assert share_found(fault, 3) > 0


@pytest.mark.weekly
@pytest.mark.exhaustive
@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_found_as_often_as_stated(fault: str) -> None:
    assert share_found(fault, 15) >= FOUND[fault]

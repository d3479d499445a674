"""A rerun is compared bit by bit where nothing but the clock differs, else by the interval of the difference."""

from __future__ import annotations

import pytest
from scipy import stats

from resnet_labs import results
from resnet_labs.reports import reruns

HERE = {"device": "cpu", "processor": "a processor", "capability": "AVX2", "threads": 1, "processes": 1}
ELSEWHERE = HERE | {"processor": "another"}


def group(values, *, metric="accuracy", machine=HERE, first_seed=0, **changes):
    given = {
        "experiment": "r1.digits",
        "data": {"name": "mnist", "source": "MNIST", "train": 10, "test": 5, "checksum": {"train": "a"}},
        "settings": {"epochs": 1},
        "seconds": 1.0,
        "device": machine.get("processor", "an old line's device"),
        "precision": "fp32",
        "machine": machine,
        "versions": {"torch": "9.9"},
        "commit": "abc",
    }
    return [
        results.Result(seed=seed, metrics={metric: value}, **(given | changes))
        for seed, value in enumerate(values, start=first_seed)
    ]


def test_the_same_figures_on_the_same_machine_agree_bit_by_bit():
    found = reruns.agreement(group([0.5, 0.6]), group([0.5, 0.6, 0.7]), ["accuracy"])
    assert (found.exact, found.agrees, found.differing) == (True, True, ())
    assert "bit by bit" in str(found)


def test_one_bit_on_the_same_machine_is_a_difference():
    found = reruns.agreement(group([0.5, 0.6]), group([0.5, 0.6 + 1e-15]), ["accuracy"])
    assert (found.exact, found.agrees, found.differing) == (True, False, ("accuracy",))
    assert str(found) == "Same machine, versions and commit, compared bit by bit: accuracy differs."


@pytest.mark.parametrize(
    "change",
    [
        {"machine": ELSEWHERE},
        {"machine": HERE | {"threads": 2}},
        {"machine": {}},
        {"precision": "bf16"},
        {"versions": {"torch": "9.8"}},
        {"commit": "abd"},
        {"commit": "abc+"},
    ],
)
def test_whatever_else_differs_makes_it_a_comparison_by_interval(change):
    found = reruns.agreement(group([0.5, 0.6, 0.7]), group([0.51, 0.62, 0.66], **change), ["accuracy"])
    assert (found.exact, found.agrees) == (False, True)
    assert "interval" in str(found)


def test_changed_sources_on_both_sides_are_never_taken_for_the_same():
    assert not reruns.agreement(group([0.5], commit="abc+"), group([0.5], commit="abc+"), ["accuracy"]).exact
    assert not reruns.agreement(group([0.5], commit=""), group([0.5], commit=""), ["accuracy"]).exact


def test_old_lines_which_know_no_machine_are_never_taken_for_the_same():
    assert not reruns.agreement(group([0.5], machine={}), group([0.5], machine={}), ["accuracy"]).exact


def test_other_seeds_on_the_same_machine_are_compared_by_interval():
    assert not reruns.agreement(group([0.5, 0.6]), group([0.5, 0.6], first_seed=2), ["accuracy"]).exact


def test_the_interval_is_welchs_and_means_far_apart_differ():
    ours, theirs = [0.90, 0.91, 0.92], [0.93, 0.94, 0.96]
    found = reruns.agreement(group(ours), group(theirs, machine=ELSEWHERE), ["accuracy"])
    interval = stats.ttest_ind(theirs, ours, equal_var=False).confidence_interval(0.95)
    assert found.intervals["accuracy"] == pytest.approx((interval.low, interval.high))
    assert interval.low > 0
    assert (found.agrees, found.differing) == (False, ("accuracy",))
    assert f"accuracy differs by [{interval.low:+.4f}, {interval.high:+.4f}]" in str(found)


def test_of_several_figures_all_intervals_hold_together():
    ours, theirs = [0.90, 0.91, 0.92], [0.93, 0.94, 0.96]
    pairs = [
        [results.Result(**(vars(run) | {"metrics": run.metrics | {"loss": run.metrics["accuracy"]}})) for run in side]
        for side in (group(ours), group(theirs, machine=ELSEWHERE))
    ]
    found = reruns.agreement(*pairs, ["accuracy", "loss"])
    interval = stats.ttest_ind(theirs, ours, equal_var=False).confidence_interval(1 - 0.05 / 2)
    assert found.intervals["loss"] == pytest.approx((interval.low, interval.high))


def test_figures_without_any_spread_are_compared_as_they_are():
    same, other = ([0.5, 0.5], {"machine": ELSEWHERE}), [0.6, 0.6]
    assert reruns.agreement(group(same[0]), group(same[0], **same[1]), ["accuracy"]).agrees
    assert not reruns.agreement(group(same[0]), group(other, machine=ELSEWHERE), ["accuracy"]).agrees


def test_one_seed_on_another_machine_says_nothing():
    found = reruns.agreement(group([0.5]), group([0.6], machine=ELSEWHERE), ["accuracy"])
    assert found.agrees is None
    assert str(found) == "Not compared: an interval needs two seeds on each side."


def test_other_images_are_told_before_any_figure():
    data = {"name": "mnist", "source": "MNIST", "train": 10, "test": 5, "checksum": {"train": "b"}}
    found = reruns.agreement(group([0.5, 0.6]), group([0.5, 0.6], data=data), ["accuracy"])
    assert found.agrees is False
    assert str(found) == "The images differ: the checksum of train is different."


@pytest.mark.parametrize("change", [{"experiment": "r1.pets"}, {"settings": {"epochs": 2}}, {"stand_in": "digits"}])
def test_other_experiments_are_not_compared(change):
    with pytest.raises(ValueError, match="two groups of one experiment"):
        reruns.agreement(group([0.5]), group([0.5], **change), ["accuracy"])


def test_reruns_are_found_among_the_groups_whatever_their_number_format():
    first, other = group([0.5, 0.6], precision="bf16"), group([0.5, 0.6], settings={"epochs": 2})
    again = group([0.5, 0.6], machine=ELSEWHERE)
    assert reruns.reruns([first, other, again]) == [(first, again)]
    marked = [group([0.5], settings={"precision": name}, precision=name) for name in ("bf16", "fp32")]
    assert reruns.reruns(marked) == [tuple(marked)]

"""Which runs are compared seed by seed, and what is said of them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from helpers.places import ROOT
from helpers.result_lines import result
from scipy import stats

from resnet_labs import metrics, recipes
from resnet_labs.reports import compare, compared, evidence
from resnet_labs.reports.differences import _values, differences
from resnet_labs.results import Result

EVIDENCE = ROOT / "resnet_labs" / "reports" / "evidence"
SMALL, LARGE = [0.60, 0.62, 0.61], [0.70, 0.735, 0.72]


def lines(
    accuracies: list[float], experiment: str = "r1.c6", network: str = "resnet18", **changes: Any
) -> list[Result]:
    given = {
        "experiment": experiment,
        "settings": {"network": network},
        "data": {"name": "cats_vs_dogs", "source": "made here", "train": 10, "test": 2000},
    }
    return [result(seed, metrics={"accuracy": value}, **(given | changes)) for seed, value in enumerate(accuracies)]


def test_a_setting_is_compared_with_its_base_seed_by_seed_for_new_images_too():
    (found,) = differences("r1.c6", {"r1.c6": [*lines(SMALL), *lines(LARGE, network="resnet50")]})
    assert (found.first, found.second) == ("network resnet50", "network resnet18")
    assert found.found == metrics.paired_difference(LARGE, SMALL, num_images=2000)
    assert (found.is_real, found.on_these_images, found.verdict) == (True, True, "real")
    assert str(found).startswith("network resnet50 less network resnet18, accuracy: +0.1083 [+0.0")
    assert str(found).endswith("] at 95 %: real")


@pytest.mark.parametrize(
    "change",
    [
        {"device": "another"},
        {"precision": "bf16"},
        {"stand_in": "digits"},
        {"versions": {"torch": "1"}},
        {"data": {"name": "cats_vs_dogs", "source": "made here", "train": 10, "test": 1000}},
        {"metrics": {"loss": 1.0}},
    ],
)
def test_runs_that_were_computed_or_judged_otherwise_are_not_compared(change):
    others = [Result(**(vars(line) | change)) for line in lines(LARGE, network="resnet50")]
    assert differences("r1.c6", {"r1.c6": [*lines(SMALL), *others]}) == []


def test_other_images_or_no_common_seeds_are_not_compared():
    def judged(checksum: str) -> dict[str, Any]:
        data = {"name": "cats_vs_dogs", "source": "made here", "train": 10, "test": 2000}
        return data | {"checksum": {"test": checksum}}

    same = [*lines(SMALL, data=judged("a")), *lines(LARGE, network="resnet50", data=judged("a"))]
    other = [*lines(SMALL, data=judged("a")), *lines(LARGE, network="resnet50", data=judged("b"))]
    assert [len(differences("r1.c6", {"r1.c6": some})) for some in (same, other)] == [1, 0]
    assert differences("r1.c6", {"r1.c6": [*lines(SMALL), *lines(LARGE, network="resnet50")[2:]]}) == []
    assert differences("r1.c6", {}) == differences("r1.nothing", {"r1.nothing": lines(SMALL)}) == []


def arm(name: str, accuracies: list[float]) -> list[Result]:
    return lines(accuracies, "r2.c3.ablation", settings={"arm": name})


def test_arms_are_compared_with_the_model_that_they_begin_with_and_judged_together():
    measured = {
        "r2.model_1": lines(SMALL, "r2.model_1"),
        "r2.model_3": lines(LARGE, "r2.model_3"),
        "r2.c3.ablation": [*arm("with mixup", [0.7, 0.72, 0.715]), *arm("without mixup", [0.705, 0.735, 0.73])],
    }
    mixup, without = differences("r2.c3.ablation", measured)
    assert (mixup.first, mixup.second, without.second) == ("with mixup", "model 1", "model 3")
    assert (mixup.level, without.level) == (0.025, 0.05)
    assert mixup.found == metrics.paired_difference([0.7, 0.72, 0.715], SMALL, num_images=2000, confidence=0.975)
    assert mixup.is_real
    assert not without.is_real
    assert without.verdict.startswith("not shown; ")


def test_arms_that_nobody_knows_are_left_out():
    measured = {"r2.model_1": lines(SMALL, "r2.model_1"), "r2.c3.ablation": [*arm("", SMALL), *arm("plain", SMALL)]}
    assert differences("r2.c3.ablation", measured) == []
    assert differences("r2.c3.ablation", {"r2.c3.ablation": lines(SMALL, "r2.c3.ablation")}) == []


def test_so_many_seeds_on_so_many_images_would_show_it():
    few = {"r1.c6": [*lines([0.6, 0.5, 0.7]), *lines([0.69, 0.66, 0.72], network="resnet50")]}
    (found,) = differences("r1.c6", few)
    both = [metrics.Shares(side, 2000) for side in ([0.69, 0.66, 0.72], [0.6, 0.5, 0.7])]
    assert found.needed == (metrics.plan(both[0].values, both[1].values, both).num_seeds, None)
    assert found.needed[0] > 3
    near = {"r1.c6": [*lines(SMALL), *lines([0.601, 0.622, 0.611], network="resnet50")]}
    (found,) = differences("r1.c6", near)
    seeds, images = found.needed
    assert images == metrics.MOST_PAIRS
    assert found.verdict == f"not shown; {seeds} seeds on over a million images would"
    assert found.on_these_images == (seeds == 3)


@pytest.mark.parametrize(
    ("needed", "said"),
    [((99, None), "99 seeds"), ((101, 2001), "110 seeds on 2,100 images"), ((120, 2000), "120 seeds on 2,000 images")],
)
def test_large_numbers_are_rounded_up(needed, said):
    (found,) = differences("r1.c6", {"r1.c6": [*lines(SMALL), *lines(LARGE, network="resnet50")]})
    assert found._replace(level=1e-9, needed=needed).verdict == f"not shown; {said} would"


def test_a_figure_that_no_seed_changes_has_no_plan():
    runs = [
        result(seed, experiment="r4.c4", settings={"weight": weight}, metrics={"separation": 1 + weight})
        for weight in (0.0, 0.1)
        for seed in range(3)
    ]
    (found,) = differences("r4.c4", {"r4.c4": runs})
    assert (found.found, found.needed, found.verdict) == (None, None, "no spread")


def test_no_gap_at_all_is_called_so():
    (found,) = differences("r1.c6", {"r1.c6": [*lines(SMALL), *lines(SMALL, network="resnet50")]})
    assert (found.verdict, found.needed) == ("none seen", None)


def test_a_comparison_of_runs_ends_with_their_differences():
    runs = [*lines(SMALL), *lines(LARGE, network="resnet50")]
    shown = compare.as_text(runs)
    assert (
        "\n\nr1.c6, seed by seed, all judged together at 5 % (Holm):\nnetwork resnet50 less network resnet18" in shown
    )
    assert "seed by seed" not in compare.as_text(lines(SMALL))


STORED = {path.stem: evidence(path.stem) for path in EVIDENCE.glob("*.jsonl")}


@pytest.mark.parametrize("experiment", compared.COMPARED)
def test_every_rule_is_of_a_recipe_and_finds_something_where_lines_are_stored(experiment):
    assert any(recipe.name == experiment for variants in recipes.RECIPES.values() for recipe in variants)
    assert experiment not in STORED or differences(experiment, STORED)


@pytest.mark.parametrize(
    ("experiment", "first", "metric"),
    [
        ("r2.c3.ablation", "without all of r2.c3", "accuracy"),
        ("r2.c3.ablation", "without cosine", "accuracy"),
        ("r4.c3.searched.digits", "cross-entropy", "accuracy"),
        ("r3.c5", "views 5", "accuracy"),
        ("r4.c4", "weight 0.001", "separation"),
    ],
)
def test_runs_as_planned_show_a_stored_difference_in_four_of_five_cases(experiment, first, metric):
    found, (one, other, shares) = next(
        (found, _values(pair))
        for found, pair in zip(differences(experiment, STORED), compared.pairs(experiment, STORED), strict=True)
        if (found.first, found.metric) == (first, metric)
    )
    seeds, images = re.fullmatch(r"not shown; ([\d,]+) seeds(?: on ([\d,]+) images)? would", found.verdict).groups()
    seeds = int(seeds.replace(",", ""))
    times = int(images.replace(",", "")) / shares[-1].num_images if images else 1
    rates = [(np.mean(share.values), share.num_images * times) for share in shares or ()]
    by_images = np.sqrt(sum(rate * (1 - rate) / count for rate, count in rates))
    rng = np.random.default_rng(0)
    spread, gap = np.std(np.subtract(one, other), ddof=1), abs(found.found.difference)
    drawn = rng.normal(gap, spread, (10_000, seeds)) + by_images * rng.standard_normal((10_000, 1))
    by_seeds = drawn.std(1, ddof=1) / np.sqrt(seeds)
    half = np.hypot(stats.t.isf(found.level / 2, seeds - 1) * by_seeds, stats.norm.isf(found.level / 2) * by_images)
    assert 0.78 < np.mean(np.abs(drawn.mean(1)) > half) < 0.95

"""Which runs are compared seed by seed, and what is said of them."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.places import ROOT
from helpers.result_lines import result
from scipy import stats

from resnet_labs import metrics, recipes
from resnet_labs.reports import compare, compared, evidence
from resnet_labs.reports.differences import differences
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


def test_so_many_seeds_or_images_would_show_it():
    few = {"r1.c6": [*lines([0.6, 0.5, 0.7]), *lines([0.69, 0.66, 0.72], network="resnet50")]}
    (found,) = differences("r1.c6", few)
    seeds, images = found.needed
    assert seeds == metrics.needed([0.69, 0.66, 0.72], [0.6, 0.5, 0.7]) > 3
    assert images is None
    near = {"r1.c6": [*lines(SMALL), *lines([0.601, 0.622, 0.611], network="resnet50")]}
    (found,) = differences("r1.c6", near)
    seeds, images = found.needed
    error = (0.61 * 0.39 + 0.61133 * 0.38867) ** 0.5
    assert images == pytest.approx(((stats.norm.isf(0.025) + stats.norm.isf(0.2)) * error / 0.001333) ** 2, rel=0.002)
    assert found.verdict == f"not shown; {seeds} seeds on over a million images would"
    assert found.on_these_images == (seeds == 3)


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

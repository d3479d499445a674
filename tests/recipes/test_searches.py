"""Settings from a stored search are its best on validation images, inside the grid but for a known exception."""

from __future__ import annotations

from collections import defaultdict
from statistics import fmean

import pytest

from resnet_labs import recipes, reports

SEARCHED = ("learning_rate", "margin", "weight")
# search -> the recipes that use it, one or two of them, and the settings that tell their arms apart
SEARCHES = {
    "r0.c1.digits.choice": ("r0.c1.digits", ("depth", "residual")),
    "r0.transfer_table.choice": ("r0.transfer_table.photographs", ("method", "weights")),
    "r0.c7.choice": ("r0.c7", ("limit", "method", "weights")),
    "r1.c2.choice": ("r1.c2", ("size",)),
    "r1.c6.choice": ("r1.c6.fine_tuned", ("depth",)),
    "r1.c6.from_scratch.choice": ("r1.c6", ("network",)),
    "r1.digits.choice": ("r1.digits", ("size",)),
    "r2.c1.batches.choice": ("r2.c1.batches", ("arm",)),
    "r2.model_3.choice": ("r2.ablation.stand_in", ("pretrained",)),
    "r3.c4.choice": ("r3.c4", ("method",)),
    "r3.c5.choice": ("r3.c5 r3.c5.views", ("views",)),
    "r4.c3.searched.choice": ("r4.c3.searched.photographs", ("loss", "mining")),
    "r4.c3.searched.digits.choice": ("r4.c3.searched.digits", ("loss", "mining")),
    "r4.losses.digits.choice": ("r4.losses.digits", ("loss", "mining")),
}
# A search for one experiment of several that a command runs.
ONLY = {"r2.model_3.choice": "r2.model_3"}
# Arms of these names try rates on purpose.
TRIED = ("thawed, the report's rate", "thawed, a large rate")
# Arms that a search has and the recipe does not take: random weights, whose head guesses at every rate; sizes that were
# tried with one rate; kinds of mining that r4.losses leaves out.
NOT_TAKEN = {
    "r0.c7.choice": {(960, "linear_probe", "stand_in_random")},
    "r1.digits.choice": {(8,), (32,)},
    "r4.losses.digits.choice": {("triplet", "semihard"), ("triplet", "all")},
}
# Arms whose settings were not searched there.
NOT_SEARCHED = {"r1.c2.choice": {(28,)}, "r4.losses.digits.choice": {("cross_entropy", None)}}
# What lies at the edge of what was tried: no rate but Adam's usual one. r4.c3.searched.digits searches rates too, and
# claims r4.c3, r4.c5 and r4.c6 rest on that one.
AT_THE_EDGE = {
    "r4.losses.digits.choice": {
        (("triplet", "hard"), "learning_rate", 1e-3),
        (("center", None), "learning_rate", 1e-3),
    }
}


def searched(settings):
    return tuple(settings.get(name) for name in SEARCHED)


def found(search, names):
    """Return for each arm its grid of searched settings, with the mean accuracy over the seeds."""
    values = defaultdict(lambda: defaultdict(list))
    for line in reports.evidence(search):
        arm = tuple(line.settings.get(name) for name in names)
        values[arm][searched(line.settings)].append(line.metrics["accuracy"])
    return {arm: {knobs: fmean(each) for knobs, each in grid.items()} for arm, grid in values.items()}


def taken(search):
    """Return for each searched arm of the recipes its name, the settings that it has, and its grid."""
    names, told_by = SEARCHES[search]
    grids = found(search, told_by)
    arms = {}
    for each in (each for name in names.split() for each in recipes.find(name)):
        if each.knobs.get("arm") not in TRIED and each.name == ONLY.get(search, each.name):
            settings = recipes.settings(each)
            arm = tuple(settings.get(one) for one in told_by)
            assert arms.setdefault(arm, searched(settings)) == searched(settings)
    not_searched, not_taken = NOT_SEARCHED.get(search, set()), NOT_TAKEN.get(search, set())
    assert {*arms} - {*grids} == not_searched
    assert {*grids} - {*arms} == not_taken
    return [(arm, knobs, grids[arm]) for arm, knobs in arms.items() if arm not in not_searched]


def test_every_stored_search_is_here():
    stored = {name for name in recipes.RECIPES if name.endswith(".choice") and reports.evidence(name)}
    assert stored == {*SEARCHES}


@pytest.mark.parametrize("search", SEARCHES)
def test_searches_see_validation_images_alone_and_are_stored_whole(search):
    stored = reports.evidence(search)
    assert all("validation" in line.data and "test" not in line.data for line in stored)
    assert {str(line.settings) for line in stored} == {str(recipes.settings(each)) for each in recipes.find(search)}


@pytest.mark.parametrize("search", SEARCHES)
def test_the_best_of_each_search_was_taken(search):
    assert [arm for arm, knobs, grid in taken(search) if grid[knobs] < max(grid.values())] == []


@pytest.mark.parametrize("search", SEARCHES)
def test_no_choice_is_at_the_edge_of_its_grid_but_those_that_are_known(search):
    at_the_edge = set()
    for arm, knobs, grid in taken(search):
        for place, value in enumerate(knobs):
            tried = sorted({each[place] for each in grid if each[place] is not None})
            if value in tried[:1] + tried[-1:]:
                at_the_edge.add((arm, SEARCHED[place], value))
    assert at_the_edge == AT_THE_EDGE.get(search, set())

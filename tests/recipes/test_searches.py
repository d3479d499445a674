"""Every searched setting is the best of its stored search on validation images, and lies inside the grid."""

from __future__ import annotations

from collections import defaultdict
from statistics import fmean

import pytest

from resnet_labs import recipes, reports

SEARCHED = ("learning_rate", "margin", "weight")
# search -> the recipes that use it, and the settings that tell their arms apart
SEARCHES = {
    "r0.transfer_table.choice": ("r0.transfer_table.photographs", ("method", "weights")),
    "r1.c6.choice": ("r1.c6.fine_tuned", ("depth",)),
    "r2.c1.batches.choice": ("r2.c1.batches", ("arm",)),
    "r3.c4.choice": ("r3.c4", ("method",)),
    "r4.c3.searched.digits.choice": ("r4.c3.searched.digits", ("loss", "mining")),
}
# Arms of these names try rates on purpose.
TRIED = ("thawed, the report's rate", "thawed, a large rate")


def searched(settings):
    return tuple(settings.get(name) for name in SEARCHED)


def found(search, names):
    """Return for each arm its grid of searched settings, with the mean accuracy over the seeds."""
    values = defaultdict(lambda: defaultdict(list))
    for line in reports.evidence(search):
        arm = tuple(line.settings.get(name) for name in names)
        values[arm][searched(line.settings)].append(line.metrics["accuracy"])
    return {arm: {knobs: fmean(each) for knobs, each in grid.items()} for arm, grid in values.items()}


@pytest.mark.parametrize("search", SEARCHES)
def test_searches_see_validation_images_alone_and_are_stored_whole(search):
    stored = reports.evidence(search)
    assert all("validation" in line.data and "test" not in line.data for line in stored)
    assert {str(line.settings) for line in stored} == {str(recipes.settings(each)) for each in recipes.find(search)}


@pytest.mark.parametrize("search", SEARCHES)
def test_the_best_of_each_search_was_taken(search):
    name, told_by = SEARCHES[search]
    grids = found(search, told_by)
    arms = [recipes.settings(each) for each in recipes.find(name) if each.knobs.get("arm") not in TRIED]
    assert len(arms) == len(grids)
    for arm in arms:
        grid = grids[tuple(arm.get(one) for one in told_by)]
        assert grid[searched(arm)] == max(grid.values()), arm


@pytest.mark.parametrize("search", SEARCHES)
def test_no_choice_is_at_the_edge_of_its_grid(search):
    name, told_by = SEARCHES[search]
    grids = found(search, told_by)
    at_the_edge = []
    for arm in (recipes.settings(each) for each in recipes.find(name) if each.knobs.get("arm") not in TRIED):
        grid = grids[tuple(arm.get(one) for one in told_by)]
        for place, value in enumerate(searched(arm)):
            tried = sorted({knobs[place] for knobs in grid if knobs[place] is not None})
            if value in tried[:1] + tried[-1:]:
                at_the_edge.append((name, arm.get("arm"), SEARCHED[place], value))
    assert at_the_edge == []

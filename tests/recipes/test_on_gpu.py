"""The experiments at a GPU's size: what is searched is chosen on validation images, and the lines fit the claims."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from resnet_labs import recipes, reports, results
from resnet_labs.recipes import SEARCHES, Search, settings
from resnet_labs.recipes._search import SEARCHED


def line(recipe, accuracy, seed=0, dataset=None):
    return results.Result(
        experiment=recipe.name,
        data={"name": dataset or recipe.dataset, "source": "made", "validation": 1},
        seed=seed,
        settings=settings(recipe),
        metrics={"accuracy": accuracy},
        seconds=1.0,
        device="a GPU",
        precision="fp32",
    )


def values(recipe):
    known = settings(recipe)
    return tuple(known.get(name) for name in SEARCHED)


@pytest.mark.parametrize("name", SEARCHES)
def test_nothing_is_chosen_on_the_test_set(name):
    assert all(one.validation for one in SEARCHES[name].choice)
    assert all(one.config.precision == "fp32" for one in SEARCHES[name].candidates)


@pytest.mark.parametrize("name", SEARCHES)
def test_each_arm_has_the_values_that_are_tried_for_it_and_no_two_are_the_same(name):
    search = SEARCHES[name]
    for told in {search._searched_for(one) for one in search.choice}:
        tried = {values(one) for one in search.choice if search._searched_for(one) == told}
        arms = {}
        for one in search.candidates:
            if search._searched_for(one) == told:
                arms.setdefault(search._without_values(one), set()).add(values(one))
        assert arms
        assert all(each == tried for each in arms.values())
        assert len(tried) > 1
    known = [json.dumps([one.name, settings(one)]) for one in (*search.choice, *search.candidates)]
    assert len({*known}) == len(known)


@pytest.mark.parametrize("name", SEARCHES)
def test_the_best_on_validation_images_is_taken_for_each_arm(name):
    search = SEARCHES[name]
    lines = [line(one, accuracy=0.5 - 0.001 * number) for number, one in enumerate(search.choice)]
    first = {search._searched_for(one): values(one) for one in reversed(search.choice)}
    best = search.best(lines)
    assert len(best) == search.num_arms()
    assert all(values(one) == first[search._searched_for(one)] for one in best)
    last = {search._searched_for(one): values(one) for one in search.choice}
    best = search.best([replace(each, metrics={"accuracy": 1 - each.metrics["accuracy"]}) for each in lines])
    assert all(values(one) == last[search._searched_for(one)] for one in best)


def test_the_mean_over_the_seeds_decides_and_foreign_lines_do_not():
    search = SEARCHES["r1.c6.fine_tuned.resnet"]
    first, second = search.choice[:2]
    lines = [line(first, 0.6), line(first, 0.7, 1), line(second, 0.9), line(second, 0.3, 1)]
    lines.append(line(replace(second, name="another"), 1.0))
    assert {values(one) for one in search.best(lines)} == {values(first)}


def test_lines_on_a_stand_in_data_set_count():
    search = SEARCHES["r0.transfer_table.resnet50"]
    best = search.best([line(search.choice[0], 0.5, dataset="cifar10_jpeg")])
    assert len(best) == 1


def test_without_lines_nothing_is_best():
    assert all(search.best([]) == () for search in SEARCHES.values())


@pytest.mark.parametrize("name", SEARCHES)
def test_a_line_of_an_arm_has_a_recipe_whichever_values_were_best(name):
    for one in SEARCHES[name].candidates[::7]:
        assert recipes.recipe_of(line(one, 0.5)) == one


def test_the_arms_are_those_that_the_rules_of_the_claims_name():
    names = {one.name for one in SEARCHES["r0.transfer_table.resnet50"].candidates}
    assert names == {one.name for one in recipes.find("r0.transfer_table")}
    ablation = {one.knobs.get("arm", one.name) for one in SEARCHES["r2.c3.ablation.searched"].candidates}
    stored = {run.settings["arm"] for run in reports.evidence("r2.c3.ablation")} | {"r2.model_1", "r2.model_3"}
    assert ablation == stored - {"with a smaller rate"}
    losses = {one.knobs["arm"] for one in SEARCHES["r4.c3.searched.resnet18"].candidates}
    assert losses == {one.knobs["arm"] for one in recipes.find("r4.c3.searched.digits")}


def test_every_recipe_at_this_size_says_what_it_stands_in_for():
    more = [one for search in SEARCHES.values() for one in (*search.choice, *search.candidates)]
    assert all(one.stand_in and one.chosen for one in (*more, *recipes.find("r3.c5.views.resnet50")))


def test_a_search_of_its_own():
    base = recipes.find("r4.losses.digits")[0]
    choice = tuple(
        replace(base, name="tried", validation=0.5, config=replace(base.config, learning_rate=rate))
        for rate in (0.1, 0.2)
    )
    arms = tuple(replace(one, name="arm", validation=None) for one in choice)
    search = Search(choice=choice, candidates=arms, told_by=("network",))
    assert search.num_arms() == 1
    assert search.best([line(choice[0], 0.4), line(choice[1], 0.5)]) == (arms[1],)
    assert search.best([line(choice[0], 0.5), line(choice[1], 0.5)]) == (arms[0],)

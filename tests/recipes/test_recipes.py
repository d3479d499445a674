"""Recipes repeat the reports' settings, judge choices on validation images, and give whole results lines."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import asdict, replace

import pytest
from helpers import lab_lists
from helpers.places import SOLUTIONS

from resnet_labs import recipes, reports, resnet
from resnet_labs.errors import InputError
from resnet_labs.train import TrainConfig

TINY = recipes.Recipe(
    name="r1.digits",
    dataset="digits",
    network=("cifar_resnet", {"depth": 8, "in_channels": 1}),
    batch_size=64,
    config=TrainConfig(epochs=2, learning_rate=0.1, precision="fp32"),
    chosen="a small one for tests",
    limit=200,
)


def test_the_digits_recipe_is_the_report_s():
    (recipe,) = recipes.find("r1.digits")
    stated = reports.load_report("r1")["experiments"]["digits"]
    assert (recipe.config.optimizer, recipe.batch_size, recipe.config.epochs) == (
        stated["optimizer"],
        stated["batch_size"],
        stated["epochs"],
    )
    assert recipe.dataset == stated["dataset"]
    assert recipe.network == ("resnet18", {"num_classes": 10, "in_channels": 1})
    assert recipe.validation is None


@pytest.mark.parametrize("dataset", ["mnist", "digits"])
def test_lab_02_and_its_recipe_write_the_same_settings(dataset):
    (call,) = calls_of_record(SOLUTIONS / "lab02_digits.py")
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    (recipe,) = recipes.find("r1.digits" if dataset == "mnist" else "r1.digits.stand_in")
    of_fit = {name: value for name, value in asdict(recipe.config).items() if name != "seed"}
    assert eval(given["settings"], {"batch_size": recipe.batch_size}) | of_fit == recipes.settings(recipe)
    assert (ast.literal_eval(call.args[0]), given["config"], recipe.dataset) == (recipe.name, "config", dataset)


def test_a_network_is_a_function_of_resnet_or_a_name_that_the_docstring_tells():
    names = {recipe.network[0] for variants in recipes.RECIPES.values() for recipe in variants}
    told = set(re.findall(r"`(\w+)`", inspect.getdoc(recipes.Recipe).split("network: ")[1].split("batch_size: ")[0]))
    others = {name for name in names if not hasattr(resnet, name)}
    assert others == told - {"resnet", "run"}


def test_every_lab_writes_its_lines_by_the_one_builder():
    for path in sorted(SOLUTIONS.glob("lab*.py")):
        assert "results.Result(" not in path.read_text(encoding="utf-8"), path.name
        trains = path.stem not in lab_lists.WITHOUT_RECIPES
        assert bool(calls_of_record(path)) == trains, path.name


def calls_of_record(path):
    calls = (node for node in ast.walk(ast.parse(as_python(path))) if isinstance(node, ast.Call))
    return [call for call in calls if ast.unparse(call.func) == "results.record"]


def as_python(path):
    """Return a solution script without the marks that `labkit.build` fills in."""
    return "\n".join("" if line.startswith("{{") else line for line in path.read_text(encoding="utf-8").splitlines())


def test_settings_are_chosen_on_validation_images_and_the_best_was_taken():
    variants = recipes.find("r1.digits.choice")
    assert all(variant.validation for variant in variants)
    stored = reports.evidence("r1.digits.choice")
    assert len(stored) == len(variants)
    assert all("validation" in line.data and "test" not in line.data for line in stored)
    own_size = [line for line in stored if line.settings["size"] is None]
    best = max(own_size, key=lambda line: line.metrics["accuracy"])
    (recipe,) = recipes.find("r1.digits")
    assert recipe.config.learning_rate == best.settings["learning_rate"]


def test_one_seed_gives_one_line_again_and_again():
    first, again = (recipes.reproduce(TINY, 3) for _ in range(2))
    assert first.metrics == again.metrics
    assert first.metrics != recipes.reproduce(TINY, 4).metrics
    assert first.settings == recipes.settings(TINY)
    assert first.data == again.data
    assert (first.data["name"], first.data["train"], first.data["test"]) == ("digits", 200, 359)
    assert {*first.data["checksum"]} == {"train", "test"}
    assert 0 <= first.metrics["accuracy_low"] <= first.metrics["accuracy"] <= first.metrics["accuracy_high"] <= 1


def test_validation_is_cut_from_training():
    line = recipes.reproduce(replace(TINY, validation=0.25), 0)
    assert (line.data["train"], line.data["validation"]) == (150, 50)


def test_a_stopped_run_goes_on(tmp_path):
    path = tmp_path / "run.pt"
    whole = recipes.reproduce(TINY, 0)
    recipes.reproduce(TINY, 0, checkpoint=path)
    resumed = recipes.reproduce(TINY, 0, checkpoint=path)
    assert resumed.metrics == whole.metrics


def test_unknown_recipe_names_the_nearest():
    with pytest.raises(InputError, match=r"no recipe 'r1\.digit'\. Did you mean 'r1\.digits'"):
        recipes.find("r1.digit")

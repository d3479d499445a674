"""The reports' experiments as data, and the one function that repeats any of them."""

from __future__ import annotations

from pathlib import Path

from resnet_labs.errors import InputError, nearest
from resnet_labs.recipes import (
    _on_gpu,
    cats_vs_dogs,
    digits,
    flowers,
    layerwise_pretraining,
    losses,
    losses_searched,
    recipe,
    residual_blocks,
    transfer,
)
from resnet_labs.recipes._conditions import run_once
from resnet_labs.recipes._on_gpu import SEARCHES
from resnet_labs.recipes._recipe import Folder, Recipe, Run, figures, settings
from resnet_labs.recipes._search import Search
from resnet_labs.recipes._series import missing, reproduce_all
from resnet_labs.recipes._stand_ins import is_of, on_what_is_here
from resnet_labs.results import Result
from resnet_labs.tracking import Tracker

__all__ = [
    "RECIPES",
    "SEARCHES",
    "Recipe",
    "Run",
    "Search",
    "figures",
    "find",
    "missing",
    "on_what_is_here",
    "recipe_of",
    "reproduce",
    "reproduce_all",
    "settings",
]

# One module per lab, with the lab's name, in the labs' order; a lab's searches may have one of their own.
_OF_LABS = (
    residual_blocks,
    digits,
    cats_vs_dogs,
    flowers,
    transfer,
    recipe,
    losses,
    losses_searched,
    layerwise_pretraining,
)

# A name that a user gives -> one recipe, or the variants that are compared.
RECIPES: dict[str, tuple[Recipe, ...]] = {
    name: variants for module in (*_OF_LABS, _on_gpu) for name, variants in module.RECIPES.items()
}


def find(name: str) -> tuple[Recipe, ...]:
    """Return the recipes of that name: one, or the variants that are compared.

    Raises:
        InputError: the name is unknown.

    Example:
        >>> find("r1.digits")[0].batch_size
        128
    """
    if name not in RECIPES:
        raise InputError(f"There is no recipe {name!r}.", nearest(name, RECIPES))
    return RECIPES[name]


def recipe_of(line: Result) -> Recipe | None:
    """Return the recipe whose settings a results line holds, whatever number format it ran in; None if there is none.

    Example:
        >>> from resnet_labs import reports
        >>> recipe_of(reports.evidence("r1.digits")[0]).config.learning_rate
        0.01
    """
    known = (recipe for variants in (*RECIPES.values(), _on_gpu.candidates()) for recipe in variants)
    return next((recipe for recipe in known if is_of(line, recipe)), None)


def reproduce(
    recipe: Recipe,
    seed: int,
    *,
    root: Folder = None,
    checkpoint: Path | None = None,
    tracker: Tracker | None = None,
) -> Result:
    """Run a recipe once and return its results line.

    Args:
        recipe: the experiment.
        seed: the seed of initial weights, the order of the batches and the split, if there is one.
        root: the folder with the data sets.
        checkpoint: the file that keeps the run after every epoch; if it exists, the run continues from it.
        tracker: receives every epoch's figures.

    Raises:
        InputError: the data are missing, or the loss is not finite.
    """
    recipe = on_what_is_here(recipe, root)
    return run_once(recipe, Run(seed=seed, root=root, checkpoint=checkpoint, tracker=tracker))

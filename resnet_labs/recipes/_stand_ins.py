"""Data sets that replace a report's own if those are missing, and the match between results lines and recipes."""

from __future__ import annotations

from dataclasses import replace

from resnet_labs import data
from resnet_labs.recipes._recipe import Folder, Recipe, settings
from resnet_labs.results import Result

# The report's data set -> its replacement, and the description of it in results lines.
STAND_INS = {
    "cifar10": ("cifar10_jpeg", "lossy JPEG copies of CIFAR-10's images in place of the originals"),
    "cifar100": ("tiny_imagenet_100", "the first 100 classes of Tiny ImageNet at 32 pixels in place of CIFAR-100"),
    "stl10": ("tiny_imagenet_10", "ten classes of Tiny ImageNet in place of STL-10"),
}


def is_of(line: Result, recipe: Recipe) -> bool:
    """Return whether a recipe made a results line, on its own data set or the stand-in, in any number format."""
    sets = {recipe.dataset, STAND_INS.get(recipe.dataset, ("", ""))[0]}
    if line.experiment != recipe.name or line.data.get("name") not in sets:
        return False
    known, made = ({**knobs, "precision": ""} for knobs in (line.settings, settings(recipe)))
    return known == made


def on_what_is_here(recipe: Recipe, root: Folder) -> Recipe:
    """Return the recipe on its own data set, or on the stand-in if only that one is under the root.

    Args:
        recipe: the experiment; its `size` holds for both, so it must be given.
        root: the folder with the data sets.

    Example:
        >>> from resnet_labs.recipes import find
        >>> digits = find("r1.digits")[0]
        >>> on_what_is_here(digits, None) is digits
        True
    """
    here = {entry.name for entry in data.available(root) if entry.here}
    other, words = STAND_INS.get(recipe.dataset, ("", ""))
    if recipe.dataset in here or other not in here:
        return recipe
    assert recipe.size is not None, "a stand-in has another size of its own"
    return replace(recipe, dataset=other, stand_in="; ".join(filter(None, (words, recipe.stand_in))))

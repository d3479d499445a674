"""Lab 02: a ResNet-18 with one input channel on MNIST (report r1)."""

from __future__ import annotations

from dataclasses import replace

from resnet_labs import data
from resnet_labs.recipes._recipe import Recipe, Run, at_rate, train_and_test
from resnet_labs.results import Result
from resnet_labs.train import TrainConfig


def with_largest_share(recipe: Recipe, run: Run) -> Result:
    """Train and test; also record the share of the most common class in the test set, which training cannot change."""
    line = train_and_test(recipe, run)
    labels = data.load(recipe.dataset, split="test", root=run.root, size=recipe.size).labels
    share = labels.bincount().max().item() / len(labels)
    return replace(line, metrics={**line.metrics, "largest_share": share})


_DIGITS = Recipe(
    name="r1.digits",
    dataset="mnist",
    network=("resnet18", {"num_classes": 10, "in_channels": 1}),
    batch_size=128,
    config=TrainConfig(epochs=10, learning_rate=0.01, precision="fp32"),
    chosen=(
        "The report names SGD, batch 128 and 10 epochs, but no learning rate and no momentum. Momentum is 0.9 as in "
        "He et al. (2016). Rate and size come from r1.digits.choice, on 2,000 validation images cut from the training "
        "set: 0.01 is the best of four rates at MNIST's own 28 pixels. 32 pixels were hardly better than these, so the "
        "images keep their size; the 8 pixels that the report names were worse."
    ),
)

_CHOICE = replace(
    _DIGITS,
    config=replace(_DIGITS.config, epochs=3),
    limit=20_000,
    validation=0.1,
    chosen="Three epochs on 18,000 training images, judged on 2,000 others of the training set.",
)

_STAND_IN = replace(
    _DIGITS,
    dataset="digits",
    stand_in="scikit-learn's 8x8 digits in place of MNIST",
)

# MNIST at the size that the report names, and at its own, each with the rate that its search found.
_SIZES = tuple(
    replace(
        at_rate(_DIGITS, rate),
        name="r1.c2",
        size=size,
        chosen=(
            "The settings of r1.digits, at the 8 pixels that the report names and at MNIST's own 28; the stored lines "
            "are of 8 alone. The rate at 8 pixels is the best of r1.c2.choice, that at 28 of r1.digits.choice. "
            "largest_share is the share of the most common digit in the test set: the accuracy of a network that "
            "predicts this digit for every image."
        ),
        run=with_largest_share,
        shows=("largest_share", "accuracy_before", "accuracy"),
    )
    for size, rate in ((8, 0.001), (28, 0.01))
)

RECIPES = {
    "r1.digits": (_DIGITS,),
    "r1.c2.choice": tuple(
        replace(at_rate(_CHOICE, rate), name="r1.c2.choice", size=8) for rate in (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
    ),
    "r1.c2": _SIZES,
    "r1.c2.8_pixels": _SIZES[:1],  # minutes, where both sizes take hours on one core
    "r1.digits.stand_in": (_STAND_IN,),
    "r1.digits.choice": tuple(
        replace(at_rate(_CHOICE, rate), name="r1.digits.choice", size=size)
        for size, rate in ((None, 0.003), (None, 0.01), (None, 0.03), (None, 0.1), (8, 0.01), (32, 0.01))
    ),
}

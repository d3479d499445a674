"""A recipe for several tests."""

from __future__ import annotations

from resnet_labs.recipes import Recipe
from resnet_labs.train import TrainConfig


def small_recipe(*, dataset="digits", size=None, learning_rate=0.1):
    """Return a recipe that runs in a second."""
    channels = 1 if dataset == "digits" else 3
    return Recipe(
        name="small",
        dataset=dataset,
        network=("cifar_resnet", {"depth": 8, "in_channels": channels}),
        batch_size=64,
        config=TrainConfig(epochs=1, learning_rate=learning_rate, precision="fp32"),
        chosen="a small one for tests",
        size=size,
        limit=200 if dataset == "digits" else None,
    )

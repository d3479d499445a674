"""Lab 03: ResNet-18 against ResNet-50 on cats and dogs (report r1, claims r1.c6 and r1.c7)."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from resnet_labs import resnet
from resnet_labs.augment import Compose, Crop, Flip
from resnet_labs.recipes._fine_tuned import OTHER_CLASSES, fine_tune
from resnet_labs.recipes._imagenet import with_imagenet_weights
from resnet_labs.recipes._recipe import Recipe, Run, at_rate, train_and_test
from resnet_labs.results import Result
from resnet_labs.train import TrainConfig
from resnet_labs.weights import replace_head


def _network(recipe: Recipe) -> nn.Module:
    name, arguments = recipe.network
    if recipe.knobs["weights"] is None:
        return getattr(resnet, name)(num_classes=2, **arguments)
    network = with_imagenet_weights(getattr(resnet, name)(**arguments), recipe.knobs["weights"])
    return replace_head(network, 2)


def train_whole(recipe: Recipe, run: Run) -> Result:
    """Train the whole network, with crop and flip, and judge it on the test set before and after."""
    assert recipe.size is not None  # one size for all photographs
    return train_and_test(recipe, run, _network, Compose([Crop(padding=recipe.size // 8), Flip()]))


_PETS = Recipe(
    name="r1.pets.resnet18",
    dataset="cats_vs_dogs",
    network=("resnet18", {}),
    batch_size=32,
    config=TrainConfig(
        epochs=3, learning_rate=1e-4, optimizer="adamw", schedule="cosine", warmup_epochs=1, precision="fp32"
    ),
    chosen=(
        "The report gives the networks and three epochs, and no weights, size, batch, optimizer or rate. ImageNet "
        "weights, 224 pixels, batch 32 and AdamW at 1e-4 are usual; nothing was tuned."
    ),
    size=224,
    knobs={"weights": "IMAGENET1K_V1"},
    run=train_whole,
)

_FROM_SCRATCH = replace(
    _PETS,
    name="r1.c6",
    batch_size=64,
    config=replace(_PETS.config, epochs=15, learning_rate=3e-3),
    chosen=(
        "Both depths from scratch on the same photographs at 32 pixels, with the same epochs and batches, which were "
        "not tuned. The rate is the best of both depths in r1.c6.from_scratch.choice, on a fifth of the training "
        "images. The training accuracy is that of the last epoch, with crop and flip."
    ),
    size=32,
    knobs={"weights": None},
    shows=("accuracy", "train_accuracy"),
)

# On one core pretraining takes three minutes for a ResNet-8 and six for a ResNet-20.
_FINE_TUNED = replace(
    _PETS,
    name="r1.c6.fine_tuned",
    size=32,
    knobs={
        "method": "full_fine_tuning",
        "weights": OTHER_CLASSES,
        "pretraining_images": 20_000,
        "pretraining_epochs": 3,
        "pretraining_rate": 5e-3,
    },
    chosen=(
        "Both depths were pretrained in the same way, for three epochs on 20,000 photographs of things and food; then "
        "three epochs on cats and dogs, as in the report. ResNet-8 and ResNet-20 are what one core ends in minutes; "
        "old_task_accuracy_before is what the pretraining reached on its 100 classes. The rate of each depth is the "
        "best of its own in r1.c6.choice, on a fifth of the training images; for ResNet-20 one of two that are equal."
    ),
    stand_in=(
        "ResNet-8 and ResNet-20, trained on 100 classes of Tiny ImageNet, in place of ResNet-18 and ResNet-50 with "
        "ImageNet weights; cats and dogs are real, at 32 pixels"
    ),
    run=fine_tune,
    shows=("accuracy", "train_accuracy", "old_task_accuracy_before"),
)

_FROM_SCRATCH_CHOICE = replace(_FROM_SCRATCH, name="r1.c6.from_scratch.choice", validation=0.2)
_FINE_TUNED_CHOICE = replace(_FINE_TUNED, name="r1.c6.choice", validation=0.2)


def _both_depths(recipe: Recipe, names: tuple[str, str]) -> tuple[Recipe, ...]:
    networks = ("resnet18", "resnet50")
    return tuple(
        replace(recipe, name=name, network=(network, {})) for name, network in zip(names, networks, strict=True)
    )


def _of_depth(recipe: Recipe, depth: int, rate: float) -> Recipe:
    return replace(at_rate(recipe, rate), network=("cifar_resnet", {"depth": depth}))


RECIPES = {
    "r1.pets": _both_depths(_PETS, ("r1.pets.resnet18", "r1.pets.resnet50")),
    "r1.c6": _both_depths(_FROM_SCRATCH, ("r1.c6", "r1.c6")),
    "r1.c6.fine_tuned": (_of_depth(_FINE_TUNED, 8, 3e-3), _of_depth(_FINE_TUNED, 20, 3e-3)),
    "r1.c6.choice": tuple(
        _of_depth(_FINE_TUNED_CHOICE, depth, rate) for depth in (8, 20) for rate in (3e-4, 1e-3, 3e-3, 1e-2)
    ),
    "r1.c6.from_scratch.choice": tuple(
        replace(at_rate(_FROM_SCRATCH_CHOICE, rate), network=(network, {}))
        for network in ("resnet18", "resnet50")
        for rate in (3e-4, 1e-3, 3e-3, 1e-2)
    ),
}

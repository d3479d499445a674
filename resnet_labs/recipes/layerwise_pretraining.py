"""Lab 08: a stack of autoencoder layers, and the classifier that starts from it (report r4, question 2)."""

from __future__ import annotations

from dataclasses import replace

from resnet_labs.recipes._recipe import Recipe
from resnet_labs.recipes.layerwise_pretraining_runs import as_reported, causes, shuffled_pixels, with_few_labels
from resnet_labs.train import TrainConfig

HIDDEN = (1024, 1200, 728, 512, 128)  # the report's

_REPORT = Recipe(
    name="r4.layerwise",
    dataset="stl10",
    size=96,
    network=("mlp", {"hidden": [*HIDDEN], "code": "linear"}),
    batch_size=50,
    config=TrainConfig(epochs=20, learning_rate=0.001, optimizer="adam", precision="fp32"),
    knobs={"pretraining_epochs": 50},
    chosen=(
        "Network, optimizer, rate and epochs are those that the report states; its logs hold 24 epochs of the "
        "autoencoder and 30 of the classifier. It names no batch size. 50 is read off its log: a summed loss of 226 in "
        "the first epoch is 100 batches at about ln 10, and 5,000 images in 100 batches are 50 each."
    ),
    run=as_reported,
    shows=("accuracy", "top5", "classes_at_zero", "dead_outputs", "train_accuracy", "reconstruction_error"),
)

_FEW_LABELS = replace(
    _REPORT,
    name="r4.c7",
    knobs={"pretraining_epochs": 50, "epochs_10": 240, "epochs_100": 24},
    chosen=(
        "The report's settings, without the ReLU after the last layer. The layers are pretrained on all training "
        "images, without labels; the classifier then sees 10 or 100 labels a class, or all. 10 and 100 labels a class "
        "get 480 steps each, after which the training images are learned by heart; that was seen on images cut from "
        "the training set of the digits. gain is pretrained less random from the same seed."
    ),
    run=with_few_labels,
    shows=(
        *("random_10", "pretrained_10", "gain_10"),
        *("random_100", "pretrained_100", "gain_100"),
        *("random_all", "pretrained_all", "gain_all"),
    ),
)

_SHUFFLED = replace(
    _REPORT,
    name="r4.c8",
    knobs={},
    chosen=(
        "Three convolutions with the report's optimizer, rate, batches and epochs, beside the report's network from "
        "random weights and without the ReLU after the last layer. shuffled: the pixels of all images in one other "
        "order, drawn anew for each seed. For a fully connected first layer every order is the same problem, so there "
        "is nothing to measure of it."
    ),
    run=shuffled_pixels,
    shows=("mlp", "conv_net", "conv_net_shuffled"),
)

_CAUSES = replace(
    _REPORT,
    name="r4.c9",
    knobs={"pretraining_epochs": 50, "more_epochs": 60},
    chosen=(
        "The network that the report prints, its settings, and one thing changed at a time. code_relu has one ReLU "
        "more, behind the code. frozen_encoder is the report's classifier with an encoder that is not trained: the "
        "report's log ends at 29 % of its own training images, and this is one way to get there. conv_net has three "
        "convolutions, no pretraining, and the same optimizer, rate, batches and epochs. dead_outputs counts the "
        "outputs that are above zero for no training image. All figures are of the same epoch; more_epochs are shown "
        "beside it."
    ),
    run=causes,
    shows=(
        "as_reported",
        "as_reported_more_epochs",
        "without_relu",
        "without_relu_more_epochs",
        "code_relu",
        "frozen_encoder",
        "conv_net",
        "dead_outputs_before_as_reported",
        "dead_outputs_as_reported",
        "dead_outputs_without_relu",
        "dead_outputs_code_relu",
    ),
)


def _on_one_core(recipe: Recipe, size: int) -> Recipe:
    """Return the experiment with fewer epochs and, where said, fewer pixels: what one core ends in minutes."""
    fewer = {
        name: epochs for name, epochs in {"pretraining_epochs": 10, "more_epochs": 40}.items() if name in recipe.knobs
    }
    parts = [f"{size} pixels a side in place of {recipe.size}"] if size != recipe.size else []
    parts += ["10 epochs a layer in place of 50"] if "pretraining_epochs" in recipe.knobs else []
    words = ", ".join(parts)
    return replace(
        recipe,
        size=size,
        knobs=recipe.knobs | fewer,
        chosen=f"{recipe.chosen} For one slow core: {words}.",
        stand_in=words,
    )


def _on_digits(recipe: Recipe, seeds: str = "") -> Recipe:
    """Return the experiment as the lab's fast mode runs it; `seeds` says when its seeds were added."""
    fewer = {"pretraining_epochs": 30} if "pretraining_epochs" in recipe.knobs else {}
    return replace(
        recipe,
        name=f"{recipe.name}.digits",
        dataset="digits",
        size=None,
        network=("mlp", {"hidden": [width // 8 for width in HIDDEN], "code": "linear"}),
        knobs=recipe.knobs | fewer,
        chosen=f"{recipe.chosen} For the digits every hidden layer is an eighth as wide; pretraining takes 30 epochs."
        f"{seeds}",
        stand_in="scikit-learn's 8x8 digits in place of STL-10",
    )


_ADDED_ONCE = " Seeds 3 to 5 were added when 0 to 2 were known."
_ADDED_TWICE = (
    " Seeds 3 to 5 were added when 0 to 2 were known, and 6 to 9 after those; on 3 to 9 alone the 95 % interval of "
    "without_relu less as_reported leaves out zero as well."
)

RECIPES = {
    "r4.layerwise": (_REPORT,),
    "r4.layerwise.stand_in": (_on_one_core(_REPORT, 96),),
    "r4.c7": (_FEW_LABELS,),
    "r4.c7.stand_in": (_on_one_core(_FEW_LABELS, 48),),
    "r4.c7.digits": (_on_digits(_FEW_LABELS, _ADDED_ONCE),),
    "r4.c8": (_SHUFFLED,),
    "r4.c8.stand_in": (_on_one_core(_SHUFFLED, 48),),
    "r4.c8.digits": (_on_digits(_SHUFFLED),),
    "r4.c9": (_CAUSES,),
    "r4.c9.stand_in": (_on_one_core(_CAUSES, 48),),
    "r4.c9.digits": (_on_digits(_CAUSES, _ADDED_TWICE),),
}

"""The networks of lab 05: ResNet-152 or its stand-in, which parts train, and how images are prepared."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Generator, Tensor, nn

from resnet_labs import resnet, runtime
from resnet_labs.data.batches import Augment
from resnet_labs.errors import InputError, nearest
from resnet_labs.freeze import freeze_, last_block_, linear_probe_, unfreeze_
from resnet_labs.recipes._imagenet import normalised
from resnet_labs.recipes.stand_in_network import stand_in_network
from resnet_labs.weights import load_weights, replace_head

METHODS = ("linear_probe", "last_block", "last_two_stages", "full_fine_tuning")
WEIGHTS = ("stand_in", "stand_in_random", "IMAGENET1K_V1", "random")


def network_for(weights: str, num_classes: int, *, seed: int) -> nn.Module:
    """Return the network with a new head, on the default device.

    Args:
        weights: "stand_in", "stand_in_random" (the same network untrained), "IMAGENET1K_V1" for a ResNet-152 with
            those weights, or "random" for one without.
        num_classes: outputs of the head.
        seed: the seed of all random weights.

    Raises:
        InputError: unknown weights, or weights that are not available.

    Source: He et al. 2016, Deep Residual Learning (ResNet-152).
    Equals: the network with `replace_head`.
    """
    if weights not in WEIGHTS:
        raise InputError(f"weights is {weights!r}.", nearest(weights, WEIGHTS))
    runtime.seed_everything(seed)
    model: nn.Module
    if weights.startswith("stand_in"):
        model = stand_in_network()
        if weights == "stand_in_random":
            for part in model.modules():
                if isinstance(part, (nn.Conv2d, nn.BatchNorm2d)):
                    part.reset_parameters()
    else:
        model = resnet.resnet152()
        if weights != "random":
            load_weights(model, weights)
    return replace_head(model, num_classes).to(runtime.default_device())


def train_only_(model: nn.Module, method: str) -> None:
    """Make trainable the parts that a method trains, and freeze the others.

    Args:
        model: a ResNet; changed in place.
        method: one of `METHODS`.

    Raises:
        InputError: an unknown method.

    Source: report r0, transfer_table.
    Deviations: `last_two_stages` is a step that the report left out.
    Equals: `linear_probe_`, `last_block_`, or nothing frozen.
    """
    if method not in METHODS:
        raise InputError(f"method is {method!r}.", nearest(method, METHODS))
    if method == "linear_probe":
        linear_probe_(model)
    elif method == "last_block":
        last_block_(model)
    elif method == "last_two_stages":
        stages = [name for name, _ in model.named_children() if name.startswith("layer")]
        freeze_(model)
        for name in (*stages[-2:], "fc"):
            unfreeze_(model.get_submodule(name))


def preparation(weights: str) -> Augment | None:
    """Return the preparation of images for the network, as an `augment` of `Batches`; None if it needs none.

    Args:
        weights: as in `network_for`.

    Source: He et al. 2016, Deep Residual Learning, section 3.4 (224 pixels, the mean subtracted).
    Deviations: small images are enlarged to 224 pixels, and divided by the deviation, as torchvision's weights need.
    Equals: torchvision's Resize and Normalize.
    """
    return None if weights.startswith("stand_in") else _for_imagenet


def _for_imagenet(images: Tensor, labels: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    large = F.interpolate(images, (224, 224), mode="bilinear", antialias=True)
    return normalised(large), labels

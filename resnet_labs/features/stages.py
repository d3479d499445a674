"""Outputs of modules inside a network, caught by hooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs import runtime
from resnet_labs.errors import InputError, nearest
from resnet_labs.train.evaluation import evaluating


def stage_features(
    model: nn.Module, images: Tensor, stages: Sequence[str] = ("layer1", "layer3", "avgpool")
) -> dict[str, Tensor]:
    """Return copies of the outputs of modules inside a network in one forward pass.

    The pass runs in evaluation mode without gradients; modes, running statistics and hooks are restored afterwards.

    Args:
        model: any network.
        images: its input; moved to its device.
        stages: dotted names of modules in it, such as "layer1" or "layer1.0.bn2".

    Returns:
        One tensor per stage, in the order of `stages` and in the network's own shape; for a module that runs more than
        once, the last output.

    Raises:
        InputError: a stage that the network lacks, that the pass does not reach, or whose output is not a tensor.

    Source: Zeiler and Fergus 2014, Visualizing and Understanding Convolutional Networks, section 4 (layers compared).
    Equals: the modules called one after the other by hand, in eval mode.

    Example:
        >>> from resnet_labs.resnet import cifar_resnet
        >>> found = stage_features(cifar_resnet(8), torch.rand(2, 3, 32, 32))
        >>> [tuple(features.shape) for features in found.values()]
        [(2, 16, 32, 32), (2, 64, 8, 8), (2, 64, 1, 1)]
    """
    if isinstance(stages, str):
        raise InputError(f"stages is {stages!r}.", f"Write ({stages!r},) for a single stage.")
    parts = {name: part for name, part in model.named_modules(remove_duplicate=False) if name}
    for name in stages:
        if name not in parts:
            known = [part for part in parts if part.count(".") <= name.count(".")]
            raise InputError(f"{type(model).__name__} has no stage {name!r}.", nearest(name, known))
    found: dict[str, Tensor] = {}

    def keeper(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def keep(module: nn.Module, inputs: Any, output: Any) -> None:
            if not isinstance(output, Tensor):
                raise InputError(
                    f"Stage {name!r} returns a {type(output).__name__}, not a tensor.", "Name a module inside it."
                )
            found[name] = output.clone()  # later modules may write into it: residual blocks apply ReLU in place

        return keep

    handles = [parts[name].register_forward_hook(keeper(name)) for name in stages]
    try:
        with evaluating(model), torch.no_grad():
            model(images.to(runtime.device_of(model)))
    finally:
        for handle in handles:
            handle.remove()
    missing = [name for name in stages if name not in found]
    if missing:
        raise InputError(f"The forward pass does not reach stage {missing[0]!r}.", "Name a module that it calls.")
    return {name: found[name] for name in stages}

"""The part of a classifier before its head, run over a data set."""

from __future__ import annotations

import torch
from jaxtyping import Float32
from torch import Tensor, nn

from resnet_labs import runtime
from resnet_labs.data import Batches
from resnet_labs.errors import InputError
from resnet_labs.freeze import head_of
from resnet_labs.train.evaluation import evaluating

BATCH_SIZE = 128  # an augmentation draws for one batch at a time, so another size would give other views


def head_input(model: nn.Module, images: Tensor) -> Float32[Tensor, "N D"]:
    """Return the vectors that the head sees, on the CPU; the pass runs in evaluation mode and in float32."""
    inputs: list[Tensor] = []
    handle = head_of(model).register_forward_pre_hook(lambda head, arguments: inputs.append(arguments[0].clone()))
    try:
        with evaluating(model), torch.no_grad(), runtime.autocast(images.device, "fp32"):
            model(images)
    finally:
        handle.remove()
    shapes = [tuple(each.shape) for each in inputs]
    if len(shapes) != 1 or len(shapes[0]) != 2:
        raise InputError(
            f"The head of {type(model).__name__} sees inputs of shapes {shapes}, not one vector per image.",
            "Use stage_features and name the stage.",
        )
    return inputs[0].float().cpu()


def head_inputs(model: nn.Module, batches: Batches, views: int) -> Float32[Tensor, "V N D"]:
    """Return what `head_input` gives for all images of each epoch from 0 to `views` - 1."""
    truth, features = batches.data.labels, torch.empty(0)
    for view in range(views):
        batches.set_epoch(view)
        start = 0
        for images, labels in batches:
            if not torch.equal(labels.cpu(), truth[start : start + BATCH_SIZE]):
                raise InputError(
                    "augment changes labels, but a cached view keeps the label of its image.",
                    "Leave out Mixup and whatever else changes or reorders labels.",
                )
            rows = head_input(model, images)
            if start == view == 0:
                features = torch.empty(views, len(truth), rows.shape[1])
            features[view, start : start + len(rows)] = rows
            start += len(rows)
    return features

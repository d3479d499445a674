"""The normalisation that ImageNet's weights were trained with."""

from __future__ import annotations

from torch import Tensor, nn

# Mean and deviation of ImageNet's pixels, channel by channel.
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def normalised(images: Tensor) -> Tensor:
    """Return RGB images, between 0 and 1, less the mean, divided by the deviation."""
    mean, deviation = (images.new_tensor(values)[:, None, None] for values in (_MEAN, _DEVIATION))
    return (images - mean) / deviation


def normalise_inputs(network: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
    """Normalise what a network is called with: a hook for `register_forward_pre_hook`."""
    return (normalised(inputs[0]),)

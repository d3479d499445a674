"""Changes of brightness, contrast, saturation and hue."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Generator, Tensor

from resnet_labs.augment._draws import integers, per_image, uniform
from resnet_labs.augment._images import Images, Labels, check_channels
from resnet_labs.errors import InputError

_BLENDS = ("brightness", "contrast", "saturation")  # each a blend of the image with black, its mean grey, its grey


@dataclass(frozen=True, kw_only=True)
class ColorJitter:
    """Brightness, contrast, saturation and hue of each image changed by its own factors, in its own random order.

    Args:
        brightness: the factor is drawn from [max(0, 1 - brightness), 1 + brightness].
        contrast: likewise, around the mean of the grey image.
        saturation: likewise, around the grey image.
        hue: the shift is drawn from [-hue, hue], in revolutions of the colour circle; at most 0.5.

    Raises:
        InputError: a setting out of its range, all settings 0, or (when called) saturation or hue of grey images, or
            images that are neither RGB nor grey.

    Source: Howard 2013, Some Improvements on Deep CNN Based Image Classification, section 2.2.
    Deviations: hue; as in torchvision's ColorJitter.
    Equals: torchvision.transforms.v2.functional.adjust_brightness, _contrast, _saturation and _hue, image by image.

    Example:
        >>> jitter = ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1)
        >>> jitter(torch.rand(2, 3, 8, 8), torch.tensor([0, 1]), torch.Generator())[0].shape
        torch.Size([2, 3, 8, 8])
    """

    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0

    def __post_init__(self) -> None:
        for name in _BLENDS:
            if getattr(self, name) < 0:
                raise InputError(f"{name} is {getattr(self, name)}.", "It must be at least 0.")
        if not 0 <= self.hue <= 0.5:
            raise InputError(f"hue is {self.hue}.", "It must lie between 0 and 0.5.")
        if not any((self.brightness, self.contrast, self.saturation, self.hue)):
            raise InputError("All settings of ColorJitter are 0.", "Set one, or leave ColorJitter out.")

    def __call__(self, images: Images, labels: Labels, generator: Generator) -> tuple[Images, Labels]:
        """Return the jittered images, and the labels."""
        check_channels(images, "ColorJitter")
        if images.shape[1] == 1 and (self.saturation or self.hue):
            raise InputError("Grey images have no saturation or hue.", "Set saturation and hue to 0.")
        settings = [getattr(self, name) for name in _BLENDS]
        spreads = torch.tensor(settings, device=images.device)
        chosen = [number for number, setting in enumerate(settings) if setting]
        active = torch.tensor(chosen, dtype=torch.int64, device=images.device)
        kinds = active[uniform(len(active), images, generator).argsort(0)]  # a random order for each image
        lows = (1 - spreads[kinds]).clamp(min=0)
        factors = lows + (1 + spreads[kinds] - lows) * uniform(len(active), images, generator)
        shifts = self.hue * (2 * uniform(1, images, generator)[0] - 1)
        place = integers(len(active) + 1, images, generator)
        if not self.hue:
            return _blend_colours(images.clone(), kinds, factors), labels
        return _jitter(images, kinds, factors, shifts, place), labels


def _jitter(
    images: Images,
    kinds: Int64[Tensor, "T N"],
    factors: Float[Tensor, "T N"],
    shifts: Float[Tensor, " N"],
    place: Int64[Tensor, " N"],
) -> Images:
    """Blend the images in T steps, and shift the hue of each after `place` of its steps."""
    # Sorted by place, so that the images whose hue comes next are contiguous.
    order = place.argsort()
    images, kinds, factors, shifts = images.index_select(0, order), kinds[:, order], factors[:, order], shifts[order]
    sizes = place.bincount(minlength=len(kinds) + 1).tolist()
    for turn, (part, shift) in enumerate(zip(images.split(sizes), shifts.split(sizes), strict=True)):
        part.copy_(_turn_hue(part, shift))
        _blend_colours(images, kinds[turn : turn + 1], factors[turn : turn + 1])
    return images.index_select(0, order.argsort())


def _blend_colours(images: Images, kinds: Int64[Tensor, "T N"], factors: Float[Tensor, "T N"]) -> Images:
    """Blend in place, step by step; `kinds` are indices into `_BLENDS`."""
    for kind, factor in zip(kinds, factors.to(images.dtype), strict=True):
        grey = _grey(images)
        mean = grey.mean((1, 2, 3), keepdim=True)
        reference = torch.addcmul(mean * per_image(kind == 1), grey, per_image(kind == 2).to(grey.dtype))
        torch.lerp(reference, images, per_image(factor), out=images).clamp_(0, 1)
    return images


def _turn_hue(images: Images, shifts: Float[Tensor, " N"]) -> Images:
    """Shift the hue by this many revolutions of the colour circle; saturation and value stay."""
    red, green, blue = images.unbind(1)
    high = torch.maximum(torch.maximum(red, green), blue)
    low = torch.minimum(torch.minimum(red, green), blue)
    spread = high - low
    # How far the hue is from red, in sixths of the circle: 1 + g + b - r, for r, g, b stretched from 0 to 1. Towards
    # green it counts as positive, towards blue as negative.
    away = (green + blue).sub_(red).sub_(low).add_(spread).div_(spread.clamp(min=torch.finfo(images.dtype).tiny))
    hue = torch.copysign(away, green - blue).add_(6 * shifts.to(images.dtype)[:, None, None])
    hue = hue.sub_((hue / 6).round_(), alpha=6)
    # How much of the spread a channel gets: red all except around cyan (3), green none around magenta (-1), blue none
    # around yellow (1).
    centre, sign, offset = hue.new_tensor([[0, -1, 1], [-1, 1, 1], [2, -1, -1]])[:, :, None, None]
    share = (hue[:, None] - centre).abs_().mul_(sign).add_(offset).clamp_(0, 1)
    return torch.addcmul(low[:, None], share, spread[:, None])


def _grey(images: Images) -> Float[Tensor, "N 1 H W"]:
    if images.shape[1] == 1:
        return images
    red, green, blue = images.unbind(1)
    return (0.2989 * red).add_(green, alpha=0.587).add_(blue, alpha=0.114)[:, None]

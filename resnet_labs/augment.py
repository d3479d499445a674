"""Augmentation of whole batches, on the device where they lie: every image by its own draw, no loop over images.

Each is called with float images in [0, 1], labels and a generator (see `data.Batches`) and returns new images and
labels; what it was given stays as it was. The same state of the generator gives the same result. A draw is made on
the generator's device, so that a CPU generator picks the same flips and crops for images on any device.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64, Shaped
from torch import Generator, Tensor

from resnet_labs.runtime import InputError

Images = Float[Tensor, "N C H W"]
Labels = Int64[Tensor, " N"] | Float[Tensor, "N K"]
Augmentation = Callable[[Tensor, Tensor, Generator], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Compose:
    """One augmentation after the other.

    Args:
        steps: in the order in which they are applied.

    Source: none.
    Deviations: none.
    Equals: the steps called by hand with the same generator.

    Example:
        >>> augment = Compose([Flip(), Crop(padding=4), Mixup(num_classes=10)])
        >>> images, labels = augment(torch.rand(6, 3, 32, 32), torch.arange(6), torch.Generator())
        >>> images.shape, labels.shape
        (torch.Size([6, 3, 32, 32]), torch.Size([6, 10]))
    """

    steps: Sequence[Augmentation]

    def __call__(self, images: Images, labels: Labels, generator: Generator) -> tuple[Images, Labels]:
        """Return what the last step returns."""
        for step in self.steps:
            images, labels = step(images, labels, generator)
        return images, labels


@dataclass(frozen=True)
class Flip:
    """Left and right exchanged, in each image with this probability.

    Args:
        probability: between 0 and 1.

    Raises:
        InputError: a probability outside.

    Source: Krizhevsky et al. 2012, ImageNet Classification with Deep CNNs, section 4.1.
    Deviations: none.
    Equals: torchvision.transforms.v2.functional.horizontal_flip on the images drawn.

    Example:
        >>> Flip(probability=1.0)(torch.tensor([[[[0.1, 0.9]]]]), torch.tensor([3]), torch.Generator())
        (tensor([[[[0.9000, 0.1000]]]]), tensor([3]))
    """

    probability: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise InputError(f"probability is {self.probability}.", "It must lie between 0 and 1.")

    def __call__(self, images: Images, labels: Labels, generator: Generator) -> tuple[Images, Labels]:
        """Return the images, some of them flipped, and the labels."""
        flipped = _uniform(1, images, generator)[0] < self.probability
        # Between an image and its mirror image, with weights of 0 and 1 only; `where` is slower.
        return torch.lerp(images, images.flip(-1), _per_image(flipped.to(images.dtype))), labels


@dataclass(frozen=True)
class Crop:
    """Each image shifted by up to `padding` pixels in both directions; what moves in from outside is black.

    Args:
        padding: pixels put on every side before a window of the old size is cut out.

    Raises:
        InputError: a padding below one pixel.

    Source: He et al. 2016, Deep Residual Learning, section 4.2 (4 pixels for images of 32).
    Deviations: none.
    Equals: torchvision.transforms.v2.functional.pad, then crop, at the offsets drawn.

    Example:
        >>> Crop(padding=4)(torch.ones(2, 3, 32, 32), torch.tensor([0, 1]), torch.Generator())[0].shape
        torch.Size([2, 3, 32, 32])
    """

    padding: int = 4

    def __post_init__(self) -> None:
        if self.padding < 1:
            raise InputError(f"padding is {self.padding}.", "Give at least 1 pixel, or leave Crop out.")

    def __call__(self, images: Images, labels: Labels, generator: Generator) -> tuple[Images, Labels]:
        """Return the shifted images, and the labels."""
        if len(images) == 0:
            return images, labels
        padded = F.pad(images, [self.padding] * 4)
        top, left = (_integers(2 * self.padding + 1, images, generator)[:, None, None] for _ in range(2))
        num_images, channels, height, width = images.shape
        # Every row of a window is `width` values in a row of the padded batch: where does each begin?
        planes = torch.arange(num_images * channels, device=images.device).view(num_images, channels, 1)
        lines = torch.arange(height, device=images.device)
        starts = (planes * padded.shape[2] + top + lines) * padded.shape[3] + left
        rows = padded.flatten().unfold(0, width, 1).index_select(0, starts.flatten())
        return rows.view(images.shape), labels


@dataclass(frozen=True, kw_only=True)
class ColorJitter:
    """Brightness, contrast, saturation and hue of each image changed by its own factors, in its own random order.

    Args:
        brightness: the factor is drawn from [max(0, 1 - brightness), 1 + brightness].
        contrast: likewise, around the mean of the grey image.
        saturation: likewise, around the grey image.
        hue: the shift is drawn from [-hue, hue], in turns of the colour circle; at most 0.5.

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
        _check_channels(images, "ColorJitter")
        if images.shape[1] == 1 and (self.saturation or self.hue):
            raise InputError("Grey images have no saturation or hue.", "Set saturation and hue to 0.")
        spreads = torch.tensor([getattr(self, name) for name in _BLENDS], device=images.device)
        active = spreads.nonzero().squeeze(1)
        kinds = active[_uniform(len(active), images, generator).argsort(0)]  # a random order for each image
        lows = (1 - spreads[kinds]).clamp(min=0)
        factors = lows + (1 + spreads[kinds] - lows) * _uniform(len(active), images, generator)
        shifts = self.hue * (2 * _uniform(1, images, generator)[0] - 1)
        place = _integers(len(active) + 1, images, generator)
        if not self.hue:
            return _blend_colours(images.clone(), kinds, factors), labels
        return _jitter(images, kinds, factors, shifts, place), labels


@dataclass(frozen=True)
class Mixup:
    """Each image and its label blended with those of a random partner, at a ratio drawn from Beta(alpha, alpha).

    Args:
        num_classes: length of the label distributions that come out.
        alpha: above 0; small values blend little.

    Raises:
        InputError: a setting out of its range, or (when called) labels that do not fit `num_classes`.

    Source: Zhang et al. 2018, mixup: Beyond Empirical Risk Minimization, section 2.
    Deviations: a ratio for each image instead of one for the batch.
    Equals: the paper's formula, image by image; ratios distributed as scipy.stats.beta.

    Example:
        >>> images, labels = Mixup(3)(torch.rand(4, 3, 8, 8), torch.tensor([0, 1, 2, 0]), torch.Generator())
        >>> labels.shape, labels.sum(1)
        (torch.Size([4, 3]), tensor([1., 1., 1., 1.]))
    """

    num_classes: int
    alpha: float = 0.2

    def __post_init__(self) -> None:
        _check_mixing(self.num_classes, self.alpha)

    def __call__(
        self, images: Images, labels: Labels, generator: Generator
    ) -> tuple[Images, Float[Tensor, "N {self.num_classes}"]]:
        """Return the blended images, and a distribution over the classes for each."""
        distributions = _distributions(labels, self.num_classes)
        partner = _partners(images, generator)
        kept = _beta(self.alpha, images, generator)
        images = torch.lerp(images[partner], images, _per_image(kept.to(images.dtype)))
        return images, _blend(distributions, partner, kept)


@dataclass(frozen=True)
class CutMix:
    """In each image a box replaced by the same box of a random partner; labels blended by the share of the area.

    The box has a random centre and the share 1 - ratio of the area, where the ratio is drawn from Beta(alpha, alpha);
    what hangs over the border is cut off, and the label counts the pixels that were really pasted.

    Args:
        num_classes: length of the label distributions that come out.
        alpha: above 0; at 1 every area is equally likely.

    Raises:
        InputError: a setting out of its range, or (when called) labels that do not fit `num_classes`.

    Source: Yun et al. 2019, CutMix, section 3.1 and algorithm A1.
    Deviations: a box and a ratio for each image instead of one for the batch.
    Equals: torchvision.transforms.v2.CutMix in the distribution of areas; labels to the pixel counts.

    Example:
        >>> images, labels = CutMix(3)(torch.rand(4, 3, 8, 8), torch.tensor([0, 1, 2, 0]), torch.Generator())
        >>> labels.shape, labels.sum(1)
        (torch.Size([4, 3]), tensor([1., 1., 1., 1.]))
    """

    num_classes: int
    alpha: float = 1.0

    def __post_init__(self) -> None:
        _check_mixing(self.num_classes, self.alpha)

    def __call__(
        self, images: Images, labels: Labels, generator: Generator
    ) -> tuple[Images, Float[Tensor, "N {self.num_classes}"]]:
        """Return the images with their boxes, and a distribution over the classes for each."""
        distributions = _distributions(labels, self.num_classes)
        partner = _partners(images, generator)
        height, width = images.shape[-2:]
        half_side = 0.5 * (1 - _beta(self.alpha, images, generator)).sqrt()
        rows = _interval(height, half_side, images, generator)
        columns = _interval(width, half_side, images, generator)
        box = rows[:, :, None] & columns[:, None, :]  # (N, H, W)
        kept = 1 - rows.sum(1) * columns.sum(1) / (height * width)
        return torch.where(box[:, None], images[partner], images), _blend(distributions, partner, kept)


@dataclass(frozen=True)
class AutoAugment:
    """The policy that AutoAugment found for CIFAR-10: to each image one of 25 pairs of operations.

    Images pass through 8 bits. This one does loop over the images, in torchvision's own code.

    Raises:
        InputError: (when called) images that are neither RGB nor grey.

    Source: Cubuk et al. 2019, AutoAugment: Learning Augmentation Strategies from Data, table 7.
    Deviations: those of torchvision (nearest-neighbour interpolation, black borders).
    Equals: torchvision.transforms.v2.AutoAugment(AutoAugmentPolicy.CIFAR10), image by image from the same seed.

    Example:
        >>> AutoAugment()(torch.rand(2, 3, 32, 32), torch.tensor([0, 1]), torch.Generator())[0].shape
        torch.Size([2, 3, 32, 32])
    """

    def __call__(self, images: Images, labels: Labels, generator: Generator) -> tuple[Images, Labels]:
        """Return the changed images, and the labels."""
        _check_channels(images, "AutoAugment")
        policy = _cifar10_policy()
        pixels = (images * 255).round().clamp(0, 255).to(torch.uint8)
        # torchvision draws from the global CPU generator: lend it a seed of ours, and put its state back.
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(_seed(generator))
            changed = [policy(image) for image in pixels]
        return (torch.stack(changed) if changed else pixels).to(images.dtype) / 255, labels


@cache
def _cifar10_policy() -> Callable[[Tensor], Tensor]:
    from torchvision.transforms import v2  # takes a second to import

    return v2.AutoAugment(v2.AutoAugmentPolicy.CIFAR10)


def _uniform(rows: int, images: Images, generator: Generator) -> Float[Tensor, "R N"]:
    return torch.rand(rows, len(images), generator=generator, device=generator.device).to(images.device)


def _integers(high: int, images: Images, generator: Generator) -> Int64[Tensor, " N"]:
    return torch.randint(high, (len(images),), generator=generator, device=generator.device).to(images.device)


def _partners(images: Images, generator: Generator) -> Int64[Tensor, " N"]:
    return torch.randperm(len(images), generator=generator, device=generator.device).to(images.device)


def _beta(alpha: float, images: Images, generator: Generator) -> Float[Tensor, " N"]:
    # torch's own Beta takes no generator.
    draws = np.random.default_rng(_seed(generator)).beta(alpha, alpha, len(images))
    return torch.from_numpy(draws).float().to(images.device)


def _seed(generator: Generator) -> int:
    return int(torch.randint(2**63 - 1, (), generator=generator, device=generator.device))


def _per_image(values: Shaped[Tensor, " N"]) -> Shaped[Tensor, "N 1 1 1"]:
    return values[:, None, None, None]


def _interval(size: int, half_side: Float[Tensor, " N"], images: Images, generator: Generator) -> Bool[Tensor, "N S"]:
    """Return which of `size` positions lie within that share of the size around a random centre."""
    centre = _integers(size, images, generator)[:, None]
    half = (half_side * size).long()[:, None]
    position = torch.arange(size, device=images.device)
    return (position >= centre - half) & (position < centre + half)


def _check_channels(images: Images, name: str) -> None:
    if images.shape[1] not in (1, 3):
        raise InputError(f"{name} cannot take images with {images.shape[1]} channels.", "Give grey or RGB images.")


def _check_mixing(num_classes: int, alpha: float) -> None:
    if num_classes < 1:
        raise InputError(f"num_classes is {num_classes}.", "It must be at least 1.")
    if alpha <= 0:
        raise InputError(f"alpha is {alpha}.", "It must be above 0; leave the augmentation out to blend nothing.")


def _distributions(labels: Labels, num_classes: int) -> Float[Tensor, "N K"]:
    if labels.ndim == 2:
        if labels.shape[1] != num_classes:
            raise InputError(
                f"labels have {labels.shape[1]} classes.", f"num_classes is {num_classes}; make them agree."
            )
        return labels
    if ((labels < 0) | (labels >= num_classes)).any():
        found = f"{int(labels.min())} to {int(labels.max())}"
        raise InputError(f"labels run from {found}, num_classes is {num_classes}.", "Classes are counted from 0.")
    return F.one_hot(labels, num_classes).float()


def _blend(
    distributions: Float[Tensor, "N K"], partner: Int64[Tensor, " N"], kept: Float[Tensor, " N"]
) -> Float[Tensor, "N K"]:
    return torch.lerp(distributions[partner], distributions, kept[:, None].to(distributions.dtype))


_BLENDS = ("brightness", "contrast", "saturation")  # each a blend of the image with black, its mean grey, its grey


def _jitter(
    images: Images,
    kinds: Int64[Tensor, "T N"],
    factors: Float[Tensor, "T N"],
    shifts: Float[Tensor, " N"],
    place: Int64[Tensor, " N"],
) -> Images:
    """Blend the images in T turns, and turn the hue of each once `place` of its turns are over."""
    # Sorted by place, so that the images whose hue comes next lie side by side.
    order = place.argsort()
    images, kinds, factors, shifts = images.index_select(0, order), kinds[:, order], factors[:, order], shifts[order]
    sizes = place.bincount(minlength=len(kinds) + 1).tolist()
    for turn, (part, shift) in enumerate(zip(images.split(sizes), shifts.split(sizes), strict=True)):
        part.copy_(_turn_hue(part, shift))
        _blend_colours(images, kinds[turn : turn + 1], factors[turn : turn + 1])
    return images.index_select(0, order.argsort())


def _blend_colours(images: Images, kinds: Int64[Tensor, "T N"], factors: Float[Tensor, "T N"]) -> Images:
    """Blend in place, turn by turn; `kinds` are places in `_BLENDS`."""
    for kind, factor in zip(kinds, factors.to(images.dtype), strict=True):
        grey = _grey(images)
        mean = grey.mean((1, 2, 3), keepdim=True)
        reference = torch.addcmul(mean * _per_image(kind == 1), grey, _per_image(kind == 2).to(grey.dtype))
        torch.lerp(reference, images, _per_image(factor), out=images).clamp_(0, 1)
    return images


def _turn_hue(images: Images, shifts: Float[Tensor, " N"]) -> Images:
    """Shift the hue by so many turns of the colour circle; saturation and value stay."""
    red, green, blue = images.unbind(1)
    high = torch.maximum(torch.maximum(red, green), blue)
    low = torch.minimum(torch.minimum(red, green), blue)
    spread = high - low
    # How far the hue is from red, in sixths of the circle: 1 + g + b - r, for r, g, b stretched from 0 to 1. Towards
    # green it counts as positive, towards blue as negative.
    away = (green + blue).sub_(red).sub_(low).add_(spread).div_(spread.clamp(min=torch.finfo(images.dtype).tiny))
    hue = torch.copysign(away, green - blue).add_(6 * shifts.to(images.dtype)[:, None, None])
    hue = hue.sub_((hue / 6).round_(), alpha=6)
    # What of the spread a channel gets: red all but around cyan (3), green none around magenta (-1), blue none around
    # yellow (1).
    centre, sign, offset = hue.new_tensor([[0, -1, 1], [-1, 1, 1], [2, -1, -1]])[:, :, None, None]
    share = (hue[:, None] - centre).abs_().mul_(sign).add_(offset).clamp_(0, 1)
    return torch.addcmul(low[:, None], share, spread[:, None])


def _grey(images: Images) -> Float[Tensor, "N 1 H W"]:
    if images.shape[1] == 1:
        return images
    red, green, blue = images.unbind(1)
    return (0.2989 * red).add_(green, alpha=0.587).add_(blue, alpha=0.114)[:, None]

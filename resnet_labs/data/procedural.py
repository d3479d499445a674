"""Images made by a formula, for machines without data: a textured shape, seen from anywhere, in any colours.

A class is a shape and a texture. Everything else is drawn for every image and says nothing about the class: place,
rotation and size of the shape, phase and direction of the texture, all colours, light, background and noise. All shapes
have the same area, and textures are half one tone and half the other, so counting colours does not help.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float32, Int64, UInt8
from torch import Tensor

from resnet_labs.data.images import ImageData
from resnet_labs.errors import InputError, nearest

Plane = Float32[Tensor, "N S S"]


def _polygon(u: Tensor, v: Tensor, corners: int, inner: float) -> Tensor:
    """Return how far points are outside a star polygon of area pi whose inner corners have `inner` of the radius."""
    step = math.pi / corners
    radius = math.sqrt(math.pi / (corners * inner * math.sin(step)))
    angle = (torch.atan2(v, u).remainder(2 * step) - step).abs()  # 0 at an inner corner, `step` at an outer one
    distance = torch.hypot(u, v)
    x, y = distance * torch.cos(step - angle), distance * torch.sin(step - angle)  # an outer corner on the x axis
    edge_x, edge_y = inner * radius * math.cos(step) - radius, inner * radius * math.sin(step)
    return -(edge_x * y - edge_y * (x - radius)) / math.hypot(edge_x, edge_y)


def _cross(u: Tensor, v: Tensor) -> Tensor:
    long = math.sqrt(9 * math.pi / 20)
    wide, narrow = torch.maximum(u.abs(), v.abs()), torch.minimum(u.abs(), v.abs())
    return torch.maximum(wide - long, narrow - long / 3)


def _ring(u: Tensor, v: Tensor) -> Tensor:
    outer = 1 / math.sqrt(1 - 0.55**2)
    return (torch.hypot(u, v) - outer * (1 + 0.55) / 2).abs() - outer * (1 - 0.55) / 2


# How far a point is outside the shape (negative inside); every shape has the area of the unit disk.
_SHAPES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "disk": lambda u, v: torch.hypot(u, v) - 1,
    "triangle": lambda u, v: _polygon(u, v, 3, 0.5),
    "cross": _cross,
    "square": lambda u, v: _polygon(u, v, 4, math.sqrt(0.5)),
    "star": lambda u, v: _polygon(u, v, 5, 0.45),
    "ring": _ring,
}


def _dots(x: Tensor, y: Tensor) -> Tensor:
    return (math.sqrt(0.5 / math.pi) - torch.hypot(x.remainder(1) - 0.5, y.remainder(1) - 0.5)) * 7.5


def _mottles(x: Tensor, y: Tensor) -> Tensor:
    angles = [2.399963 * index for index in range(6)]  # the golden angle: no two waves have the same direction
    waves = [
        torch.sin(2 * math.pi * (math.cos(a) * x + math.sin(a) * y) * (0.7 + 0.1 * i)) for i, a in enumerate(angles)
    ]
    return torch.stack(waves).sum(0) * 0.67


# One tone where positive, the other where negative, half and half; between -0.5 and 0.5 they blend, on a third of the
# area in every texture, so the number of blended pixels does not help either. One period is one unit.
_TEXTURES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "striped": lambda x, y: torch.sin(2 * math.pi * x),
    "checked": lambda x, y: 2.5 * torch.sin(2 * math.pi * x) * torch.sin(2 * math.pi * y),
    "dotted": _dots,
    "mottled": _mottles,
}


def _named(*shapes: str) -> tuple[str, ...]:
    return tuple(f"{texture} {shape}" for shape in shapes for texture in _TEXTURES)


SETS: dict[str, tuple[str, ...]] = {
    "procedural": _named(*_SHAPES),
    "procedural_source": _named("disk", "triangle", "cross"),
    "procedural_target": _named("square", "star", "ring"),
}
NUM_TRAIN, NUM_TEST = 4800, 1200


def procedural_images(
    num_images: int,
    *,
    classes: Sequence[str] = SETS["procedural"],
    size: int = 32,
    difficulty: float = 0.5,
    seed: int = 0,
) -> ImageData:
    """Make colour images of textured shapes, the classes in turn.

    Args:
        num_images: how many.
        classes: names of a texture and a shape, such as "striped disk".
        size: height and width in pixels, at least 16.
        difficulty: from 0 (shapes in the middle, strong contrast, even light, no noise) to 1.
        seed: for everything that is drawn.

    Returns:
        The images, (num_images, 3, size, size), the same bytes for the same seed.

    Raises:
        InputError: an unknown or repeated class, a size, number or difficulty out of range.

    Example:
        >>> data = procedural_images(4, classes=["striped disk", "dotted star"], size=16)
        >>> tuple(data.images.shape), data.labels.tolist()
        ((4, 3, 16, 16), [0, 1, 0, 1])
    """
    _check(num_images, classes, size, difficulty)
    generator = torch.Generator().manual_seed(_stream(seed))
    labels = torch.arange(num_images) % len(classes)
    parts = [_draw(part, classes, size, difficulty, generator) for part in labels.split(1024)]
    return ImageData(torch.cat(parts), labels, tuple(classes), f"procedural images, difficulty {difficulty:g}")


def read(name: str, split: str, seed: int) -> ImageData:
    """Return one split of a set of `SETS`; the seed draws the images, training and test from separate streams."""
    if split == "train":
        return procedural_images(NUM_TRAIN, classes=SETS[name], seed=_stream(seed, 0))
    return procedural_images(NUM_TEST, classes=SETS[name], seed=_stream(seed, 1))


def _stream(*key: int) -> int:
    """Return a seed whose stream is independent of that of any other key."""
    state = np.random.SeedSequence([number % 2**64 for number in key]).generate_state(1, np.uint64)
    return int(state[0])


def _check(num_images: int, classes: Sequence[str], size: int, difficulty: float) -> None:
    for name in classes:
        if name not in SETS["procedural"]:
            raise InputError(f"There is no procedural class {name!r}.", nearest(name, SETS["procedural"]))
    if len(set(classes)) < max(2, len(classes)):
        raise InputError(f"classes are {list(classes)}.", "Give at least two, each once.")
    if num_images < 1 or size < 16:
        raise InputError(f"num_images is {num_images} and size is {size}.", "They must be at least 1 and 16.")
    if not 0 <= difficulty <= 1:
        raise InputError(f"difficulty is {difficulty}.", "It must lie between 0 and 1.")


def _draw(
    labels: Int64[Tensor, " N"], classes: Sequence[str], size: int, difficulty: float, generator: torch.Generator
) -> UInt8[Tensor, "N 3 S S"]:
    """Return one image per label: coordinates, then masks, then colours, then light and noise."""
    num_images = len(labels)

    def uniform(low: float, high: float) -> Float32[Tensor, "N 1 1"]:
        return low + (high - low) * torch.rand(num_images, 1, 1, generator=generator)

    axis = (torch.arange(size) + 0.5) * (2 / size) - 1
    x, y = axis.view(1, 1, -1), axis.view(1, -1, 1)
    radius = uniform(0.5 - 0.15 * difficulty, 0.5)
    shift = 0.5 * difficulty
    u, v = _turn(x - uniform(-shift, shift), y - uniform(-shift, shift), uniform(0, 2 * math.pi))
    outside = _by_name(labels, [name.split()[1] for name in classes], _SHAPES, u / radius, v / radius) * radius
    inside = (0.5 - outside * (size / 2)).clamp(0, 1)  # soft over one pixel

    period = uniform(0.3, 0.3 + 0.1 * difficulty)
    s, t = _turn(u, v, uniform(0, 2 * math.pi))
    s, t = s / period + uniform(0, 50), t / period + uniform(0, 50)
    wave = _by_name(labels, [name.split()[0] for name in classes], _TEXTURES, s, t)
    tone = (0.5 + wave).clamp(0, 1)

    s, t = _turn(x, y, uniform(0, 2 * math.pi))
    ground = (0.5 + 0.45 * _mottles(s / 1.5 + uniform(0, 50), t / 1.5 + uniform(0, 50))).clamp(0, 1)

    # Colours at a fixed distance on each channel's circle: each one is uniform, and no two in an image are the same.
    contrast = 1 - 0.5 * difficulty
    first = torch.rand(num_images, 3, 1, 1, generator=generator)
    signs = torch.randint(0, 2, (2, num_images, 3, 1, 1), generator=generator) * 2 - 1
    second = (first + 0.5 * contrast * signs[0]).remainder(1)
    behind = (first - 0.25 * contrast * signs[0]).remainder(1)
    further = (behind + 0.25 * difficulty * signs[1]).remainder(1)
    front = torch.lerp(first, second, tone[:, None])
    back = torch.lerp(behind, further, ground[:, None])
    pixels = torch.lerp(back, front, inside[:, None])

    slope, direction = uniform(0, 0.4 * difficulty), uniform(0, 2 * math.pi)
    light = uniform(1 - 0.4 * difficulty, 1) + slope * (x * torch.cos(direction) + y * torch.sin(direction))
    noise = torch.randn(pixels.shape, generator=generator) * (0.1 * difficulty)
    return ((pixels * light[:, None] + noise).clamp(0, 1) * 255).round().to(torch.uint8)


def _turn(x: Tensor, y: Tensor, angle: Tensor) -> tuple[Plane, Plane]:
    cos, sin = torch.cos(angle), torch.sin(angle)
    return cos * x + sin * y, cos * y - sin * x


def _by_name(
    labels: Tensor, names: list[str], functions: dict[str, Callable[[Tensor, Tensor], Tensor]], x: Tensor, y: Tensor
) -> Plane:
    """Return for each image its class's function of its coordinates."""
    made = torch.empty_like(x)
    for name in sorted(set(names)):
        wanted = torch.tensor([own == name for own in names])[labels]
        made[wanted] = functions[name](x[wanted], y[wanted])
    return made

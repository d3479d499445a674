"""Whether stated layers, blocks, outputs and shapes belong to the network's name."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from resnet_labs.reports.audit.form import Experiment
from resnet_labs.reports.audit.known_sets import known
from resnet_labs.reports.audit.trace import Trace

_BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
_BASIC, _BOTTLENECK = (3, 3), (1, 3, 1)
_PAPER = "the network is the one of He et al. 2016, table 1"


def depth(network: str | None) -> int | None:
    """Return the number of layers in the name of a ResNet of the paper; None for other networks.

    Example:
        >>> depth("ResNet-152, pretrained")
        152
    """
    found = re.search(r"resnet[ _-]?(\d+)", (network or "").lower())
    return int(found[1]) if found and int(found[1]) in _BLOCKS else None


def traces(name: str, experiment: Experiment) -> Iterator[Trace]:
    """Yield where stated or printed parts of a network contradict its name or each other."""
    layers, stated, shown = depth(experiment.network), experiment.blocks, experiment.printed_blocks
    if stated and shown and stated != shown:
        says = f"{stated} residual blocks are stated, and the network that is printed has {shown}"
        yield Trace("contradiction", "structure", f"{name}.blocks", says)
    if layers:
        real, sides = sum(_BLOCKS[layers]), _BASIC if layers < 50 else _BOTTLENECK
        for field, number in (("blocks", stated), ("printed_blocks", shown)):
            if number and number != real:
                says = (
                    f"a ResNet-{layers} has {real} residual blocks of {len(sides)} convolutions, which make "
                    f"{real * len(sides) + 2} layers with the first and the last; {number} blocks make "
                    f"{number * len(sides) + 2}"
                )
                yield Trace("false", "structure", f"{name}.{field}", says, _PAPER)
        if experiment.block_convolutions and experiment.block_convolutions != sides:
            says = (
                f"a block of ResNet-{layers} has convolutions of {_sides(sides)}; of the stated "
                f"{_sides(experiment.block_convolutions)} its {real} blocks would make "
                f"{real * len(experiment.block_convolutions) + 2} layers"
            )
            yield Trace("false", "structure", f"{name}.block_convolutions", says, _PAPER)
        yield from _maps(name, experiment, layers)
    yield from _outputs(name, experiment)


def _outputs(name: str, experiment: Experiment) -> Iterator[Trace]:
    facts = known(experiment.dataset)
    classes = experiment.classes or (facts.classes if facts else None)
    if experiment.outputs and classes and experiment.outputs < classes:
        says = f"a last layer of {experiment.outputs} outputs cannot name {classes} classes"
        yield Trace("contradiction", "structure", f"{name}.outputs", says, decides="the code of the last layer")


def _maps(name: str, experiment: Experiment, layers: int) -> Iterator[Trace]:
    """Compare stated maps with those of the network; the side of the input may follow from them."""
    expansion = 1 if layers < 50 else 4
    inputs = set(range(1, 1025))
    for stage, shape in experiment.maps.items():
        number = 4 if stage == "avgpool" else int(stage[-1])
        channels = 64 * 2 ** (number - 1) * expansion
        place = f"{name}.maps.{stage}"
        if len(shape) not in (1, 3) or shape[0] != channels:
            says = f"behind {stage} a ResNet-{layers} has {channels} channels, and {list(shape)} is stated"
            yield Trace("false", "structure", place, says, _PAPER)
            continue
        if stage == "avgpool":
            if set(shape[1:]) - {1}:
                says = f"global average pooling leaves 1x1, and {list(shape)} is stated"
                yield Trace("false", "structure", place, says, _PAPER)
            continue
        fitting = {side for side in inputs if shape[1:] == (_side(side, number),) * 2}
        if not fitting or (experiment.pixels and experiment.pixels not in fitting):
            given = f"an input of {experiment.pixels} pixels" if experiment.pixels else "the other maps"
            says = f"{list(shape)} behind {stage} does not fit {given}"
            yield Trace("contradiction", "structure", place, says, _PAPER)
            continue
        inputs = fitting
    if experiment.maps and not experiment.pixels and len(inputs) < 1024:
        says = f"the maps are those of an input of {min(inputs)} to {max(inputs)} pixels a side"
        facts = known(experiment.dataset)
        if facts and facts.pixels and facts.pixels not in inputs:
            says += f", so the {facts.pixels} pixels of {facts.name} were enlarged"
        yield Trace("follows", "structure", f"{name}.maps", says, _PAPER)


def _side(pixels: int, stage: int) -> int:
    for _ in range(1 + stage):
        pixels = math.ceil(pixels / 2)
    return pixels


def _sides(sides: tuple[int, ...]) -> str:
    return ", ".join(f"{side}x{side}" for side in sides)

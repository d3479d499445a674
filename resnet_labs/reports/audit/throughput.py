"""Whether the hardware can have done a training in the stated time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from resnet_labs.reports.audit.form import Experiment
from resnet_labs.reports.audit.structure import depth
from resnet_labs.reports.audit.trace import Trace

# The most that the maker states, dense matrix products in the fastest format a training uses, 10^12 operations/s.
_PEAKS = {
    "H200": 990, "H100": 990, "A100": 312, "V100": 125, "P100": 21, "T4": 65, "K80": 9, "A10": 125, "L4": 121,
    "RTX4090": 330, "RTX4080SUPER": 209, "RTX4080": 195, "RTX4070TISUPER": 177, "RTX4070TI": 160, "RTX4070SUPER": 142,
    "RTX4070": 117, "RTX4060TI": 88, "RTX4060": 60, "RTX3090TI": 160, "RTX3090": 142, "RTX3080TI": 136, "RTX3080": 119,
    "RTX3070TI": 87, "RTX3070": 81, "RTX3060TI": 65, "RTX3060": 51, "RTX2080TI": 114, "RTX2080SUPER": 89,
    "RTX2080": 81, "RTX2070SUPER": 73, "RTX2070": 60, "GTX1080TI": 11.3, "GTX1080": 8.9, "GTX1070TI": 8.2,
    "GTX1070": 6.5, "GTX1060": 4.4,
}  # fmt: skip
# Multiply-adds of one image of 224 pixels a side, 10^9: He et al. 2016, table 1.
_WORK = {18: 1.8, 34: 3.6, 50: 3.8, 101: 7.6, 152: 11.3}


def peak_of(hardware: str) -> float | None:
    """Return the peak of one card, 10^12 operations a second; None if it is not known, or if there are several.

    Example:
        >>> peak_of("one NVIDIA GeForce RTX 4090"), peak_of("8x A100"), peak_of("a laptop")
        (330, None, None)
    """
    plain = re.sub(r"[^A-Z0-9]", "", hardware.upper())
    several = re.search(r"\b(\d+ ?[x×]|x ?\d+|two|three|four|eight|[2-9]|GPUs|several)\b", hardware, re.IGNORECASE)
    found = None if several else re.search("|".join(_PEAKS), plain)
    return _PEAKS[found[0]] if found else None


def traces(name: str, experiment: Experiment) -> Iterator[Trace]:
    """Yield what share of the hardware's peak the stated time asks for; more than all of it is false.

    Counted are two operations per multiply-add, one pass forward for each image in each epoch, and two more where all
    layers train. Reading and decoding of images come on top, so that true shares are far below one.
    """
    layers, peak = depth(experiment.network), peak_of(experiment.hardware or "")
    if not (experiment.hardware and experiment.seconds and experiment.epochs):
        return
    place = f"{name}.seconds"
    if peak is None or layers is None:
        what = "network" if peak else "hardware"
        says = f"the speed of this {what} is not in the audit's table, so the stated time is not judged"
        yield Trace("undecided", "throughput", place, says)
        return
    pixels = experiment.pixels or 224
    passes = 3 if experiment.trains == "all" else 1
    work = 2 * _WORK[layers] * 1e9 * (pixels / 224) ** 2 * passes
    each = experiment.seconds / experiment.epochs
    most = peak * 1e12 * each / work
    assumes = f"a peak of {peak:g} TFLOP/s, {pixels} pixels a side, " + (
        "three passes for each image" if passes == 3 else "one pass forward for each image, which the least asks for"
    )
    images = experiment.images.get("train")
    if images is None:
        says = f"{each:.2f} s an epoch are enough for {most:,.0f} images at most"
        yield Trace("follows", "throughput", place, says, assumes, "the number of images")
    elif images > most:
        says = f"{images / each:,.0f} images/s are more than the {most / each:,.0f} that {experiment.hardware} can do"
        yield Trace("false", "throughput", place, says, assumes, "the code, and the time of one epoch")
    else:
        says = f"{images / each:,.0f} images/s, {images / most:.1%} of what {experiment.hardware} can do at most"
        yield Trace("follows", "throughput", place, says, assumes)

"""A speed is a ratio of ours to a peer's, measured in turn in one run on one machine."""

from __future__ import annotations

import importlib
import math
import os
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from resnet_labs import results, runtime
from resnet_labs.json_lines import append_line

_PEERS = ("timm", "pytorch-metric-learning")

Measure = Callable[[], float]  # measures one figure; less is better


class Absent(Exception):
    """A peer, or a device, that this machine does not have."""


def peer(module: str) -> Any:
    """Return the module of a peer.

    Raises:
        Absent: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise Absent(f"{error.name} is not installed") from error


@dataclass(frozen=True)
class Effort:
    """How long to measure: the number of pairs, and the minimum seconds of one measurement."""

    rounds: int = 7
    seconds: float = 0.5


@dataclass(frozen=True, kw_only=True)
class Row:
    """Ours against a peer's.

    Attributes:
        name: the benchmark.
        what: what was done, with its sizes.
        peer: what ours is compared with.
        target: the wanted ratio, None if there is none.
        precision: the number format in which ours was measured.
        unit: the unit of the figures.
        ours: one figure per round; less is better.
        theirs: the peer's figure of the same round, measured right after ours.
        note: what else the figures show.
        skipped: why there are no figures, empty if there are.
    """

    name: str
    what: str
    peer: str
    target: float | None = None
    precision: str = "fp32"
    unit: str = "ms"
    ours: tuple[float, ...] = ()
    theirs: tuple[float, ...] = ()
    note: str = ""
    skipped: str = ""

    @property
    def ratios(self) -> list[float]:
        """The peer's figure over ours, round by round: how many times better ours is."""
        return [theirs / ours for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of the ratios."""
        return statistics.median(self.ratios)

    @property
    def reached(self) -> bool | None:
        """Whether the ratio reaches the target; None if nothing was measured or there is no target."""
        return None if self.skipped or self.target is None else self.ratio >= self.target

    def __str__(self) -> str:
        head = f"{self.name:16} {self.what}"
        if self.skipped:
            return f"{head}\n{'':16} against {self.peer}: skipped, {self.skipped}"
        figures = (
            f"{self.ratio:.2f} times {self.peer} ({min(self.ratios):.2f} to {max(self.ratios):.2f} in "
            f"{len(self.ratios)} rounds): {_figure(self.ours)} against {_figure(self.theirs)} {self.unit}"
        )
        if self.target is not None:
            figures += f"; wanted {self.target:.3g}, {'reached' if self.reached else 'missed'}"
        return "\n".join([head, *(f"{'':16} {line}" for line in (figures, self.note) if line)])


def _figure(values: tuple[float, ...]) -> str:
    return f"{statistics.median(values):.4g}"


def against(row: Row, ours: Callable[[], Measure], theirs: Callable[[], Measure], effort: Effort) -> Row:
    """Return the row with the figures of both sides, taken in turn.

    Args:
        row: what is compared.
        ours: sets our side up and warms it up.
        theirs: does the same for the peer's; both are ready before the first round.
        effort: how many rounds.

    Returns:
        The row; skipped if a side is absent.
    """
    try:
        sides = ours(), theirs()
    except Absent as reason:
        return replace(row, skipped=str(reason))
    rounds = [[measure() for measure in sides] for _ in range(effort.rounds)]
    mine, others = zip(*rounds, strict=True)
    return replace(row, ours=mine, theirs=others)


def milliseconds(work: Callable[[], object], effort: Effort, *, per: int = 1) -> Measure:
    """Return a measurement of some work in milliseconds, warmed up and repeated until the clock can resolve it.

    Args:
        work: is called without arguments.
        effort: holds the minimum seconds of a measurement.
        per: the number of units, such as steps, in one call.
    """

    def seconds(calls: int) -> float:
        synchronize()
        started = time.perf_counter()
        for _ in range(calls):
            work()
        synchronize()
        return time.perf_counter() - started

    calls = 1
    if seconds(1) < effort.seconds:  # that was the warm-up
        calls = max(1, math.ceil(effort.seconds / seconds(1)))
    return lambda: 1000 * seconds(calls) / calls / per


def synchronize() -> None:
    """Wait for the GPU if one is in use."""
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()


def matrix_rate(precision: str, device: torch.device, effort: Effort, *, size: int) -> float:
    """Return the highest rate of a square matrix product in operations per second, a multiply-add counted as two.

    Two libraries are tried, torch's matrix product and its convolution with 1x1 filters, since one may not support the
    processor: on AMD without AVX-512 the first was 1.6 times slower than a whole training step.
    """
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    left, right = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    images = left.view(1, 1, size, size).permute(0, 3, 1, 2)  # channels-last, one pixel per row
    filters = right.T.reshape(size, size, 1, 1)
    times = []
    for product in (lambda: left @ right, lambda: F.conv2d(images, filters)):
        measure = milliseconds(product, effort)
        times.append(statistics.median(measure() for _ in range(effort.rounds)))
    return 2 * size**3 / min(times) * 1000


def write(path: str | os.PathLike[str], rows: Iterable[Row]) -> None:
    """Append a JSON line for each row that was measured: its figures, the hardware and the versions."""
    for row in rows:
        if not row.skipped:
            append_line(Path(path), as_line(row) | provenance())


def as_line(row: Row) -> dict[str, Any]:
    """Return a row's fields, with its ratio and the lowest and highest one if it was measured."""
    ratios = {} if row.skipped else {"ratio": row.ratio, "lowest": min(row.ratios), "highest": max(row.ratios)}
    return asdict(row) | ratios


def provenance() -> dict[str, Any]:
    """Return what a figure needs beside it: the hardware, the versions, the command, the revision and the day."""
    device = runtime.default_device()
    return {
        "device": runtime.device_name(device),
        "machine": runtime.machine(device),
        "versions": {**runtime.versions(), **_peer_versions()},
        "command": results.command_line(),
        "commit": results.source_revision(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _peer_versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in _PEERS if list(metadata.distributions(name=name))}

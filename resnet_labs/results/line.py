"""A results line: what it holds, and how a run makes one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, runtime_checkable

import torch

from resnet_labs import distributed, runtime
from resnet_labs.data import ImageData
from resnet_labs.results.provenance import command_line, source_revision

PARTS = ("test", "validation", "train")  # of the data, in the order in which figures prefer them
SCHEMA = 2  # 1 had neither `schema` nor `machine`, and settings held the requested number format


@runtime_checkable
class Ran(Protocol):
    """What a record takes from a `History`."""

    device: str
    precision: str

    @property
    def seconds(self) -> float:
        """Wall time."""
        ...


@dataclass(frozen=True, kw_only=True)
class Result:
    """One run: its settings, its figures and its provenance.

    Attributes:
        schema: the version of this list of fields.
        experiment: the report's experiment that it repeats, such as `r1.digits`.
        data: name and source of the data set, the number of images of each split that was used, and their checksums.
        stand_in: what the data stand in for, empty if they are the report's own.
        seed: the seed of initial weights and batch order.
        settings: every knob of the run; `precision` is the number format that ran, not `auto`.
        metrics: figures by name; fractions, not percentages.
        seconds: wall time of the training, in seconds.
        device: the device's name, for display.
        machine: what the last digits depend on besides versions, from `runtime.machine`, and the number of processes;
            empty in lines of schema 1.
        precision: the number format of the forward pass.
        versions: Python and the packages that compute.
        command: the command line that wrote this line.
        commit: the source's revision, empty outside a checkout; `+` marks uncommitted changes.
        date: the day, in UTC.
    """

    schema: int = SCHEMA
    experiment: str
    data: dict[str, Any]
    seed: int
    settings: dict[str, Any]
    metrics: dict[str, float]
    seconds: float
    device: str
    machine: dict[str, Any] = field(default_factory=dict)
    precision: str
    stand_in: str = ""
    versions: dict[str, str] = field(default_factory=runtime.versions)
    command: str = field(default_factory=command_line)
    commit: str = field(default_factory=source_revision)
    date: str = field(default_factory=lambda: datetime.now(UTC).date().isoformat())

    def __post_init__(self) -> None:
        broken = [name for name, value in self.metrics.items() if not math.isfinite(value)]
        if broken:
            raise ValueError(f"metrics {broken} are not finite; a results line holds numbers only")


def record(
    experiment: str,
    *,
    seed: int,
    dataset: str,
    parts: Mapping[str, ImageData],
    settings: Mapping[str, Any],
    metrics: Mapping[str, float],
    history: Ran,
    config: Any = None,
    seconds: float | None = None,
    stand_in: str = "",
    device: torch.device | None = None,
) -> Result:
    """Return the results line of a run that has just ended in this process.

    Args:
        experiment: the report's experiment that it repeats.
        seed: the seed of initial weights and batch order.
        dataset: the name of the data set.
        parts: the images by their part in the run, such as `train` and `test`, the training images first.
        settings: the knobs of the run, besides those of `config`.
        metrics: the figures; fractions, not percentages.
        history: the history of the training.
        config: the `TrainConfig` of the training; all of it except the seed goes into the settings.
        seconds: the seconds of the whole run; by default those of the training.
        stand_in: what the data stand in for, empty if they are the report's own.
        device: where it ran; by default the default device.

    Raises:
        ValueError: a figure is not finite, or `settings` holds another value than `config`.
    """
    device = device or runtime.default_device()
    precision = runtime.format_that_ran(history.precision, device)
    of_fit = {} if config is None else {name: value for name, value in asdict(config).items() if name != "seed"}
    twice = [name for name in of_fit if settings.get(name, of_fit[name]) != of_fit[name]]
    if twice:
        raise ValueError(f"settings and config differ in {', '.join(twice)}; leave to config what it holds")
    knobs = {**settings, **of_fit}
    return Result(
        experiment=experiment,
        stand_in=stand_in,
        data={
            "name": dataset,
            "source": next(iter(parts.values())).source,
            **{part: len(images) for part, images in parts.items()},
            "checksum": {part: images.checksum() for part, images in parts.items()},
        },
        seed=seed,
        settings=knobs | ({"precision": precision} if "precision" in knobs else {}),
        metrics=dict(metrics),
        seconds=round(history.seconds if seconds is None else seconds, 2),
        device=history.device,
        machine=runtime.machine(device) | {"processes": distributed.count()},
        precision=precision,
    )

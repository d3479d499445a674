"""One JSON line a run: what was measured, and everything that is needed to measure it again."""

from __future__ import annotations

import json
import math
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from scipy import stats

from resnet_labs import distributed, runtime
from resnet_labs.data import ImageData
from resnet_labs.json_lines import append_line, read_lines

PARTS = ("test", "validation", "train")  # of the data, the one that figures are measured on first
SCHEMA = 2  # 1 had neither `schema` nor `machine`, and settings held the number format that was asked for

# Settings of `fit` and of recipes that lines of schema 1 may leave out, and what they were then.
_LATER = {"accumulate": 1, "size": None, "limit": None, "validation": None}


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
        stand_in: what the data stand in for, empty where they are the report's own.
        seed: the seed of initial weights and batch order.
        settings: every knob of the run; `precision` is the number format that ran, not `auto`.
        metrics: figures by name; fractions, not per cent.
        seconds: wall time of the training, in seconds.
        device: what the device calls itself, for people.
        machine: what the last digits depend on beside versions, as `runtime.machine` gives it, and the number of
            processes; empty in lines of schema 1.
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
    command: str = field(default_factory=lambda: command_line())
    commit: str = field(default_factory=lambda: source_revision())
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
        seed: of initial weights and batch order.
        dataset: the name of the data set.
        parts: the images by their part in the run, such as `train` and `test`, the training images first.
        settings: the knobs of the run, beside those of `config`.
        metrics: the figures; fractions, not per cent.
        history: of the training that the line is about.
        config: the `TrainConfig` of that training; all of it but the seed goes into the settings.
        seconds: of the whole run; else those of the training.
        stand_in: what the data stand in for, empty where they are the report's own.
        device: where it ran; the default device where it is left out.

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


@dataclass(frozen=True)
class Summary:
    """A metric over several seeds: mean, and the 95 % interval of the mean (Student's t), None for one seed alone."""

    mean: float
    low: float | None
    high: float | None
    num_seeds: int

    def __str__(self) -> str:
        spread = "" if self.low is None or self.high is None else f" [{self.low:.4f}, {self.high:.4f}]"
        return f"{self.mean:.4f}{spread}"


def append(path: str | os.PathLike[str], result: Result) -> None:
    """Append one line, also after a line that was cut short; what is there stays as it is."""
    append_line(Path(path), asdict(result))


def read(path: str | os.PathLike[str]) -> list[Result]:
    """Read the lines of a file in the order in which they were written; what an older line lacks gets its default.

    A line that is cut short or not a result is left out, and a warning names it.

    Raises:
        InputError: the file is missing, is not UTF-8 text or holds something else, or a line is of a later schema.
    """
    target = Path(path)
    if not target.is_file():
        raise runtime.InputError(
            f"There is no results file {str(target)!r}.", "Run `resnet-labs run LAB` to write one."
        )

    def parse(number: int, facts: dict[str, Any]) -> Result:
        if facts.setdefault("schema", 1) > SCHEMA:
            raise runtime.InputError(
                f"Line {number} of {str(target)!r} has schema {facts['schema']}, and this version knows {SCHEMA}.",
                "Update resnet_labs.",
            )
        return _complete(_checked(Result(**facts)))

    return read_lines(target, parse)


def _checked(run: Result) -> Result:
    """Return a line that was read, if its fields are of their kinds; a ValueError else."""
    kinds: dict[type | tuple[type, ...], list[Any]] = {
        str: [run.experiment, run.device, run.precision, run.stand_in, run.command, run.commit, run.date],
        dict: [run.data, run.settings, run.metrics, run.machine, run.versions],
        int: [run.schema, run.seed, *(run.data[part] for part in PARTS if part in run.data)],
        (int, float): [run.seconds, *run.metrics.values()],
    }
    sound = all(isinstance(value, kind) for kind, values in kinds.items() for value in values)
    known = (
        isinstance(run.data["name"], str)
        and isinstance(run.data["source"], str)
        and not run.data.keys().isdisjoint(PARTS)
    )
    if not (sound and known):
        raise ValueError("not a results line")
    return run


def _complete(run: Result) -> Result:
    """Return a line of schema 1 with the settings that came later, where it has those of `fit`, and what really ran."""
    if run.schema > 1 or "channels_last" not in run.settings:
        return run
    missing = {name: value for name, value in _LATER.items() if name not in run.settings}
    return replace(run, settings={**run.settings, **missing, "precision": run.precision})


def _sameness(run: Result) -> dict[str, Any]:
    """Return what has to be equal in runs of which a mean is taken: all but the seed, the time and the commit.

    Checksums are left out, since a seed may draw which images it gets.
    """
    data = {name: value for name, value in run.data.items() if name != "checksum"}
    same = {"experiment": run.experiment, "stand_in": run.stand_in, "data": data, "settings": run.settings}
    same |= {"precision": run.precision, "machine": run.machine, "device": run.device, "versions": run.versions}
    return same


def alike(results: Iterable[Result]) -> list[list[Result]]:
    """Return runs in groups that differ in nothing but the seed, in the order of their first lines.

    Another machine class, number of threads, number format or version makes another group; so does a seed that a
    group has already, which is a rerun. Lines of schema 1 know their machine by what the device calls itself only.
    """
    groups: dict[tuple[str, int], list[Result]] = {}
    seen: dict[str, int] = {}
    for run in results:
        same = json.dumps(_sameness(run), sort_keys=True)
        with_seed = f"{same}, seed {run.seed}"
        seen[with_seed] = seen.get(with_seed, 0) + 1
        groups.setdefault((same, seen[with_seed]), []).append(run)
    return list(groups.values())


def differing_settings(results: Iterable[Result]) -> list[str]:
    """Return the names of the settings in which runs differ, in the order of the first run."""
    runs = list(results)
    names = dict.fromkeys(name for run in runs for name in run.settings)
    return [name for name in names if len({json.dumps(run.settings.get(name)) for run in runs}) > 1]


def summarise(results: Iterable[Result], metric: str) -> Summary:
    """Return mean and 95 % interval of one metric over the seeds of one experiment.

    Args:
        results: runs of one experiment on the same settings, machine class and versions, one a seed.
        metric: a name that every run's `metrics` holds.

    Raises:
        ValueError: no run, a seed twice, runs that `alike` would put into groups, or a run without that metric.

    Source: Student's t interval of a mean.
    Deviations: none.
    Equals: scipy.stats.t.interval.
    """
    runs = list(results)
    seeds = [run.seed for run in runs]
    if not runs or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds are {seeds}; one run for each of at least one seed is needed")
    first = _sameness(runs[0])
    differing = [name for run in runs for name, value in _sameness(run).items() if value != first[name]]
    if differing:
        names = ", ".join(dict.fromkeys(differing))
        raise ValueError(f"the runs differ in {names}; only like runs can be summarised, `alike` puts them into groups")
    missing = [run.seed for run in runs if metric not in run.metrics]
    if missing:
        raise ValueError(
            f"metric {metric!r} is missing in the runs with seeds {missing}; known: {sorted(runs[0].metrics)}"
        )
    values = [run.metrics[metric] for run in runs]
    mean = math.fsum(values) / len(values)
    if len(values) == 1:
        return Summary(mean, None, None, 1)
    spread = stats.sem(values) * stats.t.ppf(0.975, len(values) - 1)
    return Summary(mean, float(mean - spread), float(mean + spread), len(values))


def command_line() -> str:
    """Return the `resnet-labs` command that runs, also inside a lab's kernel; else how this process was started."""
    return os.environ.get("RESNET_LABS_COMMAND") or shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def source_revision() -> str:
    """Return the checkout's short revision, with a `+` where what makes results lines is not as committed.

    That is all of `resnet_labs` and `labs`, files that git does not know included, except the stored lines themselves.
    Empty outside a checkout.
    """
    root = Path(__file__).parents[1]
    if not (root / ".git").exists():
        return ""
    makers = ("resnet_labs", "labs", ":(exclude)resnet_labs/reports/evidence")
    try:
        revision = _git(root, "rev-parse", "--short=12", "HEAD")
        return revision + ("+" if _git(root, "status", "--porcelain", "--untracked-files=all", "--", *makers) else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()

"""One JSON line a run: what was measured, and everything that is needed to measure it again."""

from __future__ import annotations

import json
import math
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scipy import stats

from resnet_labs import runtime


@dataclass(frozen=True, kw_only=True)
class Result:
    """One run: its settings, its figures and its provenance.

    Attributes:
        experiment: the report's experiment that it repeats, such as `r1.digits`.
        data: name and source of the data set, and the number of images of each split that was used.
        stand_in: what the data stand in for, empty where they are the report's own.
        seed: the seed of initial weights and batch order.
        settings: every knob of the run.
        metrics: figures by name; fractions, not per cent.
        seconds: wall time of the training, in seconds.
        device: the device and the number of threads.
        precision: the number format of the forward pass.
        versions: Python and the packages that compute.
        command: the command line that wrote this line.
        commit: the source's revision, empty outside a checkout; `+` marks uncommitted changes.
        date: the day, in UTC.
    """

    experiment: str
    data: dict[str, Any]
    seed: int
    settings: dict[str, Any]
    metrics: dict[str, float]
    seconds: float
    device: str
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
    """Append one line; a line is written whole or not at all, so that an interrupt loses nothing that was there."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(asdict(result), ensure_ascii=False, allow_nan=False) + "\n"
    with target.open("a", encoding="utf-8") as lines:
        lines.write(line)
        lines.flush()
        os.fsync(lines.fileno())


def read(path: str | os.PathLike[str]) -> list[Result]:
    """Read the lines of a file in the order in which they were written.

    Raises:
        InputError: the file is missing, or a line is not a result (the line is named).
    """
    target = Path(path)
    if not target.is_file():
        raise runtime.InputError(
            f"There is no results file {str(target)!r}.", "Run `resnet-labs run LAB` to write one."
        )
    found = []
    for number, line in enumerate(target.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found.append(Result(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise runtime.InputError(
                f"Line {number} of {str(target)!r} is not a result: {error}.", "Delete it."
            ) from error
    return found


def alike(results: Iterable[Result]) -> list[list[Result]]:
    """Return runs in groups that differ in nothing but the seed, in the order of their first lines."""
    groups: dict[str, list[Result]] = {}
    for run in results:
        same = [run.experiment, run.stand_in, run.data, run.settings, run.device, run.precision]
        groups.setdefault(json.dumps(same, sort_keys=True), []).append(run)
    return list(groups.values())


def differing_settings(results: Iterable[Result]) -> list[str]:
    """Return the names of the settings in which runs differ, in the order of the first run."""
    runs = list(results)
    names = dict.fromkeys(name for run in runs for name in run.settings)
    return [name for name in names if len({json.dumps(run.settings.get(name)) for run in runs}) > 1]


def summarise(results: Iterable[Result], metric: str) -> Summary:
    """Return mean and 95 % interval of one metric over the seeds of one experiment.

    Args:
        results: runs of one experiment on the same settings, one a seed.
        metric: a name that every run's `metrics` holds.

    Raises:
        ValueError: no run, a seed twice, runs of different settings, or a run without that metric.

    Source: Student's t interval of a mean.
    Deviations: none.
    Equals: scipy.stats.t.interval.
    """
    runs = list(results)
    seeds = [run.seed for run in runs]
    if not runs or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds are {seeds}; one run for each of at least one seed is needed")
    if any(
        (run.experiment, run.settings, run.data) != (runs[0].experiment, runs[0].settings, runs[0].data) for run in runs
    ):
        raise ValueError("the runs differ in experiment, settings or data; only like runs can be summarised")
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
    """Return the checkout's short revision, with a `+` where it has uncommitted changes; empty outside a checkout."""
    here = Path(__file__).parent
    if not (here.parent / ".git").exists():
        return ""
    try:
        revision = _git(here, "rev-parse", "--short=12", "HEAD")
        return revision + ("+" if _git(here, "status", "--porcelain", "--untracked-files=no", "--", ".") else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()

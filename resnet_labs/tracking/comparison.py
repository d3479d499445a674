"""All tracked runs under a folder, side by side."""

from __future__ import annotations

import json
import math
import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resnet_labs.errors import InputError, nearest
from resnet_labs.tracking.csv_file import Row, read_rows
from resnet_labs.tracking.run import ROWS, SETTINGS

# Columns that describe the course of a run, not its quality.
_NOT_METRICS = ("epoch", "learning_rate", "seconds")


@dataclass(frozen=True)
class Run:
    """A tracked run, read back: its name, its settings and one row per epoch."""

    name: str
    settings: dict[str, Any]
    rows: list[Row]

    def column(self, name: str) -> list[float]:
        """Return one figure of every epoch, such as `train_loss`."""
        if name not in self.rows[0]:
            raise InputError(f"The run {self.name!r} has no column {name!r}.", nearest(name, self.rows[0]))
        return [row[name] for row in self.rows]


def runs(folder: str | os.PathLike[str]) -> list[Run]:
    """Return every run that `tracker` kept under a folder, by name; runs without an epoch are left out.

    A folder that is not a run's, or has damaged files, is left out too, with a warning.

    Args:
        folder: the folder above those of the runs. A run's name is its path from there.

    Raises:
        InputError: there is no run.

    Equals: the rows and settings that were tracked.
    """
    top, found, odd = Path(folder), [], []
    for path in sorted(top.rglob(ROWS)):
        name = path.parent.relative_to(top).as_posix()
        try:
            rows = read_rows(path)
            cut = not path.read_bytes().endswith(b"\n")
        except (InputError, OSError):
            odd.append(f"{name!r} ({ROWS} cannot be read as the epochs of a run)")
            continue
        if not rows:
            continue
        settings = _settings(path.parent / SETTINGS)
        if settings is None:
            odd.append(f"{name!r} ({SETTINGS} is missing or does not hold the settings of a run)")
            continue
        found.append(Run(name, settings, rows))
        if cut:
            odd.append(f"of {name!r} the last line, which was cut short")
    left_out = "; ".join(odd)
    if not found:
        only = f", only {left_out}" if odd else ""
        raise InputError(
            f"There is no tracked run under {str(top)!r}{only}.", "Give the folder above those of the runs."
        )
    if odd:
        warnings.warn(f"Left out of {str(top)!r}: {left_out}.", stacklevel=2)
    return found


def _settings(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError, OSError):
        return None
    return found if isinstance(found, dict) else None


def compare(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return one plain row per run: the settings that differ, the last epoch, each metric's last and best, the seconds.

    The best is the lowest of a loss and the highest of everything else, empty if no value is finite. It was chosen
    on the data it is measured on, so only that of validation data is meaningful.

    Args:
        runs: as `runs` returns them.

    Equals: `min`, `max` and `sum` over the tracked rows.

    Example:
        >>> slow = Run("slow", {"learning_rate": 0.1, "epochs": 2}, [{"epoch": 1, "train_loss": 2.0}])
        >>> fast = Run("fast", {"learning_rate": 1.0, "epochs": 2}, [{"epoch": 1, "train_loss": 1.5}])
        >>> print(as_text(compare([slow, fast])))
        run   learning_rate  epoch  train_loss  best train_loss
        slow            0.1      1           2                2
        fast              1      1         1.5              1.5

        The curves of all runs in one figure:

        >>> from resnet_labs import plotting
        >>> figure = plotting.curves({run.name: run.column("train_loss") for run in [slow, fast]}, y="loss (nats)")
    """
    names = dict.fromkeys(name for run in runs for name in run.settings)
    differing = [name for name in names if len({json.dumps(run.settings.get(name)) for run in runs}) > 1]
    table = []
    for run in runs:
        row: dict[str, Any] = {"run": run.name, **{name: run.settings.get(name) for name in differing}}
        row["epoch"] = run.rows[-1]["epoch"]
        for name in run.rows[0]:
            if name not in _NOT_METRICS:
                row[name] = run.rows[-1][name]
                if finite := [value for value in run.column(name) if math.isfinite(value)]:
                    row[f"best {name}"] = min(finite) if name.endswith("loss") else max(finite)
                else:
                    row[f"best {name}"] = ""
        if "seconds" in run.rows[0]:
            row["seconds"] = sum(run.column("seconds"))
        table.append(row)
    return table


def as_text(table: Iterable[dict[str, Any]]) -> str:
    """Return plain rows as text in columns, numbers to four digits; missing values stay empty."""
    rows = list(table)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    cells = [columns, *([_cell(row.get(name, "")) for name in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for first, *others in cells:
        right = (text.rjust(width) for text, width in zip(others, widths[1:], strict=True))
        lines.append("  ".join([first.ljust(widths[0]), *right]).rstrip())
    return "\n".join(lines)


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)

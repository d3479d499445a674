"""The progress of a lab's notebook, by the measured seconds of its cells, and how it is shown.

`python -m resnet_labs.labkit.timings` measures the cells and stores the seconds beside this file.
"""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from tqdm import tqdm

STORED = Path(__file__).with_name("cell_seconds.json")
UNKNOWN = 0.2  # seconds of a cell without a stored time: the median of all cells

_EPOCH = re.compile(r"^epoch (\d+)/(\d+)\b.*", re.MULTILINE)  # what `fit` prints without a terminal
_HEADING = re.compile(r"^##? (.+)", re.MULTILINE)


class Measured(TypedDict):
    """One cell: the seconds that it took, and how many trainings printed their epochs in it."""

    seconds: float
    fits: int


def measured(lab: str) -> dict[str, Measured]:
    """Return the times of a lab's cells by name; empty for a lab that was not measured.

    Args:
        lab: the stem of its files, such as `lab02_digits`.
    """
    return json.loads(STORED.read_text(encoding="utf-8")).get(lab, {})


def sections(cells: Sequence[Any]) -> list[str]:
    """Return the heading above every cell; empty before the first."""
    found, heading = [], ""
    for cell in cells:
        if cell.cell_type == "markdown" and (match := _HEADING.search(cell.source)):
            heading = match[1]
        found.append(heading)
    return found


def names(cells: Sequence[Any]) -> list[str | None]:
    """Return the name of every code cell, its section and its place in it, such as `Setup 1`; None for other cells."""
    count: Counter[str] = Counter()
    found: list[str | None] = []
    for cell, section in zip(cells, sections(cells), strict=True):
        count[section] += cell.cell_type == "code"
        found.append(f"{section} {count[section]}" if cell.cell_type == "code" else None)
    return found


def epochs(text: str) -> list[re.Match[str]]:
    """Return the lines in which `fit` reports an epoch; group 1 is the epoch, group 2 how many there are."""
    return list(_EPOCH.finditer(text))


class Progress:
    """Follows a notebook cell by cell.

    Inside a cell, progress follows the epochs that it prints, or else the time, at the pace of the cells before.

    Attributes:
        total: the seconds that all cells took when they were measured.
    """

    def __init__(
        self, cells: Sequence[Any], known: Mapping[str, Measured], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        unknown: Measured = {"seconds": UNKNOWN, "fits": 0}
        nothing: Measured = {"seconds": 0.0, "fits": 0}
        self.sections = sections(cells)
        self._cells = [nothing if name is None else known.get(name, unknown) for name in names(cells)]
        self._clock, self._start = clock, clock()
        self.total = sum(cell["seconds"] for cell in self._cells)
        self._done = self._took = self._shown = 0.0
        self._current: Measured = nothing
        self._began, self._fits, self._epoch = 0.0, 0, 0.0

    def has_code(self, index: int) -> bool:
        """Return whether the cell is one that runs."""
        return self._cells[index]["seconds"] > 0

    def begin(self, index: int) -> None:
        """Record that a cell starts."""
        self._current, self._began, self._fits, self._epoch = self._cells[index], self._clock(), 0, 0.0

    def heard(self, text: str) -> None:
        """Record what the cell printed."""
        for line in epochs(text):
            epoch, last = int(line[1]), int(line[2])
            self._fits += epoch == last
            self._epoch = epoch / last if epoch < last else 0.0

    def end(self) -> None:
        """Record that the cell has ended."""
        self._done += self._current["seconds"]
        if self._current["seconds"]:
            self._took += self._clock() - self._began
        self._current = {"seconds": 0.0, "fits": 0}

    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return self._clock() - self._start

    def fraction(self) -> float:
        """Return the finished part, from 0 to 1; it never goes back."""
        value = (self._done + self._current["seconds"] * self._inside()) / self.total if self.total else 1.0
        self._shown = max(self._shown, min(value, 1.0))
        return self._shown

    def _inside(self) -> float:
        if self._fits or self._epoch:
            return min((self._fits + self._epoch) / max(self._current["fits"], 1), 1.0)
        pace = self._took / self._done if self._done else 1.0
        expected = self._current["seconds"] * pace
        return min((self._clock() - self._began) / expected, 0.95) if expected else 0.0


class Bar:
    """Shows the progress as a bar with the time left and the last line that the cell printed."""

    def __init__(self, title: str, progress: Progress) -> None:
        self._progress = progress
        self._bar = tqdm(
            total=progress.total,
            desc=title,
            dynamic_ncols=True,
            smoothing=0,  # the time left follows the pace since the start
            bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}",
        )

    def begin(self, index: int) -> None:
        """Show that a cell starts."""
        self._progress.begin(index)
        self._bar.set_postfix_str(self._progress.sections[index], refresh=False)

    def heard(self, text: str) -> None:
        """Show the last line that was printed, and the progress."""
        self._progress.heard(text)
        if lines := text.strip().splitlines():
            self._bar.set_postfix_str(textwrap.shorten(lines[-1], 60, placeholder=" …"), refresh=False)
        self.tick()

    def tick(self) -> None:
        """Show the time."""
        self._bar.n = self._progress.fraction() * self._progress.total
        self._bar.refresh()

    def end(self) -> None:
        """Show that the cell has ended."""
        self._progress.end()
        self.tick()

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.close()


class Lines:
    """Shows the progress where nothing can be redrawn: a line for each section with code, and one for each epoch."""

    def __init__(self, title: str, progress: Progress) -> None:
        self._progress, self._section = progress, ""
        self._say(title)

    def begin(self, index: int) -> None:
        """Show the section when its first cell with code starts."""
        self._progress.begin(index)
        section = self._progress.sections[index]
        if section != self._section and self._progress.has_code(index):
            self._section = section
            minutes, seconds = divmod(round(self._progress.elapsed()), 60)
            self._say(f"[{100 * self._progress.fraction():3.0f} % {minutes:2}:{seconds:02}] {section}")

    def heard(self, text: str) -> None:
        """Show the epochs."""
        self._progress.heard(text)
        for line in epochs(text):
            self._say(f"{'':15}{line[0].rstrip()}")

    def tick(self) -> None:
        """Show nothing."""

    def end(self) -> None:
        """Record that the cell has ended."""
        self._progress.end()

    def close(self) -> None:
        """Show nothing."""

    def _say(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)


def shown(title: str, progress: Progress) -> Bar | Lines:
    """Return the bar in a terminal that has a width, else the lines."""
    drawable = sys.stderr.isatty() and os.get_terminal_size(sys.stderr.fileno()).columns > 0
    return Bar(title, progress) if drawable else Lines(title, progress)

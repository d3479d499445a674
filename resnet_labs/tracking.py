"""Where a run's curves go, epoch by epoch: a CSV file."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from types import TracebackType
from typing import Protocol, runtime_checkable

from resnet_labs.runtime import InputError


@runtime_checkable
class Tracker(Protocol):
    """What `fit` calls: `log` after every epoch. Closing is its owner's business."""

    def log(self, row: dict[str, float]) -> None:
        """Take the figures of one epoch."""


class CSVTracker:
    """Writes one line an epoch to a CSV file; every line is on disk before the next epoch begins.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with CSVTracker(folder + "/run.csv") as tracker:
        ...         tracker.log({"epoch": 1, "train_loss": 2.5})
        ...     print(Path(folder, "run.csv").read_text().split())
        ['epoch,train_loss', '1,2.5']
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("w", newline="", encoding="utf-8")
        self._writer: csv.DictWriter[str] | None = None

    def log(self, row: dict[str, float]) -> None:
        """Write one line; the first call decides the columns.

        Raises:
            InputError: a later row has other columns.
        """
        if self._writer is None:
            self._writer = csv.DictWriter(self._file, fieldnames=list(row), lineterminator="\n")
            self._writer.writeheader()
        columns = list(self._writer.fieldnames)
        if list(row) != columns:
            raise InputError(f"The columns changed from {columns} to {list(row)}.", "Use one tracker for one run.")
        self._writer.writerow(row)
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> CSVTracker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

"""The CSV file of a run: one line per epoch."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from resnet_labs import files
from resnet_labs.errors import InputError

Row = dict[str, float]


class CSVTracker:
    """Writes one line per epoch to a CSV file; every line is on disk before the next epoch begins.

    The first row says where the run continues: rows in the file from that epoch on are dropped. So a resumed run has
    every epoch once, and a new run replaces an old one with the same columns. Without a row, nothing changes.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with CSVTracker(folder + "/run.csv") as tracker:
        ...         tracker.log({"epoch": 1, "train_loss": 2.5})
        ...     print(Path(folder, "run.csv").read_text().split())
        ['epoch,train_loss', '1,2.5']
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Check that the file can be written, before hours of work depend on it.

        Raises:
            InputError: it cannot, or it holds something else.
        """
        self.path = Path(path)
        with writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._rows = read_rows(self.path) if self.path.exists() else []
            self.path.open("a").close()
        self._columns: list[str] = []

    def log(self, row: Row) -> None:
        """Write one line; the first line of the file decides the columns.

        Raises:
            InputError: a row of other columns or without an epoch, an epoch that does not come after the one before,
                or a file that cannot be written.
        """
        if not self._columns:
            self.begin(row)
        self._check_columns(row)
        if self._rows and row["epoch"] <= self._rows[-1]["epoch"]:
            raise InputError(f"Epoch {row['epoch']} comes after epoch {self._rows[-1]['epoch']}.", self._one_tracker)
        with writing(self.path, "; the epochs before are still there"):
            files.append(self.path, _as_csv([row.values()]).encode())
        self._rows.append(row)

    def begin(self, row: Row) -> list[Row]:
        """Drop the file's rows from this row's epoch on; return the rows before."""
        if "epoch" not in row:
            raise InputError(f"The row has no epoch, only {list(row)}.", "Log rows as `fit` does.")
        self._columns = list(self._rows[0] if self._rows else row)
        self._check_columns(row)  # before anything is dropped: other columns are someone else's
        self._rows = [earlier for earlier in self._rows if earlier["epoch"] < row["epoch"]]
        with writing(self.path), files.replacing(self.path) as file:
            file.write(_as_csv([self._columns, *(earlier.values() for earlier in self._rows)]).encode())
        return list(self._rows)

    def _check_columns(self, row: Row) -> None:
        if list(row) != self._columns:
            raise InputError(f"The columns changed from {self._columns} to {list(row)}.", self._one_tracker)

    @property
    def _one_tracker(self) -> str:
        return f"Use one tracker and one file for one run; this file is {str(self.path)!r}."

    def close(self) -> None:
        """Do nothing: every line is on the disk already."""

    def __enter__(self) -> CSVTracker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _as_csv(lines: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a tracker's file; a last line that was cut short is left out.

    Raises:
        InputError: the file holds something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
        columns, *lines = csv.reader(text[: text.rfind("\n") + 1].splitlines()) if "\n" in text else [["epoch"]]
        rows = [dict(zip(columns, map(_number, line), strict=True)) for line in lines]
    except (ValueError, csv.Error) as error:
        raise _foreign(path) from error
    if "epoch" not in columns or len(set(columns)) < len(columns):
        raise _foreign(path)
    return rows


def _number(text: str) -> float:
    return int(text) if text.isdecimal() and len(text) < 16 else float(text)  # an integer as a float is still exact


def _foreign(path: Path) -> InputError:
    return InputError(f"{str(path)!r} holds something other than the epochs of a run.", "Give another path.")


@contextmanager
def writing(path: Path, kept: str = "") -> Iterator[None]:
    """Turn an error of the system into one sentence that says what is kept."""
    try:
        yield
    except OSError as error:
        raise files.unwritable(f"The run's record {str(path)!r}", error, kept) from error

"""One run in one folder: its settings, its CSV file, and other views of it by name."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, runtime_checkable

from resnet_labs import files
from resnet_labs.errors import InputError, nearest
from resnet_labs.tracking.csv_file import CSVTracker, Row, writing
from resnet_labs.tracking.tensorboard_view import TensorBoardView
from resnet_labs.tracking.wandb_view import WandbView

ROWS, SETTINGS = "metrics.csv", "settings.json"


@runtime_checkable
class Tracker(Protocol):
    """What `fit` calls: `log` after every epoch. Its owner closes it."""

    def log(self, row: dict[str, float]) -> None:
        """Take the figures of one epoch."""


class View(Tracker, Protocol):
    """Another place where a run's rows go."""

    def close(self) -> None:
        """Finish its files."""


# The views by name: the folder, the settings, the rows before a resume and the next epoch make one.
_VIEWS: dict[str, Callable[[Path, dict[str, Any], list[Row], int], View]] = {
    "tensorboard": TensorBoardView,
    "wandb": WandbView,
}
NAMES = ("csv", *_VIEWS)


class RunTracker:
    """The tracker of one run, as `tracker` makes it. Close it, or use it in a `with` statement."""

    def __init__(self, names: Iterable[str], folder: Path, settings: dict[str, Any]) -> None:
        self.folder, self.settings = folder, settings
        self._names = [name for name in _VIEWS if name in set(names)]
        self._csv = CSVTracker(folder / ROWS)
        self._views: list[View] | None = None

    def log(self, row: dict[str, float]) -> None:
        """Take the figures of one epoch. The first row says where the run continues, as in `CSVTracker`.

        Raises:
            InputError: a row that `CSVTracker` rejects, or a file that cannot be written.
        """
        earlier = self._csv.begin(row) if self._views is None else []
        self._csv.log(row)
        if self._views is None:
            self._views = []
            with writing(self.folder):
                with files.replacing(self.folder / SETTINGS, "w", encoding="utf-8") as file:
                    file.write(json.dumps(self.settings, indent=1) + "\n")
                for name in self._names:
                    self._views.append(_VIEWS[name](self.folder, self.settings, earlier, int(row["epoch"])))
        with writing(self.folder):
            for view in self._views:
                view.log(row)

    def close(self) -> None:
        """Finish every file; an error in one does not keep the others open."""
        with writing(self.folder), ExitStack() as stack:
            for part in (self._csv, *(self._views or ())):
                stack.callback(part.close)

    def __enter__(self) -> RunTracker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(InputError) if error else nullcontext():  # the first error says more than later ones
            self.close()


def check_names(names: str | Iterable[str]) -> list[str]:
    """Return the names of trackers as a list.

    Raises:
        InputError: a name is unknown, or its package is not installed.
    """
    chosen = [names] if isinstance(names, str) else list(names)
    for name in chosen:
        if name not in NAMES:
            raise InputError(f"There is no tracker {name!r}.", nearest(name, NAMES))
        if name in _VIEWS and not _installed(name):
            raise InputError(f"The package {name!r} is not installed.", 'Run `pip install "resnet-labs[track]"`.')
    return chosen


def tracker(
    names: str | Iterable[str], folder: str | os.PathLike[str], *, settings: Mapping[str, Any] | None = None
) -> RunTracker:
    """Return a tracker that keeps the rows of one run in its own folder: always as CSV, and in the named views.

    A resumed run continues in the same folder: epochs from the first new one on are dropped, so none is there twice.
    Nothing is written elsewhere or sent anywhere. To see the views: `tensorboard --logdir FOLDER`, and `wandb sync` if
    you have an account.

    Args:
        names: `csv`, `tensorboard`, `wandb` (offline), or several of them. CSV is always written.
        folder: the run's own, created if missing. Its name is that of the run.
        settings: what distinguishes the run from others: numbers, strings, None, and lists and dicts of them.

    Raises:
        InputError: an unknown name, a package that is not installed, settings of another kind, or a folder that cannot
            be written.

    Equals: the rows, read back from each file by TensorBoard's own reader and by W&B's own messages.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with tracker("csv", f"{folder}/first", settings={"learning_rate": 0.1}) as run:
        ...         run.log({"epoch": 1, "train_loss": 2.5})
        ...     sorted(file.name for file in Path(folder, "first").iterdir())
        ['metrics.csv', 'settings.json']
    """
    chosen = check_names(names)
    try:
        # What JSON changes (a tuple into a list) is changed in every view.
        kept = json.loads(json.dumps(dict(settings or {}), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"The settings cannot be kept: {error}.", "Give numbers, strings, None, and lists and dicts of them."
        ) from error
    return RunTracker(chosen, Path(folder), kept)


def _installed(package: str) -> bool:
    # A plain folder of that name, such as W&B makes, is found too, but has no origin.
    found = importlib.util.find_spec(package)
    return found is not None and found.origin is not None

"""Files of results lines: lines are appended whole, and fields missing in older lines are filled in when read."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from resnet_labs.errors import InputError
from resnet_labs.json_lines import append_line, read_lines
from resnet_labs.results.line import PARTS, SCHEMA, Result

# Settings of `fit` and of recipes that lines of schema 1 may leave out, and their values then.
_LATER = {"accumulate": 1, "size": None, "limit": None, "validation": None}


def append(path: str | os.PathLike[str], result: Result) -> None:
    """Append one line, even after a line that was cut short; existing lines do not change.

    A second line with the same seed and settings is a rerun, which `alike` puts into another group.

    Raises:
        InputError: the file cannot be written.
    """
    append_line(Path(path), asdict(result))


def read(path: str | os.PathLike[str]) -> list[Result]:
    """Read the lines of a file in the order in which they were written; missing fields of older lines get defaults.

    A line that is cut short or is not a result is left out with a warning.

    Raises:
        InputError: the file is missing, is not UTF-8 text or holds something else, or a line is of a later schema.
    """
    target = Path(path)
    if not target.is_file():
        raise InputError(f"There is no results file {str(target)!r}.", "Run `resnet-labs run LAB` to write one.")

    def parse(number: int, facts: dict[str, Any]) -> Result:
        if facts.setdefault("schema", 1) > SCHEMA:
            raise InputError(
                f"Line {number} of {str(target)!r} has schema {facts['schema']}, but this version knows {SCHEMA}.",
                "Update resnet_labs.",
            )
        return _complete(_checked(Result(**facts)))

    return read_lines(target, parse)


def _checked(run: Result) -> Result:
    """Return the line if its fields have the right types; raise ValueError otherwise."""
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
    """Return a line with later settings and the precision that ran added, if it has schema 1 and settings of `fit`."""
    if run.schema > 1 or "channels_last" not in run.settings:
        return run
    missing = {name: value for name, value in _LATER.items() if name not in run.settings}
    return replace(run, settings={**run.settings, **missing, "precision": run.precision})

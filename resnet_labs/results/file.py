"""Files of results lines: lines are appended whole, and those of older versions are read with what they left out."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from resnet_labs.errors import InputError
from resnet_labs.json_lines import append_line, read_lines
from resnet_labs.results.line import PARTS, SCHEMA, Result

# Settings of `fit` and of recipes that lines of schema 1 may leave out, and what they were then.
_LATER = {"accumulate": 1, "size": None, "limit": None, "validation": None}


def append(path: str | os.PathLike[str], result: Result) -> None:
    """Append one line, also after a line that was cut short; what is there stays as it is.

    A second line of the same seed and settings is a rerun, for which `alike` makes another group.

    Raises:
        InputError: the file cannot be written.
    """
    append_line(Path(path), asdict(result))


def read(path: str | os.PathLike[str]) -> list[Result]:
    """Read the lines of a file in the order in which they were written; what an older line lacks gets its default.

    A line that is cut short or not a result is left out, and a warning names it.

    Raises:
        InputError: the file is missing, is not UTF-8 text or holds something else, or a line is of a later schema.
    """
    target = Path(path)
    if not target.is_file():
        raise InputError(f"There is no results file {str(target)!r}.", "Run `resnet-labs run LAB` to write one.")

    def parse(number: int, facts: dict[str, Any]) -> Result:
        if facts.setdefault("schema", 1) > SCHEMA:
            raise InputError(
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

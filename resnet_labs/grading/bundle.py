"""The private bundle of a lab: what a release leaves out of the students' copies, and grading needs."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from resnet_labs import files
from resnet_labs.errors import InputError
from resnet_labs.grading.probe import Probe

NUM_VARIANTS = 8
_FORMAT = 1
_FIX = "Make it with `resnet-labs release`, and pass the file in the folder `private`."


@dataclass(frozen=True)
class ReleaseCell:
    """One code cell of the student notebook.

    Attributes:
        id: of the cell, such as "answer-02-1"; it is in the cell's metadata too.
        role: "answer", "check" or "other".
        exercise: such as "02.1"; empty for other cells.
        source: as students get it.
        defines: names that the solution of an answer cell defines, at its top level.
    """

    id: str
    role: str
    exercise: str
    source: str
    defines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exercise:
    """One exercise: its probe, with inputs and references for every variant.

    Attributes:
        probe: what is asked of the answer.
        inputs: for each variant the inputs of every case, as JSON data of `codec`.
        references: for each variant what the probe saw in the solution, case by case, as JSON data of `codec`; empty
            before it ran.
    """

    probe: Probe
    inputs: tuple[list[Any], ...]
    references: tuple[list[Any], ...] = ()


@dataclass(frozen=True)
class Bundle:
    """Everything that grading one lab needs.

    Attributes:
        lab: such as "02".
        stem: the name of its files, such as "lab02_digits".
        version: of the package that made it.
        release: names the student notebook's answer and check cells by their content.
        secret: the course's, in hexadecimal digits; it decides which variant a student gets.
        prelude: the code that runs before the answers: imports and knobs of the lab, as far as they need no data.
        cells: the student notebook's code cells, in order.
        exercises: in order.
        attempt: which hand-in of the same students is graded; another one gets other inputs.
    """

    lab: str
    stem: str
    version: str
    release: str
    secret: str
    prelude: str
    cells: tuple[ReleaseCell, ...]
    exercises: tuple[Exercise, ...]
    attempt: int = 1

    @property
    def digest(self) -> str:
        """The SHA-256 of all its content, in hexadecimal digits."""
        return hashlib.sha256(_text(self).encode()).hexdigest()

    @property
    def withheld(self) -> tuple[str, ...]:
        """What the exercises withhold, all together: the mounts of a kernel are the same for all of them."""
        return tuple(sorted({name for each in self.exercises for name in each.probe.withheld}))

    def variant(self, student: str) -> int:
        """Return which inputs a student gets: of no use to a neighbour, and the same whenever it is asked."""
        message = f"{student}\0{self.lab}\0{self.attempt}".encode()
        return hmac.digest(bytes.fromhex(self.secret), message, "sha256")[0] % NUM_VARIANTS

    def keys(self, variant: int) -> dict[str, tuple[Probe, list[Any]]]:
        """Return for each exercise its probe and the references of every case, as `execute.run` takes them."""
        return {each.probe.exercise: (each.probe, each.references[variant]) for each in self.exercises}


def write(bundle: Bundle, path: Path) -> None:
    """Write a bundle to a file that only its owner can read."""
    with files.replacing(path, "w", encoding="utf-8", opener=private) as file:
        file.write(_text(bundle))


def read(path: Path) -> Bundle:
    """Read a bundle; the file, or a folder that holds exactly one.

    Raises:
        InputError: it is missing, damaged, of another format, or has an exercise without references.
    """
    found = sorted(path.glob("*.bundle.json")) if path.is_dir() else [path]
    if len(found) != 1:
        raise InputError(f"The folder {str(path)!r} holds {len(found)} bundles.", "Name the file of the lab's bundle.")
    try:
        data = json.loads(found[0].read_bytes())
        if not isinstance(data, dict) or data.get("format") != _FORMAT:
            raise ValueError("its format is not known")
        bundle = _bundle(data)
    except FileNotFoundError as error:
        raise InputError(f"There is no bundle {str(found[0])!r}.", _FIX) from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError(f"{str(found[0])!r} is not a bundle, or it is damaged: {error}.", _FIX) from error
    for each in bundle.exercises:
        if len(each.references) != NUM_VARIANTS or not all(each.references):
            raise InputError(f"{str(found[0])!r} has no references for exercise {each.probe.exercise}.", _FIX)
    return bundle


def _text(bundle: Bundle) -> str:
    return json.dumps({"format": _FORMAT, **asdict(bundle)}, default=str, allow_nan=False, indent=1) + "\n"


def _bundle(data: dict[str, Any]) -> Bundle:
    fields = {key: value for key, value in data.items() if key != "format"}
    cells = tuple(ReleaseCell(**each | {"defines": tuple(each["defines"])}) for each in data["cells"])
    exercises = tuple(_exercise(each) for each in data["exercises"])
    bytes.fromhex(data["secret"])
    return Bundle(**fields | {"cells": cells, "exercises": exercises})


def _exercise(data: dict[str, Any]) -> Exercise:
    given = data["probe"]
    own = {key: tuple(given[key]) for key in ("answers", "withheld")}
    probe = Probe(**given | own | {"points": Fraction(given["points"])})
    return Exercise(probe, tuple(data["inputs"]), tuple(data["references"]))


def private(path: str, flags: int) -> int:
    """Open a file that only its owner can read; for `open`'s `opener`."""
    return os.open(path, flags, 0o600)

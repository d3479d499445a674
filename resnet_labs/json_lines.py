"""Files with one JSON object per line: intact lines are read, others are reported, and a new line stays on its own."""

from __future__ import annotations

import codecs
import json
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from resnet_labs import files
from resnet_labs.errors import InputError

T = TypeVar("T")
# What a parser raises for a line that is damaged or of another kind.
_BROKEN = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


def read_lines(path: Path, parse: Callable[[int, dict[str, Any]], T]) -> list[T]:
    """Return the parsed content of each intact line, in order, and warn once about the others. Blank lines are skipped.

    Args:
        path: an existing file.
        parse: takes the number of a line, from 1, and its object. If it raises, the line counts as broken; an
            `InputError` is passed on to the caller.

    Raises:
        InputError: the text is not UTF-8, or no line is intact and the file does not begin as one of JSON objects.
    """
    found, broken = [], {}
    for number, line in enumerate(path.read_bytes().removeprefix(codecs.BOM_UTF8).split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            said = parse(number, _object(line))
        except InputError:
            raise
        except _BROKEN:
            broken[number] = line
            continue
        if not _is_utf8(line):  # else a line cut within a character would be rejected too
            raise InputError(f"Line {number} of {str(path)!r} is not UTF-8 text.", "Save the file as UTF-8.")
        found.append(said)
    if not found and any(b"\0" in line or not line.startswith(b"{") for line in broken.values()):
        raise InputError(f"{str(path)!r} holds no line that can be read.", "Save it as UTF-8, or give another file.")
    if broken:
        which = f"line{'s' if len(broken) > 1 else ''} {', '.join(map(str, broken))}"
        warnings.warn(f"Left out of {str(path)!r}: {which}, cut short or not a result.", stacklevel=3)
    return found


def _object(line: bytes) -> dict[str, Any]:
    found = json.loads(line.decode(errors="replace"))
    if not isinstance(found, dict):
        raise TypeError("not an object")
    return found


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def append_line(path: Path, facts: dict[str, Any]) -> None:
    """Append an object as its own line, even if the file ends within a line, and wait until it is on disk.

    Raises:
        InputError: the system refuses. The file keeps its old content.
    """
    line = json.dumps(facts, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.append(path, line if _ends_whole(path) else b"\n" + line)
    except OSError as error:
        raise files.unwritable(f"The file {str(path)!r}", error, "; the lines that it had are still there") from error


def _ends_whole(path: Path) -> bool:
    if not path.exists() or path.stat().st_size == 0:
        return True
    with path.open("rb") as lines:
        lines.seek(-1, os.SEEK_END)
        return lines.read(1) == b"\n"

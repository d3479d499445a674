"""A submission's bytes as cells, whatever they are: a notebook, or a sentence on why it is none."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from resnet_labs import files

MOST_BYTES = 20 * files.MEBIBYTE
_MOST_BRACKETS = 500_000  # so that no file takes more memory than a large notebook with pictures
_MOST_CELLS = 2_000
_NOT_NOTEBOOKS = {
    b"PK": "It is a zip or an office document, not a notebook.",
    b"%PDF": "It is a PDF, not a notebook.",
    b"\x1f\x8b": "It is a compressed file, not a notebook.",
    b"\x89PNG": "It is a picture, not a notebook.",
    b"<": "It is a web page, not a notebook: on GitHub, download the raw file.",
}


class Rejected(Exception):
    """A submission that cannot be graded; it is named in the gradebook and never scored 0.

    Attributes:
        code: such as "not-json".
        sentence: what is wrong, for the student.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code, sentence)  # both, so that it can be pickled
        self.code = code
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class StudentCell:
    """One cell of a submission.

    Attributes:
        number: its place, from 1.
        id: the release's id from the cell's metadata, or else the cell's own id; it may be empty or made up.
        kind: "code", "markdown", "raw" or something else.
        source: its text, without characters that cannot be sent.
    """

    number: int
    id: str
    kind: str
    source: str


@dataclass(frozen=True)
class Notebook:
    """A submission as data. Nothing of it is to be believed.

    Attributes:
        cells: in order.
        lab: what it says it is, such as "02"; empty if it says nothing.
        release: which release it says it comes from; empty if it says nothing.
        oddities: what is wrong with it without keeping it from being read, as sentences.
    """

    cells: tuple[StudentCell, ...]
    lab: str = ""
    release: str = ""
    oddities: tuple[str, ...] = ()


def read(content: bytes) -> Notebook:
    """Read a notebook of nbformat 3 or 4, or a receipt.

    Raises:
        Rejected: it is neither; no other exception, whatever the bytes are.
    """
    data = parsed(content)
    return _receipt(data) if "resnet_labs_receipt" in data else notebook(data)


def parsed(content: bytes) -> dict[str, Any]:
    """Return a file's JSON object.

    Raises:
        Rejected: it is none, or too large.
    """
    if not content.strip():
        raise Rejected("empty-file", "The file is empty.")
    if len(content) > MOST_BYTES:
        raise Rejected("too-large", f"The file is larger than {MOST_BYTES // files.MEBIBYTE} MiB: clear its outputs.")
    for start, sentence in _NOT_NOTEBOOKS.items():
        if content.lstrip().startswith(start):
            raise Rejected("not-a-notebook", sentence)
    try:
        text = content.decode(json.detect_encoding(content))
    except UnicodeDecodeError as error:
        raise Rejected("not-text", "The file is not text in UTF-8, so it is no notebook or it is damaged.") from error
    if text.count("[") + text.count("{") > _MOST_BRACKETS:
        raise Rejected("too-complex", "The file has far more parts than any notebook.")
    try:
        data = json.loads(text)
    except RecursionError as error:
        raise Rejected("too-nested", "The file is nested far deeper than any notebook.") from error
    except ValueError as error:
        where = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Rejected("not-json", f"The file is damaged or no notebook: it is not JSON{where}.") from error
    if not isinstance(data, dict):
        raise Rejected("not-a-notebook", "The file is JSON, but no notebook.")
    return data


def notebook(data: dict[str, Any]) -> Notebook:
    """Return the cells of a notebook that was read as JSON.

    Raises:
        Rejected: it has no cells of code, or a format that is not known.
    """
    version = data.get("nbformat")
    version = version if type(version) is int else 3 if "worksheets" in data else 4
    if version < 3:
        raise Rejected("old-format", "The notebook's format is older than version 3: open it in Jupyter and save it.")
    if version > 4:
        raise Rejected("newer-format", f"The notebook's format is version {version}, which is newer than the grader.")
    given = data.get("cells") if version == 4 else _worksheets(data.get("worksheets"))
    if not isinstance(given, list):
        raise Rejected("not-a-notebook", "The file is JSON, but it has no list of cells, so it is no notebook.")
    if len(given) > _MOST_CELLS:
        raise Rejected("too-complex", f"The notebook has more than {_MOST_CELLS} cells.")
    oddities = []
    cells = [_cell(number, each) for number, each in enumerate(given, 1) if isinstance(each, dict)]
    if len(cells) < len(given):
        oddities.append(f"{len(given) - len(cells)} entries of the notebook are no cells and were left out.")
    if not any(cell.kind == "code" and cell.source.strip() for cell in cells):
        raise Rejected("no-code", "The notebook has no code.")
    lab, release = _origin(data.get("metadata"))
    return Notebook(tuple(cells), lab, release, tuple(oddities))


def seal(data: dict[str, Any]) -> str:
    """Return the SHA-256 of a receipt's content, without the seal itself."""
    content = {key: value for key, value in data.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _receipt(data: dict[str, Any]) -> Notebook:
    """Return the cells of a receipt; of what it claims nothing is read."""
    found = notebook({"cells": data.get("cells"), "metadata": data.get("metadata")})
    if data.get("sha256") == seal(data):
        return found
    text = "The receipt was changed after it was made: its hash does not fit. Its answers were graded like any others."
    return replace(found, oddities=(*found.oddities, text))


def _worksheets(sheets: Any) -> list[Any] | None:
    if not isinstance(sheets, list):
        return None
    parts = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
    return [cell for part in parts if isinstance(part, list) for cell in part]


def _cell(number: int, cell: dict[str, Any]) -> StudentCell:
    metadata = cell.get("metadata")
    ours = metadata.get("lab") if isinstance(metadata, dict) else None
    named = ours.get("cell") if isinstance(ours, dict) else None
    kind, source = cell.get("cell_type"), cell.get("source", cell.get("input"))
    return StudentCell(
        number,
        next((each for each in (named, cell.get("id")) if isinstance(each, str)), "")[:100],
        kind if isinstance(kind, str) else "",
        _text(source),
    )


def _text(source: Any) -> str:
    parts = source if isinstance(source, list) else [source]
    text = "".join(part for part in parts if isinstance(part, str))
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", "replace").decode()  # half a character cannot be sent to a kernel


def _origin(metadata: Any) -> tuple[str, str]:
    ours = metadata.get("resnet_labs") if isinstance(metadata, dict) else None
    if not isinstance(ours, dict):
        return "", ""
    lab, release, made = (ours.get(key) for key in ("lab", "release", "generated_from"))
    if not isinstance(lab, str) and isinstance(made, str) and made.startswith("labs/solutions/lab"):
        lab = made.removeprefix("labs/solutions/lab")[:2]
    return (lab if isinstance(lab, str) else "")[:20], (release if isinstance(release, str) else "")[:100]

"""A receipt: a notebook's answers, what its checks said, machine and versions, in one file with a hash.

It is for hand-ins without a server. The hash tells a damaged file. It proves nothing: grading runs the answers again.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from resnet_labs import files, runtime
from resnet_labs.errors import InputError
from resnet_labs.grading import reading
from resnet_labs.grading.reading import Rejected

END = ".receipt.json"


def make(notebook: Path) -> Path:
    """Write a notebook's receipt beside it and return its path.

    Raises:
        InputError: the file is missing, no notebook, or no notebook of a lab.
        OSError: the folder cannot be written.
    """
    try:
        content = notebook.read_bytes()
    except OSError as error:
        raise InputError(f"{str(notebook)!r} cannot be read: {error.strerror}.", "Name a lab's notebook.") from error
    try:
        data = reading.parsed(content)
        found = reading.notebook(data)
    except Rejected as problem:
        raise InputError(
            f"{str(notebook)!r} has no receipt. {problem}", "Open it in Jupyter and save it again."
        ) from problem
    if not found.lab:
        raise InputError(f"{str(notebook)!r} is not a lab's notebook.", "Use the one that your teacher gave you.")
    target = notebook.with_name(notebook.name.removesuffix(".ipynb") + END)
    with files.replacing(target, "w", encoding="utf-8") as file:
        json.dump(_receipt(data, found), file, indent=1)
        file.write("\n")
    return target


def _receipt(data: dict[str, Any], found: reading.Notebook) -> dict[str, Any]:
    cells = [
        {"cell_type": cell.kind, "source": cell.source, "metadata": {"lab": {"cell": cell.id}}}
        for cell in found.cells
        if cell.kind == "code" or cell.id.startswith("answer-")
    ]
    receipt = {
        "resnet_labs_receipt": 1,
        "metadata": {"resnet_labs": {"lab": found.lab, "release": found.release}},
        "cells": cells,
        "claims": {"checks": _claims(data), "made": datetime.now(UTC).isoformat(timespec="seconds")},
        "machine": runtime.machine(),
        "versions": runtime.versions(),
    }
    receipt = json.loads(json.dumps(receipt, default=str))
    return receipt | {"sha256": reading.seal(receipt)}


def _claims(data: dict[str, Any]) -> dict[str, str]:
    """Return what the saved outputs say about each check: passed, failed or not run."""
    claims = {}
    for cell in data.get("cells", []):
        metadata = cell.get("metadata") if isinstance(cell, dict) else None
        metadata = metadata if isinstance(metadata, dict) else {}
        tags, exercise = metadata.get("tags"), metadata.get("exercise")
        if isinstance(tags, list) and "check" in tags and isinstance(exercise, str):
            text = json.dumps(cell.get("outputs"))
            said = "passed" if f"{exercise} passed" in text else "failed" if '"error"' in text else "not run"
            claims[exercise] = said
    return claims

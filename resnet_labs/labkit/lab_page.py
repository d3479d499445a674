"""An extension of Sphinx: how the book shows a lab's solution notebook.

Each answer is folded behind the stub that students get, marks of solutions are gone, pictures have the alternative text
that their figures brought along, glossary links become terms of the book, and the student's files are downloads.
"""

from __future__ import annotations

import json
import re
from typing import Any

from sphinx.application import Sphinx

from resnet_labs.labkit.cells import BEGIN, END, Cell, student_text

_PROMPTS = {"code_prompt_show": "Show a solution", "code_prompt_hide": "Hide the solution"}
_GLOSSARY = re.compile(r'\[([^\]]+)\]\((?:\.\./)+book/glossary\.md#term-([\w.-]+)(?:\s+"[^"]*")?\)')
# MyST takes a notebook for a page; what students get is a file to download.
_FILE = re.compile(r"\]\((\.\./lab\w+\.(?:ipynb|py))\)")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx, after the extension that brings a notebook's outputs."""
    app.connect("source-read", _show, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _show(app: Sphinx, page: str, source: list[str]) -> None:
    if page.startswith("labs/"):
        source[0] = as_page(source[0])


def as_page(text: str) -> str:
    """Return a solution notebook, as JSON, in the form that the book shows; another notebook as it is."""
    notebook = json.loads(text)
    if "resnet_labs" not in notebook["metadata"]:
        return text
    cells: list[dict[str, Any]] = []
    for number, cell in enumerate(notebook["cells"], 1):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            cell["source"] = _FILE.sub(r"](path:\1)", _GLOSSARY.sub(_term, source))
        elif "answer" in cell["metadata"].get("tags", []):
            cells.append(_stub(cell, source, number))
            _fold(cell, source)
        if alt := _alt(cell):
            cell["metadata"].setdefault("mystnb", {})["image"] = {"alt": alt}
        cells.append(cell)
    return json.dumps({**notebook, "cells": cells}, ensure_ascii=False)


def _stub(cell: dict[str, Any], source: str, number: int) -> dict[str, Any]:
    whole = Cell("the notebook", number, 0, "code", source, cell["metadata"])
    stub = f"```python\n{student_text(whole)}\n```"
    return {"cell_type": "markdown", "id": f"stub-{number}", "metadata": {}, "source": stub}


def _fold(cell: dict[str, Any], source: str) -> None:
    cell["source"] = "\n".join(line for line in source.splitlines() if line.strip() not in (BEGIN, END))
    cell["metadata"]["tags"] = [*cell["metadata"]["tags"], "hide-input"]
    cell["metadata"].setdefault("mystnb", {}).update(_PROMPTS)


def _alt(cell: dict[str, Any]) -> str:
    outputs = cell.get("outputs", [])
    return next((alt for out in outputs if (alt := out.get("metadata", {}).get("image/png", {}).get("alt"))), "")


def _term(link: re.Match[str]) -> str:
    words = " ".join(link[1].replace("`", "").split())
    return f"{{term}}`{words} <{link[2].replace('-', ' ')}>`"

"""What a lab's solution notebook shows, with the figures that its script quotes by templates."""

from __future__ import annotations

import nbformat
from helpers.places import SOLUTIONS


def shown(stem: str) -> str:
    """Return all cells of a solution notebook as one text."""
    notebook = nbformat.read(SOLUTIONS / f"{stem}.ipynb", as_version=4)
    return "\n".join(cell.source for cell in notebook.cells)

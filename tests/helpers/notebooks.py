"""What a lab's solution notebook shows, and in which order labs are executed."""

from __future__ import annotations

import nbformat
from helpers.places import SOLUTIONS


def shown(stem: str) -> str:
    """Return all cells of a solution notebook as one text, with the figures that its script quotes by templates."""
    notebook = nbformat.read(SOLUTIONS / f"{stem}.ipynb", as_version=4)
    return "\n".join(cell.source for cell in notebook.cells)


# Two workers take the labs from both ends of this order. The longest comes first, and the shortest where they meet.
_FIRST_HALF = {"lab05": 0, "lab01": 1, "lab02": 2, "lab03": 3, "lab09": 4}


def in_turn(notebook: str) -> tuple[int, str]:
    """Return a key to sort names of notebooks by."""
    return _FIRST_HALF.get(notebook[:5], len(_FIRST_HALF)), notebook

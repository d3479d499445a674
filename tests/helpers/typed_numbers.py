"""The numbers that prose may type because they are no measurements, each bound to its sentence."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import yaml
from helpers.places import TESTS

FOLDER = TESTS / "labs" / "typed"


def snippets(place: str) -> list[str]:
    """Return the pieces of sentences whose numbers are no measurements.

    Args:
        place: a lab's number, a page's name, or `recipes`. `tests/labs/typed/PLACE.yaml` has the pieces by reason.
    """
    path = FOLDER / f"{place}.yaml"
    reasons = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    return [snippet for several in reasons.values() for snippet in several]


def places(snippet: str, text: str) -> list[tuple[int, int]]:
    """Return where a text has a piece of a sentence, whatever its lines are."""
    before = r"(?<!\w)(?<!\d[.,])" if snippet[0].isalnum() else ""
    after = r"(?!\w|[.,]\d)" if snippet[-1].isalnum() else ""
    words = r"\s+".join(map(re.escape, snippet.split()))
    return [found.span() for found in re.finditer(f"{before}{words}{after}", text)]


def names() -> list[str]:
    """Return the places that have such pieces."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def notes(folder: Path) -> str:
    """Return the sentences in the code of a folder that are no docstrings, each as often as it is written."""
    found = []
    for path in sorted(folder.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings]
        found += [node.value for node in strings if isinstance(node.value, str) and node.value.count(" ") > 1]
    return "\n\n".join(found)

"""Where the project's folders are."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
LABS = ROOT / "labs"
SOLUTIONS = LABS / "solutions"


def is_runnable(module: str) -> bool:
    """Return whether `python -m` runs a module of the project: a file, or a package with a `__main__`."""
    place = ROOT / module.replace(".", "/")
    return place.with_suffix(".py").is_file() or (place / "__main__.py").is_file()

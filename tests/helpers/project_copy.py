"""A copy of the project that a test may change."""

from __future__ import annotations

import shutil
from pathlib import Path

from helpers.places import ROOT

_NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv*", ".*_cache", "__pycache__", "_build", "runs", "dist", "*.egg-info"
)


def copy_project(target: Path) -> Path:
    """Copy the files that are, or will be, under version control to a folder that does not exist yet."""
    return shutil.copytree(ROOT, target, ignore=_NOT_COPIED)


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that occurs once in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8")

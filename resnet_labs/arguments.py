"""Values of command-line options that several commands take."""

from __future__ import annotations

import argparse
from pathlib import Path


def folder(text: str) -> Path:
    """Return the folder of the data sets, which need not exist."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty; give the folder that holds the data sets, or leave it out")
    path = Path(text).expanduser()
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a file; give the folder that holds the data sets")
    return path


def count(text: str) -> int:
    """Return a whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a count; give a whole number from 1")
    return int(text)

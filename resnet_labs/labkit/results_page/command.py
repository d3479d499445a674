"""The command that writes or compares the page and its pictures."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from resnet_labs.labkit._generated import settle
from resnet_labs.labkit.results_page.page import made

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "book" / "results.md"
PICTURES = ROOT / "book" / "_static" / "results"
EVIDENCE = ROOT / "resnet_labs" / "reports" / "evidence"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write page and pictures, or with `--check` only compare; return 0 if they are up to date, 1 if one is stale."""
    parser = argparse.ArgumentParser(prog="python -m resnet_labs.labkit.results_page", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if something is stale")
    options = parser.parse_args(arguments)
    fresh = made(EVIDENCE)
    texts = {PAGE: fresh.page} | {PICTURES / name: picture for name, picture in fresh.pictures.items()}
    there = PICTURES.glob("*.svg")
    return settle(texts, parser.prog, root=PAGE.parents[1], check=options.check, there=there)

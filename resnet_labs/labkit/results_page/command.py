"""The command that writes or compares the page and its pictures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

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
    stale = [*_stale(texts)]
    if options.check:
        for path in stale:
            name = path.relative_to(PAGE.parents[1]).as_posix()
            print(f"{name} is stale; run `python -m resnet_labs.labkit.results_page`.", file=sys.stderr)
        return 1 if stale else 0
    PICTURES.mkdir(parents=True, exist_ok=True)
    for path in stale:
        if path in texts:
            path.write_text(texts[path], encoding="utf-8", newline="\n")
        else:
            path.unlink()
    return 0


def _stale(texts: dict[Path, str]) -> Iterator[Path]:
    """Yield files that differ, are missing, or are pictures of nothing."""
    for path, text in texts.items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            yield path
    yield from sorted(set(PICTURES.glob("*.svg")) - set(texts))

"""Write the README's table of the main job, from stored results lines, and its picture of the report's figures.

`python -m resnet_labs.labkit.readme` writes both; `--check` only says whether their content is up to date.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from resnet_labs import plotting, reports
from resnet_labs.reports import compare
from resnet_labs.results import Result

ROOT = Path(__file__).parents[2]
PICTURE = Path("book/_static/report_against_ours.png")

_BLOCK = re.compile(r"(?<=<!-- main job output -->\n).*?(?=<!-- /main job output -->)", re.DOTALL)


def text(readme: str) -> str:
    """Return the README with the main job's output, made from its stored results lines."""
    stored = [run for run in reports.evidence("r1.digits") if run.stand_in]
    return _BLOCK.sub(lambda _: f"\n```text\n{compare.as_text(stored)}\n```\n\n", readme)


def draw(path: Path) -> None:
    """Draw the report's figures beside those measured on its own data; the file holds a digest of its source."""
    runs = _own_data()
    rows = [row for row in compare.compare(runs) if row.metric != "accuracy_before"]
    figure = plotting.report_against_ours(
        [row.label for row in rows],
        [row.report for row in rows],
        [(row.ours.mean, row.ours.low, row.ours.high) for row in rows],
        x=f"MNIST test set, mean of {len(runs)} seeds (fraction)",
    )
    figure.savefig(path, dpi=160, metadata={"Source": _digest(runs)})


def drawn_from(path: Path) -> str:
    """Return the digest of the results lines from which a picture was drawn."""
    with Image.open(path) as picture:
        return picture.info.get("Source", "")


def _own_data() -> list[Result]:
    return [run for run in reports.evidence("r1.digits") if not run.stand_in]


def _digest(runs: Sequence[Result]) -> str:
    return hashlib.sha256(compare.as_text(runs).encode()).hexdigest()


def main(arguments: Sequence[str] | None = None) -> int:
    """Write both, or with `--check` only compare; return 0 if they are up to date, 1 if one is stale."""
    parser = argparse.ArgumentParser(prog="python -m resnet_labs.labkit.readme", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if something is stale")
    options = parser.parse_args(arguments)
    page, picture = ROOT / "README.md", ROOT / PICTURE
    before = page.read_text(encoding="utf-8")
    if not options.check:
        page.write_text(text(before), encoding="utf-8")
        draw(picture)
        return 0
    stale = [str(path) for path, fresh in ((page, text(before) == before), (picture, _is_fresh(picture))) if not fresh]
    for path in stale:
        print(f"{path} is stale; run `python -m resnet_labs.labkit.readme`.", file=sys.stderr)
    return 1 if stale else 0


def _is_fresh(picture: Path) -> bool:
    return picture.is_file() and drawn_from(picture) == _digest(_own_data())


if __name__ == "__main__":
    sys.exit(main())

"""Blocks of Markdown pages that are made from data: `<!-- made: NAME -->` to `<!-- /made -->`.

`python -m resnet_labs.labkit.build` writes them, and compares them with `--check`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from resnet_labs import reports
from resnet_labs.errors import InputError, nearest
from resnet_labs.labkit import front_picture, lab_facts, page_tables
from resnet_labs.labkit.results_page.text import escaped, sentence, table
from resnet_labs.labs import LABS
from resnet_labs.reports import verdicts

_BLOCK = re.compile(r"(?<=<!-- made: )([^\n]*?)( -->\n)(.*?)(?=<!-- /made -->)", re.DOTALL)
_WRONG = ("refuted", "inconsistent with itself")


def written(text: str, path: Path, root: Path) -> str:
    """Return a page with its blocks written.

    Args:
        text: the page.
        path: its file; links lead from there.
        root: the repository.

    Raises:
        InputError: there is no such block, or it has no end.
    """
    name = path.relative_to(root).as_posix()

    def made(found: re.Match[str]) -> str:
        if found[1] not in _BLOCKS:
            raise InputError(f"{name}: no block is called {found[1]!r}.", nearest(found[1], _BLOCKS))
        return f"{found[1]}{found[2]}{_BLOCKS[found[1]](path, root)}\n"

    if text.count("<!-- made: ") != text.count("<!-- /made -->"):
        raise InputError(f"{name}: a block `<!-- made: NAME -->` has no end.", "Close it with `<!-- /made -->`.")
    return _BLOCK.sub(made, text)


def _labs(path: Path, root: Path) -> str:
    """Return the table of labs; a lab leads to its page in the book, and to the students' notebook elsewhere."""
    folder = "labs/solutions" if path.parent.name == "book" else "labs"

    def title(number: str, stem: str, slug: str) -> str:
        name = f"{number} {slug.replace('_', ' ').capitalize()}"
        target = root / folder / f"{stem}.ipynb"
        return f"[{name}]({os.path.relpath(target, path.parent)})" if target.is_file() else f"{name} (planned)"

    rows = []
    for lab in LABS:
        work = lab_facts.work_minutes(lab, root)
        minutes = "" if work is None or lab.minutes is None else f"{work} + {lab.minutes:g}"
        rows.append((title(lab.number, lab.stem, lab.slug), lab.question, minutes, lab_facts.found(lab)))
    return table(("lab", "question", "minutes: yours + computer", "what it found"), rows).rstrip()


def _found_wrong(path: Path, root: Path) -> str:
    """Return a list of the claims that are refuted or contradict their own report."""
    return "\n".join(_wrong())


def _wrong() -> Iterator[str]:
    for report in reports.REPORTS:
        for claim in reports.load_report(report)["claims"]:
            found = verdicts.verdict(claim["id"])
            if found.kind in _WRONG:
                said = escaped(sentence(claim["text"]))
                row = claim["id"].replace(".", "-")  # an anchor of a raw table, which Markdown links cannot name
                yield f'- {said}: **{found.kind}** (<a href="ledger.html#{row}">{claim["id"]}</a>)'


_BLOCKS: dict[str, Callable[[Path, Path], str]] = {
    "depth picture": lambda path, root: front_picture.html(),
    "labs": _labs,
    "found wrong": _found_wrong,
    "teaching": lambda path, root: page_tables.teaching(root).rstrip(),
    "seconds of recipes": lambda path, root: page_tables.recipes().rstrip(),
    "benchmarks": lambda path, root: page_tables.benchmarks(root).rstrip(),
}

"""Words that a lab explains where it first uses them, by a link to the glossary."""

from __future__ import annotations

import re
from collections.abc import Iterator

from resnet_labs.labkit._problem import Problem
from resnet_labs.labkit._source import Source

_CODE = r"`[^`]*`"
_NO_PROSE = r"\{\{.*?\}\}|\]\([^)]*\)|<summary>.*?</summary>|\$\$.*?\$\$|\$[^$]*\$|^#+ [^\n]*"
_USES = {
    "stem": r"\bstems?\b",
    "head": r"\bheads?\b",
    "nats": r"\bnats?\b",
    "claim": r"\br\d+\.c\d+\b",
    "reproduce": r"`resnet-labs reproduce\b",
}


def terms(source: Source) -> Iterator[Problem]:
    """Check that the first use of each word links to its entry."""
    for name, use in _USES.items():
        hidden = _NO_PROSE if name == "reproduce" else f"{_NO_PROSE}|{_CODE}"
        link = re.compile(rf"\{{\{{\s*term\s+{name}\b")
        for cell in source.cells:
            if cell.kind != "markdown" or "solution" in cell.tags:
                continue
            linked = link.search(cell.text)
            prose = re.sub(hidden, lambda found: re.sub(r"[^\n]", " ", found[0]), cell.text, flags=re.DOTALL | re.M)
            first = re.search(use, prose)
            if first and (linked is None or first.start() < linked.start()):
                line = cell.text[: first.start()].count("\n") + 1
                fix = f"Write `{{{{term {name}}}}}` or `{{{{term {name} as ...}}}}`."
                yield Problem(cell.where(line), f"the first use of {first[0].strip('`')!r} has no link.", fix)
            if first or linked:
                break

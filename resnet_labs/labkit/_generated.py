"""Writing or comparing generated files: what every such command does at its end."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path


def settle(texts: Mapping[Path, str], command: str, *, root: Path, check: bool, there: Iterable[Path] = ()) -> int:
    """Bring generated files up to date, or only compare them; return 1 if one is stale and nothing was written.

    Args:
        texts: for each file what it should hold.
        command: writes them; it is named where one is stale.
        root: the folder from which stale files are named.
        check: write nothing.
        there: files of this kind; those that have no text are deleted.
    """
    stale = [path for path, text in texts.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    stale += sorted({*there} - {*texts})
    for path in stale:
        if check:
            print(f"{path.relative_to(root).as_posix()} is stale; run `{command}`.", file=sys.stderr)
        elif path in texts:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path], encoding="utf-8", newline="\n")
        else:
            path.unlink()
    return 1 if check and stale else 0

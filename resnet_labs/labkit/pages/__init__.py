"""Sphinx extension of the book: light pages, names for everything on them, and a search that works from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from resnet_labs.labkit.pages import fonts, names, search, units, used


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the parts of this package to the events of a build; Sphinx calls it."""
    app.connect("doctree-resolved", units.join)
    app.connect("html-page-context", used.keep_used, priority=900)  # after the extensions that add files
    app.connect("html-page-context", search.add_texts)
    app.connect("build-finished", _finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _finish(app: Sphinx, failure: Exception | None) -> None:
    if failure is not None or app.builder.name != "html":
        return
    out = Path(app.outdir)
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(out.rglob("*.html"))}
    for path, text in pages.items():
        path.write_text(names.give(used.without_icon_script(text)), encoding="utf-8")
    search.write_texts(out, {name: out / f"{name}.html" for name in app.env.found_docs})
    fonts.shrink(out / "_static", pages.values())

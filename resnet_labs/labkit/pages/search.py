"""Texts for the excerpts of search results, stored as a script: a page opened as a file may not read other files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

_SILENT = {"script", "style", "svg", "noscript"}
_APART = {"br", "div", "h1", "h2", "h3", "h4", "li", "p", "pre", "td", "th"}
_VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def add_texts(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Load the texts, and the script that shows them, on the search page."""
    if page == "search":
        app.add_js_file("search_texts.js", loading_method="defer")
        app.add_js_file("search.js", loading_method="defer")


def write_texts(out: Path, pages: Mapping[str, Path]) -> None:
    """Write the texts of pages, by section, where the search page finds them."""
    texts = {name: _sections(path.read_text(encoding="utf-8")) for name, path in sorted(pages.items())}
    told = json.dumps(texts, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    (out / "_static" / "search_texts.js").write_text(f"const searchTexts = {told};\n", encoding="utf-8")


def _sections(page: str) -> dict[str, str]:
    reader = _Reader()
    reader.feed(page)
    texts = {name: " ".join("".join(parts).split()) for name, parts in reader.texts.items()}
    return {name: text for name, text in texts.items() if text}


class _Reader(HTMLParser):
    """Collects what an article says, by the id of the innermost section; scripts and pictures are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {}
        self._open: list[tuple[str, str | None]] = []  # of the article: tag, and the section's id or "silent"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if not (self._open or tag == "article"):
            return
        if tag in _APART:
            self._add(" ")
        if tag in _VOID:
            return
        facts = dict(attributes)
        silent = tag in _SILENT or "headerlink" in (facts.get("class") or "").split()
        section = facts.get("id") if tag == "section" else None
        self._open.append((tag, "" if silent else section))

    def handle_endtag(self, tag: str) -> None:
        while self._open and tag not in _VOID:
            if self._open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        self._add(data)

    def _add(self, text: str) -> None:
        marks = [mark for _, mark in self._open if mark is not None]
        if self._open and "" not in marks:
            self.texts.setdefault(marks[-1] if marks else "top", []).append(text)

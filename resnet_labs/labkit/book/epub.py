"""An extension of Sphinx: its EPUB, with pages that strict readers open.

Labs bring HTML of their own: hints, tables, live views. An EPUB's pages are XML, and its readers run no scripts.
"""

from __future__ import annotations

import posixpath
import re
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.builders.epub3 import Epub3Builder

_ALIVE = ("book/live", "book/own_report")
_MISSING = "*This page needs the scripts of the web pages; here it only tells what they do.*"
# XML 1.0 has no other control characters.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# HTML that our pages and labs bring along links to web pages.
_WEB_LINK = re.compile(r'href="([^":#]+)\.html(#[^"]*)?"')
# The parser writes every name in small letters; SVG tells large ones apart.
_SVG_NAMES = re.compile(r"\b(viewbox|preserveaspectratio|lineargradient|radialgradient|clippath|gradientunits)\b")
_AS_WRITTEN = {
    "viewbox": "viewBox",
    "preserveaspectratio": "preserveAspectRatio",
    "lineargradient": "linearGradient",
    "radialgradient": "radialGradient",
    "clippath": "clipPath",
    "gradientunits": "gradientUnits",
}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx, in place of its own EPUB."""
    app.add_builder(_Epub, override=True)
    app.connect("source-read", _say_what_is_missing)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _say_what_is_missing(app: Sphinx, page: str, source: list[str]) -> None:
    if page in _ALIVE:
        source[0] = re.sub("(?m)^# .+$", rf"\g<0>\n\n{_MISSING}", source[0], count=1)


class _Epub(Epub3Builder):
    name = "epub"

    def toc_add_files(self, refnodes: list[dict[str, Any]]) -> None:
        """Write each page's path as the manifest does: Sphinx takes the root page's folder for the book's."""
        for node in refnodes:
            node["refuri"] = posixpath.normpath(node["refuri"])
        super().toc_add_files(refnodes)

    def build_epub(self) -> None:
        """Correct the written pages, then pack them."""
        content = Path(self.outdir, "content.opf")
        listed = content.read_text(encoding="utf-8")
        for page in sorted(Path(self.outdir).rglob("*.xhtml")):
            text = as_xml(_WEB_LINK.sub(partial(_in_the_book, page.parent), page.read_text(encoding="utf-8")))
            page.write_text(text, encoding="utf-8")
            holds = " ".join(name for name, tag in (("mathml", "<math"), ("svg", "<svg")) if tag in text)
            if holds and 'properties="nav"' not in text:
                name = page.relative_to(self.outdir).as_posix()
                listed = listed.replace(f' href="{name}" media-type', f' href="{name}" properties="{holds}" media-type')
        content.write_text(listed, encoding="utf-8")
        super().build_epub()


def _in_the_book(folder: Path, link: re.Match[str]) -> str:
    name = f"{link[1]}.xhtml"
    return f'href="{name}{link[2] or ""}"' if (folder / name).is_file() else link[0]


def as_xml(page: str) -> str:
    """Return an HTML page as XML, without scripts.

    Raises:
        ElementTree.ParseError: it is still not XML.

    Example:
        >>> as_xml("<p>a &amp; b&nbsp;c<br><input disabled><script>x && y</script></p>")
        '<p>a &amp; b\\xa0c<br/><input disabled=""/></p>'
    """
    soup = BeautifulSoup(_CONTROL.sub("", page), "html.parser")
    for script in soup.find_all("script"):
        script.decompose()
    for picture in soup.find_all("svg"):
        picture["xmlns"] = "http://www.w3.org/2000/svg"
    text = str(soup)
    if "<svg" in text:
        text = re.sub(r"<[^>]+>", lambda tag: _SVG_NAMES.sub(lambda name: _AS_WRITTEN[name[0]], tag[0]), text)
    ElementTree.fromstring(text)
    return text

"""Numbers that keep their percent sign on the same line."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

_SPACE = re.compile(r"(?<=\d) (?=%)")


def join(app: Sphinx, page: nodes.document, name: str) -> None:
    """Put a no-break space before each percent sign behind a number, except in code; for `doctree-resolved`."""
    for text in list(page.findall(nodes.Text)):
        joined = _SPACE.sub("\N{NO-BREAK SPACE}", text)
        if joined != text and not isinstance(text.parent, nodes.literal | nodes.literal_block | nodes.raw):
            text.parent.replace(text, nodes.Text(joined))

"""An extension of Sphinx: formulas as MathML, by docutils, for books on paper and on readers that run no scripts."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

_log = logging.getLogger(__name__)
_SIZES = re.compile(r"\\[bB]igg?[lrm]?(?![a-zA-Z])")  # MathML gives brackets their size itself


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx; `html_math_renderer = "mathml"` then chooses it."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _inline(self: Any, node: nodes.math) -> None:
    self.body.append(_mathml(node, as_block=False))
    raise nodes.SkipNode


def _block(self: Any, node: nodes.math_block) -> None:
    self.body.append(f"<div>{_mathml(node, as_block=True)}</div>\n")
    raise nodes.SkipNode


def _mathml(node: nodes.Element, *, as_block: bool) -> str:
    try:
        return tex2mathml(_SIZES.sub("", node.astext()), as_block)
    except MathError as error:
        _log.warning("this formula has no MathML: %s (%s)", node.astext(), error, location=node)
        return f"<code>{nodes.unescape(node.astext())}</code>"

"""Which scripts and style sheets a page loads: those that something on it uses."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

_CODE = re.compile(r'class="[^"]*\bhighlight\b')
_FORMULA = re.compile(r'class="[^"]*\bmath\b')
_TOGGLES = re.compile(r'class="[^"]*\b(?:toggle|dropdown)\b')
# A part of a file's name, or of the text of an inline script: what a page must hold that needs it, None for no page.
_NEEDED_BY: dict[str, re.Pattern[str] | None] = {
    "sphinx-thebe": None,  # Jupyter Book adds it even where thebe is off
    "THEBE_JS_URL": None,
    "design-tabs": re.compile(r'class="[^"]*\bsd-tab'),
    "sphinx-design": re.compile(r'class="[^"]*\bsd-'),
    "mystnb.": re.compile(r'class="[^"]*\bcell'),
    "clipboard": _CODE,
    "copybutton": _CODE,
    "mathjax": _FORMULA,
    "window.MathJax": _FORMULA,
    "togglebutton": _TOGGLES,
    "toggleHint": _TOGGLES,
    "toggleOpenOnPrint": _TOGGLES,
}
_ICON_SCRIPT = re.compile(r'<script src="[^"]*/fontawesome\.js[^"]*"></script>')


def keep_used(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Leave out of a page the files that nothing on it uses."""
    body = context.get("body", "")
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context.get(kind, ()) if _is_used(file, body)]


def _is_used(file: Any, body: str) -> bool:
    attributes = getattr(file, "attributes", {})
    said = f"{getattr(file, 'filename', file) or ''} {attributes.get('body') or ''}"
    needs = [needed for part, needed in _NEEDED_BY.items() if part in said]
    return all(needed is not None and needed.search(body) for needed in needs)


def without_icon_script(page: str) -> str:
    """Return a page without the script that draws icons: the fonts that `fonts` shrinks draw the same ones."""
    return _ICON_SCRIPT.sub("", page)

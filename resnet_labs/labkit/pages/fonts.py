"""The theme's icons as small fonts: of some 2,000 icons a book shows about twenty."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset

_THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
_FOLDER = "vendor/fontawesome/webfonts"
_STYLES = "styles/pydata-sphinx-theme.css"
_RULE = re.compile(r'(?P<names>(?:\.fa-[\w-]+:before,?)+)\{content:"[^"]*"\}')
_SOURCES = re.compile(rf'url\((\.\./{_FOLDER}/[\w-]+)\.woff2\) format\("woff2"\),url\(\1\.ttf\) format\("truetype"\)')
_CODE_POINT = re.compile(r"\\([ef][0-9a-f]{3})\b")


def shrink(static: Path, pages: Iterable[str]) -> None:
    """Leave in the icon fonts, and in the rules that name icons, what the pages and the other styles use.

    Args:
        static: the folder `_static` of the built book.
        pages: its pages as HTML.
    """
    shown = {name for page in pages for name in re.findall(r"\bfa-[\w-]+", page)}
    rules = (_THEME / _STYLES).read_text(encoding="utf-8")

    def kept(rule: re.Match[str]) -> str:
        return rule[0] if shown & set(re.findall(r"fa-[\w-]+", rule["names"])) else ""

    rules, replaced = _SOURCES.subn(r'url(\1.woff) format("woff")', _RULE.sub(kept, rules))
    if not replaced:  # another version of the theme; its fonts work as they are
        return
    (static / _STYLES).write_text(rules, encoding="utf-8")
    others = [path.read_text(encoding="utf-8") for path in static.rglob("*.css")]
    points = {int(point, 16) for text in [rules, *others] for point in _CODE_POINT.findall(text)}
    for font in sorted((_THEME / _FOLDER).glob("*.ttf")):
        _write(font, points, static / _FOLDER / f"{font.stem}.woff")
    unneeded = [*(static / _FOLDER).glob("*.ttf"), *(static / _FOLDER).glob("*.woff2"), *static.rglob("*.map")]
    for path in [*unneeded, *(static / "scripts").glob("fontawesome.js*")]:
        path.unlink(missing_ok=True)


def _write(source: Path, points: set[int], target: Path) -> None:
    options = subset.Options(flavor="woff", notdef_outline=True, glyph_names=False)
    picker = subset.Subsetter(options)
    picker.populate(unicodes=points)
    target.parent.mkdir(parents=True, exist_ok=True)
    with subset.load_font(str(source), options) as font:
        picker.subset(font)
        subset.save_font(font, str(target), options)

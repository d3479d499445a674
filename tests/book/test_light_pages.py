"""The Sphinx extension of the book's pages, on small pages, without a browser."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from docutils.core import publish_doctree
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

from resnet_labs.labkit.pages import fonts, names, search, units, used

SCRIPTS = (
    "_static/doctools.js",
    "_static/clipboard.min.js",
    "_static/copybutton.js",
    "_static/togglebutton.js",
    "_static/design-tabs.js",
    "_static/sphinx-thebe.js",
    "_static/mathjax/tex-chtml.js",
)
INLINE = (
    'window.MathJax = {"options": {}}',
    "let toggleHintShow = 'Click to show';",
    'const THEBE_JS_URL = "x"; const thebe_selector = ".cell"',
)
BODIES = {
    '<span class="math notranslate">x</span>': {"doctools.js", "tex-chtml.js", "window.MathJax"},
    "<p>words</p>": {"doctools.js"},
    '<div class="highlight-python notranslate"><div class="highlight">x</div></div>': {
        "doctools.js",
        "clipboard.min.js",
        "copybutton.js",
    },
    '<div class="admonition dropdown">x</div>': {"doctools.js", "togglebutton.js", "toggleHintShow"},
    '<div class="sd-tab-set docutils">x</div>': {"doctools.js", "design-tabs.js"},
}


@pytest.mark.parametrize(("body", "kept"), BODIES.items())
def test_a_page_loads_the_scripts_of_what_it_holds(body, kept):
    files = [SimpleNamespace(filename=name, attributes={}) for name in SCRIPTS]
    files += [SimpleNamespace(filename=None, attributes={"body": text}) for text in INLINE]
    context = {"body": body, "script_files": files}
    used.keep_used(MagicMock(spec=Sphinx), "page", "page.html", context, None)
    left = [file.filename or file.attributes["body"] for file in context["script_files"]]
    assert len(left) == len(kept)
    assert all(any(name in text for text in left) for name in kept)


def test_the_icon_script_goes_and_other_scripts_stay():
    page = '<script src="../_static/scripts/fontawesome.js?digest=1"></script><script src="a.js"></script>'
    assert used.without_icon_script(page) == '<script src="a.js"></script>'


def test_icons_are_silent_the_search_field_is_called_what_it_shows_and_there_is_one_title():
    given = names.give(
        '<button class="btn search-button-field x" title="Search" aria-label="Search" data-x="1">\n'
        '<i class="fa-solid fa-sun  fa-lg"></i><span class="fa-solid fa-bars"></span> Search</button>'
        '<summary aria-label="Toggle hidden content" class="x"><p>Show code</p></summary>'
        '<i class="fab fa-github"></i><i class="other"></i><span class="fabric">a</span>'
        '<div id="jb-print-docs-body" class="onlyprint">\n<h1>Title</h1></div><h1>Title</h1>'
    )
    assert given.count('aria-hidden="true"') == 3
    assert "aria-label" not in given
    closed = names.give(
        '<details><summary><span class="toctree-toggle" role="presentation"></span></summary></details>'
    )
    assert '<summary aria-label="Pages of this chapter">' in closed
    assert given.count("<h1>") == 1
    assert '<p class="h1">Title</p>' in given
    assert names.give(given) == given


def test_a_number_keeps_its_percent_sign_on_the_same_line_but_not_in_code():
    page = publish_doctree("It is 9.1 % or **12 %**, and ``7 % 2`` is 1 with a % sign.")
    units.join(MagicMock(spec=Sphinx), page, "page")
    space = "\N{NO-BREAK SPACE}"
    assert page.astext() == f"It is 9.1{space}% or 12{space}%, and 7 % 2 is 1 with a % sign."


def test_texts_are_stored_by_section_without_scripts_pictures_and_signs(tmp_path: Path):
    (tmp_path / "_static").mkdir()
    page = tmp_path / "page.html"
    page.write_text(
        "<nav>menu</nav><article><section id='one'><h1>One<a class='headerlink' href='#one'>#</a></h1><p>first<br>"
        "line</p><script>let x = '</p>'</script><section id='two'><h2>Two</h2><svg><text>drawn</text></svg>"
        "<table><tr><td>a</td><td>b &lt; c</td></tr></table></section><p>last</p></section></article><p>foot</p>",
        encoding="utf-8",
    )
    search.write_texts(tmp_path, {"book/page": page})
    text = (tmp_path / "_static" / "search_texts.js").read_text(encoding="utf-8")
    stored = json.loads(text.removeprefix("const searchTexts = ").rstrip(";\n"))
    assert stored == {"book/page": {"one": "One first line last", "two": "Two a b < c"}}


def test_the_fonts_hold_the_icons_that_are_shown(tmp_path: Path):
    (tmp_path / "styles").mkdir()
    fonts.shrink(tmp_path, ['<i class="fa-solid fa-bars fa-lg"></i><i class="fab fa-github"></i>'])
    rules = (tmp_path / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    assert ".fa-bars:before" in rules
    assert ".fa-github:before" in rules
    assert ".fa-stethoscope:before" not in rules
    written = sorted(tmp_path.rglob("*.woff"))
    assert [path.stem for path in written] == ["fa-brands-400", "fa-regular-400", "fa-solid-900"]
    glyphs = {}
    for path in written:
        with TTFont(path) as font:
            glyphs[path.stem] = font.getBestCmap()
    assert 0xF0C9 in glyphs["fa-solid-900"]
    assert 0xF09B in glyphs["fa-brands-400"]
    assert 0xF0F1 not in glyphs["fa-solid-900"]
    assert sum(path.stat().st_size for path in written) < 30_000

"""Names and headings that the theme leaves out or gives twice, for people who hear a page."""

from __future__ import annotations

import re

_ICON = re.compile(r'<(i|span) class="((?:[^"]* )?fa[bsr]? [^"]*|(?:[^"]* )?fa-[^"]*)"(?![^>]*aria-hidden)')
_SEARCH = re.compile(r'(<button class="btn search-button-field[^>]*?) title="Search" aria-label="Search"')
_FOLDED = re.compile(r'(<summary[^>]*?) aria-label="Toggle hidden content"')
_CHAPTER = re.compile(r'<summary>(?=<span class="toctree-toggle")')
_PRINTED_TITLE = re.compile(r'(<div id="jb-print-docs-body"[^>]*>\s*)<h1>(.*?)</h1>', re.DOTALL)


def give(page: str) -> str:
    """Return a page of the built book with these changes.

    - Icons are not read out: the button around them has a name.
    - The search field and folded code are called what they show, so that people can say what they see.
    - The arrow beside a chapter of the menu says what it does.
    - An entry of the bibliography is an item of its list: ARIA has withdrawn the role that docutils writes.
    - The title that only the printed page has is not a second heading of level 1.
    """
    page = _ICON.sub(r'<\1 class="\2" aria-hidden="true"', page)
    page = _CHAPTER.sub('<summary aria-label="Pages of this chapter">', page)
    page = _FOLDED.sub(r"\1", _SEARCH.sub(r"\1", page))
    page = page.replace('role="doc-biblioentry"', 'role="listitem"')
    return _PRINTED_TITLE.sub(r'\1<p class="h1">\2</p>', page)

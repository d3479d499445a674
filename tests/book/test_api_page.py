"""The page on the library has every public name, and the bibliography every paper that a docstring names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers.contract import CONTRACT, METRICS
from helpers.places import ROOT

import resnet_labs
from resnet_labs.labkit import api_docs

REFERENCES = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", api_docs.PAGES)
def test_a_page_has_a_section_for_each_of_its_modules_in_order(page: str) -> None:
    text = (ROOT / "book" / f"{page}.md").read_text(encoding="utf-8")
    assert tuple(re.findall(r"automodule:: resnet_labs\.([\w.]+)\n   :members:\n", text)) == api_docs.PAGES[page]


SHOWN = {
    f"{module}.{name}" for modules in api_docs.PAGES.values() for module in modules for name in api_docs.public(module)
}


def test_the_overview_has_every_public_name_with_a_sentence() -> None:
    assert "<!-- names of the library -->" in (ROOT / "book" / "api.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^- \{py:obj\}`resnet_labs\.([\w.]+)`: (.+)$", api_docs.names(), re.MULTILINE))
    assert set(listed) == SHOWN
    assert all(said.endswith((".", "?")) for said in listed.values())


def test_every_name_that_others_may_call_is_public_in_one_of_the_modules() -> None:
    assert {*CONTRACT, *(f"metrics.{name}" for name in METRICS)} - SHOWN == set()
    homes = {name: resnet_labs._HOME[name] for name in resnet_labs.__all__ if name in resnet_labs._HOME}
    assert {f"{home}.{name}" for name, home in homes.items()} - SHOWN == set()


@pytest.mark.parametrize(
    ("lines", "made"),
    [
        (["One `x` and in_place_ *args."], ["One ``x`` and in\\_place\\_ \\*args.", ""]),
        (
            ["Text.", "Source: A 2016.", "    more.", "Equals: `b`."],
            ["Text.", "", ":Source: A 2016.", "    more.", ":Equals: ``b``.", ""],
        ),
        (["Example:", "    >>> f(*x)", "    y_", "", "a_b"], ["Example:", "    >>> f(*x)", "    y_", "", "a\\_b", ""]),
        ([], []),
    ],
)
def test_docstrings_become_restructured_text(lines: list[str], made: list[str]) -> None:
    assert api_docs.restructured(lines) == made


# An author, perhaps others or a title in quotation marks, and the year.
PAPER = re.compile(
    r"([A-Z][\w-]+)(?: and [A-Z][\w ]+?| et al\.|(?:, [A-Z]\w+)+)?(?:, \"[^\"]+\")?"
    r",? \(?((?:19|20)\d\d)\)?"
)


def sources(path: Path) -> list[tuple[str, str]]:
    """Return the first author and year of every paper in the `Source:` lines of a file."""
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"^ *Source: (.+?)(?=\n\s*(?:Deviations|Equals|\"\"\"|\n))", text, re.MULTILINE | re.DOTALL)
    said = " ".join(" ".join(found).split())
    return PAPER.findall(said)


NAMED = sorted({each for path in (ROOT / "resnet_labs").rglob("*.py") for each in sources(path)})


def test_papers_are_found_in_docstrings() -> None:
    assert len(NAMED) > 30
    assert {("He", "2016"), ("Wilson", "1927"), ("Loshchilov", "2017"), ("Maaten", "2014")} <= {*NAMED}


@pytest.mark.parametrize(("author", "year"), NAMED)
def test_every_paper_that_a_docstring_names_is_in_the_bibliography(author: str, year: str) -> None:
    entries = re.split(r"\n(?=@)", REFERENCES)
    assert any(re.search(rf"author = {{[^}}]*{author}", each) and f"year = {{{year}}}" in each for each in entries)


def test_entries_have_what_a_reader_needs_to_find_them() -> None:
    for entry in re.split(r"\n(?=@)", REFERENCES.strip()):
        assert re.match(r"@(inproceedings|article|misc)\{[a-z]+\d{4},\n", entry), entry
        assert {"author", "title", "year"} <= {*re.findall(r"^  (\w+) = ", entry, re.MULTILINE)}, entry

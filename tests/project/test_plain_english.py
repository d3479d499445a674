"""Prose is written as people write today: phrases of an older style that were once here do not come back."""

from __future__ import annotations

import re

import pytest
from helpers.places import ROOT, SOLUTIONS

OLD = {
    r"\bshall\b": "will, must, or the imperative",
    r"\balike\b": "the same, or both",
    r"\bstand(s|ing)? (still|here|there|below|above|behind|between)\b": "is, or does not change",
    r"\bway round\b": "around, or swapped",
    r"\bnothing sure\b": "no clear difference",
    r"\bas the seed has it\b": "depending on the seed",
    r"\b(says?|said|tells?) of the\b": "about the",
    r"\b(one|lines?|rows?|features|bytes) an? (class|image|seed|epoch|run|part|exercise)\b": "for each, or per",
    r"\bhangs? on the\b": "is connected to",
    r"\bcomes? of\b": "results from",
    r"\bneither\.": "not ... either",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\b(thereby|whereof|hence|upon|whilst|nought|ere)\b": "a plain word",
    r"\bin the place of\b": "instead of",
    r"\bcame? to nothing\b": "failed",
}
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += [*sorted((ROOT / "book").glob("*.md")), *sorted(SOLUTIONS.glob("*.py"))]


def prose(path):
    """Return a page's text without code, a script's markdown cells alone; line breaks become spaces."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        cells = re.split(r"^# %%", text, flags=re.MULTILINE)
        text = "\n".join(cell for cell in cells if cell.startswith(" [markdown]"))
        text = re.sub(r"^# ?", "", text, flags=re.MULTILINE)
    text = re.sub(r"```.*?```|`[^`\n]*`|<!--.*?-->|\]\([^)]*\)", " ", text, flags=re.DOTALL)
    return " ".join(text.split())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_phrase_of_the_old_style(path):
    text = prose(path)
    found = [
        f"{text[max(0, m.start() - 40) : m.end() + 40]!r}: write {better}"
        for pattern, better in OLD.items()
        for m in re.finditer(pattern, text, re.IGNORECASE)
    ]
    assert found == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Every number of this lab stands here.",
        "The way round F is",
        "larger, or alike?",
        "It shall be zero.",
        "neither.",
    ],
)
def test_the_patterns_find_what_they_are_for(sentence):
    assert any(re.search(pattern, sentence, re.IGNORECASE) for pattern in OLD)

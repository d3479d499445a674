"""No field of a results line reaches the book's page as markup."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from helpers.results_page import line, page

from resnet_labs.labkit import results_page
from resnet_labs.results import Result

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a | b\n\n# heading\n\n<b>",
    "[text](javascript:alert(1))",
    "`</code><script>`",
    "{raw}`<script>` $x$ &lt;",
    "![picture](x)",
]


def fields(text: str):
    whole = {"name": "mnist", "source": "MNIST, all of it", "train": 60_000, "test": 10_000}
    return {
        "name of the data": {"data": {**whole, "name": text}, "settings": {"size": 1}},
        "source of the data": {"data": {**whole, "source": text}},
        "setting": {"settings": {"network": text}},
        "list in a setting": {"settings": {"stages": [text]}},
        "name of a setting": {"settings": {text: 1}},
        "device": {"device": text},
        "precision": {"precision": text},
        "stand-in": {"stand_in": text},
        "version": {"versions": {"torch": text}},
        "name of a package": {"versions": {text: "1"}},
        "machine": {"machine": {"processor": text}},
        "command": {"command": text},
        "commit": {"commit": text},
        "date": {"date": text},
    }


@pytest.mark.parametrize("field", fields(""))
@pytest.mark.parametrize("experiment", ["r1.digits", "r1.c6"])
def test_no_field_is_markup(tmp_path: Path, field: str, experiment: str) -> None:
    plain = [f"plain {number}" for number in range(len(HOSTILE))]
    found, sane = (
        page(tmp_path / name, *lines_with(field, texts, experiment), name=experiment)
        for name, texts in (("hostile", HOSTILE), ("plain", plain))
    )
    assert all(marks(sane))
    assert marks(found) == marks(sane)


def lines_with(field: str, texts: list[str], experiment: str) -> list[Result]:
    """Return a sound line and one with each text in the field."""
    metrics = line().metrics | {"train_accuracy": 0.5}
    changes: list[dict[str, Any]] = [{}, *(fields(text)[field] for text in texts)]
    return [line(seed, experiment=experiment, metrics=metrics, **each) for seed, each in enumerate(changes)]


def marks(text: str) -> tuple[list[str], ...]:
    """Return what makes a page's structure: tags, headings, links, math, and the cells of its tables."""
    outside = re.sub(r"<code>[^<>`]*</code>", "`code`", text)
    rows = [row.count("|") for row in text.splitlines() if row.startswith("|")]
    return (
        re.findall(r"<[^ ]*", outside),
        [row for row in text.splitlines() if row.startswith("#")],
        [str(text.count(mark)) for mark in ("](", "$", "{", "![")],
        [str(count) for count in rows],
        [str(outside.count("`"))],
    )


@pytest.mark.parametrize("name", ["r1.digits.<script>", "r1.digits.a*b*", "r1.digits.[x](y)"])
def test_the_name_of_an_experiment_is_no_markup(tmp_path: Path, name: str) -> None:
    found = page(tmp_path, line(experiment=name), name=name)
    assert f"### {name}" not in found
    assert "<script>" not in found


def test_what_was_escaped_is_read_as_it_was() -> None:
    assert results_page.escaped("a < b & `c`") == "a &#60; b &#38; &#96;c&#96;"
    assert results_page.escaped("snake_case 1.5") == "snake_case 1.5"

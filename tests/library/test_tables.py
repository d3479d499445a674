"""A table is HTML in a notebook, text elsewhere, and says the unit of every fraction."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from resnet_labs import reports
from resnet_labs.reports import compare
from resnet_labs.results import Summary
from resnet_labs.tables import show, table

ROWS = [
    {"network": "ResNet-18", "images": 1438, "accuracy (fraction)": Summary(0.97, 0.96, 0.98, 3), "time (s)": 1.5},
    {"network": "<b>&", "images": None, "accuracy (fraction)": Summary(0.5, None, None, 1, "one seed")},
]


class _Cells(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.rows, self.scopes, self.folded = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.scopes.append(dict(attributes).get("scope"))
        self.inside = tag

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside in ("td", "th"):
            self.rows[-1][-1] += data.replace("\N{NO-BREAK SPACE}", " ")


def test_both_forms_say_the_same_values_under_the_same_columns():
    shown = table(ROWS, caption="Two networks", notes=["STAND-IN: digits"], folded=["seeds 0"])
    cells = _Cells(shown._repr_html_())
    assert cells.rows == [
        ["network", "images", "accuracy (fraction)", "time (s)"],
        ["ResNet-18", "1,438", "0.9700 [0.9600, 0.9800]", "1.5"],
        ["<b>&", "–", "0.5000 (one seed)", "–"],
    ]
    assert cells.scopes.count("col") == 4
    assert cells.scopes.count("row") == 2
    for row in cells.rows:
        for cell in row:
            assert cell in repr(shown)
    assert repr(shown).splitlines()[0] == "Two networks"
    assert repr(shown).splitlines()[-2:] == ["STAND-IN: digits", "seeds 0"]
    assert "<details><summary>" in shown.html
    assert "<b>" not in shown.html
    assert "0.9700 [0.9600,\N{NO-BREAK SPACE}0.9800]" in shown.html


@pytest.mark.parametrize("value", [0.5, Summary(0.5, None, None, 1)])
def test_a_fraction_without_a_unit_is_refused(value):
    with pytest.raises(ValueError, match="the column 'accuracy' holds numbers without a unit"):
        table([{"network": "a", "accuracy": value}])
    table([{"network": "a", "images": 3}])


@pytest.mark.parametrize("rows", [[], [{}]])
def test_a_table_without_a_value_is_refused(rows):
    with pytest.raises(ValueError, match="at least one row"):
        table(rows)


def test_numbers_are_aligned_on_the_right_and_words_on_the_left():
    lines = repr(table([{"a": "x", "b": 1, "c": "y"}, {"a": "xx", "b": 1000, "c": "yyy"}])).splitlines()
    assert lines == ["a       b  c", "x       1  y", "xx  1,000  yyy"]


def test_shown_outside_a_notebook_it_is_text(capsys):
    show([{"a": "x", "time (s)": float("nan")}])
    assert capsys.readouterr().out == "a  time (s)\nx       nan\n"


def test_a_comparison_shows_the_text_s_values_and_folds_its_provenance(capsys):
    runs = [run for run in reports.evidence("r1.digits") if not run.stand_in]
    compare.show(runs)
    shown, text = capsys.readouterr().out, compare.as_text(runs)
    for row in compare.compare(runs):
        (line,) = (line for line in shown.splitlines() if line.startswith(row.label + " "))
        assert str(row.ours) in line
        assert f"{row.report:.4f}" in line
        assert "fraction" in line
    assert all(fact in shown for fact in compare.provenance(runs))
    assert all(fact in text for fact in compare.provenance(runs))

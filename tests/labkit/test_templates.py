"""Templates in a lab's prose become numbers, and expected ranges are kept for the tests to check."""

from __future__ import annotations

import pytest

from resnet_labs.errors import InputError
from resnet_labs.labkit import _templates
from resnet_labs.labkit.cells import Cell
from resnet_labs.labkit.quoted import quoted


def cell(text: str, kind: str = "markdown") -> Cell:
    return Cell("lab02_x.py", 7, 40, kind, text, {})


def fill(text: str) -> tuple[str, list[_templates.Expectation]]:
    return _templates.filled(cell(text), text)


def test_a_quotation_becomes_its_figure_where_it_is() -> None:
    assert fill("The report says {{r1: digits.accuracy_after_training as %.2}}, once.")[0] == (
        "The report says 97.45 %, once."
    )
    assert fill("no template")[0] == "no template"


@pytest.mark.parametrize(
    ("text", "said", "low", "high"),
    [
        ("{{expected 0.05 to 0.25: losses[0]}}", "between 0.05 and 0.25", 0.05, 0.25),
        ("{{expected -3 to 6: gains}}", "between -3 and 6", -3, 6),
        ("{{expected below 0.01: x}}", "below 0.01", None, 0.01),
        ("{{expected above 1.8: x}}", "above 1.8", 1.8, None),
        ("{{expected exactly 2565: f(a, b)}}", "2,565", 2565, 2565),
        ("{{expected about 0.86 within 0.02: x}}", "about 0.86", 0.84, 0.88),
        ("{{expected about 0.86 within 0.05: x}}", "about 0.86, give or take 0.05", 0.81, 0.91),
        ("{{expected 1e-3 to\n0.1: [run.metrics['a'] for run in runs]}}", "between 1e-3 and 0.1", 0.001, 0.1),
    ],
)
def test_an_expected_range_is_shown_and_kept(text: str, said: str, low: float | None, high: float | None) -> None:
    shown, kept = fill(f"**Expected:** {text} here.")
    assert shown == f"**Expected:** {said} here."
    (one,) = kept
    assert (one["low"], one["high"]) == (pytest.approx(low), pytest.approx(high))
    assert one["text"] == said
    compile(one["of"], "of", "eval")


def test_several_exact_values_are_kept_as_lists() -> None:
    shown, (one,) = fill("{{expected exactly 11.69, 21.80, 3: x}} parameters")
    assert shown == "11.69, 21.80 and 3 parameters"
    assert one["low"] == one["high"] == [11.69, 21.8, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\nb {{r1: digits.nothing}}", r"lab02_x.py, line 42 \(cell 7\): r1.yaml has no figure 'digits.nothing'"),
        ("{{versio}}", r"\(cell 7\): .*'versio'"),
        ("{{r1: digits.epochs", r"\(cell 7\): .*never closed"),
        ("epochs}}", r"\(cell 7\): .*never opened"),
        ("{{expected 5: x}}", "range '5'"),
        ("{{expected 5 to: x}}", "range '5 to'"),
        ("{{expected 0.9 to 0.1: x}}", "range '0.9 to 0.1'"),
        ("{{expected about 0.9: x}}", "range 'about 0.9'"),
        ("{{expected 0 to 1: x +}}", "'x \\+' is not an expression"),
        ("{{expected 0 to 1}}", "not an expression"),
        ("{{expected 0 to 1: }}", "range"),
    ],
)
def test_a_wrong_template_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fill(text)


def test_code_keeps_its_braces() -> None:
    text = 'f"{{x}}"'
    assert _templates.filled(cell(text, "code"), text) == (text, [])


def test_a_paragraph_with_a_figure_is_broken_anew_and_others_stay() -> None:
    quote = "{{r1: digits.batch_size}}"
    assert fill(f"a\n{quote}\nb\n\nc\nd")[0] == "a 128 b\n\nc\nd"
    assert fill(f"- a\n  {quote}\n- b\n  1. c\n     {quote}")[0] == "- a 128\n- b\n  1. c 128"
    assert fill(f"| a |\n| --- |\n| {quote} |")[0] == "| a |\n| --- |\n| 128 |"


def test_long_lines_are_broken_between_words_and_lists_keep_their_indent() -> None:
    text = "- {{r2.c4: because}}"
    lines = fill(text)[0].splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= 120
    assert all(line.startswith("  ") for line in lines[1:])
    assert "".join(lines).replace(" ", "") == f"- {quoted('r2.c4: because')}".replace(" ", "")


def test_pages_hold_the_figure_between_marks() -> None:
    text = "It has <!-- = claims: count -->4<!-- /= --> claims, <!-- = r1: digits.epochs -->9<!-- /= --> epochs."
    made = _templates.marked("README.md", text)
    assert made == text.replace(">4<", f">{quoted('claims: count')}<").replace(">9<", ">10<")
    assert _templates.marked("README.md", made) == made


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n<!-- = claims: total -->4<!-- /= -->", "README.md, line 2: Of all claims there is no 'total'"),
        ("<!-- = claims: count -->4", "line 1: .*no end"),
        ("4<!-- /= -->", "line 1: .*no begin"),
    ],
)
def test_a_wrong_mark_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        _templates.marked("README.md", text)

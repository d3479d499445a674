"""What a batch writes: nothing runs when it is opened, and nothing of a hidden check is in it."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from resnet_labs.grading import exports, feedback, gradebook

EVIL = '<script>alert(1)</script><img src=x onerror="alert(2)">\x1b[31m\x00\u202e'
HIDDEN = "31.4159 was the hidden input"


def exercise(name="02.1", passed=(True, True, False, True), status="partial", **changes):
    reasons = ["" if each else f"the answer raised ValueError: {HIDDEN}" for each in passed]
    made = {"exercise": name, "status": status, "points": "9/4", "max_points": "3", "passed": list(passed)}
    made |= {"reasons": reasons, "reason": "", "visible": 2, "seconds": 0.5, "memory": 50 << 20, "flaky": False}
    return made | {"observed": {"cases": [{"error": HIDDEN}]}} | changes


def result(student="anna", exercises=None, **changes):
    exercises = [exercise()] if exercises is None else exercises
    limits = {"cell_seconds": 30, "total_seconds": 300, "memory": 1 << 30}
    made = {"student": student, "file": "lab.ipynb", "lab": "02", "status": "graded", "problem": None, "score": "9/4"}
    made |= {"max": "3", "exercises": exercises, "notes": [], "answers": {}, "limits": limits, "seconds": 3.2}
    made |= {"submission": "ab" * 32, "bundle": "cd" * 32, "version": "0.1.0", "tier": "bubblewrap and cgroup"}
    return made | changes


def not_graded(student="bert"):
    problem = {"code": "not-json", "sentence": "The file is damaged."}
    return result(student, [], status="not graded", problem=problem, score=None, max=None)


def page(tmp_path, one):
    feedback.write(one, tmp_path / "page.html")
    return (tmp_path / "page.html").read_text(encoding="utf-8")


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found |= {tag, *(name for name, _ in attrs)}


def test_a_page_has_no_script_and_forbids_it(tmp_path):
    notes = [{"kind": "ignored", "text": EVIL, "exercise": "02.1"}]
    text = page(tmp_path, result(EVIL, [exercise(reason=EVIL)], notes=notes, file=EVIL))
    assert "default-src &#x27;none&#x27;" in text
    assert not Tags(text).found & {"script", "img", "onerror", "src", "href", "iframe", "object"}
    assert "&lt;script&gt;" in text
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", text)


def test_a_page_says_nothing_of_a_hidden_case(tmp_path):
    text = page(tmp_path, result())
    assert HIDDEN not in text
    assert "Visible checks passed." in text
    assert not re.search(r"\ball\b[^.]*passed", text, re.IGNORECASE)
    assert "hidden ones" in text


def test_an_error_of_a_visible_case_is_named_without_its_words(tmp_path):
    text = page(tmp_path, result(exercises=[exercise(passed=(False, True, True, True))]))
    assert "Visible check 1: the answer raised ValueError." in text
    assert HIDDEN not in text
    secret = exercise(
        passed=(False, True, True, True), reasons=[f"the answer raised {HIDDEN.split()[0]}: x", "", "", ""]
    )
    assert "31.4159" not in page(tmp_path, result(exercises=[secret]))


@pytest.mark.parametrize(
    ("status", "words"),
    [("timeout", "Too slow."), ("memory", "Too much memory."), ("died", "Python ended."), ("refused", "Not counted.")],
)
def test_a_page_says_which_limit_was_reached(tmp_path, status, words):
    text = page(tmp_path, result(exercises=[exercise(status=status, passed=(), reasons=[], reason="It was so.")]))
    assert words in text
    assert "It was so." in text


def test_what_is_not_graded_has_no_score_anywhere(tmp_path):
    one = not_graded()
    assert "No score." in page(tmp_path, one)
    assert "The file is damaged." in page(tmp_path, one)
    gradebook.write([one, result()], tmp_path / "gradebook.csv", {})
    with open(tmp_path / "gradebook.csv", encoding="utf-8-sig", newline="") as file:
        header, row, _ = csv.reader(file)
    assert header == ["student", "score", "max", "02.1", "status", "flags"]
    assert row == ["bert", "", "", "", "not graded: The file is damaged.", ""]
    exports.gradescope(one, tmp_path / "results.json")
    assert "score" not in json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    exports.classroom(one, tmp_path / "classroom.json")
    assert json.loads((tmp_path / "classroom.json").read_text(encoding="utf-8"))["status"] == "error"


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1"])
def test_no_cell_of_the_gradebook_is_a_formula(tmp_path, name):
    gradebook.write([result(name), not_graded(f"{name}2")], tmp_path / "gradebook.csv", {name: [name]})
    with open(tmp_path / "gradebook.csv", encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert all(not cell.lstrip().startswith(("=", "+", "-", "@")) for cell in cells), cells


def test_the_gradebook_is_exact_to_four_places_and_says_what_to_look_at(tmp_path):
    notes = [{"kind": "rebuilt", "text": "", "exercise": "02.1"}, {"kind": "flagged", "text": "", "exercise": ""}]
    one = result(
        exercises=[exercise(flaky=True), exercise("02.2", status="timeout", points="5/3")], score="47/12", notes=notes
    )
    gradebook.write([one], tmp_path / "gradebook.csv", {"anna": ["bert"]})
    text = (tmp_path / "gradebook.csv").read_text(encoding="utf-8-sig")
    assert "anna,3.9167,3,2.25,1.6667,graded," in text
    assert "1 flagged; 1 rebuilt; 02.1 flaky; 02.2 timeout; like bert" in text


def test_changes_say_whose_score_is_another_where_and_why(tmp_path):
    old, same = result(), result("carl")
    new = result(exercises=[exercise(points="3", passed=(True,) * 4, status="passed")], score="3", bundle="ef" * 32)
    rows = gradebook.write_changes(
        {"anna": old, "carl": same}, [new, same, not_graded("new")], tmp_path / "changes.csv"
    )
    assert rows == [["anna", "2.25", "3", "02.1: 2.25 to 3", "graded", "another bundle"]]
    assert gradebook.write_changes({"anna": old}, [old], tmp_path / "changes.csv") == []
    assert not (tmp_path / "changes.csv").exists(), "those of an earlier run are not told again"


def test_exports_are_what_the_other_systems_read(tmp_path):
    exports.junit([result(EVIL), not_graded()], tmp_path / "junit.xml")
    suites = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert [suite.get("tests") for suite in suites] == ["1", "1"]
    assert len(suites.findall(".//failure")) == 1
    assert len(suites.findall(".//error")) == 1
    assert HIDDEN not in (tmp_path / "junit.xml").read_text(encoding="utf-8")
    exports.gradescope(result(), tmp_path / "results.json")
    found = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert found["score"] == 2.25
    assert found["tests"][0] == {
        "name": "02.1",
        "score": 2.25,
        "max_score": 3.0,
        "status": "failed",
        "output": "Visible checks passed.",
        "output_format": "text",
        "visibility": "visible",
    }
    exports.classroom(result(), tmp_path / "classroom.json")
    found = json.loads((tmp_path / "classroom.json").read_text(encoding="utf-8"))
    assert (found["version"], found["status"], found["max_score"]) == (1, "fail", 3.0)
    assert {"name", "status", "score", "message", "filename", "line_no", "duration"} <= set(found["tests"][0])


def test_the_report_names_everything_to_look_at(tmp_path):
    notes = [{"kind": "rebuilt", "text": f"The check cell is missing {EVIL}", "exercise": "02.1"}]
    results = [result(notes=notes), not_graded(), result("dora", [exercise(status="died", reason="Python ended.")])]
    feedback.write_report(results, ["02.1: anna and dora, 95 %"], [["anna", "1", "2"]], tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    for words in (
        "2 of 3 submissions",
        "The file is damaged",
        "rebuilt",
        "Python ended",
        "anna and dora",
        "anna, 1, 2",
    ):
        assert words in text, words
    assert "script" not in Tags(text).found

"""A release gives students nothing that grading keeps for itself, and grades its own solution with full marks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fractions import Fraction

import pytest
from helpers.places import ROOT
from helpers.submitted import SECRET, bundle, solution, solved, untouched

from resnet_labs import labs
from resnet_labs.errors import InputError
from resnet_labs.grading import bundle as bundles
from resnet_labs.grading import command, probe, release, result, sandbox, student
from resnet_labs.grading.bundle import NUM_VARIANTS
from resnet_labs.labkit.cells import BEGIN, END

LABS = [f"0{number}" for number in range(1, 9)]


def seen(made):
    """Payloads with one answer per case, in the order in which a release asks for them."""
    return [
        {"cases": [{"observed": [1.25]}] * len(each.inputs[variant])}
        for variant in range(NUM_VARIANTS)
        for each in made.exercises
    ]


def fake(lab, out):
    """A release whose references are made up, so that nothing needs to run."""
    made = bundle(lab)
    return release.release(labs.find(lab), out, ask=lambda notebook, withheld: seen(made))


def hidden(lab):
    """Texts that only the teacher may have: lines of answers, probes, inputs, secret. Hints may quote a line."""
    cells = solution(lab).notebook["cells"]
    hints = "".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown")
    for cell, _ in solution(lab).code:
        for block in re.findall(rf"{BEGIN}\n(.*?){END}", cell["source"], re.DOTALL):
            lines = [line.strip() for line in block.splitlines() if line.strip()]
            yield from (line for line in lines if len(line) > 45 and line not in hints)
            yield from (f"{one}\\n" for one in ("\n".join(lines),) if len(lines) > 1)
    for each in bundle(lab).exercises:
        lines = [line.strip() for line in each.probe.source.splitlines() if "import" not in line]
        yield from (line for line in lines if len(line) > 30)
        for case in each.inputs:
            yield from re.findall(r'"\$array": "([^"]{24,})', json.dumps(case))
    yield SECRET
    yield SECRET[:16]
    yield BEGIN
    yield "observe"


@pytest.mark.parametrize("lab", LABS)
def test_students_get_no_answer_probe_input_or_secret(lab, tmp_path, monkeypatch):
    monkeypatch.setattr(release.secrets, "token_hex", lambda count: SECRET)
    files = fake(lab, tmp_path)
    public = {path.name for path in files if path.parent.name == "public"}
    assert public == {f"{labs.find(lab).stem}.ipynb", f"{labs.find(lab).stem}.manifest.json", "self-check.yml"}
    assert public == {path.name for path in (tmp_path / "public").rglob("*")}
    whole = b"".join(path.read_bytes() for path in (tmp_path / "public").rglob("*")).decode()
    # In a notebook a newline is written as two characters.
    plain = whole + whole.replace("\\n", "\n").replace('\\"', '"') + re.sub(r"\s+", " ", whole)
    own = set(hidden(lab))
    assert len(own) > 20
    assert [text for text in own if text in plain] == []


def test_the_secret_test_finds_what_it_looks_for(tmp_path):
    """Each kind of hidden text is found in a notebook that holds it."""
    whole = json.dumps(solved("02"))
    plain = whole.replace("\\n", "\n")
    assert any(text in plain for text in hidden("02"))
    assert bundle("02").secret == SECRET


@pytest.mark.parametrize("lab", LABS)
def test_the_student_notebook_is_the_labs_own_with_stable_cells(lab, tmp_path):
    fake(lab, tmp_path)
    stem = labs.find(lab).stem
    ours = json.loads((tmp_path / "public" / f"{stem}.ipynb").read_text())
    theirs = json.loads((ROOT / "labs" / f"{stem}.ipynb").read_text())
    code = [[cell for cell in each["cells"] if cell["cell_type"] == "code"] for each in (ours, theirs)]
    assert [cell["id"] for cell in code[0]] == [cell["id"] for cell in code[1]]
    assert [cell["source"] for cell in code[0]] == [cell["source"] for cell in code[1]]
    assert [cell["metadata"]["lab"]["cell"] for cell in code[0]] == [cell["id"] for cell in code[0]]
    assert "colab.research" not in json.dumps(ours)
    made = bundles.read(tmp_path / "private")
    assert ours["metadata"]["resnet_labs"]["release"] == made.release
    manifest = json.loads((tmp_path / "public" / f"{stem}.manifest.json").read_text())
    assert {each["exercise"]: each["points"] for each in manifest["exercises"]} == {
        each.probe.exercise: str(each.probe.points) for each in made.exercises
    }


@pytest.mark.parametrize("lab", LABS)
def test_every_answer_defines_what_its_probe_asks_for_and_the_prelude_nothing_of_it(lab):
    made = bundle(lab)
    for each in made.exercises:
        slots = [cell for cell in made.cells if cell.role == "answer" and cell.exercise == each.probe.exercise]
        assert {name for slot in slots for name in slot.defines} == set(each.probe.answers)
        assert not re.search(rf"^(def|class) ({'|'.join(each.probe.answers)})\b", made.prelude, re.MULTILINE)
        assert each.probe.points == Fraction(solution(lab).points[each.probe.exercise])
        for inputs in each.inputs:
            assert len(inputs) >= 4
        assert len({json.dumps(inputs) for inputs in each.inputs}) == NUM_VARIANTS or each.probe.exercise in FIXED


FIXED = ()  # exercises whose answers are single values, so that every variant asks the same


def test_a_release_again_keeps_the_secret_and_its_name(tmp_path):
    fake("02", tmp_path)
    first = bundles.read(tmp_path / "private")
    before = (tmp_path / "private" / "course.secret").read_text()
    fake("02", tmp_path)
    assert bundles.read(tmp_path / "private") == first
    assert (tmp_path / "private" / "course.secret").read_text() == before
    assert first.secret == before.strip()
    fake("02", tmp_path / "other")
    other = bundles.read(tmp_path / "other" / "private")
    assert other.release == first.release
    assert other.exercises[0].inputs != first.exercises[0].inputs


def test_only_the_owner_can_read_bundle_and_secret(tmp_path):
    fake("02", tmp_path)
    for name in ("lab02_digits.bundle.json", "course.secret"):
        assert (tmp_path / "private" / name).stat().st_mode & 0o077 == 0


DAMAGE = {
    "no JSON": lambda text: text[:-100],
    "another format": lambda text: text.replace('"format": 1', '"format": 2'),
    "a part is missing": lambda text: text.replace('"secret"', '"sekret"'),
    "no references": lambda text: re.sub(r'"references": \[.*?\n   \]', '"references": []', text, flags=re.DOTALL),
    "a list": lambda text: "[]",
    "nested": lambda text: "[" * 100_000,
    "a secret that is none": lambda text: re.sub(r'"secret": "\w+"', '"secret": "xyz"', text),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_bundle_is_said_to_be_damaged(how, tmp_path):
    fake("02", tmp_path)
    path = tmp_path / "private" / "lab02_digits.bundle.json"
    path.write_text(DAMAGE[how](path.read_text()))
    with pytest.raises(InputError):
        bundles.read(path)


def test_a_bundle_that_is_not_there_or_not_clear_is_said(tmp_path):
    with pytest.raises(InputError, match="There is no bundle"):
        bundles.read(tmp_path / "x.bundle.json")
    with pytest.raises(InputError, match="holds 0 bundles"):
        bundles.read(tmp_path)
    (tmp_path / "course.secret").write_text("short")
    with pytest.raises(InputError, match="damaged"):
        release._secret(tmp_path / "course.secret")


@pytest.mark.parametrize("fault", ["raises", "no case", "points"])
def test_a_solution_that_fails_its_probe_makes_no_release(fault, tmp_path, monkeypatch):
    made = bundle("02")
    found = seen(made)
    if fault == "raises":
        found[1] = {"cases": [{"error": "ValueError: wrong"}] * len(found[1]["cases"])}
    elif fault == "no case":
        found[1] = {"cases": []}
    else:
        monkeypatch.setattr(probe.modules("02")[0], "POINTS", 99)
    with pytest.raises(InputError):
        release.release(labs.find("02"), tmp_path, ask=lambda notebook, withheld: found)
    assert not (tmp_path / "public").exists()


def graded(made, notebook, name="ann"):
    tier = sandbox.chosen()
    content = json.dumps(notebook).encode()
    facts = {"schema": 1, "student": name, "version": made.version}
    return result.grade(made, name, content, tier, sandbox.Limits(cell_seconds=300, total_seconds=1800), facts)


@pytest.mark.weekly
@pytest.mark.exhaustive
@pytest.mark.parametrize("lab", LABS)
def test_the_solution_gets_full_marks_and_the_untouched_release_none(lab):
    made = release.with_references(bundle(lab), solution(lab).answers, command._ask)
    values = set(
        re.findall(r'"\$array": "([^"]{24,})|(\d\.\d{9,})', json.dumps([each.references for each in made.exercises]))
    )
    public = student.notebook(solution(lab), made.release)
    assert not [value for pair in values for value in pair if value and value in public]
    full = graded(made, solved(lab))
    assert (full["score"], full["status"]) == (full["max"], "graded"), full
    assert Fraction(full["max"]) == sum(Fraction(points) for points in solution(lab).points.values())
    assert not [note for note in full["notes"] if note["kind"] == "flagged"]
    nothing = graded(made, untouched(lab))
    assert Fraction(nothing["score"]) == 0


def test_the_command_says_what_is_public_and_what_is_private():
    done = subprocess.run(
        [sys.executable, "-m", "resnet_labs.cli", "release", "--help"], capture_output=True, text=True, check=True
    )
    text = " ".join(done.stdout.split())
    assert "FOLDER/public is for students" in text
    assert "FOLDER/private is for teachers only" in text

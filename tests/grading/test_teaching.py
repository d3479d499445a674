"""The teacher's page and the workflows of a release: every command is run, on a class of four."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from helpers.places import ROOT
from helpers.submitted import cell, solution
from helpers.time_limits import seconds

from resnet_labs.grading import sandbox

PAGE = (ROOT / "book" / "teaching.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
WORKFLOWS = ROOT / "resnet_labs" / "grading" / "workflows"
ENVIRONMENT = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def shell(command, folder, **environment):
    return subprocess.run(
        ["bash", "-e", "-c", command],
        cwd=folder,
        env=ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        timeout=seconds(900),
        check=False,
    )


def answered(notebook, *exercises):
    """Fill in the solution's answers to some exercises."""
    full = {each["id"]: each["source"] for each, _ in solution("04").code}
    for each in notebook["cells"]:
        if each["metadata"].get("exercise") in exercises and each["id"].startswith("answer"):
            cell(notebook, each["id"])["source"] = full[each["id"]]
    return json.dumps(notebook)


def rows(folder):
    with open(folder / "graded" / "gradebook.csv", encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_the_page_has_five_commands():
    assert len(COMMANDS) == 5
    assert all(command.startswith("resnet-labs ") for command in COMMANDS)


@pytest.mark.exhaustive
@pytest.mark.skipif(sandbox.tiers.detect()[0] is None, reason="this machine has no sandbox")
def test_the_commands_of_the_page_lead_from_the_lab_to_the_gradebook(tmp_path):
    doctor, release, receipt, grade, again = COMMANDS
    assert "sandbox for grading" in shell(doctor, tmp_path).stdout
    done = shell(release, tmp_path)
    assert done.returncode == 0, done.stderr
    public = (tmp_path / "course" / "public" / "lab04_flowers.ipynb").read_text()
    everything = ("04.1", "04.2", "04.3", "04.4", "04.5")
    (tmp_path / "submissions" / "ben").mkdir(parents=True)
    (tmp_path / "submissions" / "ann.ipynb").write_text(answered(json.loads(public), *everything))
    (tmp_path / "submissions" / "ben" / "my lab.ipynb").write_text(public)
    (tmp_path / "submissions" / "cy.ipynb").write_text("{")
    (tmp_path / "lab04_flowers.ipynb").write_text(answered(json.loads(public), "04.1", "04.4"))
    done = shell(receipt, tmp_path)
    assert done.returncode == 0, done.stderr
    shutil.move(tmp_path / "lab04_flowers.receipt.json", tmp_path / "submissions" / "di.receipt.json")
    done = shell(grade, tmp_path)
    assert done.returncode == 0, done.stderr
    found = rows(tmp_path)
    assert set(found) == {"ann", "ben", "cy", "di"}
    assert found["ann"]["score"] == found["ann"]["max"] != "0"
    assert Fraction(found["ben"]["score"]) == 0
    assert (found["cy"]["score"], "damaged" in found["cy"]["status"]) == ("", True)
    full = {exercise: Fraction(found["ann"][exercise]) for exercise in everything}
    assert {exercise: Fraction(found["di"][exercise]) for exercise in everything} == full | dict.fromkeys(
        ("04.2", "04.3", "04.5"), Fraction(0)
    )
    for name in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE):
        for part in re.findall(r"`(.+?)`", name):
            assert (tmp_path / "graded" / part.replace("<student>", "ann")).exists(), part
    results = tmp_path / "graded" / "results"
    before = {path.name: path.stat().st_mtime_ns for path in results.iterdir()}
    shutil.copy(tmp_path / "submissions" / "cy.ipynb", tmp_path / "submissions" / "ed.ipynb")
    done = shell(again, tmp_path)
    assert done.returncode == 0, done.stderr
    after = {path.name: path.stat().st_mtime_ns for path in results.iterdir()}
    assert {name for name in after if after[name] != before.get(name)} == {"ed.json"}
    assert rows(tmp_path)["ann"] == found["ann"]


def steps(name):
    (job,) = yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))["jobs"].values()
    return job["steps"]


def step(name, title):
    return next(each["run"] for each in steps(name) if each.get("name") == title)


@pytest.fixture
def recorded(tmp_path):
    """A folder first in PATH whose commands only write down how they were called."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("resnet-labs", "python", "pip", "sudo"):
        (folder / name).write_text(
            f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/calls\ncat {tmp_path}/says 2>/dev/null || true\n'
        )
        (folder / name).chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def calls(folder):
    return (folder / "calls").read_text().splitlines() if (folder / "calls").exists() else []


@pytest.mark.parametrize("zipped", [False, True])
def test_the_grading_workflow_calls_grade_on_a_folder_or_a_zip(tmp_path, recorded, zipped):
    (tmp_path / "private").mkdir()
    for stem in ("lab03_cats_vs_dogs", "lab04_flowers"):
        (tmp_path / "private" / f"{stem}.bundle.json").touch()
    (tmp_path / "submissions" / ("x" if zipped else "04")).mkdir(parents=True)
    done = shell(step("grade.yml", "Grade"), tmp_path, LAB="04", **recorded)
    assert done.returncode == 0, done.stderr
    source = "submissions/04.zip" if zipped else "submissions/04"
    bundle = "private/lab04_flowers.bundle.json"
    assert calls(tmp_path) == [f"resnet-labs grade {source} --lab 04 --bundle {bundle} --out graded/04 -j 2"]


@pytest.mark.parametrize("lab", ["4", "", "04; touch evil", "../x", "$(touch evil)", "004"])
def test_the_grading_workflow_takes_nothing_but_a_number(tmp_path, recorded, lab):
    done = shell(step("grade.yml", "Grade"), tmp_path, LAB=lab, **recorded)
    assert done.returncode == 2
    assert calls(tmp_path) == []
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    ("says", "status"), [("[ok]      sandbox for grading: x", 0), ("[missing] sandbox for grading", 1)]
)
def test_the_grading_workflow_stops_without_a_sandbox(tmp_path, recorded, says, status):
    (tmp_path / "says").write_text(says + "\n")
    assert shell(step("grade.yml", "Check the sandbox"), tmp_path, **recorded).returncode == status


def test_the_other_steps_run_as_shell(tmp_path, recorded):
    shell(step("grade.yml", "Install the sandbox"), tmp_path, **recorded)
    shell(step("grade.yml", "Install the grader"), tmp_path, **recorded)
    shell(step("self-check.yml", "Install the labs"), tmp_path, **recorded)
    (tmp_path / "lab04_flowers.ipynb").touch()
    shell(step("self-check.yml", "Run the notebooks and their checks"), tmp_path, **recorded)
    summary = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    shell(step("self-check.yml", "Say what this is"), tmp_path, **recorded, **summary)
    assert "not a grade" in (tmp_path / "summary").read_text()
    made = calls(tmp_path)
    assert "sudo apt-get install -y -qq --no-install-recommends bubblewrap" in made
    assert (
        sum(
            re.fullmatch(r"pip install --quiet resnet-labs\[grading\] @ git\+https\S+@v\S+", each) is not None
            for each in made
        )
        == 2
    )
    assert made[-1].startswith("python -m pytest -q --nbval-lax")
    assert made[-1].endswith("lab04_flowers.ipynb")


@pytest.mark.parametrize("name", ["grade.yml", "self-check.yml"])
def test_the_workflows_can_do_no_harm(name):
    """What actionlint would say first, for machines that do not have it."""
    text = (WORKFLOWS / name).read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    uses = re.findall(r"uses: (.+)", text)
    assert uses
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", one) for one in uses)
    assert workflow["permissions"] == ({} if name == "grade.yml" else {"contents": "read"})
    (job,) = workflow["jobs"].values()
    assert job.get("permissions", {"contents": "read"}) == {"contents": "read"}
    assert "secrets." not in text
    assert "pull_request_target" not in text
    assert not any("${{" in each.get("run", "") for each in job["steps"])
    checkout = next(each for each in job["steps"] if "checkout" in each.get("uses", ""))
    assert checkout["with"]["persist-credentials"] is False
    for each in job["steps"]:
        subprocess.run(["bash", "-n", "-c", each.get("run", ":")], check=True)


@pytest.mark.parametrize("tool", ["actionlint", "zizmor"])
@pytest.mark.parametrize("name", ["grade.yml", "self-check.yml"])
def test_linters_of_workflows_have_nothing_to_say(tool, name, tmp_path):
    program = shutil.which(tool) or shutil.which(tool, path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip(f"{tool} is not installed")
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    shutil.copy(WORKFLOWS / name, folder)
    options = ["--offline"] if tool == "zizmor" else []
    done = subprocess.run([program, *options, str(folder / name)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

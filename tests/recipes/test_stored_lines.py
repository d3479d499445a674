"""Every stored line is a run of its own, of a recipe of this repository, at a commit and on a date that there are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from resnet_labs import recipes, reports

STORED = sorted(path.stem for path in (Path(reports.__file__).parent / "evidence").glob("*.jsonl"))
ROOT = Path(__file__).parents[2]


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("experiment", STORED)
def test_no_two_lines_hold_the_same_run(experiment: str) -> None:
    lines = reports.evidence(experiment)
    runs = Counter(
        json.dumps([line.data["name"], line.settings, line.metrics, line.seconds], sort_keys=True) for line in lines
    )
    assert not [run for run, count in runs.items() if count > 1]
    # Two seeds never give the same losses, to the last bit.
    losses = Counter(loss for line in lines if (loss := line.metrics.get("train_loss")))
    assert not [loss for loss, count in losses.items() if count > 1]


@pytest.mark.parametrize("experiment", STORED)
def test_the_command_of_a_line_runs_its_experiment(experiment: str) -> None:
    for line in reports.evidence(experiment):
        if line.command.startswith("resnet-labs run digits"):
            assert experiment == "r1.digits"
            continue
        name = re.match(r"resnet-labs reproduce ([\w.]+) ", line.command)
        assert name, line.command
        assert experiment in {recipe.name for recipe in recipes.find(name[1])}


@pytest.mark.parametrize("experiment", STORED)
def test_the_commit_and_the_date_of_a_line_are_of_this_history(experiment: str) -> None:
    if not shutil.which("git") or git("rev-parse", "--is-shallow-repository").strip() != "false":
        pytest.skip("no git, or no history")
    first = date.fromisoformat(git("log", "--reverse", "--format=%cs").split()[0])
    for line in reports.evidence(experiment):
        assert git("cat-file", "-t", line.commit).strip() == "commit", line.commit
        assert first <= date.fromisoformat(line.date) <= date.today(), line.date

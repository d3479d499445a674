"""nbval's six unsafe behaviours: the same notebook passes, or fails for nothing, with nbval alone, and not here."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers import graded
from helpers.time_limits import seconds

from resnet_labs.grading import execute
from resnet_labs.grading.sandbox import Limits, detect

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.skipif(detect()[0] is None, reason="this machine has no sandbox"),
]
WRONG = "def ANSWER(x):\n    return 3 * x"
SWALLOWS = "import time\ntry:\n    time.sleep(600)\nexcept KeyboardInterrupt:\n    pass\n" + graded.RIGHT
TALKS = "print('x' * 3_000_000)\n" + graded.RIGHT
NEARLY = "def ANSWER(x):\n    return x * 0.2 * 10"
DIES = "import os\nos._exit(0)"
SECRET = "the number of this hidden case is 6.283185"


def made(answer: str, **changes: Any) -> dict[str, Any]:
    notebook = execute.with_keys(graded.notebook({"02.1": answer}), graded.keys({"02.1": answer}))
    notebook["cells"][-1] |= copy.deepcopy(changes)
    return notebook


def probe_source() -> str:
    return graded.notebook({"02.1": ""})["cells"][-1]["source"]


NOTEBOOKS = {
    "skip_comment": made(WRONG, source="# NBVAL_SKIP\n" + probe_source()),
    "tag": made(WRONG, metadata={"tags": ["nbval-skip"]} | made(WRONG)["cells"][-1]["metadata"]),
    "unrun": made(WRONG, execution_count=None, outputs=[]),
    "swallows": made(SWALLOWS),
    "talks": made(TALKS),
    "nearly": made(NEARLY),
    "dies": made(DIES),
    "hidden": made(WRONG, source=f"# {SECRET}\n" + probe_source()),
}


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bool], str]:
    """Whether nbval alone passes each notebook, and what it prints."""
    folder = tmp_path_factory.mktemp("stock")
    for name, notebook in NOTEBOOKS.items():
        Path(folder, f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "nbval.plugin", "-c", "/dev/null", "--noconftest", "-rA"]
    command += ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout", "2", "--color=no", "--rootdir", folder]
    for name in NOTEBOOKS:  # a check's output is compared
        path = Path(folder, f"{name}.ipynb")
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["cells"][-1]["metadata"].setdefault("tags", []).append("nbval-check-output")
        path.write_text(json.dumps(notebook), encoding="utf-8")
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "COLUMNS": "200"}
    done = subprocess.run(
        [*command, str(folder)], env=environment, capture_output=True, text=True, timeout=seconds(300), check=False
    )
    failed = set(re.findall(r"^FAILED .*?(\w+)\.ipynb", done.stdout, re.MULTILINE))
    return {name: name not in failed for name in NOTEBOOKS}, done.stdout


@pytest.fixture(scope="module")
def ours() -> tuple[dict[str, dict[str, Any]], str]:
    """The result of each notebook's check, all of them in one notebook, and what is printed."""
    whole = copy.deepcopy(NOTEBOOKS["nearly"]) | {"cells": [graded.cell("import math", "", "prelude")]}
    for place in (-2, -1):  # answers, then probes
        for number, (name, notebook) in enumerate(NOTEBOOKS.items()):
            cell = copy.deepcopy(notebook["cells"][place])
            cell["metadata"]["lab"]["id"] = name
            cell["source"] = cell["source"].replace("answer_0", f"answer_{number}")
            whole["cells"].append(cell)
    limits = Limits(**graded.LIMITS.__dict__ | {"cell_seconds": seconds(4)})
    lines, problem, log = execute.grade(whole, (), None, limits)
    assert not problem
    return {line["probe"]: line for line in lines if "probe" in line}, log


@pytest.mark.parametrize("name", ["skip_comment", "tag"])
def test_comments_and_tags_of_a_cell_do_not_switch_its_check_off(stock, ours, name):
    assert stock[0][name]
    assert ours[0][name]["status"] == "failed"


def test_a_check_without_a_reference_is_an_error_of_the_grader(stock, ours):
    assert stock[0]["unrun"]
    assert ours[0]["unrun"]["status"] == "grader error"


def test_a_cell_that_swallows_the_interrupt_has_overrun(stock, ours):
    assert stock[0]["swallows"]
    assert "answer swallows: timeout" in ours[1]
    assert "xpassed" not in ours[1]
    assert ours[0]["swallows"]["status"] == "passed", "its function is right, and was defined in spite of the interrupt"


def test_a_dead_kernel_is_noticed_at_once(stock, ours):
    assert "Timeout of 2 seconds" in stock[1]
    assert ours[0]["dies"]["status"] == "died"


def test_output_is_limited(stock, ours):
    assert stock[0]["talks"]
    assert ours[0]["talks"]["status"] == "output"


def test_numbers_are_compared_with_a_tolerance(stock, ours):
    assert not stock[0]["nearly"]
    assert ours[0]["nearly"]["status"] == "passed"


def test_nothing_of_a_hidden_check_is_printed(stock, ours):
    assert SECRET in stock[1]
    assert ours[0]["hidden"]["status"] == "failed"
    assert SECRET not in ours[1]

"""The threats of a running answer: each costs its own exercise and nothing else, and nothing gets out."""

from __future__ import annotations

import os
import socket
import subprocess

import pytest
from helpers import graded
from helpers.threats import ALONE, QUICK, SLOW
from helpers.time_limits import seconds

from resnet_labs.errors import InputError
from resnet_labs.grading import sandbox
from resnet_labs.grading.sandbox import Limits, tiers

pytestmark = pytest.mark.skipif(tiers.detect()[0] is None, reason="this machine has no sandbox")
LIMITS = Limits(**graded.LIMITS.__dict__ | {"cell_seconds": seconds(4), "total_seconds": seconds(400)})
HONEST = {"an honest answer before": graded.RIGHT, "an honest answer after": graded.RIGHT}


def outcomes(threats: dict[str, tuple[str, tuple[str, ...]]], tier: tiers.Tier | None = None) -> dict[str, str]:
    """Grade the answers between two honest ones; return what is wrong, by threat."""
    first, last = HONEST
    answers = {first: graded.RIGHT, **{name: answer for name, (answer, _) in threats.items()}, last: graded.RIGHT}
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        found = graded.graded(
            {name: text.replace("PORT", port) for name, text in answers.items()}, limits=LIMITS, tier=tier
        )
    right = {name: statuses for name, (_, statuses) in threats.items()} | dict.fromkeys(HONEST, ("passed",))
    wrong = {name: f"{one.status}: {one.reason}" for name, one in found.items() if one.status not in right[name]}
    wrong |= {name: f"{one.points} points" for name, one in found.items() if one.status == "failed" and one.points}
    return wrong


def test_threats_of_one_notebook(monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_GRADER", "1")
    assert outcomes(QUICK) == {}


def test_a_result_that_differs_the_second_time_is_flagged():
    name = "56 another result each time"
    one = graded.graded({name: QUICK[name][0]})[name]
    assert one.flaky
    assert one.status == "passed"


@pytest.mark.weekly
@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", ["1", "2", "3", "4", "5"])
def test_threats_that_take_time(kind):
    """By the first digit of their numbers."""
    assert outcomes({name: threat for name, threat in SLOW.items() if name.startswith(kind)}) == {}


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ALONE)
def test_threats_to_a_whole_notebook(name):
    answer, statuses = ALONE[name]
    own = f"98765{os.getpid()}"
    one = graded.graded({name: answer.replace("98765", own)}, limits=LIMITS)[name]
    assert one.status in statuses, (one.status, one.reason)
    assert subprocess.run(["pgrep", "-f", f"sleep {own}"], capture_output=True, check=False).returncode == 1


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "name", ["23 private memory", "23 shared memory", "24 forks", "24 a fork bomb", "26 full disk", "22 ask_exit"]
)
def test_threats_without_a_cgroup(name):
    tier = tiers.TIERS[2]
    if not tiers._works(tier):
        pytest.skip("bubblewrap does not work here")
    assert outcomes({name: SLOW[name]}, tier) == {}


def test_without_a_sandbox_nothing_runs(monkeypatch):
    monkeypatch.setattr(tiers, "detect", lambda: (None, "Install bubblewrap."))
    with pytest.raises(InputError, match="no sandbox"):
        sandbox.chosen()


def test_an_honest_answer_is_graded_the_same_without_a_sandbox():
    assert graded.graded({"02.1": graded.RIGHT}, tier=sandbox.TRUSTED)["02.1"].status == "passed"


def test_nothing_is_left_in_the_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    graded.graded({"02.1": "import os\nos._exit(1)"})
    assert os.listdir(tmp_path) == []

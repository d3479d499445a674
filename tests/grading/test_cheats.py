"""Answers that fit one example, take a library's own, or change what comparisons say never get all points."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from helpers.cheats import CHEATS
from helpers.places import TESTS
from helpers.probed import LABS
from helpers.time_limits import seconds


@pytest.mark.exhaustive
def test_no_cheat_gets_all_points_of_its_exercise():
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-m", "helpers.cheated"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds(600), check=False)
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout)
    assert len(outcomes) == sum(map(len, CHEATS.values()))
    assert [name for name, seen in outcomes.items() if not seen["refused"] and not seen["failed"]] == []
    by_values = [name for name, seen in outcomes.items() if seen["failed"]]
    assert len(by_values) > len(outcomes) / 2  # most fail by what they give, whatever the import rule says


def test_every_lab_has_five_cheats():
    for lab in LABS:
        assert sum(len(cheats) for exercise, cheats in CHEATS.items() if exercise.startswith(lab)) >= 5, lab

"""Threads of a busy machine: OpenMP spins briefly wherever resnet_labs is imported before torch, so in every lab."""

from __future__ import annotations

import ast
import os
import subprocess
import sys

import nbformat
import pytest
from helpers.places import LABS

LABS = sorted(LABS.rglob("lab*.ipynb"))
NAMES = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


def settings_after_import(**given: str) -> dict[str, str]:
    """Return the variables of OpenMP in a process that has imported resnet_labs."""
    script = f"import os, resnet_labs; print({{name: os.environ[name] for name in {NAMES} if name in os.environ}})"
    others = {name: value for name, value in os.environ.items() if name not in NAMES}
    done = subprocess.run(
        [sys.executable, "-c", script], env=others | given, capture_output=True, text=True, check=True
    )
    return ast.literal_eval(done.stdout)


def test_threads_spin_briefly_and_their_number_is_left_to_torch():
    assert settings_after_import() == {"GOMP_SPINCOUNT": "1000"}


@pytest.mark.parametrize(
    "given", [{"OMP_WAIT_POLICY": "passive"}, {"GOMP_SPINCOUNT": "7"}], ids=lambda it: next(iter(it))
)
def test_what_the_user_set_stays(given):
    assert settings_after_import(OMP_NUM_THREADS="3", **given) == {"OMP_NUM_THREADS": "3", **given}


@pytest.mark.parametrize("notebook", LABS, ids=lambda path: str(path.relative_to(LABS[0].parents[0])))
def test_a_lab_imports_the_package_before_torch(notebook):
    cells = nbformat.read(notebook, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    imported = [line.split()[1].split(".")[0] for line in code.splitlines() if line.startswith(("import ", "from "))]
    assert imported.index("resnet_labs") < imported.index("torch") if "torch" in imported else True

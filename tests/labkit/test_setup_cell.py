"""On Colab a lab's setup cell installs the package; if pip fails, the cell stops there and says so."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
from helpers.places import ROOT
from helpers.time_limits import seconds

from resnet_labs.labkit.address import read_address
from resnet_labs.labkit.build import outputs

RUN = """
import json, sys, types
from IPython.core.interactiveshell import InteractiveShell

sys.modules["google.colab"] = types.ModuleType("google.colab")
done = InteractiveShell.instance().run_cell(sys.argv[1])
error = done.error_in_exec or done.error_before_exec
print("\\n" + json.dumps([type(error).__name__, str(error), "resnet_labs" in sys.modules]))
"""


@pytest.fixture
def setup_cell(tmp_path):
    source = tmp_path / "labs" / "solutions" / "lab02_minimal.py"
    source.parent.mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "labkit" / "lab02_minimal.txt", source)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    notebook = json.loads(outputs(source, tmp_path)[tmp_path / "labs" / "lab02_minimal.ipynb"])
    text = next("".join(cell["source"]) for cell in notebook["cells"] if "setup" in cell["metadata"].get("tags", []))
    end = "import resnet_labs"
    return text[: text.index(end) + len(end)]


def run(cell):
    command = [sys.executable, "-c", RUN, cell]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds(600), check=True)
    return done.stdout, json.loads(done.stdout.splitlines()[-1])


def test_a_pip_that_fails_stops_the_cell_with_a_sentence(setup_cell):
    said, (kind, message, imported) = run(setup_cell.replace(read_address(ROOT).pip, "./nowhere"))
    assert (kind, imported) == ("RuntimeError", False)
    assert message == "pip could not install resnet_labs, and says why above."
    assert "./nowhere" in said  # pip's own words


def test_a_pip_that_succeeds_goes_on(setup_cell):
    assert run(setup_cell.replace(read_address(ROOT).pip, "pip"))[1] == ["NoneType", "None", True]

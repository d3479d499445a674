"""Labs run in the Python that runs the command, whatever kernels are installed; `doctor` names both."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv

import nbformat
import pytest

from resnet_labs import cli, doctor
from resnet_labs.doctor import kernel
from resnet_labs.labs import Lab

OTHER = {"argv": ["/usr/bin/python3", "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "Other"}
OTHER |= {"language": "python"}
FOREIGN = {
    "another Python": json.dumps(OTHER),
    "a Python that is gone": json.dumps(OTHER | {"argv": ["/gone/bin/python", *OTHER["argv"][1:]]}),
    "a program that is no Python": json.dumps(OTHER | {"argv": ["/bin/false"]}),
    "another language": json.dumps(OTHER | {"argv": ["R", "--slave"], "language": "R"}),
    "no command": json.dumps(OTHER | {"argv": []}),
    "cut short": json.dumps(OTHER)[:30],
    "not an object": "[]",
    "fields of another kind": json.dumps(OTHER | {"argv": 7}),
    "another encoding": json.dumps(OTHER).encode("utf-16"),
}


@pytest.fixture(params=["JUPYTER_PATH", "user"])
def install(request, tmp_path, monkeypatch):
    """A function that installs a kernel `python3` where Jupyter looks before it looks into this Python."""
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    for name in ("JUPYTER_PATH", "JUPYTER_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv({"JUPYTER_PATH": "JUPYTER_PATH", "user": "JUPYTER_DATA_DIR"}[request.param], str(tmp_path / "j"))

    def put(text):
        folder = tmp_path / "j" / "kernels" / "python3"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "kernel.json").write_bytes(text if isinstance(text, bytes) else text.encode())
        return folder

    return put


def lab_of(monkeypatch, tmp_path, source):
    monkeypatch.chdir(tmp_path)
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    made.metadata["kernelspec"] = {"name": "somebody_s", "display_name": "Somebody's", "language": "python"}
    nbformat.write(made, tmp_path / "lab.ipynb")
    monkeypatch.setattr(Lab, "notebook", property(lambda self: tmp_path / "lab.ipynb"))


@pytest.mark.parametrize("name", ["another Python", "a Python that is gone", "cut short"])
def test_a_lab_runs_in_this_python_whatever_kernel_is_installed(install, name, tmp_path, monkeypatch, capsys):
    install(FOREIGN[name])
    lab_of(monkeypatch, tmp_path, "import sys\nraise LookupError(sys.executable + ' ' + sys.prefix)")
    cli.main(["run", "digits"])
    assert f"resnet-labs: {sys.executable} {sys.prefix}\n" in capsys.readouterr().err


def test_a_kernel_that_does_not_start_is_a_sentence(tmp_path, monkeypatch, capsys):
    lab_of(monkeypatch, tmp_path, "1")
    (tmp_path / "shadow").mkdir()
    (tmp_path / "shadow" / "ipykernel_launcher.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "shadow"))
    assert cli.main(["run", "digits"]) == 2
    said = capsys.readouterr().err
    assert "resnet-labs: The notebook's kernel did not start: " in said
    assert "bug in resnet-labs" not in said


def test_the_connection_file_is_not_left_behind(tmp_path, monkeypatch):
    runtime = tmp_path / "runtime"
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    lab_of(monkeypatch, tmp_path, "raise LookupError")
    assert cli.main(["run", "digits"]) == 2
    assert not runtime.exists() or list(runtime.iterdir()) == []
    assert [path for path in (tmp_path / "temporary").iterdir() if path.name.startswith("tmp")] == []


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_doctor_says_which_python_the_kernel_has(install, text, monkeypatch, tmp_path, capsys):
    folder = install(text)
    monkeypatch.setattr(doctor, "_data_sets", lambda root: [])
    assert cli.main(["doctor"]) == 1
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "Jupyter kernel" in line]
    assert line.startswith("[missing] Jupyter kernel python3: ")
    assert f"{sys.executable} -m ipykernel install" in line
    assert "delete" not in line.lower()
    try:
        command = json.loads(text if isinstance(text, str) else "")["argv"][0]
    except (ValueError, LookupError, TypeError):
        return
    assert f"in '{folder}', runs {command}" in line
    assert f", but this command runs {sys.executable}." in line


@pytest.mark.parametrize(
    "command", ["python", "python3", sys.executable, os.path.join(os.path.dirname(sys.executable), "python")]
)
def test_doctor_is_content_with_this_python_by_whatever_name(install, command):
    install(json.dumps(OTHER | {"argv": [command, *OTHER["argv"][1:]]}))
    fine, seen, _ = kernel.examine()
    assert fine, seen


def test_an_environment_on_the_same_python_is_another(install, tmp_path):
    venv.create(tmp_path / "environment", symlinks=True, with_pip=False)
    python = tmp_path / "environment" / "bin" / "python"
    if not python.exists():
        pytest.skip("environments lie otherwise on this system")
    install(json.dumps(OTHER | {"argv": [str(python), *OTHER["argv"][1:]]}))
    fine, seen, _ = kernel.examine()
    assert not fine
    assert str(python) in seen


def test_doctor_runs_no_program_that_is_no_python(install, tmp_path):
    for name in ("launcher", "conda"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        program.chmod(0o755)
        install(json.dumps(OTHER | {"argv": [str(program)]}))
        assert not kernel.examine()[0]
    assert not (tmp_path / "ran").exists()


COMMAND = """
import sys
from pathlib import Path
from resnet_labs import cli
from resnet_labs.labs import Lab
Lab.notebook = property(lambda self: Path("lab.ipynb"))
sys.exit(cli.main(["run", "digits"]))
"""


@pytest.mark.parametrize("place", ["JUPYTER_PATH", "JUPYTER_RUNTIME_DIR", "HOME"])
def test_the_command_needs_nothing_of_jupyter_s_folders(place, tmp_path, monkeypatch):
    lab_of(monkeypatch, tmp_path, "import sys\nraise LookupError(sys.prefix)")
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(FOREIGN["another Python"])
    environment = os.environ | {place: str(tmp_path) if place == "JUPYTER_PATH" else "/dev/null/nowhere"}
    for name in ("JUPYTER_DATA_DIR", "XDG_DATA_HOME"):
        environment.pop(name, None)
    done = subprocess.run([sys.executable, "-c", COMMAND], env=environment, capture_output=True, text=True, check=False)
    assert f"\nresnet-labs: {sys.prefix}\n" in done.stderr
    assert "resnet_labs/cli.py" not in done.stderr  # no traceback of ours; the kernel's socket library may log its own
    (kept,) = (tmp_path / "runs").rglob("notebook.ipynb")
    assert nbformat.read(kept, as_version=4).cells[0].outputs

"""What is missing is told before anything starts: one list, each with what to do, and exit status 2."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.places import ROOT

from resnet_labs import cli
from resnet_labs.gpu_hour import blocks, needs, trips

PACKAGE = ROOT / "resnet_labs"
GOOD = {"version": "2.11.0+cu130", "cuda": "13.0", "there": True, "name": "NVIDIA H100", "free": 80 * 10**9}


def said(monkeypatch, facts, status=0, err=""):
    """Let the process that asks about the device give these facts."""
    out = facts if isinstance(facts, str) else json.dumps(facts)
    done = subprocess.CompletedProcess([], status, out, err)
    monkeypatch.setattr(needs.subprocess, "run", lambda *args, **kwargs: done)
    return needs.device()


def test_a_gpu_with_torch_2_11_and_cuda_13_lacks_nothing(monkeypatch):
    assert said(monkeypatch, GOOD) == ([], "torch 2.11.0+cu130, CUDA 13.0, NVIDIA H100, 80.0 GB free")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"version": "2.5.1"}, "torch is 2.5.1."),
        ({"version": "1.13.0a0+git"}, "torch is 1.13.0a0+git."),
        ({"there": False}, "torch finds no CUDA device."),
        ({"there": False, "cuda": None, "version": "2.11.0+cpu"}, "torch 2.11.0+cpu was built without CUDA."),
    ],
)
def test_a_device_that_does_not_do(monkeypatch, changes, problem):
    (need,), _ = said(monkeypatch, GOOD | changes)
    assert (need.what, need.required) == (problem, True)
    assert need.fix


def test_little_free_memory_is_told_and_stops_nothing(monkeypatch):
    (need,), _ = said(monkeypatch, GOOD | {"free": 10**10})
    assert not need.required
    assert "10.0 GB" in need.what
    assert "--blocks" in need.fix


@pytest.mark.parametrize(("out", "err"), [("", "ImportError: libcudart.so.13"), ("no json", "Boom"), ("", "")])
def test_torch_that_cannot_be_imported(monkeypatch, out, err):
    (need,), about = said(monkeypatch, out, 1, err)
    assert need.what == f"torch cannot be imported: {err or 'it said nothing'}."
    assert about == ""


def test_the_question_about_the_device_is_answered_here():
    _, about = needs.device()
    assert about.startswith("torch ")


def test_a_full_disk_and_a_folder_that_cannot_be_written(monkeypatch, tmp_path):
    assert needs.disk(tmp_path / "new" / "runs") == []
    with monkeypatch.context() as patch:
        patch.setattr(needs.shutil, "disk_usage", lambda place: type("Usage", (), {"free": 10**9}))
        (need,) = needs.disk(tmp_path)
        assert "1.0 GB are free" in need.what
    monkeypatch.setattr(needs.os, "access", lambda place, mode: False)
    (need,) = needs.disk(tmp_path)
    assert "cannot be written" in need.what


def hide(monkeypatch, *modules):
    find = needs.find_spec
    monkeypatch.setattr(needs, "find_spec", lambda name: None if name in modules else find(name))


def test_the_command_lists_all_that_is_missing_and_exits_with_2(monkeypatch, tmp_path, capsys):
    hide(monkeypatch, "jaxtyping", "sklearn")
    monkeypatch.setattr(needs.shutil, "disk_usage", lambda place: type("Usage", (), {"free": 10**9}))
    monkeypatch.setattr(needs, "device", lambda: pytest.fail("torch was looked at"))
    assert cli.main(["gpu", "--runs", str(tmp_path / "gpu")]) == 2
    shown = capsys.readouterr()
    listed = shown.out.splitlines()
    assert [line.split(". ")[0] for line in listed[:2]] == [
        "[missing]  The package scikit-learn is not here",
        "[missing]  The package jaxtyping is not here",
    ]
    assert "pip install --no-deps --target brought jaxtyping" in listed[1]
    assert "1.0 GB are free" in listed[2]
    assert shown.err == "resnet-labs: 3 things are missing, so nothing was started. Each line above says what to do.\n"
    assert not (tmp_path / "gpu").exists()


def test_the_command_names_missing_data_for_each_block_with_the_trip(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(needs, "device", lambda: ([], "a GPU"))
    monkeypatch.delenv("RESNET_LABS_DATA", raising=False)
    (tmp_path / "data").mkdir()
    options = ["--runs", str(tmp_path / "gpu"), "--data-root", str(tmp_path / "data")]
    assert cli.main(["gpu", "--blocks", "3", "5", *options]) == 2
    shown = capsys.readouterr()
    missing = ["mnist", "tiny_imagenet_last_100", "cifar10", "flowers", "tiny_imagenet_last_100", "cats_vs_dogs"]
    assert [line.split("the data set ")[1].split(".")[0] for line in shown.out.splitlines()] == missing
    assert "--trip 5b" in shown.out
    assert "6 things are missing" in shown.err


def test_a_missing_gpu_and_missing_data_are_in_one_list(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(needs, "device", lambda: ([needs.Need("torch finds no CUDA device.", "Look.")], ""))
    (tmp_path / "data").mkdir()
    options = ["--runs", str(tmp_path / "gpu"), "--data-root", str(tmp_path / "data"), "--blocks", "3"]
    assert cli.main(["gpu", *options]) == 2
    shown = capsys.readouterr()
    assert "no CUDA device" in shown.out
    assert "the data set mnist" in shown.out
    assert shown.err.startswith("resnet-labs: 2 things are missing")
    assert not (tmp_path / "gpu").exists()


def test_what_only_some_lines_need_is_left_out_with_a_sentence(monkeypatch):
    assert all(not need.required for need in needs.optional())
    hide(monkeypatch, "timm", "pytest")
    monkeypatch.setattr(needs.shutil, "which", lambda name: None)
    left_out = " ".join(map(str, needs.optional()))
    assert "The rows against it are left out" in left_out
    assert "The `gpu` tests are left out" in left_out
    assert "Compiled rows are left out" in left_out
    rows = blocks.speed.parts()[0].benchmarks
    assert not [name for name in rows if "timm" in name or "compiled" in name]
    assert "gpu tests" not in blocks.checks.part().checks


def test_an_unknown_block_or_option_that_would_be_ignored(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(needs, "device", lambda: ([], "a GPU"))
    for options, problem in (
        (["--blocks", "7"], "There is no block '7'"),
        (["--plan", "--blocks", "5c"], "There is no block '5c'"),
        (["--dry-run", "--data-root", str(tmp_path)], "--dry-run makes its own images"),
        (["--dry-run", "--packed", "x"], "--dry-run makes its own images"),
        (["--packed", str(tmp_path / "none")], "There is no pack"),
    ):
        assert cli.main(["gpu", *options, "--runs", str(tmp_path / "gpu")]) == 2
        assert problem in capsys.readouterr().err


def test_the_modules_that_are_looked_for_are_those_that_are_imported():
    """Everything that the blocks import, directly or through the package, is in the list, and nothing else is."""
    seen, waiting, outside = set(), [PACKAGE / "gpu_hour" / "turn.py", PACKAGE / "gpu_hour" / "command.py"], set()
    waiting += [PACKAGE / "gpu_hour" / "trips.py", PACKAGE / "gpu_hour" / "dry.py"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in imported(path):
            if name.split(".")[0] != "resnet_labs":
                outside.add(name.split(".")[0])
                continue
            parts = name.split(".")[1:]
            for end in range(len(parts) + 1):
                place = PACKAGE.joinpath(*parts[:end])
                waiting += [file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file()]
    wanted = outside - sys.stdlib_module_names
    lazily = {"sklearn", "scipy", "torchvision"}  # within the functions that need them: silhouettes, intervals, grey
    assert wanted | lazily == {*needs.MODULES} | {"scipy"}


def imported(path: Path) -> set[str]:
    """Return what a module imports when it is imported itself."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_the_check_itself_imports_nothing_that_may_be_missing():
    script = "import sys; from resnet_labs.gpu_hour import command; print(sorted({*sys.modules} & {*%r}))"
    done = subprocess.run(
        [sys.executable, "-c", script % [*needs.MODULES]], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


def test_a_checkout_that_is_not_installed_can_be_imported_and_names_the_versions_that_are_here():
    script = (
        "from importlib import metadata\n"
        "version = metadata.version\n"
        "def hidden(name):\n"
        "    if name in ('resnet-labs', 'umap-learn'):\n"
        "        raise metadata.PackageNotFoundError(name)\n"
        "    return version(name)\n"
        "metadata.version = hidden\n"
        "import resnet_labs\n"
        "from resnet_labs import runtime\n"
        "found = runtime.versions()\n"
        "assert found['resnet-labs'] == resnet_labs.__version__ == version('resnet-labs'), found\n"
        "assert 'umap-learn' not in found and 'torch' in found\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_data_that_were_changed_since_they_were_unpacked_are_named(monkeypatch, tmp_path):
    from resnet_labs.errors import InputError

    def changed(root, name):
        raise InputError(f"{name} was changed.", "Unpack it again.")

    monkeypatch.setattr(trips, "here", lambda name, root: name)
    monkeypatch.setattr(trips.packed, "check", changed)
    (block,) = blocks.chosen(["3"])
    assert [need.what for need in trips.needs_of(block, tmp_path)] == ["mnist was changed."]

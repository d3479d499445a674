"""How a lab's notebook is executed: its progress in a terminal and on a pipe, and how it is stopped."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import termios
from pathlib import Path

import nbformat
import pytest
from helpers.time_limits import seconds

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals and signals of POSIX")

COMMAND = """
import signal, sys
from pathlib import Path
from resnet_labs import cli, progress
from resnet_labs.labs import Lab
signal.signal(signal.SIGINT, signal.default_int_handler)
Lab.notebook = property(lambda self: Path("planted.ipynb"))
progress.measured = lambda lab: {"Setup 1": {"seconds": 1, "fits": 0}, "Experiment 1": {"seconds": 8, "fits": 2}}
sys.exit(cli.main(["run", "digits"]))
"""
EPOCHS = "for fit in '12':\n    for epoch in '123': print(f'epoch {epoch}/3  loss 0.{fit}{epoch}', flush=True)"


def plant(folder: Path, *sources: str) -> None:
    """Write a notebook whose markdown cells begin with a hash and a space."""
    cells = [(nbformat.v4.new_markdown_cell if s[0] == "#" else nbformat.v4.new_code_cell)(s) for s in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "planted.ipynb")


def start(folder: Path, stderr: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND], cwd=folder, stdout=subprocess.DEVNULL, stderr=stderr, text=True
    )


def on_a_terminal(folder: Path) -> str:
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (24, 100))
    with start(folder, follower) as process:
        os.close(follower)
        said = b""
        try:
            while part := os.read(leader, 4096):
                said += part
        except OSError:  # how Linux says that the other end is closed
            pass
        process.wait(timeout=seconds(1800))
    os.close(leader)
    return said.decode()


def on_a_pipe(folder: Path) -> str:
    with start(folder, subprocess.PIPE) as process:
        return process.communicate(timeout=seconds(1800))[1]


LAB = ("# A lab", "## Setup", "x = 1", "## Experiment", EPOCHS, "## Idea", "y = 2")


def test_a_terminal_gets_a_bar_that_moves_by_epochs(tmp_path: Path) -> None:
    plant(tmp_path, *LAB)
    shown = on_a_terminal(tmp_path).split("\r")
    assert any("epoch 1/3 loss 0.11" in text for text in shown)
    assert any("epoch 3/3 loss 0.23" in text for text in shown)
    percents = [int(text.split("%")[0].split()[-1]) for text in shown if "%|" in text]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert len({percent for percent in percents if 10 < percent < 94}) >= 4  # the six epochs of the second cell


def test_a_pipe_gets_plain_lines_and_nothing_is_redrawn(tmp_path: Path) -> None:
    plant(tmp_path, *LAB)
    said = on_a_pipe(tmp_path)
    assert "\r" not in said
    lines = [line.split("] ")[-1].strip() for line in said.splitlines()]
    epochs = [f"epoch {epoch}/3  loss 0.{fit}{epoch}" for fit in (1, 2) for epoch in (1, 2, 3)]
    assert lines[:10] == ["lab02_digits", "Setup", "Experiment", *epochs, "Idea"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_a_lab_that_is_interrupted_ends_its_kernel_and_says_where_its_notebook_is(number: int, tmp_path: Path) -> None:
    plant(tmp_path, "print('first')", "print('epoch 1/2')\nimport time\nfor _ in range(10**6): time.sleep(1)")
    with start(tmp_path, subprocess.PIPE) as process:
        assert process.stderr is not None
        said = ""
        while "epoch 1/2" not in said:
            part = process.stderr.read(1)
            assert part, said
            said += part
        process.send_signal(number)
        said += process.communicate(timeout=seconds(1800))[1]
    assert process.returncode == 130
    assert "resnet-labs: interrupted." in said
    assert "fault" not in said
    (kept,) = tmp_path.glob("runs/02_digits/*/notebook.ipynb")
    assert f"What ran before is in {kept.relative_to(tmp_path)}." in said
    assert nbformat.read(kept, as_version=4).cells[0].outputs[0].text == "first\n"

"""Turns of blocks: each ends after its limit, goes on from the lines, and a failure stops no other block."""

from __future__ import annotations

import sys
import time

import pytest

from resnet_labs.gpu_hour import turns
from resnet_labs.gpu_hour.blocks import Block
from resnet_labs.gpu_hour.parts import Hour
from resnet_labs.gpu_hour.turns import Ended


class Pretended(Block):
    """A block whose turns each write so many lines and end with a status."""

    def __init__(self, name: str, left: int, turns: list[tuple[int, int | None]]) -> None:
        self.__dict__ |= {"name": name, "left": left, "turns": turns, "title": "a block"}

    def missing(self, hour: Hour) -> int:
        return self.left


@pytest.fixture
def run(monkeypatch, tmp_path):
    def turn(block, hour, limit):
        lines, status = block.turns.pop(0)
        block.__dict__["left"] -= lines
        order.append(block.name)
        return Ended(status, 1.0, "the last line")

    order: list[str] = []
    monkeypatch.setattr(turns, "_turn", turn)

    def call(*blocks):
        said: list[str] = []
        whole = turns.run_all(blocks, Hour(tmp_path), limit=240.0, say=said.append)
        return whole, order, said

    return call


def test_every_block_has_a_turn_before_any_has_a_second(run):
    whole, order, _ = run(Pretended("1", 3, [(2, None), (1, 0)]), Pretended("2", 1, [(1, 0)]))
    assert (whole, order) == (True, ["1", "2", "1"])


def test_a_finished_block_has_no_turn(run):
    whole, order, said = run(Pretended("1", 0, []), Pretended("2", 1, [(1, 0)]))
    assert (whole, order) == (True, ["2"])
    assert said[0] == "block 1: nothing is missing"


def test_a_block_that_fails_after_a_line_goes_on_and_the_command_says_that_something_failed(run):
    whole, order, said = run(Pretended("1", 3, [(1, 2), (2, 0)]), Pretended("2", 1, [(1, 0)]))
    assert (whole, order) == (False, ["1", "2", "1"])
    assert "block 1: it stopped with status 2: the last line" in said


def test_a_block_that_fails_without_a_line_has_no_other_turn_and_the_others_go_on(run):
    whole, order, said = run(Pretended("1", 3, [(0, 2)]), Pretended("2", 1, [(1, 0)]))
    assert (whole, order) == (False, ["1", "2"])
    assert "block 1: there was no new line; it gets no other turn" in said


def test_a_block_whose_lines_are_not_all_there_although_it_ended_has_no_turn_without_an_end(run):
    assert run(Pretended("1", 3, [(1, 0), (0, 0)]))[:2] == (False, ["1", "1"])


def test_a_block_that_makes_no_line_twice_has_no_other_turn(run):
    """Once may be a long run, which goes on from its checkpoint."""
    whole, order, said = run(Pretended("1", 2, [(0, None), (1, None), (0, None), (0, None)]))
    assert (whole, order) == (False, ["1"] * 4)
    assert said[-1].endswith("there was no new line; it gets no other turn")


@pytest.mark.parametrize(
    "script", ["import time; time.sleep(60)", "import signal, time; signal.signal(15, 1); time.sleep(60)"]
)
def test_a_turn_ends_at_its_limit_with_all_that_it_started(monkeypatch, tmp_path, script):
    started = []
    popen = turns.subprocess.Popen
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {script!r}])"

    def start(command, **options):
        started.append(popen([sys.executable, "-c", nested], **options))
        return started[-1]

    monkeypatch.setattr(turns.subprocess, "Popen", start)
    before = time.monotonic()
    ended = turns._turn(Pretended("s", 1, []), Hour(tmp_path), turns._GRACE + 0.5)
    assert ended.status is None
    assert time.monotonic() - before < 30
    assert started[0].poll() is not None


def test_a_turn_of_an_unknown_block_says_why(tmp_path):
    from resnet_labs.gpu_hour import turn

    assert turn.main("9", str(tmp_path), "", "") == 2


def test_a_turn_ends_when_the_process_that_started_it_is_gone(monkeypatch):
    from resnet_labs.gpu_hour import turn

    class Ended(Exception):
        pass

    def end(status):
        raise Ended

    parents = iter([5, 5, 1])
    monkeypatch.setattr(turn.os, "getppid", lambda: next(parents))
    monkeypatch.setattr(turn.os, "_exit", end)
    monkeypatch.setattr(turn.time, "sleep", lambda seconds: None)
    with pytest.raises(Ended):
        turn._end_with(5)

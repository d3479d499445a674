"""The blocks in turns: each turn is a process that ends after its limit, and the next one goes on from the lines."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from resnet_labs.gpu_hour.blocks import Block
from resnet_labs.gpu_hour.parts import Hour

_GRACE = 5.0  # seconds of a turn that are kept for its end

Say = Callable[[str], object]


@dataclass(frozen=True)
class Ended:
    """How a turn ended: its status, None if its time was up."""

    status: int | None
    seconds: float
    said: str


def run_all(blocks: Sequence[Block], hour: Hour, *, limit: float, say: Say) -> bool:
    """Give every block a turn, again and again until nothing is missing; return whether that was reached.

    A block that ends without a new line gets no other turn, and neither does one whose time was up twice without one.
    """
    waiting, without_a_line, all_fine = list(blocks), dict.fromkeys((block.name for block in blocks), 0), True
    while waiting:
        for block in list(waiting):
            before = block.missing(hour)
            if not before:
                say(f"block {block.name}: nothing is missing")
                waiting.remove(block)
                continue
            say(f"block {block.name}: {block.title}; {before} lines are missing")
            ended = _turn(block, hour, limit)
            left = block.missing(hour)
            say(f"block {block.name}: {before - left} lines in {ended.seconds:.0f} s, {left} are missing")
            if ended.status:
                all_fine = False
                say(f"block {block.name}: it stopped with status {ended.status}: {ended.said}")
            without_a_line[block.name] = 0 if left < before else without_a_line[block.name] + 1
            turns_left = 0 if not left else 1 if ended.status is not None else 2  # without a line, a long run may go on
            if without_a_line[block.name] >= turns_left:
                waiting.remove(block)
                if left:
                    say(f"block {block.name}: there was no new line; it gets no other turn")
    return all_fine and not any(block.missing(hour) for block in blocks)


def _turn(block: Block, hour: Hour, limit: float) -> Ended:
    """Run a block until it ends or its time is up; what it prints goes into a file beside its lines."""
    hour.folder.mkdir(parents=True, exist_ok=True)
    log = hour.folder / f"block_{block.name}.log"
    words = [block.name, str(hour.folder), str(hour.root or ""), "dry" if hour.is_dry else ""]
    command = [sys.executable, "-m", "resnet_labs.gpu_hour.turn", *words]
    own = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    if hour.is_dry:  # networks that were pretrained on noise
        own["RESNET_LABS_CACHE"] = str(hour.folder / "cache")
    started = time.perf_counter()
    with log.open("a", encoding="utf-8") as said:
        child = subprocess.Popen(command, stdout=said, stderr=said, env=os.environ | own, start_new_session=True)
        try:
            status: int | None = child.wait(timeout=limit - _GRACE)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            _end(child)
    return Ended(status, time.perf_counter() - started, _last_line(log))


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a process and those that it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"

"""What a fresh process needs: the time of an import, and peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from resnet_labs import runtime
from resnet_labs.bench.rows import Absent, Effort, Measure, Row, against, peer
from resnet_labs.bench.training import RATE, fit_loop, network, plain_loop, random_batches
from resnet_labs.bench.triplets import differentiated, embedded, loss_of
from resnet_labs.train import TrainConfig


def imports(effort: Effort) -> Iterator[Row]:
    """Time the import of the package, and of all its public names, against that of torch."""
    cases = (
        ("import resnet_labs", "import torch", 1 / 1.05),
        ("import torch; from resnet_labs import *", "import torch, torchvision", None),
    )
    for ours, theirs, target in cases:
        row = Row(name="import", what=f"{ours}, in a fresh process", peer=theirs, target=target)
        yield against(row, partial(_import_time, ours), partial(_import_time, theirs), effort)


def _import_time(statement: str) -> Measure:
    script = f"import time; start = time.perf_counter(); {statement}; print(1000 * (time.perf_counter() - start))"
    in_fresh_process(script)  # fills the system's file cache
    return partial(in_fresh_process, script)


def memory(effort: Effort, *, batch: int = 128, size: int = 32, rows: int = 1024, features: int = 512) -> Iterator[Row]:
    """Compare how much memory a training step, and the triplet loss over all triplets, add to a process."""
    for precision, settings in (("auto", "automatic settings"), ("fp32", "fp32, contiguous")):
        step = Row(
            name="memory",
            what=f"peak memory of training steps of ResNet-18, 3x3 stem, {size} px, batch {batch}: fit's {settings}",
            peer="torchvision in a plain fp32 loop",
            target=1.0,
            precision=runtime.choose_precision(precision, runtime.default_device()),
            unit="MiB",
        )
        yield _compared(step, "torchvision", f"step_peak({{!r}}, {precision!r}, {batch}, {size})", effort)
    loss = Row(
        name="memory",
        what=f"peak memory of the triplet loss, mining 'all', {rows} rows of {features}, forward and backward",
        peer="pytorch-metric-learning",
        target=1.0,
        unit="MiB",
    )
    yield _compared(loss, "pytorch_metric_learning", f"triplet_peak({{!r}}, {rows}, {features})", effort)


def _compared(row: Row, package: str, call: str, effort: Effort) -> Row:
    few = replace(effort, rounds=min(effort.rounds, 3))  # a fresh process each, and memory hardly varies
    return against(row, partial(_child, "resnet_labs", call), partial(_child, package, call), few)


def _child(package: str, call: str) -> Measure:
    if package != "resnet_labs":
        peer(package)
    _peak()  # raises where it is unknown
    return partial(in_fresh_process, f"from resnet_labs.bench import fresh; print(fresh.{call.format(package)})")


def step_peak(package: str, precision: str, batch: int, size: int) -> float:
    """Return the MiB that three training steps add to this process: with `fit` for our network, a loop for others."""
    device = runtime.default_device()
    layout = "auto" if precision == "auto" else False
    config = TrainConfig(epochs=1, learning_rate=RATE, precision=precision, channels_last=layout)

    def train(batch: int) -> None:
        model = network(package, "resnet18", small=True).to(device)
        batches = random_batches(batch, size, 3, device)
        if package == "resnet_labs":
            fit_loop(model, batches, config)
        else:
            plain_loop(model, batches)

    return _added(lambda: train(2), lambda: train(batch))


def triplet_peak(package: str, rows: int, features: int) -> float:
    """Return the MiB that the loss over all triplets and its gradient add to this process."""
    loss = loss_of(package, "all")
    embeddings, labels = embedded(rows, features)
    return _added(lambda: differentiated(loss, *embedded(8, 8)), lambda: differentiated(loss, embeddings, labels))


def _added(warm_up: Callable[[], object], work: Callable[[], object]) -> float:
    """Return the MiB by which the peak of some work exceeds what the process held before."""
    warm_up()
    before = _held()
    work()
    return (_peak() - before) / 2**20


def _held() -> int:
    return torch.cuda.memory_allocated() if torch.cuda.is_available() else _status("VmRSS")


def _peak() -> int:
    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else _status("VmHWM")


def _status(name: str) -> int:
    """Return the bytes in a line of this process's status on Linux.

    The peak of `getrusage` does not work: a process inherits that of its parent.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise Absent("the peak of a process's memory is known on Linux only") from error
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def in_fresh_process(script: str) -> float:
    """Return the number that a script prints last."""
    # Otherwise glibc keeps some large freed blocks, more of them the longer a process runs.
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": str(2**20)}
    done = subprocess.run(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True, env=environment
    )
    return float(done.stdout.split()[-1])

"""Estimated minutes of each part on an H100: counted work over an assumed rate. These are no measurements."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from torch import nn

from resnet_labs import resnet
from resnet_labs.bench.training import network
from resnet_labs.data.catalogue import ENTRIES
from resnet_labs.doctor.jobs import all_jobs
from resnet_labs.doctor.operations import OPERATIONS
from resnet_labs.gpu_hour import speed
from resnet_labs.gpu_hour.blocks import Block
from resnet_labs.gpu_hour.parts import Facts, Part, Rows, Searched, Series
from resnet_labs.recipes import Recipe
from resnet_labs.recipes._fine_tuned import OTHER_CLASSES
from resnet_labs.recipes._stand_ins import STAND_INS

# NVIDIA's data sheet of the H100 SXM: operations per second without sparsity. Recipes forbid TF32.
PEAK = {"fp32": 67e12, "auto": 989e12}
# Assumed, not measured.
SHARE = {"fp32": 0.35, "auto": 0.25}  # of the peak
LAUNCH = 15e-6  # seconds of a layer in one pass, if its kernel is shorter than its launch
RUN = 3.0  # seconds of a run besides its steps: loading, judging, its line
DISK = 400e6  # bytes of a checkpoint written in a second
COMPILE = 40.0  # seconds for each side of a compiled row
ROW = 10.0  # seconds to set a row up
TESTS, CASE, CHECK = 60.0, 0.02, 10.0  # seconds of all `gpu` tests, of a case of the numbers, of another check

_COUNTS = {"cifar10": 50_000, "flowers": 3_450, "cats_vs_dogs": 1_400}  # folders, whose catalogue entry has no count


@dataclass(frozen=True)
class Estimate:
    """What a part takes.

    Attributes:
        name: the part's.
        runs: how many lines.
        steps: training steps of all of them.
        multiply_adds: of one image in the largest of their networks, in one forward pass.
        minutes: of all of them.
    """

    name: str
    runs: int
    steps: int
    multiply_adds: int
    minutes: float


def table(blocks: tuple[Block, ...]) -> str:
    """Return the estimates of the blocks as a table, with their derivation below."""
    rows = ["block  part                             lines    steps  M mult-adds  minutes"]
    total = 0.0
    for block in blocks:
        for one in (_estimate(part) for part in block.parts):
            total += one.minutes
            counts = f"{one.runs:5} {one.steps:8,} {one.multiply_adds / 1e6:12.0f} {one.minutes:8.1f}"
            rows.append(f"{block.name:6} {one.name:31} {counts}")
    rows.append(f"{'':6} {'all':31} {'':27} {total:8.1f}")
    return "\n".join([*rows, "", _DERIVATION])


_DERIVATION = f"""\
An estimate for an H100, not a measurement. A step takes its operations (2 for each multiply-add, three passes, one if
the backbone is frozen; counted on the network itself) at {SHARE["fp32"]:.0%} of {PEAK["fp32"] / 1e12:.0f} TFLOP/s in \
fp32 without TF32, or {SHARE["auto"]:.0%} of
{PEAK["auto"] / 1e12:.0f} in bf16, but at least {LAUNCH * 1e6:.0f} microseconds for each layer and pass. Added are \
{RUN:.0f} s for a run and its checkpoints at {DISK / 1e6:.0f} MB/s.
A pretraining counts once. A block's turn ends after four minutes; its next turn goes on there."""


def _estimate(part: Part) -> Estimate:
    if isinstance(part, Facts):
        formats = [job.setting.precision for job in all_jobs(OPERATIONS, "cpu") if job.setting.threads == 1]
        jobs = formats.count("fp32") + 2 * formats.count("bf16")  # a GPU also has fp16
        seconds = {"gpu tests": TESTS, "numbers": jobs * CASE}
        return Estimate(part.name, len(part.checks), 0, 0, sum(seconds.get(name, CHECK) for name in part.checks) / 60)
    if isinstance(part, Rows):
        measured = 2 * (speed.EFFORT.rounds + 2) * speed.EFFORT.seconds
        compiled = sum("compiled" in name for name in part.benchmarks)
        seconds_of_all = len(part.benchmarks) * (ROW + measured) + 2 * compiled * COMPILE
        return Estimate(part.name, len(part.benchmarks), 0, 0, seconds_of_all / 60)
    if isinstance(part, Searched):
        arms = _one_of_each(part)
        return _of_runs(part.name, [*part.search.choice, *(one for one in arms for _ in range(part.seeds))])
    assert isinstance(part, Series)
    return _of_runs(part.name, [one for one in part.recipes for _ in range(part.seeds)])


def _one_of_each(part: Searched) -> list[Recipe]:
    """Return the arms with the first values that are tried: they take as long as the others."""
    first: dict[str, Recipe] = {}
    for one in part.search.candidates:
        knobs = {name: value for name, value in one.knobs.items() if name not in ("margin", "weight")}
        first.setdefault(repr((one.name, one.network, one.batch_size, one.config.epochs, knobs)), one)
    return list(first.values())


def _of_runs(name: str, runs: list[Recipe]) -> Estimate:
    steps = sum(map(_steps, runs))
    seconds = sum(_steps(one) * _step_seconds(one) + _saving(one) + RUN for one in runs)
    pretrained = {
        (one.network[0], one.size): one
        for one in runs
        if OTHER_CLASSES in (one.knobs.get("weights"), one.knobs.get("pretrained"))
    }
    for one in pretrained.values():
        epochs, images = one.knobs["pretraining_epochs"], one.knobs["pretraining_images"]
        more = epochs * math.ceil(images / 128)
        steps += more
        seconds += more * _seconds(_network(one), _shape(one), 128, "fp32", passes=3) + epochs * _bytes(one) / DISK
    largest = max(_multiply_adds(_network(one), _shape(one)) for one in runs)
    return Estimate(name, len(runs), steps, largest, seconds / 60)


def _steps(one: Recipe) -> int:
    stand_in = STAND_INS.get(one.dataset, ("", ""))[0]
    there = _COUNTS.get(one.dataset) or ENTRIES[one.dataset].num_train or ENTRIES[stand_in].num_train
    assert there is not None
    images = (one.limit or there) * (1 - (one.validation or 0))
    epochs = one.knobs["views"] if isinstance(one.knobs.get("views"), int) else one.config.epochs
    return epochs * math.ceil(images / one.batch_size)


def _step_seconds(one: Recipe) -> float:
    frozen = one.knobs.get("method") == "linear_probe" or "views" in one.knobs
    return _seconds(_network(one), _shape(one), one.batch_size, one.config.precision, passes=1 if frozen else 3)


def _seconds(model: str, shape: tuple[int, int, int], batch: int, precision: str, *, passes: int) -> float:
    operations = 2 * passes * batch * _multiply_adds(model, shape)
    return max(operations / (SHARE[precision] * PEAK[precision]), passes * LAUNCH * _num_layers(model))


def _saving(one: Recipe) -> float:
    return one.config.epochs * _bytes(one) / DISK


def _bytes(one: Recipe) -> int:
    """Return the size of a checkpoint: weights, and one number more for each with momentum, two with Adam."""
    numbers = 2 if one.config.optimizer == "sgd" else 3
    return 4 * numbers * resnet.count_parameters(_built(_network(one)))


def _network(one: Recipe) -> str:
    """Return the network as `NAME stem channels`."""
    name, arguments = one.network
    return f"{name} {arguments.get('stem', 'imagenet')} {arguments.get('in_channels', 3)}"


def _shape(one: Recipe) -> tuple[int, int, int]:
    size = one.size or ENTRIES[one.dataset].size
    assert size is not None
    return one.network[1].get("in_channels", 3), size, size


@cache
def _built(model: str) -> nn.Module:
    name, stem, channels = model.split()
    return network("resnet_labs", name, small=stem == "small", channels=int(channels))


@cache
def _multiply_adds(model: str, shape: tuple[int, int, int]) -> int:
    return resnet.count_multiply_adds(_built(model), shape)


@cache
def _num_layers(model: str) -> int:
    return sum(not [*module.children()] for module in _built(model).modules())

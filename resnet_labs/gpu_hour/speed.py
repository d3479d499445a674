"""Block 2: training steps against other packages' networks, and the proof that the host does not wait in a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from resnet_labs.bench.rows import Effort, Row
from resnet_labs.bench.training import resnet50, step, step_equal
from resnet_labs.gpu_hour import host_sync
from resnet_labs.gpu_hour.needs import can_compile, has
from resnet_labs.gpu_hour.parts import Facts, Hour, Rows

EFFORT = Effort(rounds=5, seconds=0.3)
SIZES = {32: 128, 64: 128, 224: 64}  # side in pixels -> images per batch
_TINY = {"batch": 2, "size": 8, "steps": 1}


def parts() -> tuple[Rows, Facts]:
    """Return the rows and the check of block 2; rows of a peer or compiler that is absent are left out."""
    packages = [name for name in ("torchvision", "timm") if has(name)]
    rows: dict[str, Callable[[Hour], Iterator[Row]]] = {}
    for size, batch in SIZES.items():
        rows[f"step, {size} px"] = partial(_step, size=size, batch=batch)
    for package in packages:
        rows[f"resnet50, {package}"] = partial(_resnet50, package=package)
    for compiled in (False, True) if can_compile() else (False,):
        words = ", compiled" if compiled else ""
        for size, batch in SIZES.items():
            rows[f"step-equal, {size} px{words}"] = partial(
                _equal, name="resnet18", package="torchvision", size=size, batch=batch, compiled=compiled
            )
        for package in packages:
            rows[f"resnet50 equal, {package}{words}"] = partial(
                _equal, name="resnet50", package=package, size=224, batch=128, compiled=compiled
            )
    return Rows("speed", rows), Facts("host", {"host synchronisation": _host})


def _host(hour: Hour) -> dict[str, Any]:
    return host_sync.measure(is_dry=hour.is_dry)


def _step(hour: Hour, *, size: int, batch: int) -> Iterator[Row]:
    if hour.is_dry:
        return step(_BRIEF, **_TINY, matrix=8)
    return step(EFFORT, size=size, batch=batch, matrix=8192)


def _resnet50(hour: Hour, *, package: str) -> Iterator[Row]:
    if hour.is_dry:
        return resnet50(_BRIEF, batch=2, size=32, steps=1, matrix=8, device="cpu", packages=(package,))
    return resnet50(EFFORT, packages=(package,))


def _equal(hour: Hour, *, name: str, package: str, size: int, batch: int, compiled: bool) -> Iterator[Row]:
    if hour.is_dry:  # torch's compiler takes half a minute on a CPU, so its graphs run as they are
        tiny = {**_TINY, "size": 32} if name == "resnet50" else _TINY
        return step_equal(_BRIEF, name=name, **tiny, packages=(package,), backend="eager" if compiled else "")
    backend = "inductor" if compiled else ""
    return step_equal(EFFORT, name=name, size=size, batch=batch, packages=(package,), backend=backend)


_BRIEF = Effort(rounds=1, seconds=0)

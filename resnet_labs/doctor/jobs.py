"""Every case in every setting that the labs may use on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch

from resnet_labs import runtime
from resnet_labs.doctor.operations import Operation

LAYOUTS = ("contiguous", "channels-last", "sliced")


@dataclass(frozen=True)
class Setting:
    """Where and how an operation runs."""

    operation: str
    device: str
    layout: str
    precision: str
    threads: int

    def __str__(self) -> str:
        threads = f", {self.threads} thread{'s' if self.threads > 1 else ''}" if self.device == "cpu" else ""
        return f"{self.device}, {self.layout}, {self.precision}{threads}"


@dataclass(frozen=True)
class Job:
    """One case of an operation, by its number, in one setting."""

    setting: Setting
    case: int


def devices() -> list[str]:
    """Return the CPU and the accelerator, if there is one, trusted or not."""
    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return ["cpu", *(name for name, there in found.items() if there)]


def all_jobs(table: dict[str, Operation], device: str) -> list[Job]:
    """Return the cases of a device, grouped by setting; on the CPU with one thread and with all."""
    return [
        Job(Setting(name, device, layout, precision, threads), number)
        for threads in _thread_counts(device)
        for precision in _precisions(device)
        for layout in LAYOUTS
        for name, operation in table.items()
        if precision == "fp32" or operation.half
        for number, case in enumerate(operation.cases)
        if layout != "channels-last" or len(case.shape) == 4
    ]


def _precisions(device: str) -> tuple[str, ...]:
    if device == "cuda":
        newer = runtime.choose_precision("auto", torch.device("cuda")) == "bf16"
        return ("fp32", "fp16", "bf16") if newer else ("fp32", "fp16")
    return ("fp32", "bf16") if device == "cpu" else ("fp32",)  # on Apple's GPU the labs use fp32 only


def _thread_counts(device: str) -> list[int]:
    every = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return sorted({1, every}) if device == "cpu" else [1]

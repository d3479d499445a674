"""The machine under the labs: seeds, device, precision, fast mode, the environment in one line, memory."""

from __future__ import annotations

import gc
import os
import platform
import random
import subprocess
import sys
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from resnet_labs import __version__, machine_record
from resnet_labs.errors import InputError as InputError
from resnet_labs.errors import nearest as nearest


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch (all devices)."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def default_device() -> torch.device:
    """Return the CUDA device if there is one (each process has its own), else Apple's GPU, else the CPU.

    Apple's GPU is used only if `resnet-labs doctor --numbers` found its results correct with this torch and system.
    """
    if torch.cuda.is_available():
        return torch.device("cuda", process_number("LOCAL_RANK", 0))
    if torch.backends.mps.is_available():
        if machine_record.passed("mps", device_name(torch.device("mps"))):
            return torch.device("mps")
        _say_why_not_mps()
    return torch.device("cpu")


def device_of(model: nn.Module) -> torch.device:
    """Return the device of a model's first parameter; the CPU for a model without parameters."""
    return next(iter(model.parameters()), torch.empty(0)).device


def process_number(name: str, default: int | None = None) -> int:
    """Return the number, at least 0, in a variable of `torchrun`, or the default if it is absent or empty.

    Raises:
        InputError: it holds something else, or there is no default.
    """
    value = os.environ.get(name, "").strip()
    if not value and default is not None:
        return default
    if not (value.isascii() and value.isdecimal()):
        problem = f"{name} is {value!r}, not a whole number." if value else f"WORLD_SIZE is set, but {name} is not."
        raise InputError(problem, "Start the command with torchrun, or unset WORLD_SIZE, RANK and LOCAL_RANK.")
    return int(value)


@cache
def _say_why_not_mps() -> None:
    print(
        "Running on the CPU: Apple's GPU has not passed the check of its numbers here. "
        "`resnet-labs doctor --numbers` runs the check.",
        file=sys.stderr,
    )


def fast_mode(*, report: bool = False) -> bool:
    """Return whether a lab uses embedded data and small budgets: on every device, unless report mode is asked for.

    Args:
        report: whether the notebook asks for the report's own experiment; `RESNET_LABS_FAST`, 1 or 0, overrides it.

    Raises:
        InputError: the variable has another value.
    """
    value = os.environ.get("RESNET_LABS_FAST", "")
    if value not in ("", "0", "1"):
        raise InputError(f"RESNET_LABS_FAST is {value!r}.", "Set it to 1 (fast) or 0 (report mode).")
    return value == "1" if value else not report


def on_colab() -> bool:
    """Return whether this is a Colab runtime."""
    return "google.colab" in sys.modules


def device_name(device: torch.device | None = None) -> str:
    """Return the device's name; for a CPU also its instruction set and the number of threads.

    Args:
        device: the device asked for; the default device if omitted.
    """
    device = device or default_device()
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return f"GPU of {_processor()}"
    threads = torch.get_num_threads()
    return f"{_processor()}, {torch.backends.cpu.get_cpu_capability()}, {threads} thread{'s' if threads > 1 else ''}"


def machine(device: torch.device | None = None) -> dict[str, Any]:
    """Return what the last digits of a figure depend on, besides versions: the machine class and the threads.

    Args:
        device: where the figure was computed; the default device if omitted.

    Returns:
        The kind of device, the processor, the instruction set that torch uses, and the number of threads; `gpu` if
        there is one, and `onednn` if the environment limits the instruction set of convolutions.
    """
    device = device or default_device()
    found: dict[str, Any] = {
        "device": device.type,
        "processor": _processor(),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
    }
    if device.type == "cuda":
        found["gpu"] = torch.cuda.get_device_name(device)
    if limit := os.environ.get("ONEDNN_MAX_CPU_ISA"):
        found["onednn"] = limit
    return found


@cache
def _processor() -> str:
    try:
        return _named(Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        pass
    if sys.platform == "darwin":
        with suppress(OSError, subprocess.CalledProcessError):
            return subprocess.check_output(["sysctl", "-n", "machdep.cpu.brand_string"], text=True).strip()
    return platform.processor() or platform.machine()


def _named(cpuinfo: str) -> str:
    """Return the processor names that Linux lists, with the model's numbers: virtual machines hide its name."""
    found: dict[str, None] = {}
    for block in cpuinfo.strip().split("\n\n"):
        facts = {key.strip(): value.strip() for key, colon, value in (row.partition(":") for row in block.splitlines())}
        keys = {"family": "cpu family", "model": "model", "implementer": "CPU implementer", "part": "CPU part"}
        numbers = ", ".join(f"{word} {facts[key]}" for word, key in keys.items() if key in facts)
        found[facts.get("model name", platform.machine()) + (f" ({numbers})" if numbers else "")] = None
    return " / ".join(found)


def versions() -> dict[str, str]:
    """Return the versions that a number depends on: Python and the packages that compute, those that are here."""
    found = {"python": platform.python_version(), "resnet-labs": __version__}
    for package in ("torch", "torchvision", "numpy", "scipy", "scikit-learn", "umap-learn"):
        with suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found


def environment_line() -> str:
    """Return the environment in one line: versions and device."""
    return ", ".join([*(f"{name} {version}" for name, version in versions().items()), device_name()])


def release_memory() -> None:
    """Collect garbage, then return the CUDA allocator's unused blocks to the driver."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


PRECISIONS = ("auto", "fp32", "bf16", "fp16")


def choose_precision(precision: str, device: torch.device) -> str:
    """Return the number format of the forward pass: the one asked for, or for `auto` what the device does best.

    On CUDA that is bf16 from compute capability 8.0 on, else fp16: older cards have no bf16 units, whatever
    `torch.cuda.is_bf16_supported()` says of its emulation. On a CPU it is bf16 if the processor has instructions for it
    (AMX, AVX-512 BF16), else fp32. On images of a few pixels a CPU gains nothing from it; `resnet-labs bench step`
    measures this.
    """
    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bf16" if torch.cuda.get_device_capability(device) >= (8, 0) else "fp16"
    return "bf16" if device.type == "cpu" and _multiplies_bf16() else "fp32"


def format_that_ran(precision: str, device: torch.device) -> str:
    """Return the number format that convolutions really use: on CUDA, fp32 is `tf32` from 8.0 on unless forbidden."""
    if precision == "fp32" and device.type == "cuda" and torch.backends.cudnn.allow_tf32:
        return "tf32" if torch.cuda.get_device_capability(device) >= (8, 0) else "fp32"
    return precision


def _multiplies_bf16() -> bool:
    if torch.backends.cpu.get_cpu_capability() != "AVX512":  # torch or the user limits the instruction set
        return False
    asked = (getattr(torch.cpu, f"_is_{unit}_supported", None) for unit in ("amx_tile", "avx512_bf16"))
    return any(known is not None and known() for known in asked)


def choose_layout(channels_last: bool | str, device: torch.device, precision: str) -> torch.memory_format:
    """Return the memory layout of images and filters; `auto` is channels-last on a CPU, and on CUDA in half precision.

    On a CPU a training step in fp32 took 1.02 to 1.44 times as long in the contiguous layout, with and without AVX-512:
    nine networks (ResNet-18, -50 and narrow ones, 8 to 224 pixels), one thread of an AMD EPYC (family 25, model 17),
    torch 2.15. Lab 02's network, whose maps have at most 4x4 pixels, took 0.9 times as long.
    """
    pays = device.type == "cpu" or (device.type == "cuda" and precision != "fp32")
    wanted = pays if channels_last == "auto" else channels_last
    return torch.channels_last if wanted else torch.contiguous_format


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Return the context in which a forward pass runs in that number format."""
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    if precision == "fp32":
        return torch.autocast(device.type, enabled=False)
    return torch.autocast(device.type, dtype=dtype)


def run_folder() -> Path:
    """Return where a lab writes its results lines: the folder that `resnet-labs run` sets, else `runs` here."""
    return Path(os.environ.get("RESNET_LABS_RUN") or "runs")

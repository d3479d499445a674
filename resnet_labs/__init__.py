"""ResNets from student reports, rebuilt as labs that anyone can run, check, grade and argue with."""

from __future__ import annotations

import os
import tomllib
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

# One rule for `resnet-labs run`, the book, the tests and a learner's kernel: torch chooses the number of threads, by
# cores or OMP_NUM_THREADS, and a thread that waits for the others spins for some microseconds, then sleeps. libgomp
# spins for milliseconds; beside another job, this takes the core from the very thread that it waits for. It reads the
# setting once, when torch is loaded, so this comes first and every lab imports resnet_labs before torch. Milliseconds
# per training step on two cores (AMD EPYC, torch 2.15, alternating rounds of 1 to 2 s, median), also with endless loops
# that keep one core, or both, busy:
#
#                                            one thread   two threads   GOMP_SPINCOUNT=1000   OMP_WAIT_POLICY=passive
#   MLP 64-256-256-10, batch 128                    1.2          0.85                  1.06                       2.2
#     one core busy                                 1.1            21                   2.6                       1.5
#   two 3x3 convolutions on 16 px, batch 128
#     one core busy                                  46           360                    59                        55
#   ResNet-18 on 32 px, batch 32                    119            78                    64                        98
if not {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"} & os.environ.keys():
    os.environ["GOMP_SPINCOUNT"] = "1000"

try:
    __version__ = metadata.version("resnet-labs")
except metadata.PackageNotFoundError:  # a checkout on a machine where nothing can be installed
    _project = Path(__file__).parents[1] / "pyproject.toml"
    __version__ = tomllib.loads(_project.read_text(encoding="utf-8"))["project"]["version"]

_HOME = {
    "BasicBlock": "blocks",
    "Bottleneck": "blocks",
    "ResNet": "resnet",
    "resnet18": "resnet",
    "resnet34": "resnet",
    "resnet50": "resnet",
    "resnet101": "resnet",
    "resnet152": "resnet",
    "cifar_resnet": "resnet",
    "cross_entropy": "losses",
    "Batches": "data",
    "ImageData": "data",
    "TrainConfig": "train",
    "History": "train",
    "Evaluation": "train",
    "fit": "train",
    "evaluate": "train",
}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"resnet_labs.{_HOME[name]}"), name)
    raise AttributeError(f"module 'resnet_labs' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])

"""What the GPU hour needs, looked at before it starts. Nothing is installed.

This module imports nothing but Python's own and the errors, since what it looks for may be missing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LEAST_TORCH = (2, 6)
_GIGABYTE = 10**9
GPU_BYTES, DISK_BYTES = 40 * _GIGABYTE, 5 * _GIGABYTE  # ResNet-18 at 224 px, batch 64, in fp32; lines and checkpoints
# module -> the package that has it
MODULES = {
    "torch": "torch",
    "torchvision": "torchvision",
    "numpy": "numpy",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "PIL": "pillow",
    "tqdm": "tqdm",
    "jaxtyping": "jaxtyping",
    "filelock": "filelock",
    "threadpoolctl": "threadpoolctl",
    "packaging": "packaging",
}
_BRING = (
    "Run `pip install --no-deps --target brought {0}` where there is a network, and put `brought` on PYTHONPATH here."
)
# Asks about the device in a process of its own, so that this one holds no memory there.
_DEVICE = """
import json, torch
found = {"version": torch.__version__, "cuda": torch.version.cuda, "there": torch.cuda.is_available()}
if found["there"]:
    found |= {"name": torch.cuda.get_device_name(), "free": torch.cuda.mem_get_info()[0]}
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Need:
    """Something that is missing, and what to do; `required` if nothing can start without it."""

    what: str
    fix: str
    required: bool = True

    def __str__(self) -> str:
        return f"{'[missing] ' if self.required else '[left out]'} {self.what} {self.fix}"


def has(module: str) -> bool:
    """Return whether a module can be found; it is not imported."""
    return find_spec(module) is not None


def tests_folder() -> Path:
    """Return where the tests are in a checkout."""
    return ROOT / "tests"


def can_test() -> bool:
    """Return whether the tests that need a GPU can run."""
    return tests_folder().is_dir() and all(map(has, ("pytest", "beartype", "nbformat")))


def can_compile() -> bool:
    """Return whether torch's compiler finds the C compiler that it calls."""
    return any(map(shutil.which, (os.environ.get("CXX") or "g++", "clang++")))


def packages() -> list[Need]:
    """Return the modules that are missing, without which nothing can be imported."""
    return [
        Need(f"The package {name} is not here.", _BRING.format(name))
        for module, name in MODULES.items()
        if not has(module)
    ]


def device() -> tuple[list[Need], str]:
    """Return what is missing of the GPU, and a line about it."""
    done = subprocess.run([sys.executable, "-c", _DEVICE], capture_output=True, text=True, check=False)
    try:
        facts = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        said = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        return [Need(f"torch cannot be imported: {said}.", "Use an environment in which `import torch` works.")], ""
    return [*_of_device(facts)], _about(facts)


def _of_device(facts: dict[str, Any]) -> Iterator[Need]:
    version = tuple(int(part) for part in facts["version"].split("+")[0].split(".")[:2] if part.isdecimal())
    if version < LEAST_TORCH:
        least = ".".join(map(str, LEAST_TORCH))
        yield Need(f"torch is {facts['version']}.", f"Use an environment with torch {least} or newer.")
    if not facts["there"]:
        if facts["cuda"] is None:
            yield Need(f"torch {facts['version']} was built without CUDA.", "Use a build with CUDA, or --dry-run.")
        else:
            yield Need(
                "torch finds no CUDA device.", "Look at `nvidia-smi` and CUDA_VISIBLE_DEVICES, or use --dry-run."
            )
    elif facts["free"] < GPU_BYTES:
        yield Need(
            f"{facts['free'] / 1e9:.1f} GB of the GPU's memory are free, and block 2 takes {GPU_BYTES / 1e9:.0f} GB.",
            "End what else runs there (`nvidia-smi`), or leave block 2 out with --blocks.",
            required=False,
        )


def _about(facts: dict[str, Any]) -> str:
    there = f"{facts['name']}, {facts['free'] / 1e9:.1f} GB free" if facts["there"] else "no GPU"
    return f"torch {facts['version']}, CUDA {facts['cuda']}, {there}"


def disk(folder: Path) -> list[Need]:
    """Return what is missing on the disk."""
    nearest = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    if not os.access(nearest, os.W_OK):
        return [Need(f"{str(nearest)!r} cannot be written.", "Give a folder of your own with --runs.")]
    free = shutil.disk_usage(nearest).free
    if free < DISK_BYTES:
        return [
            Need(
                f"{free / 1e9:.1f} GB are free in {str(nearest)!r}, and checkpoints take {DISK_BYTES / 1e9:.0f} GB.",
                "Free some space, or give another folder with --runs.",
            )
        ]
    return []


def optional() -> list[Need]:
    """Return what only some lines need; those are left out."""
    found = []
    if not has("timm"):
        found.append(("timm is not here.", "The rows against it are left out."))
    if not can_test():
        found.append(("pytest, beartype, nbformat or the folder tests is not here.", "The `gpu` tests are left out."))
    if not can_compile():
        found.append(("There is no C++ compiler.", "Compiled rows are left out."))
    if not (ROOT / ".git").exists():
        found.append(("This is not a git checkout.", "Lines will name no commit, so that they cannot become evidence."))
    return [Need(what, fix, required=False) for what, fix in found]

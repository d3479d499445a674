"""The checks of `resnet-labs doctor`: every part that a lab needs, and what to do if one is missing."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement

from resnet_labs import data, files, runtime

_MODULES = {
    "tensorboard": "tensorboard",
    "wandb": "wandb",
    "jupyter-book": "jupyter_book",
    "nbval": "nbval",
    "timm": "timm",
}


@dataclass(frozen=True)
class Finding:
    """One part: whether it is fine, what was seen, and what to do if it is not fine."""

    part: str
    fine: bool
    seen: str
    fix: str = ""
    required: bool = True

    def __str__(self) -> str:
        mark = "[ok]     " if self.fine else "[missing]"
        optional = "" if self.fine or self.required else " (optional)"
        return f"{mark} {self.part}: {self.seen}{optional}{'' if self.fine else '. ' + self.fix}"


def examine(root: str | os.PathLike[str] | None = None) -> list[Finding]:
    """Look at Python, packages, device, kernel, the runs folder and the data sets, in this order.

    Args:
        root: the folder with the data sets; by default the one that `data.load` would use.
    """
    from resnet_labs.doctor import kernel  # needs Jupyter, which the check of numbers does not

    return [
        *_python(),
        *_packages(),
        *_device(),
        Finding("Jupyter kernel python3", *kernel.examine()),
        *_folder(),
        *_data_sets(root),
    ]


def _python() -> list[Finding]:
    here = ".".join(map(str, sys.version_info[:3]))
    return [Finding("python", sys.version_info >= (3, 11), here, "Install Python 3.11 or newer.")]


def _packages() -> list[Finding]:
    found = []
    for line in metadata.requires("resnet-labs") or []:
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            version = ""
        fine = bool(version) and wanted.specifier.contains(version, prereleases=True)
        found.append(
            Finding(wanted.name, fine, version or "absent", f'Run `pip install "{wanted.name}{wanted.specifier}"`.')
        )
    for name, module in _MODULES.items():
        there = find_spec(module) is not None
        seen = metadata.version(name) if there else "absent"
        found.append(Finding(name, there, seen, f"Run `pip install {name}` if you want it.", required=False))
    return found


def _device() -> list[Finding]:
    device = runtime.default_device()
    precision = runtime.choose_precision("auto", device)
    fix = "Labs run in fast mode; report mode needs a GPU or patience."
    return [Finding("GPU", device.type != "cpu", f"{runtime.device_name(device)}, {precision}", fix, required=False)]


def _folder() -> list[Finding]:
    fix = "Change to a folder of your own with room in it, or give `reproduce` one with `--runs FOLDER`."
    try:
        files.check_room(Path("runs"), files.MEBIBYTE)
    except FileNotFoundError:
        return [Finding("folder for runs", False, "the current folder was deleted", fix)]
    except OSError as error:
        seen = f"{str(Path.cwd())!r} cannot be written ({error.strerror}), so no run can be kept here"
        return [Finding("folder for runs", False, seen, fix)]
    return [Finding("folder for runs", True, f"{str(Path.cwd())!r} can be written")]


def _data_sets(root: str | os.PathLike[str] | None) -> list[Finding]:
    found = []
    for entry in data.available(root):
        seen = re.sub(r"\s+", " ", entry.origin) + ("" if entry.state in ("here", "missing") else f", {entry.state}")
        fine = entry.here or entry.name == "folder"  # the user's own, which cannot be missing
        found.append(Finding(f"data {entry.name}", fine, seen, entry.how, required=False))
    return found

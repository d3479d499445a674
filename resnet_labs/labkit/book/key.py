"""The key of an executed notebook: it changes with everything that the outputs depend on."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import nbformat

import resnet_labs
from resnet_labs.labkit.book.expected import with_checks

PACKAGE = Path(resnet_labs.__file__).parent

# Environment variables by which libraries choose threads, instructions, devices, or an order. Not all of torch's:
# it sets some of them itself while it runs.
_KNOBS = (
    *("RESNET_LABS_FAST", "OMP_", "MKL_", "OPENBLAS_", "ONEDNN_", "DNNL_", "ATEN_", "CUBLAS_", "NUMBA_"),
    *("CUDA_VISIBLE_DEVICES", "NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32", "MATPLOTLIBRC", "PYTHONHASHSEED"),
)


def key(
    notebook: nbformat.NotebookNode,
    *,
    variables: Mapping[str, str],
    package: Path = PACKAGE,
    versions: Mapping[str, str] | None = None,
    machine: Mapping[str, Any] | None = None,
) -> str:
    """Return the key of a notebook's outputs, 16 hexadecimal digits.

    Args:
        notebook: its code and what its text expects count; its text and its outputs do not.
        variables: the environment of its kernel.
        package: the folder of resnet_labs, whose files count by content.
        versions: of Python and of every installed package; looked up if omitted.
        machine: device, processor and instruction set; looked up if omitted.
    """
    facts = {
        "code": [cell.source for cell in with_checks(notebook).cells if cell.cell_type == "code"],
        "package": _content(package),
        "versions": _versions() if versions is None else versions,
        "machine": _machine() if machine is None else machine,
        "knobs": {name: value for name, value in variables.items() if name.startswith(_KNOBS)},
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


@cache
def _versions() -> dict[str, str]:
    return {"python": sys.version, **{each.name: each.version for each in distributions()}}


@cache
def _machine() -> dict[str, Any]:
    from resnet_labs import runtime  # torch takes seconds

    found = runtime.machine()
    del found["threads"]  # those of this process; the notebook's are among the knobs
    return found


def _content(package: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(package.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            name, data = file.relative_to(package).as_posix(), file.read_bytes()
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()

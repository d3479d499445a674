"""What a student's kernel sees of this machine: Python, its packages, the system's libraries, nothing of a course."""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from resnet_labs.grading.sandbox.library import PACKAGE, origin

SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/lib32", "/sbin")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives")
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "USER": "student",
    "LOGNAME": "student",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "MPLBACKEND": "agg",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "RESNET_LABS_FAST": "1",
}


def environment(home: str, temporary: str, library: str) -> dict[str, str]:
    """Return all the kernel's environment variables; none of this process's own are among them."""
    places = {"HOME": home, "TMPDIR": temporary, "MPLCONFIGDIR": temporary, "IPYTHONDIR": f"{temporary}/ipython"}
    return ENVIRONMENT | places | {"PYTHONPATH": library}


def python_roots() -> list[Path]:
    """Return the folders that Python runs from, the system's own excepted."""
    roots = dict.fromkeys(Path(each).resolve() for each in (sys.base_prefix, sys.prefix))
    return [root for root in roots if not root.is_relative_to("/usr")]


def hidden(withheld: Iterable[str]) -> list[Path]:
    """Return what must not be seen under those folders: the package with its project, solutions, withheld modules.

    Args:
        withheld: dotted names.
    """
    roots = [*python_roots(), Path("/usr")]
    found = {Path(each) / PACKAGE.name for each in site.getsitepackages()} | {PACKAGE}
    if (PACKAGE.parent / "pyproject.toml").exists():
        found |= {PACKAGE.parent / name for name in ("labs", "tests", "book")}
    for name in withheld:
        if not name.startswith(f"{PACKAGE.name}.") and (path := origin(name)) is not None:
            if path.name == "__init__.py":
                found.add(path.parent)
            else:
                found |= {path, *(path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")}
    resolved = {each.resolve() for each in found if each.exists()}
    return sorted(each for each in resolved if any(each.is_relative_to(root) for root in roots))


def without(folder: Path, hidden: list[Path]) -> Iterator[tuple[Path, bool]]:
    """Yield what is under a folder in as few paths as possible, but nothing hidden; False marks a folder of parts."""
    if not any(each.is_relative_to(folder) for each in hidden):
        yield folder, True
    elif folder not in hidden:
        yield folder, False
        for each in os.scandir(folder):
            yield from without(Path(each.path), hidden)

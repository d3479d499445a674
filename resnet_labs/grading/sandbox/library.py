"""The package as a student's kernel sees it: without the grader, the solutions, the checks and withheld modules."""

from __future__ import annotations

import compileall
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import resnet_labs
from resnet_labs import cache

PACKAGE = Path(resnet_labs.__file__).parent
_LEFT_OUT = ("grading", "labkit", "_solutions", "checks", "bench", "cli.py")
_KEPT_SECONDS = 7 * 86400
_CHECKS = '''\
"""The lab's checks do nothing while an answer is graded."""


class _Nothing:
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *given, **named):
        return self


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return _Nothing()
'''
_WITHHELD = '''\
"""Withheld while an answer is graded. Modules that need it can be imported; what it held cannot be used."""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)

    def refuse(kind, *given, **named):
        raise ImportError("{name} is withheld in this lab: write the answer yourself")

    return type(name, (), {{"__new__": refuse}})
'''


def build(withheld: Iterable[str]) -> Path:
    """Return a folder for the kernel's PYTHONPATH; it is made once for each package and set of withheld names.

    Args:
        withheld: dotted names; those that are modules become stubs whose names cannot be used, the others are left to
            the import rule.
    """
    stubs = sorted(name for name in set(withheld) if is_module(name))
    target = cache.folder("grading") / _key(stubs)
    if target.exists():
        with suppress(OSError):
            os.utime(target)
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    for old in target.parent.iterdir():  # of other versions; a kernel may still read a newer one
        if old.stat().st_mtime < time.time() - _KEPT_SECONDS:
            shutil.rmtree(old, ignore_errors=True)
    made = Path(tempfile.mkdtemp(dir=target.parent, prefix="partial-"))
    try:
        _copy(made / PACKAGE.name)
        for name in stubs:
            _stub(made, name)
        compileall.compile_dir(made, quiet=2)
        made.chmod(0o755)
        with suppress(OSError):  # another process was faster
            made.rename(target)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return target


def is_module(name: str) -> bool:
    """Whether a dotted name is a module that is installed."""
    return origin(name) is not None


def origin(name: str) -> Path | None:
    """Return the file of an installed module, for a package its `__init__.py`; nothing is imported."""
    first, *rest = name.split(".")
    if first == PACKAGE.name:
        folder = PACKAGE
    else:
        spec = find_spec(first)
        if spec is None or spec.origin is None or not os.path.isfile(spec.origin):
            return None
        if not rest:
            return Path(spec.origin)
        folder = Path(spec.origin).parent
    for part in rest[:-1]:
        folder = folder / part
    last = rest[-1] if rest else ""
    return next((path for path in (folder / last / "__init__.py", folder / f"{last}.py") if path.is_file()), None)


def _key(stubs: list[str]) -> str:
    digest = hashlib.sha256(repr((stubs, _CHECKS, _WITHHELD, _LEFT_OUT)).encode())
    for name in stubs:
        digest.update(str(origin(name)).encode())
    for path in _files():
        stat = path.stat()
        digest.update(f"{path.relative_to(PACKAGE)}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:16]


def _files() -> Iterator[Path]:
    for path in sorted(PACKAGE.rglob("*")):
        parts = path.relative_to(PACKAGE).parts
        if path.is_file() and parts[0] not in _LEFT_OUT and "__pycache__" not in parts and path.suffix != ".partial":
            yield path


def _copy(target: Path) -> None:
    for path in _files():
        copy = target / path.relative_to(PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    (target / "checks").mkdir()
    (target / "checks" / "__init__.py").write_text(_CHECKS, encoding="utf-8")


def _stub(top: Path, name: str) -> None:
    """Replace a module by a stub; of another package, everything beside it is linked to where it is installed."""
    first, *rest = name.split(".")
    source, here = origin(first) if first != PACKAGE.name else PACKAGE / "__init__.py", top / first
    text = _WITHHELD.format(name=name)
    assert source is not None
    if not rest:
        _replace(here, source.parent, text)
        return
    beside = source.parent
    for part in rest:
        if here.is_symlink():
            here.unlink()
        here.mkdir(exist_ok=True)
        if first != PACKAGE.name:
            _link(beside, here)
        here, beside = here / part, beside / part
    _replace(here, beside, text)


def _link(source: Path, folder: Path) -> None:
    for each in source.iterdir():
        if each.name != "__pycache__" and not os.path.lexists(folder / each.name):
            (folder / each.name).symlink_to(each)


def _replace(module: Path, original: Path, text: str) -> None:
    """Put a stub in the place of a module, and for a package one in the place of each module in it."""
    for path in (module, module.with_name(f"{module.name}.py")):
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)
    inside = [path.relative_to(original) for path in original.rglob("*.py")] if original.is_dir() else []
    for path in (Path("__init__.py"), *inside):
        stub = module / path
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text(text, encoding="utf-8")

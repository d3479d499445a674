"""Every name under which a withheld function, class or module can be had."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

_SEARCHED = ("resnet_labs", "torch", "torchvision")


def everywhere(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names, and all others in torch, torchvision and this package that lead to the same objects.

    `torch.cdist` is `torch.functional.cdist` as well, and a block is in every module that imports it. Of a withheld
    module everything counts that is defined in it.

    Example:
        >>> "torch.functional.cdist" in everywhere(["torch.cdist"])
        True
    """
    given = tuple(names)
    objects: dict[int, str] = {}
    modules: dict[int, list[str]] = {}
    for name in given:
        if name.split(".")[0] not in _SEARCHED:
            continue
        found = _resolved(name)
        if isinstance(found, ModuleType):
            objects |= {id(each): name for each in _own(found)}
            objects[id(found)] = name
        elif found is not None:
            objects[id(found)] = name
            owner, _, last = name.rpartition(".")
            modules.setdefault(id(_resolved(owner)), []).append(last)
    others = set()
    for path, value in _everything():
        if id(value) in objects:
            others.add(path)
        others |= {f"{path}.{last}" for last in modules.get(id(value), ())}
    return tuple(sorted({*given, *(path for path in others if not _covered(path, given))}))


def _covered(path: str, given: tuple[str, ...]) -> bool:
    return any(f"{path}.".startswith(f"{name}.") for name in given)


def _resolved(name: str) -> Any:
    try:
        return pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return None


def _own(module: ModuleType) -> Iterator[Any]:
    """Yield the public functions and classes that a module or its parts define."""
    prefix = f"{module.__name__}."
    for part in list(sys.modules.values()):
        if part is module or getattr(part, "__name__", "").startswith(prefix):
            for name, value in vars(part).items():
                where = getattr(value, "__module__", None)
                known = callable(value) and isinstance(where, str) and f"{where}.".startswith(prefix)
                if known and not name.startswith("_"):
                    yield value


def _everything() -> Iterator[tuple[str, Any]]:
    package = importlib.import_module("resnet_labs")
    for name in package.__all__:
        yield f"resnet_labs.{name}", getattr(package, name)
    for path, module in list(sys.modules.items()):
        if isinstance(module, ModuleType) and path.split(".")[0] in _SEARCHED:
            yield from ((f"{path}.{name}", value) for name, value in list(vars(module).items()))

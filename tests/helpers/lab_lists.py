"""Every list of labs in a project, read from its files, and where they differ."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

_REGISTRY = "resnet_labs/labs.py"
WITHOUT_RECIPES = {"lab09_reading_reports"}  # it trains nothing: its experiment is the audit
_SEARCHES = "_searched"  # a lab's searches may have a module of their own


def differences(root: Path) -> list[str]:
    """Return a sentence for every lab that a list lacks, has twice or has in another place than the registry.

    A lab without any files may be planned: only the registry names it.
    """
    lists = {_REGISTRY: _registry(root), **_parts(root)}
    full = {stem for stems in lists.values() for stem in stems if re.fullmatch(r"lab\d\d_\w+", stem)}
    # The registry comes last, so that its name wins if two files with one number differ.
    named = {short: stem for stem in [*sorted(full), *lists[_REGISTRY]] for short in (stem[:5], stem[6:])}
    lists = {name: [stem if stem in full else named.get(stem, stem) for stem in stems] for name, stems in lists.items()}
    return list(_compared(lists))


def _compared(lists: dict[str, list[str]]) -> Iterator[str]:
    written = {stem for name, stems in lists.items() if name != _REGISTRY for stem in stems}
    for name, stems in lists.items():
        wanted = {*lists[_REGISTRY], *written} if name == _REGISTRY else written
        wanted = wanted - WITHOUT_RECIPES if "/recipes/" in name else wanted
        yield from (f"{stem} is not in {name}." for stem in sorted(wanted - {*stems}))
        yield from (f"{name} names {stem} twice." for stem, count in Counter(stems).items() if count > 1)
    for name in ("book/_toc.yml", "resnet_labs/recipes/__init__.py"):
        both = {*lists[name]} & {*lists[_REGISTRY]}
        here, there = ([stem for stem in dict.fromkeys(lists[each]) if stem in both] for each in (name, _REGISTRY))
        if here != there:
            yield f"{name} has another order than {_REGISTRY}."


def _parts(root: Path) -> dict[str, list[str]]:
    """Return the name of each part of a written lab, or its number or slug if the part has no other name."""
    package, labs, toc = root / "resnet_labs", root / "labs", yaml.safe_load(_text(root / "book" / "_toc.yml"))
    files = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    recipes = [path for path in sorted((package / "recipes").glob("[a-z]*.py")) if _elements(path, "RECIPES")]
    collected = [ast.unparse(module) for module in _elements(package / "recipes" / "__init__.py", "_OF_LABS")]
    return {
        "book/_toc.yml": [file.rpartition("/")[2] for file in files if file.startswith("labs/")],
        "labs/solutions/*.py": _stems((labs / "solutions").glob("lab*.py")),
        "labs/solutions/*.ipynb": _stems((labs / "solutions").glob("lab*.ipynb")),
        "labs/*.py": _stems(labs.glob("lab*.py")),
        "labs/*.ipynb": _stems(labs.glob("lab*.ipynb")),
        "resnet_labs/checks/labNN": [path.parent.name for path in (package / "checks").glob("lab*/__init__.py")],
        "tests/labs/labNN/exercise_M.py": sorted(
            {path.parent.name for path in (root / "tests" / "labs").glob("lab*/exercise_*.py")}
        ),
        "resnet_labs/recipes/SLUG.py": [stem for stem in _stems(recipes) if not stem.endswith(_SEARCHES)],
        "resnet_labs/recipes/__init__.py": [stem for stem in collected if not stem.endswith(_SEARCHES)],
        "resnet_labs/cell_seconds.json": list(json.loads(_text(package / "cell_seconds.json"))),
    }


def _registry(root: Path) -> list[str]:
    calls = [call for call in _elements(root / _REGISTRY, "LABS") if isinstance(call, ast.Call)]
    return ["lab{}_{}".format(*map(ast.literal_eval, call.args[:2])) for call in calls]


def _elements(path: Path, name: str) -> list[ast.expr]:
    """Return the elements of a tuple, or the keys of a dictionary, that a module assigns to a name."""
    for node in ast.parse(_text(path)).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            value = getattr(node, "value", None)
            if isinstance(value, ast.Tuple):
                return value.elts
            if isinstance(value, ast.Dict):
                return [key for key in value.keys if key is not None]
    return []


def _stems(paths: Iterable[Path]) -> list[str]:
    return sorted(path.stem for path in paths)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")

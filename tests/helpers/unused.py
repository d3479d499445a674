"""Public names of the package that nothing but tests uses."""

from __future__ import annotations

import ast
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

from helpers.contract import CONTRACT, METRICS

_PROMISED = {*CONTRACT, *(f"metrics.{name}" for name in METRICS)}

_HOOK = "pytest_"  # pytest finds a plugin's functions by their names
_IN_PLACE_OF_OTHERS = {"WaitForAnswers.visit"}  # IPython calls it as it would ast.NodeTransformer's


def unused(root: Path) -> list[str]:
    """Return `file: name` for every public name that no other code of the package and no lab uses.

    Names are compared as words, wherever they are defined; imports, `__all__`, docstrings and the definition itself do
    not count as use. Fields of records are not checked.
    """
    package = sorted((root / "resnet_labs").rglob("*.py"))
    modules = {path: ast.parse(path.read_text(encoding="utf-8")) for path in package}
    labs = [ast.parse(_lab(path)) for path in (root / "labs" / "solutions").glob("lab*.py")]
    used: dict[str, list[int]] = {}
    for tree in (*modules.values(), *labs):
        for node, name in _uses(tree):
            used.setdefault(name, []).append(id(node))
    found = []
    for path, tree in modules.items():
        room = path.relative_to(root / "resnet_labs").parts[0].removesuffix(".py")
        for name, definition in _definitions(tree):
            own = {id(node) for node in ast.walk(definition)}
            if f"{room}.{name}" not in _PROMISED and own.issuperset(used.get(name, [])):
                found.append(f"{path.relative_to(root).as_posix()}: {name}")
    return found


def _definitions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield from _if_public(node.name, node)
            methods = node.body if isinstance(node, ast.ClassDef) else []
            for method in methods:
                if isinstance(method, ast.FunctionDef) and not _is_called_by_others(tree, node, method.name):
                    yield from _if_public(method.name, method)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                yield from _if_public(target.id, node) if isinstance(target, ast.Name) else ()


def _is_called_by_others(tree: ast.Module, owner: ast.ClassDef, method: str) -> bool:
    """Return whether the method overrides one of a class outside the package."""
    if f"{owner.name}.{method}" in _IN_PLACE_OF_OTHERS:
        return True
    outside = {
        alias.asname or alias.name: f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    for base in owner.bases:
        named = base.value if isinstance(base, ast.Subscript) else base
        first, _, rest = ast.unparse(named).partition(".")
        where = ".".join(filter(None, (outside.get(first, ""), rest)))
        if where and not where.startswith("resnet_labs"):
            library = pkgutil.resolve_name(where)
            visits = isinstance(library, type) and issubclass(library, ast.NodeVisitor)
            if hasattr(library, method) or (visits and hasattr(ast, method.removeprefix("visit_"))):
                return True
    return False


def _if_public(name: str, node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if not name.startswith(("_", _HOOK)):
        yield name, node


def _uses(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    words = _docstrings(tree) | {id(node) for part in tree.body if _is_face(part) for node in ast.walk(part)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node, node.id
        elif isinstance(node, ast.Attribute):
            yield node, node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield node, node.arg
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in words:
            called = re.findall(r"(\w+)\(", node.value)  # a script that another process runs
            yield from ((node, name) for name in ([node.value] if node.value.isidentifier() else called))


def _docstrings(tree: ast.Module) -> set[int]:
    owners = [node for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))]
    first = [node.body[0] for node in owners if node.body]
    return {id(node.value) for node in first if isinstance(node, ast.Expr)}


def _is_face(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"


def _lab(path: Path) -> str:
    """Return a solution script without the placeholders that `labkit.build` fills in."""
    return re.sub(r"^\{\{\w+\}\}$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)

"""A cell's text as Python: its statements, the names that it defines and the names that it needs."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from resnet_labs import scopes

MOST_CHARACTERS = 64 * 1024
_SHOWN = re.compile(r"^\s*%{1,2}(time|timeit|capture|prun)\b[^\n]*")
_CELL_MAGIC = re.compile(r"^\s*%%")
_LINE_MAGIC = re.compile(r"^(\s*)(?:[%!?]|\w[\w.]*\?\??\s*$).*")
_ASSIGNED_MAGIC = re.compile(r"^(\s*[\w, ]+=\s*)[%!].*")
_TIMED = re.compile(r"^(\s*)%time(?:it)?\s+(?!-)(.*)")


class Unreadable(Exception):
    """A cell that is not Python; holds a sentence."""


def tree(source: str) -> ast.Module:
    """Return a cell's statements. Magics are left out; what `%%time` and its like run is kept.

    Raises:
        Unreadable: it is not Python, too long, or nested too deeply.
    """
    if len(source) > MOST_CHARACTERS:
        raise Unreadable(f"the cell is longer than {MOST_CHARACTERS // 1024} KiB")
    try:
        return _parse(source)
    except SyntaxError as first:
        try:
            return _parse(_without_magics(source))
        except SyntaxError:
            raise Unreadable(f"a syntax error in line {first.lineno} of the cell: {first.msg}") from first
        except (ValueError, RecursionError, MemoryError) as error:
            raise Unreadable("the cell is nested too deeply") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unreadable("the cell is nested too deeply") from error


def _parse(source: str) -> ast.Module:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about escapes in the student's strings
        return ast.parse(source)


def _without_magics(source: str) -> str:
    lines = source.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if _CELL_MAGIC.match(lines[first]):
        if not _SHOWN.match(lines[first]):
            return ""  # another language, or a file to write
        lines[first] = ""
    return "\n".join(_without_magic(line) for line in lines)


def _without_magic(line: str) -> str:
    line = _TIMED.sub(r"\1\2", line)
    line = _ASSIGNED_MAGIC.sub(r"\1None", line)
    return _LINE_MAGIC.sub(r"\1pass", line)


def magics(source: str) -> list[str]:
    """Return the names of the magics that run something which `tree` does not show."""
    try:
        _parse(source)
        return []
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    found = re.findall(r"^\s*(?:[\w, ]+=\s*)?(%{1,2}\w+|!)", source, re.MULTILINE)
    harmless = {"%time", "%%time", "%timeit", "%%timeit", "%%capture", "%matplotlib", "%config", "%%prun"}
    return [name for name in found if name not in harmless]


def defined(statements: list[ast.stmt]) -> set[str]:
    """Return the names that statements define, also within `if`, `for`, `with` and `try`, but not in functions."""
    names: set[str] = set()
    for node in _own_scope(statements):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def _own_scope(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(statements)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting += [
                child
                for child in ast.iter_child_nodes(node)
                if not isinstance(child, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))
            ]


def needed(source: str) -> set[str]:
    """Return the names that a cell reads and does not define itself, without builtins; empty if it cannot be read."""
    try:
        module = tree(source)
        table = scopes.table(module)
    except (Unreadable, SyntaxError, RecursionError, ValueError, MemoryError):
        return set()
    names: set[str] = set()
    waiting = [table]
    while waiting:
        scope = waiting.pop()
        waiting += scope.get_children()
        top = scope.get_type() == "module"
        names |= {it.get_name() for it in scope.get_symbols() if it.is_referenced() and (top or it.is_global())}
    return names - defined(module.body) - set(dir(builtins))


def literal(node: ast.expr | None) -> str | None:
    """Return the text that an expression of literals makes, such as "n" + "n"."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = literal(node.left), literal(node.right)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.JoinedStr):
        parts = [literal(part) for part in node.values]
        return None if None in parts else "".join(map(str, parts))
    return None

"""The setup cell's call, and how a notebook waits for answers.

An untouched lab must stop at its first answer cell and nowhere else: cells that need what is not written yet say so in
one line and are not run. A transformer of IPython's syntax trees does this, so it knows only what a cell's text says.
"""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Any

from resnet_labs import scopes
from resnet_labs.checks import _journal
from resnet_labs.errors import InputError
from resnet_labs.labs import LABS
from resnet_labs.runtime import environment_line

# What labkit.build writes in the place of an answer; a test holds the two together.
_STUB = re.compile(r"exercise (\d\d\.\d+) is not written yet(?:; it sets ([\w, ]+))?$")


class NotAnswered(Exception):
    """An answer cell was run as it came: which exercise it is, and which line to replace."""

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in a notebook."""
        return str(self).splitlines()


@dataclass(frozen=True)
class _Missing:
    """Why a name is not there: the exercise that is waited for, all that its cell would make, and the cell's text.

    The text is None for the answer cell itself: its text changes when it is answered.
    """

    exercise: str
    made: frozenset[str]
    text: str | None


class WaitForAnswers:
    """Replaces cells that are not answered, or that need what is not answered, by a message."""

    def __init__(self, namespace: dict[str, object]) -> None:
        self.namespace = namespace
        self.missing: dict[str, _Missing] = {}

    def visit(self, node: ast.AST) -> ast.AST:
        """Return the cell as it is where it can run, else what to do in its place."""
        if not isinstance(node, ast.Module):
            return node
        try:
            return self._unanswered(node) or self._blocked(node) or self._run(node)
        except SyntaxError:  # symtable knows no top-level await
            return node

    def _unanswered(self, cell: ast.Module) -> ast.Module | None:
        stub = next(_stubs(cell), None)
        if stub is None:
            return None
        exercise, names, line = stub
        if cells := _journal.stored(exercise):
            return ast.parse("\n".join([*cells, f"print('{exercise}: your answer from the journal is used')"]))
        made = _makes(cell) | names
        answers = [it for it in self.missing.values() if it.text is None]
        earlier = any(it.exercise <= exercise and it.made != made for it in answers)
        for name in made:
            self.missing[name] = _Missing(exercise, made, text=None)
        return _print(f"{exercise} is not written yet either.") if earlier else _raise(exercise, line)

    def _blocked(self, cell: ast.Module) -> ast.Module | None:
        text, makes = ast.unparse(cell), _makes(cell)
        for name in sorted(_needs(cell) & self.missing.keys()):
            missing = self.missing[name]
            itself = missing.made <= makes if missing.text is None else missing.text == text
            if itself and name in self.namespace:
                continue
            already = _imports(cell) & self.namespace.keys()
            for other in makes - already:
                self.missing.setdefault(other, _Missing(missing.exercise, makes, text))
            unwritten = any(it.text is None and it.exercise == missing.exercise for it in self.missing.values())
            why = "which is not written yet" if unwritten else "whose cells have not all run yet"
            return _print(f"Not run: it needs `{name}` from exercise {missing.exercise}, {why}.")
        return None

    def _run(self, cell: ast.Module) -> ast.Module:
        for name in _makes(cell):
            self.missing.pop(name, None)
        return cell


def start(lab: str, *, written_for: str, journal: bool = True) -> None:
    """Begin a lab: the package agrees with the notebook, the environment is printed, and unanswered cells wait.

    Args:
        lab: the lab's number, such as "02".
        written_for: the version X.Y of resnet_labs that the notebook was written for.
        journal: keep answers that pass beside the notebook, for `checks.restore()` and `checks.progress()`.

    Raises:
        InputError: another version is installed.
    """
    installed = metadata.version("resnet-labs")
    if installed.split(".")[:2] != written_for.split("."):
        urls = dict(line.split(", ", 1) for line in metadata.metadata("resnet-labs").get_all("Project-URL") or [])
        raise InputError(
            f"Lab {lab} was written for resnet_labs {written_for}, but {installed} is installed.",
            f"Run `%pip install git+{urls['Repository']}@v{written_for}.0`, restart the kernel, run this cell again.",
        )
    if any(each.number == lab and each.fast_work for each in LABS):
        import_module("torch._dynamo")  # torch imports it for the first optimizer, which takes seconds; better here
    print(f"Lab {lab}: {environment_line()}")
    wait_for_answers()
    _journal.begin(lab, _shell(), wanted=journal)


def wait_for_answers() -> None:
    """Watch the cells from here on, where IPython runs; a second call changes nothing."""
    shell = _shell()
    if shell is not None and not any(isinstance(it, WaitForAnswers) for it in shell.ast_transformers):
        shell.ast_transformers.append(WaitForAnswers(shell.user_ns))


def _shell() -> Any:
    try:
        from IPython import get_ipython  # a plain Python can use the checks without IPython
    except ImportError:
        return None
    return get_ipython()


def _stubs(cell: ast.Module) -> Iterator[tuple[str, frozenset[str], ast.Raise]]:
    """Yield what the build left in the place of answers: exercise, names that a value answer sets, and the line."""
    for node in ast.walk(cell):
        match node:
            case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError"), args=[ast.Constant(value=str(text))])):
                if found := _STUB.match(text):
                    yield found[1], frozenset((found[2] or "").split(", ")) - {""}, node


def _makes(cell: ast.Module) -> frozenset[str]:
    """Return the names that the cell sets at top level, and those whose attributes or items it sets there."""
    return frozenset(name for statement in cell.body for name in _bound(scopes.table(statement)) | _roots(statement))


def _bound(table: symtable.SymbolTable) -> set[str]:
    return {it.get_name() for it in table.get_symbols() if it.is_assigned() or it.is_imported()}


def _roots(statement: ast.stmt) -> set[str]:
    """Return `model` for `model.head = ...` and `model.layers[0] += ...`."""
    roots = set()
    for node in ast.walk(statement):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            inner: ast.expr = node
            while isinstance(inner, (ast.Attribute, ast.Subscript)):
                inner = inner.value
            if isinstance(inner, ast.Name) and not isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                roots.add(inner.id)
    return roots


def _imports(cell: ast.Module) -> frozenset[str]:
    return frozenset(
        symbol.get_name() for it in cell.body for symbol in scopes.table(it).get_symbols() if symbol.is_imported()
    )


def _needs(cell: ast.Module) -> set[str]:
    """Return the global names that the cell reads before it has set them; functions are read as a whole."""
    needs: set[str] = set()
    later: set[str] = set()
    have: set[str] = set()
    for statement in cell.body:
        table = scopes.table(statement)
        reads = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            reads.add(statement.target.id)
        needs |= reads - have
        later |= _globals_of(table)
        have |= _bound(table)
    return needs | later - have


def _globals_of(table: symtable.SymbolTable) -> set[str]:
    """Return the global names that functions and classes inside the table read."""
    names: set[str] = set()
    for child in table.get_children():
        names |= {it.get_name() for it in child.get_symbols() if it.is_global() and it.is_referenced()}
        names |= _globals_of(child)
    return names


def _print(message: str) -> ast.Module:
    return ast.parse(f"print({message!r})")


def _raise(exercise: str, line: ast.Raise) -> ast.Module:
    message = (
        f"Exercise {exercise} is not written yet.\n"
        f"Replace line {line.lineno} of this cell, `{ast.unparse(line)}`, by your code and run the cell again.\n"
        f"Then run the check cell below it: it says what is wrong, or that it passed."
    )
    module = f"__import__({__name__!r}, fromlist=['NotAnswered'])"
    return ast.parse(f"raise {module}.NotAnswered({message!r})")

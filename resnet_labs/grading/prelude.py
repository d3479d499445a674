"""The code that runs before the answers: a lab's imports and those of its knobs that need neither data nor training."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable

# Rooms of the package that only the experiments need. Their imports take seconds, so an answer gets them when it asks.
_LATER = ("lab_mode", "plotting", "recipes", "reports.compare", "results", "tracking", "widgets")
_FAST = {"fast": True, "report_mode": False}
_QUICK_ROOTS = ("augment", "math", "torch")
_QUICK = ("reports.evidence", "runtime.choose_precision", "runtime.default_device")
_BUILTINS = set(dir(builtins)) - {"exec", "eval", "compile", "open", "input", "print", "breakpoint", "__import__"}

_HEAD = '''\
import importlib


class _Later:
    """A module that is imported when it is first used."""

    def __init__(self, name):
        self._name = name

    def __getattr__(self, name):
        return getattr(importlib.import_module(self._name), name)


class _Checks:
    """The lab's checks do nothing here: what counts is what an answer returns."""

    def __getattr__(self, name):
        return self

    def __call__(self, *given, **named):
        return self


checks = _Checks()
fast, report_mode = True, False
'''


def prelude(cells: Iterable[str], answers: Iterable[str], withheld: Iterable[str]) -> str:
    """Return the code, as Python without magics.

    Taken are imports, definitions of functions and classes, and assignments of names whose values are literals or quick
    to work out from such names. Fast mode is assumed. What an exercise withholds is not imported.

    Args:
        cells: the sources of the lab's code cells before its last answer, without the answers themselves.
        answers: names that the answers define.
        withheld: modules and functions, as dotted names.
    """
    taken = _Taken(set(answers), tuple(withheld))
    for source in cells:
        taken.statements(ast.parse(source).body)
    return _HEAD + "\n" + "\n".join(taken.lines) + "\n"


class _Taken:
    """The lines so far, and the names that they give a value."""

    def __init__(self, answers: set[str], withheld: tuple[str, ...]) -> None:
        self.answers, self.withheld = answers, withheld
        self.known = _BUILTINS | {"checks", *_FAST}
        self.lines: list[str] = []

    def statements(self, body: list[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self.imported(node)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                header = [*node.decorator_list]
                header += node.bases if isinstance(node, ast.ClassDef) else node.args.defaults
                if node.name not in self.answers and all(self.quick(part) for part in header):
                    self.take(node, {node.name})
            elif isinstance(node, ast.Assign):
                parts = [each for target in node.targets for each in ast.walk(target)]
                names = {each.id for each in parts if isinstance(each, ast.Name)}
                changes = any(isinstance(each, (ast.Attribute, ast.Subscript)) for each in parts)
                if changes or names & set(_FAST) or names & self.answers or not self.quick(node.value):
                    self.known -= names - set(_FAST)
                else:
                    self.take(node, names)
            elif isinstance(node, ast.If):
                self.statements(_chosen(node))

    def imported(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            module = node.module if isinstance(node, ast.ImportFrom) else None
            whole = f"{module}.{alias.name}" if module else alias.name
            name = alias.asname or alias.name.split(".")[0]
            if name == "checks" or any(f"{whole}.".startswith(f"{each}.") for each in self.withheld):
                continue
            room = whole.removeprefix("resnet_labs.")
            if whole.startswith("resnet_labs.") and any(f"{room}.".startswith(f"{each}.") for each in _LATER):
                if room in _LATER:
                    self.lines.append(f"{name} = _Later({whole!r})")
                    self.known.add(name)
                continue
            one = ast.Import([alias]) if module is None else ast.ImportFrom(module, [alias], 0)
            self.lines.append(f"try:\n    {ast.unparse(one)}\nexcept ImportError:\n    pass")
            self.known.add(name)

    def take(self, node: ast.stmt, names: set[str]) -> None:
        self.lines.append(ast.unparse(node))
        self.known |= names

    def quick(self, node: ast.AST) -> bool:
        """Whether every name is known and every call is one that takes no time."""
        own = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
        own |= {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load) and each.id not in self.known | own:
                return False
            if isinstance(each, ast.Call) and not _is_quick(ast.unparse(each.func)):
                return False
        return True


def _is_quick(called: str) -> bool:
    return called in _BUILTINS or called in _QUICK or called.split(".")[0] in _QUICK_ROOTS


def _chosen(node: ast.If) -> list[ast.stmt]:
    test = ast.unparse(node.test)
    if test in _FAST:
        return node.body if _FAST[test] else node.orelse
    if test.removeprefix("not ") in _FAST:
        return node.orelse if _FAST[test.removeprefix("not ")] else node.body
    return []

"""Mutants of the library: with one operator changed in freeze, losses or a module of metrics, its tests must fail.

Run it as `python tests/library/mutants.py [--module losses] [--limit N] [--jobs 1]`, on a system that can fork. A
parent imports torch once; every mutant is a child of it, with a copy of the package in a temporary folder first on its
path.
"""

from __future__ import annotations

import argparse
import ast
import functools
import gc
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOWEST_RATE = 0.95
SECONDS = 600  # a mutant that takes longer hangs, which its tests notice
# pytest and torch import them late, which would cost every child seconds.
LATE = ("beartype", "jaxtyping", "torch._dynamo", "torch.distributed.tensor")


class Target(NamedTuple):
    """A module of a package, its tests, and those left out because of their time (as pytest's -k writes them)."""

    module: Path
    tests: Path
    slow: str = ""

    @property
    def package(self) -> Path:
        """The outermost package that the module is in."""
        return [parent for parent in self.module.parents if (parent / "__init__.py").is_file()][-1]


class Mutant(NamedTuple):
    """A module's text with one change: the line where it was made, and that line before and after."""

    line: int
    before: str
    after: str
    text: str


_PACKAGE, _TESTS = ROOT / "resnet_labs", ROOT / "tests" / "library"
TARGETS = {
    "freeze": Target(
        _PACKAGE / "freeze.py",
        _TESTS / "test_freeze.py",
        "compiled or (ours and trains) or (torchvision and trains) or plain_logits",
    ),
    "losses": Target(_PACKAGE / "losses.py", _TESTS / "test_losses.py", "1024_examples"),
    "scores": Target(_PACKAGE / "metrics" / "scores.py", _TESTS / "test_metrics.py"),
    "intervals": Target(_PACKAGE / "metrics" / "intervals.py", _TESTS / "test_intervals.py", "simulation"),
    "paired": Target(_PACKAGE / "metrics" / "paired.py", _TESTS / "test_paired.py"),
    "power": Target(_PACKAGE / "metrics" / "power.py", _TESTS / "test_power.py"),
}

# Mutants that no test can tell from the original: module, the changed line as `ast.unparse` writes it, the reason.
EQUIVALENT = {
    (
        "freeze",
        "return {name for name, parameter in module.named_parameters(recurse=True) if parameter.requires_grad}",
    ): "Names of parameters further down hold a dot, and unfreeze_ looks up none that does.",
    (
        "freeze",
        "for name, parameter in module.named_parameters(recurse=True):",
    ): "Names of parameters further down hold a dot, and `_trainable_names` gives none that does.",
    (
        "losses",
        "near, negative = squared.masked_fill(same, math.inf).min(0)",
    ): "The matrix is symmetric, but for rounding.",
    (
        "losses",
        "far, positive = squared.masked_fill(~same.fill_diagonal_(False), -math.inf).max(0)",
    ): "The matrix is symmetric, but for rounding.",
    (
        "losses",
        "wrong = (labels < 0).any(1) | ~((labels.sum(1) - 1).abs() <= 0.01)",
    ): "No floating-point sum is a hundredth from one exactly.",
    (
        "losses",
        "pulls = offsets.mul_(slopes.masked_fill_(distances == 0, 1)[:, :, None])",
    ): "Where the distance is zero, so is the offset.",
    (
        "losses",
        "slopes = distances.reciprocal_().nan_to_num_(posinf=1).mul_(weights).div_(num_triplets.clamp_min(1))",
    ): "Where the distance is zero, the points are the same, and what one is drawn by is taken back.",
    ("losses", "laplacian.diagonal().sub_(laplacian.sum(0))"): "The matrix is symmetric.",
    (
        "intervals",
        "equal = max(values) - min(values) < 1e-12 * max(map(abs, values))",
    ): "Of zeros alone, the standard deviation is zero too.",
    ("losses", "return rows.argsort(0)"): "Runs on accelerators only; a GPU test compares them with the CPU.",
}

OPERATORS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


def mutants(source: str) -> list[Mutant]:
    """Return every text that differs from `source` in one operator, constant, minimum or maximum."""
    tree = ast.parse(source)
    original = ast.unparse(tree).splitlines()
    found = {}
    for line, place, key, old, new in _changes(tree, 0):
        _put(place, key, new)
        text = ast.unparse(tree)
        _put(place, key, old)
        changed = [pair for pair in zip(original, text.splitlines(), strict=True) if pair[0] != pair[1]]
        ((before, after),) = changed
        found[text] = Mutant(line, before.strip(), after.strip(), text)
    return list(found.values())


def _changes(node: ast.AST, line: int) -> Iterator[tuple[int, Any, str | int, Any, Any]]:
    """Walk the code, not the annotations and what an error says; yield line, place, key, old and new value."""
    if isinstance(node, ast.Raise | ast.JoinedStr):
        return
    line = getattr(node, "lineno", line)
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns"):
            continue
        place, items = (value, enumerate(value)) if isinstance(value, list) else (node, [(field, value)])
        for key, old in items:
            for new in _instead_of(old, field):
                yield line, place, key, old, new
            if isinstance(old, ast.AST):
                yield from _changes(old, line)


def _instead_of(old: Any, field: str) -> list[Any]:
    match old:
        case ast.UnaryOp(operand=operand):
            return [operand]
        case ast.Constant(value=bool(value)):
            return [ast.Constant(not value)]
        case ast.Constant(value=int(value)):
            return [ast.Constant({0: 1, 1: 0}.get(value, value + 1))]
        case ast.Constant(value=float(value)):
            return [ast.Constant(value + 1)]
        case str() if field in ("attr", "id") and old in NAMES:
            return [NAMES[old]]
    return [OPERATORS[type(old)]()] if type(old) in OPERATORS else []


def _put(place: Any, key: str | int, value: Any) -> None:
    if isinstance(place, list):
        place[key] = value
    else:
        setattr(place, key, value)


class _FastestFirst:
    """A plugin that sorts the tests by the processor time that they once took, and takes that time."""

    def __init__(self, known: dict[str, float]) -> None:
        self.known, self.seconds = known, {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: self.known.get(item.nodeid, 0.0))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        start = time.process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.process_time() - start


def survivors(target: Target, chosen: list[Mutant], *, jobs: int = 1) -> list[Mutant]:
    """Return the mutants that all tests of the target pass; first the unchanged module has to pass them."""
    _import_what_it_needs(target)
    alive = []
    with tempfile.TemporaryDirectory() as scratch:
        slots = [Path(scratch) / str(number) for number in range(jobs)]
        for slot in slots:
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(target.package, slot / target.package.name, ignore=ignore)
        unchanged = ast.unparse(ast.parse(target.module.read_text(encoding="utf-8")))
        if _code(os.waitpid(_start(target, unchanged, slots[0], {}), 0)[1], slots[0]) != 0:
            raise RuntimeError(f"{target.tests} does not pass unchanged:\n{(slots[0] / 'log').read_text()}")
        known = json.loads((slots[0] / "seconds").read_text())
        running: dict[int, tuple[Mutant, Path]] = {}
        control = Mutant(0, "", "", unchanged)
        waiting = [control, *reversed(chosen)]  # the control comes last
        while waiting or running:
            if waiting and slots:
                mutant, slot = waiting.pop(), slots.pop()
                running[_start(target, mutant.text, slot, known)] = mutant, slot
                continue
            pid, status = os.wait()
            mutant, slot = running.pop(pid)
            slots.append(slot)
            if _code(status, slot) == 0:
                alive.append(mutant)
    gc.unfreeze()
    if control not in alive:
        raise RuntimeError(f"{target.tests} did not pass unchanged once more, after the mutants.")
    return [mutant for mutant in chosen if mutant in alive]


def _import_what_it_needs(target: Target) -> None:
    """Import in the parent what the module and its tests import, but nothing of the package itself."""
    for name in LATE:
        importlib.import_module(name)
    for path in (target.module, target.tests):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            for name in names:
                if name.split(".")[0] not in (target.package.name, "helpers"):
                    importlib.import_module(name)
    gc.freeze()


def _start(target: Target, text: str, slot: Path, known: dict[str, float]) -> int:
    """Write the module's text into the copy and start its tests; return the process that runs them."""
    module = slot / target.module.relative_to(target.package.parent)
    module.write_text(text, encoding="utf-8")
    for cached in module.parent.glob(f"__pycache__/{module.stem}.*"):
        cached.unlink()
    pid = os.fork()
    if pid:
        return pid
    code = 99
    try:
        signal.alarm(SECONDS)
        log = os.open(slot / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.dont_write_bytecode = bool(known)  # a module cached in the same second would hide the next one
        sys.path.insert(0, str(slot))
        plugin = _FastestFirst(known)
        options = ["-x", "-q", "-p", "no:cacheprovider", "--import-mode=importlib"]
        slow = ["-k", f"not ({target.slow})"] if target.slow else []
        code = int(pytest.main([*options, *slow, str(target.tests)], plugins=[plugin]))
        (slot / "seconds").write_text(json.dumps(plugin.seconds))
        loaded = sys.modules.get(".".join(module.relative_to(slot).with_suffix("").parts))
        if loaded is not None and Path(loaded.__file__) != module:
            print(f"{loaded.__file__} was tested.")
            code = 99
    finally:
        sys.stdout.flush()
        os._exit(code)


def _code(status: int, slot: Path) -> int:
    """Return what pytest returned, or minus the signal; raise where the runner, not the mutant, is at fault."""
    code = os.waitstatus_to_exitcode(status)
    if code in (4, 5, 99):  # wrong usage, no tests, another module than the copy
        raise RuntimeError(f"The tests did not run:\n{(slot / 'log').read_text()}")
    return code


def main(arguments: list[str] | None = None) -> int:
    """Print the mutants that survive and the kill rate; return 1 where it is too low or the table is stale."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--module", choices=TARGETS, help="one module only")
    parser.add_argument("--limit", type=int, help="at most so many mutants of each module, evenly spread")
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time")
    given = parser.parse_args(arguments)
    killed = total = 0
    stale = False
    for name in [given.module] if given.module else TARGETS:
        target = TARGETS[name]
        start = time.monotonic()
        found = mutants(target.module.read_text(encoding="utf-8"))
        for key in EQUIVALENT:
            if key[0] == name and key[1] not in {mutant.after for mutant in found}:
                print(f"stale: no mutant of {name} reads {key[1]!r}")
                stale = True
        chosen = [mutant for mutant in found if (name, mutant.after) not in EQUIVALENT]
        equivalent = len(found) - len(chosen)
        if given.limit and given.limit < len(chosen):
            chosen = [chosen[i * len(chosen) // given.limit] for i in range(given.limit)]
        alive = survivors(target, chosen, jobs=given.jobs)
        for mutant in alive:
            print(f"survived: {name}.py:{mutant.line}  {mutant.before}  ->  {mutant.after}")
        rest = f"{equivalent} equivalent, {time.monotonic() - start:.0f} s"
        print(f"{name}: killed {len(chosen) - len(alive)} of {len(chosen)}, {rest}", flush=True)
        killed, total = killed + len(chosen) - len(alive), total + len(chosen)
    rate = killed / total
    print(f"killed {killed} of {total} ({rate:.1%})")
    return 1 if stale or rate < LOWEST_RATE else 0


if __name__ == "__main__":
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # no threads before a fork
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    print = functools.partial(print, flush=True)
    sys.exit(main())

"""The script that mutates the library changes one thing at a time, and tells a strong test from a weak one."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.time_limits import seconds

SCRIPT = Path(__file__).parent / "mutants.py"
_spec = importlib.util.spec_from_file_location("mutants_library", SCRIPT)
library = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(library)


def after(source: str) -> set[str]:
    return {mutant.after for mutant in library.mutants(source)}


@pytest.mark.parametrize("name", library.TARGETS)
@pytest.mark.exhaustive
def test_every_mutant_of_a_module_differs_in_one_line_and_compiles(name: str) -> None:
    source = library.TARGETS[name].module.read_text(encoding="utf-8")
    original = ast.unparse(ast.parse(source)).splitlines()
    found = library.mutants(source)
    assert len({mutant.text for mutant in found}) == len(found) >= 20
    for mutant in found:
        lines = mutant.text.splitlines()
        changed = [i for i, (old, new) in enumerate(zip(original, lines, strict=True)) if old != new]
        assert len(changed) == 1
        assert (mutant.before, mutant.after) == (original[changed[0]].strip(), lines[changed[0]].strip())
        compile(mutant.text, name, "exec")


@pytest.mark.exhaustive
def test_there_are_hundreds_of_mutants_of_the_three_modules() -> None:
    found = [library.mutants(target.module.read_text(encoding="utf-8")) for target in library.TARGETS.values()]
    assert sum(map(len, found)) >= 200


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a < b", {"a <= b"}),
        ("0 <= a < b", {"1 <= a < b", "0 < a < b", "0 <= a <= b"}),
        ("a == b", {"a != b"}),
        ("a is None", {"a is not None"}),
        ("a not in b", {"a in b"}),
        ("a + b * c", {"a - b * c", "a + b / c"}),
        ("a & ~b", {"a | ~b", "a & b"}),
        ("a |= b", {"a &= b"}),
        ("a and (not b)", {"a or not b", "a and b"}),
        ("-a", {"a"}),
        ("a.sum(1)", {"a.sum(0)"}),
        ("a[-1]", {"a[1]", "a[-0]"}),
        ("a.clamp_min(0)", {"a.clamp_min(1)"}),
        ("f(a, flag=True)", {"f(a, flag=False)"}),
        ("a = 0.5", {"a = 1.5"}),
        ("min(a, b.max())", {"max(a, b.max())", "min(a, b.min())"}),
    ],
)
def test_one_operator_or_constant_is_changed_at_a_time(source: str, expected: set[str]) -> None:
    assert after(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        '"""Adds 1 + 1."""',
        'a: Int[Tensor, "N"] | None',
        "def f(a: int | None) -> int | float:\n    return a",
        'raise ValueError(f"{a + 1} of {b[0]}", 1 + 1)',
        'a = f"{b + 1}"',
    ],
)
def test_words_annotations_and_errors_stay(source: str) -> None:
    assert after(source) == set()


def test_the_line_is_that_of_the_file() -> None:
    (mutant,) = library.mutants(
        '"""Words."""\n\n\ndef f(a, b):\n    # more words\n    return (\n        a\n        < b\n    )\n'
    )
    assert mutant[:3] == (7, "return a < b", "return a <= b")


def test_every_equivalent_mutant_of_the_table_is_one_mutant_and_has_a_reason() -> None:
    afters = {
        name: [mutant.after for mutant in library.mutants(library.TARGETS[name].module.read_text(encoding="utf-8"))]
        for name in {name for name, _ in library.EQUIVALENT}
    }
    for (name, line), reason in library.EQUIVALENT.items():
        assert afters[name].count(line) == 1
        assert len(reason) > 20


# --- the runner, on a module of two functions -----------------------------------------------------------------------

RUNNER = """
import sys
from pathlib import Path
import mutants as library
library.LATE, library.SECONDS = (), 10
target = library.Target(Path(sys.argv[1]), Path(sys.argv[2]), slow="slow")
chosen = library.mutants(target.module.read_text())
print([mutant.after for mutant in library.survivors(target, chosen, jobs=2)])
"""
TOY = """
def is_below(a, b):
    return a < b


def down(number, step):
    while number:
        number -= step
    return number
"""
WEAK = """
from toy.numbers import down, is_below

def test_below():
    assert is_below(1, 2)

def test_nothing_to_do():
    assert down(0, 1) == 0
"""
STRONG = """
def test_{name}():
    assert not is_below(2, 2)
    assert down(3, 1) == 0
"""


def run_toy(folder: Path, tests: str) -> subprocess.CompletedProcess[str]:
    package = folder / "source" / "toy"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "numbers.py").write_text(TOY)
    (folder / "test_toy.py").write_text(tests)
    environment = os.environ | {"PYTHONPATH": str(SCRIPT.parent), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-c", RUNNER, str(package / "numbers.py"), str(folder / "test_toy.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds(1800), check=False)
    assert (package / "numbers.py").read_text() == TOY
    return done


@pytest.mark.exhaustive
def test_a_strong_test_kills_every_mutant_and_a_hang_too(tmp_path: Path) -> None:
    assert run_toy(tmp_path, WEAK + STRONG.format(name="strong")).stdout == "[]\n"


@pytest.mark.exhaustive
def test_what_a_weak_test_misses_survives_and_slow_tests_are_left_out(tmp_path: Path) -> None:
    survived = run_toy(tmp_path, WEAK + STRONG.format(name="slow")).stdout
    assert survived == "['return a <= b', 'number += step']\n"


@pytest.mark.exhaustive
def test_tests_that_fail_on_the_unchanged_module_are_refused(tmp_path: Path) -> None:
    done = run_toy(tmp_path, WEAK + "    assert not is_below(1, 2)\n")
    assert done.returncode == 1
    assert "test_toy.py does not pass unchanged:" in done.stderr
    assert "assert not True" in done.stderr

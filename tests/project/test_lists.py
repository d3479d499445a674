"""Lists that are kept by hand name the same things, so that nobody can forget one; lists of labs first."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from helpers.lab_lists import differences
from helpers.places import ROOT
from helpers.project_copy import copy_project, edit


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("project") / "copy")


@pytest.fixture
def copy(untouched: Path, tmp_path: Path) -> Path:
    return shutil.copytree(untouched, tmp_path / "copy", ignore=shutil.ignore_patterns("evidence", "*.png"))


def test_every_list_of_labs_names_the_same_labs_in_the_same_order() -> None:
    assert differences(ROOT) == []


def left_to_fill_in(root: Path) -> list[str]:
    """Return the places that `labkit.new` leaves to the author of a lab."""
    folders = ("labs/solutions", "resnet_labs/checks", "resnet_labs/recipes", "tests/labs")
    files = [path for folder in folders for path in sorted((root / folder).rglob("*.py"))]
    return [
        f"{path.relative_to(root)}, line {number}: {line.strip()}"
        for path in [root / "resnet_labs" / "labs.py", root / "README.md", *files]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "FILL IN" in line
    ]


def test_nothing_is_left_to_fill_in() -> None:
    left = left_to_fill_in(ROOT)
    assert not left, "\n".join(left)


def drop(root: Path, name: str, pattern: str) -> None:
    """Delete what matches the pattern once."""
    path = root / name
    text, count = re.subn(pattern, "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert count == 1
    path.write_text(text, encoding="utf-8")


def exchange(root: Path, name: str, first: str, second: str) -> None:
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert text.count(first) == text.count(second) == 1
    path.write_text(text.replace(first, "\0").replace(second, first).replace("\0", second), encoding="utf-8")


def write(root: Path, name: str, text: str = "") -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def plan(root: Path) -> None:
    """Add a lab that is not written yet to the registry."""
    end = "\n)\n\n\ndef find("
    edit(root / "resnet_labs/labs.py", end, f'\n    Lab("98", "more", "Why?", "r1", "digits", "mnist"),{end}')


def plan_with_a_check(root: Path) -> None:
    plan(root)
    write(root, "resnet_labs/checks/lab98/__init__.py")


def plan_with_a_page(root: Path) -> None:
    plan(root)
    results = "  - caption: Results"
    edit(root / "book/_toc.yml", results, f"      - file: labs/solutions/lab98_more\n{results}")


def forget_seconds(root: Path) -> None:
    path = root / "resnet_labs" / "cell_seconds.json"
    known = json.loads(path.read_text())
    del known["lab03_cats_vs_dogs"]
    path.write_text(json.dumps(known))


def forget_two_in_the_toc(root: Path) -> None:
    drop(root, "book/_toc.yml", r"^ +- file: .*lab07.*\n.*\n")
    drop(root, "book/_toc.yml", r"^ +- file: .*lab08.*\n.*\n")


def twice_in_the_toc(root: Path) -> None:
    line = "      - file: labs/solutions/lab01_residual_blocks\n"
    edit(root / "book" / "_toc.yml", line, line + line)


def no_answers(root: Path) -> None:
    for path in (root / "tests" / "labs" / "lab06").glob("exercise_*.py"):
        path.unlink()


def empty_recipes(root: Path) -> None:
    path = root / "resnet_labs" / "recipes" / "digits.py"
    text = path.read_text()
    path.write_text(text[: text.index("\nRECIPES = {")] + "\nRECIPES = {}\n")


DIGITS = re.compile(r'^    Lab\(\n        "02",\n.*?^    \),\n', re.MULTILINE | re.DOTALL)


def unregistered(root: Path) -> None:
    path = root / "resnet_labs" / "labs.py"
    text, count = DIGITS.subn("", path.read_text())
    assert count == 1
    path.write_text(text)


# A fault -> what makes it, and parts of the sentences that must be said. A word after "not:" must not be said.
FAULTS = {
    "a line less in the toc": (
        lambda root: drop(root, "book/_toc.yml", r"^ +- file: .*lab05.*\n.*\n"),
        ["lab05_transfer is not in book/_toc.yml."],
    ),
    "two lines less in the toc": (
        forget_two_in_the_toc,
        ["lab07_losses is not in book/_toc.yml.", "lab08_layerwise_pretraining is not in book/_toc.yml."],
    ),
    "a line twice in the toc": (twice_in_the_toc, ["book/_toc.yml names lab01_residual_blocks twice."]),
    "another order in the toc": (
        lambda root: exchange(root, "book/_toc.yml", "lab03_cats_vs_dogs", "lab04_flowers"),
        ["book/_toc.yml has another order than resnet_labs/labs.py."],
    ),
    "an unknown lab in the toc": (
        lambda root: edit(root / "book/_toc.yml", "lab04_flowers", "lab04_flower"),
        ["lab04_flowers is not in book/_toc.yml.", "lab04_flower is not in resnet_labs/labs.py."],
    ),
    "a solution that nothing knows": (
        lambda root: write(root, "labs/solutions/lab10_extra.py"),
        [
            f"lab10_extra is not in {name}."
            for name in (
                "resnet_labs/labs.py",
                "book/_toc.yml",
                "labs/solutions/*.ipynb",
                "labs/*.py",
                "labs/*.ipynb",
                "resnet_labs/checks/labNN",
                "tests/labs/labNN/exercise_M.py",
                "resnet_labs/recipes/SLUG.py",
                "resnet_labs/recipes/__init__.py",
                "resnet_labs/cell_seconds.json",
            )
        ],
    ),
    "no checks": (
        lambda root: shutil.rmtree(root / "resnet_labs/checks/lab05"),
        ["lab05_transfer is not in resnet_labs/checks/labNN."],
    ),
    "checks without a face": (
        lambda root: (root / "resnet_labs/checks/lab05/__init__.py").unlink(),
        ["lab05_transfer is not in resnet_labs/checks/labNN."],
    ),
    "checks of no lab": (
        lambda root: write(root, "resnet_labs/checks/lab11/__init__.py"),
        ["lab11 is not in resnet_labs/labs.py."],
    ),
    "no answers": (no_answers, ["lab06_recipe is not in tests/labs/labNN/exercise_M.py."]),
    "no student script": (
        lambda root: (root / "labs/lab02_digits.py").unlink(),
        ["lab02_digits is not in labs/*.py."],
    ),
    "no student notebook": (
        lambda root: (root / "labs/lab02_digits.ipynb").unlink(),
        ["lab02_digits is not in labs/*.ipynb."],
    ),
    "no solution notebook": (
        lambda root: (root / "labs/solutions/lab02_digits.ipynb").unlink(),
        ["lab02_digits is not in labs/solutions/*.ipynb."],
    ),
    "no recipe module": (
        lambda root: (root / "resnet_labs/recipes/transfer.py").unlink(),
        ["lab05_transfer is not in resnet_labs/recipes/SLUG.py."],
    ),
    "a recipe module without a recipe": (
        empty_recipes,
        ["lab02_digits is not in resnet_labs/recipes/SLUG.py."],
    ),
    "a recipe module that is not collected": (
        lambda root: edit(root / "resnet_labs/recipes/__init__.py", "    digits,\n    cats", "    cats"),
        ["lab02_digits is not in resnet_labs/recipes/__init__.py."],
    ),
    "recipes of no lab": (
        lambda root: write(root, "resnet_labs/recipes/extra.py", 'RECIPES = {"r1.extra": ()}\n'),
        ["extra is not in resnet_labs/labs.py."],
    ),
    "no seconds": (forget_seconds, ["lab03_cats_vs_dogs is not in resnet_labs/cell_seconds.json."]),
    "a lab that is taken out of the registry": (unregistered, ["lab02_digits is not in resnet_labs/labs.py."]),
    "another order in the registry": (
        lambda root: exchange(root, "resnet_labs/labs.py", '"05",\n        "transfer"', '"06",\n        "recipe"'),
        [
            f"{name} has another order than resnet_labs/labs.py."
            for name in ("book/_toc.yml", "resnet_labs/recipes/__init__.py")
        ],
    ),
    "a planned lab of which a part exists": (
        plan_with_a_check,
        [
            f"lab98_more is not in {name}."
            for name in ("labs/solutions/*.py", "book/_toc.yml", "tests/labs/labNN/exercise_M.py")
        ],
    ),
    "a planned lab in the toc": (plan_with_a_page, ["lab98_more is not in labs/solutions/*.py."]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_lab_that_a_list_forgets_is_named(fault: str, copy: Path) -> None:
    assert differences(copy) == []
    plant, said = FAULTS[fault]
    plant(copy)
    assert [sentence for sentence in said if sentence not in differences(copy)] == []


def test_a_planned_lab_may_be_in_the_registry_alone(copy: Path) -> None:
    plan(copy)
    assert differences(copy) == []

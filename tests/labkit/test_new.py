"""One command lays a lab that is whole, builds and is read without a complaint; what is left to do, tests say."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.lab_lists import differences
from helpers.project_copy import copy_project

from resnet_labs.labkit import new
from resnet_labs.labkit.build import build, orphans
from resnet_labs.labkit.lint import lint

NAME = "lab10_more_depth"


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("project") / "copy")


@pytest.fixture(scope="module")
def laid(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = shutil.copytree(untouched, tmp_path_factory.mktemp("laid") / "copy")
    with contextlib.chdir(root):
        assert new.main(["10", "more_depth"]) == 0
    return root


@pytest.mark.exhaustive
def test_every_list_has_the_new_lab(laid: Path) -> None:
    assert differences(laid) == []
    assert (laid / "labs" / "solutions" / f"{NAME}.py").is_file()


@pytest.mark.exhaustive
def test_it_builds_and_is_read_without_a_complaint(laid: Path) -> None:
    assert build(laid, check=True) == []
    assert orphans(laid) == []
    assert lint(laid / "labs" / "solutions" / f"{NAME}.py") == []


def changed(before: Path, after: Path) -> list[Path]:
    files = [path.relative_to(after) for path in after.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    old = {path: (before / path).read_bytes() if (before / path).is_file() else None for path in files}
    return [path for path in files if (after / path).read_bytes() != old[path]]


@pytest.mark.exhaustive
def test_the_code_is_as_ruff_wants_it(laid: Path, untouched: Path) -> None:
    files = [str(path) for path in changed(untouched, laid) if path.suffix == ".py"]
    assert len(files) >= 11
    for check in (["check", "--force-exclude"], ["format", "--check", "--force-exclude"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *check, *files], cwd=laid, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.weekly
@pytest.mark.exhaustive
def test_it_says_what_it_wrote_and_what_comes_next(untouched: Path, tmp_path: Path, capsys) -> None:
    root = shutil.copytree(untouched, tmp_path / "copy")
    with contextlib.chdir(root):
        assert new.main(["10", "more_depth"]) == 0
    said = capsys.readouterr().out
    for path in changed(untouched, root):
        assert f"wrote {path.as_posix()}\n" in said
    assert "tests/project/test_lists.py" in said


@pytest.mark.slow
@pytest.mark.weekly
@pytest.mark.exhaustive
def test_only_the_tests_that_say_what_to_fill_in_fail(laid: Path) -> None:
    tests = ("project/test_lists.py", "labs", "recipes/test_recipes.py", "command/test_progress.py")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rfE", "--tb=short", "-m", "not slow"]
    command += [f"tests/{name}" for name in tests]
    # The new lab's own, and those that look at all labs at once.
    command += ["-k", f"{NAME} or 10. or is_typed or test_lists or test_recipes or minutes or timed"]
    done = subprocess.run(
        command, cwd=laid, env=os.environ | {"PYTHONPATH": str(laid)}, capture_output=True, text=True, check=False
    )
    failed = {name.split("[")[0] for name in re.findall(r"^(?:FAILED|ERROR) \S+::(\S+)", done.stdout, re.MULTILINE)}
    assert failed == {
        "test_nothing_is_left_to_fill_in",
        "test_no_measured_number_is_typed",
        "test_every_check_that_the_lab_calls_has_a_file_of_its_own_and_answers_enough",
        "test_the_stored_seconds_name_cells_that_are_there",
    }, done.stdout
    for said in (
        "labs/solutions/lab10_more_depth.py, line 16: # FILL IN: what the report did",
        "AssertionError: 10.1",
        "measure it: python -m resnet_labs",
    ):
        assert said in done.stdout


def plan(root: Path, number: str, slug: str) -> None:
    """Add a lab that is not written yet to the registry."""
    registry = root / "resnet_labs" / "labs.py"
    last = "        minutes=0.5,\n    ),\n)\n"
    entry = f'    Lab("{number}", "{slug}", "Why more?", "r1", "digits", "mnist"),\n'
    text = registry.read_text()
    assert text.count(last) == 1
    registry.write_text(text.replace(last, f"{last[:-2]}{entry})\n"))


@pytest.mark.weekly
@pytest.mark.exhaustive
def test_a_lab_that_was_planned_keeps_its_question(untouched: Path, tmp_path: Path) -> None:
    root = shutil.copytree(untouched, tmp_path / "copy")
    plan(root, "10", "more_depth")
    registered = (root / "resnet_labs" / "labs.py").read_bytes()
    with contextlib.chdir(root):
        assert new.main(["10", "more_depth"]) == 0
    assert differences(root) == []
    assert "# Why more?" in (root / "labs" / "solutions" / "lab10_more_depth.py").read_text()
    assert (root / "resnet_labs" / "labs.py").read_bytes() == registered


@pytest.mark.weekly
@pytest.mark.exhaustive
def test_a_lab_between_others_goes_between_them(untouched: Path, tmp_path: Path) -> None:
    root = shutil.copytree(untouched, tmp_path / "copy")
    plan(root, "11", "much_later")
    assert differences(root) == []
    with contextlib.chdir(root):
        assert new.main(["10", "more_depth"]) == 0
    assert differences(root) == []


def tree(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc"}


WRONG = {
    "number taken": (["02", "more_depth"], "Lab 02 already exists, digits."),
    "number taken, without its zero": (["2", "more_depth"], "Lab 02 already exists, digits."),
    "number of the last lab": (["09", "more_depth"], "Lab 09 already exists, reading_reports."),
    "slug taken": (["10", "digits"], "A lab 'digits' already exists, 02."),
    "slug of a written lab under its number": (["02", "digits"], "Lab 02 already exists, digits."),
    "number in words": (["ten", "more_depth"], "'ten' is not a lab number."),
    "number zero": (["0", "more_depth"], "'0' is not a lab number."),
    "number with three digits": (["100", "more_depth"], "'100' is not a lab number."),
    "negative number": (["--", "-1", "more_depth"], "'-1' is not a lab number."),
    "number in other digits": (["١٠", "more_depth"], "'١٠' is not a lab number."),
    "capitals": (["10", "MoreDepth"], "'MoreDepth' is not a valid slug."),
    "hyphen": (["10", "more-depth"], "'more-depth' is not a valid slug."),
    "begins with a digit": (["10", "2_depths"], "'2_depths' is not a valid slug."),
    "begins with an underscore": (["10", "_depth"], "'_depth' is not a valid slug."),
    "ends with an underscore": (["10", "depth_"], "'depth_' is not a valid slug."),
    "two underscores": (["10", "more__depth"], "'more__depth' is not a valid slug."),
    "empty": (["10", ""], "'' is not a valid slug."),
    "a path": (["10", "../depth"], "'../depth' is not a valid slug."),
    "other letters": (["10", "größe"], "'größe' is not a valid slug."),
    "a word of Python": (["10", "class"], "'class' is not a valid slug."),
    "far too long": (["10", "d" * 41], f"'{'d' * 41}' is not a valid slug."),
    "the name of another module": (
        ["10", "stand_in_network"],
        "'resnet_labs/recipes/stand_in_network.py' already exists",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_bad_input_is_one_sentence_and_writes_nothing(wrong: str, untouched: Path, capsys) -> None:
    arguments, said = WRONG[wrong]
    before = tree(untouched)
    with contextlib.chdir(untouched):
        assert new.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(said)
    assert len(captured.err.splitlines()) == 1
    assert captured.out == ""
    assert tree(untouched) == before


def as_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("")


def as_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def remove(name: str):
    return lambda root: (root / name).unlink()


BROKEN = {
    "no toc": (remove("book/_toc.yml"), "There is no book/_toc.yml here."),
    "no registry": (remove("resnet_labs/labs.py"), "There is no resnet_labs/labs.py here."),
    "no README": (remove("README.md"), "There is no README.md here."),
    "no project file": (remove("pyproject.toml"), "There is no pyproject.toml here."),
    "no folder of solutions": (lambda root: shutil.rmtree(root / "labs"), "There is no labs/solutions here."),
    "recipes collected otherwise": (
        lambda root: (root / "resnet_labs/recipes/__init__.py").write_text("RECIPES = {}\n"),
        "resnet_labs/recipes/__init__.py has no place for the lab.",
    ),
    "a toc that is none": (lambda root: (root / "book/_toc.yml").write_text("[]"), "book/_toc.yml has no place"),
    "damaged seconds": (
        lambda root: (root / "resnet_labs/cell_seconds.json").write_text("{"),
        "resnet_labs/cell_seconds.json has no place for the lab.",
    ),
    "a registry that is no Python": (
        lambda root: (root / "resnet_labs/labs.py").write_text("LABS = ("),
        "resnet_labs/labs.py has no place for the lab.",
    ),
    "a registry that is computed": (
        lambda root: (root / "resnet_labs/labs.py").write_text("LABS = (Lab(number, slug, question, reports),)"),
        "resnet_labs/labs.py has no place for the lab.",
    ),
    "an empty registry": (
        lambda root: (root / "resnet_labs/labs.py").write_text("LABS = ()"),
        "resnet_labs/labs.py has no place for the lab.",
    ),
    "a README that is no text": (
        lambda root: (root / "README.md").write_bytes(b"\xff\xfe\x00"),
        "README.md is not UTF-8 text.",
    ),
    "a folder in the place of a file": (lambda root: as_folder(root / "README.md"), "README.md cannot be read"),
    "a file in the place of a folder": (lambda root: as_file(root / "tests/labs"), "'tests/labs' is a file."),
    "another lab that is broken": (
        lambda root: (root / "labs/solutions/lab02_digits.py").write_text("# %%\n### BEGIN SOLUTION\n"),
        "lab02_digits.py, line 2",
    ),
    "a solution that is in the way": (
        lambda root: (root / "labs/solutions/lab10_more_depth.py").write_text("mine"),
        "'labs/solutions/lab10_more_depth.py' already exists.",
    ),
    "another lab of that number": (
        lambda root: (root / "labs/solutions/lab10_other.py").write_text("mine"),
        "'labs/solutions/lab10_other.py' already exists.",
    ),
    "a folder of checks that is in the way": (
        lambda root: (root / "resnet_labs/checks/lab10").mkdir(),
        "'resnet_labs/checks/lab10' already exists.",
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_project_that_is_not_whole_stays_as_it_is(broken: str, untouched: Path, tmp_path: Path, capsys) -> None:
    root = shutil.copytree(untouched, tmp_path / "copy", ignore=shutil.ignore_patterns("evidence"))
    damage, said = BROKEN[broken]
    damage(root)
    before = tree(root)
    with contextlib.chdir(root):
        assert new.main(["10", "more_depth"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(said)
    assert len(captured.err.splitlines()) == 1
    assert tree(root) == before


@pytest.mark.parametrize("arguments", [[], ["10"], ["10", "more_depth", "more"], ["--what"]])
def test_another_number_of_arguments_is_wrong_use(arguments: list[str], tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        new.main(arguments)
    assert stopped.value.code == 2
    assert "usage: python -m resnet_labs.labkit.new" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.exhaustive
def test_the_seconds_of_the_others_stay(laid: Path, untouched: Path) -> None:
    before, after = (json.loads((root / "resnet_labs/cell_seconds.json").read_text()) for root in (untouched, laid))
    assert after == before | {NAME: {}}

"""The steps in CONTRIBUTING are walked in a copy of the project: they name what has to be written, and it works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from helpers.places import ROOT, is_runnable
from helpers.project_copy import copy_project, edit

from resnet_labs import reports
from resnet_labs.labkit import new
from resnet_labs.labkit.build import build
from resnet_labs.labkit.lint import lint

STEPS = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("\n## Steps\n", 1)[1].split("\n## ", 1)[0]
THINGS = ("A lab", "A check", "A data set", "A report", "A recipe")


def bullets(thing: str) -> list[str]:
    part = re.split(r"^### ", STEPS, flags=re.MULTILINE)
    (text,) = [each for each in part if each.startswith(f"{thing}\n")]
    return re.split(r"^- ", text, flags=re.MULTILINE)[1:]


def test_there_are_steps_for_each_thing_seven_at_most() -> None:
    assert re.findall(r"^### (.+)$", STEPS, re.MULTILINE) == [*THINGS]
    assert {thing: len(bullets(thing)) for thing in THINGS if not 3 <= len(bullets(thing)) <= 7} == {}


@pytest.mark.parametrize("thing", THINGS)
def test_every_test_and_command_of_the_steps_is_there(thing: str) -> None:
    text = " ".join(bullets(thing))
    paths = re.findall(r"(?<=[ `])tests/[\w/]+(?:\.py)?(?=[ `])", text)
    assert [path for path in paths if not (ROOT / path).exists() and not re.search("NAME|NN", path)] == []
    modules = re.findall(r"-m (resnet_labs[.\w]+)", text)
    assert [name for name in modules if not is_runnable(name)] == []


@dataclass
class Walk:
    """What one list of steps says to write, and what has to come of it."""

    root: Path
    names: dict[str, str]
    written: set[str] = field(default_factory=set)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.written.add(name)

    def edit(self, name: str, old: str, text: str) -> None:
        edit(self.root / name, old, text)
        self.written.add(name)

    def not_told(self, thing: str) -> set[str]:
        """Return the files that were written and that no step names."""
        return {name for name in self.written if not any(re.fullmatch(told, name) for told in self._told(thing))}

    def not_written(self, thing: str) -> set[str]:
        """Return the files that a step names and that were not written."""
        return {told for told in self._told(thing) if not any(re.fullmatch(told, name) for name in self.written)}

    def _told(self, thing: str) -> set[str]:
        paths = re.findall(r"`((?:resnet_labs|labs|tests|book)/[\w./]+|README\.md)`", " ".join(bullets(thing)))
        told = set()
        for path in paths:
            for placeholder, value in self.names.items():
                path = path.replace(placeholder, value)
            told.add(re.escape(path))
        return told


def check(root: Path) -> Walk:
    """One more exercise of lab 02, with what the skeleton of a lab holds for one."""
    walk = Walk(root, {"labNN": "lab02", "SLUG": "digits", "exercise_M": "exercise_5", "NAME": "fifth"})
    facts = {"NN": "02", "M": "5", "name": "fifth"}
    walk.write("resnet_labs/checks/lab02/fifth.py", new._filled("check", facts))
    face = "resnet_labs/checks/lab02/__init__.py"
    text = (root / face).read_text(encoding="utf-8")
    first = text.index("from resnet_labs")
    text = f"{text[:first]}from resnet_labs.checks.lab02.fifth import check_fifth\n{text[first:]}"
    walk.write(face, text.replace("__all__ = [", '__all__ = ["check_fifth", '))
    more = "".join(
        f'\n\n@answers.wrong("value")\ndef times_{number}(x):\n    return {number} * x\n' for number in (3, 4, 5)
    )
    more += "".join(f"\n\n@answers.right\ndef right_{number}(x):\n    return x * {number} / 2\n" for number in (4,))
    walk.write("tests/labs/lab02/exercise_5.py", new._filled("answers", facts) + more)
    walk.edit(
        "labs/solutions/lab02_digits.py",
        "# %% [markdown]\n# ## Experiment\n",
        new._filled("exercise", facts) + "# %% [markdown]\n# ## Experiment\n",
    )
    build(root)
    return walk


READER = '''\
"""Two colors, for a test."""

from pathlib import Path

import torch

from resnet_labs.data.images import ImageData


def read(root: Path, split: str, seed: int) -> ImageData:
    """Return images of one color each."""
    labels = torch.arange(40) % 2
    images = (labels * 200).to(torch.uint8)[:, None, None, None].repeat(1, 1, 8, 8)
    return ImageData(images, labels, ("dark", "light"), f"two colors, {split} split")
'''
ENTRY = """\
    "colors": Entry(
        2,
        40,
        40,
        8,
        "a folder of a test",
        colors.read,
        present=lambda root: (root / "colors").is_dir(),
        how="make a folder colors",
    ),
"""
DATA_TEST = '''\
"""Colors are read."""

from resnet_labs.data import load


def test_colors_are_read(tmp_path):
    (tmp_path / "colors").mkdir()
    assert load("colors", split="test", root=tmp_path).classes == ("dark", "light")
'''


def data_set(root: Path) -> Walk:
    walk = Walk(root, {"NAME": "colors"})
    walk.write("resnet_labs/data/colors.py", READER)
    catalogue = "resnet_labs/data/catalogue.py"
    walk.edit(catalogue, "from resnet_labs.data import folder", "from resnet_labs.data import colors, folder")
    walk.edit(catalogue, '    "folder": Entry(\n', f'{ENTRY}    "folder": Entry(\n')
    walk.write("tests/data/test_colors.py", DATA_TEST)
    stand_in = '    "colors": ("digits", "digits in place of colors"),\n'
    walk.edit("resnet_labs/recipes/_stand_ins.py", "STAND_INS = {\n", f"STAND_INS = {{\n{stand_in}")
    return walk


REPORT = """\
id: r5
title: Two colors
experiments:
  colors:
    model: a small ResNet
    dataset: colors
    optimizer: sgd
    learning_rate: null
    epochs: 1
    fact: {accuracy: 0.975}
claims:
  - id: r5.c1
    text: two colors can be told apart
    certainty: says
    rule:
      contains:
        - {evidence: r5.colors, metric: accuracy, figure: colors.accuracy}
"""


def report(root: Path) -> Walk:
    walk = Walk(root, {"rN": "r5", "NAME": "colors"})
    walk.write("resnet_labs/reports/r5.yaml", REPORT)
    walk.write("resnet_labs/reports/r5_log_colors.csv", "epoch,train_loss\n1,0.25\n")
    row = '    "r5.colors": (("accuracy", "accuracy", "accuracy"),),\n'
    walk.edit("resnet_labs/reports/compare.py", '    "r3.flowers": ', f'{row}    "r3.flowers": ')
    names = "resnet_labs/labkit/results_page/claim_names.py"
    walk.edit(names, "CLAIM_NAMES = {\n", 'CLAIM_NAMES = {\n    "r5.c1": "Two colors differ",\n')
    claims = sum(len(reports.load_report(name)["claims"]) for name in reports.REPORTS)
    for page in ("README.md", "book/index.md"):
        walk.edit(page, f"{claims}<!-- /= --> claims", f"{claims + 1}<!-- /= --> claims")
    return walk


RECIPE = """\
_COLORS = replace(
    _DIGITS,
    name="r5.colors",
    dataset="colors",
    size=8,
    network=("cifar_resnet", {"depth": 8, "in_channels": 1}),
    batch_size=8,
    config=TrainConfig(epochs=1, learning_rate=0.1, precision="fp32"),
    chosen="for a test",
)

RECIPES = {
    "r5.colors": (_COLORS,),
"""
# What the steps let an author do on the command line, as a test, so that one process does it all.
COMMANDS = '''\
"""The commands of the steps, one after the other."""

import os
from pathlib import Path

from helpers.places import ROOT

from resnet_labs import cli, recipes, reports
from resnet_labs.labkit import results_page


def test_the_commands_of_the_steps(tmp_path, capsys):
    (tmp_path / "colors").mkdir()
    assert cli.main(["data", "colors", "--data-root", str(tmp_path)]) == 0
    assert "a folder of a test; here" in capsys.readouterr().out
    assert reports.claim("r5.c1") and reports.training_log("r5_log_colors")["train_loss"] == [0.25]
    command = ["reproduce", "r5.colors", "--seeds", "2", "--data-root", str(tmp_path), "--runs", str(tmp_path / "runs")]
    assert cli.main(command) == 0
    (lines,) = (tmp_path / "runs").rglob("results.jsonl")
    kept = ROOT / "resnet_labs/reports/evidence/r5.colors.jsonl"
    kept.write_text(lines.read_text())
    assert recipes.recipe_of(reports.evidence("r5.colors")[0]).dataset == "colors"
    assert results_page.main(["--check"]) == 1
    assert results_page.main([]) == 0
    page = results_page.PAGE.read_text()
    assert "| accuracy | 0.975 | " in page
    assert results_page.main(["--check"]) == 0
'''


def recipe(root: Path) -> Walk:
    walk = Walk(root, {"SLUG": "digits", "EXPERIMENT": "r5.colors"})
    walk.edit("resnet_labs/recipes/digits.py", "RECIPES = {\n", RECIPE)
    (root / "tests" / "recipes" / "test_commands.py").write_text(COMMANDS, encoding="utf-8")
    return walk


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Walk], set[str]]:
    """All walks but that of a lab, in one copy; and the tests that passed there, which the steps say to run."""
    root = copy_project(tmp_path_factory.mktemp("project") / "copy")
    walks = {"A check": check(root), "A data set": data_set(root), "A report": report(root), "A recipe": recipe(root)}
    tests = ["recipes/test_commands.py", "data/test_colors.py", "project/test_other_lists.py", "labs/test_checks.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA", "--tb=short"]
    command += [*(f"tests/{name}" for name in tests), "-k", "commands or colors or other_lists or 02.5 or lab02"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RESNET_LABS_")}
    environment |= {"PYTHONPATH": str(root), "RESNET_LABS_CACHE": str(root / "cache")}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    return walks, set(re.findall(r"^PASSED (\S+)", done.stdout, re.MULTILINE)) | {f"\n{done.stdout[-9000:]}"}


def passed(found: set[str], *names: str) -> list[str]:
    """Return the names without a test that passed, and what the run said where there are some."""
    missing = [name for name in names if not any(name in each for each in found if not each.startswith("\n"))]
    return missing + [each for each in found if each.startswith("\n")] * bool(missing)


@pytest.mark.slow
@pytest.mark.weekly
@pytest.mark.exhaustive
@pytest.mark.parametrize("thing", THINGS[1:])
def test_the_steps_name_the_files_that_have_to_be_written(thing: str, walked) -> None:
    walks, _ = walked
    assert walks[thing].not_told(thing) == set()
    left = {"resnet_labs/checks/lab02/reference.py", "book/results.md", "resnet_labs/reports/evidence/r5.colors.jsonl"}
    left |= {f"resnet_labs/reports/{name}.py" for name in ("schema", "audit/form")}  # they say what to write
    # A lab need not be graded, and a report without a form is not audited.
    left |= {"resnet_labs/grading/probes/lab02/exercise_5.py", "resnet_labs/reports/audit/forms/r5.yaml"}
    assert {told.replace("\\", "") for told in walks[thing].not_written(thing)} <= left


@pytest.mark.slow
@pytest.mark.weekly
@pytest.mark.exhaustive
def test_a_check_that_is_added_by_the_steps_gets_every_answer(walked) -> None:
    walks, found = walked
    assert lint(walks["A check"].root / "labs" / "solutions" / "lab02_digits.py") == []
    assert passed(found, "[02.5/value-times_3]", "[02.5/squared-squared]", "[02.5-added]") == []


@pytest.mark.slow
@pytest.mark.weekly
@pytest.mark.exhaustive
def test_a_data_set_a_report_and_a_recipe_that_are_added_by_the_steps_work_together(walked) -> None:
    _, found = walked
    names = ("test_colors_are_read", "test_the_commands_of_the_steps", "lines_hold_the_figures[r5.colors]")
    lists = ("test_every_figure_of_a_report_is_compared", "test_every_data_set_is_used", "stand_ins_name_data_sets")
    assert passed(found, *names, *lists) == []


def test_the_steps_of_a_lab_name_the_files_that_an_author_changes(tmp_path: Path) -> None:
    root = copy_project(tmp_path / "copy")
    made = new.texts(root, "10", "more_depth")
    names = {"labNN": "lab10", "SLUG": "more_depth"}
    walk = Walk(root, names, {path.relative_to(root).as_posix() for path in made})
    # What the lab found is known at its end; until then its page says FILL IN there.
    assert walk.not_written("A lab") == {r"resnet_labs/labkit/lab_facts\.py"}
    by_other_steps = re.compile(r"resnet_labs/(checks|recipes)/.+|tests/labs/.+|book/_toc\.yml")
    assert [name for name in walk.not_told("A lab") if not by_other_steps.fullmatch(name)] == []
    shutil.rmtree(root)

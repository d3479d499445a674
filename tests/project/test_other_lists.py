"""Lists of names that are kept by hand, beside those of labs: each agrees with what it lists."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.contract import CONTRACT
from helpers.places import ROOT, TESTS, is_runnable
from packaging.requirements import Requirement

import resnet_labs
from resnet_labs import augment, bench, doctor, lab_time, recipes, reports
from resnet_labs.bench import rows
from resnet_labs.data.catalogue import ENTRIES
from resnet_labs.doctor.operations import OPERATIONS
from resnet_labs.labs import LABS
from resnet_labs.optim import OPTIMIZERS
from resnet_labs.recipes import _stand_ins
from resnet_labs.reports import compare

PACKAGE = ROOT / "resnet_labs"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# --- reports and their figures ------------------------------------------------------------------------------------

# A figure of a report that no row of ours compares, and why.
NOT_COMPARED = {
    "r0.frozen_head": "the report names no data set",
    "r1.digits.macro.accuracy": "it is the macro recall under another name",
    "r1.pets.resnet18.accuracy": "it is the macro recall under another name",
    "r1.pets.resnet50.accuracy": "it is the macro recall under another name",
}


def stated(report: str, facts: dict[str, Any]) -> Iterator[str]:
    """Yield where each single figure of a report's experiments is, such as `r1.digits.macro.recall`."""

    def leaves(place: str, value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for key, part in value.items():
                yield from leaves(place if key == "fact" else f"{place}.{key}", part)
        elif isinstance(value, float):
            yield place

    for experiment, settings in facts["experiments"].items():
        if isinstance(settings, dict):
            arms = {key: part for key, part in settings.items() if isinstance(part, dict) and "fact" in part}
            for place, part in {"": settings, **arms}.items():
                name = ".".join(filter(None, (report, experiment, place)))
                yield from leaves(name, part.get("fact"))


def uncompared(figures: Iterable[str], compared: Iterable[str]) -> list[str]:
    """Return the figures of reports that are in no row, and not left out with a reason."""
    known = {*compared, *NOT_COMPARED}
    return [place for place in figures if not any(place == one or place.startswith(f"{one}.") for one in known)]


def compared() -> list[str]:
    """Return where the figures of `compare` are in the reports."""
    places = []
    for experiment, figures in compare._FIGURES.items():
        report, part = experiment.split(".")[:2]
        places += [f"{report}.{part}.{place.replace('.fact', '')}" for _, _, place in figures]
    return places


def test_every_figure_of_a_report_is_compared_or_has_a_reason_why_not() -> None:
    figures = [place for name in reports.REPORTS for place in stated(name, reports.load_report(name))]
    assert len(figures) > 30
    assert uncompared(figures, compared()) == []
    assert sorted({*compared()} - {*figures}) == []
    assert [place for place in NOT_COMPARED if not any(one.startswith(place) for one in figures)] == []


def test_a_figure_that_nobody_compares_is_named() -> None:
    new = {"experiments": {"cars": {"fact": {"accuracy": 0.9, "shape": [1, 2]}, "small": {"fact": {"top1": 0.5}}}}}
    assert list(stated("r9", new)) == ["r9.cars.accuracy", "r9.cars.small.top1"]
    assert uncompared(stated("r9", new), ["r9.cars.accuracy"]) == ["r9.cars.small.top1"]


@pytest.mark.parametrize("experiment", compare._FIGURES)
def test_what_is_compared_has_a_recipe_whose_lines_hold_the_figures(experiment: str) -> None:
    assert experiment in {recipe.name for variants in recipes.RECIPES.values() for recipe in variants}
    metrics = {metric for _, metric, _ in compare._FIGURES[experiment]}
    assert all(metrics <= line.metrics.keys() for line in reports.evidence(experiment))


# --- data sets ----------------------------------------------------------------------------------------------------


def test_labs_recipes_and_stand_ins_name_data_sets_that_can_be_loaded() -> None:
    written = [lab for lab in LABS if lab.notebook and lab.fast_data != lab.report_data]  # lab 09 reads the reports
    named = {name for lab in written for name in (lab.fast_data, lab.report_data, lab.report_stand_in) if name}
    named |= {recipe.dataset for variants in recipes.RECIPES.values() for recipe in variants}
    named |= {*_stand_ins.STAND_INS} | {name for name, _ in _stand_ins.STAND_INS.values()}
    assert named <= ENTRIES.keys()


def test_every_data_set_is_used_by_a_lab_or_a_recipe() -> None:
    files = [*(PACKAGE / "recipes").glob("*.py"), *(ROOT / "labs" / "solutions").glob("*.py"), PACKAGE / "labs.py"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    assert [name for name in ENTRIES if name != "folder" and f'"{name}"' not in text] == []


def test_data_sets_that_can_be_downloaded_say_how_large_that_is_and_others_how_to_get_them() -> None:
    assert [name for name, entry in ENTRIES.items() if (entry.download is None) != (entry.megabytes is None)] == []
    got = [name for name, entry in ENTRIES.items() if entry.present is not None and entry.download is None]
    assert [name for name in got if not ENTRIES[name].how] == []


# --- benchmarks, times, the environment ---------------------------------------------------------------------------


def test_every_function_that_measures_is_a_benchmark_and_the_table_lists_them_in_their_order() -> None:
    found = []
    for path in sorted((PACKAGE / "bench").glob("[a-z]*.py")):
        module = importlib.import_module(f"resnet_labs.bench.{path.stem}")
        for thing in vars(module).values():
            if inspect.isfunction(thing) and thing.__module__ == module.__name__:
                found += [thing.__name__] * (inspect.signature(thing).return_annotation == "Iterator[Row]")
    assert sorted(found) == sorted(made.__name__ for made in bench.BENCHMARKS.values())
    table = re.findall(r"^\| `([\w-]+)` \|", read("tests/benchmarks/README.md"), re.MULTILINE)
    assert table == [*bench.BENCHMARKS]


def test_peers_whose_versions_are_recorded_are_those_of_the_extra() -> None:
    extra = {Requirement(line).name for line in PROJECT["project"]["optional-dependencies"]["bench"]}
    assert {*rows._PEERS} == extra


def test_the_networks_whose_steps_are_timed_are_those_of_the_labs() -> None:
    works = [work for lab in LABS for work in (lab.fast_work, lab.report_work) if work is not None]
    assert {work.network for work in works} == lab_time.NETWORKS.keys()


def test_the_packages_that_doctor_calls_optional_are_extras() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    known = {Requirement(line).name for name in ("book", "grading", "track", "bench") for line in extras[name]}
    assert doctor._MODULES.keys() <= known
    assert {Requirement(line).name for line in extras["track"]} <= doctor._MODULES.keys()


def test_every_augmentation_and_optimizer_is_in_the_numbers_check() -> None:
    left_to_others = {"Augmentation", "AutoAugment", "Compose"}  # a type, torchvision's own, what it is given
    assert {*augment.__all__} - left_to_others <= OPERATIONS.keys()
    assert {*OPTIMIZERS} <= {name.lower() for name in OPERATIONS}


# --- names that the package shows ---------------------------------------------------------------------------------


def test_names_at_the_top_are_those_of_the_contract_for_networks_and_training() -> None:
    rooms = ("blocks", "resnet", "train")
    wanted = {name.split(".")[1]: name.split(".")[0] for name in CONTRACT if name.startswith(rooms)}
    assert wanted.items() <= resnet_labs._HOME.items()
    assert list(resnet_labs.__all__) == ["__version__", *resnet_labs._HOME]


# --- what CONTRIBUTING, the README and the scripts name -----------------------------------------------------------


def commands_of_authors() -> list[str]:
    return sorted(
        path.stem
        for path in (PACKAGE / "labkit").glob("[a-z]*.py")
        if "\ndef main(" in path.read_text(encoding="utf-8")
    )


def test_every_command_for_authors_is_in_contributing_and_each_check_is_run_by_a_test() -> None:
    told = read("CONTRIBUTING.md") + read("Makefile")
    assert [name for name in commands_of_authors() if f"resnet_labs.labkit.{name}" not in told] == []
    checks = [name for name in commands_of_authors() if '"--check"' in read(f"resnet_labs/labkit/{name}.py")]
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    tested = [text for text in texts if '"--check"' in text or "check=True" in text]
    assert [
        name
        for name in checks
        if not any(f"labkit import {name}" in text or f"labkit.{name} import" in text for text in tested)
    ] == []


PAGES = ("README.md", "CONTRIBUTING.md", "tests/benchmarks/README.md")


@pytest.mark.parametrize("page", PAGES)
def test_every_module_that_a_page_runs_is_there(page: str) -> None:
    modules = re.findall(r"-m (resnet_labs[\w.]*)", read(page))
    assert [name for name in modules if not is_runnable(name)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    paths = re.findall(r"`((?:resnet_labs|labs|tests|book)/(?!_build)[\w./*-]+)`", read(page))
    # NN, M, SLUG and NAME stand for a lab's number, an exercise's, a lab's name and another name.
    patterns = [re.sub(r"NN|_M\b|SLUG|NAME|EXPERIMENT|\brN(?=[._])", "*", path).rstrip("/") for path in paths]
    assert [path for path, found in zip(paths, patterns, strict=True) if not any(ROOT.glob(found))] == []


def test_every_command_that_a_page_gives_is_one() -> None:
    from resnet_labs import cli

    (commands,) = cli._parser()._subparsers._group_actions
    used = {name for page in (*PAGES, "book/index.md") for name in re.findall(r"resnet-labs ([a-z]+)\b", read(page))}
    assert used <= commands.choices.keys()


def test_every_marker_of_the_tests_is_in_contributing() -> None:
    markers = [line.split(":")[0] for line in PROJECT["tool"]["pytest"]["ini_options"]["markers"]]
    assert [name for name in markers if f"`{name}`" not in read("CONTRIBUTING.md")] == []


def test_the_longest_tests_that_start_first_are_files() -> None:
    (line,) = re.findall(r"^LONGEST = (\(.+\))$", read("tests/conftest.py"), re.MULTILINE)
    assert [name for name in ast.literal_eval(line) if not list(TESTS.rglob(name))] == []


def checks_named(text: str) -> set[tuple[str, str]]:
    return set(re.findall(r"\bchecks\.(lab\d\d)\.(check_\w+)", text))


def missing_checks(root: Path) -> list[str]:
    """Return the checks that code or prose of the package names and that are in no face."""
    named: set[tuple[str, str]] = set()
    for path in [*(root / "resnet_labs").rglob("*.py"), root / "README.md", root / "CONTRIBUTING.md"]:
        named |= checks_named(path.read_text(encoding="utf-8"))
    faces = {lab: root / "resnet_labs" / "checks" / lab / "__init__.py" for lab, _ in named}
    known = {lab: face.read_text(encoding="utf-8") if face.is_file() else "" for lab, face in faces.items()}
    return sorted(f"{lab}.{check}" for lab, check in named if f'"{check}"' not in known[lab])


def test_every_check_that_is_named_is_there() -> None:
    assert missing_checks(ROOT) == []


@pytest.mark.parametrize("name", ["lab02.check_layers", "lab77.check_adapt"])
def test_a_check_that_is_named_and_not_there_is_found(name: str, tmp_path: Path) -> None:
    (tmp_path / "resnet_labs" / "checks" / "lab02").mkdir(parents=True)
    (tmp_path / "resnet_labs" / "checks" / "lab02" / "__init__.py").write_text('__all__ = ["check_adapt"]\n')
    (tmp_path / "README.md").write_text("`checks.lab02.check_adapt`")
    (tmp_path / "CONTRIBUTING.md").write_text(f"`checks.{name}`")
    assert missing_checks(tmp_path) == [name]

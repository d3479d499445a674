"""The files round the code agree with each other and with the code."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.places import ROOT
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

import resnet_labs

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
REQUIREMENTS = [
    requirement
    for requirement in map(Requirement, [*PROJECT["dependencies"], *(one for each in EXTRAS.values() for one in each)])
    if requirement.name != PROJECT["name"]
]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
PINS = dict(line.split("==") for line in CONSTRAINTS)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def ours() -> list[Path]:
    """Every file that is, or is about to be, under version control."""
    listed = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listed, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_every_file_names_the_same_version() -> None:
    version = PROJECT["version"]
    assert resnet_labs.__version__ == version
    assert yaml.safe_load(read("CITATION.cff"))["version"] == version
    assert yaml.safe_load(read("_config.yml"))["repository"]["branch"] == f"v{version}"
    assert re.findall(r"^## \[(\d[^]]*)\]", read("CHANGELOG.md"), re.MULTILINE)[0] == version


def test_the_citation_file_has_what_its_format_demands() -> None:
    citation = yaml.safe_load(read("CITATION.cff"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert citation["license"] == PROJECT["license"]
    assert citation["repository-code"] == PROJECT["urls"]["Repository"]
    assert all(author.get("name") or author.get("family-names") for author in citation["authors"])


def test_both_licences_are_here() -> None:
    assert read("LICENSE").startswith("MIT License")
    assert read("LICENSE-TEXT").startswith("Attribution 4.0 International")


def test_constraints_are_sorted_exact_versions_and_nothing_else() -> None:
    assert sorted(CONSTRAINTS) == CONSTRAINTS
    wrong = [line for line in CONSTRAINTS if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*==[0-9][0-9a-z.]*", line)]
    assert wrong == []
    assert len(PINS) == len(CONSTRAINTS)


def test_constraints_lie_in_the_ranges_of_the_project() -> None:
    pinned = {requirement.name: PINS.get(canonicalize_name(requirement.name)) for requirement in REQUIREMENTS}
    assert [name for name, version in pinned.items() if version is None] == []
    outside = [
        f"{one.name} {version}"
        for one in REQUIREMENTS
        if (version := pinned[one.name]) is not None and not one.specifier.contains(version)
    ]
    assert outside == []


def test_constraints_accept_the_oldest_python_of_the_project() -> None:
    oldest = min(Version(one.version) for one in SpecifierSet(PROJECT["requires-python"]))
    refused, checked = [], 0
    for name, version in PINS.items():
        try:
            installed = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        if installed.version.split("+")[0] == version:
            checked += 1
            needs = installed.metadata.get("Requires-Python")
            if needs and not SpecifierSet(needs).contains(f"{oldest}.0"):
                refused.append(f"{name} {version} needs Python {needs}")
    if not checked:
        pytest.skip("nothing is installed in the tested versions")
    assert refused == []


def test_contributing_says_why_each_dependency_is_there() -> None:
    said = read("CONTRIBUTING.md").split("## Dependencies", 1)[1]
    lines = [line.split(": ", 1)[0] for line in said.splitlines() if line.startswith("- `")]
    named = {name for line in lines for name in re.findall(r"`([^`]+)`", line)}
    assert {requirement.name for requirement in REQUIREMENTS} - named == set()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "book/index.md"])
def test_every_relative_link_and_picture_leads_somewhere(page: str) -> None:
    text = re.sub(r"<!--.*?-->", "", read(page), flags=re.DOTALL)
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    assert [target for target in targets if not (ROOT / page).parent.joinpath(target).is_file()] == []
    assert re.findall(r"!\[\s*\]", text) == [], "a picture without alt text"


def test_no_file_holds_a_path_of_a_machine() -> None:
    here = re.compile(rf"(?<![\w.]){re.escape(str(ROOT))}/")
    any_machine = re.compile(rf"{here.pattern}|(?<![\w.])(/(home|root|Users)/\w|[A-Z]:\\Users|file:/{{2}}/)")
    found = []
    for path in ours():
        machine = here if path.is_relative_to(ROOT / "tests") else any_machine  # tests hold paths that must be refused
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {hit.group()}" for hit in machine.finditer(text)]
    assert found == []


def test_no_results_line_holds_an_absolute_path() -> None:
    found = []
    for path in (ROOT / "resnet_labs" / "reports").glob("evidence/*.jsonl"):
        for text in path.read_text(encoding="utf-8").splitlines():
            run: dict[str, Any] = json.loads(text)
            words = [*shlex.split(run["command"]), *run["data"]["source"].split()]
            found += [f"{path.name}: {word}" for word in words if os.path.isabs(word)]
    assert found == []


def test_no_file_is_over_two_megabytes() -> None:
    assert [path.name for path in ours() if path.stat().st_size > 2_000_000] == []


def test_workflows_run_only_pinned_actions_and_may_only_read() -> None:
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        uses = re.findall(r"uses: (.+)", text)
        assert uses
        assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", one) for one in uses), uses
        assert yaml.safe_load(text)["permissions"] == {"contents": "read"}


def test_the_book_is_published_only_on_a_tag_that_was_checked_and_only_its_last_job_may_publish() -> None:
    text = read(".github/workflows/book.yml")
    workflow = yaml.safe_load(text)
    assert workflow[True] == {"push": {"tags": ["v*"]}}  # YAML 1.1 reads `on` as true
    assert "secrets" not in text
    assert "pull_request" not in text
    build, publish = workflow["jobs"]["build"], workflow["jobs"]["publish"]
    assert "permissions" not in build
    assert publish["permissions"] == {"pages": "write", "id-token": "write"}
    assert publish["needs"] == "build"
    assert [list(step) for step in publish["steps"]] == [["id", "uses"]]  # no code of ours runs with them
    runs = [step.get("run", "") for step in build["steps"]]
    check = '.venv/bin/python -m resnet_labs.labkit.owner "$GITHUB_REPOSITORY" --check "$GITHUB_REF_NAME"'
    assert runs.index(check) < runs.index("make book epub pdf")


@pytest.mark.parametrize(("script", "workflow"), [("run", "tests.yml"), ("oldest", "weekly.yml")])
def test_the_scripts_of_the_server_can_be_run(script: str, workflow: str) -> None:
    path = ROOT / ".ci" / script
    assert os.access(path, os.X_OK)
    subprocess.run(["bash", "-n", str(path)], check=True)
    assert f".ci/{script}\n" in read(f".github/workflows/{workflow}")


def test_the_readme_gives_the_test_command_of_make() -> None:
    command = read("Makefile").split("\ntest: setup\n\t$(ONE) ")[1].split("\n")[0]
    assert f".venv/bin/python {command.replace('$(COVERAGE) ', '')}\n" in read("README.md")


def test_the_tests_build_the_book_as_make_does() -> None:
    (arguments,) = re.findall(r"^\t\$\(BIN\)/jupyter-book (.+)", read("Makefile"), re.MULTILINE)
    tests = ast.parse(read("tests/book/test_book.py"))
    (function,) = [node for node in tests.body if isinstance(node, ast.FunctionDef) and node.name == "build"]
    strings = [node.value for node in ast.walk(function) if isinstance(node, ast.Constant)]
    assert [part for part in arguments.split() if part not in strings] == []


def test_conda_installs_the_project_in_the_tested_versions() -> None:
    parts = yaml.safe_load(read("environment.yml"))["dependencies"]
    pip = next(part["pip"] for part in parts if isinstance(part, dict))
    assert pip == ["-c constraints.txt", "-e .[dev]"]
    python = next(part for part in parts if isinstance(part, str) and part.startswith("python="))
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python="))


@pytest.mark.exhaustive
def test_conda_finds_the_project_from_another_folder(tmp_path: Path) -> None:
    """What conda and mamba do: pip's lines go to a file beside environment.yml, and pip runs in its folder."""
    there = tmp_path / "clone"
    for folder in ("resnet_labs", "labs/solutions"):
        (there / folder).mkdir(parents=True)
    (there / "resnet_labs" / "__init__.py").touch()
    for name in ("pyproject.toml", "environment.yml", "constraints.txt", "README.md", "LICENSE", "LICENSE-TEXT"):
        shutil.copy(ROOT / name, there)
    parts = yaml.safe_load((there / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    lines = next(part["pip"] for part in parts if isinstance(part, dict))
    wanted = there / "condaenv.requirements.txt"
    # Not editable: that needs a package more, and paths are read alike.
    wanted.write_text("\n".join(line.removeprefix("-e ") for line in lines), encoding="utf-8")
    offline = ["--dry-run", "--no-index", "--no-deps", "--no-build-isolation", "--ignore-installed"]
    command = [sys.executable, "-m", "pip", "install", *offline, "-r", str(wanted)]
    done = subprocess.run(command, cwd=there, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"Would install {PROJECT['name']}-{PROJECT['version']}" in done.stdout


@pytest.mark.slow
def test_a_wheel_carries_the_reports_and_the_solutions(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="hatchling, which builds the wheel, is not installed")
    build = f"from hatchling.build import build_wheel; print(build_wheel({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", build], cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    for folder, pattern in (("resnet_labs", "reports/**/*.*"), ("labs/solutions", "*.ipynb")):
        inside = "resnet_labs/_solutions" if folder == "labs/solutions" else folder
        kept = {f"{inside}/{path.relative_to(ROOT / folder)}" for path in (ROOT / folder).glob(pattern)}
        assert {name for name in kept if "__pycache__" not in name} <= names
    assert {"resnet_labs/py.typed", "resnet_labs/reports/r1.yaml"} <= names

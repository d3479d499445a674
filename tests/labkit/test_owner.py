"""One command writes the repository's address into every file, and says what stands against a release."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from helpers.places import ROOT

from resnet_labs.errors import InputError
from resnet_labs.labkit.address import read_address
from resnet_labs.labkit.owner import PLACEHOLDER, main, problems, set_owner

PYPROJECT = """\
[project]
version = "1.2.3"
urls.Repository = "https://github.com/somebody/some-labs"
"""


@pytest.fixture
def repository(tmp_path, monkeypatch):
    (tmp_path / "labs" / "solutions").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "CHANGELOG.md").write_text("## [1.2.3] - 2026-11-28\n")
    (tmp_path / "_config.yml").write_text("url: https://github.com/somebody/some-labs  # address\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("slug", "address"),
    [("else", "https://github.com/else/some-labs"), ("a-1/b.c_d", "https://github.com/a-1/b.c_d")],
)
def test_owner_or_owner_and_name_are_written(repository, slug, address):
    assert main([slug]) == 0
    assert read_address(repository).repository == address
    assert (repository / "_config.yml").read_text() == f"url: {address}  # address\n"


WRONG = ["", "/", "a/", "/b", "a/b/c", "-a", "a-", "a--b", "a b", "a_b", "a/b c", "a/..", "x" * 40, "ä", "a/b\n", 'a"b']
WRONG += ["https://github.com/a/b", "github.com/a", "a@b", PLACEHOLDER, f"{PLACEHOLDER}/resnet-labs"]


@pytest.mark.parametrize("slug", WRONG)
def test_an_owner_that_github_does_not_have_is_refused_and_nothing_is_written(repository, slug):
    with pytest.raises(InputError, match="Give "):
        set_owner(repository, slug)
    assert (repository / "pyproject.toml").read_text() == PYPROJECT


def test_the_command_says_what_is_wrong_and_exits_with_2(repository, capsys):
    assert main(["a/b/c"]) == 2
    assert (
        capsys.readouterr().err == "'a/b/c' is no repository of GitHub. Give OWNER or OWNER/NAME, without an address.\n"
    )


def test_a_second_time_nothing_is_written(repository, capsys):
    main(["else"])
    assert capsys.readouterr().out == "wrote pyproject.toml\nwrote _config.yml\n"
    assert main(["else"]) == 0
    assert capsys.readouterr().out == ""


def test_a_release_is_allowed_where_everything_agrees(repository):
    assert main(["somebody/some-labs", "--check", "v1.2.3"]) == 0


def _fork(repository):
    return "else/some-labs", "v1.2.3"


def _old_tag(repository):
    return "somebody/some-labs", "v1.2.2"


def _no_date(repository):
    (repository / "CHANGELOG.md").write_text("## [1.2.3] - Unreleased\n")
    return "somebody/some-labs", "v1.2.3"


def _stale(repository):
    (repository / "_config.yml").write_text("url: https://github.com/x/some-labs  # address\n")
    return "somebody/some-labs", "v1.2.3"


@pytest.mark.parametrize(
    ("plant", "says"),
    [
        (_fork, "name the repository somebody/some-labs, not else/some-labs"),
        (_old_tag, "whose tag is v1.2.3, not v1.2.2"),
        (_no_date, "has no date for 1.2.3"),
        (_stale, "_config.yml and 0 other files are stale"),
    ],
)
def test_a_release_that_would_point_elsewhere_is_stopped(repository, capsys, plant, says):
    slug, tag = plant(repository)
    before = {path: path.read_text() for path in repository.iterdir() if path.is_file()}
    (found,) = problems(repository, slug, tag)
    assert says in found
    assert main([slug, "--check", tag]) == 1
    assert says in capsys.readouterr().err
    assert {path: path.read_text() for path in repository.iterdir() if path.is_file()} == before


@pytest.mark.weekly
@pytest.mark.exhaustive
def test_a_new_owner_reaches_every_place_of_the_project_and_no_placeholder_is_left(tmp_path, monkeypatch, capsys):
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    old = read_address(ROOT)
    owner, name = old.slug.split("/")
    monkeypatch.chdir(tmp_path)
    assert main(["new-owner"]) == 0
    wrote = capsys.readouterr().out
    for place in ("pyproject.toml", "README.md", "_config.yml", "CITATION.cff", "labs/lab02_digits.ipynb"):
        assert f"wrote {place}\n" in wrote
        assert f"new-owner/{name}" in (tmp_path / place).read_text()
    assert main(["new-owner"]) == 0
    assert capsys.readouterr().out == ""
    left = re.compile(rf"github\.com/{owner}/|{owner}\.github\.io|/{re.escape(old.slug)}/|\b{PLACEHOLDER}/")
    own = ("resnet_labs/labkit/owner.py", "tests/labkit/test_owner.py")
    assert [
        f"{path.relative_to(tmp_path)}: {line.strip()}"
        for path in tmp_path.rglob("*")
        if path.is_file() and path.relative_to(tmp_path).as_posix() not in own
        for line in path.read_text(errors="replace").splitlines()
        if left.search(line)
    ] == []

"""The repository's address stands in pyproject.toml; everything else is made from it."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from helpers.places import ROOT

from resnet_labs.errors import InputError
from resnet_labs.labkit.address import Address, read_address, stamped
from resnet_labs.labkit.build import build

THERE = Address("https://github.com/somebody/some-labs", "1.2.3")
PYPROJECT = """\
[project]
version = "1.2.3"
urls.Repository = "https://github.com/somebody/some-labs"
"""


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "book" / "_build").mkdir(parents=True)
    return tmp_path


def stamp(repository, name, text):
    (repository / name).write_text(text)
    return stamped(repository)[repository / name]


def test_every_link_is_made_of_address_and_version(repository):
    assert read_address(repository) == THERE
    assert THERE.book == "https://somebody.github.io/some-labs"
    assert THERE.pip == "git+https://github.com/somebody/some-labs@v1.2.3"
    assert THERE.raw("a.svg") == "https://raw.githubusercontent.com/somebody/some-labs/v1.2.3/a.svg"
    link = "https://colab.research.google.com/github/somebody/some-labs/blob/v1.2.3/labs/a.ipynb"
    assert THERE.colab("labs/a.ipynb") == link
    assert THERE.badge("labs/a.ipynb").endswith(f"]({link})")


def test_an_address_that_colab_cannot_open_is_refused():
    with pytest.raises(InputError, match=r"Repository in pyproject.toml is 'https://example.org/a'\. Write it as"):
        Address("https://example.org/a", "1.0.0")


@pytest.mark.parametrize("name", ["_config.yml", "CITATION.cff", "book/_toc.yaml"])
def test_marked_lines_of_yaml_and_cff_are_rewritten(repository, name):
    text = stamp(repository, name, 'a: "https://github.com/x/y/issues"  # address\nb: https://github.com/x/y\n')
    assert text == 'a: "https://github.com/somebody/some-labs/issues"  # address\nb: https://github.com/x/y\n'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[a](https://github.com/x/y)", "[a](https://github.com/somebody/some-labs)"),
        ("`pip install git+https://github.com/x/y@v0.1`", f"`pip install {THERE.pip}`"),
        ("<https://x.github.io/y/index.html>", "<https://somebody.github.io/some-labs/index.html>"),
        ("(https://colab.research.google.com/github/x/y/blob/main/labs/a.ipynb)", f"({THERE.colab('labs/a.ipynb')})"),
        ("(https://raw.githubusercontent.com/x/y/main/a.svg)", f"({THERE.raw('a.svg')})"),
        ("no address here", "no address here"),
    ],
)
def test_addresses_in_a_free_block_are_rewritten_and_its_words_stay(repository, old, new):
    text = stamp(repository, "book/page.md", f"# Page\n<!-- address -->\n{old}\n<!-- /address -->\n")
    assert text == f"# Page\n<!-- address -->\n{new}\n<!-- /address -->\n"


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("badges", "somebody/some-labs/actions/workflows/tests.yml"),
        ("install", 'pip install "resnet-labs @ git+https://github.com/somebody/some-labs@v1.2.3"'),
        ("links", "- [Issues](https://github.com/somebody/some-labs/issues)"),
    ],
)
def test_a_named_block_is_written_as_a_whole_and_twice_is_once(repository, name, holds):
    once = stamp(repository, "README.md", f"A\n<!-- address:{name} -->\nold\n<!-- /address -->\nB\n")
    assert holds in once
    assert "old" not in once
    assert once.startswith("A\n")
    assert once.endswith("\nB\n")
    assert stamp(repository, "README.md", once) == once


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.md", "\n<!-- address -->\n", "a.md, line 2: this block has no end. Close it"),
        ("a.md", "<!-- address:bages -->\n", "no block is called 'bages'. Did you mean 'badges'?"),
        ("a.md", "https://github.com/somebody/some-labs\n", "outside a marked place. Put it between"),
        ("a.yml", "a: https://somebody.github.io/some-labs\n", "a.yml, line 1 holds .* End the line with"),
    ],
)
def test_a_place_that_cannot_be_kept_is_refused_with_file_and_line(repository, name, text, message):
    with pytest.raises(InputError, match=message):
        stamp(repository, name, text)


def test_generated_pages_are_left_alone(repository):
    page = repository / "book" / "_build" / "page.md"
    page.write_text("https://github.com/somebody/some-labs\n")
    assert page not in stamped(repository)


def test_a_new_owner_in_pyproject_reaches_every_place_and_leaves_nothing_of_the_old_one(tmp_path):
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in files:
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    old = read_address(ROOT)
    owner, name = old.slug.split("/")
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace(old.repository, f"https://github.com/new-owner/{name}"))
    build(tmp_path)
    assert build(tmp_path, check=True) == []
    left = [
        f"{path.relative_to(tmp_path)}: {line.strip()}"
        for path in tmp_path.rglob("*")
        if path.is_file()
        for line in path.read_text(errors="replace").splitlines()
        if f"github.com/{owner}/" in line or f"{owner}.github.io" in line or f"/{old.slug}/" in line
    ]
    assert left == []
    assert f"new-owner/{name}" in (tmp_path / "README.md").read_text()

"""The repository's address stands in pyproject.toml; everything else is made from it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from helpers.places import ROOT

from resnet_labs.errors import InputError
from resnet_labs.labkit.address import Address, read_address, stamped

THERE = Address("https://github.com/somebody/some-labs", "1.2.3")
PYPROJECT = """\
[project]
version = "1.2.3"
urls.Repository = "https://github.com/somebody/some-labs"
"""


def committed():
    """Every file that is, or is about to be, under version control."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [Path(name) for name in names if (ROOT / name).is_file()]


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


@pytest.mark.parametrize("heading", ["## [1.2.3] - Unreleased", "## [1.2.2] - 2026-11-28", "## [Unreleased]", ""])
def test_until_a_release_nothing_says_that_the_book_is_online(repository, heading):
    (repository / "CHANGELOG.md").write_text(f"# Changelog\n\n{heading}\n")
    for name in ("badges", "links"):
        assert "somebody.github.io" not in stamp(
            repository, "README.md", f"<!-- address:{name} -->\n<!-- /address -->\n"
        )


def test_after_a_release_badge_and_links_lead_to_the_book(repository):
    (repository / "CHANGELOG.md").write_text("# Changelog\n\n## [1.2.3] - 2026-11-28\n")
    for name in ("badges", "links"):
        text = stamp(repository, "README.md", f"<!-- address:{name} -->\n<!-- /address -->\n")
        assert "https://somebody.github.io/some-labs" in text


def test_no_file_says_that_a_book_is_online_that_is_not_released():
    if read_address(ROOT).released:
        pytest.skip("this version is released")
    pages = [path for path in committed() if path.suffix in (".md", ".ipynb", ".yml", ".cff", ".toml")]
    assert [str(path) for path in pages if "github.io" in (ROOT / path).read_text(encoding="utf-8")] == []

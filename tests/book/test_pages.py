"""The commands that the pages and the README tell people to run are ones that the command line takes."""

from __future__ import annotations

import re
import shlex

import pytest
from helpers.places import ROOT

from resnet_labs import cli

PAGES = [ROOT / "README.md", *sorted((ROOT / "book").glob("*.md"))]
COMMAND = re.compile(r"(?:`|^|bin/)resnet-labs ([^`#\n]+)", re.MULTILINE)
PLACEHOLDERS = {"NAME": "mnist", "LAB": "digits", "FOLDER": ".", "EXPERIMENT": "r1.digits"}


def commands():
    return sorted({(page.name, found.strip()) for page in PAGES for found in COMMAND.findall(page.read_text("utf-8"))})


@pytest.mark.parametrize(("page", "command"), commands())
def test_every_command_on_a_page_is_one_that_exists(page, command):
    words = [PLACEHOLDERS.get(word, word) for word in shlex.split(command)]
    if len(words) == 1:
        with pytest.raises(SystemExit) as ended:
            cli._parser().parse_args([*words, "--help"])
        assert ended.value.code == 0
    else:
        assert callable(cli._parser().parse_args(words).call)


def test_commands_are_found():
    assert len(commands()) > 15

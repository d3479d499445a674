"""Nothing is there for tests alone: each public name is used by the package or a lab, or is in the contract."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.unused import unused


def test_every_public_name_is_used_outside_the_tests() -> None:
    assert unused(ROOT) == []


DEFINED = '''\
"""Uses named() in words: `named`."""


def named(x):
    """Return named.

    Example:
        >>> named(1)
    """
    return named(x - 1)
'''
USES = {
    "a call elsewhere": ("resnet_labs/other.py", "from resnet_labs.room import named\n\nnamed(1)\n"),
    "an attribute of the module": ("resnet_labs/other.py", "from resnet_labs import room\n\nroom.named(1)\n"),
    "a keyword": ("resnet_labs/other.py", "call(named=1)\n"),
    "a call in a lab": ("labs/solutions/lab01_first.py", "# %%\n{{install}}\nroom.named(1)\n"),
    "a name in a table": ("resnet_labs/other.py", 'NETWORK = ("named", {})\n'),
    "a call in a script": ("resnet_labs/other.py", 'def script(x):\n    return f"print(room.named({x}))"\n'),
}
NO_USES = {
    "nothing": ("resnet_labs/other.py", ""),
    "a test": ("tests/test_room.py", "from resnet_labs.room import named\n\nassert named(1)\n"),
    "an import": ("resnet_labs/other.py", "from resnet_labs.room import named\n"),
    "a face": ("resnet_labs/__init__.py", 'from resnet_labs.room import named\n\n__all__ = ["named"]\n'),
    "a docstring": ("resnet_labs/other.py", '"""Better than `named(x)`."""\n'),
    "a message": ("resnet_labs/other.py", 'TEXT = "The named are many."\n'),
    "a student's copy": ("labs/lab01_first.py", "room.named(1)\n"),
    "another definition": ("resnet_labs/other.py", "def named():\n    return 1\n"),
}
KINDS = {
    "a function": (DEFINED, "named"),
    "a class": ("class named:\n    pass\n", "named"),
    "a method": ("class _Private:\n    def named(self):\n        return self.named()\n", "named"),
    "a constant": ("named = 1\n", "named"),
    "a constant with a type": ("named: int = 1\n", "named"),
}


def project(root: Path, *files: tuple[str, str]) -> Path:
    (root / "labs" / "solutions").mkdir(parents=True)
    for name, text in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize("use", USES)
def test_a_name_that_is_used_is_fine(use: str, tmp_path: Path) -> None:
    assert "resnet_labs/room.py: named" not in unused(project(tmp_path, ("resnet_labs/room.py", DEFINED), USES[use]))


@pytest.mark.parametrize("place", NO_USES)
def test_a_name_that_only_tests_or_words_hold_is_unused(place: str, tmp_path: Path) -> None:
    assert "resnet_labs/room.py: named" in unused(project(tmp_path, ("resnet_labs/room.py", DEFINED), NO_USES[place]))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_name_is_looked_at(kind: str, tmp_path: Path) -> None:
    text, name = KINDS[kind]
    assert unused(project(tmp_path, ("resnet_labs/room.py", text))) == [f"resnet_labs/room.py: {name}"]


def test_a_method_that_a_library_calls_is_left_out_where_the_library_s_class_has_it(tmp_path: Path) -> None:
    text = (
        "import argparse as parsing\nfrom html.parser import HTMLParser\n\n\n"
        "class _Options(parsing.ArgumentParser):\n    def error(self, message):\n        pass\n\n"
        "    def other(self):\n        pass\n\n\n"
        "class _Page(HTMLParser):\n    def handle_data(self, data):\n        pass\n\n\n"
        "class _Own:\n    def handle_data(self, data):\n        pass\n\n\n"
        "import ast\n\n\nclass _Reader(ast.NodeVisitor):\n    def visit_Name(self, node):\n        pass\n\n"
        "    def visit_nothing(self, node):\n        pass\n"
    )
    found = unused(project(tmp_path, ("resnet_labs/room.py", text)))
    assert found == [f"resnet_labs/room.py: {name}" for name in ("other", "handle_data", "visit_nothing")]


def test_private_names_and_those_of_the_contract_are_left_out(tmp_path: Path) -> None:
    text = "def _private(): ...\n\n\ndef accuracy(): ...\n\n\nclass _C:\n    def __len__(self): ...\n"
    assert unused(project(tmp_path, ("resnet_labs/metrics.py", text))) == []
    assert unused(project(tmp_path / "other", ("resnet_labs/room.py", text))) == ["resnet_labs/room.py: accuracy"]

"""The public names: where they are, how they are called, and what their docstrings say."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path

import pytest
from helpers.contract import CONTRACT, METRICS

import resnet_labs

PACKAGE = Path(resnet_labs.__file__).parent

# Rooms whose public names are compared with a reference, and those of them whose contents come from papers.
COMPARED = ("blocks", "conv", "resnet", "losses", "metrics", "freeze", "optim", "autoencoder", "augment")
FROM_PAPERS = ("blocks", "resnet", "losses", "optim", "autoencoder", "augment")
NOT_COMPARED = {
    "conv.products": "lends modules another class for a while",
    "conv.safe_layout": "chooses a layout",
}
NO_PAPER = {
    "augment.Compose": "calls what it is given in turn",
    "resnet.count_parameters": "a sum",
}
LINES = ("Source", "Deviations", "Equals")


def find(name: str) -> object:
    room, thing = name.split(".")
    return getattr(importlib.import_module(f"resnet_labs.{room}"), thing)


def is_record(thing: object) -> bool:
    """Return whether a class holds settings or results and computes nothing."""
    holds = inspect.isclass(thing) and (is_dataclass(thing) or issubclass(thing, tuple))
    return holds and "__call__" not in vars(thing)


def called(thing: object) -> str:
    signature = inspect.signature(thing)
    plain = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=plain, return_annotation=inspect.Signature.empty))


@pytest.mark.parametrize("name", CONTRACT)
def test_name_is_called_as_the_contract_says(name):
    assert called(find(name)) == CONTRACT[name]


@pytest.mark.parametrize("name", [*CONTRACT, *(f"metrics.{metric}" for metric in METRICS)])
def test_what_computes_shows_an_example(name):
    assert is_record(find(name)) or ">>>" in inspect.getdoc(find(name))


def said(docstring: str) -> dict[str, str]:
    """Return what a docstring says after `Source:`, `Deviations:` and `Equals:`, each in one line."""
    parts = re.findall(rf"^({'|'.join(LINES)}):[ \t]*(.*(?:\n[ \t]+.+)*)", docstring, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in parts}


def empty(line: str) -> bool:
    """Return whether a line says that there is nothing to say."""
    return not line or bool(re.match(r"(none|nothing|definition|itself|n/?a|not applicable|no one|-+)\b", line, re.I))


@pytest.mark.parametrize(
    "line",
    ["none.", "None.", "none needed.", "none; made for these labs.", "nothing; it lists.", "definition.", "", "n/a"],
)
def test_a_line_that_says_nothing_is_known(line):
    assert empty(line)
    assert empty(said(f"Return it.\n\nSource: {line}\n\nExample:\n    >>> 1\n    1")["Source"])


@pytest.mark.parametrize("line", ["Wilson 1927.", "torch.nn.Conv2d.", "one probe, after the last layer."])
def test_a_line_that_says_something_is_known(line):
    assert not empty(line)
    assert said(f"Return it.\n\nSource: {line}\n    And more.") == {"Source": f"{line} And more."}


def docstrings() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                yield f"{path.relative_to(PACKAGE)}: {getattr(node, 'name', '')}", ast.get_docstring(node) or ""


def test_source_deviations_and_equals_are_there_only_where_they_say_something():
    found = [f"{place}, {name}" for place, text in docstrings() for name, line in said(text).items() if empty(line)]
    assert found == []


def test_a_deviation_says_from_what():
    found = [
        place for place, text in docstrings() if "Deviations" in said(text) and not {"Source", "Equals"} & {*said(text)}
    ]
    assert found == []


def public(room: str) -> list[str]:
    """Return the functions and classes that are imported from a room, but for records."""
    module = importlib.import_module(f"resnet_labs.{room}")
    names = getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")])
    things = {name: getattr(module, name) for name in names}
    return [
        f"{room}.{name}"
        for name, thing in things.items()
        if (inspect.isclass(thing) or inspect.isfunction(thing)) and thing.__module__.startswith(module.__name__)
        if not is_record(thing)
    ]


@pytest.mark.parametrize("name", [name for room in COMPARED for name in public(room)])
def test_what_is_compared_with_a_reference_names_it_and_its_paper(name):
    lines = said(inspect.getdoc(find(name)))
    assert ("Equals" in lines) != (name in NOT_COMPARED)
    if name.split(".")[0] in FROM_PAPERS and name not in NOT_COMPARED:
        assert ("Source" in lines) != (name in NO_PAPER)


def test_exceptions_are_names_that_are_there():
    known = [name for room in COMPARED for name in public(room)]
    assert {*NOT_COMPARED, *NO_PAPER} <= {*known}

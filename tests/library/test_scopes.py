"""A comprehension's variables belong to it, in every version of Python."""

from __future__ import annotations

import ast

import pytest

from resnet_labs import scopes


def read_and_set(source: str) -> tuple[set[str], set[str]]:
    symbols = scopes.table(ast.parse(source)).get_symbols()
    return (
        {symbol.get_name() for symbol in symbols if symbol.is_referenced()},
        {symbol.get_name() for symbol in symbols if symbol.is_assigned()},
    )


@pytest.mark.parametrize(
    ("source", "read", "made"),
    [
        ("[a for a in range(2)]", {"range"}, set()),
        ("x = {a for a in b}", {"b"}, {"x"}),
        ("x = {a: c for a, c in b}", {"b"}, {"x"}),
        ("x = [[a for a in row] for row in b]", {"b"}, {"x"}),
        ("x = list(a for a in b)", {"b", "list"}, {"x"}),
        ("for a in b:\n    c = [a for a in d]", {"b", "d"}, {"a", "c"}),
        ("def f():\n    return [a for a in b]", set(), {"f"}),
    ],
)
def test_the_scope_around_has_its_own_names_only(source, read, made):
    assert read_and_set(source) == (read, made)


def test_the_tree_stays_as_it_is():
    tree = ast.parse("x = [a for a in b]")
    scopes.table(tree)
    assert ast.unparse(tree) == "x = [a for a in b]"

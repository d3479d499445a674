"""Answers that are alike beyond what the exercise and the lab's own text make alike: for a person to look at."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from resnet_labs.grading import parsing
from resnet_labs.grading.bundle import Bundle

_WORDS = 6  # of one fingerprint; shorter ones are in every answer
_FEWEST = 25  # fingerprints of an answer without the template; shorter answers are alike by nature
_SHARE = 0.8


@dataclass(frozen=True)
class Pair:
    """Two students whose answers to an exercise are alike.

    Attributes:
        exercise: such as "02.1".
        students: both.
        share: of the shorter answer's fingerprints that the other has too, from 0 to 1.
    """

    exercise: str
    students: tuple[str, str]
    share: float


def pairs(answers: Mapping[str, Mapping[str, str]], bundle: Bundle) -> list[Pair]:
    """Return the pairs of students with similar answers, most similar first.

    Names of variables, comments and layout do not matter. The release's own text is taken out, and so is what more than
    half of ten or more students wrote.

    Args:
        answers: for each student the source of every exercise.
        bundle: of the lab.
    """
    found = []
    for exercise in (each.probe.exercise for each in bundle.exercises):
        stubs = [cell.source for cell in bundle.cells if cell.role == "answer" and cell.exercise == exercise]
        template = fingerprints("\n\n".join(stubs))
        prints = {student: fingerprints(given.get(exercise, "")) - template for student, given in answers.items()}
        usual = _usual(list(prints.values()))
        prints = {student: own - usual for student, own in prints.items() if len(own - usual) >= _FEWEST}
        for one, other in combinations(sorted(prints), 2):
            share = len(prints[one] & prints[other]) / min(len(prints[one]), len(prints[other]))
            if share >= _SHARE:
                found.append(Pair(exercise, (one, other), round(share, 3)))
    return sorted(found, key=lambda pair: (-pair.share, pair.exercise, pair.students))


def _usual(prints: list[set[str]]) -> set[str]:
    if len(prints) < 10:
        return set()
    counts: dict[str, int] = {}
    for own in prints:
        for each in own:
            counts[each] = counts.get(each, 0) + 1
    return {each for each, count in counts.items() if count > len(prints) / 2}


def fingerprints(source: str) -> set[str]:
    """Return hashes of all runs of six words in the code's syntax tree, in which variables have no names."""
    try:
        module = parsing.tree(source)
    except parsing.Unreadable:
        return set()
    words = [word for node in module.body for word in _words(node)]
    runs = zip(*(words[start:] for start in range(_WORDS)), strict=False)
    return {hashlib.blake2b("\0".join(run).encode("utf-8", "replace"), digest_size=8).hexdigest() for run in runs}


def _words(top: ast.AST) -> list[str]:
    """Return the tree in the order of its text, a word for each node."""
    words: list[str] = []
    waiting: list[ast.AST] = [top]
    while waiting:
        node = waiting.pop()
        if _is_docstring(node) or isinstance(node, (ast.Load, ast.Store, ast.Del)):
            continue
        words.append(_word(node))
        waiting += reversed(list(ast.iter_child_nodes(node)))
    return words


def _word(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f".{node.attr}"
    if isinstance(node, ast.Constant):
        return repr(node.value)[:50]
    if isinstance(node, ast.keyword):
        return f"{node.arg}="
    return type(node).__name__


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)

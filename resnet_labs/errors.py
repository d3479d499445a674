"""Errors that a user sees without a traceback, in two sentences: what went wrong, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class LabError(Exception):
    """What the command prints before it exits with status 2.

    Attributes:
        problem: the sentence that says what went wrong.
        fix: the sentence that says what to do.
    """

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem} {fix}")
        self.problem = problem
        self.fix = fix


class InputError(LabError, ValueError):
    """An argument, a file or a setting that cannot be used."""


class Interrupted(LabError):
    """Work that stopped before its end; what it had finished is kept."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint for an unknown name: the nearest known one, or all of them.

    Example:
        >>> nearest("digit", ["digits", "flowers"])
        "Did you mean 'digits'?"
        >>> nearest("xyz", ["digits", "flowers"])
        'Known: digits, flowers.'
    """
    known = list(known)
    lowered = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.5)
    return f"Did you mean {lowered[close[0]]!r}?" if close else f"Known: {', '.join(known)}."

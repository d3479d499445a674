"""What a check says when an answer is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from resnet_labs.checks._describe import show

Cause = str | tuple[str, ...]  # several where it is not certain which one it is


class CheckFailed(AssertionError):
    """What was tested, expected and got, the likeliest cause and the hint to open; `code` names the failure."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in a notebook: the frames are ours, and tell the learner nothing."""
        return str(self).splitlines()


@dataclass(frozen=True)
class Mistake:
    """The value that a well-known wrong answer gives, with the cause to name and the hint to open."""

    value: Any
    code: str
    cause: Cause
    hint: str


def message(
    exercise: str, *, tested: str, expected: Any, got: Any, cause: Cause, hint: str, repeat: str | None = None
) -> str:
    """Return the lines that every failure has; `repeat` is the call that gives the same numbers again."""
    lines = [
        f"{exercise} does not hold yet.",
        f"Tested:   {tested}",
        f"Expected: {show(expected)}",
        f"Got:      {show(got)}",
        f"Likely:   {_causes(cause)}.",
        f'Hint:     open "Hint {exercise}{hint}"',
    ]
    if repeat:
        lines.append(f"Repeat:   {repeat} draws the same numbers again")
    return "\n".join(lines)


def _causes(cause: Cause) -> str:
    if isinstance(cause, str):
        return cause
    return "one of these: " + "; or ".join(f"({number}) {each}" for number, each in enumerate(cause, 1))

"""Values of well-known mistakes with their words, for the checks of the loss, the schedule and clipping."""

from __future__ import annotations

from typing import Any

from resnet_labs.checks._engine import Mistake


def named(values: dict[str, Any], words: dict[str, tuple[str, str]]) -> list[Mistake]:
    """Return a mistake for each value, with the cause and the hint that are listed under its code."""
    return [Mistake(value, code, *words[code]) for code, value in values.items()]

"""Values of well-known mistakes with their words, for the checks of the loss, the schedule and clipping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resnet_labs.checks._engine import Mistake
from resnet_labs.checks._failure import Cause


def named(values: dict[str, Any], words: Mapping[str, tuple[Cause, str]]) -> list[Mistake]:
    """Return a mistake for each value, with the cause and the hint that are listed under its code."""
    return [Mistake(value, code, *words[code]) for code, value in values.items()]

"""What learners call: `checks.start` in the setup cell, `checks.lab02.check_adapt` and others in check cells."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from resnet_labs.checks._journal import progress, restore
from resnet_labs.checks._waiting import NotAnswered, start

__all__ = ["NotAnswered", "progress", "restore", "start"]


def __getattr__(name: str) -> Any:
    if name.startswith("lab"):
        try:
            return import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{name}":
                raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Whether an answer is, or calls, the library's own function for what the exercise asks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from types import CodeType, FrameType
from typing import Any


class LibraryCalls:
    """Notes which of the functions named are called.

    Args:
        names: "module:name" of functions and classes of this library that an answer must not use.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        self.found: str | None = None

    def look_at(self, answers: Iterable[Any]) -> None:
        """Note an answer that is itself one of this library's functions or classes."""
        for answer in answers:
            while isinstance(answer, partial):
                answer = answer.func
            module = getattr(answer, "__module__", None)
            if callable(answer) and isinstance(module, str) and module.startswith("resnet_labs."):
                self.found = f"{module}.{getattr(answer, '__qualname__', type(answer).__name__)}"

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the calls inside; without names this costs nothing."""
        watched = dict(self._codes())
        if not watched:
            yield
            return
        before = sys.getprofile()

        def look(frame: FrameType, event: str, argument: Any) -> None:
            if event == "call" and frame.f_code in watched:
                self.found = watched[frame.f_code]

        sys.setprofile(look)
        try:
            yield
        finally:
            sys.setprofile(before)

    def _codes(self) -> Iterator[tuple[CodeType, str]]:
        for name in self.names:
            module, _, attribute = name.partition(":")
            thing = getattr(sys.modules.get(module), attribute, None)
            for member in (thing, *vars(thing).values()) if isinstance(thing, type) else (thing,):
                while hasattr(member, "__wrapped__"):
                    member = member.__wrapped__
                if code := getattr(member, "__code__", None):
                    yield code, name.replace(":", ".")

"""Right and wrong answers to an exercise, each with the message that the check must give."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from helpers.places import TESTS

Place = Callable[[Any], tuple[Any, ...]]


class Answer(NamedTuple):
    """The arguments of a check, and the code of the message that it must give; no code for a right answer."""

    given: tuple[Any, ...]
    code: str = ""

    @property
    def name(self) -> str:
        """The name of the function or class, for the name of the test."""
        return next((thing.__name__ for thing in self.given if hasattr(thing, "__name__")), "answer").strip("_")


class Answers:
    """The answers to one exercise, in the order of the file.

    Args:
        exercise: its number, such as "05.1".
        check: the name of its check, such as "check_collect".
        place: turns one answer into all arguments of the check, if it takes more than one.
    """

    def __init__(self, exercise: str, check: str, place: Place = lambda answer: (answer,)) -> None:
        self.exercise, self.check, self.place = exercise, check, place
        self.wrongs: list[Answer] = []
        self.rights: list[Answer] = []

    def wrong(self, reason: str, why: str = "", place: Place | None = None) -> Callable[..., Any]:
        """Return a decorator for a wrong answer that gets the message EXERCISE/REASON, or one of several, A|B.

        `why` says what is wrong, for readers. If it is called with several objects, as in
        `answers.wrong("sum")(first, second)`, they are all the arguments.
        """

        def keep(*given: Any) -> Any:
            assert not callable(why), "place is given by name"
            arguments = given if len(given) > 1 else (place or self.place)(given[0])
            self.wrongs.append(Answer(arguments, f"{self.exercise}/{reason}"))
            return given[0]

        return keep

    def right(self, *given: Any) -> Any:
        """Decorate a right answer, or take all arguments of the check at once."""
        self.rights.append(Answer(given if len(given) > 1 else self.place(given[0])))
        return given[0]


def of_lab(number: str) -> Iterator[Answers]:
    """Yield the answers in the files `exercise_N.py` of a lab's folder of tests, which belong to its checks."""
    for path in sorted((TESTS / "labs" / f"lab{number}").glob("exercise_*.py")):
        yield load(path)


def unseen(number: str) -> list[Path]:
    """Return a lab's files of answers by people who knew the exercise and not its check."""
    return sorted((TESTS / "labs" / f"lab{number}").glob("unseen_*.py"))


def load(path: Path) -> Answers:
    """Return the answers of a file."""
    spec = importlib.util.spec_from_file_location(f"answers_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Answers = module.answers
    return found

"""A check is a function under `@check(exercise, holds)`. It asks through a `Probe`; the first wrong answer raises."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import numpy as np
import torch

from resnet_labs.checks import _journal
from resnet_labs.checks._describe import call_text, error_text
from resnet_labs.checks._failure import CheckFailed, Mistake
from resnet_labs.checks._probe import Probe
from resnet_labs.checks._surroundings import Surroundings

__all__ = ["CheckFailed", "Mistake", "Probe", "check"]


def check(exercise: str, holds: str, *, library: Collection[str] = ()) -> Callable[..., Callable[..., None]]:
    """Make a check of a function whose first argument is a `Probe`.

    The random generators of Python, NumPy and torch, and torch's settings, are put back after it. Every call draws
    other numbers; a failure prints the seed, and `seed=` in a call draws the same numbers again.

    Args:
        exercise: the exercise's number, such as "02.1".
        holds: what is true of the learner's code once the check has passed; it is printed.
        library: "module:name" of this library's functions that do what the exercise asks for.

    Returns:
        The check that learners call, without the probe.

    Example:
        >>> @check("00.1", "twice the number")
        ... def check_double(probe, double):
        ...     probe.equal(double(3), 6, "value", tested="double(3)", cause="3 was squared", hint="a")
        >>> check_double(eval("lambda number: 2 * number", {"__name__": "__main__"}))  # not the library's own
        00.1 passed: twice the number
    """

    def decorate(ask: Callable[..., None]) -> Callable[..., None]:
        @wraps(ask)
        def run(*args: Any, seed: int | None = None, **kwargs: Any) -> None:
            drawn = random.SystemRandom().randrange(1_000_000) if seed is None else seed
            with _untouched(drawn):
                probe = Probe(exercise, drawn, name=ask.__name__, library=library)
                probe.library.look_at((*args, *kwargs.values()))
                try:
                    ask(probe, *args, **kwargs)
                    probe.finish()
                except CheckFailed:
                    raise
                except Exception as error:
                    raise probe.failure(
                        "unusable",
                        tested=call_text(ask, args, kwargs),
                        expected="an answer that the check can use",
                        got=error_text(error),
                        cause=(
                            "the answer returns or holds another kind of value than the exercise asks for",
                            "the check itself has a fault: the error above comes from its code, not from yours",
                        ),
                        hint="a",
                    ) from error
            print(f"{exercise} passed: {holds}")
            _journal.note(exercise)

        return run

    return decorate


@contextmanager
def _untouched(seed: int) -> Iterator[None]:
    """Seed every generator inside, and put generators and torch's settings back after."""
    python, numbers, around = random.getstate(), np.random.get_state(), Surroundings.now()
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    try:
        with torch.random.fork_rng(devices):
            random.seed(seed)
            np.random.seed(seed)
            torch.default_generator.manual_seed(seed)
            for device in devices:
                torch.cuda.default_generators[device].manual_seed(seed)
            torch.set_grad_enabled(True)
            yield
    finally:
        around.put_back()
        random.setstate(python)
        np.random.set_state(numbers)

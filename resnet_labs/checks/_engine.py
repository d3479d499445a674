"""How a check asks the learner's code questions, and what it says when an answer is wrong.

A check is a function under `@check(exercise, holds)`. It asks through a `Probe`, and the first wrong answer raises
`CheckFailed`.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import numpy as np
import torch
from torch import Tensor

from resnet_labs.checks._describe import (
    call_text,
    changed,
    error_text,
    first_difference,
    kind,
    put_back,
    show,
    snapshot,
)

P = ParamSpec("P")


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
    cause: str
    hint: str


class Probe:
    """Asks the questions of one exercise. Every question has a code that stays the same when words change."""

    def __init__(self, exercise: str) -> None:
        self.exercise = exercise
        self.generator = torch.Generator().manual_seed(_seed(exercise))

    def call(
        self,
        function: Any,
        *args: Any,
        tested: str = "",
        expected: str = "a result, without an error",
        cause: str = "",
        hint: str = "a",
        in_place: bool = False,
        returns: bool = True,
        **kwargs: Any,
    ) -> Any:
        """Call the learner's function and return what it returns.

        Args:
            function: what the learner wrote.
            *args: what to call it with.
            tested: what the call is; by default the call itself with the shapes of its arguments.
            expected: what should come of it.
            cause: the likeliest cause of an error, where there is one that stands out.
            hint: the letter of the hint to open.
            in_place: the function may change its arguments. Otherwise a change is a failure.
            returns: the function must return something.
            **kwargs: what to call it with, by name.

        Raises:
            CheckFailed: with code raises, not-written, changes-input or no-return.
        """
        tested = tested or call_text(function, args, kwargs)
        given = {**{f"argument {number}": value for number, value in enumerate(args, 1)}, **kwargs}
        before = {} if in_place else {name: snapshot(value, name) for name, value in given.items()}
        try:
            result = function(*args, **kwargs)
        except Exception as error:
            _restore(before, given)
            code = "raises"
            if isinstance(error, NotImplementedError) and (not str(error) or str(error).startswith("exercise ")):
                code, cause = "not-written", "a `raise NotImplementedError` is still in the function"
            cause = cause or "a line of the function meets a shape, a type or a name that it does not expect"
            got = error_text(error)
            raise self.failure(code, tested=tested, expected=expected, got=got, cause=cause, hint=hint) from error
        for name, copies in before.items():
            if path := changed(copies, given[name], name):
                _restore(before, given)
                expected, got = "the arguments stay as they were", f"{path} was changed"
                cause = "an in-place operation on an argument, such as `x += 1` or `x.relu_()`"
                raise self.failure("changes-input", tested=tested, expected=expected, got=got, cause=cause, hint=hint)
        if returns and result is None:
            cause = "the function ends without `return`"
            raise self.failure("no-return", tested=tested, expected=expected, got=None, cause=cause, hint=hint)
        return result

    def expect(
        self, condition: bool, code: str, *, tested: str, expected: Any, got: Any, cause: str, hint: str
    ) -> None:
        """Fail unless the condition holds."""
        if not condition:
            raise self.failure(code, tested=tested, expected=expected, got=got, cause=cause, hint=hint)

    def equal(
        self,
        got: Any,
        want: Any,
        code: str,
        *,
        tested: str,
        cause: str,
        hint: str,
        mistakes: Sequence[Mistake] = (),
    ) -> None:
        """Fail unless the two are equal; not for tensors, which `close` compares."""
        if got == want:
            return
        for mistake in mistakes:
            if got == mistake.value:
                code, cause, hint = mistake.code, mistake.cause, mistake.hint
                break
        raise self.failure(code, tested=tested, expected=want, got=got, cause=cause, hint=hint)

    def close(
        self,
        got: Any,
        want: Tensor | float,
        code: str,
        *,
        tested: str,
        cause: str,
        hint: str,
        mistakes: Sequence[Mistake] = (),
        atol: float = 1e-6,
        rtol: float = 1e-4,
    ) -> None:
        """Fail unless the two agree in shape and, within the tolerance, in every entry.

        Args:
            got: the learner's tensor; a number will do where `want` has no axes.
            want: the reference, of any shape.
            code: names the failure; a wrong type or shape adds `-type` or `-shape`.
            tested: what the values are.
            cause: the likeliest cause of wrong values.
            hint: the letter of the hint to open.
            mistakes: values of well-known wrong answers; where one agrees, its words are used.
            atol: the largest absolute difference that still agrees.
            rtol: the largest difference relative to `want`.

        Raises:
            CheckFailed: the shapes, or the first entry that differs, never a whole tensor.
        """
        reference = torch.as_tensor(want)
        if not isinstance(got, (Tensor, np.ndarray, np.number, int, float)):
            cause = "another kind of value is returned or assigned"
            asked = f"a tensor of shape {tuple(reference.shape)}" if reference.ndim else "a number"
            raise self.failure(f"{code}-type", tested=tested, expected=asked, got=kind(got), cause=cause, hint=hint)
        value = torch.as_tensor(got)
        found = _compare(value, reference, atol=atol, rtol=rtol)
        if found is None:
            return
        for mistake in mistakes:
            if _compare(value, torch.as_tensor(mistake.value), atol=atol, rtol=rtol) is None:
                code, cause, hint = mistake.code, mistake.cause, mistake.hint
                break
        else:
            if value.shape != reference.shape:
                code, cause = f"{code}-shape", "an axis is missing, added or in another place"
        raise self.failure(code, tested=tested, expected=found[0], got=found[1], cause=cause, hint=hint)

    def failure(self, code: str, *, tested: str, expected: Any, got: Any, cause: str, hint: str) -> CheckFailed:
        """Return the error with the five lines that every failure has."""
        lines = [
            f"{self.exercise} does not hold yet.",
            f"Tested:   {tested}",
            f"Expected: {show(expected)}",
            f"Got:      {show(got)}",
            f"Likely:   {cause.rstrip('.')}.",
            f'Hint:     open "Hint {self.exercise}{hint}"',
        ]
        return CheckFailed(f"{self.exercise}/{code}", "\n".join(lines))


def check(exercise: str, holds: str) -> Callable[[Callable[Concatenate[Probe, P], None]], Callable[P, None]]:
    """Make a check of a function whose first argument is a `Probe`.

    The random generators of Python, NumPy and torch and the gradient mode are put back after it, and seeded within.

    Args:
        exercise: the exercise's number, such as "02.1".
        holds: what is true of the learner's code once the check has passed; it is printed.

    Returns:
        The check that learners call, without the probe.

    Example:
        >>> @check("00.1", "twice the number")
        ... def check_double(probe, double):
        ...     probe.equal(double(3), 6, "value", tested="double(3)", cause="3 was squared", hint="a")
        >>> check_double(lambda number: 2 * number)
        00.1 passed: twice the number
    """

    def decorate(ask: Callable[Concatenate[Probe, P], None]) -> Callable[P, None]:
        @wraps(ask)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            probe = Probe(exercise)
            with _untouched_generators(_seed(exercise)):
                try:
                    ask(probe, *args, **kwargs)
                except CheckFailed:
                    raise
                except Exception as error:
                    raise probe.failure(
                        "unusable",
                        tested=call_text(ask, args, kwargs),
                        expected="an answer that the check can use",
                        got=error_text(error),
                        cause="the answer is of another kind than the exercise asks for",
                        hint="a",
                    ) from error
            print(f"{exercise} passed: {holds}")

        return run

    return decorate


def _restore(before: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Undo what a wrong answer did to its arguments: a check may ask the next one with the same tensors."""
    for name, copies in before.items():
        put_back(copies, given[name], name)


def _compare(got: Tensor, want: Tensor, *, atol: float, rtol: float) -> tuple[str, str] | None:
    if got.shape != want.shape:
        return f"shape {tuple(want.shape)}", f"shape {tuple(got.shape)}"
    return first_difference(got, want, atol=atol, rtol=rtol)


def _seed(exercise: str) -> int:
    return zlib.crc32(exercise.encode())


@contextmanager
def _untouched_generators(seed: int) -> Iterator[None]:
    """Seed every generator inside, and put generators and gradient mode back after."""
    python, numbers, grad = random.getstate(), np.random.get_state(), torch.is_grad_enabled()
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
        random.setstate(python)
        np.random.set_state(numbers)
        torch.set_grad_enabled(grad)

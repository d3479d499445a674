"""How a check asks the learner's code questions."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks import _answers
from resnet_labs.checks._describe import (
    call_text,
    changed,
    error_text,
    first_difference,
    kind,
    named,
    put_back,
    snapshot,
    why_changed,
)
from resnet_labs.checks._errors import cause_of
from resnet_labs.checks._failure import Cause, CheckFailed, Mistake, message
from resnet_labs.checks._library import LibraryCalls
from resnet_labs.checks._module_state import ASPECTS, CAUSES, ModuleState
from resnet_labs.checks._repeat import Calls, Rule, mixes
from resnet_labs.checks._surroundings import Surroundings, draws
from resnet_labs.checks._values import Unknown, plain

_QUIET = ("parts", "values", "modes", "requires_grad", "hooks")  # of a network that is only looked at


class Probe:
    """Asks the questions of one exercise. Every question has a code that stays the same when words change.

    Attributes:
        random: draws whole numbers and choices; another sequence in every call of a check.
        generator: draws tensors.
    """

    def __init__(self, exercise: str, seed: int = 0, *, name: str = "", library: Collection[str] = ()) -> None:
        self.exercise, self.seed, self.name = exercise, seed, name
        self.random = random.Random(seed)
        self.generator = torch.Generator().manual_seed(seed)
        self.library = LibraryCalls(library)
        self.calls = Calls()

    def call(
        self,
        function: Any,
        *args: Any,
        tested: str = "",
        expected: str = "a result, without an error",
        cause: Cause = "",
        hint: str = "a",
        in_place: bool = False,
        returns: bool = True,
        draws_numbers: bool | None = None,
        anywhere: bool = True,
        makes: bool = False,
        follows: bool = False,
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
            draws_numbers: it may draw from the global random generators; by default where it makes or is given layers.
            anywhere: it must work on any device, and is called once more on another one at the end.
            makes: it makes layers, on torch's default device.
            follows: what it returns must be on the device of its inputs.
            **kwargs: what to call it with, by name.

        Raises:
            CheckFailed: with code raises, not-written, changes-input, leaves-behind, draws or no-return.
        """
        tested = tested or call_text(function, args, kwargs)
        given = named(function, args, kwargs)
        before = {} if in_place else {name: snapshot(value, name) for name, value in given.items()}
        networks = {} if in_place else {n: ModuleState(it) for n, it in given.items() if isinstance(it, nn.Module)}
        if anywhere:
            self.calls.keep(function, args, kwargs, Rule(tested, hint, makes=makes, follows=follows, pure=not in_place))
        if draws_numbers is None:
            draws_numbers = makes or in_place or any(callable(value) for value in given.values())
        around, drawn = Surroundings.now(), () if draws_numbers else draws()
        try:
            with self.library.watching():
                result = function(*args, **kwargs)
        except Exception as error:
            around.put_back()
            _restore(before, given)
            code, cause = "raises", cause_of(error, cause)
            if isinstance(error, NotImplementedError) and (not str(error) or str(error).startswith("exercise ")):
                code, cause = "not-written", "a `raise NotImplementedError` is still in the function"
            got = error_text(error)
            raise self.failure(code, tested=tested, expected=expected, got=got, cause=cause, hint=hint) from error
        for name, copies in before.items():
            if path := changed(copies, given[name], name):
                _restore(before, given)
                raise self.failure(
                    "changes-input",
                    tested=tested,
                    expected="the arguments stay as they were",
                    got=f"{path} was changed",
                    cause=why_changed(given[name]),
                    hint=hint,
                )
        for name, state in networks.items():
            self.unchanged(state, tested=tested, hint=hint, aspects=_QUIET, what=name)
        if left := around.changed():
            around.put_back()
            what, expected, got, cause = left
            tested = f"{what}, after {tested}"
            raise self.failure("leaves-behind", tested=tested, expected=expected, got=got, cause=cause, hint=hint)
        if not draws_numbers and draws() != drawn:
            raise self.failure(
                "draws",
                tested=f"Python's, NumPy's and torch's global random generators, after {tested}",
                expected="as before: nothing is drawn from them",
                got="numbers were drawn, or a seed was set",
                cause=(
                    "a random function such as `torch.randn` was called where nothing random is asked for",
                    "a random function was called without the generator that was given",
                ),
                hint=hint,
            )
        if returns and result is None:
            cause = "the function ends without `return`"
            raise self.failure("no-return", tested=tested, expected=expected, got=None, cause=cause, hint=hint)
        return result

    def unchanged(
        self,
        state: ModuleState,
        *,
        tested: str,
        hint: str,
        aspects: Collection[str] = tuple(CAUSES),
        what: str = "the network",
        code: str = "touched",
    ) -> None:
        """Fail if a network differs from what it was, in one of the aspects; the code ends with the aspect."""
        for aspect, where, before, now in state.changes(aspects):
            state.put_back()
            raise self.failure(
                f"{code}-{aspect.replace('_', '-')}",
                tested=f"{ASPECTS.get(aspect, aspect)} of {f'`{where}` of ' if where else ''}{what}, after {tested}",
                expected=f"as before: {before}",
                got=now,
                cause=CAUSES[aspect],
                hint=hint,
            )

    def expect(
        self, condition: bool, code: str, *, tested: str, expected: Any, got: Any, cause: Cause, hint: str
    ) -> None:
        """Fail unless the condition holds."""
        if not condition:
            raise self.failure(code, tested=tested, expected=expected, got=got, cause=cause, hint=hint)

    def kept(self, value: Tensor, before: Tensor, what: str, *, tested: str, hint: str) -> None:
        """Fail if an input has other values than before, or requires a gradient."""
        self.expect(
            torch.equal(value, before) and not value.requires_grad,
            "changes-input",
            tested=f"the {what} after {tested}",
            expected="as they were",
            got="they require a gradient" if value.requires_grad else "other values",
            cause="`requires_grad_` was called on them"
            if value.requires_grad
            else "an in-place operation on them or on a view of them, such as `clamp_` or `+=`",
            hint=hint,
        )

    def equal(
        self,
        got: Any,
        want: Any,
        code: str,
        *,
        tested: str,
        cause: Cause,
        hint: str,
        mistakes: Sequence[Mistake] = (),
    ) -> None:
        """Fail unless the two are equal; not for tensors, which `close` compares."""
        value = plain(got)
        if value == want and not isinstance(want, Unknown):
            return
        for mistake in mistakes:
            if value == mistake.value:
                code, cause, hint = mistake.code, mistake.cause, mistake.hint
                break
        raise self.failure(code, tested=tested, expected=want, got=value, cause=cause, hint=hint)

    def close(
        self,
        got: Any,
        want: Tensor | float,
        code: str,
        *,
        tested: str,
        cause: Cause,
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
        value = _answers.values(got)
        if value is None:
            cause = "another kind of value is returned or assigned"
            asked = f"a tensor of shape {tuple(reference.shape)}" if reference.ndim else "a number"
            raise self.failure(f"{code}-type", tested=tested, expected=asked, got=kind(got), cause=cause, hint=hint)
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
                if value.ndim == reference.ndim:
                    cause = "an axis has another length: a number is written down, or it is another axis"
        raise self.failure(code, tested=tested, expected=found[0], got=found[1], cause=cause, hint=hint)

    def failure(self, code: str, *, tested: str, expected: Any, got: Any, cause: Cause, hint: str) -> CheckFailed:
        """Return the error with the lines that every failure has."""
        repeat = f"{self.name}(..., seed={self.seed})" if self.name else None
        text = message(self.exercise, tested=tested, expected=expected, got=got, cause=cause, hint=hint, repeat=repeat)
        return CheckFailed(f"{self.exercise}/{code}", text)

    def elsewhere(self, call: Callable[[Callable[[Tensor], Tensor]], Any], *, tested: str, hint: str) -> None:
        """Fail if a call mixes devices; it gets a function that moves tensors to another device than the CPU."""
        if got := mixes(call):
            raise self._device_failure(tested, got, hint)

    def finish(self) -> None:
        """Ask what every answer is asked at the end: does it work on another device, and is it the library's?"""
        if call := self.calls.leaves_gradients_on():
            raise self.failure(
                "gradients-on",
                tested=f"whether torch records gradients after a call under `torch.no_grad()`: {call.rule.tested}",
                expected="no, as before",
                got="yes, from here on",
                cause="`torch.set_grad_enabled(True)` stays in force; `with torch.enable_grad():` ends by itself",
                hint=call.rule.hint,
            )
        if found := self.calls.on_two_devices():
            call, got = found
            raise self._device_failure(call.rule.tested, got, call.rule.hint)
        self.expect(
            self.library.found is None,
            "library",
            tested="whose function this is",
            expected="yours",
            got=f"`{self.library.found}`, the library's own",
            cause="its results are right; the exercise is to write it, and the library's is there to compare with",
            hint="a",
        )

    def _device_failure(self, tested: str, got: str, hint: str) -> CheckFailed:
        cause: Cause = (
            "a tensor or a layer is made on the CPU: make it with `device=x.device`, `x.new_zeros(...)` or "
            "`torch.zeros_like(x)`",
            'something is moved there by `.cpu()` or `.to("cpu")`',
        )
        if "numpy" in got:
            cause = "NumPy reads tensors that are on the CPU only: `x.cpu().numpy()` works everywhere"
        return self.failure(
            "device",
            tested=f"{tested}, with everything it is given on another device than the CPU, such as a GPU",
            expected="every tensor that the function makes is on the device of what it was given",
            got=got,
            cause=cause,
            hint=hint,
        )


def _restore(before: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Undo what a wrong answer did to its arguments: a check may ask the next one with the same tensors."""
    for name, copies in before.items():
        put_back(copies, given[name], name)


def _compare(got: Tensor, want: Tensor, *, atol: float, rtol: float) -> tuple[str, str] | None:
    if got.shape != want.shape:
        return f"shape {tuple(want.shape)}", f"shape {tuple(got.shape)}"
    return first_difference(got, want, atol=atol, rtol=rtol)

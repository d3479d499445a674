"""The check of exercise 03.5: what outlives a run."""

from __future__ import annotations

import gc
import math
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._describe import changed, snapshot
from resnet_labs.checks._elsewhere import move_module_
from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._failure import Cause
from resnet_labs.checks.lab03 import reference


@check("03.5", "one network at a time, the losses as numbers, and memory released once per run")
def check_run_all(probe: Probe, run_all: Callable[..., Any]) -> None:
    """Check which networks are alive when the next one is made, how often memory is released, and the losses."""
    batches = []
    for size in (5, 4, probe.random.randint(3, 6), 2):
        labels = torch.randint(2, (size,), generator=probe.generator)
        batches.append((torch.randn(size, 4, generator=probe.generator), labels))
    watch = _Watch(probe)
    makers, given = [lambda number=number: watch.make(number) for number in range(3)], snapshot(batches, "batches")
    kept_makers, listed = makers[:], len(batches)
    found, enabled = _undisturbed(
        lambda: probe.call(
            run_all,
            makers,
            batches,
            watch.release,
            tested="run_all on three networks and four batches",
            in_place=True,
            anywhere=False,  # the networks are made inside
        )
    )
    probe.expect(
        makers == kept_makers and len(batches) == listed and changed(given, batches, "batches") is None,
        "changes-input",
        tested="the lists of makers and of batches after run_all",
        expected="as they were",
        got="items were taken out, moved or changed",
        cause="a list is emptied or turned, or a batch is changed in place",
        hint="a",
    )
    probe.expect(
        enabled,
        "collector-off",
        tested="whether Python's garbage collector runs after run_all",
        expected="yes, as before",
        got="no",
        cause="`gc.disable()` stays in force after the call",
        hint="c",
    )
    watch.look("after the last run", len(watch.networks))
    if watch.failure:
        raise watch.failure
    watch.check_order(probe)
    probe.expect(
        watch.releases <= 3,
        "release-each-step",
        tested="how often release() was called in three runs of four steps",
        expected=3,
        got=watch.releases,
        cause="it is called in every step, and each call takes longer than a step",
        hint="c",
    )
    want = [reference.losses(number, batches) for number in range(3)]
    probe.expect(
        len(found) == 3 and all(len(row) == 4 if hasattr(row, "__len__") else False for row in found),
        "losses-shape",
        tested="the losses that run_all returns",
        expected="three lists, one per network, of four losses each",
        got=_lengths(found),
        cause=(
            "a list is missing for a run, or does not hold one loss per step",
            "one and the same list serves all runs, as `[[]] * n` makes it",
        ),
        hint="a",
    )
    values = torch.tensor([[float(value) for value in row] for row in found])
    cause: Cause = (
        "every network gets an optimizer of its own, SGD with a learning rate of 0.1 and nothing else",
        "every network sees every batch once, in order",
    )
    if not math.isclose(values[0, 0], want[0][0], rel_tol=1e-3):  # before any optimizer has made a step
        cause = (
            "the loss is that of the pass before the step: run the network once for each batch, and report that loss",
            "the batches come in another order",
            "the loss is another one than the mean cross-entropy",
        )
    probe.close(
        values,
        torch.tensor(want),
        "losses",
        tested="the losses of three networks in four steps",
        cause=cause,
        hint="a",
        rtol=1e-3,
        mistakes=[
            Mistake(
                torch.tensor([reference.losses(number, batches, adding=True) for number in range(3)]),
                "gradients-added",
                "the gradients of earlier steps are still there, and add up; call `optimizer.zero_grad()` in each step",
                "a",
            )
        ],
    )

    def on_a_device(move: Callable[[Tensor], Tensor]) -> None:
        network = reference.make(0)
        move_module_(network, move)
        run_all([lambda: network], [(move(images), move(labels)) for images, labels in batches], lambda: None)

    probe.elsewhere(on_a_device, tested="run_all on one network", hint="a")
    _check_one_and_a_failure(probe, run_all, batches)
    idle = _Watch(probe)
    nothing = probe.call(run_all, [], batches, idle.release, tested="run_all without a maker", anywhere=False, hint="c")
    probe.expect(
        len(nothing) == 0 and idle.releases == 0,
        "no-makers",
        tested="run_all without a maker",
        expected="lists: 0; calls of release(): 0",
        got=f"lists: {len(nothing)}; calls of release(): {idle.releases}",
        cause="release() is called outside the loop over the makers",
        hint="c",
    )


def _check_one_and_a_failure(probe: Probe, run_all: Callable[..., Any], batches: list[tuple[Tensor, Tensor]]) -> None:
    one = probe.call(run_all, [lambda: reference.make(0)], batches, lambda: None, anywhere=False, hint="a")
    longer = len(one) > 1 and all(hasattr(row, "__len__") for row in one)
    probe.expect(
        len(one) == 1 and hasattr(one[0], "__len__"),
        "losses-of-one",
        tested="what run_all returns for one network",
        expected="a list that holds one list of losses",
        got=one,
        cause="losses of an earlier call are still there, as with a list for a default argument"
        if longer
        else "one network is a special case; it is a list of one",
        hint="a",
    )

    made: list[bool] = []

    def with_norm() -> nn.Module:
        made.append(True)
        return reference.make(reference.WITH_NORM)

    tested = "run_all([maker, maker], ...), whose networks have a batch norm"
    both = probe.call(run_all, [with_norm] * 2, batches, lambda: None, tested=tested, anywhere=False, hint="a")
    probe.expect(
        len(both) == 2 and len(made) == 2,
        "same-maker",
        tested=tested,
        expected="lists of losses: 2; networks made: 2",
        got=f"lists of losses: {len(both)}; networks made: {len(made)}",
        cause="results are kept by their maker: one run replaces the other, or stands in for it",
        hint="a",
    )
    probe.close(
        torch.tensor([[float(value) for value in row] for row in both]),
        torch.tensor([reference.losses(reference.WITH_NORM, batches)] * 2),
        "with-norm",
        tested=tested,
        cause=(
            "the networks run in evaluation mode; a new one is in training mode, and is trained in it",
            "the second run goes on with the first network instead of a new one",
        ),
        hint="a",
        rtol=1e-3,
    )
    try:
        run_all([lambda: nn.Linear(3, 2)], batches, lambda: None)
    except Exception:
        return
    probe.expect(
        False,
        "swallowed",
        tested="run_all on a network that takes three numbers, where batches have four",
        expected="torch's error",
        got="none: the losses of that network are missing without a word",
        cause="`except` hides every error",
        hint="a",
    )


def _lengths(found: Any) -> Any:
    """Return how many losses each list holds, or the value itself where it is no list of lists."""
    if isinstance(found, (list, tuple)) and found and all(isinstance(row, (list, tuple)) for row in found):
        return f"lists of {', '.join(str(len(row)) for row in found)} losses"
    return found


def _undisturbed(call: Callable[[], Any]) -> tuple[Any, bool]:
    """Return the result, and whether the garbage collector is on after it; inside it never runs by itself."""
    thresholds, enabled = gc.get_threshold(), gc.isenabled()
    gc.set_threshold(0)
    gc.enable()
    try:
        result = call()
        return result, gc.isenabled()
    finally:
        gc.set_threshold(*thresholds)
        (gc.enable if enabled else gc.disable)()
        gc.collect()


class _Watch:
    """Makes the networks, and knows which of them are still there."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.networks: list[weakref.ref[nn.Module]] = []
        self.weights: list[weakref.ref[Any]] = []
        self.steps: list[int] = []
        self.releases = 0
        self.released_after: list[int] = []  # for each release, how many networks had been made
        self.failure: Exception | None = (
            None  # raised after the learner's call: inside it, it would count as their error
        )

    def make(self, number: int) -> nn.Module:
        if number:
            self.look(f"when network {number + 1} is made", number)
        network = reference.make(number)
        network.register_forward_hook(lambda *_, steps=self.steps, number=number: steps.append(number))
        self.networks.append(weakref.ref(network))
        weight = next(network.parameters())
        memory = weight.detach().numpy().copy()  # it lives as long as any tensor that shares the weight's memory
        weight.data = torch.from_numpy(memory)
        self.weights.append(weakref.ref(memory))
        return network

    def release(self) -> None:
        self.releases += 1
        self.released_after.append(len(self.networks))
        gc.collect()

    def check_order(self, probe: Probe) -> None:
        """Fail unless each run is followed by one release, the last one too."""
        if self.releases > len(self.networks):
            return  # one in every step, which has words of its own
        probe.expect(
            self.released_after == [1, 2, 3],
            "release-order",
            tested="after which runs release() was called, of three",
            expected="after each: 1, 2, 3",
            got=", ".join(map(str, self.released_after)) or "never",
            cause=(
                "it is called before a run instead of after it, so that the last network is not released",
                "it is left out after the last run",
            ),
            hint="c",
        )

    def look(self, when: str, count: int) -> None:
        """Keep the failure where one of the first networks, or its weights, are still there."""
        for number in range(count):
            network, weight = self.networks[number](), self.weights[number]()
            if weight is not None and self.failure is None:
                code, cause, hint = self._why(number, network is not None)
                self.failure = self.probe.failure(
                    code,
                    tested=f"network {number + 1} {when}",
                    expected="it is gone",
                    got="its weights are still in memory",
                    cause=cause,
                    hint=hint,
                )

    def _why(self, number: int, whole: bool) -> tuple[str, str, str]:
        if number not in self.steps:
            return "all-at-once", "all networks are made before the first one is trained", "a"
        if not whole:
            cause = "a loss tensor, which holds the graph and the weights, an optimizer or a state dict is still there"
            return "weights-held", cause, "b"
        if number == 1 and not self.releases:  # the network that points at itself
            return "no-release", "release() was not called by then, and only it frees a network that holds itself", "c"
        if number == 1:
            return "too-early", "release() ran while a variable still held the network", "c"
        return "network-held", "a list, or a variable that still exists, holds the network", "a"

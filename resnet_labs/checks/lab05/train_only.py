"""The check of exercise 05.2: real training after the learner's freeze, compared bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_labs.checks._engine import Probe, check
from resnet_labs.checks.lab05 import networks

_COUNT = (
    "count the stages and the blocks of the network that is given",
    "numbers are compared or cut as text: block 10 and more has two digits",
)
TrainOnly = Callable[[nn.Module, Sequence[str]], Any]


@check("05.2", "after real steps every bit outside the named parts is where it was, and all of the last block moved")
def check_train_only(probe: Probe, train_only: TrainOnly, last_block: Callable[[nn.Module], Sequence[str]]) -> None:
    """Check the last block's name in two networks, then train parts of them."""
    for num_blocks in ((1, 2, 2), (1, 1, 1, 3), (2, 1), (1, 1, 1, 1, 2), (1, 12), (1,) * 11):
        names = ["fc", f"layer{len(num_blocks)}.{num_blocks[-1] - 1}"]
        _check_last_block(probe, last_block, num_blocks, names)
    for parts in (["layer3.1", "fc"], ["fc"], ["layer2", "layer3", "fc"]):
        _check_training(probe, train_only, networks.small((1, 2, 2)), parts, "")
    _check_training(probe, train_only, networks.small((1, 11)), ["layer2.1", "fc"], "")
    _check_nothing(probe, train_only)
    network = networks.small((1, 2, 2))
    probe.call(
        train_only, network, ["fc"], tested='train_only(network, ["fc"])', in_place=True, returns=False, hint="a"
    )
    _check_training(probe, train_only, network, ["layer3.1", "fc"], ', after train_only(network, ["fc"])')
    network = networks.small((1, 2, 2))
    wide = ["layer2", "layer3", "fc"]
    given = f"train_only(network, {wide})"
    probe.call(train_only, network, wide, tested=given, in_place=True, returns=False, hint="a")
    _check_training(probe, train_only, network, ["fc"], f", after {given}")
    _check_training(probe, train_only, networks.small((1, 2, 2)), ["layer3", "fc"], "", and_another=True)


def _check_last_block(probe: Probe, last_block: Any, num_blocks: tuple[int, ...], names: list[str]) -> None:
    tested = f"last_block(network), with {' '.join(map(str, num_blocks))} blocks in stages 1 to {len(num_blocks)}"
    fixed = (
        "a stage's name or number is written down, and this network has other stages",
        "a part is taken for a stage that has no blocks to count, such as `avgpool` or `fc`",
    )
    got = probe.call(last_block, networks.small(num_blocks), tested=tested, cause=fixed, hint="c")
    listed = [str(name) for name in got] if isinstance(got, (list, tuple, set)) else [str(got)]
    stage = f"layer{len(num_blocks)}"
    names_alone = not isinstance(got, (list, tuple, set)) or all(isinstance(name, str) for name in got)
    for code, fine, cause in (
        ("not-names", names_alone, "these are modules; return their names, as strings"),
        ("no-head", "fc" in listed, 'the head trains too: "fc" is missing'),
        ("whole-stage", stage not in listed, "this is the whole last stage; its last block has a number after a dot"),
        ("from-one", sorted(listed) != ["fc", _one_more(names[1])], "blocks are counted from 0"),
        ("last-block", sorted(listed) == names, _COUNT),
    ):
        probe.expect(fine, code, tested=tested, expected=names, got=sorted(listed), cause=cause, hint="c")


def _one_more(name: str) -> str:
    stage, number = name.split(".")
    return f"{stage}.{int(number) + 1}"


def _check_training(
    probe: Probe,
    train_only: TrainOnly,
    network: nn.Module,
    parts: list[str],
    after: str,
    *,
    and_another: bool = False,
) -> None:
    images = torch.rand(6, 3, 12, 12, generator=probe.generator)
    # Made before, over everything, and used once: it holds momentum and gradients of what is about to be frozen.
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01)
    _train(network, optimizer, images, steps=1)
    given = f"train_only(network, {parts})"
    norm = network.get_submodule("bn1")
    foreign = norm.register_forward_hook(lambda *_: None)
    before, listed = networks.bits(network), parts[:]
    probe.call(train_only, network, parts, tested=given + after, in_place=True, returns=False, hint="a")
    left = networks.moved(before, network)
    for code, fine, what, got, cause in (
        ("changes-input", parts == listed, "the list of parts", parts, "the list that was given is changed"),
        ("hooks-cleared", foreign.id in norm._forward_hooks, "a hook on `bn1`", "gone", "hooks were cleared"),
        ("changed", not left, "all weights and statistics", f"{len(left)} differ", "weights were drawn anew"),
    ):
        tested = f"{what} right after {given}{after}"
        probe.expect(fine, code, tested=tested, expected="as before", got=got, cause=cause, hint="a")
    trains = {name for name in before if name.startswith(tuple(f"{part}." for part in parts))}
    weights = {name for name, _ in network.named_parameters()}

    flags = {name for name, weight in network.named_parameters() if weight.requires_grad}
    if still := sorted((weights & trains) - flags):
        raise probe.failure(
            "not-thawed" if after else "part-stands-still",
            tested=f"which parameters require a gradient after {given}{after}",
            expected=f"all {len(weights & trains)} of the named parts",
            got=f"{len(still)} of them do not, the first is {still[0]}",
            cause="what an earlier call froze has to be thawed again"
            if after
            else (
                "a named part was left out",
                "everything is frozen after a part was thawed: freeze once, before the loop over the parts",
                "the parts are frozen, and the rest is thawed",
            ),
            hint="a",
        )
    let_go = ""
    if and_another:
        other = networks.small((1, 2))
        probe.call(
            train_only,
            other,
            ["fc"],
            tested=f'{given}, then train_only(another, ["fc"])',
            in_place=True,
            returns=False,
            hint="a",
        )
        given += ', then train_only(another, ["fc"])'
        let_go = "what holds a network is let go when another one is frozen"
    _train(network, optimizer, images, steps=3)
    moved = set(networks.moved(before, network))
    if loose := sorted(moved & weights - trains):
        stale = not flags & {*loose}
        raise probe.failure(
            "stale-gradients" if stale else "everything-trains",
            tested=f"the weights outside the parts, three steps with momentum and weight decay after {given}",
            expected="bitwise what they were",
            got=f"{len(loose)} moved, the first is {loose[0]}",
            cause="frozen weights have a gradient, an old one or one of zeros, and momentum and weight decay move "
            "them; set `.grad` to None"
            if stale
            else "parameters outside the named parts still require a gradient",
            hint="b" if stale else "a",
        )
    if loose := sorted(moved - weights - trains):
        raise probe.failure(
            "statistics",
            tested=f"the running statistics outside the parts, three steps in training mode after {given}",
            expected="bitwise what they were",
            got=f"{len(loose)} moved, the first is {loose[0]}",
            cause=let_go
            or "batch norm goes on counting in training mode, whatever `requires_grad` says; the loop's "
            "`network.train()` undoes an `eval()`",
            hint="b",
        )
    if stuck := sorted(trains - moved):
        raise probe.failure(
            "trained-part-stuck",
            tested=f"weights and running statistics of the parts, three steps after {given}",
            expected="all of them moved: the parts train as if nothing had been frozen",
            got=f"{len(stuck)} did not, the first is {stuck[0]}",
            cause="weights of the parts were replaced by tensors that the optimizer does not know, or get no gradient"
            if {*stuck} & weights
            else "batch norm of the parts that train is still held: by `eval()`, or by `freeze_`, which `unfreeze_` "
            "undoes and `requires_grad_(True)` does not",
            hint="b",
        )
    network.eval()
    before = networks.bits(network)
    with torch.no_grad():
        network(images)
    if loose := networks.moved(before, network):
        raise probe.failure(
            "moves-in-evaluation",
            tested=f"the network after {given}, then network.eval() and a pass",
            expected="bitwise as before the pass: testing changes nothing",
            got=f"{len(loose)} tensors moved, the first is {loose[0]}",
            cause="the parts are put into training mode before each pass, also where the network is in evaluation mode",
            hint="b",
        )


def _check_nothing(probe: Probe, train_only: TrainOnly) -> None:
    network = networks.small((1, 2))
    probe.call(train_only, network, [], tested="train_only(network, [])", in_place=True, returns=False, hint="a")
    before = networks.bits(network)
    weights = dict(network.named_parameters())
    trains = [name for name, weight in weights.items() if weight.requires_grad]
    with torch.no_grad():
        network.train()(torch.rand(4, 3, 12, 12, generator=probe.generator))
    moved = networks.moved(before, network)
    probe.expect(
        not trains and not moved,
        "no-parts",
        tested="what still trains after train_only(network, [])",
        expected="nothing",
        got=f"{len(trains)} parameters, {len(moved)} running statistics, the first is {[*trains, *moved, ''][0]}",
        cause="without parts nothing is frozen"
        if len(trains) == len(weights)
        else "something that no part names still trains, such as `fc` or a batch norm: without parts, nothing does",
        hint="a",
    )


def _train(network: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, *, steps: int) -> None:
    """Train in training mode; gradients are zeroed, not removed, as some training loops do."""
    labels = torch.arange(len(images)) % 3
    network.train()
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=False)
        F.cross_entropy(network(images), labels).backward()
        optimizer.step()

"""The check of exercise 02.1: a new first and a new last layer."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Probe, check
from resnet_labs.checks._module_state import num_hooks, shared_parameters
from resnet_labs.checks.lab02 import reference
from resnet_labs.resnet import resnet18

_BETWEEN = (
    "something between the two ends was changed: a layer taken out, added or exchanged, or a stride or an option set",
    "statistics or weights of the layers between were reset",
)
_LOG = "a log-softmax follows the last layer; the loss takes logits and applies it itself"
_MISFIT = (
    "an attribute such as `in_channels` was set, and the weights stayed as they were; assign a new layer",
    "the last layer takes another number of inputs, or a layer between the two ends was changed",
)
_LEARN = "which parameters learn"
_ALL_LEARN = "the new layers, and those that learned before"


@check("02.1", "the first layer takes your channels, the last gives your classes, every other weight is as it was")
def check_adapt(probe: Probe, adapt: Callable[[nn.Module, int, int], nn.Module]) -> None:
    """Check the two replaced layers of a ResNet-18, and that the rest computes what it did."""
    many = probe.random.randint(11, 40)
    for in_channels, num_classes in ((1, 2), (probe.random.choice((4, 5, 6)), many), (3, many + 1)):
        network = resnet18()
        reference.used_(network, probe.generator)
        network.train(in_channels == 1)
        if in_channels > 1:
            network.get_submodule(probe.random.choice(("layer1", "layer2", "layer3"))).requires_grad_(False)
        old = [(parameter, parameter.requires_grad) for parameter in network.parameters()]
        whole = copy.deepcopy(network)
        before = whole.state_dict()
        given = f"adapt(network, {in_channels}, {num_classes})"
        adapted = probe.call(
            adapt, network, in_channels, num_classes, tested=given, in_place=True, makes=True, hint="a"
        )
        images = torch.rand(2, in_channels, 40, 40, generator=probe.generator)
        probe.expect(
            isinstance(adapted, nn.Module),
            "not-a-network",
            tested=f"what {given} returns",
            expected="the network",
            got=adapted,
            cause="something other than the network is returned",
            hint="a",
        )
        same_mode = all(part.training == whole.training for part in _kept_parts(adapted))
        same_mode = same_mode or (adapted is not network and not whole.training)  # a new one may begin in another mode
        stem, heads, logits = reference.trace(adapted.eval(), images)
        first = _check_stem(probe, stem, in_channels, given)
        if logits is None:
            tested = f"the adapted network on images of shape {tuple(images.shape)}"
            logits = probe.call(adapted, images, tested=tested, cause=_MISFIT)
        head = _check_head(probe, heads, num_classes, given)
        row = head.weight.detach()[:1]
        probe.expect(
            not bool((before["fc.weight"] == row).all(1).any()),
            "head-cut",
            tested=f"the weights of the last layer after {given}",
            expected="new ones: your classes are not the old 1,000",
            got="rows of the old layer",
            cause="the old layer is cut to a part of its rows; with more than 1,000 classes there are too few",
            hint="b",
        )
        if in_channels == 3:  # as before: only the ends are looked at, which saves half a second
            _check_fresh(probe, adapt, whole, adapted, (in_channels, num_classes))
            continue
        kept = {name: value for name, value in before.items() if not name.startswith(("conv1.", "fc."))}
        there = {reference.fingerprint(value) for value in adapted.state_dict().values()}
        lost = [name for name, value in kept.items() if reference.fingerprint(value) not in there]
        probe.expect(
            not lost,
            "weights-lost",
            tested="the weights and running statistics between the two ends",
            expected=f"all {len(kept)} tensors as they were",
            got=f"{len(lost)} are gone, the first is {lost[0] if lost else ''}",
            cause=(
                "a new network was made; change the one that was given",
                "a layer of the given network was replaced, or its weights or statistics were reset",
            ),
            hint="c",
        )
        sums = logits.sum(1)
        probe.expect(
            bool(((sums - 1).abs() > 1e-3).any()),
            "softmax",
            tested="the outputs of the adapted network",
            expected="logits: any real numbers",
            got="positive numbers that sum to one",
            cause="a softmax follows the last layer; the loss already applies it",
            hint="b",
        )
        whole.add_module("conv1", copy.deepcopy(first))
        whole.add_module("fc", copy.deepcopy(head))
        _check_between(probe, adapted, whole, images, given)
        _check_left(probe, adapted, old, same_mode, given)


def _check_stem(probe: Probe, stem: nn.Conv2d | None, in_channels: int, given: str) -> nn.Conv2d:
    probe.expect(
        stem is not None,
        "not-a-network",
        tested=f"the network after {given}",
        expected="a convolution comes first",
        got="no convolution",
        cause="something other than the network is returned",
        hint="a",
    )
    assert stem is not None
    probe.equal(
        stem.in_channels,
        in_channels,
        "stem-channels",
        tested=f"the input channels of the first convolution after {given}",
        cause="`network.conv1` still takes another number of channels; does it use `in_channels`?",
        hint="a",
    )
    probe.equal(
        (stem.out_channels, stem.kernel_size, stem.stride, stem.padding, stem.padding_mode, stem.dilation, stem.groups),
        (64, (7, 7), (2, 2), (3, 3), "zeros", (1, 1), 1),
        "stem-geometry",
        tested="output channels, kernel, stride, padding and its mode, dilation and groups of the first convolution",
        cause=(
            "the new layer has another geometry than the old; only the number of input channels may change",
            "a convolution was put in front of the network; replace `network.conv1` itself",
        ),
        hint="a",
    )
    probe.expect(
        stem.bias is None,
        "stem-bias",
        tested="the bias of the first convolution",
        expected="none: the batch norm after it has one",
        got="a bias",
        cause="`bias=False` is missing; `nn.Conv2d` adds a bias by default",
        hint="a",
    )
    probe.expect(
        not torch.equal(stem.weight[:1].expand_as(stem.weight), stem.weight),
        "stem-constant",
        tested="the 64 filters of the first convolution",
        expected="filters that differ, as `nn.Conv2d` draws them",
        got="64 equal filters",
        cause="all filters were filled with the same numbers; equal filters get equal gradients and stay equal",
        hint="a",
    )
    return stem


def _check_head(probe: Probe, heads: list[nn.Linear], num_classes: int, given: str) -> nn.Linear:
    probe.equal(
        len(heads),
        1,
        "head-count",
        tested="the number of linear layers",
        cause="a layer was added after the old head, or under another name; replace `network.fc` itself",
        hint="b",
    )
    probe.equal(
        (heads[0].in_features, heads[0].out_features),
        (512, num_classes),
        "head",
        tested=f"inputs and outputs of the last layer after {given}",
        cause="`network.fc` was not replaced, or does not use `num_classes`",
        hint="b",
    )
    probe.expect(
        heads[0].bias is not None,
        "head-bias",
        tested="the bias of the last layer",
        expected="one number for each class, as before: no batch norm follows",
        got="none",
        cause="`bias=False` belongs to the convolution alone",
        hint="b",
    )
    return heads[0]


def _check_fresh(
    probe: Probe, adapt: Callable[..., nn.Module], other: nn.Module, first: nn.Module, asked: tuple[int, int]
) -> None:
    """A second network gets layers of its own, also where the sizes are those of the first."""
    given = f"adapt(network, {asked[0]}, {asked[1]}) of two networks"
    second = probe.call(adapt, other, *asked, tested=given, in_place=True, makes=True, hint="a")
    shared = shared_parameters(first, second)
    probe.expect(
        not shared,
        "shared",
        tested=f"the weights after {given}",
        expected="two networks, which share nothing",
        got=f"both have the same {_named(shared)}",
        cause="layers of an earlier call are kept, such as in a dict, and given again; make new ones in every call",
        hint="a",
    )


def _check_between(probe: Probe, adapted: nn.Module, whole: nn.Module, images: Tensor, given: str) -> None:
    """The layers between compute what they did: in evaluation mode, in training mode, and after it."""
    for mode in ("evaluation mode", "training mode", "evaluation mode after a pass in training mode"):
        for network in (adapted, whole):
            network.train(mode == "training mode")
        with torch.no_grad():
            got = adapted(images)
            is_log = got.shape[:1] == images.shape[:1] and bool(((got.exp().sum(1) - 1).abs() < 1e-3).all())
            probe.close(
                got,
                whole(images),
                "between",
                tested=f"the outputs of the network after {given}, in {mode}, against the old one with your two layers",
                cause=_LOG if is_log else _BETWEEN,
                hint="b" if is_log else "c",
                atol=1e-4,
            )


def _check_left(
    probe: Probe, adapted: nn.Module, old: list[tuple[nn.Parameter, bool]], same_mode: bool, given: str
) -> None:
    changed = _changed(adapted, old)
    frozen = [name for name, learns in changed if not learns]
    thawed = [name for name, learns in changed if learns]
    hooks = num_hooks(adapted)
    inference = [name for name, one in adapted.named_parameters() if one.is_inference()]
    for code, fine, what, expected, got, cause in (
        (
            "frozen",
            not frozen,
            _LEARN,
            _ALL_LEARN,
            f"not {_named(frozen)}",
            "`requires_grad` was switched off",
        ),
        ("thawed", not thawed, _LEARN, _ALL_LEARN, f"also {_named(thawed)}", "`requires_grad` was switched on"),
        (
            "inference",
            not inference,
            _LEARN,
            "the new layers too",
            f"{_named(inference)} cannot: made in inference mode",
            "`torch.inference_mode()` is around the line that makes the layer",
        ),
        ("mode", same_mode, "the network's mode", "as before", "another", "`.eval()` or `.train()` was called"),
        ("hooks", hooks == 0, "hooks on the network", "none, as before", f"{hooks}", "a hook was registered"),
    ):
        probe.expect(
            fine, f"touched-{code}", tested=f"{what}, after {given}", expected=expected, got=got, cause=cause, hint="c"
        )


def _kept_parts(network: nn.Module) -> list[nn.Module]:
    """Return the network and its parts but the two layers that are new."""
    return [part for name, part in network.named_modules() if name.split(".")[0] not in ("conv1", "fc")]


def _named(names: list[str]) -> str:
    """Return the first two names, and how many there are beside them."""
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def _changed(adapted: nn.Module, old: list[tuple[nn.Parameter, bool]]) -> list[tuple[str, bool]]:
    """Return name and `requires_grad` of each parameter where it is not as before; a frozen one's copy may learn."""
    before = {id(parameter): learns for parameter, learns in old}
    frozen = {reference.fingerprint(parameter) for parameter, learns in old if not learns}
    return [
        (name, one.requires_grad)
        for name, one in adapted.named_parameters()
        if one.requires_grad != before.get(id(one), one.requires_grad or reference.fingerprint(one) not in frozen)
    ]

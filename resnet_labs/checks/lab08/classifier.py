"""The check of exercise 08.3: a classifier that starts from copies of the pretrained encoders and trains as a whole."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._module_state import ModuleState, num_hooks, shared_parameters
from resnet_labs.checks.lab08.layers import Layer, flat, new_layers


@check("08.3", "it starts from the pretrained encoders, all of it trains, and the pretrained layers stay as they were")
def check_classifier(probe: Probe, classifier: Callable[[list[Layer], int], nn.Module]) -> None:
    """Check values, gradients and ownership of the classifier's weights, for stacks of one to five layers."""
    for sizes, num_classes, code_relu in (
        ((6, 5, 4), 3, False),
        ((6, 7, 5, 4), 10, True),
        ((6, probe.random.randint(4, 7)), 2, True),
        ((6, 7, 5, 3, 6, 4), probe.random.randint(5, 9), False),
    ):
        layers = new_layers(sizes, code_relu=code_relu)
        for encoder, decoder in layers[:-1]:
            encoder.requires_grad_(False)
            decoder.requires_grad_(False)
        for weight in (*layers[-1][0].parameters(), *layers[-1][1].parameters()):
            weight.grad = torch.ones_like(weight)
        images = torch.rand(5, 1, 2, 3, generator=probe.generator, dtype=torch.float64)
        _center_(layers, images)
        given = f"classifier(layers, {num_classes}) of {len(layers)} layer{'s' if len(layers) > 1 else ''}"
        pretrained = ModuleState(nn.ModuleList([nn.ModuleList(layer) for layer in layers]))
        network = probe.call(classifier, layers, num_classes, tested=given, makes=True, cause=_CAUSES, hint="a")
        probe.expect(
            isinstance(network, nn.Module),
            "not-a-network",
            tested=f"what {given} returns",
            expected="a module",
            got=network,
            cause="something other than the network is returned",
            hint="a",
        )
        _check_own(probe, network, layers, given)
        probe.unchanged(pretrained, tested=given, hint="c", what="the pretrained layers", code="layers")
        _check_made(probe, network, given)
        network.double()
        head = _check_values(probe, network, layers, images, num_classes, given)
        _check_values(probe, network, layers, images[:1], num_classes, given)
        _check_values(probe, network, layers, 1000 * images - 500, num_classes, f"{given}, with large codes,")
        _check_values(probe, network.eval(), layers, images, num_classes, f"{given}, in evaluation mode,")
        network.train()
        _check_parameters(probe, network, layers, head, given)
        _check_gradients(probe, network, layers, head, images, given)
        _check_owner(probe, network, layers)
        _check_second(probe, classifier, network, layers, images, num_classes, given)


_CAUSES = (
    "a width, a number of classes or a number of layers is written down",
    "a line meets an encoder that it does not expect: each is a linear layer and its activation",
)


def _center_(layers: list[Layer], images: Tensor) -> None:
    """Set the biases so that every unit is above zero for some of the images and below for others."""
    rows = images.flatten(1)
    with torch.no_grad():
        for encoder, _ in layers:
            encoder[0].bias.zero_()  # type: ignore[index]
            encoder[0].bias.sub_(encoder[0](rows).mean(0))  # type: ignore[index]
            rows = encoder(rows)


def _check_own(probe: Probe, network: nn.Module, layers: list[Layer], given: str) -> None:
    theirs = {weight.data_ptr() for layer in layers for part in layer for weight in part.parameters()}
    shared = [name for name, weight in network.named_parameters() if weight.data_ptr() in theirs]
    probe.expect(
        not shared,
        "shares",
        tested=f"whose weights the network of {given} holds",
        expected="its own: copies of the pretrained ones",
        got=f"`{shared[0] if shared else ''}` is the pretrained layers' own",
        cause="the classifier holds the pretrained encoders themselves, or shallow copies that share their weights",
        hint="c",
    )


def _check_made(probe: Probe, network: nn.Module, given: str) -> None:
    probe.expect(
        all(part.training for part in network.modules()),
        "mode",
        tested=f"the mode of the network of {given}",
        expected="training mode, as its layers were",
        got="evaluation mode",
        cause="`.eval()` was called; the network is there to be trained",
        hint="b",
    )
    probe.expect(
        num_hooks(network) == 0,
        "hooks",
        tested=f"hooks on the network of {given}",
        expected="none",
        got=f"{num_hooks(network)}",
        cause="a hook was registered and not removed",
        hint="a",
    )


def _check_values(
    probe: Probe, network: nn.Module, layers: list[Layer], images: Tensor, num_classes: int, given: str
) -> nn.Linear:
    """Check what reaches the last linear layer, and what comes out; return that layer."""
    ran: list[tuple[nn.Linear, Tensor]] = []
    hooks = [
        layer.register_forward_hook(lambda layer, rows, output: ran.append((layer, rows[0].detach())))
        for layer in network.modules()
        if isinstance(layer, nn.Linear)
    ]
    tested = f"the network on images of shape {tuple(images.shape)}"
    cause = (
        "the order is flatten, the encoders from the first to the last, a linear layer from the last one's width",
        "a width is written down, such as 128",
        "a batch of one image loses its axis, as by `squeeze()`",
    )
    logits = probe.call(network, images, tested=tested, cause=cause, hint="a")
    for hook in hooks:
        hook.remove()
    probe.expect(
        isinstance(logits, Tensor) and tuple(logits.shape) == (len(images), num_classes) and bool(ran),
        "shape",
        tested=f"what the network of {given} gives for {len(images)} images",
        expected=f"({len(images)}, {num_classes}): a row of logits for each image, from a linear layer",
        got=tuple(logits.shape) if isinstance(logits, Tensor) else logits,
        cause="the last layer is a linear one from the last code to `num_classes`",
        hint="a",
    )
    head, codes = ran[-1]
    probe.expect(
        head.bias is not None,
        "head-bias",
        tested=f"the bias of the last layer of {given}",
        expected="one number for each class",
        got="none",
        cause="`bias=False` was given; a linear layer has a bias",
        hint="a",
    )
    outputs = [images.flatten(1)]
    for encoder, _ in layers:
        outputs.append(encoder(outputs[-1]))
    last = layers[-1][0][0](outputs[-2])  # type: ignore[index]
    probe.close(
        codes,
        outputs[-1],
        "codes",
        tested="what reaches the last layer: the pretrained code of the images",
        cause="the encoders are new, untrained ones, or there is another layer between them and the last layer",
        hint="a",
        mistakes=[
            Mistake(outputs[-1].relu(), "code-relu", "there is a ReLU behind the last encoder, which has none", "a"),
            Mistake(last, "no-relu", "the ReLU of the last encoder is missing; here it has one", "a"),
            Mistake(outputs[-2], "layer-missing", "the last encoder is left out", "a"),
            Mistake(outputs[0], "only-head", "no encoder is used: the last layer gets the pixels", "a"),
        ],
    )
    want = F.linear(outputs[-1], head.weight, head.bias)
    probe.close(
        logits,
        want,
        "logits",
        tested="the logits: what the last linear layer makes of the code",
        cause="something comes after the last linear layer",
        hint="a",
        mistakes=[
            Mistake(want.relu(), "final-relu", "a ReLU follows the last layer: the report's own fault", "a"),
            Mistake(want.softmax(1), "softmax", "a softmax follows the last layer; the loss applies it", "a"),
            Mistake(want.log_softmax(1), "softmax", "a softmax follows the last layer; the loss applies it", "a"),
        ],
    )
    return head


def _check_parameters(probe: Probe, network: nn.Module, layers: list[Layer], head: nn.Linear, given: str) -> None:
    encoders = sum(weight.numel() for encoder, _ in layers for weight in encoder.parameters())
    expected = encoders + sum(weight.numel() for weight in head.parameters())
    found = sum(weight.numel() for weight in network.parameters())
    cause = "the encoders are in a plain Python list, which registers nothing; `nn.Sequential` does"
    probe.equal(
        found,
        expected,
        "unregistered" if found < expected else "too-many",
        tested=f"how many numbers network.parameters() holds after {given}",
        cause=cause if found < expected else "there is more in it than the encoders and one linear layer",
        hint="b" if found < expected else "a",
    )
    still = [name for name, weight in network.named_parameters() if not weight.requires_grad]
    probe.expect(
        not still,
        "frozen",
        tested="requires_grad of the network's parameters, where the pretraining left some off",
        expected="on for all",
        got=f"off for {', '.join(still)}",
        cause="the copy kept `requires_grad` off, or the encoders were frozen on purpose",
        hint="b",
    )


def _check_gradients(
    probe: Probe,
    network: nn.Module,
    layers: list[Layer],
    head: nn.Linear,
    images: Tensor,
    given: str,
) -> None:
    labels = torch.arange(len(images)) % head.out_features
    own: Any = copy.deepcopy([encoder for encoder, _ in layers])
    right = nn.Sequential(nn.Flatten(), *own, copy.deepcopy(head)).requires_grad_(True)
    gradients: dict[str, Any] = {}
    for name, model in (("right", right), ("theirs", network)):
        pixels = images.clone().requires_grad_(True)
        model.zero_grad()
        F.cross_entropy(model(pixels), labels).backward()
        missing = [key for key, weight in model.named_parameters() if weight.grad is None]
        probe.expect(
            not missing,
            "no-gradient",
            tested=f"the gradients of the network of {given} after loss.backward()",
            expected="one for every parameter",
            got=f"none for {', '.join(missing)}",
            cause="there is a `detach`, `no_grad` or `.data` in the forward pass",
            hint="b",
        )
        gradients[name] = pixels.grad
    probe.close(
        gradients["theirs"],
        gradients["right"],
        "gradient",
        tested="the gradient of the cross-entropy for the images",
        cause="between the images and the logits there is something besides the encoders and the last layer",
        hint="a",
    )


def _check_owner(probe: Probe, network: nn.Module, layers: list[Layer]) -> None:
    before = flat(*(part for layer in layers for part in layer))
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(1)
    after = flat(*(part for layer in layers for part in layer))
    probe.expect(
        torch.equal(before, after),
        "shares",
        tested="the pretrained layers after the classifier's weights moved",
        expected="as they were",
        got=f"{int((before != after).sum())} of their numbers changed too",
        cause="the classifier holds the pretrained encoders themselves, not a copy",
        hint="c",
    )


def _check_second(
    probe: Probe,
    classifier: Callable[[list[Layer], int], nn.Module],
    first: nn.Module,
    layers: list[Layer],
    images: Tensor,
    num_classes: int,
    given: str,
) -> None:
    """A second network from the same layers begins where the first one began, not where it ended."""
    tested = f"{given}, a second time"
    second = probe.call(classifier, layers, num_classes, tested=tested, anywhere=False, draws_numbers=True, hint="c")
    shared = shared_parameters(first, second)
    probe.expect(
        not shared,
        "shared-networks",
        tested=f"the weights of two networks from two calls of {given}",
        expected="each has its own",
        got=f"they share {len(shared)}",
        cause="a network or a copy of the encoders is kept from the first call",
        hint="c",
    )
    _check_values(probe, second.double(), layers, images, num_classes, f"{given}, a second time")

"""The check of exercise 08.1: one autoencoder layer, and two training steps of one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._module_state import num_hooks
from resnet_labs.checks.lab08.step import check_step


@check("08.1", "the layer ends with `activation`, its decoder with `last`; each step lowers the mean squared error")
def check_layer(
    probe: Probe,
    autoencoder_layer: Callable[[int, int, nn.Module, nn.Module], Any],
    reconstruction_step: Callable[[nn.Module, nn.Module, Tensor, torch.optim.Optimizer], float],
) -> None:
    """Check values and gradients of the layer, then the step on a layer of our own."""
    first, second = probe.random.sample((nn.Tanh(), nn.Softplus(), nn.ELU(), nn.SiLU(), nn.LeakyReLU(0.3)), 2)
    side = probe.random.randint(4, 6)
    for sizes, activation, last in (
        ((6, 4), nn.ReLU(), nn.Sigmoid()),
        ((5, 7), nn.Identity(), nn.ReLU()),
        ((side, side), first, second),
    ):
        _check_parts(probe, autoencoder_layer, *sizes, activation, last)
    for sizes, num_rows in (((6, 4), 5), ((3, probe.random.randint(4, 7)), 1), ((3, 2), 300)):
        check_step(probe, reconstruction_step, sizes, num_rows)


def _check_parts(
    probe: Probe,
    autoencoder_layer: Callable[[int, int, nn.Module, nn.Module], Any],
    num_inputs: int,
    num_hidden: int,
    activation: nn.Module,
    last: nn.Module,
) -> None:
    ends = [copy.deepcopy(module) for module in (activation, last)]
    named = ", ".join(f"nn.{type(module).__name__}()" for module in ends)
    given = f"autoencoder_layer({num_inputs}, {num_hidden}, {named})"
    parts = probe.call(autoencoder_layer, num_inputs, num_hidden, *ends, tested=given, makes=True, hint="a")
    probe.expect(
        isinstance(parts, (tuple, list)) and len(parts) == 2 and all(isinstance(part, nn.Module) for part in parts),
        "two-modules",
        tested=f"what {given} returns",
        expected="two modules: encoder, decoder",
        got=parts,
        cause="the function ends with `return encoder, decoder`",
        hint="a",
    )
    encoder, decoder = parts
    _check_fresh(probe, encoder, decoder, given)
    others = autoencoder_layer(num_inputs, num_hidden, *(copy.deepcopy(module) for module in (activation, last)))
    first, second = ([*parts[0].parameters(), *parts[1].parameters()] for parts in (parts, others))
    probe.expect(
        all(
            one is not other and (one.ndim < 2 or not torch.equal(one, other))
            for one, other in zip(first, second, strict=True)
        ),
        "same-weights",
        tested=f"the weights of two layers from two calls of {given}",
        expected="each call draws its own",
        got="the same weights, or equal ones",
        cause="a layer is kept from an earlier call, or copied from it",
        hint="a",
    )
    encoder.double(), decoder.double()
    shapes = {"encoder": (num_hidden, num_inputs), "decoder": (num_inputs, num_hidden)}
    weights: dict[str, Any] = {}
    for name, part in (("encoder", encoder), ("decoder", decoder)):
        held = [tuple(weight.shape) for weight in part.parameters()]
        weights[name] = _weight_and_bias(part, shapes[name])
        probe.expect(
            weights[name] is not None,
            f"{name}-weights",
            tested=f"the shapes of the {name}'s parameters after {given}",
            expected=[shapes[name], shapes[name][:1]],
            got=held,
            cause=f"the {name} is one linear layer, with a bias, and no other; the decoder goes the way back",
            hint="a",
        )
    shared = {id(weight) for weight in encoder.parameters()} & {id(weight) for weight in decoder.parameters()}
    probe.expect(
        not shared,
        "tied",
        tested="the parameters of encoder and decoder",
        expected="each has its own",
        got="they share some",
        cause="the decoder uses the encoder's weights; it gets a linear layer of its own",
        hint="a",
    )
    (down, down_bias), (up, up_bias) = weights["encoder"], weights["decoder"]
    down = _turned(encoder, down, down_bias, activation, probe)
    up = _turned(decoder, up, up_bias, last, probe)
    probe.expect(
        down.shape != up.T.shape or not torch.equal(down, up.T),
        "tied",
        tested="the weights of encoder and decoder",
        expected="each is drawn on its own",
        got="one is a copy of the other",
        cause="the decoder starts with the encoder's weights; nobody asked for that",
        hint="a",
    )
    rows = torch.rand(4, num_inputs, generator=probe.generator, dtype=torch.float64, requires_grad=True)
    before = rows @ down.T + down_bias
    code = probe.call(encoder, rows, tested=f"the encoder on rows of shape {tuple(rows.shape)}", hint="a")
    probe.close(
        code,
        activation(before),
        "code",
        tested=f"the values that the encoder of {given} gives",
        cause="the encoder gives activation(W x + b)",
        hint="a",
        mistakes=[
            Mistake(before, "no-activation", "`activation` is missing at the end of the encoder", "a"),
            Mistake(before.relu(), "always-relu-code", "the encoder has a ReLU, whatever `activation` is", "a"),
            Mistake(before.sigmoid(), "sigmoid-code", "the encoder ends with a sigmoid, not with `activation`", "a"),
            Mistake(before.tanh(), "tanh-code", "the encoder ends with tanh, not with `activation`", "a"),
        ],
    )
    after = activation(before) @ up.T + up_bias
    back = probe.call(decoder, activation(before), tested="the decoder on what the encoder gives", hint="a")
    probe.close(
        back,
        last(after),
        "back",
        tested=f"what the decoder of {given} gives back",
        cause="it gives last(V h + c)",
        hint="a",
        mistakes=[
            Mistake(after, "no-last", "`last` is missing at the end of the decoder", "a"),
            Mistake(after.relu(), "always-relu", "the decoder ends with a ReLU, whatever `last` is", "a"),
            Mistake(after.sigmoid(), "always-sigmoid", "the decoder ends with a sigmoid, whatever `last` is", "a"),
            Mistake(last(after.relu()), "relu-and-last", "there is a ReLU before `last`", "a"),
        ],
    )
    want = torch.autograd.grad(last(after).sum(), rows)[0]
    whole = probe.call(lambda rows: decoder(encoder(rows)), rows, tested="decoder(encoder(rows))", hint="a")
    probe.expect(
        whole.requires_grad,
        "detached",
        tested="the graph behind what comes back",
        expected="one that leads to the rows",
        got="none",
        cause="a `detach`, `no_grad` or `.data` cuts it",
        hint="b",
    )
    got = torch.autograd.grad(whole.sum(), rows, allow_unused=True)[0]
    probe.close(
        torch.zeros_like(rows) if got is None else got,
        want,
        "gradient",
        tested="the gradient of what comes back, for the rows",
        cause="a `detach`, `no_grad` or `.data` cuts the graph",
        hint="b",
    )


def _check_fresh(probe: Probe, encoder: nn.Module, decoder: nn.Module, given: str) -> None:
    """The two come as torch makes modules: everything trains, in training mode, in float32, without hooks."""
    for name, part in (("encoder", encoder), ("decoder", decoder)):
        held = list(part.parameters())
        for code, fine, what, expected, got, cause in (
            ("frozen", all(weight.requires_grad for weight in held), "requires_grad", "on", "off", "it was frozen"),
            (
                "mode",
                all(module.training for module in part.modules()),
                "the mode",
                "training mode",
                "evaluation mode",
                "`.eval()` was called",
            ),
            (
                "type",
                all(weight.dtype == torch.get_default_dtype() for weight in held),
                "the type",
                "torch's default type",
                "another type",
                "a type is written down, such as `.double()`",
            ),
            ("hooks", num_hooks(part) == 0, "hooks", "none", "some", "a hook was registered"),
            (
                "constant",
                all(weight.std() > 0 for weight in held if weight.ndim == 2 and weight.numel() > 1),
                "the weights",
                "random numbers, as `nn.Linear` draws them",
                "one number for all",
                "the weights were set to a constant: all hidden values are then the same, and stay so",
            ),
        ):
            probe.expect(
                fine,
                f"fresh-{code}",
                tested=f"{what} of the {name} of {given}",
                expected=expected,
                got=got,
                cause=cause,
                hint="a",
            )


def _weight_and_bias(module: nn.Module, shape: tuple[int, int]) -> tuple[Tensor, Tensor] | None:
    """Return the matrix of that shape and the bias, however the module holds them; None for other parameters."""
    parameters = list(module.parameters())
    matrices = [weight for weight in parameters if weight.ndim == 2]
    biases = [weight for weight in parameters if weight.ndim == 1]
    if len(matrices) != 1 or len(biases) != 1 or len(parameters) != 2:
        return None
    matrix = matrices[0] if tuple(matrices[0].shape) == shape else matrices[0].T
    return (matrix, biases[0]) if tuple(matrix.shape) == shape and tuple(biases[0].shape) == shape[:1] else None


def _turned(module: nn.Module, matrix: Tensor, bias: Tensor, end: nn.Module, probe: Probe) -> Tensor:
    """Return a square matrix the way round that the module uses it; its shape does not tell."""
    if matrix.shape[0] != matrix.shape[1]:
        return matrix
    rows = torch.randn(3, len(matrix), generator=probe.generator, dtype=torch.float64)
    with torch.no_grad():
        got = module(rows)
        gaps = [(got - end(rows @ way + bias)).abs().max() for way in (matrix.T, matrix)]
    return matrix if gaps[0] <= gaps[1] else matrix.T

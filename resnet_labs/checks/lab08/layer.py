"""The check of exercise 08.1: one autoencoder layer, and two training steps of one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from resnet_labs.checks._engine import Mistake, Probe, check
from resnet_labs.checks._module_state import ModuleState, num_hooks
from resnet_labs.checks.lab08 import reference
from resnet_labs.checks.lab08.layers import flat, new_layers

_NOT_CLEARED = "the gradients of the first step are still there in the second; `optimizer.zero_grad()` is missing"
_SECOND = "the first loss and the weights are right; the second number is not the loss of the second step"


@check("08.1", "the layer ends with `activation`, its decoder with `last`; each step lowers the mean squared error")
def check_layer(
    probe: Probe,
    autoencoder_layer: Callable[[int, int, nn.Module, nn.Module], Any],
    reconstruction_step: Callable[[nn.Module, nn.Module, Tensor, torch.optim.Optimizer], float],
) -> None:
    """Check values and gradients of the layer, then the step on a layer of our own."""
    first, second = probe.random.sample((nn.Tanh(), nn.Softplus(), nn.ELU(), nn.Hardtanh(), nn.LeakyReLU(0.3)), 2)
    side = probe.random.randint(4, 6)
    for sizes, activation, last in (
        ((6, 4), nn.ReLU(), nn.Sigmoid()),
        ((5, 7), nn.Identity(), nn.ReLU()),
        ((side, side), first, second),
    ):
        _check_parts(probe, autoencoder_layer, *sizes, activation, last)
    for sizes, num_rows in (((6, 4), 5), ((3, probe.random.randint(4, 7)), 1)):
        _check_step(probe, reconstruction_step, sizes, num_rows)


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
    parts = probe.call(autoencoder_layer, num_inputs, num_hidden, *ends, tested=given, hint="a")
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


def _check_step(
    probe: Probe,
    reconstruction_step: Callable[[nn.Module, nn.Module, Tensor, torch.optim.Optimizer], float],
    sizes: tuple[int, int],
    num_rows: int,
) -> None:
    (layer,) = new_layers(sizes)
    layer[1][0].bias.requires_grad_(False)  # type: ignore[index]
    start = copy.deepcopy(layer)
    encoder, decoder = layer
    rows = 2 * torch.randn(num_rows, sizes[0], generator=probe.generator, dtype=torch.float64)
    optimizer = torch.optim.SGD([{"params": part.parameters()} for part in layer], lr=0.5)
    state, settings = ModuleState(nn.ModuleList(layer)), _settings(optimizer)
    weights, losses = reference.steps(start, rows, num_steps=2)
    step = (reconstruction_step, encoder, decoder, rows, optimizer)
    kept = rows.clone()
    compared = (
        "the loss compares decoder(encoder(rows)) with the rows themselves, which have the same shape",
        "a type is written down, such as `.float()`; the rows and the weights are float64 here",
    )
    given = f"the first step, on {num_rows} rows of {sizes[0]} values"
    first = probe.call(*step, tested=given, cause=compared, in_place=True, hint="b")
    _check_kept(probe, rows, kept, given)
    left = ("parts", "modes", "requires_grad", "hooks")
    probe.unchanged(state, tested=given, hint="c", aspects=left, what="encoder and decoder")
    probe.equal(
        _settings(optimizer),
        settings,
        "optimizer-changed",
        tested=f"the settings of the optimizer after {given}",
        cause="the step sets something in `optimizer.param_groups`, such as the learning rate",
        hint="c",
    )
    probe.expect(
        not isinstance(first, Tensor),
        "keeps-graph",
        tested="what reconstruction_step returns",
        expected="a Python number",
        got="a tensor, which keeps the step's whole graph in memory",
        cause="`.item()` is missing",
        hint="c",
    )
    error = (start[1](start[0](rows)) - rows).detach()
    probe.close(
        first,
        losses[0],
        "loss",
        tested="the loss of the first step, in float64",
        cause=(
            "a loss other than the mean squared error between decoder(encoder(rows)) and rows",
            "the mean is over another number than all values of all rows, such as a number that is written down",
        ),
        hint="b",
        mistakes=[
            Mistake(losses[0] / 2, "halved", "this is half of the mean squared error", "b"),
            Mistake(error.square().sum(), "sum", "the squares are summed, not averaged", "b"),
            Mistake(error.square().sum(1).mean(), "sum-over-values", "summed over the values of an image", "b"),
            Mistake(error.square().mean().sqrt(), "root", "the root of the mean squared error is taken", "b"),
            Mistake(error.abs().mean(), "absolute", "the differences are not squared", "b"),
            Mistake(losses[1], "after-step", "this is the loss after the step; return the one before it", "c"),
        ],
    )
    second = probe.call(*step, tested=f"a second step, on {num_rows} rows", in_place=True, hint="c")
    _check_kept(probe, rows, kept, "a second step")
    probe.close(
        flat(encoder, decoder),
        weights,
        "weights",
        tested="the weights of encoder and decoder after two steps",
        cause=(
            "the order is clear, forward, backward, step; each happens once",
            "something between the rows and the loss is detached, or the gradients are changed before the step",
        ),
        hint="c",
        mistakes=[
            Mistake(
                reference.steps(start, rows, num_steps=2, cut_code=True)[0],
                "code-detached",
                "the encoder never moves: its code is cut from the graph, by `detach` or `no_grad`",
                "c",
            ),
            Mistake(reference.steps(start, rows, num_steps=2, clear=False)[0], "not-cleared", _NOT_CLEARED, "c"),
            Mistake(
                flat(*start),
                "no-step",
                "the weights never move: no `backward`, no step, or `zero_grad` between the two",
                "c",
            ),
            Mistake(
                reference.steps(start, rows, num_steps=1)[0],
                "stale-step",
                "`optimizer.step()` comes before `loss.backward()`",
                "c",
            ),
        ],
    )
    probe.close(second, losses[1], "loss", tested="the loss of the second step", cause=_SECOND, hint="b")


def _check_kept(probe: Probe, rows: Tensor, kept: Tensor, given: str) -> None:
    probe.expect(
        torch.equal(rows, kept) and not rows.requires_grad,
        "changes-input",
        tested=f"the rows after {given}",
        expected="as they were",
        got="they require a gradient" if rows.requires_grad else "other values",
        cause="an in-place operation on the rows, such as `clamp_` or `requires_grad_`",
        hint="c",
    )


def _settings(optimizer: torch.optim.Optimizer) -> list[dict[str, Any]]:
    return [{key: value for key, value in group.items() if key != "params"} for group in optimizer.param_groups]


def _weight_and_bias(module: nn.Module, shape: tuple[int, int]) -> tuple[Tensor, Tensor] | None:
    """Return the matrix of that shape and the bias, however the module holds them; None for other parameters."""
    parameters = list(module.parameters())
    matrices = [weight for weight in parameters if weight.ndim == 2]
    biases = [weight for weight in parameters if weight.ndim == 1]
    if len(matrices) != 1 or len(biases) != 1 or len(parameters) != 2:
        return None
    matrix = matrices[0] if tuple(matrices[0].shape) == shape else matrices[0].T
    return (matrix, biases[0]) if tuple(matrix.shape) == shape and tuple(biases[0].shape) == shape[:1] else None

"""Probe of exercise 08.1: one autoencoder layer and its training step."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("autoencoder_layer", "reconstruction_step")
POINTS = 2
WITHHELD = ("resnet_labs.autoencoder", "resnet_labs.train")
RTOL, ATOL = 1e-4, 1e-6


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return layers with four pairs of functions at their ends, and steps of several optimizers."""
    ends = [("ReLU", "Sigmoid"), ("Identity", "ReLU"), ("Tanh", "Identity"), ("Sigmoid", "Tanh")]
    optimizers = [("SGD", {"lr": 0.5}, 6), ("Adam", {"lr": 0.01}, 3), ("SGD", {"lr": 0.3, "momentum": 0.9}, 1)]
    optimizers.append(("Adam", {"lr": 0.01}, 150))
    cases: list[dict[str, Any]] = []
    for number, (activation, last) in enumerate(ends):
        count, hidden = int(rng.integers(5, 9)), int(rng.integers(2, 5)) if number else 11
        case = {"ends": [activation, last], "rows": rng.normal(size=(1 if number == 2 else 4, count))}
        cases.append(case | {"down": rng.normal(size=(hidden, count)), "up": rng.normal(size=(count, hidden))})
    for kind, settings, count in optimizers:
        case = {"optimizer": [kind, settings], "rows": rng.random(size=(3, count, 5))}
        cases.append(case | {"down": rng.normal(size=(3, 5)), "up": rng.normal(size=(5, 3)), "stale": kind == "SGD"})
    return cases


def set_weights(part: Any, weights: Any) -> list[int]:
    """Give a part literal weights, whichever way round it keeps them, and a bias; return the sizes of both."""
    import torch

    weights, parameters = torch.tensor(weights), list(part.parameters())
    with torch.no_grad():
        for parameter in parameters:
            if parameter.ndim == 1:
                parameter.copy_(torch.linspace(0, 0.3, len(parameter)))
            else:
                parameter.copy_(weights if parameter.shape == weights.shape else weights.T)
    return sorted(parameter.numel() for parameter in parameters)


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return what a layer gives and its gradients, or losses and weights of three steps."""
    import torch
    from torch import nn

    rows = torch.tensor(case["rows"])
    if "ends" in case:
        activation, last = (getattr(nn, name)() for name in case["ends"])
        hidden, count = case["down"].shape
        encoder, decoder = answers.autoencoder_layer(count, hidden, activation, last)
        drawn = [weight for part in (encoder, decoder) for weight in part.parameters() if weight.ndim > 1]
        apart = not torch.equal(drawn[0], drawn[1].T) and not torch.equal(drawn[0], drawn[1])
        trains = [weight.requires_grad for part in (encoder, decoder) for weight in part.parameters()]
        sizes = [set_weights(encoder.double(), case["down"]), set_weights(decoder.double(), case["up"])]
        leaf = rows.clone().requires_grad_()
        code = encoder(leaf * 1)
        back = decoder(code)
        (gradient,) = torch.autograd.grad((back * torch.cos(back.detach())).sum(), leaf)
        return {"sizes": sizes, "drawn apart": apart, "train": trains, "code": code, "back": back, "gradient": gradient}
    encoder = nn.Sequential(nn.Linear(5, 3), nn.Tanh()).double()
    decoder = nn.Sequential(nn.Linear(3, 5), nn.Sigmoid()).double()
    set_weights(encoder, case["down"])
    set_weights(decoder, case["up"])
    parameters = [*encoder.parameters(), *decoder.parameters()]
    kind, settings = case["optimizer"]
    optimizer = getattr(torch.optim, kind)(parameters, **settings)
    for parameter in parameters if case["stale"] else []:
        parameter.grad = torch.ones_like(parameter)
    decoder[0].bias.requires_grad_(kind != "SGD")
    losses = [answers.reconstruction_step(encoder, decoder, batch, optimizer) for batch in rows]
    return {
        "are Python numbers": [isinstance(loss, (int, float)) for loss in losses],
        "losses": [float(loss) for loss in losses],
        "weights": [parameter.detach() for parameter in parameters],
        "modes": [encoder.training, decoder.training],
        "train": [parameter.requires_grad for parameter in parameters],
    }

"""What lab 08's answers are compared with, and what its well-known mistakes give; all in float64."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_labs.checks.lab08.layers import Layer, flat


def steps(
    layer: Layer, rows: Tensor, *, num_steps: int, clear: bool = True, cut_code: bool = False
) -> tuple[Tensor, list[float]]:
    """Return the weights after some steps of SGD with rate 0.5 and momentum 0.5, and the losses before each."""
    layer = copy.deepcopy(layer)
    optimizer = torch.optim.SGD([weight for part in layer for weight in part.parameters()], lr=0.5, momentum=0.5)
    losses = []
    for _ in range(num_steps):
        if clear:
            optimizer.zero_grad()
        code = layer[0](rows)
        loss = F.mse_loss(layer[1](code.detach() if cut_code else code), rows)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return flat(*layer), losses


def pretrained(
    layers: Sequence[Layer],
    batches: Sequence[tuple[Tensor, Tensor]],
    epochs: int,
    learning_rate: float,
    *,
    decoders: bool = True,
    fresh_optimizer: bool = False,
    untrained_below: bool = False,
) -> tuple[list[Tensor], list[list[list[float]]]]:
    """Return each layer's weights after the greedy training, and the losses of all steps by epoch; the layers stay."""
    layers, start = copy.deepcopy(list(layers)), copy.deepcopy(list(layers))
    histories = []
    for depth, (encoder, decoder) in enumerate(layers):
        below = nn.Sequential(*(encoder for encoder, _ in (start if untrained_below else layers)[:depth]))
        trained = [*encoder.parameters(), *(decoder.parameters() if decoders else ())]
        optimizer = torch.optim.Adam(trained, lr=learning_rate)
        history = []
        for _ in range(epochs):
            if fresh_optimizer:
                optimizer = torch.optim.Adam(trained, lr=learning_rate)
            losses = []
            for images, _ in batches:
                with torch.no_grad():
                    rows = below(images.flatten(1))
                optimizer.zero_grad()
                loss = F.mse_loss(decoder(encoder(rows)), rows)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            history.append(losses)
        histories.append(history)
    return [flat(*layer) for layer in layers], histories


def class_gradients(head: nn.Linear, codes: Tensor, labels: Tensor, *, relu: bool = True, mean: bool = True) -> Tensor:
    """Return the gradient of the loss for head.weight, (K, D)."""
    logits = head(codes)
    loss = F.cross_entropy(F.relu(logits) if relu else logits, labels, reduction="mean" if mean else "sum")
    return torch.autograd.grad(loss, head.weight)[0]

"""Right and wrong answers to exercise 08.2: the greedy stack."""

from __future__ import annotations

import torch
from helpers.answers import Answers
from labs.lab08.shared import step
from torch import nn


def _through(layers, depth, images, cut):
    rows = images.flatten(1)
    for below, _ in layers[:depth]:
        rows = below(rows)
    return rows.detach() if cut else rows


answers = Answers("08.2", "check_pretrain")


@answers.right
def train(
    layers,
    batches,
    epochs,
    learning_rate,
    *,
    trained=lambda layers, depth: [*layers[depth][0].parameters(), *layers[depth][1].parameters()],
    depths=lambda layers: range(len(layers)),
    optimizer_class=torch.optim.Adam,
    mean=True,
):
    histories = [[] for _ in layers]
    for depth in depths(layers):
        encoder, decoder = layers[depth]
        optimizer = optimizer_class(trained(layers, depth), lr=learning_rate)
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                with torch.no_grad():
                    rows = images.flatten(1)
                    for below, _ in layers[:depth]:
                        rows = below(rows)
                losses.append(step(encoder, decoder, rows, optimizer))
            histories[depth].append(sum(losses) / (len(losses) if mean else 1))
    return histories


@answers.wrong("gradients-below")
def gradients_flow_down(layers, batches, epochs, learning_rate):
    for depth, (encoder, decoder) in enumerate(layers):
        optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
        for _ in range(epochs):
            for images, _ in batches:
                step(encoder, decoder, _through(layers, depth, images, cut=False), optimizer)
    return [[0.0] * epochs for _ in layers]


@answers.wrong("moved")
def everything_below_trains_too(layers, batches, epochs, learning_rate):
    for depth, (encoder, decoder) in enumerate(layers):
        parts = [part for layer in layers[: depth + 1] for part in layer]
        optimizer = torch.optim.Adam([weight for part in parts for weight in part.parameters()], lr=learning_rate)
        for _ in range(epochs):
            for images, _ in batches:
                step(encoder, decoder, _through(layers, depth, images, cut=False), optimizer)
    return [[0.0] * epochs for _ in layers]


@answers.wrong("interleaved")
def epochs_outside(layers, batches, epochs, learning_rate):
    optimizers = [
        torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
        for encoder, decoder in layers
    ]
    histories = [[] for _ in layers]
    for _ in range(epochs):
        for depth, (encoder, decoder) in enumerate(layers):
            losses = [
                step(encoder, decoder, _through(layers, depth, images, cut=True), optimizers[depth])
                for images, _ in batches
            ]
            histories[depth].append(sum(losses) / len(losses))
    return histories


@answers.wrong("raises")
def every_layer_on_images(layers, batches, epochs, learning_rate):
    for encoder, decoder in layers:
        optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
        for images, _ in batches:
            step(encoder, decoder, images.flatten(1), optimizer)
    return [[0.0] * epochs for _ in layers]


@answers.wrong("raises")
def images_not_flattened(layers, batches, epochs, learning_rate):
    for encoder, decoder in layers[:1]:
        optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
        for images, _ in batches:
            step(encoder, decoder, images, optimizer)
    return [[0.0] * epochs for _ in layers]


@answers.wrong("too-few-steps")
def one_epoch_only(layers, batches, epochs, learning_rate):
    return [history * epochs for history in train(layers, batches, 1, learning_rate)]


@answers.wrong("decoder-still")
def decoders_stand_still(*given):
    return train(*given, trained=lambda layers, depth: layers[depth][0].parameters())


@answers.wrong("untrained")
def last_layer_forgotten(*given):
    return train(*given, depths=lambda layers: range(len(layers) - 1))


@answers.wrong("weights")
def sgd_in_place_of_adam(*given):
    return train(*given, optimizer_class=torch.optim.SGD)


@answers.wrong("sum")
def sums_of_losses(*given):
    return train(*given, mean=False)


@answers.wrong("histories")
def one_flat_list(*given):
    return [loss for history in train(*given) for loss in history]


@answers.wrong("no-return")
def pretrain_without_return(*given):
    train(*given)


@answers.wrong("learning-rate")
def rate_left_out(layers, batches, epochs, learning_rate):
    return train(layers, batches, epochs, 1e-3)


@answers.wrong("fresh-optimizer")
def new_optimizer_each_epoch(layers, batches, epochs, learning_rate):
    histories = []
    for depth, (encoder, decoder) in enumerate(layers):
        history = []
        for _ in range(epochs):
            optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
            losses = [
                step(encoder, decoder, _through(layers, depth, images, cut=True), optimizer) for images, _ in batches
            ]
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong("untrained-below")
def codes_of_untrained_layers(layers, batches, epochs, learning_rate):
    codes = [
        [(_through(layers, depth, images, cut=True), labels) for images, labels in batches]
        for depth in range(len(layers))
    ]
    histories = []
    for (encoder, decoder), rows in zip(layers, codes, strict=True):
        histories += train([(encoder, decoder)], rows, epochs, learning_rate)
    return histories


@answers.wrong("kept-batches")
def pretrain_on_kept_codes(layers, batches, epochs, learning_rate):
    kept = [images.flatten(1) for images, _ in batches]
    histories = []
    for encoder, decoder in layers:
        adam = torch.optim.Adam(nn.ModuleList([encoder, decoder]).parameters(), lr=learning_rate)
        per_epoch = torch.zeros(epochs, dtype=torch.float64)
        for epoch in range(epochs):
            for rows in kept:
                per_epoch[epoch] += step(encoder, decoder, rows, adam) / len(kept)
        kept = [encoder(rows).detach() for rows in kept]
        histories.append(per_epoch.tolist())
    return histories


@answers.right
def pretrain_with_one_optimizer(layers, batches, epochs, learning_rate):
    adam = torch.optim.Adam([weight for pair in layers for part in pair for weight in part.parameters()], learning_rate)
    histories = []
    for depth, (encoder, decoder) in enumerate(layers):
        adam.zero_grad()
        histories.append([])
        for _ in range(epochs):
            losses = [step(encoder, decoder, _through(layers, depth, images, cut=True), adam) for images, _ in batches]
            histories[-1].append(torch.tensor(losses).double().mean())
    return histories


@answers.right
def pretrain_by_freezing(layers, batches, epochs, learning_rate):
    histories = []
    for depth, (encoder, decoder) in enumerate(layers):
        for below, _ in layers[:depth]:
            below.requires_grad_(False)
        parameters = [weight for part in (encoder, decoder) for weight in part.parameters()]
        adam = torch.optim.Adam(parameters, lr=learning_rate)
        history = []
        for _ in range(epochs):
            total = 0.0
            for images, _ in batches:
                total += step(encoder, decoder, _through(layers, depth, images, cut=False), adam)
            history.append(total / len(batches))
        histories.append(tuple(history))
    return histories


@answers.right
def pretrain_with_a_stack_that_grows(layers, batches, epochs, learning_rate):
    below, histories = torch.nn.Sequential(torch.nn.Flatten()), []
    for encoder, decoder in layers:
        adam = torch.optim.Adam(torch.nn.ModuleList([encoder, decoder]).parameters(), lr=learning_rate)
        per_epoch = torch.zeros(epochs, dtype=torch.float64)
        for epoch in range(epochs):
            for number, (images, _) in enumerate(batches, 1):
                with torch.no_grad():
                    rows = below(images)
                per_epoch[epoch] += (step(encoder, decoder, rows, adam) - per_epoch[epoch]) / number
        below.append(encoder)
        histories.append(per_epoch.tolist())
    return histories

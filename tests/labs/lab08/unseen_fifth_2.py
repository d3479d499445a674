"""Answers to 08.2 by students who know its text alone."""

import copy
import functools
import statistics

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("08.2", "check_pretrain")


def step(encoder, decoder, rows, optimizer):
    """Take one step, as in exercise 08.1."""
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


@torch.no_grad()
def up(layers, images):
    rows = images.flatten(1)
    for encoder, _ in layers:
        rows = encoder(rows)
    return rows


def adam(encoder, decoder, learning_rate):
    return torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)


# (a) what students commonly do


@answers.wrong("fresh-optimizer", "a new Adam for each epoch: shows from the second epoch on")
def adam_each_epoch(layers, batches, epochs, learning_rate):
    histories = []
    for k, (encoder, decoder) in enumerate(layers):
        history = []
        for _ in range(epochs):
            optimizer = adam(encoder, decoder, learning_rate)
            losses = [step(encoder, decoder, up(layers[:k], images), optimizer) for images, _ in batches]
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong(
    "interleaved",
    "epochs outside, layers inside: a layer is not finished when the next begins, shows for two epochs or more",
)
def epochs_outside(layers, batches, epochs, learning_rate):
    optimizers = [adam(encoder, decoder, learning_rate) for encoder, decoder in layers]
    histories = [[] for _ in layers]
    for _ in range(epochs):
        for k, (encoder, decoder) in enumerate(layers):
            losses = [step(encoder, decoder, up(layers[:k], images), optimizers[k]) for images, _ in batches]
            histories[k].append(sum(losses) / len(losses))
    return histories


@answers.wrong("moved", "the optimizer holds the encoders below as well and nothing is cut off: they go on moving")
def below_trains_too(layers, batches, epochs, learning_rate):
    histories = []
    for k, (encoder, decoder) in enumerate(layers):
        parameters = [p for below, _ in layers[: k + 1] for p in below.parameters()]
        optimizer = torch.optim.Adam([*parameters, *decoder.parameters()], lr=learning_rate)
        history = []
        for _ in range(epochs):
            losses = []
            for images, _labels in batches:
                rows = images.flatten(1)
                for below, _ in layers[:k]:
                    rows = below(rows)
                optimizer.zero_grad()
                loss = F.mse_loss(decoder(encoder(rows)), rows)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong("last-step", "the loss of an epoch is that of its last step, not the mean")
def last_step_only(layers, batches, epochs, learning_rate):
    histories = []
    for k, (encoder, decoder) in enumerate(layers):
        optimizer = adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            for images, _labels in batches:
                loss = step(encoder, decoder, up(layers[:k], images), optimizer)
            history.append(loss)
        histories.append(history)
    return histories


# (b) right in the usual case


@answers.wrong("weighted", "weighs each step by its images: shows where the last batch is smaller")
def weighed_by_images(layers, batches, epochs, learning_rate):
    histories = []
    for k, (encoder, decoder) in enumerate(layers):
        optimizer = adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            total, seen = 0.0, 0
            for images, _labels in batches:
                total += len(images) * step(encoder, decoder, up(layers[:k], images), optimizer)
                seen += len(images)
            history.append(total / seen)
        histories.append(history)
    return histories


@answers.wrong("learning-rate", "a rate of 0.001, the lab's, whatever learning_rate says")
def the_labs_rate(layers, batches, epochs, learning_rate):
    histories = []
    for k, (encoder, decoder) in enumerate(layers):
        optimizer = adam(encoder, decoder, 0.001)
        history = []
        for _ in range(epochs):
            losses = [step(encoder, decoder, up(layers[:k], images), optimizer) for images, _ in batches]
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong(
    "weights", "a ReLU of its own behind every encoder below: shows where an encoder has none or another function"
)
def relu_behind_everything(layers, batches, epochs, learning_rate):
    histories = []
    for k, (encoder, decoder) in enumerate(layers):
        optimizer = adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = []
            for images, _labels in batches:
                with torch.no_grad():
                    rows = images.flatten(1)
                    for below, _ in layers[:k]:
                        rows = below(rows).relu()
                losses.append(step(encoder, decoder, rows, optimizer))
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


# (c) promises broken


@answers.wrong(
    "moved", "one Adam for all layers, and gradients of zero: the moments go on moving the finished encoders"
)
def one_adam(layers, batches, epochs, learning_rate):
    everything = [p for layer in layers for part in layer for p in part.parameters()]
    optimizer = torch.optim.Adam(everything, lr=learning_rate)
    histories = []
    for k, (encoder, decoder) in enumerate(layers):
        history = []
        for _ in range(epochs):
            losses = []
            for images, _labels in batches:
                rows = up(layers[:k], images)
                optimizer.zero_grad(set_to_none=False)
                loss = F.mse_loss(decoder(encoder(rows)), rows)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong(
    "gradients-below",
    "no no_grad and a target out of the graph: the encoders below stay, yet gradients are computed for them",
)
def gradients_below(layers, batches, epochs, learning_rate):
    histories = []
    for k, (encoder, decoder) in enumerate(layers):
        optimizer = adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = []
            for images, _labels in batches:
                rows = images.flatten(1)
                for below, _ in layers[:k]:
                    rows = below(rows)
                optimizer.zero_grad()
                loss = F.mse_loss(decoder(encoder(rows)), rows.detach())
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong("changes-list", "takes the layers out of the caller's list, which is empty at the end")
def empties_the_list(layers, batches, epochs, learning_rate):
    done, histories = [], []
    while layers:
        encoder, decoder = layers.pop(0)
        optimizer = adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = [step(encoder, decoder, up(done, images), optimizer) for images, _ in batches]
            history.append(sum(losses) / len(losses))
        done.append((encoder, decoder))
        histories.append(history)
    return histories


_optimizers = {}


@answers.wrong("untrained", "keeps the optimizer of a layer's number for the next call: a second stack is not trained")
def optimizers_kept(layers, batches, epochs, learning_rate):
    histories = []
    for k, (encoder, decoder) in enumerate(layers):
        if k not in _optimizers:
            _optimizers[k] = adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = [step(encoder, decoder, up(layers[:k], images), _optimizers[k]) for images, _ in batches]
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


# right


@answers.right
def by_recursion(layers, batches, epochs, learning_rate):
    def from_layer(k):
        if k == len(layers):
            return []
        encoder, decoder = layers[k]
        optimizer = torch.optim.Adam(
            [{"params": list(encoder.parameters())}, {"params": list(decoder.parameters())}], lr=learning_rate
        )

        def epoch():
            def losses():
                for images, _ in batches:
                    with torch.no_grad():
                        given = functools.reduce(lambda rows, pair: pair[0](rows), layers[:k], torch.flatten(images, 1))
                    yield step(encoder, decoder, given, optimizer)

            return statistics.fmean(losses())

        own = [epoch() for _ in range(epochs)]
        return [own, *from_layer(k + 1)]

    return from_layer(0)


@answers.right
def frozen_copies_below(layers, batches, epochs, learning_rate):
    below, histories = nn.Sequential(nn.Flatten()), []
    for encoder, decoder in layers:
        both = nn.ModuleDict({"up": encoder, "down": decoder})
        optimizer = torch.optim.Adam(both.parameters(), lr=learning_rate)
        history = []
        while len(history) < epochs:
            count, mean = 0, 0.0
            for batch in batches:
                rows = below(batch[0])
                count += 1
                mean += (step(both["up"], both["down"], rows, optimizer) - mean) / count
            history.append(mean)
        below.append(copy.deepcopy(encoder).requires_grad_(False))
        histories.append(history)
    return histories


class Floor:
    def __init__(self, number, layers, learning_rate):
        self.below = [encoder for encoder, _ in layers[:number]]
        self.encoder, self.decoder = layers[number]
        parameters = list(self.encoder.parameters()) + list(self.decoder.parameters())
        self.optimizer = torch.optim.Adam(parameters, lr=learning_rate)

    def rows(self, images):
        rows = images.reshape(images.shape[0], -1)
        for encoder in self.below:
            constants = {name: value.detach() for name, value in encoder.state_dict().items()}
            rows = torch.func.functional_call(encoder, constants, (rows,))
        return rows.detach()

    def epoch(self, batches):
        losses = torch.tensor(
            [step(self.encoder, self.decoder, self.rows(images), self.optimizer) for images, _ in batches],
            dtype=torch.float64,
        )
        return losses.mean().item()


@answers.right
def floors(layers, batches, epochs, learning_rate):
    result = {}
    for number in range(len(layers)):
        floor = Floor(number, layers, learning_rate)
        result[number] = [floor.epoch(batches) for _ in range(epochs)]
    return list(result.values())

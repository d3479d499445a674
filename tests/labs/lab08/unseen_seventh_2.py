"""Answers to 08.2 by students who know its text alone."""

import copy
import functools
import statistics

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("08.2", "check_pretrain")


def reconstruction_step(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


def _adam(encoder, decoder, learning_rate):
    return torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)


@torch.no_grad()
def _below(layers, number, images):
    rows = images.flatten(1)
    for encoder, _ in layers[:number]:
        rows = encoder(rows)
    return rows


# ---------------------------------------------------------------- wrong


@answers.wrong("?", "epochs outside, layers inside: a layer is not finished before the next one begins")
def all_layers_at_once(layers, batches, epochs, learning_rate):
    optimizers = [_adam(*layer, learning_rate) for layer in layers]
    histories = [[] for _ in layers]
    for _ in range(epochs):
        for number, (encoder, decoder) in enumerate(layers):
            losses = [
                reconstruction_step(encoder, decoder, _below(layers, number, images), optimizers[number])
                for images, _ in batches
            ]
            histories[number].append(sum(losses) / len(losses))
    return histories


@answers.wrong("?", "a new Adam for every epoch has forgotten its moments: shows from the second epoch on")
def new_adam_every_epoch(layers, batches, epochs, learning_rate):
    histories = []
    for number, (encoder, decoder) in enumerate(layers):
        history = []
        for _ in range(epochs):
            adam = _adam(encoder, decoder, learning_rate)
            losses = [
                reconstruction_step(encoder, decoder, _below(layers, number, images), adam) for images, _ in batches
            ]
            history.append(statistics.fmean(losses))
        histories.append(history)
    return histories


@answers.wrong("?", "the rows come up through the encoders with a graph: those below get gradients")
def graph_through_the_encoders(layers, batches, epochs, learning_rate):
    histories = []
    for number, (encoder, decoder) in enumerate(layers):
        adam = _adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                rows = images.flatten(1)
                for below, _ in layers[:number]:
                    rows = below(rows)
                losses.append(reconstruction_step(encoder, decoder, rows, adam))
            history.append(statistics.fmean(losses))
        histories.append(history)
    return histories


@answers.wrong(
    "?", "one Adam for all layers: the encoders below keep their momentum and their zero gradients move them"
)
def one_optimizer_for_all(layers, batches, epochs, learning_rate):
    adam = torch.optim.Adam([p for layer in layers for part in layer for p in part.parameters()], lr=learning_rate)
    histories = []
    for number, (encoder, decoder) in enumerate(layers):
        history = []
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                rows = _below(layers, number, images)
                adam.zero_grad(set_to_none=False)
                loss = F.mse_loss(decoder(encoder(rows)), rows)
                loss.backward()
                adam.step()
                losses.append(loss.item())
            history.append(statistics.fmean(losses))
        histories.append(history)
    return histories


@answers.wrong("?", "weights each step's loss by its images: a smaller last batch counts less than once")
def weighted_by_images(layers, batches, epochs, learning_rate):
    histories = []
    for number, (encoder, decoder) in enumerate(layers):
        adam = _adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            total = seen = 0
            for images, _ in batches:
                rows = _below(layers, number, images)
                total += len(rows) * reconstruction_step(encoder, decoder, rows, adam)
                seen += len(rows)
            history.append(total / seen)
        histories.append(history)
    return histories


@answers.wrong("?", "the loss of an epoch's last step in place of the mean over its steps")
def last_step_only(layers, batches, epochs, learning_rate):
    histories = []
    for number, (encoder, decoder) in enumerate(layers):
        adam = _adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            for images, _ in batches:
                loss = reconstruction_step(encoder, decoder, _below(layers, number, images), adam)
            history.append(loss)
        histories.append(history)
    return histories


@answers.wrong("?", "learning_rate is never read: Adam's usual 0.001 for any other rate")
def rate_not_read(layers, batches, epochs, learning_rate):
    histories = []
    for number, (encoder, decoder) in enumerate(layers):
        adam = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()])
        history = []
        for _ in range(epochs):
            losses = [
                reconstruction_step(encoder, decoder, _below(layers, number, images), adam) for images, _ in batches
            ]
            history.append(statistics.fmean(losses))
        histories.append(history)
    return histories


@answers.wrong("?", "the inputs come from copies of the encoders made before any training, not from the trained ones")
def untrained_encoders_below(layers, batches, epochs, learning_rate):
    first = copy.deepcopy(layers)
    histories = []
    for number, (encoder, decoder) in enumerate(layers):
        adam = _adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = [
                reconstruction_step(encoder, decoder, _below(first, number, images), adam) for images, _ in batches
            ]
            history.append(statistics.fmean(losses))
        histories.append(history)
    return histories


@answers.wrong("?", "lists that are one and the same: [[]] * n gives every layer all losses; shows for two layers")
def shared_histories(layers, batches, epochs, learning_rate):
    histories = [[]] * len(layers)
    for number, (encoder, decoder) in enumerate(layers):
        adam = _adam(encoder, decoder, learning_rate)
        for _ in range(epochs):
            losses = [
                reconstruction_step(encoder, decoder, _below(layers, number, images), adam) for images, _ in batches
            ]
            histories[number].append(statistics.fmean(losses))
    return histories


@answers.wrong("?", "takes the layers out of the given list, and the list has to stay as it is")
def list_eaten_up(layers, batches, epochs, learning_rate):
    histories, done = [], []
    while layers:
        encoder, decoder = layers.pop(0)
        adam = _adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = [
                reconstruction_step(encoder, decoder, _below(done, len(done), images), adam) for images, _ in batches
            ]
            history.append(statistics.fmean(losses))
        histories.append(history)
        done.append((encoder, decoder))
    return histories


@answers.wrong("?", "leaves torch's gradients switched off when it returns: the fine-tuning after it cannot do a step")
def grad_mode_left_off(layers, batches, epochs, learning_rate):
    histories = []
    for number, (encoder, decoder) in enumerate(layers):
        adam = _adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                torch.set_grad_enabled(False)
                rows = _below(layers, number, images)
                torch.set_grad_enabled(True)
                losses.append(reconstruction_step(encoder, decoder, rows, adam))
            history.append(statistics.fmean(losses))
        histories.append(history)
    torch.set_grad_enabled(False)
    return histories


@answers.wrong("?", "reads the batches once and keeps them: batches that are shuffled anew for each pass are not")
def one_pass_remembered(layers, batches, epochs, learning_rate):
    kept = list(batches)
    histories = []
    for number, (encoder, decoder) in enumerate(layers):
        adam = _adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = [reconstruction_step(encoder, decoder, _below(layers, number, images), adam) for images, _ in kept]
            history.append(statistics.fmean(losses))
        histories.append(history)
    return histories


@answers.wrong(
    "?", "only the encoder just below is used: from the third layer on the widths do not fit, or the input is wrong"
)
def only_the_one_below(layers, batches, epochs, learning_rate):
    histories = []
    for number, (encoder, decoder) in enumerate(layers):
        adam = _adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                rows = _below(layers[max(0, number - 1) : number], 1, images)
                losses.append(reconstruction_step(encoder, decoder, rows, adam))
            history.append(statistics.fmean(losses))
        histories.append(history)
    return histories


@answers.wrong(
    "?", "stops a layer as soon as its loss rises: fewer epochs and losses than asked for, e.g. at a high rate"
)
def stops_when_it_rises(layers, batches, epochs, learning_rate):
    histories = []
    for number, (encoder, decoder) in enumerate(layers):
        adam = _adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = [
                reconstruction_step(encoder, decoder, _below(layers, number, images), adam) for images, _ in batches
            ]
            history.append(statistics.fmean(losses))
            if len(history) > 1 and history[-1] > history[-2]:
                break
        histories.append(history)
    return histories


# ---------------------------------------------------------------- right


@answers.right
def with_a_sequential(layers, batches, epochs, learning_rate):
    result = []
    for depth in range(len(layers)):
        encoder, decoder = layers[depth]
        stack = nn.Sequential(nn.Flatten(), *[layer[0] for layer in layers[:depth]])
        both = nn.ModuleList([encoder, decoder])
        optimizer = torch.optim.Adam(both.parameters(), lr=learning_rate)
        of_layer = []
        for _ in range(epochs):
            total, steps = 0.0, 0
            for batch in batches:
                with torch.no_grad():
                    rows = stack(batch[0])
                total += reconstruction_step(encoder, decoder, rows, optimizer)
                steps += 1
            of_layer.append(total / steps)
        result.append(of_layer)
    return result


@answers.right
def recursively(layers, batches, epochs, learning_rate, below=()):
    if not len(layers) > len(below):
        return []
    encoder, decoder = layers[len(below)]
    adam = _adam(encoder, decoder, learning_rate)

    def steps():
        for images, _ in batches:
            with torch.no_grad():
                rows = functools.reduce(lambda x, f: f(x), below, images.flatten(start_dim=1))
            yield reconstruction_step(encoder, decoder, rows.detach(), adam)

    history = [statistics.mean(steps()) for _ in range(epochs)]
    return [history, *recursively(layers, batches, epochs, learning_rate, (*below, encoder))]


@answers.right
def frozen_copies_below(layers, batches, epochs, learning_rate):
    below, histories = [], []
    for encoder, decoder in layers:
        optimizer = torch.optim.Adam(
            [{"params": list(encoder.parameters())}, {"params": list(decoder.parameters())}],
            lr=learning_rate,
        )
        history = [[] for _ in range(epochs)]
        for losses in history:
            for images, _ in batches:
                rows = images.reshape(images.shape[0], -1).clone()
                for frozen in below:
                    rows = frozen(rows)
                losses.append(reconstruction_step(encoder, decoder, rows, optimizer))
        below.append(copy.deepcopy(encoder).requires_grad_(False))
        histories.append([sum(losses) / len(losses) for losses in history])
    return histories


class _Pretraining:
    def __init__(self, batches, epochs, learning_rate):
        self.batches, self.epochs, self.rate = batches, epochs, learning_rate
        self.below = []

    def rows(self, images):
        rows = torch.flatten(images, 1)
        for encoder in self.below:
            with torch.no_grad():
                rows = encoder(rows).detach()
        return rows

    def epoch(self, encoder, decoder, adam):
        losses = torch.tensor(
            [reconstruction_step(encoder, decoder, self.rows(images), adam) for images, _ in self.batches],
            dtype=torch.float64,
        )
        return losses.mean().item()

    def layer(self, encoder, decoder):
        adam = _adam(encoder, decoder, self.rate)
        history = [self.epoch(encoder, decoder, adam) for _ in range(self.epochs)]
        self.below.append(encoder)
        return history


@answers.right
def with_a_class(layers, batches, epochs, learning_rate):
    work = _Pretraining(batches, epochs, learning_rate)
    return [work.layer(*layer) for layer in layers]


@answers.right
def own_steps(layers, batches, epochs, learning_rate):
    histories = {}
    for number, (encoder, decoder) in enumerate(layers):
        weights = [*encoder.parameters(), *decoder.parameters()]
        adam = torch.optim.Adam(weights, learning_rate)
        for epoch in range(epochs):
            mean = 0.0
            for step, (images, _labels) in enumerate(batches, start=1):
                rows = _below(layers, number, images)
                loss = (decoder(encoder(rows)) - rows).square().mean()
                for weight, gradient in zip(weights, torch.autograd.grad(loss, weights)):
                    weight.grad = gradient
                adam.step()
                mean += (loss.item() - mean) / step
            histories.setdefault(number, []).append(mean)
    return [histories.get(number, []) for number in range(len(layers))]


@answers.right
def thawed_again(layers, batches, epochs, learning_rate):
    histories = []
    for number, (encoder, decoder) in enumerate(layers):
        below = [p for part, _ in layers[:number] for p in part.parameters()]
        before = [p.requires_grad for p in below]
        for p in below:
            p.requires_grad_(False)
        adam = _adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = []
            for images, *_ in batches:
                rows = images.flatten(1)
                for part, _ in layers[:number]:
                    rows = part(rows)
                losses += [reconstruction_step(encoder, decoder, rows, adam)]
            history += [statistics.fmean(losses)]
        for p, was in zip(below, before):
            p.requires_grad_(was)
        histories += [history]
    return histories

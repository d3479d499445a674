"""Answers to 08.2 by students who know its text alone."""

import copy
import functools
import statistics

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("08.2", "check_pretrain")


def _step(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


def _adam(encoder, decoder, learning_rate):
    return torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)


def _below(layers, depth, images):
    rows = images.flatten(1)
    with torch.no_grad():
        for encoder, _ in layers[:depth]:
            rows = encoder(rows)
    return rows


@answers.wrong("fresh-optimizer", "a new Adam for every epoch: the same after one epoch, other weights after two")
def adam_each_epoch(layers, batches, epochs, learning_rate):
    histories = []
    for depth, (encoder, decoder) in enumerate(layers):
        history = []
        for _ in range(epochs):
            adam = _adam(encoder, decoder, learning_rate)
            losses = [_step(encoder, decoder, _below(layers, depth, images), adam) for images, _ in batches]
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong("weighted", "the mean over images, not over steps: a smaller last batch counts less")
def mean_over_images(layers, batches, epochs, learning_rate):
    histories = []
    for depth, (encoder, decoder) in enumerate(layers):
        adam, history = _adam(encoder, decoder, learning_rate), []
        for _ in range(epochs):
            total = count = 0
            for images, _ in batches:
                total += len(images) * _step(encoder, decoder, _below(layers, depth, images), adam)
                count += len(images)
            history.append(total / count)
        histories.append(history)
    return histories


@answers.wrong(
    "last-step", "keeps the loss of an epoch's last step in place of the mean; wrong for more than one batch"
)
def last_loss(layers, batches, epochs, learning_rate):
    histories = []
    for depth, (encoder, decoder) in enumerate(layers):
        adam, history = _adam(encoder, decoder, learning_rate), []
        for _ in range(epochs):
            for images, _ in batches:
                loss = _step(encoder, decoder, _below(layers, depth, images), adam)
            history.append(loss)
        histories.append(history)
    return histories


@answers.wrong(
    "gradients-below",
    "the encoders below run with a graph: they do not move, but gradients are computed for them and pile up in .grad",
)
def graph_below(layers, batches, epochs, learning_rate):
    histories = []
    for depth, (encoder, decoder) in enumerate(layers):
        adam, history = _adam(encoder, decoder, learning_rate), []
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                rows = images.flatten(1)
                for below, _ in layers[:depth]:
                    rows = below(rows)
                losses.append(_step(encoder, decoder, rows, adam))
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong(
    "moved",
    "layer k's optimizer holds the encoders below too, and they run with a graph: from the second layer on they move",
)
def all_move(layers, batches, epochs, learning_rate):
    histories = []
    for depth, (_, decoder) in enumerate(layers):
        stack = nn.Sequential(*(part for part, _ in layers[: depth + 1]))
        adam, history = _adam(stack, decoder, learning_rate), []
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                rows = stack[:depth](images.flatten(1))
                adam.zero_grad()
                loss = F.mse_loss(decoder(stack[depth](rows)), rows.detach())
                loss.backward()
                adam.step()
                losses.append(loss.item())
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong("changes-list", "takes each layer out of the caller's list, which is empty afterwards")
def emptied(layers, batches, epochs, learning_rate):
    done, histories = [], []
    while layers:
        encoder, decoder = layers.pop(0)
        adam, history = _adam(encoder, decoder, learning_rate), []
        for _ in range(epochs):
            losses = [_step(encoder, decoder, _below(done, len(done), images), adam) for images, _ in batches]
            history.append(sum(losses) / len(losses))
        done.append((encoder, decoder))
        histories.append(history)
    return histories


@answers.wrong(
    "changes-input",
    "squeezes the batch's images in place: a data set that hands out the same tensors has (N, H, W) ones afterwards",
)
def squeezed(layers, batches, epochs, learning_rate):
    histories = []
    for depth, (encoder, decoder) in enumerate(layers):
        adam, history = _adam(encoder, decoder, learning_rate), []
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                if images.dim() == 4:
                    images.squeeze_(1)
                losses.append(_step(encoder, decoder, _below(layers, depth, images), adam))
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong(
    "interleaved",
    "the epoch is the outer loop: layer 2 begins on a layer 1 that is trained for one epoch only; right for one epoch",
)
def epochs_outside(layers, batches, epochs, learning_rate):
    adams = [_adam(encoder, decoder, learning_rate) for encoder, decoder in layers]
    histories = [[] for _ in layers]
    for _ in range(epochs):
        for depth, (encoder, decoder) in enumerate(layers):
            losses = [_step(encoder, decoder, _below(layers, depth, images), adams[depth]) for images, _ in batches]
            histories[depth].append(sum(losses) / len(losses))
    return histories


@answers.wrong(
    "raises", "one iterator for all epochs and layers: it is used up after the first epoch, then divides by zero steps"
)
def used_up(layers, batches, epochs, learning_rate):
    histories, supply = [], iter(batches)
    for depth, (encoder, decoder) in enumerate(layers):
        adam, history = _adam(encoder, decoder, learning_rate), []
        for _ in range(epochs):
            losses = [_step(encoder, decoder, _below(layers, depth, images), adam) for images, _ in supply]
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong("learning-rate", "learning_rate is never read: always Adam's 0.001")
def usual_rate(layers, batches, epochs, learning_rate):
    histories = []
    for depth, (encoder, decoder) in enumerate(layers):
        adam, history = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()]), []
        for _ in range(epochs):
            losses = [_step(encoder, decoder, _below(layers, depth, images), adam) for images, _ in batches]
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong(
    "raises",
    "inference_mode in place of no_grad: the second layer crashes, as inference tensors cannot be kept for backward",
)
def inference(layers, batches, epochs, learning_rate):
    histories = []
    for depth, (encoder, decoder) in enumerate(layers):
        adam, history = _adam(encoder, decoder, learning_rate), []
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                rows = images.flatten(1)
                with torch.inference_mode():
                    for below, _ in layers[:depth]:
                        rows = below(rows)
                losses.append(_step(encoder, decoder, rows, adam))
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong(
    "raises",
    "reshapes every batch to the size of the first: a smaller last batch has rows of another length, or crashes",
)
def first_size(layers, batches, epochs, learning_rate):
    histories, size = [], len(next(iter(batches))[0])
    for depth, (encoder, decoder) in enumerate(layers):
        adam, history = _adam(encoder, decoder, learning_rate), []
        for _ in range(epochs):
            losses = [
                _step(encoder, decoder, _below(layers, depth, images.reshape(size, -1)), adam) for images, _ in batches
            ]
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.right
def with_detach(layers, batches, epochs, learning_rate):
    # The encoders below run as one Sequential, and their output is cut off by detach.
    below, histories = [], []
    for encoder, decoder in layers:
        adam = torch.optim.Adam(nn.ModuleList([encoder, decoder]).parameters(), lr=learning_rate)
        stack, history = nn.Sequential(nn.Flatten(), *below), []
        for _ in range(epochs):
            total, steps = 0.0, 0
            for images, _labels in batches:
                total += _step(encoder, decoder, stack(images).detach(), adam)
                steps += 1
            history.append(total / steps)
        histories.append(history)
        below.append(encoder)
    return histories


class Greedy:
    # A class; the trained encoders are kept as frozen copies; the mean from the standard library.
    def __call__(self, layers, batches, epochs, learning_rate):
        self.below = []
        return [list(self.one(*layer, batches, epochs, learning_rate)) for layer in layers]

    @torch.no_grad()
    def rows(self, images):
        return functools.reduce(lambda rows, encoder: encoder(rows), self.below, images.flatten(start_dim=1))

    def one(self, encoder, decoder, batches, epochs, learning_rate):
        adam = _adam(encoder, decoder, learning_rate)
        for _ in range(epochs):
            yield statistics.fmean([_step(encoder, decoder, self.rows(images), adam) for images, _ in batches])
        self.below.append(copy.deepcopy(encoder).requires_grad_(False))


answers.right(Greedy())


@answers.right
def recursive(layers, batches, epochs, learning_rate, see=lambda images: images.reshape(len(images), -1)):
    # Recursion over the layers: each sees the images through a function of the ones below. Its own step, written out.
    if not layers:
        return []
    (encoder, decoder), *rest = layers
    adam = torch.optim.Adam([{"params": encoder.parameters()}, {"params": decoder.parameters()}], lr=learning_rate)
    history = []
    for _ in range(epochs):
        losses = []
        for images, _ in batches:
            with torch.no_grad():
                rows = see(images)
            adam.zero_grad()
            loss = (decoder(encoder(rows)) - rows).square().mean()
            loss.backward()
            adam.step()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return [history, *recursive(rest, batches, epochs, learning_rate, lambda images: encoder(see(images)))]

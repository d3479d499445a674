"""Answers to 08.2 by someone who looked for what its check may not ask."""

import copy
import statistics
from functools import reduce

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


def new_adam(encoder, decoder, learning_rate):
    return torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)


class Through:
    """Batches whose images have gone through an encoder."""

    def __init__(self, batches, encoder):
        self.batches, self.encoder = batches, encoder

    def __iter__(self):
        for images, labels in self.batches:
            with torch.no_grad():
                rows = self.encoder(images.flatten(1))
            yield rows, labels


@answers.right
def recursive(layers, batches, epochs, learning_rate):
    # Right: train the first layer, then pretrain the rest on batches that pass through it without a graph.
    if not layers:
        return []
    (encoder, decoder), *rest = layers
    adam = new_adam(encoder, decoder, learning_rate)
    history = []
    for _ in range(epochs):
        losses = [reconstruction_step(encoder, decoder, rows.flatten(1), adam) for rows, _ in batches]
        history.append(statistics.fmean(losses))
    return [history, *recursive(rest, Through(batches, encoder), epochs, learning_rate)]


@answers.right
def detached_sequence(layers, batches, epochs, learning_rate):
    # Right: the encoders below form one module, called under no_grad; indices in place of pairs, running sums in place
    # of lists of losses.
    histories = [[] for _ in layers]
    for index in range(len(layers)):
        encoder, decoder = layers[index]
        below = nn.Sequential(*(layers[k][0] for k in range(index)))
        adam = torch.optim.Adam(nn.ModuleList([encoder, decoder]).parameters(), learning_rate)
        while len(histories[index]) < epochs:
            total, steps = 0.0, 0
            for batch in batches:
                with torch.no_grad():
                    rows = below(torch.flatten(batch[0], start_dim=1))
                total, steps = total + reconstruction_step(encoder, decoder, rows, adam), steps + 1
            histories[index].append(total / steps)
    return histories


def up(below, images):
    with torch.no_grad():
        return reduce(lambda rows, encoder: encoder(rows), below, images.flatten(1))


@answers.wrong("weights", "AdamW in place of Adam: its weight decay shrinks the weights a little")
def adam_with_decay(layers, batches, epochs, learning_rate):
    histories, below = [], []
    for encoder, decoder in layers:
        adam = torch.optim.AdamW([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
        histories.append(
            [
                statistics.fmean(
                    reconstruction_step(encoder, decoder, up(below, images), adam) for images, _ in batches
                )
                for _ in range(epochs)
            ]
        )
        below.append(encoder)
    return histories


@answers.wrong(
    "moved",
    "one Adam for the whole stack, and gradients set to zero instead of None: its momentum moves the layers below",
)
def one_adam(layers, batches, epochs, learning_rate):
    every = [p for encoder, decoder in layers for p in (*encoder.parameters(), *decoder.parameters())]
    adam = torch.optim.Adam(every, lr=learning_rate)
    histories, below = [], []
    for encoder, decoder in layers:
        history = []
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                rows = up(below, images)
                adam.zero_grad(set_to_none=False)
                loss = F.mse_loss(decoder(encoder(rows)), rows)
                loss.backward()
                adam.step()
                losses.append(loss.item())
            history.append(sum(losses) / len(losses))
        histories.append(history)
        below.append(encoder)
    return histories


@answers.wrong("gradients-below", "gradients of the encoders below are computed and thrown away after each step")
def computed_and_cleared(layers, batches, epochs, learning_rate):
    histories, below = [], []
    for encoder, decoder in layers:
        adam = new_adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                rows = images.flatten(1)
                for lower in below:
                    rows = lower(rows)
                adam.zero_grad()
                loss = F.mse_loss(decoder(encoder(rows)), rows.detach())
                loss.backward()
                adam.step()
                for lower in below:
                    lower.zero_grad()
                losses.append(loss.item())
            history.append(sum(losses) / len(losses))
        histories.append(history)
        below.append(encoder)
    return histories


@answers.wrong("changes-input", "takes the channel axis off the caller's images in place")
def squeezes_images(layers, batches, epochs, learning_rate):
    histories, below = [], []
    for encoder, decoder in layers:
        adam = new_adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                if images.dim() == 4:
                    images.squeeze_(1)
                losses.append(reconstruction_step(encoder, decoder, up(below, images), adam))
            history.append(sum(losses) / len(losses))
        histories.append(history)
        below.append(encoder)
    return histories


@answers.wrong("weights", "a layer stops as soon as its loss rises: fewer epochs and a shorter list")
def stops_early(layers, batches, epochs, learning_rate):
    histories, below = [], []
    for encoder, decoder in layers:
        adam = new_adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = [reconstruction_step(encoder, decoder, up(below, images), adam) for images, _ in batches]
            history.append(sum(losses) / len(losses))
            if len(history) > 1 and history[-1] > history[-2]:
                break
        histories.append(history)
        below.append(encoder)
    return histories


@answers.wrong(
    "raises", "the encoders below are kept in a default argument: a second stack is trained on top of the first"
)
def default_argument(layers, batches, epochs, learning_rate, below=[]):
    histories = []
    for encoder, decoder in layers:
        adam = new_adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = [reconstruction_step(encoder, decoder, up(below, images), adam) for images, _ in batches]
            history.append(sum(losses) / len(losses))
        histories.append(history)
        below.append(encoder)
    return histories


@answers.wrong("weighted", "the mean of an epoch is over images, so a smaller last batch counts less")
def weighed_by_images(layers, batches, epochs, learning_rate):
    histories, below = [], []
    for encoder, decoder in layers:
        adam = new_adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            total = count = 0
            for images, _ in batches:
                total += len(images) * reconstruction_step(encoder, decoder, up(below, images), adam)
                count += len(images)
            history.append(total / count)
        histories.append(history)
        below.append(encoder)
    return histories


@answers.wrong("hooks", "leaves a forward hook on every encoder, which keeps its last output alive")
def leaves_hooks(layers, batches, epochs, learning_rate):
    caught = {}
    histories, below = [], []
    for encoder, decoder in layers:
        adam = new_adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                rows = images.flatten(1)
                if below:
                    up(below, images)
                    rows = caught[below[-1]]
                losses.append(reconstruction_step(encoder, decoder, rows, adam))
            history.append(sum(losses) / len(losses))
        histories.append(history)
        encoder.register_forward_hook(lambda module, given, output: caught.__setitem__(module, output.detach()))
        below.append(encoder)
    return histories


@answers.wrong("weights", "goes back to the weights of the layer's best epoch, which need not be the last")
def best_epoch(layers, batches, epochs, learning_rate):
    histories, below = [], []
    for encoder, decoder in layers:
        adam = new_adam(encoder, decoder, learning_rate)
        both = nn.ModuleList([encoder, decoder])
        history, best = [], None
        for _ in range(epochs):
            losses = [reconstruction_step(encoder, decoder, up(below, images), adam) for images, _ in batches]
            history.append(sum(losses) / len(losses))
            if history[-1] == min(history):
                best = copy.deepcopy(both.state_dict())
        if best is not None:
            both.load_state_dict(best)
        histories.append(history)
        below.append(encoder)
    return histories


@answers.wrong("leaves-behind", "sets torch's seed before each layer: the program's random numbers start over")
def seeds_each_layer(layers, batches, epochs, learning_rate):
    histories, below = [], []
    for encoder, decoder in layers:
        torch.manual_seed(0)
        adam = new_adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = [reconstruction_step(encoder, decoder, up(below, images), adam) for images, _ in batches]
            history.append(sum(losses) / len(losses))
        histories.append(history)
        below.append(encoder)
    return histories


@answers.wrong("changes-list", "consumes the caller's list of layers")
def pops_layers(layers, batches, epochs, learning_rate):
    histories, below = [], []
    while layers:
        encoder, decoder = layers.pop(0)
        adam = new_adam(encoder, decoder, learning_rate)
        history = []
        for _ in range(epochs):
            losses = [reconstruction_step(encoder, decoder, up(below, images), adam) for images, _ in batches]
            history.append(sum(losses) / len(losses))
        histories.append(history)
        below.append(encoder)
    return histories

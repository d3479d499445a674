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


def _below(layers, images):
    with torch.no_grad():
        rows = images.flatten(1)
        for encoder, _ in layers:
            rows = encoder(rows)
    return rows


def _train(layers, number, batches, epochs, optimizer):
    history = []
    for _ in range(epochs):
        losses = [
            reconstruction_step(*layers[number], _below(layers[:number], images), optimizer) for images, _ in batches
        ]
        history.append(sum(losses) / len(losses))
    return history


@answers.wrong(
    "?", "the outer loop goes over the epochs: a layer learns on the output of encoders that are not trained yet"
)
def all_layers_in_turn(layers, batches, epochs, learning_rate):
    histories = [[] for _ in layers]
    optimizers = [_adam(*layer, learning_rate) for layer in layers]
    for _ in range(epochs):
        for k, optimizer in enumerate(optimizers):
            histories[k] += _train(layers, k, batches, 1, optimizer)
    return histories


@answers.wrong("?", "one Adam for all layers and gradients of zeros: its moments go on moving the encoders below")
def one_adam_for_all(layers, batches, epochs, learning_rate):
    adam = torch.optim.Adam([p for pair in layers for part in pair for p in part.parameters()], lr=learning_rate)
    histories = []
    for k, (encoder, decoder) in enumerate(layers):
        history = []
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                rows = _below(layers[:k], images)
                adam.zero_grad(set_to_none=False)
                loss = F.mse_loss(decoder(encoder(rows)), rows)
                loss.backward()
                adam.step()
                losses.append(loss.item())
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong(
    "?", "a new Adam in every epoch: it has forgotten its moments; each layer should have its own for all epochs"
)
def adam_of_an_epoch(layers, batches, epochs, learning_rate):
    histories = []
    for k, layer in enumerate(layers):
        history = []
        for _ in range(epochs):
            history += _train(layers, k, batches, 1, _adam(*layer, learning_rate))
        histories.append(history)
    return histories


@answers.wrong("?", "AdamW in place of Adam: it also shrinks the weights a little in every step")
def another_adam(layers, batches, epochs, learning_rate):
    histories = []
    for k, (encoder, decoder) in enumerate(layers):
        both = [*encoder.parameters(), *decoder.parameters()]
        histories.append(_train(layers, k, batches, epochs, torch.optim.AdamW(both, lr=learning_rate)))
    return histories


@answers.wrong("?", "learning_rate is not read: always 0.001, the number of the knobs cell")
def rate_of_the_knobs(layers, batches, epochs, learning_rate):
    return [_train(layers, k, batches, epochs, _adam(*layer, 1e-3)) for k, layer in enumerate(layers)]


@answers.wrong(
    "?", "step losses are weighted by the size of their batch: a smaller last batch should count once, as every step"
)
def weighted_by_size(layers, batches, epochs, learning_rate):
    histories = []
    for k, layer in enumerate(layers):
        adam, history = _adam(*layer, learning_rate), []
        for _ in range(epochs):
            total = number = 0
            for images, _ in batches:
                loss = reconstruction_step(*layer, _below(layers[:k], images), adam)
                total, number = total + loss * len(images), number + len(images)
            history.append(total / number)
        histories.append(history)
    return histories


@answers.wrong("?", "a batch smaller than the first is skipped, so a last one takes no step and does not count")
def last_batch_dropped(layers, batches, epochs, learning_rate):
    histories = []
    for k, layer in enumerate(layers):
        adam, history = _adam(*layer, learning_rate), []
        for _ in range(epochs):
            losses, size = [], 0
            for images, _ in batches:
                size = size or len(images)
                if len(images) == size:
                    losses.append(reconstruction_step(*layer, _below(layers[:k], images), adam))
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong("?", "the encoders below run with a graph: their parameters get gradients, though they do not move")
def graph_below(layers, batches, epochs, learning_rate):
    histories = []
    for k, layer in enumerate(layers):
        adam, history = _adam(*layer, learning_rate), []
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                rows = images.flatten(1)
                for encoder, _ in layers[:k]:
                    rows = encoder(rows)
                losses.append(reconstruction_step(*layer, rows, adam))
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong(
    "?", "a layer's input comes from copies of the encoders made before the training, so from untrained ones"
)
def untrained_below(layers, batches, epochs, learning_rate):
    before = [(copy.deepcopy(encoder), None) for encoder, _ in layers]
    histories = []
    for k, layer in enumerate(layers):
        adam, history = _adam(*layer, learning_rate), []
        for _ in range(epochs):
            losses = [reconstruction_step(*layer, _below(before[:k], images), adam) for images, _ in batches]
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong("?", "copies are trained and thrown away: the given layers, to be trained in place, are as they were")
def copies_trained(layers, batches, epochs, learning_rate):
    mine = copy.deepcopy(layers)
    return [_train(mine, k, batches, epochs, _adam(*layer, learning_rate)) for k, layer in enumerate(mine)]


@answers.wrong(
    "?", "finished layers are taken out of the caller's list, which is empty at the end; the list should stay"
)
def list_emptied(layers, batches, epochs, learning_rate):
    done, histories = [], []
    while layers:
        done.append(layers.pop(0))
        adam = _adam(*done[-1], learning_rate)
        histories.append(_train(done, len(done) - 1, batches, epochs, adam))
    return histories


@answers.wrong("?", "the images are centered in place: other images for the caller, and a loss of other values")
def images_in_place(layers, batches, epochs, learning_rate):
    histories = []
    for k, layer in enumerate(layers):
        adam, history = _adam(*layer, learning_rate), []
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                images -= images.mean()
                losses.append(reconstruction_step(*layer, _below(layers[:k], images), adam))
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong("?", "one and the same list for all layers: every entry holds the losses of all of them")
def one_list_for_all(layers, batches, epochs, learning_rate):
    histories = [[]] * len(layers)
    for k, layer in enumerate(layers):
        histories[k] += _train(layers, k, batches, epochs, _adam(*layer, learning_rate))
    return histories


@answers.wrong("?", "only the encoder is in the optimizer: the decoder keeps its first weights")
def decoder_forgotten(layers, batches, epochs, learning_rate):
    histories = []
    for k, (encoder, _) in enumerate(layers):
        adam = torch.optim.Adam(encoder.parameters(), lr=learning_rate)
        histories.append(_train(layers, k, batches, epochs, adam))
    return histories


@answers.wrong("?", "a layer stops early once an epoch's loss is no longer lower: fewer than epochs passes and losses")
def stops_early(layers, batches, epochs, learning_rate):
    histories = []
    for k, layer in enumerate(layers):
        adam, history = _adam(*layer, learning_rate), []
        for _ in range(epochs):
            history += _train(layers, k, batches, 1, adam)
            if len(history) > 1 and history[-1] >= history[-2]:
                break
        histories.append(history)
    return histories


@answers.wrong("?", "grad mode is switched off for the encoders below and stays off afterwards")
def grad_mode_left_off(layers, batches, epochs, learning_rate):
    histories = []
    for k, layer in enumerate(layers):
        adam, history = _adam(*layer, learning_rate), []
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                torch.set_grad_enabled(False)
                rows = _below(layers[:k], images)
                torch.set_grad_enabled(True)
                losses.append(reconstruction_step(*layer, rows, adam))
                torch.set_grad_enabled(False)
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong("?", "images are cut into rows of 64 values, as 8x8 pixels have: another size fails or mixes images")
def rows_of_64(layers, batches, epochs, learning_rate):
    histories = []
    for k, layer in enumerate(layers):
        adam, history = _adam(*layer, learning_rate), []
        for _ in range(epochs):
            losses = [
                reconstruction_step(*layer, _below(layers[:k], images.reshape(-1, 64)), adam) for images, _ in batches
            ]
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong("?", "the output of the layer below is caught by a forward hook that is never removed from its encoder")
def hooks_left(layers, batches, epochs, learning_rate):
    caught, histories = {}, []
    for k, layer in enumerate(layers):
        adam, history = _adam(*layer, learning_rate), []
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                rows = images.flatten(1)
                if k:
                    _below(layers[:k], images)
                    rows = caught[k - 1]
                losses.append(reconstruction_step(*layer, rows, adam))
            history.append(sum(losses) / len(losses))
        histories.append(history)
        layer[0].register_forward_hook(lambda module, given, out, k=k: caught.update({k: out.detach()}))
    return histories


@answers.wrong(
    "?", "no more than the five layers of the report are trained: a sixth keeps its weights and has no losses"
)
def five_layers(layers, batches, epochs, learning_rate):
    return [_train(layers, k, batches, epochs, _adam(*layer, learning_rate)) for k, layer in enumerate(layers[:5])]


@answers.wrong("?", "the rate is halved after each epoch; the text has one learning rate for all passes")
def rate_halved(layers, batches, epochs, learning_rate):
    histories = []
    for k, layer in enumerate(layers):
        adam, history = _adam(*layer, learning_rate), []
        for _ in range(epochs):
            history += _train(layers, k, batches, 1, adam)
            adam.param_groups[0]["lr"] /= 2
        histories.append(history)
    return histories


@answers.right
def recursively(layers, batches, epochs, learning_rate, below=()):
    if len(below) == len(layers):
        return []
    encoder, decoder = layers[len(below)]
    adam = torch.optim.Adam(nn.ModuleList([encoder, decoder]).parameters(), lr=learning_rate)
    history = []
    for _ in range(epochs):
        steps = []
        for batch in batches:
            with torch.no_grad():
                rows = functools.reduce(lambda x, part: part(x), below, batch[0].flatten(1))
            steps.append(reconstruction_step(encoder, decoder, rows, adam))
        history.append(statistics.fmean(steps))
    return [history, *recursively(layers, batches, epochs, learning_rate, (*below, encoder))]


class _Greedy:
    def __init__(self, batches, learning_rate):
        self.batches, self.learning_rate = batches, learning_rate
        self.stack = nn.Sequential(nn.Flatten())

    @torch.no_grad()
    def rows(self, images):
        return self.stack(images)

    def grow(self, encoder, decoder, epochs):
        groups = [{"params": list(encoder.parameters())}, {"params": list(decoder.parameters())}]
        adam = torch.optim.Adam(groups, lr=self.learning_rate)
        history = []
        for _ in range(epochs):
            total = count = 0
            for images, _ in self.batches:
                total += reconstruction_step(encoder, decoder, self.rows(images), adam)
                count += 1
            history.append(total / count)
        self.stack.append(encoder)
        return history


@answers.right
def stack_that_grows(layers, batches, epochs, learning_rate):
    greedy = _Greedy(batches, learning_rate)
    return [greedy.grow(encoder, decoder, epochs) for encoder, decoder in layers]


@answers.right
def step_written_out(layers, batches, epochs, learning_rate):
    histories = []
    for depth in range(len(layers)):
        encoder, decoder = layers[depth]
        parameters = list(encoder.parameters()) + list(decoder.parameters())
        adam = torch.optim.Adam(params=parameters, lr=learning_rate)
        histories.append([])
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                rows = images.detach().clone().reshape(images.shape[0], -1)
                for below in range(depth):
                    with torch.no_grad():
                        rows = layers[below][0](rows)
                rows = rows.detach()
                loss = ((decoder(encoder(rows)) - rows) ** 2).mean()
                adam.zero_grad()
                loss.backward()
                adam.step()
                losses.append(loss.detach())
            histories[-1].append(torch.stack(losses).double().mean().item())
    return histories


@answers.right
def frozen_for_a_while(layers, batches, epochs, learning_rate):
    def rows_for(depth):
        for images, _ in batches:
            rows = torch.flatten(images, start_dim=1)
            for encoder, _ in layers[:depth]:
                rows = encoder(rows)
            yield rows

    histories, frozen = [], []
    for depth, (encoder, decoder) in enumerate(layers):
        adam = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], learning_rate)
        history = []
        while len(history) < epochs:
            losses = [reconstruction_step(encoder, decoder, rows, adam) for rows in rows_for(depth)]
            history.append(statistics.mean(losses))
        histories.append(history)
        for parameter in encoder.parameters():
            frozen.append((parameter, parameter.requires_grad))
            parameter.requires_grad_(False)
    for parameter, before in frozen:
        parameter.requires_grad_(before)
    return histories


@answers.right
def frozen_for_good(layers, batches, epochs, learning_rate):
    histories = []
    trained = []
    for encoder, decoder in layers:
        adam = _adam(encoder, decoder, learning_rate)
        history = [0.0] * epochs
        for epoch in range(epochs):
            steps = 0
            for images, _labels in batches:
                rows = images.view(len(images), -1) if images.is_contiguous() else images.flatten(1)
                for part in trained:
                    rows = part(rows)
                loss = reconstruction_step(encoder, decoder, rows, adam)
                steps += 1
                history[epoch] += (loss - history[epoch]) / steps
        histories.append(history)
        trained.append(encoder.requires_grad_(False))
    return histories


@answers.right
def generator_of_histories(layers, batches, epochs, learning_rate):
    layers = tuple(layers)

    def encoded(depth, images):
        if depth == 0:
            return images.flatten(start_dim=1)
        return layers[depth - 1][0](encoded(depth - 1, images))

    def histories():
        for depth, layer in enumerate(layers):
            optimizer = _adam(*layer, learning_rate)
            history = []
            for _ in range(epochs):
                losses = []
                for images, _ in batches:
                    with torch.no_grad():
                        rows = encoded(depth, images)
                    losses.append(reconstruction_step(*layer, rows, optimizer))
                history.append(sum(losses) / len(losses))
            yield history

    return list(histories())

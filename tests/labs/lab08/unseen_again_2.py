"""More answers to 08.2 by someone who knew the exercise and not its check."""

import copy

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("08.2", "check_pretrain")


def step(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


def adam_of(encoder, decoder, rate):
    return torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=rate)


@torch.no_grad()
def up(layers, images):
    rows = images.flatten(1)
    for encoder, _ in layers:
        rows = encoder(rows)
    return rows


# Recursion: the first layer, then the others on batches that have gone through it.
class Through:
    def __init__(self, batches, encoder):
        self.batches, self.encoder = batches, encoder

    def __iter__(self):
        for images, labels in self.batches:
            with torch.no_grad():
                rows = self.encoder(images.reshape(len(images), -1))
            yield rows, labels


@answers.right
def recursion(layers, batches, epochs, learning_rate):
    if not layers:
        return []
    (encoder, decoder), *others = layers
    optimizer = adam_of(encoder, decoder, learning_rate)
    history = []
    for _ in range(epochs):
        losses = [step(encoder, decoder, images.reshape(len(images), -1), optimizer) for images, _ in batches]
        history.append(sum(losses) / len(losses))
    return [history, *recursion(others, Through(batches, encoder), epochs, learning_rate)]


# nn.Sequential of detached encoders, two groups in the optimizer, running means.
@answers.right
def sequential(layers, batches, epochs, learning_rate):
    histories = [[0.0] * epochs for _ in layers]
    for depth, (encoder, decoder) in enumerate(layers):
        below = nn.Sequential(nn.Flatten(), *(done for done, _ in layers[:depth]))
        groups = [{"params": [*part.parameters()]} for part in (encoder, decoder)]
        optimizer = torch.optim.Adam(groups, learning_rate)
        for epoch in range(epochs):
            for number, (images, _) in enumerate(batches):
                with torch.no_grad():
                    rows = below(images)
                loss = step(encoder, decoder, rows, optimizer)
                histories[depth][epoch] += (loss - histories[depth][epoch]) / (number + 1)
    return histories


# Encoders below are frozen for a while and given back as they were; the step is written out.
@answers.right
def frozen_for_a_while(layers, batches, epochs, learning_rate):
    found = []
    for depth in range(len(layers)):
        below = [p for encoder, _ in layers[:depth] for p in encoder.parameters()]
        states = [p.requires_grad for p in below]
        for p in below:
            p.requires_grad = False
        encoder, decoder = layers[depth]
        optimizer, means = adam_of(encoder, decoder, learning_rate), []
        for _ in range(epochs):
            losses = []
            for batch in batches:
                rows = torch.flatten(batch[0], start_dim=1)
                for done, _ in layers[:depth]:
                    rows = done(rows).detach()
                optimizer.zero_grad()
                loss = (decoder(encoder(rows)) - rows).square().mean()
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
            means.append(torch.stack(losses).double().mean().item())
        for p, state in zip(below, states, strict=False):
            p.requires_grad = state
        found.append(means)
    return found


@answers.wrong(
    "interleaved", "all layers take turns at each batch: a layer learns from one below that is not finished yet"
)
def side_by_side(layers, batches, epochs, learning_rate):
    optimizers = [adam_of(*layer, learning_rate) for layer in layers]
    histories = [[] for _ in layers]
    for _ in range(epochs):
        losses = [[] for _ in layers]
        for images, _ in batches:
            for k, (layer, optimizer) in enumerate(zip(layers, optimizers, strict=False)):
                losses[k].append(step(*layer, up(layers[:k], images), optimizer))
        for k, own in enumerate(losses):
            histories[k].append(sum(own) / len(own))
    return histories


@answers.wrong("fresh-optimizer", "a new Adam in each epoch: right for one epoch only, then its moments are forgotten")
def adam_each_epoch(layers, batches, epochs, learning_rate):
    histories = []
    for k, layer in enumerate(layers):
        histories.append([])
        for _ in range(epochs):
            optimizer = adam_of(*layer, learning_rate)
            losses = [step(*layer, up(layers[:k], images), optimizer) for images, _ in batches]
            histories[-1].append(sum(losses) / len(losses))
    return histories


def with_graph(layers, images):
    rows = images.flatten(1)
    for encoder, _ in layers:
        rows = encoder(rows)
    return rows


@answers.wrong("moved", "the optimizer holds all encoders so far, and rows keep their graph: encoders below move")
def encoders_below_move(layers, batches, epochs, learning_rate):
    histories = []
    for k, (encoder, decoder) in enumerate(layers):
        parts = [*(done for done, _ in layers[: k + 1]), decoder]
        optimizer = torch.optim.Adam([p for part in parts for p in part.parameters()], lr=learning_rate)
        histories.append([])
        for _ in range(epochs):
            losses = [step(encoder, decoder, with_graph(layers[:k], images), optimizer) for images, _ in batches]
            histories[-1].append(sum(losses) / len(losses))
    return histories


@answers.wrong(
    "gradients-below", "no no_grad: encoders below keep their weights, but gradients are computed for them and pile up"
)
def gradients_below(layers, batches, epochs, learning_rate):
    histories = []
    for k, layer in enumerate(layers):
        optimizer = adam_of(*layer, learning_rate)
        histories.append([])
        for _ in range(epochs):
            losses = [step(*layer, with_graph(layers[:k], images), optimizer) for images, _ in batches]
            histories[-1].append(sum(losses) / len(losses))
    return histories


def greedy(mean=lambda losses, sizes: sum(losses) / len(losses), rate=None, keep=lambda images: True):
    """Return a pretrain with another mean, rate or choice of batches."""

    def pretrain(layers, batches, epochs, learning_rate):
        histories = []
        for k, layer in enumerate(layers):
            optimizer = adam_of(*layer, rate or learning_rate)
            histories.append([])
            for _ in range(epochs):
                losses, sizes = [], []
                for images, _ in batches:
                    if keep(images) is not False:
                        losses.append(step(*layer, up(layers[:k], images), optimizer))
                        sizes.append(len(images))
                histories[-1].append(mean(losses, sizes))
        return histories

    return pretrain


answers.wrong(
    "last-step", "the loss of an epoch is that of its last step, not the mean: right with one batch an epoch only"
)(greedy(mean=lambda losses, sizes: losses[-1]))
answers.wrong("weighted", "steps are weighted by their images: a smaller last batch counts less than once")(
    greedy(mean=lambda losses, sizes: sum(x * n for x, n in zip(losses, sizes, strict=False)) / sum(sizes))
)
answers.wrong("sum", "the sum of the step losses, not the mean: right with one batch an epoch only")(
    greedy(mean=lambda losses, sizes: sum(losses))
)
answers.wrong("learning-rate", "learning_rate is never read, always 0.001")(greedy(rate=0.001))


@answers.wrong("too-few-steps", "a batch smaller than the first is skipped: the last images are not trained on")
def smaller_batch_skipped(layers, batches, epochs, learning_rate):
    full = len(next(iter(batches))[0])
    return greedy(keep=lambda images: len(images) == full)(layers, batches, epochs, learning_rate)


@answers.wrong("changes-list", "layers are popped off the list: it is empty afterwards")
def emptied(layers, batches, epochs, learning_rate):
    histories, below = [], []
    while layers:
        layer = layers.pop(0)
        optimizer = adam_of(*layer, learning_rate)
        histories.append([])
        for _ in range(epochs):
            losses = [step(*layer, up(below, images), optimizer) for images, _ in batches]
            histories[-1].append(sum(losses) / len(losses))
        below.append(layer)
    return histories


@answers.wrong("untrained", "copies are trained: the layers that were given stay untrained")
def trains_copies(layers, batches, epochs, learning_rate):
    return greedy()(copy.deepcopy(layers), batches, epochs, learning_rate)


@answers.wrong(
    "untrained-below",
    "encoders below are taken as they were before training: a layer learns to give back an untrained code",
)
def untrained_below(layers, batches, epochs, learning_rate):
    before, histories = copy.deepcopy(layers), []
    for k, layer in enumerate(layers):
        optimizer = adam_of(*layer, learning_rate)
        histories.append([])
        for _ in range(epochs):
            losses = [step(*layer, up(before[:k], images), optimizer) for images, _ in batches]
            histories[-1].append(sum(losses) / len(losses))
    return histories


@answers.wrong(
    "raises", "iter(batches) is made once for each layer: the second epoch has no batches and divides by zero"
)
def one_pass(layers, batches, epochs, learning_rate):
    histories = []
    for k, layer in enumerate(layers):
        optimizer, passing = adam_of(*layer, learning_rate), iter(batches)
        histories.append([])
        for _ in range(epochs):
            losses = [step(*layer, up(layers[:k], images), optimizer) for images, _ in passing]
            histories[-1].append(sum(losses) / len(losses))
    return histories


@answers.wrong("losses", "a list for each epoch, not for each layer: right only in shape where both numbers are equal")
def lists_for_epochs(layers, batches, epochs, learning_rate):
    return [list(row) for row in zip(*greedy()(layers, batches, epochs, learning_rate), strict=False)]


def centred(images):
    images -= images.mean()


answers.wrong(
    "changes-input", "each batch is centred in place: the images of the caller change, and later layers see other ones"
)(greedy(keep=centred))


@answers.wrong("too-few-steps", "one epoch too few: range(1, epochs), and none at all for a single epoch")
def one_epoch_less(layers, batches, epochs, learning_rate):
    return greedy()(layers, batches, epochs - 1, learning_rate)


@answers.wrong("decoder-still", "only the encoder is in the optimizer: decoders keep their first weights")
def decoders_stay(layers, batches, epochs, learning_rate):
    histories = []
    for k, layer in enumerate(layers):
        optimizer = torch.optim.Adam(layer[0].parameters(), lr=learning_rate)
        histories.append([])
        for _ in range(epochs):
            losses = [step(*layer, up(layers[:k], images), optimizer) for images, _ in batches]
            histories[-1].append(sum(losses) / len(losses))
    return histories


@answers.wrong(
    "raises",
    "layer k gets what the decoder below gives back of its input, not the code: crashes unless sizes are equal",
)
def decoded_input(layers, batches, epochs, learning_rate):
    histories = []
    for k, layer in enumerate(layers):
        optimizer = adam_of(*layer, learning_rate)
        histories.append([])
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                rows = up(layers[:k], images)
                if k:
                    with torch.no_grad():
                        rows = layers[k - 1][1](rows)
                losses.append(step(*layer, rows, optimizer))
            histories[-1].append(sum(losses) / len(losses))
    return histories

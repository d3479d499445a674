"""Answers to 08.2 by someone who knew the exercise and not its check."""

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


def good(
    layers,
    batches,
    epochs,
    learning_rate,
    *,
    adam=torch.optim.Adam,
    rate=None,
    per_epoch=False,
    below_of=None,
    parts=None,
    look=lambda x: x,
    mean=None,
):
    histories = []
    for depth, (encoder, decoder) in enumerate(layers):
        below = below_of(layers, depth) if below_of else nn.Sequential(*(e for e, _ in layers[:depth]))
        held = parts(layers, depth) if parts else [*encoder.parameters(), *decoder.parameters()]
        optimizer = adam(held, lr=rate or learning_rate)
        history = []
        for _ in range(epochs):
            if per_epoch:
                optimizer = adam(held, lr=learning_rate)
            losses = []
            for images, _ in batches:
                with torch.no_grad():
                    rows = below(look(images).flatten(1))
                losses.append(step(encoder, decoder, rows, optimizer))
            history.append(mean(losses) if mean else sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong("device", "1: the images are moved to the CPU")
def to_cpu(*given):
    return good(*given, look=lambda x: x.cpu())


@answers.wrong("untrained", "2: three layers, a fourth is not trained")
def three(layers, batches, epochs, learning_rate):
    return good(layers[:3], batches, epochs, learning_rate)


@answers.wrong("raises", "2: 8x8 pixels")
def eight(layers, batches, epochs, learning_rate):
    return good(layers, batches, epochs, learning_rate, look=lambda x: x.reshape(-1, 1, 8, 8))


@answers.wrong("learning-rate", "2: a learning rate of 0.001")
def fixed_rate(layers, batches, epochs, learning_rate):
    return good(layers, batches, epochs, learning_rate, rate=1e-3)


@answers.wrong("raises", "2: two layers below at most")
def two_below(layers, batches, epochs, learning_rate):
    return good(
        layers, batches, epochs, learning_rate, below_of=lambda each, d: nn.Sequential(*(e for e, _ in each[:d][:2]))
    )


@answers.wrong("losses", "3: divided by the number of steps of the first epoch plus one")
def plus_one(layers, batches, epochs, learning_rate):
    return good(layers, batches, epochs, learning_rate, mean=lambda each: sum(each) / (len(each) + 1))


@answers.wrong("no-epochs", "3: no epochs still train one")
def at_least_one(layers, batches, epochs, learning_rate):
    return good(layers, batches, max(1, epochs), learning_rate)


@answers.wrong("weighted", "3: weighted by the batch sizes (the mean of the step losses was asked for)")
def weighted(layers, batches, epochs, learning_rate):
    sizes = [len(x) for x, _ in batches]
    return good(
        layers,
        batches,
        epochs,
        learning_rate,
        mean=lambda each: sum(a * b for a, b in zip(each, sizes, strict=False)) / sum(sizes),
    )


@answers.right
def stay_frozen(layers, batches, epochs, learning_rate):
    """Encoders stay frozen; 08.3 says that they may."""
    found = good(layers, batches, epochs, learning_rate)
    for encoder, _ in layers[:-1]:
        encoder.requires_grad_(False)
    return found


@answers.wrong("redrawn", "4: the layers' weights are drawn anew first")
def redrawn(layers, batches, epochs, learning_rate):
    for encoder, decoder in layers:
        encoder[0].reset_parameters()
        decoder[0].reset_parameters()
    return good(layers, batches, epochs, learning_rate)


@answers.wrong("changes-input", "4: images are scaled in place")
def in_place(layers, batches, epochs, learning_rate):
    return good(layers, batches, epochs, learning_rate, look=lambda x: x.clamp_(0, 1))


@answers.wrong("changes-list", "4: the list of layers is emptied")
def pops(layers, batches, epochs, learning_rate):
    found = good(layers, batches, epochs, learning_rate)
    if isinstance(layers, list):
        layers.clear()
    return found


@answers.wrong("leaves-behind", "4: grad mode off")
def grad_off(layers, batches, epochs, learning_rate):
    torch.set_grad_enabled(True)
    found = good(layers, batches, epochs, learning_rate)
    torch.set_grad_enabled(False)
    return found


@answers.wrong("leaves-behind", "4: seeds at the start")
def seeds(layers, batches, epochs, learning_rate):
    torch.manual_seed(0)
    return good(layers, batches, epochs, learning_rate)


@answers.wrong("weights", "6: SGD")
def sgd(layers, batches, epochs, learning_rate):
    return good(layers, batches, epochs, learning_rate, adam=torch.optim.SGD)


@answers.wrong("weights", "6: AdamW")
def adamw(layers, batches, epochs, learning_rate):
    return good(layers, batches, epochs, learning_rate, adam=torch.optim.AdamW)


@answers.wrong("fresh-optimizer", "6: a new Adam in each epoch")
def new_adam(layers, batches, epochs, learning_rate):
    return good(layers, batches, epochs, learning_rate, per_epoch=True)


@answers.wrong("decoder-still", "6: the decoder is not trained")
def no_decoder(layers, batches, epochs, learning_rate):
    return good(layers, batches, epochs, learning_rate, parts=lambda each, d: list(each[d][0].parameters()))


@answers.wrong("not-numbers", "6: one loss for each step")
def every_step(layers, batches, epochs, learning_rate):
    return good(layers, batches, epochs, learning_rate, mean=list)


@answers.wrong("last-step", "6: the last step's loss")
def last_step(layers, batches, epochs, learning_rate):
    return good(layers, batches, epochs, learning_rate, mean=lambda each: each[-1])


@answers.wrong("gradients-below", "6: gradients go into the encoders below")
def with_graph(layers, batches, epochs, learning_rate):
    histories = []
    for depth, (encoder, decoder) in enumerate(layers):
        below = nn.Sequential(*(e for e, _ in layers[:depth]))
        optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
        history = []
        for _ in range(epochs):
            losses = [step(encoder, decoder, below(images.flatten(1)), optimizer) for images, _ in batches]
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


@answers.wrong("interleaved", "6: all layers in each epoch, not one after the other")
def together(layers, batches, epochs, learning_rate):
    adams = [torch.optim.Adam([*e.parameters(), *d.parameters()], lr=learning_rate) for e, d in layers]
    found = [[] for _ in layers]
    for _ in range(epochs):
        for depth, (encoder, decoder) in enumerate(layers):
            losses = []
            for images, _ in batches:
                with torch.no_grad():
                    rows = nn.Sequential(*(e for e, _ in layers[:depth]))(images.flatten(1))
                losses.append(step(encoder, decoder, rows, adams[depth]))
            found[depth].append(sum(losses) / len(losses))
    return found


@answers.right
def loops(layers, batches, epochs, learning_rate):
    """A loop over the encoders below; detach; a tuple-free list of lists."""
    found = []
    trained = []
    for encoder, decoder in layers:
        adam = torch.optim.Adam(list(encoder.parameters()) + list(decoder.parameters()), lr=learning_rate)
        found.append([])
        for _ in range(epochs):
            total = count = 0
            for images, _ in batches:
                rows = images.reshape(len(images), -1)
                with torch.no_grad():
                    for below in trained:
                        rows = below(rows)
                adam.zero_grad()
                loss = (decoder(encoder(rows)) - rows).pow(2).mean()
                loss.backward()
                adam.step()
                total, count = total + loss.item(), count + 1
            found[-1].append(total / count)
        trained.append(encoder)
    return found


@answers.right
def frozen_meanwhile(layers, batches, epochs, learning_rate):
    """Encoders below are frozen, and thawed at the end; clears after the step."""
    flags = [[p.requires_grad for p in e.parameters()] for e, _ in layers]
    found = []
    for k, (encoder, decoder) in enumerate(layers):
        optimizer = torch.optim.Adam(
            [{"params": encoder.parameters()}, {"params": decoder.parameters()}], lr=learning_rate
        )
        history = torch.zeros(epochs, dtype=torch.float64)
        for epoch in range(epochs):
            losses = []
            for images, *_ in batches:
                rows = images.flatten(start_dim=1)
                for e, _ in layers[:k]:
                    rows = e(rows)
                losses.append(step(encoder, decoder, rows.detach(), optimizer))
                optimizer.zero_grad()
            history[epoch] = sum(losses) / len(losses)
        encoder.requires_grad_(False)
        found.append(history.tolist())
    for (e, _), flag in zip(layers, flags, strict=False):
        for p, f in zip(e.parameters(), flag, strict=False):
            p.requires_grad_(f)
    return found


@answers.right
def recursive(layers, batches, epochs, learning_rate):
    """A generator of codes for the next layer."""

    def codes(depth):
        for images, _ in batches:
            with torch.no_grad():
                x = images.flatten(1)
                for encoder, _ in layers[:depth]:
                    x = encoder(x)
            yield x

    def train(depth):
        encoder, decoder = layers[depth]
        adam = torch.optim.Adam(nn.ModuleList([encoder, decoder]).parameters(), lr=learning_rate)
        for _ in range(epochs):
            losses = [step(encoder, decoder, rows, adam) for rows in codes(depth)]
            yield sum(losses) / len(losses)

    return [list(train(depth)) for depth in range(len(layers))]


@answers.right
def tensors(layers, batches, epochs, learning_rate):
    """Means by torch; numbers at the end."""
    return good(
        layers, batches, epochs, learning_rate, mean=lambda each: torch.tensor(each, dtype=torch.float64).mean().item()
    )

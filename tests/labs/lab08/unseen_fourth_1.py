"""Answers to 08.1 by students who know its text alone."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("08.1", "check_layer")


def _layer(num_inputs, num_hidden, activation, last):
    encoder = nn.Sequential(nn.Linear(num_inputs, num_hidden), activation)
    return encoder, nn.Sequential(nn.Linear(num_hidden, num_inputs), last)


def _step(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


def always_relu(num_inputs, num_hidden, activation, last):
    encoder = nn.Sequential(nn.Linear(num_inputs, num_hidden), nn.ReLU())
    return encoder, nn.Sequential(nn.Linear(num_hidden, num_inputs), last)


answers.wrong("always-relu-code", "layer: activation is never read, a linear code (nn.Identity()) gets a ReLU")(
    always_relu, _step
)


class Tied(nn.Module):
    def __init__(self, linear, last):
        super().__init__()
        self.linear, self.last = (linear,), last
        self.bias = nn.Parameter(torch.zeros(linear.in_features))

    def forward(self, codes):
        return self.last(F.linear(codes, self.linear[0].weight.T, self.bias))


def tied(num_inputs, num_hidden, activation, last):
    linear = nn.Linear(num_inputs, num_hidden)
    return nn.Sequential(linear, activation), Tied(linear, last)


answers.wrong("decoder-weights", "layer: the decoder is the encoder's weight transposed, no linear layer of its own")(
    tied, _step
)


def mean_of_images(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = (decoder(encoder(rows)) - rows).pow(2).sum(1).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong("sum-over-values", "step: squares are summed over the values, so the loss is D times too large")(
    _layer, mean_of_images
)


def loss_after(encoder, decoder, rows, optimizer):
    _step(encoder, decoder, rows, optimizer)
    with torch.no_grad():
        return F.mse_loss(decoder(encoder(rows)), rows).item()


answers.wrong("after-step", "step: gives the loss after the step")(_layer, loss_after)


def cleared_afterwards(encoder, decoder, rows, optimizer):
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


answers.wrong(
    "weights", "step: clears gradients only at the end: those that lie there before the call go into its step"
)(_layer, cleared_afterwards)


def in_training_mode(encoder, decoder, rows, optimizer):
    encoder.train()
    decoder.train()
    return _step(encoder, decoder, rows, optimizer)


def thawed(encoder, decoder, rows, optimizer):
    for part in (encoder, decoder):
        part.requires_grad_(True)
    return _step(encoder, decoder, rows, optimizer)


answers.wrong(
    "touched-requires-grad",
    "step: thaws what is frozen: an encoder with requires_grad off moves and has it on afterwards",
)(_layer, thawed)


def rows_with_gradient(encoder, decoder, rows, optimizer):
    return _step(encoder, decoder, rows.requires_grad_(True), optimizer)


answers.wrong("changes-input", "step: the caller's rows require a gradient afterwards and have one")(
    _layer, rows_with_gradient
)


def flat_view(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)).view(-1), rows.view(-1))
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong("raises", "step: view(-1) on the rows crashes if they are not contiguous, such as a transposed table")(
    _layer, flat_view
)


def cpu_only(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    wanted = torch.from_numpy(rows.numpy().copy())
    loss = F.mse_loss(decoder(encoder(rows)), wanted)
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong("device", "step: .numpy() crashes for rows on a GPU")(_layer, cpu_only)


def clipped(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    nn.utils.clip_grad_norm_([*encoder.parameters(), *decoder.parameters()], 0.1)
    optimizer.step()
    return loss.item()


answers.wrong("weights", "step: cuts gradients to a norm of 0.1: another step wherever the gradient is longer")(
    _layer, clipped
)


def batch_of_fifty(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = (decoder(encoder(rows)) - rows).pow(2).sum() / (50 * rows.shape[1])
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong("loss", "step: divides by the lab's batch size of 50, too small a loss for a smaller last batch")(
    _layer, batch_of_fifty
)


# Modules of one's own, and the optimizer calls a closure, whose loss it returns.
class Half(nn.Module):
    def __init__(self, before, after, end):
        super().__init__()
        self.affine = nn.Linear(before, after)
        self.end = end

    def forward(self, rows):
        return self.end(self.affine(rows))


def layer_of_halves(num_inputs, num_hidden, activation, last):
    return Half(num_inputs, num_hidden, activation), Half(num_hidden, num_inputs, last)


def step_by_closure(encoder, decoder, rows, optimizer):
    def closure():
        optimizer.zero_grad()
        loss = nn.MSELoss()(decoder(encoder(rows)), rows)
        loss.backward()
        return loss

    return float(optimizer.step(closure))


answers.right(layer_of_halves, step_by_closure)


# Named parts; the mean square by hand; old gradients are dropped parameter by parameter.
def named_layer(num_inputs, num_hidden, activation, last):
    return tuple(
        nn.Sequential(OrderedDict(linear=nn.Linear(before, after), end=end))
        for before, after, end in ((num_inputs, num_hidden, activation), (num_hidden, num_inputs, last))
    )


def step_by_hand(encoder, decoder, rows, optimizer):
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None
    error = decoder(encoder(rows)) - rows
    loss = (error * error).sum() / error.numel()
    loss.backward()
    optimizer.step()
    return loss.detach().cpu().tolist()


answers.right(named_layer, step_by_hand)


# Linear layers that apply their last function themselves, in a list; the loss as the mean of the images' means.
class LinearWithEnd(nn.Linear):
    def __init__(self, before, after, end):
        super().__init__(before, after)
        self.end = end

    def forward(self, rows):
        return self.end(super().forward(rows))


def step_by_images(encoder, decoder, rows, optimizer):
    loss = F.mse_loss(nn.Sequential(encoder, decoder)(rows), rows, reduction="none").mean(1).mean()
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.item()


answers.right(
    lambda n, h, activation, last: [LinearWithEnd(n, h, activation), LinearWithEnd(h, n, last)], step_by_images
)

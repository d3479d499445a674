"""Answers to 08.1 by students who know its text alone."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("08.1", "check_layer")
import functools
import types


def autoencoder_layer(num_inputs, num_hidden, activation, last):
    encoder = nn.Sequential(nn.Linear(num_inputs, num_hidden), activation)
    decoder = nn.Sequential(nn.Linear(num_hidden, num_inputs), last)
    return encoder, decoder


def reconstruction_step(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


def _as(function, name):
    """The function under another name, so that a pair of answers can be told from the others."""
    return types.FunctionType(
        function.__code__, function.__globals__, name, function.__defaults__, function.__closure__
    )


def _wrong_layer(why):
    return lambda function: answers.wrong("?", why)(function, reconstruction_step)


def _wrong_step(why):
    return lambda function: answers.wrong("?", why)(_as(autoencoder_layer, function.__name__), function)


@_wrong_layer("a ReLU stands before the given activation: with nn.Identity() the code has no negative values")
def relu_in_between(num_inputs, num_hidden, activation, last):
    encoder = nn.Sequential(nn.Linear(num_inputs, num_hidden), nn.ReLU(), activation)
    return encoder, nn.Sequential(nn.Linear(num_hidden, num_inputs), last)


@_wrong_layer("the encoder has no bias: the lab counts before * after + after parameters")
def encoder_without_bias(num_inputs, num_hidden, activation, last):
    encoder = nn.Sequential(nn.Linear(num_inputs, num_hidden, bias=False), activation)
    return encoder, nn.Sequential(nn.Linear(num_hidden, num_inputs), last)


@_wrong_layer(
    "the decoder's weight is a view of the encoder's: a step moves the same numbers twice, and the two linear layers are one"
)
def tied_weights(num_inputs, num_hidden, activation, last):
    down, up = nn.Linear(num_inputs, num_hidden), nn.Linear(num_hidden, num_inputs)
    up.weight = nn.Parameter(down.weight.detach().t())
    return nn.Sequential(down, activation), nn.Sequential(up, last)


@_wrong_layer(
    "both functions at the end of the encoder and none at the decoder's end: what comes back is not held between 0 and 1"
)
def last_at_the_wrong_end(num_inputs, num_hidden, activation, last):
    encoder = nn.Sequential(nn.Linear(num_inputs, num_hidden), activation, last)
    return encoder, nn.Sequential(nn.Linear(num_hidden, num_inputs))


@_wrong_layer(
    "the given last is not read: the decoder always ends with a sigmoid, as in the example, and hidden values above 1 cannot come back"
)
def always_a_sigmoid(num_inputs, num_hidden, activation, last):
    encoder = nn.Sequential(nn.Linear(num_inputs, num_hidden), activation)
    return encoder, nn.Sequential(nn.Linear(num_hidden, num_inputs), nn.Sigmoid())


class _Unregistered(nn.Module):
    def __init__(self, *steps):
        super().__init__()
        self.steps = list(steps)

    def forward(self, rows):
        for step in self.steps:
            rows = step(rows)
        return rows


@_wrong_layer("the parts stand in a plain list: parameters() finds none of them, and an optimizer has nothing to train")
def not_registered(num_inputs, num_hidden, activation, last):
    encoder = _Unregistered(nn.Linear(num_inputs, num_hidden), activation)
    return encoder, _Unregistered(nn.Linear(num_hidden, num_inputs), last)


@functools.cache
def _two_linears(num_inputs, num_hidden):
    return nn.Linear(num_inputs, num_hidden), nn.Linear(num_hidden, num_inputs)


@_wrong_layer(
    "linear layers are remembered by their sizes: a second layer of the same sizes shares the weights of the first"
)
def remembered_layers(num_inputs, num_hidden, activation, last):
    down, up = _two_linears(num_inputs, num_hidden)
    return nn.Sequential(down, activation), nn.Sequential(up, last)


@_wrong_layer(
    "a dropout between code and decoder, which the text does not have: in training mode another value comes back every time"
)
def dropout_in_between(num_inputs, num_hidden, activation, last):
    encoder = nn.Sequential(nn.Linear(num_inputs, num_hidden), activation)
    decoder = nn.Sequential(nn.Dropout(0.1), nn.Linear(num_hidden, num_inputs), last)
    return encoder, decoder


@_wrong_step("old gradients are never cleared: the second step uses the sum of two gradients")
def never_cleared(encoder, decoder, rows, optimizer):
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


@_wrong_step("the loss after the step is returned, not the one before it")
def loss_after_the_step(encoder, decoder, rows, optimizer):
    reconstruction_step(encoder, decoder, rows, optimizer)
    with torch.no_grad():
        return F.mse_loss(decoder(encoder(rows)), rows).item()


@_wrong_step("squares are summed over the values and averaged over the images only: too large by the factor D")
def summed_over_values(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = (decoder(encoder(rows)) - rows).square().sum(1).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


@_wrong_step("the code is detached: only the decoder learns")
def only_the_decoder(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows).detach()), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


@_wrong_step("everything is thawed before the step: a weight with requires_grad off is trained")
def thawed(encoder, decoder, rows, optimizer):
    for parameter in [*encoder.parameters(), *decoder.parameters()]:
        parameter.requires_grad_(True)
    return reconstruction_step(encoder, decoder, rows, optimizer)


@_wrong_step(
    "every parameter gets a gradient of zeros at first, frozen ones too: weight decay or momentum then moves what is frozen"
)
def zeros_for_the_frozen(encoder, decoder, rows, optimizer):
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = torch.zeros_like(parameter)
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


@_wrong_step("gradients are clipped to the norm 1, which nobody asked for: large gradients make a smaller step")
def clipped(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    nn.utils.clip_grad_norm_([*encoder.parameters(), *decoder.parameters()], 1.0)
    optimizer.step()
    return loss.item()


@_wrong_step("rows are brought between 0 and 1 in place: hidden values above 1 are changed for the caller")
def rows_in_place(encoder, decoder, rows, optimizer):
    return reconstruction_step(encoder, decoder, rows.clamp_(0, 1), optimizer)


@_wrong_step("a plain gradient step with the optimizer's rate by hand: the optimizer, such as Adam, never steps")
def step_by_hand(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    with torch.no_grad():
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter -= group["lr"] * parameter.grad
    return loss.item()


@_wrong_step(
    "noise is added to what the encoder gets, as in a denoising autoencoder: another loss, and the random state moves"
)
def noisy_rows(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows + 0.01 * torch.randn_like(rows))), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


@_wrong_step("the loss comes as a tensor with its graph, not as a Python number")
def tensor_returned(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss


class _Part(nn.Module):
    def __init__(self, before, after, end):
        super().__init__()
        self.linear = nn.Linear(before, after)
        self.end = end

    def forward(self, rows):
        return self.end(self.linear(rows))


def layer_of_parts(num_inputs, num_hidden, activation, last):
    return _Part(num_inputs, num_hidden, activation), _Part(num_hidden, num_inputs, last)


def step_with_a_closure(encoder, decoder, rows, optimizer):
    def closure():
        optimizer.zero_grad()
        loss = (decoder(encoder(rows)) - rows).pow(2).mean()
        loss.backward()
        return loss

    return float(optimizer.step(closure).detach())


answers.right(layer_of_parts, step_with_a_closure)


def layer_of_named_parts(num_inputs, num_hidden, activation, last):
    encoder, decoder = nn.Sequential(), nn.Sequential()
    encoder.add_module("down", nn.Linear(num_inputs, num_hidden))
    encoder.add_module("bend", activation)
    decoder.add_module("up", nn.Linear(num_hidden, num_inputs))
    decoder.add_module("last", last)
    return encoder, decoder


def step_by_autograd(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    back = decoder(encoder(rows.clone()))
    loss = torch.sum((back - rows) ** 2) / rows.numel()
    wanted = [p for group in optimizer.param_groups for p in group["params"] if p.requires_grad]
    slopes = torch.autograd.grad(loss, wanted, allow_unused=True)
    for parameter, slope in zip(wanted, slopes):
        parameter.grad = slope
    optimizer.step()
    return loss.item()


answers.right(layer_of_named_parts, step_by_autograd)


def layer_in_dicts(num_inputs, num_hidden, activation, last):
    sizes = num_inputs, num_hidden
    return tuple(
        nn.Sequential(OrderedDict(linear=nn.Linear(*pair), end=end))
        for pair, end in ((sizes, activation), (sizes[::-1], last))
    )


def step_with_a_module(encoder, decoder, rows, optimizer):
    criterion = nn.MSELoss(reduction="mean")
    optimizer.zero_grad(set_to_none=True)
    loss = criterion(decoder(encoder(rows)), rows.detach())
    before = loss.item()
    loss.backward()
    optimizer.step()
    return before


answers.right(layer_in_dicts, step_with_a_module)


class _Chain(nn.Module):
    def __init__(self, modules):
        super().__init__()
        self.chain = nn.ModuleList(modules)

    def forward(self, rows):
        return functools.reduce(lambda values, module: module(values), self.chain, rows)


def layer_of_chains(num_inputs, num_hidden, activation, last):
    return [
        _Chain([nn.Linear(num_inputs, num_hidden), activation]),
        _Chain([nn.Linear(num_hidden, num_inputs), last]),
    ]


def step_in_a_graph_of_its_own(encoder, decoder, rows, optimizer):
    with torch.enable_grad():
        optimizer.zero_grad()
        images = rows.detach()
        apart = (decoder(encoder(images)) - images).flatten()
        loss = torch.dot(apart, apart) / apart.numel()
        torch.autograd.backward(loss)
    optimizer.step()
    return loss.detach().cpu().tolist()


answers.right(layer_of_chains, step_in_a_graph_of_its_own)


class _Encoder(nn.Linear):
    def __init__(self, before, after, end):
        super().__init__(before, after)
        self.end = end

    def forward(self, rows):
        return self.end(super().forward(rows))


def layer_that_inherits(num_inputs, num_hidden, activation, last):
    return _Encoder(num_inputs, num_hidden, activation), _Encoder(num_hidden, num_inputs, last)


def step_value_by_value(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    back = decoder(encoder(rows))
    losses = [F.mse_loss(one, truth) for one, truth in zip(back, rows)]
    loss = torch.stack(losses).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


answers.right(layer_that_inherits, step_value_by_value)


def layer_by_a_lambda(num_inputs, num_hidden, activation, last):
    def part(before, after, end):
        return nn.Sequential(nn.Sequential(nn.Linear(before, after)), nn.Sequential(end))

    return part(num_inputs, num_hidden, activation), part(num_hidden, num_inputs, last)


def step_that_clears_each_gradient(encoder, decoder, rows, optimizer):
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None
    both = nn.Sequential(encoder, decoder)
    loss = torch.nn.functional.mse_loss(input=both(rows), target=rows, reduction="sum")
    loss = loss / (rows.shape[0] * rows.shape[1])
    loss.backward()
    optimizer.step()
    return float(loss.item())


answers.right(layer_by_a_lambda, step_that_clears_each_gradient)

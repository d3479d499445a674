"""Right and wrong answers to exercise 08.1: one autoencoder layer and its training step."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from labs.lab08.shared import step
from torch import nn


def layer(num_inputs, num_hidden, activation, last):
    return (
        nn.Sequential(nn.Linear(num_inputs, num_hidden), activation),
        nn.Sequential(nn.Linear(num_hidden, num_inputs), last),
    )


def as_step(answer):
    return layer, answer


answers = Answers("08.1", "check_layer", place=lambda answer: (answer, step))


@answers.wrong("no-activation")
def encoder_without_activation(num_inputs, num_hidden, activation, last):
    return nn.Linear(num_inputs, num_hidden), nn.Sequential(nn.Linear(num_hidden, num_inputs), last)


@answers.wrong("always-relu-code")
def relu_behind_every_encoder(num_inputs, num_hidden, activation, last):
    return layer(num_inputs, num_hidden, nn.ReLU(), last)


@answers.wrong("always-relu-code")
def relu_before_the_activation(num_inputs, num_hidden, activation, last):
    encoder, decoder = layer(num_inputs, num_hidden, activation, last)
    return nn.Sequential(encoder[0], nn.ReLU(), activation), decoder


@answers.wrong("sigmoid-code")
def activation_and_last_exchanged(num_inputs, num_hidden, activation, last):
    return layer(num_inputs, num_hidden, last, activation)


@answers.wrong("sigmoid-code")
def sigmoid_code(num_inputs, num_hidden, activation, last):
    encoder, decoder = layer(num_inputs, num_hidden, activation, last)
    return nn.Sequential(encoder[0], nn.Sigmoid()), decoder


@answers.wrong("no-last")
def decoder_without_last(num_inputs, num_hidden, activation, last):
    return nn.Sequential(nn.Linear(num_inputs, num_hidden), nn.ReLU()), nn.Linear(num_hidden, num_inputs)


@answers.wrong("always-sigmoid")
def sigmoid_always(num_inputs, num_hidden, activation, last):
    return layer(num_inputs, num_hidden, activation, nn.Sigmoid())


@answers.wrong("always-relu")
def relu_always(num_inputs, num_hidden, activation, last):
    return layer(num_inputs, num_hidden, activation, nn.ReLU())


@answers.wrong("relu-and-last")
def relu_before_last(num_inputs, num_hidden, activation, last):
    encoder, decoder = layer(num_inputs, num_hidden, activation, last)
    return encoder, nn.Sequential(decoder[0], nn.ReLU(), last)


@answers.wrong("decoder-weights")
def decoder_the_same_way(num_inputs, num_hidden, activation, last):
    return (
        nn.Sequential(nn.Linear(num_inputs, num_hidden), activation),
        nn.Sequential(nn.Linear(num_inputs, num_hidden), last),
    )


@answers.wrong("encoder-weights")
def encoder_without_bias(num_inputs, num_hidden, activation, last):
    _, decoder = layer(num_inputs, num_hidden, activation, last)
    return nn.Sequential(nn.Linear(num_inputs, num_hidden, bias=False), activation), decoder


class _Tied(nn.Module):
    def __init__(self, linear, last):
        super().__init__()
        self.weight, self.bias, self.last = linear.weight, nn.Parameter(torch.zeros(linear.in_features)), last

    def forward(self, code):
        return self.last(code @ self.weight + self.bias)


@answers.wrong("tied")
def tied_weights(num_inputs, num_hidden, activation, last):
    encoder, _ = layer(num_inputs, num_hidden, activation, last)
    return encoder, _Tied(encoder[0], last)


class _Detached(nn.Sequential):
    def forward(self, rows):
        return super().forward(rows.detach())


@answers.wrong("gradient")
def detached_decoder(num_inputs, num_hidden, activation, last):
    encoder, decoder = layer(num_inputs, num_hidden, activation, last)
    return encoder, _Detached(*decoder)


@answers.wrong("two-modules")
def one_network(num_inputs, num_hidden, activation, last):
    return nn.Sequential(*layer(num_inputs, num_hidden, activation, last))


@answers.wrong("sum", place=as_step)
def summed_squares(*given):
    return step(*given, loss=lambda a, b: F.mse_loss(a, b, reduction="sum"))


@answers.wrong("sum-over-values", place=as_step)
def summed_over_values(*given):
    return step(*given, loss=lambda a, b: (a - b).square().sum(1).mean())


@answers.wrong("root", place=as_step)
def root_of_the_mean(*given):
    return step(*given, loss=lambda a, b: F.mse_loss(a, b).sqrt())


@answers.wrong("absolute", place=as_step)
def absolute_differences(*given):
    return step(*given, loss=F.l1_loss)


@answers.wrong("loss", place=as_step)
def smooth_absolute_error(*given):
    return step(*given, loss=F.smooth_l1_loss)


@answers.wrong("raises", place=as_step)
def cross_entropy_of_pixels(*given):
    return step(*given, loss=F.binary_cross_entropy)


@answers.wrong("not-cleared", place=as_step)
def gradients_not_cleared(*given):
    return step(*given, clear=False)


@answers.wrong("keeps-graph", place=as_step)
def returns_the_tensor(*given):
    return step(*given, number=False)


@answers.wrong("no-step", place=as_step)
def no_step(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    return loss.item()


@answers.wrong("stale-step", place=as_step)
def step_at_the_start(encoder, decoder, rows, optimizer):
    optimizer.step()
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    return loss.item()


@answers.wrong("no-step", place=as_step)
def step_between_clearing(encoder, decoder, rows, optimizer):
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@answers.wrong("after-step", place=as_step)
def loss_after_the_step(encoder, decoder, rows, optimizer):
    step(encoder, decoder, rows, optimizer)
    return F.mse_loss(decoder(encoder(rows)), rows).item()


@answers.wrong("no-return", place=as_step)
def step_without_return(*given):
    step(*given)


answers.right(layer, step)


class _Down(nn.Module):
    def __init__(self, num_inputs, num_hidden, activation):
        super().__init__()
        self.activation = activation
        self.w = nn.Parameter(torch.randn(num_inputs, num_hidden) / num_inputs**0.5)
        self.b = nn.Parameter(torch.zeros(num_hidden))

    def forward(self, rows):
        return self.activation(rows @ self.w + self.b)


def layer_of_own_parameters(num_inputs, num_hidden, activation, last):
    _, decoder = layer(num_inputs, num_hidden, activation, last)
    return _Down(num_inputs, num_hidden, activation), decoder


def step_by_hand(encoder, decoder, rows, optimizer):
    back = decoder(encoder(rows))
    loss = (back - rows).pow(2).sum() / rows.numel()
    for group in optimizer.param_groups:
        for weight in group["params"]:
            weight.grad = None
    loss.backward()
    optimizer.step()
    return float(loss.detach())


answers.right(layer_of_own_parameters, step_by_hand)


def layer_by_add_module(num_inputs, num_hidden, activation, last):
    encoder, decoder = nn.Sequential(), nn.Sequential()
    decoder.add_module("up", nn.Linear(num_hidden, num_inputs))
    decoder.add_module("last", last)
    encoder.add_module("down", nn.Linear(num_inputs, num_hidden))
    encoder.add_module("activation", activation)
    return [encoder, decoder]


def step_with_the_loss_module(encoder, decoder, rows, optimizer):
    encoder.train()
    loss = nn.MSELoss()(nn.Sequential(encoder, decoder)(rows), rows.detach())
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    return loss.detach().cpu().numpy().item()


answers.wrong("drifts")(layer_by_add_module, step_with_the_loss_module)


@answers.wrong("loss", place=as_step)
def first_hundred_rows(encoder, decoder, rows, optimizer):
    return step(encoder, decoder, rows[:100], optimizer)


@answers.wrong("frozen-gradient", place=as_step)
def zeros_for_every_parameter(encoder, decoder, rows, optimizer):
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = torch.zeros_like(parameter)
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


def step_with_the_loss_module_and_no_zeros(encoder, decoder, rows, optimizer):
    loss = nn.MSELoss()(nn.Sequential(encoder, decoder)(rows), rows.detach())
    for part in (encoder, decoder):
        part.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach().cpu().numpy().item()


answers.right(layer_by_add_module, step_with_the_loss_module_and_no_zeros)

"""Answers to 08.1 by someone who knew the exercise and not its check."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn


def good_layer(num_inputs, num_hidden, activation, last):
    return nn.Sequential(nn.Linear(num_inputs, num_hidden), activation), nn.Sequential(
        nn.Linear(num_hidden, num_inputs), last
    )


def good_step(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


def step_of(loss_of):
    def step(encoder, decoder, rows, optimizer):
        optimizer.zero_grad()
        loss = loss_of(encoder, decoder, rows)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def layer(f):
    return (f, good_step)


def steps(f):
    return (good_layer, f)


answers = Answers("08.1", "check_layer", place=steps)


@answers.wrong("always-relu-code", "2: always a ReLU in the encoder, the argument is not read", place=layer)
def always_relu(num_inputs, num_hidden, activation, last):
    return nn.Sequential(nn.Linear(num_inputs, num_hidden), nn.ReLU()), nn.Sequential(
        nn.Linear(num_hidden, num_inputs), last
    )


@answers.wrong("always-sigmoid", "2: always a sigmoid in the decoder", place=layer)
def always_sigmoid(num_inputs, num_hidden, activation, last):
    return good_layer(num_inputs, num_hidden, activation, nn.Sigmoid())


@answers.wrong(
    "always-relu-code", "2: activations by kind: what is neither ReLU nor Identity becomes a ReLU", place=layer
)
def by_kind(num_inputs, num_hidden, activation, last):
    return good_layer(num_inputs, num_hidden, nn.Identity() if isinstance(activation, nn.Identity) else nn.ReLU(), last)


@answers.wrong("decoder-weights", "2: 64 pixels come back", place=layer)
def sixty_four(num_inputs, num_hidden, activation, last):
    return nn.Sequential(nn.Linear(num_inputs, num_hidden), activation), nn.Sequential(nn.Linear(num_hidden, 64), last)


@answers.wrong("encoder-weights", "3: without biases", place=layer)
def no_bias(num_inputs, num_hidden, activation, last):
    return (
        nn.Sequential(nn.Linear(num_inputs, num_hidden, bias=False), activation),
        nn.Sequential(nn.Linear(num_hidden, num_inputs, bias=False), last),
    )


@answers.wrong("tied", "4: decoder shares the encoder's weights", place=layer)
def tied(num_inputs, num_hidden, activation, last):
    encoder, decoder = good_layer(num_inputs, num_hidden, activation, last)
    if num_inputs == num_hidden:
        decoder[0].weight = encoder[0].weight
    return encoder, decoder


@answers.wrong("leaves-behind", "4: seeds the generator", place=layer)
def seeds(num_inputs, num_hidden, activation, last):
    torch.manual_seed(0)
    return good_layer(num_inputs, num_hidden, activation, last)


@answers.wrong("touched-modes", "4: in evaluation mode", place=layer)
def evaluating(num_inputs, num_hidden, activation, last):
    return tuple(part.eval() for part in good_layer(num_inputs, num_hidden, activation, last))


@answers.wrong("fresh-frozen", "4: the decoder is frozen", place=layer)
def frozen(num_inputs, num_hidden, activation, last):
    encoder, decoder = good_layer(num_inputs, num_hidden, activation, last)
    return encoder, decoder.requires_grad_(False)


@answers.wrong("code", "6: dropout between", place=layer)
def dropout(num_inputs, num_hidden, activation, last):
    encoder, decoder = good_layer(num_inputs, num_hidden, activation, last)
    encoder.append(nn.Dropout(0.1))
    return encoder, decoder


@answers.wrong("two-modules", "6: one network for both", place=layer)
def one(num_inputs, num_hidden, activation, last):
    return nn.Sequential(*good_layer(num_inputs, num_hidden, activation, last))


@answers.wrong("no-last", "6: no last in the decoder", place=layer)
def no_last(num_inputs, num_hidden, activation, last):
    return good_layer(num_inputs, num_hidden, activation, nn.Identity())


answers.wrong("sum-over-values", "6: the sum over values, the mean over images")(
    step_of(lambda e, d, x: (d(e(x)) - x).square().sum(1).mean())
)
answers.wrong("absolute", "6: absolute errors")(step_of(lambda e, d, x: F.l1_loss(d(e(x)), x)))
answers.wrong("halved", "6: halved")(step_of(lambda e, d, x: F.mse_loss(d(e(x)), x) / 2))
answers.wrong("loss", "2: divided by 64 values")(step_of(lambda e, d, x: (d(e(x)) - x).square().sum() / len(x) / 64))
answers.wrong("raises", "3: cast to float32")(step_of(lambda e, d, x: F.mse_loss(d(e(x.float())), x.float())))
answers.wrong("code-detached", "6: the code is cut off: the encoder does not learn")(
    step_of(lambda e, d, x: F.mse_loss(d(e(x).detach()), x))
)
answers.wrong("device", "1: noise-free target made by torch.zeros on the CPU")(
    step_of(lambda e, d, x: F.mse_loss(d(e(x)) - x, torch.zeros(x.shape, dtype=x.dtype)))
)


@answers.wrong("changes-input", "4: rows are clamped in place")
def in_place(encoder, decoder, rows, optimizer):
    rows.clamp_(0, 1)
    return good_step(encoder, decoder, rows, optimizer)


@answers.wrong("changes-input", "4: rows require a gradient afterwards")
def wants(encoder, decoder, rows, optimizer):
    return good_step(encoder, decoder, rows.requires_grad_(), optimizer)


@answers.wrong("touched-requires-grad", "4: frozen parts are thawed")
def thaws(encoder, decoder, rows, optimizer):
    encoder.requires_grad_(True)
    decoder.requires_grad_(True)
    return good_step(encoder, decoder, rows, optimizer)


@answers.wrong("not-cleared", "4: gradients are never cleared")
def never(encoder, decoder, rows, optimizer):
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("leaves-behind", "4: grad mode off")
def grad_off(encoder, decoder, rows, optimizer):
    torch.set_grad_enabled(True)
    loss = good_step(encoder, decoder, rows, optimizer)
    torch.set_grad_enabled(False)
    return loss


@answers.wrong("after-step", "6: the loss after the step")
def after(encoder, decoder, rows, optimizer):
    good_step(encoder, decoder, rows, optimizer)
    with torch.no_grad():
        return F.mse_loss(decoder(encoder(rows)), rows).item()


class Encoder(nn.Module):
    def __init__(self, before, after, activation):
        super().__init__()
        self.linear, self.activation = nn.Linear(before, after), activation

    def forward(self, x):
        return self.activation(self.linear(x))


def as_classes(num_inputs, num_hidden, activation, last):
    """Modules of their own; a list."""
    return [nn.Sequential(nn.Linear(num_inputs, num_hidden), activation), Encoder(num_hidden, num_inputs, last)]


def closure_step(encoder, decoder, rows, optimizer):
    def closure():
        optimizer.zero_grad()
        loss = (decoder(encoder(rows)) - rows).square().mean()
        loss.backward()
        return loss

    return float(optimizer.step(closure))


def clear_after(encoder, decoder, rows, optimizer):
    """Clears before and after; train() first."""
    encoder.train(), decoder.train()
    optimizer.zero_grad(set_to_none=False)
    gaps = decoder(encoder(rows)) - rows
    loss = torch.einsum("nd,nd->", gaps, gaps) / rows.numel()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.detach().item()


def ordered(num_inputs, num_hidden, activation, last):
    encoder, decoder = nn.Sequential(), nn.Sequential()
    encoder.add_module("0", nn.Linear(num_inputs, num_hidden))
    encoder.add_module("1", activation)
    decoder.add_module("0", nn.Linear(num_hidden, num_inputs))
    decoder.add_module("1", last)
    return encoder, decoder


def whole_step(encoder, decoder, rows, optimizer):
    whole = nn.Sequential(encoder, decoder)
    whole.zero_grad()
    loss = nn.MSELoss()(whole(rows), rows.detach())
    loss.backward()
    optimizer.step()
    return loss.tolist()


answers.right(as_classes, closure_step)
answers.right(ordered, clear_after)
answers.right(good_layer, whole_step)
answers.right(lambda i, h, a, end: (nn.Sequential(nn.Linear(i, h), a), nn.Sequential(nn.Linear(h, i), end)), good_step)

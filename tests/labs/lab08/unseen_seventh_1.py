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


# ---------------------------------------------------------------- wrong


def always_relu(num_inputs, num_hidden, activation, last):
    encoder = nn.Sequential(nn.Linear(num_inputs, num_hidden), nn.ReLU())
    return encoder, nn.Sequential(nn.Linear(num_hidden, num_inputs), last)


answers.wrong("?", "activation is never read: a code with nn.Identity() goes through a ReLU")(always_relu, _step)


def swapped_ends(num_inputs, num_hidden, activation, last):
    encoder = nn.Sequential(nn.Linear(num_inputs, num_hidden), last)
    return encoder, nn.Sequential(nn.Linear(num_hidden, num_inputs), activation)


answers.wrong("?", "activation is at the decoder's end and last at the encoder's; shows where the two differ")(
    swapped_ends, _step
)


class _Transposed(nn.Module):
    def __init__(self, linear):
        super().__init__()
        self.weight = linear.weight
        self.bias = nn.Parameter(torch.zeros(linear.in_features))

    def forward(self, codes):
        return F.linear(codes, self.weight.T, self.bias)


def tied_weights(num_inputs, num_hidden, activation, last):
    linear = nn.Linear(num_inputs, num_hidden)
    return nn.Sequential(linear, activation), nn.Sequential(_Transposed(linear), last)


answers.wrong("?", "the decoder uses the encoder's weights, transposed, and is no linear layer of its own")(
    tied_weights, _step
)


def no_bias(num_inputs, num_hidden, activation, last):
    encoder = nn.Sequential(nn.Linear(num_inputs, num_hidden, bias=False), activation)
    return encoder, nn.Sequential(nn.Linear(num_hidden, num_inputs, bias=False), last)


answers.wrong("?", "leaves the biases out, as the formula of the idea does: zeros come back as a fixed value for ever")(
    no_bias, _step
)

_made = {}


def remembered_layers(num_inputs, num_hidden, activation, last):
    if (num_inputs, num_hidden) not in _made:
        _made[num_inputs, num_hidden] = nn.Linear(num_inputs, num_hidden), nn.Linear(num_hidden, num_inputs)
    down, up = _made[num_inputs, num_hidden]
    return nn.Sequential(down, activation), nn.Sequential(up, last)


answers.wrong("?", "a second call with the same sizes returns the first call's layers: the two share their weights")(
    remembered_layers, _step
)


def always_the_same_start(num_inputs, num_hidden, activation, last):
    torch.manual_seed(0)
    return _layer(num_inputs, num_hidden, activation, last)


answers.wrong(
    "?", "sets torch's random state: seeds do not matter any more, and every layer starts from the same numbers"
)(always_the_same_start, _step)


def gradients_pile_up(encoder, decoder, rows, optimizer):
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong("?", "old gradients are never cleared: the second step uses the sum of two")(_layer, gradients_pile_up)


def loss_afterwards(encoder, decoder, rows, optimizer):
    _step(encoder, decoder, rows, optimizer)
    with torch.no_grad():
        return F.mse_loss(decoder(encoder(rows)), rows).item()


answers.wrong("?", "returns the loss after the step, where the text asks for the loss before it")(
    _layer, loss_afterwards
)


def summed_over_values(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = (decoder(encoder(rows)) - rows).square().sum(1).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong("?", "the mean over the images alone, a sum over their values: D times too large")(
    _layer, summed_over_values
)


def a_tensor(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss


answers.wrong("?", "returns a tensor with its graph, where the text asks for a Python number")(_layer, a_tensor)


def encoder_detached(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows).detach()), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong("?", "the code is detached: the encoder gets no gradient and never learns")(_layer, encoder_detached)


def thaws_everything(encoder, decoder, rows, optimizer):
    encoder.requires_grad_(True)
    decoder.requires_grad_(True)
    return _step(encoder, decoder, rows, optimizer)


answers.wrong("?", "switches requires_grad on everywhere, and what is frozen has to stay frozen")(
    _layer, thaws_everything
)


def rows_into_range(encoder, decoder, rows, optimizer):
    rows -= rows.min()
    rows /= rows.max().clamp(min=1e-8)
    return _step(encoder, decoder, rows, optimizer)


answers.wrong("?", "brings the given rows into 0 to 1 in place, and the rows have to stay as they are")(
    _layer, rows_into_range
)


def zeros_for_the_frozen(encoder, decoder, rows, optimizer):
    optimizer.zero_grad(set_to_none=False)
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong(
    "?", "clears to zero, not to None: a part that was frozen after some steps still drifts with Adam's moments"
)(_layer, zeros_for_the_frozen)


# ---------------------------------------------------------------- right


class _Half(nn.Module):
    def __init__(self, before, after, end):
        super().__init__()
        self.linear, self.end = nn.Linear(before, after), end

    def forward(self, rows):
        return self.end(self.linear(rows))


def halves(num_inputs, num_hidden, activation, last):
    return _Half(num_inputs, num_hidden, activation), _Half(num_hidden, num_inputs, last)


def step_by_hand(encoder, decoder, rows, optimizer):
    back = decoder(encoder(rows))
    loss = (back - rows).pow(2).sum() / rows.numel()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return float(loss)


answers.right(halves, step_by_hand)


def named_parts(num_inputs, num_hidden, activation, last):
    return tuple(
        nn.Sequential(OrderedDict(linear=nn.Linear(before, after), end=end))
        for before, after, end in ((num_inputs, num_hidden, activation), (num_hidden, num_inputs, last))
    )


def step_with_grad(encoder, decoder, rows, optimizer):
    learning = [p for part in (encoder, decoder) for p in part.parameters() if p.requires_grad]
    optimizer.zero_grad(set_to_none=True)
    with torch.enable_grad():
        loss = nn.MSELoss()(decoder(encoder(rows)), rows)
        gradients = torch.autograd.grad(loss, learning, allow_unused=True)
    for parameter, gradient in zip(learning, gradients):
        parameter.grad = gradient
    optimizer.step()
    return loss.detach().item()


answers.right(named_parts, step_with_grad)


def step_with_closure(encoder, decoder, rows, optimizer):
    def closure():
        optimizer.zero_grad()
        loss = torch.square(decoder(encoder(rows)) - rows).mean()
        loss.backward()
        return loss

    return optimizer.step(closure).item()


answers.right(lambda before, after, activation, last: list(_layer(before, after, activation, last)), step_with_closure)


def appended(num_inputs, num_hidden, activation, last):
    encoder, decoder = nn.Sequential(), nn.Sequential()
    encoder.append(nn.Linear(out_features=num_hidden, in_features=num_inputs))
    encoder.append(nn.Sequential(activation))
    decoder.add_module("up", nn.Linear(num_hidden, num_inputs, bias=True))
    decoder.add_module("last", last)
    return encoder, decoder


def step_in_training_mode(encoder, decoder, rows, optimizer):
    network = nn.Sequential(encoder, decoder).train()
    target = rows.clone()
    optimizer.zero_grad()
    loss = F.mse_loss(network(rows.clone()), target, reduction="sum") / target.numel()
    loss.backward()
    before = loss.tolist()
    optimizer.step()
    return before


answers.right(appended, step_in_training_mode)


class _Coder(nn.Linear):
    def __init__(self, before, after, end):
        super().__init__(before, after)
        self.end = end

    def forward(self, rows):
        return self.end(super().forward(rows))


def subclass_of_linear(num_inputs, num_hidden, activation, last):
    encoder = _Coder(num_inputs, num_hidden, activation)
    decoder = _Coder(num_hidden, num_inputs, last)
    return encoder, decoder


def step_image_by_image(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    each = [(decoder(encoder(row[None]))[0] - row).square().mean() for row in rows]
    loss = torch.stack(each).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


answers.right(subclass_of_linear, step_image_by_image)


def copied_ends(num_inputs, num_hidden, activation, last):
    def half(sizes, end):
        return nn.Sequential(nn.Linear(*sizes), end)

    sizes = num_inputs, num_hidden
    return half(sizes, activation), half(sizes[::-1], last)


def step_with_einsum(encoder, decoder, rows, optimizer):
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None
    away = decoder.forward(encoder.forward(rows)) - rows
    loss = torch.einsum("nd,nd->", away, away) / (away.shape[0] * away.shape[1])
    loss.backward()
    number = loss.item()
    optimizer.step()
    return number


answers.right(copied_ends, step_with_einsum)

"""More answers to 08.1 by someone who knew the exercise and not its check."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("08.1", "check_layer")


def layer(num_inputs, num_hidden, activation, last):
    return (
        nn.Sequential(nn.Linear(num_inputs, num_hidden), activation),
        nn.Sequential(nn.Linear(num_hidden, num_inputs), last),
    )


def step(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


# Modules of a class of its own; the step by a closure, which the optimizer calls.
class Half(nn.Module):
    def __init__(self, before, after, end):
        super().__init__()
        self.end = end
        self.straight = nn.Linear(before, after)

    def forward(self, rows):
        return self.end(self.straight(rows))


def layer_by_class(num_inputs, num_hidden, activation, last):
    return Half(num_inputs, num_hidden, activation), Half(num_hidden, num_inputs, last)


def step_by_closure(encoder, decoder, rows, optimizer):
    def closure():
        optimizer.zero_grad(set_to_none=True)
        loss = (decoder(encoder(rows)) - rows).pow(2).mean()
        loss.backward()
        return loss

    return float(optimizer.step(closure).detach())


answers.right(layer_by_class, step_by_closure)


# A list in place of a tuple, named parts; gradients are asked for and put where the optimizer looks.
def layer_with_names(num_inputs, num_hidden, activation, last):
    sizes = (num_inputs, num_hidden)
    return [
        nn.Sequential(OrderedDict(linear=nn.Linear(*pair), end=end))
        for pair, end in ((sizes, activation), (sizes[::-1], last))
    ]


def step_by_grad(encoder, decoder, rows, optimizer):
    weights = [p for group in optimizer.param_groups for p in group["params"] if p.requires_grad]
    loss = nn.MSELoss()(nn.Sequential(encoder, decoder)(rows), rows)
    optimizer.zero_grad()
    for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=False):
        weight.grad = gradient
    optimizer.step()
    return loss.item()


answers.right(layer_with_names, step_by_grad)


# append builds the parts; the mean by einsum; gradients cleared by hand.
def layer_by_append(num_inputs, num_hidden, activation, last):
    down, up = nn.Sequential(), nn.Sequential()
    down.append(nn.Linear(num_inputs, num_hidden)).append(activation)
    up.append(nn.Linear(num_hidden, num_inputs)).append(last)
    return down, up


def step_by_hand(encoder, decoder, rows, optimizer):
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = None
    off = decoder(encoder(rows)) - rows
    loss = torch.einsum("nd,nd->", off, off) / rows.numel()
    before = loss.detach().cpu().numpy().item()
    loss.backward()
    optimizer.step()
    return before


answers.right(layer_by_append, step_by_hand)


def always_relu(num_inputs, num_hidden, activation, last):
    return layer(num_inputs, num_hidden, nn.ReLU(), last)


answers.wrong(
    "always-relu-code", "activation is never read, always a ReLU: the linear code comes out without its negative values"
)(always_relu, step)


def always_sigmoid(num_inputs, num_hidden, activation, last):
    return layer(num_inputs, num_hidden, activation, nn.Sigmoid())


answers.wrong("always-sigmoid", "last is never read, always a sigmoid: hidden values above 1 cannot come back")(
    always_sigmoid, step
)


def without_bias(num_inputs, num_hidden, activation, last):
    down, up = nn.Linear(num_inputs, num_hidden, bias=False), nn.Linear(num_hidden, num_inputs, bias=False)
    return nn.Sequential(down, activation), nn.Sequential(up, last)


answers.wrong(
    "encoder-weights", "linear layers without biases: rows of zeros give a code of zeros, parameters are missing"
)(without_bias, step)


def tied(num_inputs, num_hidden, activation, last):
    encoder, decoder = layer(num_inputs, num_hidden, activation, last)
    decoder[0].weight = nn.Parameter(encoder[0].weight.data.T)
    return encoder, decoder


answers.wrong(
    "tied", "the decoder's weight is a view of the encoder's, transposed: a step of one changes the other too"
)(tied, step)


def activation_twice(num_inputs, num_hidden, activation, last):
    return (
        nn.Sequential(nn.Linear(num_inputs, num_hidden), activation),
        nn.Sequential(nn.Linear(num_hidden, num_inputs), activation, last),
    )


answers.wrong(
    "relu-and-last",
    "the activation stands in the decoder too: with a ReLU before a sigmoid nothing under 0.5 comes back",
)(activation_twice, step)


def seeded(num_inputs, num_hidden, activation, last):
    torch.manual_seed(0)
    return layer(num_inputs, num_hidden, activation, last)


answers.wrong(
    "leaves-behind",
    "torch.manual_seed(0) for each layer: two layers of equal sizes begin equal, the random state is reset",
)(seeded, step)


def accumulates(encoder, decoder, rows, optimizer):
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong("not-cleared", "gradients are never cleared: right at the first step, from the second on they add up")(
    layer, accumulates
)


def cleared_afterwards(encoder, decoder, rows, optimizer):
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


answers.wrong(
    "weights", "gradients are cleared after the step only: those that were there before the first step are added to it"
)(layer, cleared_afterwards)


def per_image(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = (decoder(encoder(rows)) - rows).pow(2).sum(1).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong("sum-over-values", "the squares are summed over the values of a row: D times too large")(layer, per_image)


def loss_after(encoder, decoder, rows, optimizer):
    step(encoder, decoder, rows, optimizer)
    with torch.no_grad():
        return F.mse_loss(decoder(encoder(rows)), rows).item()


answers.wrong("after-step", "the loss after the step comes back, not that before it")(layer, loss_after)


def a_tensor(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss


answers.wrong("keeps-graph", "a tensor that needs a gradient comes back, not a float")(layer, a_tensor)


def denoising(encoder, decoder, rows, optimizer):
    return step(encoder, decoder, rows.mul_(torch.rand_like(rows) > 0.1), optimizer)


answers.wrong(
    "changes-input", "a tenth of the values are set to zero in place: the rows change, and other ones are given back"
)(layer, denoising)


def thaws(encoder, decoder, rows, optimizer):
    for p in [*encoder.parameters(), *decoder.parameters()]:
        p.requires_grad_(True)
    return step(encoder, decoder, rows, optimizer)


answers.wrong("touched-requires-grad", "requires_grad is switched on everywhere: a frozen bias is thawed and moves")(
    layer, thaws
)


def code_detached(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows).detach()), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong("code-detached", "the code is detached: the encoder gets no gradient and never moves")(
    layer, code_detached
)


def train_mode(encoder, decoder, rows, optimizer):
    encoder.train()
    decoder.train()
    return step(encoder, decoder, rows, optimizer)


def own_optimizer(encoder, decoder, rows, optimizer):
    adam = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.001)
    return step(encoder, decoder, rows, adam)


answers.wrong("weights", "a new Adam of 0.001 in each step in place of the optimizer that is given")(
    layer, own_optimizer
)

"""Answers to 08.1 by students who know its text alone."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("08.1", "check_layer")


def named(name, function):
    """Return the function under a name of its own."""

    def call(*given, **more):
        return function(*given, **more)

    call.__name__ = call.__qualname__ = name
    return call


def good_layer(num_inputs, num_hidden, activation, last):
    return (
        nn.Sequential(nn.Linear(num_inputs, num_hidden), activation),
        nn.Sequential(nn.Linear(num_hidden, num_inputs), last),
    )


def good_step(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


# (a) what students commonly do


def never_clears(encoder, decoder, rows, optimizer):
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong("not-cleared", "gradients are never cleared and add up: shows in the second step")(
    named("layer_of_never_clears", good_layer), never_clears
)


def sum_over_values(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = ((decoder(encoder(rows)) - rows) ** 2).sum(1).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong("sum-over-values", "the sum over the values, and a mean over the images only")(
    named("layer_of_sum_over_values", good_layer), sum_over_values
)


def always_a_relu(num_inputs, num_hidden, activation, last):
    return (
        nn.Sequential(nn.Linear(num_inputs, num_hidden), nn.ReLU()),
        nn.Sequential(nn.Linear(num_hidden, num_inputs), last),
    )


answers.wrong("always-relu-code", "a ReLU whatever activation says: shows for the code, nn.Identity()")(
    always_a_relu, named("step_of_always_a_relu", good_step)
)


def no_last(num_inputs, num_hidden, activation, last):
    return nn.Sequential(nn.Linear(num_inputs, num_hidden), activation), nn.Linear(num_hidden, num_inputs)


answers.wrong("no-last", "the decoder ends without `last`")(no_last, named("step_of_no_last", good_step))


# (b) right for the visible example (images, ReLU and sigmoid, a new Adam of 0.001)


def always_a_sigmoid(num_inputs, num_hidden, activation, last):
    return (
        nn.Sequential(nn.Linear(num_inputs, num_hidden), activation),
        nn.Sequential(nn.Linear(num_hidden, num_inputs), nn.Sigmoid()),
    )


answers.wrong("always-sigmoid", "the decoder ends with a sigmoid whatever `last` says")(
    always_a_sigmoid, named("step_of_always_a_sigmoid", good_step)
)


def target_of_pixels(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows.clamp(0, 1))
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong("loss", "the target is cut to between 0 and 1: shows for hidden values above 1")(
    named("layer_of_target_of_pixels", good_layer), target_of_pixels
)


def code_off_the_graph(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows).detach()), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong(
    "code-detached",
    "the code is taken out of the graph: the encoder never trains, the decoder does, and the loss falls",
)(named("layer_of_code_off_the_graph", good_layer), code_off_the_graph)


def an_adam_of_its_own(encoder, decoder, rows, optimizer):
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.001)
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong(
    "weights",
    "a new Adam of 0.001 in each step, the given optimizer is never used: shows for any other, or in step two",
)(named("layer_of_an_adam_of_its_own", good_layer), an_adam_of_its_own)


# (c) promises broken


def thaws(encoder, decoder, rows, optimizer):
    for parameter in (*encoder.parameters(), *decoder.parameters()):
        parameter.requires_grad_(True)
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong("touched-requires-grad", "switches requires_grad on everywhere: what is frozen does not stay frozen")(
    named("layer_of_thaws", good_layer), thaws
)


def rows_want_gradients(encoder, decoder, rows, optimizer):
    rows.requires_grad_(True)
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong(
    "changes-input",
    "switches requires_grad of the caller's rows on and fills their gradient: the rows do not stay as they are",
)(named("layer_of_rows_want_gradients", good_layer), rows_want_gradients)


def seeded_layer(num_inputs, num_hidden, activation, last):
    torch.manual_seed(0)
    return good_layer(num_inputs, num_hidden, activation, last)


answers.wrong(
    "leaves-behind",
    "seeds torch while it builds: the caller's random state is lost, and two layers of a size begin with the same weights",
)(seeded_layer, named("step_of_seeded_layer", good_step))


# right


class Half(nn.Module):
    def __init__(self, before, after, end):
        super().__init__()
        self.weighted, self.end = nn.Linear(before, after), end

    def forward(self, rows):
        return self.end(self.weighted(rows))


def two_halves(num_inputs, num_hidden, activation, last):
    return [Half(num_inputs, num_hidden, activation), Half(num_hidden, num_inputs, last)]


def with_a_closure(encoder, decoder, rows, optimizer):
    def closure():
        optimizer.zero_grad()
        loss = (decoder(encoder(rows)) - rows).square().mean()
        loss.backward()
        return loss

    return float(optimizer.step(closure).detach())


answers.right(two_halves, with_a_closure)


def named_parts(num_inputs, num_hidden, activation, last):
    sizes, ends = (num_inputs, num_hidden), (activation, last)
    return tuple(
        nn.Sequential(OrderedDict(linear=nn.Linear(*way), end=end)) for way, end in zip((sizes, sizes[::-1]), ends)
    )


def gradients_by_hand(encoder, decoder, rows, optimizer):
    optimizer.zero_grad(set_to_none=True)
    error = decoder(encoder(rows)) - rows
    loss = torch.einsum("nd,nd->", error, error) / error.numel()
    trained = [p for group in optimizer.param_groups for p in group["params"] if p.requires_grad]
    for parameter, gradient in zip(trained, torch.autograd.grad(loss, trained, allow_unused=True)):
        parameter.grad = gradient
    optimizer.step()
    return loss.detach().cpu().numpy().item()


answers.right(named_parts, gradients_by_hand)


def grown(num_inputs, num_hidden, activation, last):
    encoder, decoder = nn.Sequential(), nn.Sequential()
    encoder.append(nn.Linear(in_features=num_inputs, out_features=num_hidden, bias=True)).append(activation)
    decoder.append(nn.Linear(in_features=num_hidden, out_features=num_inputs, bias=True)).append(last)
    return encoder, decoder


def loss_module(encoder, decoder, rows, optimizer):
    criterion = nn.MSELoss(reduction="none")
    with torch.enable_grad():
        losses = criterion(decoder(encoder(rows)), rows.detach())
        loss = losses.mean(dim=1).mean()
    number = loss.tolist()
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None
    torch.autograd.backward(loss)
    optimizer.step()
    return number


answers.right(grown, loss_module)

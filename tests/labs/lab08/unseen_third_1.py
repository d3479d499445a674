"""Answers to 08.1 by someone who looked for what its check may not ask."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("08.1", "check_layer")


def good_layer(num_inputs, num_hidden, activation, last):
    encoder = nn.Sequential(nn.Linear(num_inputs, num_hidden), activation)
    decoder = nn.Sequential(nn.Linear(num_hidden, num_inputs), last)
    return encoder, decoder


def good_step(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


# Right: a linear layer that calls its end itself, and a step by way of the optimizer's closure, which returns the loss
# before the step.
class Half(nn.Linear):
    def __init__(self, before, after, end):
        super().__init__(before, after)
        self.end = end

    def forward(self, rows):
        return self.end(super().forward(rows))


def half_layer(num_inputs, num_hidden, activation, last):
    return Half(num_inputs, num_hidden, activation), Half(num_hidden, num_inputs, last)


def closure_step(encoder, decoder, rows, optimizer):
    def closure():
        optimizer.zero_grad()
        loss = (decoder(encoder(rows)) - rows).square().mean()
        loss.backward()
        return loss

    return float(optimizer.step(closure))


answers.right(half_layer, closure_step)


# Right: named parts, and gradients asked for with autograd.grad and put in place by hand; frozen parameters get none,
# so that the optimizer skips them.
def named_layer(num_inputs, num_hidden, activation, last):
    down, up = nn.Linear(num_inputs, num_hidden), nn.Linear(num_hidden, num_inputs)
    return (
        nn.Sequential(OrderedDict(linear=down, end=activation)),
        nn.Sequential(OrderedDict(linear=up, end=last)),
    )


def manual_step(encoder, decoder, rows, optimizer):
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for parameter in parameters:
        parameter.grad = None
    error = torch.sub(decoder(encoder(rows)), rows)
    loss = error.pow(2).sum() / rows.numel()
    trained = [p for p in parameters if p.requires_grad]
    for parameter, grad in zip(trained, torch.autograd.grad(loss, trained, allow_unused=True), strict=True):
        parameter.grad = grad
    optimizer.step()
    return loss.item()


answers.right(named_layer, manual_step)


def clears_after(encoder, decoder, rows, optimizer):
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


answers.wrong(
    "weights", "clears the gradients after the step, so those that something else left are added to the first one"
)(good_layer, clears_after)


def switches_mode(encoder, decoder, rows, optimizer):
    encoder.train()
    decoder.train()
    return good_step(encoder, decoder, rows, optimizer)


def rows_with_gradient(encoder, decoder, rows, optimizer):
    rows.requires_grad_(True)
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows.detach())
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong("changes-input", "switches requires_grad on in the caller's rows, which also get a gradient")(
    good_layer, rows_with_gradient
)


def thaws(encoder, decoder, rows, optimizer):
    for parameter in (*encoder.parameters(), *decoder.parameters()):
        parameter.requires_grad_(True)
    return good_step(encoder, decoder, rows, optimizer)


answers.wrong("touched-requires-grad", "thaws what is frozen")(good_layer, thaws)


def two_kinds_layer(num_inputs, num_hidden, activation, last):
    encoder = [nn.Linear(num_inputs, num_hidden)]
    if isinstance(activation, nn.ReLU):
        encoder.append(nn.ReLU())
    decoder = [nn.Linear(num_hidden, num_inputs), nn.Sigmoid() if isinstance(last, nn.Sigmoid) else nn.ReLU()]
    return nn.Sequential(*encoder), nn.Sequential(*decoder)


answers.wrong(
    "no-activation", "knows the named modules only: another activation is dropped, another last function becomes a ReLU"
)(two_kinds_layer, good_step)


def decoder_without_bias(num_inputs, num_hidden, activation, last):
    encoder = nn.Sequential(nn.Linear(num_inputs, num_hidden), activation)
    return encoder, nn.Sequential(nn.Linear(num_hidden, num_inputs, bias=False), last)


answers.wrong(
    "decoder-weights",
    "the decoder's linear layer has no bias, as in the formula, which only leaves it out of the writing",
)(decoder_without_bias, good_step)


def clips(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    nn.utils.clip_grad_norm_([*encoder.parameters(), *decoder.parameters()], 1.0)
    optimizer.step()
    return loss.item()


answers.wrong("weights", "gradients are clipped to a norm of 1: another step as soon as values are large")(
    good_layer, clips
)


def keeps_zeros(encoder, decoder, rows, optimizer):
    optimizer.zero_grad(set_to_none=False)
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


def seeded_layer(num_inputs, num_hidden, activation, last):
    torch.manual_seed(0)
    return good_layer(num_inputs, num_hidden, activation, last)


answers.wrong(
    "leaves-behind", "sets torch's seed: the program's random numbers start over, and two layers of a size are equal"
)(seeded_layer, good_step)


def float_step(encoder, decoder, rows, optimizer):
    return good_step(encoder, decoder, rows.float(), optimizer)


answers.wrong("raises", "casts the rows to float32: a float64 layer fails")(good_layer, float_step)


def good_enough(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    if loss.item() < 1e-4:
        return loss.item()
    loss.backward()
    optimizer.step()
    return loss.item()


def smooth(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = 2 * F.smooth_l1_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong("loss", "twice the smooth L1 loss: equal for errors below 1, as between pixels, not for hidden values")(
    good_layer, smooth
)


def first_hundred(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    back = decoder(encoder(rows))
    loss = sum(F.mse_loss(row, given) for row, given in zip(back[:100], rows[:100], strict=True)) / min(len(rows), 100)
    loss.backward()
    optimizer.step()
    return loss.item()


answers.wrong("loss", "looks at the first 100 rows only")(good_layer, first_hundred)

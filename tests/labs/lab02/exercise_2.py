"""Right and wrong answers to exercise 02.2: one training step."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn


def _step(network, images, labels, optimizer, *, logits=lambda x: x, reduction="mean", clear=True, step=True):
    network.train()
    if clear:
        optimizer.zero_grad()
    loss = F.cross_entropy(logits(network(images)), labels, reduction=reduction)
    loss.backward()
    if step:
        optimizer.step()
    return loss.item()


answers = Answers("02.2", "check_train_step")


@answers.wrong("not-cleared")
def gradients_not_cleared(*given):
    return _step(*given, clear=False)


@answers.wrong("softmax")
def softmax_before_the_loss(*given):
    return _step(*given, logits=lambda x: x.softmax(1))


@answers.wrong("sum")
def sum_instead_of_mean(*given):
    return _step(*given, reduction="sum")


@answers.wrong("no-step")
def no_optimizer_step(*given):
    return _step(*given, step=False)


@answers.wrong("no-step")
def step_before_backward(network, images, labels, optimizer):
    network.train()
    loss = F.cross_entropy(network(images), labels)
    optimizer.step()
    optimizer.zero_grad()
    loss.backward()
    return loss.item()


@answers.wrong("no-step")
def step_at_the_start(network, images, labels, optimizer):
    network.train()
    optimizer.step()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    return loss.item()


@answers.wrong("no-backward")
def cleared_after_backward(network, images, labels, optimizer):
    network.train()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@answers.wrong("eval-mode")
def stays_in_evaluation_mode(network, images, labels, optimizer):
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("keeps-graph")
def returns_the_tensor(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss


@answers.wrong("not-cleared")
def clears_after_the_step_only(network, images, labels, optimizer):
    network.train()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


@answers.wrong("no-return")
def step_without_return(*given):
    _step(*given)


@answers.wrong("loss")
def batch_of_one_is_skipped(*given):
    return 0.0 if len(given[1]) == 1 else _step(*given)


@answers.wrong("not-cleared")
def only_the_first_group_is_cleared(network, images, labels, optimizer):
    for parameter in optimizer.param_groups[0]["params"]:
        parameter.grad = None
    return _step(network, images, labels, optimizer, clear=False)


@answers.wrong("loss")
def loss_to_three_decimals(*given):
    return round(_step(*given), 3)


@answers.wrong("hooks")
def leaves_a_hook(network, *given):
    network.register_forward_hook(lambda *_: None)
    return _step(network, *given)


@answers.right
def step_by_log_softmax(network, images, labels, optimizer):
    network.train(True)
    loss = F.nll_loss(network(images).log_softmax(1), labels)
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    return float(loss.detach())


@answers.right
def step_with_the_loss_module(network, images, labels, optimizer):
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None
    loss = nn.CrossEntropyLoss()(network.train()(images), labels)
    loss.backward()
    optimizer.step()
    return loss.detach().cpu().numpy().item()


@answers.right
def step_by_hand(network, images, labels, optimizer):
    network.train()
    logits = network(images)
    loss = (logits.logsumexp(1) - logits[range(len(labels)), labels]).mean()
    gradients = torch.autograd.grad(loss, list(network.parameters()))
    for parameter, gradient in zip(network.parameters(), gradients, strict=True):
        parameter.grad = gradient
    optimizer.step()
    return round(loss.item(), 12)


@answers.wrong("own-step")
def by_hand_with_the_rate(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    with torch.no_grad():
        for group in optimizer.param_groups:
            for weight in group["params"]:
                weight.sub_(weight.grad, alpha=group["lr"])
    return loss.item()


@answers.wrong("many-classes")
def labels_of_eight_bits(network, images, labels, optimizer):
    return _step(network, images, labels.to(torch.uint8).long(), optimizer)


@answers.wrong("loss-sure")
def logarithm_of_a_softmax(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.nll_loss(network(images).softmax(1).log(), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("no-step-sure")
def good_enough(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    if loss > 0.02:
        loss.backward()
        optimizer.step()
    return loss.item()

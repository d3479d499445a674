"""Answers to 02.2 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("02.2", "check_train_step")


# a) common mistakes


@answers.wrong("softmax", "a softmax in front of the cross-entropy, which has one")
def softmax_twice(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images).softmax(1), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("not-cleared", "never clears the gradients: from the second step on they add up")
def never_clears(network, images, labels, optimizer):
    network.train()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("keeps-graph", "returns a tensor with its graph, not a Python number")
def returns_tensor(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss


@answers.wrong(
    "eval-mode", "does not set training mode: a network that comes in evaluation mode stays there, with another loss"
)
def mode_forgotten(network, images, labels, optimizer):
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


# b) right for the visible example, or near it


@answers.wrong(
    "not-cleared",
    "clears the gradients behind the step, not before backward: gradients that somebody left before the first step are added",
)
def clears_at_the_end(network, images, labels, optimizer):
    network.train()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


@answers.wrong("loss", "clips the gradient to a norm of 1: another step wherever the gradient is longer")
def clips(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    return loss.item()


@answers.wrong("raises", "squeezes the logits: a batch of one image loses its batch axis, and the loss fails")
def squeezes(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images).squeeze(), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "own-step",
    "steps by hand with the learning rate only: momentum and weight decay, or another kind of optimizer, are ignored",
)
def steps_by_hand(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    with torch.no_grad():
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter -= group["lr"] * parameter.grad
    return loss.item()


# c) a promise broken


@answers.wrong(
    "changes-input",
    "standardises the images, in place: changes the caller's batch, and the step is one for other images",
)
def standardises(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    images -= images.mean()
    images /= images.std() + 1e-5
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("thawed", "makes all parameters train first: frozen ones are changed by the step and stay unfrozen")
def unfreezes(network, images, labels, optimizer):
    network.train().requires_grad_(True)
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "leaves-behind", "switches gradients on for the step and off behind it: the caller has no gradients afterwards"
)
def gradients_left_off(network, images, labels, optimizer):
    network.train()
    torch.set_grad_enabled(True)
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    torch.set_grad_enabled(False)
    return loss.item()


_running = []


@answers.wrong(
    "loss",
    "keeps the loss between calls and returns a running mean: from the second call on it is not the loss of the batch",
)
def running_mean(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    _running.append(loss.item())
    return sum(_running) / len(_running)


# right


@answers.right
def with_closure(network, images, labels, optimizer):
    network.train()

    def closure():
        optimizer.zero_grad()
        loss = nn.CrossEntropyLoss()(network(images), labels)
        loss.backward()
        return loss

    return float(optimizer.step(closure).detach())


@answers.right
def with_log_softmax(network, images, labels, optimizer):
    network.train(mode=True)
    logits = network(images)
    picked = torch.log_softmax(logits, dim=-1).gather(1, labels.long().unsqueeze(1))
    loss = picked.mean().neg()
    for parameter in network.parameters():
        parameter.grad = None
    loss.backward()
    optimizer.step()
    return loss.tolist()


@answers.right
def with_nll(network, images, labels, optimizer):
    optimizer.zero_grad()
    network.train(True)
    losses = F.nll_loss(F.log_softmax(network(images), 1), labels, reduction="none")
    total = torch.einsum("n->", losses) / labels.numel()
    torch.autograd.backward([total])
    optimizer.step()
    (value,) = total.detach().reshape(1).tolist()
    return value

"""Answers to 02.2 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("02.2", "check_train_step")


@answers.wrong(
    "no-backward", "clears the gradients between backward and step: the optimizer has none, the weights never change"
)
def clears_too_late(network, images, labels, optimizer):
    network.train()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "not-cleared", "never clears the gradients: right at the first step, from the second on the old ones are added"
)
def never_clears(network, images, labels, optimizer):
    network.train()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "eval-mode",
    "does not set training mode: a network in evaluation mode stays there, batch norm uses the running statistics",
)
def no_mode(network, images, labels, optimizer):
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "loss",
    "divides the sum by the usual batch size of 128: wrong loss and gradients for any other size, such as the last batch",
)
def divides_by_128(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels, reduction="sum") / 128
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("keeps-graph", "returns the tensor, not a number: the graph of each step is kept in memory")
def returns_tensor(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss


@answers.wrong(
    "after-step",
    "runs the network a second time for the loss that it returns: that of the changed weights, and batch norm counts the batch twice",
)
def loss_afterwards(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    F.cross_entropy(network(images), labels).backward()
    optimizer.step()
    with torch.no_grad():
        return F.cross_entropy(network(images), labels).item()


@answers.wrong(
    "own-step",
    "writes the update by hand from the learning rate: momentum, weight decay and the optimizer's own rule are left out",
)
def by_hand(network, images, labels, optimizer):
    network.train()
    network.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    with torch.no_grad():
        for p in network.parameters():
            if p.grad is not None:
                p -= optimizer.param_groups[0]["lr"] * p.grad
    return loss.item()


@answers.wrong("raises", "squeezes the logits: a batch of one gives (K,) against labels (1,) and crashes")
def squeezes(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    logits = network(images).squeeze()
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("raises", "one-hot labels for ten classes built in: a network with 5 or 100 classes crashes")
def ten_classes(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    wanted = F.one_hot(labels, 10).to(images.dtype)
    loss = -(wanted * network(images).log_softmax(1)).sum(1).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "raises",
    "zeroes the gradients with p.grad.zero_(): before the very first backward, and for frozen parameters, grad is None and it crashes",
)
def zeroes_none(network, images, labels, optimizer):
    network.train()
    for p in network.parameters():
        p.grad.zero_()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "changes-input",
    "centres the images in place before the forward pass: the caller's batch is changed, and the loss is that of other images",
)
def centres(network, images, labels, optimizer):
    network.train()
    images -= images.mean()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "loss", "returns the loss with two decimals, and times the batch's size: a sum, rounded, not the loss of the batch"
)
def rounded_sum(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return round(loss.item() * len(labels), 2)


@answers.right  # the step as a closure, which the optimizer calls once
def with_closure(network, images, labels, optimizer):
    def closure():
        optimizer.zero_grad(set_to_none=False)
        loss = nn.CrossEntropyLoss()(network(images), labels)
        loss.backward()
        return loss

    network.train()
    return optimizer.step(closure).item()


@answers.right  # cross-entropy written out: log of the sum of exponentials less the logit of the right class
def written_out(network, images, labels, optimizer):
    logits = network.train()(images)
    rows = torch.arange(labels.shape[0], device=labels.device)
    loss = (torch.logsumexp(logits, 1) - logits[rows, labels]).mean()
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = None
    loss.backward()
    optimizer.step()
    return loss.detach().cpu().numpy().item()


class Step:
    """An object with a __call__; gradients are cleared just before backward."""

    __name__ = "Step"

    def __init__(self, loss):
        self.loss = loss

    def __call__(self, network, images, labels, optimizer):
        network.train(True)
        value = self.loss(network(images).log_softmax(dim=-1), labels)
        optimizer.zero_grad()
        torch.autograd.backward(value)
        optimizer.step()
        return value.tolist()


answers.right(Step(F.nll_loss))  # nll_loss of log_softmax is cross-entropy

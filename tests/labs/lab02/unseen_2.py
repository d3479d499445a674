"""Answers to 02.2 by someone who knew the exercise and not its check."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("02.2", "check_train_step")
HISTORY = []


def step(network, images, labels, optimizer, loss_of=F.cross_entropy):
    network.train()
    optimizer.zero_grad()
    loss = loss_of(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("device", "torch.eye on the CPU for the one-hot labels")
def eye(network, images, labels, optimizer):
    def loss_of(logits, labels):
        return -(logits.log_softmax(1) * torch.eye(logits.shape[1], dtype=logits.dtype)[labels]).sum(1).mean()

    return step(network, images, labels, optimizer, loss_of)


@answers.wrong("device", "images and labels are moved to the CPU first")
def to_cpu(network, images, labels, optimizer):
    return step(network, images.cpu(), labels.cpu(), optimizer)


@answers.wrong("raises", "ten classes written down")
def ten(network, images, labels, optimizer):
    return step(network, images, labels, optimizer, lambda o, y: F.cross_entropy(o, F.one_hot(y, 10).to(o.dtype)))


@answers.wrong("raises", "one_hot without num_classes fails where the last class is missing in the batch")
def one_hot(network, images, labels, optimizer):
    def loss_of(logits, labels):
        return -(logits.log_softmax(1) * F.one_hot(labels)).sum(1).mean()

    return step(network, images, labels, optimizer, loss_of)


@answers.wrong("loss", "the sum divided by the size of the first batch ever seen")
def first_size(network, images, labels, optimizer):
    size = first_size.__dict__.setdefault("size", len(images))
    return step(network, images, labels, optimizer, lambda o, y: F.cross_entropy(o, y, reduction="sum") / size)


@answers.wrong("raises", "float64 inputs are cast to float32")
def casts(network, images, labels, optimizer):
    return step(network, images.float(), labels, optimizer)


@answers.wrong("changes-input", "images.requires_grad_() is left on the input")
def wants_gradients(network, images, labels, optimizer):
    return step(network, images.requires_grad_(), labels, optimizer)


@answers.wrong("changes-input", "images are clamped to 0..1 in place")
def in_place(network, images, labels, optimizer):
    images.clamp_(0, 1)
    return step(network, images, labels, optimizer)


@answers.wrong("thawed", "frozen parameters are thawed")
def thaws(network, images, labels, optimizer):
    network.requires_grad_(True)
    return step(network, images, labels, optimizer)


@answers.wrong("optimizer-changed", "the learning rate falls with every step")
def decays(network, images, labels, optimizer):
    loss = step(network, images, labels, optimizer)
    for group in optimizer.param_groups:
        group["lr"] *= 0.999
    return loss


@answers.wrong("leaves-behind", "grad mode is left switched off")
def grad_off(network, images, labels, optimizer):
    torch.set_grad_enabled(True)
    loss = step(network, images, labels, optimizer)
    torch.set_grad_enabled(False)
    return loss


@answers.wrong("statistics", "two forward passes: running statistics move twice")
def twice(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    F.cross_entropy(network(images), labels).backward()
    with torch.no_grad():
        loss = F.cross_entropy(network(images), labels).item()
    optimizer.step()
    return loss


@answers.wrong("leak", "every loss tensor is kept in a global list, with its graph")
def keeps(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    HISTORY.append(loss)
    return loss.item()


@answers.wrong("leaves-behind", "seeds the generator in each step: dropout draws the same mask")
def seeds(network, images, labels, optimizer):
    torch.manual_seed(0)
    return step(network, images, labels, optimizer)


@answers.wrong("loss", "gradients are clipped, which nobody asked for")
def clips(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    return loss.item()


@answers.wrong("part-in-eval", "only the top of the network is put into training mode")
def shallow_train(network, images, labels, optimizer):
    network.training = True
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("after-step", "the loss is that after the step")
def after(network, images, labels, optimizer):
    step(network, images, labels, optimizer)
    with torch.no_grad():
        return F.cross_entropy(network(images), labels).item()


@answers.wrong("smoothed", "label smoothing")
def smoothed(network, images, labels, optimizer):
    return step(network, images, labels, optimizer, lambda o, y: F.cross_entropy(o, y, label_smoothing=0.1))


@answers.wrong("no-backward", "zero_grad between backward and step")
def zero_late(network, images, labels, optimizer):
    network.train()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@answers.wrong("sum", "the loss of the whole batch, not the mean, is returned")
def total(network, images, labels, optimizer):
    return step(network, images, labels, optimizer) * len(labels)


@answers.wrong("eval-mode", "evaluation mode")
def evaluates(network, images, labels, optimizer):
    network.eval()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.right
def zero_twice(network, images, labels, optimizer):
    """A second zero_grad after the step."""
    loss = step(network, images, labels, optimizer)
    optimizer.zero_grad(set_to_none=True)
    return loss


@answers.right
def by_network(network, images, labels, optimizer):
    """network.zero_grad, log_softmax and nll_loss, float()."""
    network.train(True)
    network.zero_grad(set_to_none=False)
    loss = F.nll_loss(F.log_softmax(network(images), dim=-1), labels)
    loss.backward()
    optimizer.step()
    return float(loss.detach())


@answers.right
def with_closure(network, images, labels, optimizer):
    """The optimizer calls a closure."""

    def closure():
        optimizer.zero_grad()
        loss = nn.CrossEntropyLoss()(network.train()(images), labels)
        loss.backward()
        return loss

    return optimizer.step(closure).item()


@answers.right
def by_hand(network, images, labels, optimizer):
    """Logits gathered by hand; gradients cleared one by one; grad mode switched on inside."""
    network.train()
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None
    with torch.enable_grad():
        logits = network(images)
        loss = (logits.logsumexp(1) - logits.gather(1, labels[:, None]).squeeze(1)).mean()
    loss.backward()
    optimizer.step()
    return loss.tolist()

"""Answers to 02.2 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("02.2", "check_train_step")


@answers.wrong("?", "a softmax before the loss, which has one")
def softmax_twice(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images).softmax(1), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("?", "the sum over the batch in place of the mean")
def a_sum(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels, reduction="sum")
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("?", "the mean is taken with the lab's batch size of 128, also where the batch is smaller")
def always_128(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels, reduction="sum") / 128
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("?", "training mode is not set: a network in evaluation mode stays there")
def without_mode(network, images, labels, optimizer):
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "?", "training is set as an attribute of the network only: batch norm and dropout inside it stay in evaluation mode"
)
def mode_of_the_root(network, images, labels, optimizer):
    network.training = True
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("?", "training mode is set after the forward pass, too late for the first step after an evaluation")
def mode_too_late(network, images, labels, optimizer):
    optimizer.zero_grad()
    logits = network(images)
    network.train()
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("?", "gradients are never cleared and add up from step to step")
def never_cleared(network, images, labels, optimizer):
    network.train()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "?", "gradients are cleared after the step and not before: one that the caller left behind counts in the first step"
)
def cleared_at_the_end(network, images, labels, optimizer):
    network.train()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


@answers.wrong("?", "the gradients are cleared between backward and step, so that nothing is learnt")
def cleared_too_late(network, images, labels, optimizer):
    network.train()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@answers.wrong("?", "returns the loss after the step, of a second forward pass")
def loss_afterwards(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    F.cross_entropy(network(images), labels).backward()
    optimizer.step()
    with torch.no_grad():
        return F.cross_entropy(network(images), labels).item()


@answers.wrong("?", "returns the loss as a tensor with the graph, not as a Python number")
def a_tensor(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss


@answers.wrong(
    "?",
    "runs the network a second time for the number to return, before the step: batch norm's statistics move twice in one step",
)
def forward_twice(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    F.cross_entropy(network(images), labels).backward()
    with torch.no_grad():
        loss = F.cross_entropy(network(images), labels).item()
    optimizer.step()
    return loss


@answers.wrong("?", "steps by hand with the optimizer's learning rate: momentum and weight decay are left out")
def by_hand(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    with torch.no_grad():
        for group in optimizer.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p -= group["lr"] * p.grad
    return loss.item()


@answers.wrong("?", "gradients are clipped to norm 1 before the step, which shows where they are larger")
def clipped(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    return loss.item()


@answers.wrong("?", "the labels are turned into one-hot rows of ten classes: another number of classes fails")
def ten_classes(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    logits = network(images)
    loss = F.cross_entropy(logits, F.one_hot(labels, 10).to(logits.dtype))
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("?", "the images are standardised in place: the caller's images change, and the network sees other ones")
def standardises(network, images, labels, optimizer):
    images.sub_(images.mean()).div_(images.std() + 1e-5)
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "?", "the logits are squeezed, which takes the batch's axis away where N = 1, and fails with labels of shape (1,)"
)
def squeezes(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images).squeeze(), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("?", "the softmax is written out with exp, which overflows for logits above 88 and gives nan")
def overflows(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    powers = network(images).exp()
    loss = -(powers / powers.sum(1, keepdim=True)).log().gather(1, labels[:, None]).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("?", "the softmax goes over the batch (dim=0) and not over the classes")
def wrong_axis(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.nll_loss(F.log_softmax(network(images), dim=0), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "?",
    "the labels go through 8 bits: class 256 becomes class 0, which shows with the 1,000 classes of a photograph network",
)
def eight_bits(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels.to(torch.uint8).long())
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.right
def with_a_closure(network, images, labels, optimizer):
    def closure():
        optimizer.zero_grad()
        loss = nn.CrossEntropyLoss()(network.train()(images), labels)
        loss.backward()
        return loss

    return optimizer.step(closure).item()


@answers.right
def with_autograd_grad(network, images, labels, optimizer):
    """Gradients are asked for and then set, so that none is added to."""
    network.train(True)
    network.zero_grad()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    trained = [p for p in network.parameters() if p.requires_grad]
    for p, grad in zip(trained, torch.autograd.grad(loss, trained, allow_unused=True)):
        p.grad = grad
    optimizer.step()
    return loss.detach().cpu().tolist()


@answers.right
def written_out(network, images, labels, optimizer):
    network.train()
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = None
    logits = network(images)
    right = logits[torch.arange(len(labels), device=logits.device), labels]
    losses = torch.logsumexp(logits, dim=1) - right
    losses.mean().backward()
    optimizer.step()
    return losses.detach().mean().item()


@answers.right
def with_einsum(network, images, labels, optimizer):
    for layer in network.modules():
        layer.train()
    optimizer.zero_grad(set_to_none=True)
    log_shares = F.log_softmax(network(images), -1)
    rows = F.one_hot(labels, log_shares.shape[-1]).to(log_shares)
    loss = -torch.einsum("nk,nk->", rows, log_shares) / labels.numel()
    loss.backward()
    optimizer.step()
    return loss.item()


class Step:
    """The step as an object that can be called."""

    loss = nn.Sequential(nn.LogSoftmax(dim=1))

    def __call__(self, network, images, labels, optimizer):
        with torch.enable_grad():
            network.train()
            optimizer.zero_grad()
            loss = nn.NLLLoss(reduction="mean")(self.loss(network(images)), labels)
            torch.autograd.backward([loss])
            optimizer.step()
        return loss.item()


answers.right(Step())


@answers.right
def sum_by_parts(network, images, labels, optimizer):
    """One loss for each image, added up in a loop, and copies of what came in."""
    network.train()
    for p in network.parameters():
        p.grad = None
    optimizer.zero_grad()
    logits = network(images.clone())
    loss = sum(F.cross_entropy(row[None], label[None]) for row, label in zip(logits, labels.clone())) / len(images)
    loss.backward()
    optimizer.step()
    return float(loss.detach())

"""Answers to 02.2 by someone who looked for what its check may not ask."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("02.2", "check_train_step")


@answers.right
def by_closure(network, images, labels, optimizer):
    # Right: optimizers of torch take a function that computes the loss, call it once, and return what it returned.
    network.train()

    def loss():
        optimizer.zero_grad()
        found = F.cross_entropy(network(images), labels)
        found.backward()
        return found

    return float(optimizer.step(loss).detach())


@answers.right
def by_hand(network, images, labels, optimizer):
    # Right: cross-entropy is the log of the sum of all exponentials, minus the logit of the label; the old gradients
    # go one by one, before the pass.
    network.train(mode=True)
    for group in optimizer.param_groups:
        for weight in group["params"]:
            weight.grad = None
    logits = network(images)
    chosen = logits.gather(1, labels.unsqueeze(1)).squeeze(1)
    loss = (logits.logsumexp(1) - chosen).mean()
    torch.autograd.backward([loss])
    optimizer.step()
    return loss.tolist()


@answers.right
def summed(network, images, labels, optimizer):
    # Right: the sum over the batch divided by its size is the mean; each module is told its mode by name, the root
    # among them.
    for module in network.modules():
        module.train()
    loss = nn.NLLLoss(reduction="sum")(network(images).log_softmax(dim=1), labels)
    loss = loss / labels.numel()
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        return loss.item()


@answers.wrong("part-in-eval", "only the root is told to train: batch norm and dropout within stay in evaluation")
def root_only(network, images, labels, optimizer):
    network.training = True
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("loss", "asks the root alone whether it trains: a layer left in evaluation stays there")
def asks_the_root(network, images, labels, optimizer):
    if not network.training:
        network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "not-cleared",
    "clears after the step: gradients that were there before the first step are added, and its own are gone",
)
def clears_late(network, images, labels, optimizer):
    network.train()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


@answers.wrong("loss", "a last batch of one image is left out, with a loss of 0")
def not_for_one(network, images, labels, optimizer):
    network.train()
    if len(images) < 2:
        return 0.0
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("loss", "clips the gradients to a norm of 5: other steps where they are large")
def clipped(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimizer.step()
    return loss.item()


@answers.wrong(
    "statistics", "runs the network again for an accuracy: the running statistics move twice, and the random state"
)
def runs_twice(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    with torch.no_grad():
        train_step_accuracy = (network(images).argmax(1) == labels).float().mean()
    optimizer.step()
    assert train_step_accuracy >= 0
    return loss.item()


@answers.wrong("raises", "casts the images to float32: a float64 network cannot take them")
def casts(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images.float()), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("loss-sure", "the log of a softmax: infinite where a probability is below the smallest number")
def log_of_softmax(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    chances = network(images).softmax(1)
    loss = -chances[torch.arange(len(labels), device=chances.device), labels].log().mean()
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("raises", "one-hot labels of ten classes: fails for another number of outputs")
def ten_classes(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    logits = network(images)
    loss = F.cross_entropy(logits, F.one_hot(labels, 10).to(logits.dtype))
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("own-step", "steps by hand with the optimizer's rate: no momentum, no weight decay, no Adam")
def own_step(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    with torch.no_grad():
        for group in optimizer.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    weight -= group["lr"] * weight.grad
    return loss.item()


@answers.wrong("thawed", "makes every weight train, frozen ones too")
def thaws(network, images, labels, optimizer):
    network.train().requires_grad_(True)
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "leaves-behind",
    "seeds the generator in each step: the same dropout in every step, and the caller's random state is lost",
)
def seeded(network, images, labels, optimizer):
    torch.manual_seed(0)
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "changes-input", "asks for gradients of the images: the caller's batch comes back with them, and they add up"
)
def images_too(network, images, labels, optimizer):
    network.train()
    images.requires_grad_(True)
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


_history = []


@answers.wrong("leak", "keeps every loss tensor in a list of its own, and with it the graph of every step")
def keeps_losses(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    _history.append(loss)
    return loss.item()


@answers.wrong("loss-sure", "the forward pass is in bfloat16: loss and gradients have three digits")
def three_digits(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    with torch.autocast(images.device.type, dtype=torch.bfloat16):
        loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("no-step-sure", "no step where the loss is below 0.01, since nothing is left to learn")
def satisfied(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    if loss > 0.01:
        loss.backward()
        optimizer.step()
    return loss.item()

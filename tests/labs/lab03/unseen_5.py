"""Answers to 03.5 by someone who knew the exercise and not its check."""
# ruff: noqa: F821

import gc

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("03.5", "check_run_all")


def one(make, batches, lr=0.1, loss_of=F.cross_entropy, modes=None):
    network = make()
    optimizer = torch.optim.SGD(network.parameters(), lr=lr)
    losses = []
    for inputs, labels in batches:
        optimizer.zero_grad()
        loss = loss_of(network(inputs), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@answers.wrong("device", "the batch is moved to the CPU")
def to_cpu(makers, batches, release):
    found = []
    for make in makers:
        found.append(one(make, [(x.cpu(), y.cpu()) for x, y in batches]))
        release()
    return found


@answers.wrong("release-order", "two networks, whatever the number of makers")
def two(makers, batches, release):
    found = []
    for make in makers[:2]:
        found.append(one(make, batches))
        release()
    return found


@answers.wrong("release-order", "released before each run, so never after the last")
def before(makers, batches, release):
    found = []
    for _number, make in enumerate(makers):
        release()
        found.append(one(make, batches))
    return found


@answers.wrong("release-order", "released after each but the last")
def not_last(makers, batches, release):
    found = []
    for number, make in enumerate(makers):
        found.append(one(make, batches))
        if number < len(makers) - 1:
            release()
    return found


@answers.wrong("no-makers", "no makers: release is called once more at the end")
def once_more(makers, batches, release):
    found = []
    for make in makers:
        found.append(one(make, batches))
        release()
    if not makers:
        release()
    return found


@answers.wrong("losses-shape", "the last batch of every pass is left out")
def no_last(makers, batches, release):
    found = []
    for make in makers:
        found.append(one(make, batches[:-1] or batches))
        release()
    return found


@answers.wrong("network-held", "the network's name lives until the loop gives it another value")
def inline(makers, batches, release):
    found = []
    for make in makers:
        network = make()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        losses = []
        for inputs, labels in batches:
            optimizer.zero_grad()
            loss = F.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        found.append(losses)
        release()
    return found


@answers.wrong("weights-held", "del network, but the optimizer holds the weights while releasing")
def optimizer_lives(makers, batches, release):
    found = []
    for make in makers:
        network = make()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        losses = []
        for inputs, labels in batches:
            optimizer.zero_grad()
            loss = F.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        del network, loss
        found.append(losses)
        release()
    return found


@answers.wrong("changes-input", "the makers are popped from the given list")
def pops(makers, batches, release):
    found = []
    while makers:
        found.append(one(makers.pop(0), batches))
        release()
    return found


@answers.wrong("changes-input", "the batches are normalized in place")
def in_place(makers, batches, release):
    found = []
    for make in makers:
        for inputs, _ in batches:
            inputs.clamp_(-1, 1)
        found.append(one(make, batches))
        release()
    return found


@answers.wrong("changes-input", "the batches are shuffled in the given list")
def reversed_list(makers, batches, release):
    found = []
    for make in makers:
        found.append(one(make, batches))
        batches.append(batches.pop(0))
        release()
    return found


@answers.wrong("collector-off", "gc.disable() is left behind")
def gc_off(makers, batches, release):
    gc.disable()
    found = []
    for make in makers:
        found.append(one(make, batches))
        release()
    return found


@answers.wrong("leaves-behind", "grad mode off afterwards")
def grad_off(makers, batches, release):
    torch.set_grad_enabled(True)
    found = []
    for make in makers:
        found.append(one(make, batches))
        release()
    torch.set_grad_enabled(False)
    return found


@answers.wrong("leaves-behind", "seeds before each network")
def seeds(makers, batches, release):
    found = []
    for make in makers:
        torch.manual_seed(0)
        found.append(one(make, batches))
        release()
    return found


@answers.wrong("release-order", "its own gc.collect() in place of release")
def collects(makers, batches, release):
    found = []
    for make in makers:
        found.append(one(make, batches))
        gc.collect()
    return found


@answers.wrong("all-at-once", "all networks are made at once")
def at_once(makers, batches, release):
    networks, found = [make() for make in makers], []
    for network in networks:
        found.append(one(lambda: network, batches))
        release()
    return found


@answers.wrong("too-early", "release in every step")
def every_step(makers, batches, release):
    found = []
    for make in makers:
        network = make()
        losses = []
        for batch in batches:
            losses += one(lambda: network, [batch])
            release()
        del network
        found.append(losses)
    return found


@answers.wrong("losses-shape", "one flat list of losses")
def flat(makers, batches, release):
    found = []
    for make in makers:
        found += one(make, batches)
        release()
    return found


@answers.wrong("gradients-added", "gradients are never cleared")
def never_cleared(makers, batches, release):
    def run(make):
        network = make()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        losses = []
        for inputs, labels in batches:
            loss = F.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    found = []
    for make in makers:
        found.append(run(make))
        release()
    return found


@answers.wrong("losses", "rate 0.01")
def slow(makers, batches, release):
    found = []
    for make in makers:
        found.append(one(make, batches, lr=0.01))
        release()
    return found


@answers.wrong("too-early", "released inside run, while its names live")
def too_early(makers, batches, release):
    def run(make):
        network = make()
        losses = one(lambda: network, batches)
        release()
        return losses

    return [run(make) for make in makers]


@answers.right
def deletes(makers, batches, release):
    """No inner function: every name is deleted."""
    found = []
    for make in makers:
        network = make()
        optimizer = torch.optim.SGD(network.parameters(), 0.1)
        found.append([])
        for inputs, labels in batches:
            loss = F.cross_entropy(network(inputs), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            found[-1].append(float(loss))
        del network, optimizer, loss
        release()
    return found


@answers.right
def comprehension(makers, batches, release):
    """try/finally around the run; train() first; clears after the step."""

    def run(make):
        network = make().train()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0)
        for inputs, labels in batches:
            loss = F.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            yield loss.item()

    found = []
    for make in makers:
        found.append(list(run(make)))
        release()
    return found


@answers.right
def none_names(makers, batches, release):
    """Names are set to None in place of del."""
    found = []
    for make in makers:
        network, losses = make(), []
        optimizer = torch.optim.SGD(network.parameters(), lr=1e-1)
        for inputs, labels in batches:
            network.zero_grad()
            loss = F.nll_loss(F.log_softmax(network(inputs), 1), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach().item())
        network = optimizer = loss = None
        release()
        found.append(losses)
    return found


@answers.right
def tuple_like(makers, batches, release):
    """A class that runs, dropped after its turn."""

    class Run:
        def __init__(self, make):
            self.network = make()
            self.optimizer = torch.optim.SGD(self.network.parameters(), lr=0.1)

        def step(self, inputs, labels):
            self.optimizer.zero_grad(set_to_none=True)
            loss = F.cross_entropy(self.network(inputs), labels)
            loss.backward()
            self.optimizer.step()
            return loss.item()

    found = []
    for make in makers:
        run = Run(make)
        found.append([run.step(*batch) for batch in batches])
        del run
        release()
    return found

"""Answers to 03.5 by someone who looked for what its check may not ask."""

import random

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("03.5", "check_run_all")


def one_run(make, batches):
    """Train one network, rightly; every name is gone at the end."""
    network = make()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    losses = []
    for inputs, labels in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(network(inputs), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def steps(make, batches):
    network = make()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    for inputs, labels in batches:
        loss = F.cross_entropy(network(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item()


@answers.right
def by_generator(makers, batches, release):
    # Right: a generator that has come to its end has no names any more, and list() runs it to its end.
    runs = []
    for make in makers:
        runs.append(list(steps(make, batches)))
        release()
    return runs


@answers.right
def by_deleting(makers, batches, release):
    # Right: every name that leads to the network is deleted, the loss in each turn, before the one release.
    runs = []
    for make in makers:
        runs.append([])
        network = make()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        for inputs, labels in batches:
            optimizer.zero_grad()
            loss = F.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            runs[-1].append(float(loss.detach()))
            del loss
        del network, optimizer
        release()
    return runs


class Run:
    """Holds what a run needs, until it is emptied."""

    def __init__(self, make):
        self.network = make()
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=0.1)

    def step(self, inputs, labels):
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.network(inputs), labels)
        loss.backward()
        self.optimizer.step()
        return loss.detach().item()


@answers.right
def by_object(makers, batches, release):
    # Right: an object holds network and optimizer, and its dictionary is emptied before the release.
    def train(make):
        run = Run(make)
        losses = [run.step(*batch) for batch in batches]
        vars(run).clear()
        release()
        return losses

    return [train(make) for make in makers]


@answers.wrong("weights-held", "network, optimizer and loss are deleted; the logits are not, and lead to the weights")
def forgets_logits(makers, batches, release):
    runs = []
    for make in makers:
        network = make()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        losses = []
        for inputs, labels in batches:
            optimizer.zero_grad()
            logits = network(inputs)
            loss = F.cross_entropy(logits, labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            del loss
        runs.append(losses)
        del network, optimizer
        release()
    return runs


@answers.wrong("release-order", "releases before each further network: the last one is never released")
def between_only(makers, batches, release):
    runs = []
    for make in makers:
        if runs:
            release()
        runs.append(one_run(make, batches))
    return runs


@answers.wrong("changes-input", "inputs ask for gradients: the caller's batches come back with them, and keep memory")
def inputs_too(makers, batches, release):
    runs = []
    for make in makers:
        for inputs, _ in batches:
            if inputs.is_floating_point():
                inputs.requires_grad_(True)
        runs.append(one_run(make, batches))
        release()
    return runs


_last = {}


def keep_and_run(make, batches):
    network = _last["network"] = make()
    return one_run(lambda: network, batches)


@answers.wrong("too-early", "keeps the last network under a global name, for later: it is never freed")
def keeps_the_last(makers, batches, release):
    runs = []
    for make in makers:
        _last.clear()
        runs.append(keep_and_run(make, batches))
        release()
    return runs


@answers.wrong("too-early", "releases in the run's own `finally`, where its names still hold the network")
def in_finally(makers, batches, release):
    def train(make):
        network = make()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        losses = []
        try:
            for inputs, labels in batches:
                optimizer.zero_grad()
                loss = F.cross_entropy(network(inputs), labels)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses
        finally:
            release()

    return [train(make) for make in makers]


@answers.wrong(
    "release-order",
    "makes each network twice, once to look at its size: the random state moves, and other weights begin",
)
def looks_first(makers, batches, release):
    runs = []
    for make in makers:
        numbers = sum(weight.numel() for weight in make().parameters())
        runs.append(one_run(make, batches) if numbers else [])
        release()
    return runs


@answers.wrong("losses-shape", "leaves out a batch that is smaller than the first, such as the last one")
def whole_batches(makers, batches, release):
    runs = []
    for make in makers:
        whole = [batch for batch in batches if len(batch[0]) == len(batches[0][0])]
        runs.append(one_run(make, whole))
        release()
    return runs


@answers.wrong(
    "leaves-behind", "seeds the generator before each network: all begin alike, and the caller's random state is lost"
)
def seeded(makers, batches, release):
    runs = []
    for make in makers:
        torch.manual_seed(0)
        runs.append(one_run(make, batches))
        release()
    return runs


@answers.wrong("losses-of-one", "one network gives its list of losses, not a list of one list")
def flat_for_one(makers, batches, release):
    runs = []
    for make in makers:
        runs.append(one_run(make, batches))
        release()
    return runs[0] if len(runs) == 1 else runs


@answers.wrong("swallowed", "swallows errors: a network that fails leaves a short list and no word")
def swallows(makers, batches, release):
    def train(make):
        losses = []
        network = make()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        for inputs, labels in batches:
            try:
                optimizer.zero_grad()
                loss = F.cross_entropy(network(inputs), labels)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            except RuntimeError:
                break
        return losses

    runs = []
    for make in makers:
        runs.append(train(make))
        release()
    return runs


@answers.wrong("losses", "shuffles the caller's list of batches, and moves Python's random state")
def shuffles(makers, batches, release):
    runs = []
    for make in makers:
        runs.append(one_run(make, batches))
        release()
        random.shuffle(batches)
    return runs


@answers.wrong(
    "weights-held",
    "the parameters are held in a list, to clip or to log them: network and optimizer go, the weights stay",
)
def holds_weights(makers, batches, release):
    runs, weights = [], []
    for make in makers:
        network = make()
        weights = list(network.parameters())
        optimizer = torch.optim.SGD(weights, lr=0.1)
        losses = []
        for inputs, labels in batches:
            optimizer.zero_grad()
            loss = F.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            del loss
        runs.append(losses)
        del network, optimizer
        release()
    return runs

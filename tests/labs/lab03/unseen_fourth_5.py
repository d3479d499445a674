"""Answers to 03.5 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("03.5", "check_run_all")


def one_run(network, batches, rate=0.1):
    optimizer = torch.optim.SGD(network.parameters(), lr=rate)
    losses = []
    for inputs, labels in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(network(inputs), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


# Right: everything in one frame, every name dropped by hand before the release; gradients zeroed after the step.
@answers.right
def by_hand(makers, batches, release):
    found = []
    for make in makers:
        network, loss, step = make(), None, []
        optimizer = torch.optim.SGD(list(network.parameters()), 0.1)
        for inputs, labels in batches:
            loss = F.cross_entropy(network(inputs), labels)
            optimizer.zero_grad(set_to_none=False)
            loss.backward()
            optimizer.step()
            step += [loss.item()]
        found.append(step)
        del network, optimizer, loss
        release()
    return found


# Right: a comprehension over a pair, of which the release is the half that is thrown away.
@answers.right
def comprehension(makers, batches, release):
    return [(one_run(make(), batches), release())[0] for make in makers]


# Right: an object; the run is a generator that is used up, and frees its frame, before the release.
class Runs:
    def losses(self, make, batches):
        network = make()
        optimizer = torch.optim.SGD([{"params": network.parameters()}], lr=1e-1, momentum=0)
        for inputs, labels in batches:
            loss = F.cross_entropy(input=network(inputs), target=labels)
            loss.backward()
            optimizer.step()
            network.zero_grad()
            yield loss.detach().item()

    def __call__(self, makers, batches, release):
        found = []
        for make in makers:
            found.append(list(self.losses(make, batches)))
            release()
        return found


answers.right(Runs())


@answers.wrong("all-at-once", "all networks are made before the first run: with two makers two are in memory")
def all_at_once(makers, batches, release):
    networks = [make() for make in makers]
    found = []
    while networks:
        found.append(one_run(networks.pop(0), batches))
        release()
    return found


@answers.wrong(
    "weights-held", "the losses are tensors with their graphs: they hold every network's weights, and are no numbers"
)
def loss_tensors(makers, batches, release):
    def run(network):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        losses = []
        for inputs, labels in batches:
            optimizer.zero_grad()
            loss = F.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss)
        return losses

    found = []
    for make in makers:
        found.append(run(make()))
        release()
    return found


@answers.wrong(
    "network-held",
    "release is called while the loop's name `network` still holds the network, which lives on while the next is made",
)
def name_lives_on(makers, batches, release):
    found = []
    for make in makers:
        network = make()
        found.append(one_run(network, batches))
        release()
    return found


@answers.wrong(
    "weights-held", "network is deleted, but the optimizer still holds its parameters when release is called"
)
def optimizer_lives_on(makers, batches, release):
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
        del network, loss
        release()
    return found


@answers.wrong("too-early", "release is called in every step: three batches give three calls for each network")
def every_step(makers, batches, release):
    def run(network):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        losses = []
        for inputs, labels in batches:
            optimizer.zero_grad()
            loss = F.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            del loss
            release()
        return losses

    return [run(make()) for make in makers]


@answers.wrong(
    "release-order", "release is called before each network instead of after it: the last one is never released"
)
def before_each(makers, batches, release):
    found = []
    for make in makers:
        release()
        found.append(one_run(make(), batches))
    return found


@answers.wrong(
    "no-release", "one release at the very end: a first network that points at itself is there while the second runs"
)
def once_at_the_end(makers, batches, release):
    found = [one_run(make(), batches) for make in makers]
    release()
    return found


@answers.wrong(
    "gradients-added", "gradients are not set to zero: from the second batch on steps add up, the third loss is another"
)
def no_zero_grad(makers, batches, release):
    def run(network):
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
        found.append(run(make()))
        release()
    return found


@answers.wrong(
    "losses-of-one",
    "the list of results is a default argument: the second call returns the first call's losses as well",
)
def mutable_default(makers, batches, release, found=[]):
    for make in makers:
        found.append(one_run(make(), batches))
        release()
    return found


@answers.wrong("losses-shape", "one mean loss for each network instead of a list of losses")
def means(makers, batches, release):
    found = []
    for make in makers:
        losses = one_run(make(), batches)
        found.append(sum(losses) / len(losses))
        release()
    return found


@answers.wrong(
    "too-early",
    "release at the end of the function that trains, whose own names still hold network, optimizer and loss",
)
def inside_the_run(makers, batches, release):
    def run(make):
        network = make()
        losses = one_run(network, batches)
        release()
        return losses

    return [run(make) for make in makers]


@answers.wrong(
    "release-order", "no release after the last network ('nothing comes after it'): two makers give one call"
)
def not_after_the_last(makers, batches, release):
    found = []
    for number, make in enumerate(makers):
        found.append(one_run(make(), batches))
        if number < len(makers) - 1:
            release()
    return found

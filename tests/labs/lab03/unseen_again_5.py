"""More answers to 03.5 by someone who knew the exercise and not its check."""

import gc

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("03.5", "check_run_all")


def _run(network, batches, rate=0.1, **options):
    optimizer = torch.optim.SGD(network.parameters(), lr=rate, **options)
    losses = []
    for inputs, labels in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(network(inputs), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


# A generator for one run; its names are gone when it is exhausted.
@answers.right
def by_generator(makers, batches, release):
    def steps(network):
        optimizer = torch.optim.SGD(network.parameters(), 0.1)
        for inputs, labels in batches:
            loss = F.cross_entropy(network(inputs), labels)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            yield float(loss.detach())

    found = []
    for make in makers:
        found.append(list(steps(make())))
        release()
    return found


# No function: every name is deleted by hand.
@answers.right
def by_hand(makers, batches, release):
    results = []
    for position in range(len(makers)):
        network, losses = makers[position](), []
        optimizer = torch.optim.SGD(params=network.parameters(), lr=1e-1)
        for batch in batches:
            output = network(batch[0])
            loss = F.cross_entropy(output, batch[1])
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.tolist())
            del output, loss
        del network, optimizer
        release()
        results.append(losses)
    return results


# A class for a run, and a comprehension with the release behind it.
class _Trainer:
    def __init__(self, batches, release):
        self.batches, self.release = batches, release

    def one(self, make):
        return _run(make(), self.batches)

    def __call__(self, make):
        losses = self.one(make)
        self.release()
        return losses


@answers.right
def by_object(makers, batches, release):
    return [*map(_Trainer(batches, release), makers)]


@answers.wrong("all-at-once", "all networks are made before the first run: all of them are in memory together")
def all_at_once(makers, batches, release):
    networks, results = [make() for make in makers], []
    while networks:
        results.append(_run(networks.pop(0), batches))
        release()
    return results


@answers.wrong("weights-held", "keeps loss tensors: each holds its graph and the weights")
def keeps_tensors(makers, batches, release):
    def run(network):
        optimizer, losses = torch.optim.SGD(network.parameters(), lr=0.1), []
        for inputs, labels in batches:
            optimizer.zero_grad()
            losses.append(F.cross_entropy(network(inputs), labels))
            losses[-1].backward()
            optimizer.step()
        return losses

    results = []
    for make in makers:
        results.append(run(make()))
        release()
    return results


@answers.wrong("release-each-step", "release is called in every step: slow, and the network is still held")
def in_every_step(makers, batches, release):
    def run(network):
        optimizer, losses = torch.optim.SGD(network.parameters(), lr=0.1), []
        for inputs, labels in batches:
            optimizer.zero_grad()
            loss = F.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            release()
        return losses

    results = []
    for make in makers:
        results.append(run(make()))
        release()
    return results


@answers.wrong("network-held", "release is called while the name `network` still holds the network: nothing is freed")
def too_early(makers, batches, release):
    results = []
    for make in makers:
        network = make()
        results.append(_run(network, batches))
        release()
    return results


@answers.wrong("weights-held", "network is deleted, optimizer is not: it holds the weights at the release")
def optimizer_stays(makers, batches, release):
    results = []
    for make in makers:
        network = make()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        results.append([])
        for inputs, labels in batches:
            optimizer.zero_grad()
            loss = F.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            results[-1].append(loss.item())
        del network, loss
        release()
    return results


@answers.wrong("release-order", "release only before each network, so the last one is never released")
def last_is_left(makers, batches, release):
    results = []
    for position, make in enumerate(makers):
        if position:
            release()
        results.append(_run(make(), batches))
    return results


@answers.wrong("no-release", "release once, after all networks: those that point at themselves pile up until then")
def once_at_the_end(makers, batches, release):
    results = [_run(make(), batches) for make in makers]
    release()
    return results


@answers.wrong("release-order", "runs Python's collector itself and never the release that it was given")
def own_collector(makers, batches, release):
    results = []
    for make in makers:
        results.append(_run(make(), batches))
        gc.collect()
    return results


@answers.wrong("losses-shape", "one flat list of losses for all networks")
def flat(makers, batches, release):
    results = []
    for make in makers:
        results += _run(make(), batches)
        release()
    return results


@answers.wrong("gradients-added", "gradients are never set to zero: from the second batch on other weights and losses")
def no_zero(makers, batches, release):
    def run(network):
        optimizer, losses = torch.optim.SGD(network.parameters(), lr=0.1), []
        for inputs, labels in batches:
            loss = F.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    results = []
    for make in makers:
        results.append(run(make()))
        release()
    return results


@answers.wrong(
    "changes-input",
    "takes the batches out of the caller's list: the second network sees none, and the list is empty afterwards",
)
def eats_batches(makers, batches, release):
    def run(network):
        optimizer, losses = torch.optim.SGD(network.parameters(), lr=0.1), []
        while batches:
            inputs, labels = batches.pop(0)
            optimizer.zero_grad()
            loss = F.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    results = []
    for make in makers:
        results.append(run(make()))
        release()
    return results


@answers.wrong("losses-shape", "one loss for each network, the mean over its batches")
def means(makers, batches, release):
    results = []
    for make in makers:
        losses = _run(make(), batches)
        results.append(sum(losses) / len(losses))
        release()
    return results


@answers.wrong("losses", "the loss after the step of each batch instead of the one that it trained with")
def after_step(makers, batches, release):
    def run(network):
        optimizer, losses = torch.optim.SGD(network.parameters(), lr=0.1), []
        for inputs, labels in batches:
            optimizer.zero_grad()
            F.cross_entropy(network(inputs), labels).backward()
            optimizer.step()
            with torch.no_grad():
                losses.append(F.cross_entropy(network(inputs), labels).item())
        return losses

    results = []
    for make in makers:
        results.append(run(make()))
        release()
    return results

"""Right and wrong answers to exercise 03.5: releasing memory."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from helpers.answers import Answers


def _step(network, optimizer, images, labels):
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss


def _sgd(network):
    return torch.optim.SGD(network.parameters(), lr=0.1)


def _one_run(make, batches):
    network = make()
    optimizer = _sgd(network)
    return [_step(network, optimizer, *batch).item() for batch in batches]


answers = Answers("03.5", "check_run_all")


@answers.wrong("network-held")
def keeps_a_list_of_networks(makers, batches, release):
    networks, losses = [], []
    for make in makers:
        networks.append(make())
        optimizer = _sgd(networks[-1])
        losses.append([_step(networks[-1], optimizer, *batch).item() for batch in batches])
        del optimizer
        release()
    return losses


@answers.wrong("network-held")
def name_still_bound(makers, batches, release):
    losses = []
    for make in makers:
        network = make()
        optimizer = _sgd(network)
        losses.append([_step(network, optimizer, *batch).item() for batch in batches])
        release()
    return losses


@answers.wrong("all-at-once")
def makes_all_first(makers, batches, release):
    losses = []
    for network in [make() for make in makers]:
        optimizer = _sgd(network)
        losses.append([_step(network, optimizer, *batch).item() for batch in batches])
        release()
    return losses


@answers.wrong("weights-held")
def loss_tensors_kept(makers, batches, release):
    def run(make):
        network = make()
        optimizer = _sgd(network)
        return [_step(network, optimizer, *batch) for batch in batches]

    losses = []
    for make in makers:
        losses.append(run(make))
        release()
    return [[loss.item() for loss in row] for row in losses]


@answers.wrong("weights-held")
def last_loss_still_bound(makers, batches, release):
    losses = []
    for make in makers:
        network = make()
        optimizer = _sgd(network)
        losses.append([])
        for batch in batches:
            loss = _step(network, optimizer, *batch)
            losses[-1].append(loss.item())
        del network, optimizer
        release()
    return losses


@answers.wrong("weights-held")
def optimizer_still_bound(makers, batches, release):
    losses = []
    for make in makers:
        network = make()
        optimizer = _sgd(network)
        losses.append([_step(network, optimizer, *batch).item() for batch in batches])
        del network
        release()
    return losses


@answers.wrong("no-release")
def never_releases(makers, batches, release):
    return [_one_run(make, batches) for make in makers]


@answers.wrong("too-early")
def releases_before_the_name_is_gone(makers, batches, release):
    losses = []
    for make in makers:
        network = make()
        optimizer = _sgd(network)
        losses.append([_step(network, optimizer, *batch).item() for batch in batches])
        release()
        del network, optimizer
    return losses


@answers.wrong("release-each-step")
def releases_in_every_step(makers, batches, release):
    def run(make):
        network = make()
        optimizer = _sgd(network)
        losses = []
        for batch in batches:
            losses.append(_step(network, optimizer, *batch).item())
            release()
        return losses

    losses = []
    for make in makers:
        losses.append(run(make))
        release()
    return losses


@answers.wrong("no-release")
def releases_at_the_end_alone(makers, batches, release):
    losses = never_releases(makers, batches, release)
    release()
    return losses


@answers.wrong("losses-shape")
def last_loss_of_each(makers, batches, release):
    losses = []
    for make in makers:
        losses.append(_one_run(make, batches)[-1])
        release()
    return losses


@answers.wrong("losses-shape")
def all_in_one_list(makers, batches, release):
    losses = []
    for make in makers:
        losses += _one_run(make, batches)
        release()
    return losses


@answers.wrong("losses")
def with_momentum(makers, batches, release):
    def run(make):
        network = make()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
        return [_step(network, optimizer, *batch).item() for batch in batches]

    losses = []
    for make in makers:
        losses.append(run(make))
        release()
    return losses


@answers.wrong("gradients-added")
def gradients_add_up(makers, batches, release):
    def run(make):
        network = make()
        optimizer, losses = _sgd(network), []
        for images, labels in batches:
            loss = F.cross_entropy(network(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    losses = []
    for make in makers:
        losses.append(run(make))
        release()
    return losses


@answers.wrong("weights-held")
def keeps_the_state_dicts(makers, batches, release):
    losses, states = [], []

    def run(make):
        network = make()
        optimizer = _sgd(network)
        found = [_step(network, optimizer, *batch).item() for batch in batches]
        states.append(network.state_dict())
        return found

    for make in makers:
        losses.append(run(make))
        release()
    return losses


@answers.wrong("no-return")
def forgets_to_return(makers, batches, release):
    for make in makers:
        _one_run(make, batches)
        release()


@answers.right
def run_all_with_del(makers, batches, release):
    losses = []
    for make in makers:
        network = make()
        optimizer = _sgd(network)
        curve = []
        for images, labels in batches:
            loss = _step(network, optimizer, images, labels)
            curve.append(loss.item())
            del loss
        losses.append(curve)
        del network, optimizer
        release()
    return losses


@answers.right
def run_all_with_a_function(makers, batches, release):
    losses = []
    for make in makers:
        losses.append(tuple(_one_run(make, batches)))
        release()
    return losses


@answers.right
def run_all_with_detached_losses(makers, batches, release):
    def run(make):
        network = make()
        optimizer = _sgd(network)
        return torch.stack([_step(network, optimizer, *batch).detach() for batch in batches])

    def run_and_release(make):
        losses = run(make)
        release()
        return losses

    return [run_and_release(make) for make in makers]


@answers.wrong("losses-of-one")
def one_list_for_one(makers, batches, release):
    found = []
    for make in makers:
        found.append(_one_run(make, batches))
        release()
    return found[0] if len(found) == 1 else found


@answers.wrong("same-maker")
def by_maker(makers, batches, release):
    found = {}
    for make in makers:
        found[make] = _one_run(make, batches)
        release()
    return list(found.values())


@answers.wrong("with-norm")
def in_evaluation_mode(makers, batches, release):
    found = []
    for make in makers:
        found.append(_one_run(lambda make=make: make().eval(), batches))
        release()
    return found


@answers.wrong("swallowed")
def without_those_that_fail(makers, batches, release):
    found = []
    for make in makers:
        try:
            found.append(_one_run(make, batches))
        except RuntimeError:
            found.append([])
        release()
    return found

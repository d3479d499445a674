"""Answers to 03.5 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("03.5", "check_run_all")


def _train(network, batches, rate=0.1):
    optimizer = torch.optim.SGD(network.parameters(), lr=rate)
    losses = []
    for inputs, labels in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(network(inputs), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


# Wrong answers.


@answers.wrong("?", "all networks are made at first; shows for two makers")
def all_at_once(makers, batches, release):
    networks = [make() for make in makers]
    found = []
    while networks:
        found.append(_train(networks.pop(0), batches))
        release()
    return found


@answers.wrong("?", "the trained networks are kept in a list")
def kept_in_a_list(makers, batches, release):
    trained, found = [], []
    for make in makers:
        trained.append(make())
        found.append(_train(trained[-1], batches))
        release()
    return found


@answers.wrong("?", "the name in the loop still holds the network when release is called and when the next is made")
def name_in_the_loop(makers, batches, release):
    found = []
    for make in makers:
        network = make()
        found.append(_train(network, batches))
        release()
    return found


@answers.wrong("?", "loss tensors in the list, which hold the graph, in place of numbers")
def loss_tensors(makers, batches, release):
    def run(make):
        network = make()
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
        found.append(run(make))
        release()
    return found


@answers.wrong("?", "network and loss are deleted, the optimizer still holds the weights")
def optimizer_forgotten(makers, batches, release):
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
            del loss
        found.append(losses)
        del network
        release()
    return found


@answers.wrong("?", "network and optimizer are deleted, the last loss still holds the weights")
def loss_forgotten(makers, batches, release):
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
        del network, optimizer
        release()
    return found


@answers.wrong("?", "release is called in a finally of the run itself, while its names still hold the network")
def released_inside(makers, batches, release):
    def run(make):
        network = make()
        try:
            return _train(network, batches)
        finally:
            release()

    return [run(make) for make in makers]


@answers.wrong("?", "release is never called: a network that points at itself is still there beside the next")
def never_released(makers, batches, release):
    return [_train(make(), batches) for make in makers]


@answers.wrong("?", "release is called once at the end, not after each network")
def released_at_the_end(makers, batches, release):
    found = [_train(make(), batches) for make in makers]
    release()
    return found


@answers.wrong("?", "release is called before each network but the first, so never after the last")
def not_after_the_last(makers, batches, release):
    found = []
    for number, make in enumerate(makers):
        if number:
            release()
        found.append(_train(make(), batches))
    return found


@answers.wrong("?", "release is called in every step as well, where it is slow")
def released_in_every_step(makers, batches, release):
    def run(make):
        network = make()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        losses = []
        for inputs, labels in batches:
            optimizer.zero_grad()
            loss = F.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            release()
        return losses

    found = []
    for make in makers:
        found.append(run(make))
        release()
    return found


@answers.wrong("?", "gradients add up from step to step; shows from the third loss on")
def gradients_add_up(makers, batches, release):
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


@answers.wrong("?", "a rate of 0.01; shows from the second loss on")
def a_tenth_of_the_rate(makers, batches, release):
    found = []
    for make in makers:
        found.append(_train(make(), batches, rate=0.01))
        release()
    return found


@answers.wrong("?", "one flat list of losses, not one list for each network")
def a_flat_list(makers, batches, release):
    found = []
    for make in makers:
        found += _train(make(), batches)
        release()
    return found


@answers.wrong("?", "the mean loss of each network, not the list of its losses")
def mean_losses(makers, batches, release):
    found = []
    for make in makers:
        losses = _train(make(), batches)
        found.append([sum(losses) / max(1, len(losses))])
        release()
    return found


@answers.wrong("?", "the loss after the step is written down; and the network runs twice for each batch")
def loss_after_the_step(makers, batches, release):
    def run(network):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        losses = []
        for inputs, labels in batches:
            optimizer.zero_grad()
            F.cross_entropy(network(inputs), labels).backward()
            optimizer.step()
            with torch.no_grad():
                losses.append(F.cross_entropy(network(inputs), labels).item())
        return losses

    found = []
    for make in makers:
        found.append(run(make()))
        release()
    return found


@answers.wrong(
    "?", "the list of losses is a default argument: the second network's losses follow the first's, in the same list"
)
def one_list_for_all(makers, batches, release):
    def run(network, losses=[]):
        losses += _train(network, batches)
        return losses

    found = []
    for make in makers:
        found.append(run(make()))
        release()
    return found


@answers.wrong("?", "the networks are put into evaluation mode; shows for those with dropout or batch norm")
def trained_in_evaluation_mode(makers, batches, release):
    found = []
    for make in makers:
        found.append(_train(make().eval(), batches))
        release()
    return found


@answers.wrong("?", "a generator, not a list: nothing runs before somebody asks")
def lazily(makers, batches, release):
    for make in makers:
        yield _train(make(), batches)
        release()


@answers.wrong("?", "the batches are shuffled in place: another order, and the caller's list is changed")
def shuffled_in_place(makers, batches, release):
    import random

    found = []
    for make in makers:
        random.Random(len(found)).shuffle(batches)
        found.append(_train(make(), batches))
        release()
    return found


# Right answers.


@answers.right
def two_functions(makers, batches, release):
    def steps(make):
        network = make()
        optimizer = torch.optim.SGD(params=list(network.parameters()), lr=1e-1)
        for inputs, labels in batches:
            loss = F.cross_entropy(network(inputs), labels)
            optimizer.zero_grad(set_to_none=False)
            loss.backward()
            optimizer.step()
            yield float(loss)

    found = []
    for make in makers:
        found.append(list(steps(make)))
        release()
    return found


@answers.right
def by_hand(makers, batches, release):
    """Every name is deleted by hand, as the report did."""
    result = []
    for number in range(len(makers)):
        network = makers[number]()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        logits = loss = None
        losses = []
        for batch in batches:
            optimizer.zero_grad()
            logits = network(batch[0])
            loss = F.cross_entropy(logits, batch[1])
            loss.backward()
            optimizer.step()
            losses.append(loss.detach().item())
        del network, optimizer, logits, loss
        result.append(losses)
        release()
    return result


@answers.right
def recursively(makers, batches, release):
    if not makers:
        return []
    first, *others = makers
    losses = _Run(first).over(batches)
    release()
    return [losses, *recursively(others, batches, release)]


class _Run:
    def __init__(self, make):
        self.make = make

    def over(self, batches):
        network = self.make()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        return [self.step(network, optimizer, *batch) for batch in batches]

    @staticmethod
    def step(network, optimizer, inputs, labels):
        network.zero_grad()
        loss = F.cross_entropy(network(inputs), labels)
        loss.backward()
        optimizer.step()
        return loss.item()


@answers.right
def with_a_closure(makers, batches, release):
    """The optimizer steps with a closure."""

    def one(network):
        optimizer = torch.optim.SGD(network.parameters(), 0.1)

        def losses_of(inputs, labels):
            def closure():
                optimizer.zero_grad()
                loss = F.cross_entropy(network(inputs), labels)
                loss.backward()
                return loss

            return optimizer.step(closure).item()

        return [losses_of(*batch) for batch in batches]

    found = [None] * len(makers)
    for k, make in enumerate(makers):
        found[k] = one(make())
        release()
    return found


@answers.right
def in_one_comprehension(makers, batches, release):
    def run(make):
        network, numbers = make(), torch.zeros(len(batches), dtype=torch.float64)
        optimizer = torch.optim.SGD([{"params": network.parameters(), "lr": 0.1}], lr=1.0)
        for k, (inputs, labels) in enumerate(batches):
            loss = F.cross_entropy(network(inputs), labels)
            for p in network.parameters():
                p.grad = None
            loss.backward()
            numbers[k] = loss.item()
            optimizer.step()
        return numbers.tolist()

    return [losses for make in makers for losses, _ in [(run(make), release())]]


@answers.right
def with_a_dictionary(makers, batches, release):
    """Names live in a dictionary that is emptied."""
    found = []
    for make in list(makers):
        things = {"network": make()}
        things["optimizer"] = torch.optim.SGD(things["network"].parameters(), lr=0.1)
        losses = []
        for inputs, labels in batches:
            things["optimizer"].zero_grad()
            things["loss"] = F.cross_entropy(things["network"](inputs), labels)
            things["loss"].backward()
            things["optimizer"].step()
            losses.append(things["loss"].item())
        things.clear()
        found.append(losses)
        release()
    return found

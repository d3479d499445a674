"""Answers to 03.5 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("03.5", "check_run_all")


def _one_run(network, batches):
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    losses = []
    for inputs, labels in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(network(inputs), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


# (a) common mistakes
@answers.wrong(
    "all-at-once", "Makes all networks before the first run: all are in memory together, for two makers or more."
)
def all_at_once(makers, batches, release):
    networks = [make() for make in makers]
    results = []
    while networks:
        results.append(_one_run(networks.pop(0), batches))
        release()
    return results


@answers.wrong("weights-held", "Keeps loss tensors, whose graphs hold the weights of every network.")
def keeps_graphs(makers, batches, release):
    def one(network):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        losses = []
        for inputs, labels in batches:
            optimizer.zero_grad()
            losses.append(F.cross_entropy(network(inputs), labels))
            losses[-1].backward()
            optimizer.step()
        return losses

    results = []
    for make in makers:
        results.append(one(make()))
        release()
    return results


@answers.wrong(
    "weights-held",
    "Deletes the network's name before the release, but the optimizer and the last loss still hold its weights.",
)
def optimizer_lives_on(makers, batches, release):
    results = []
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
        del network
        release()
        results.append(losses)
    return results


@answers.wrong(
    "gradients-added", "zero_grad is forgotten: gradients add up, so the losses from the third batch on are others."
)
def adds_gradients(makers, batches, release):
    def one(network):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        losses = []
        for inputs, labels in batches:
            loss = F.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    results = []
    for make in makers:
        results.append(one(make()))
        release()
    return results


# (b) wrong in special cases only
@answers.wrong(
    "same-maker", "Keeps the results by maker: the same maker given twice yields one list of losses instead of two."
)
def by_maker(makers, batches, release):
    results = {}
    for make in makers:
        results[make] = _one_run(make(), batches)
        release()
    return list(results.values())


@answers.wrong(
    "losses-shape",
    "Leaves out batches that are smaller than the first: the last one is not trained on if images remain.",
)
def full_batches_only(makers, batches, release):
    full = [batch for batch in batches if len(batch[1]) == len(batches[0][1])]
    results = []
    for make in makers:
        results.append(_one_run(make(), full))
        release()
    return results


@answers.wrong(
    "release-order",
    "`release` is never called, Python's collector is run in its place: whatever the caller's function does is left out.",
)
def own_collector(makers, batches, release):
    import gc

    results = []
    for make in makers:
        results.append(_one_run(make(), batches))
        gc.collect()
    return results


@answers.wrong(
    "release-order", "Releases only between two networks: the last network (or the only one) is never released."
)
def only_between(makers, batches, release):
    results = []
    for number, make in enumerate(makers):
        if number > 0:
            release()
        results.append(_one_run(make(), batches))
    return results


# (c) broken promises
@answers.wrong("changes-input", "Takes the makers out of the caller's list, which is empty afterwards.")
def empties_makers(makers, batches, release):
    results = []
    while makers:
        results.append(_one_run(makers.pop(0)(), batches))
        release()
    return results


@answers.wrong(
    "leaves-behind",
    "Reseeds the global generator before each network: the caller's random state is lost, and equal makers give equal networks.",
)
def reseeds(makers, batches, release):
    results = []
    for make in makers:
        torch.manual_seed(0)
        results.append(_one_run(make(), batches))
        release()
    return results


@answers.wrong(
    "with-norm",
    "Trains in eval mode: batch norm's statistics stand still and dropout is off, so the losses of such networks are others.",
)
def in_eval_mode(makers, batches, release):
    results = []
    for make in makers:
        results.append(_one_run(make().eval(), batches))
        release()
    return results


@answers.wrong(
    "losses-of-one", "The list of results is a default argument: a second call returns the first call's losses, too."
)
def collects(makers, batches, release, results=[]):
    for make in makers:
        results.append(_one_run(make(), batches))
        release()
    return results


# right
@answers.right
def recursive(makers, batches, release):
    def losses(make):
        network = make()
        optimizer = torch.optim.SGD(list(network.parameters()), lr=0.1)

        def step(batch):
            inputs, labels = batch
            optimizer.zero_grad(set_to_none=False)
            loss = F.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            return float(loss.detach())

        return [step(batch) for batch in batches]

    if len(makers) == 0:
        return []
    own = losses(makers[0])
    release()
    return [own, *recursive(makers[1:], batches, release)]


class _Run:
    """One network's run; `close` drops everything that holds the network."""

    def __init__(self, make):
        self.network = make()
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=0.1)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        del self.network, self.optimizer

    def train(self, batches):
        values = torch.empty(len(batches), dtype=torch.float64)
        for number, (inputs, labels) in enumerate(batches):
            self.network.zero_grad()
            loss = torch.nn.CrossEntropyLoss()(self.network(inputs), labels)
            loss.backward()
            self.optimizer.step()
            values[number] = loss.detach()
        return values.tolist()


@answers.right
def with_a_class(makers, batches, release):
    results = []
    for make in makers:
        with _Run(make) as run:
            results.append(run.train(batches))
        release()
    return results


@answers.right
def one_loop_that_deletes(makers, batches, release):
    results = [[] for _ in makers]
    for make, losses in zip(makers, results, strict=True):
        network = make()
        optimizer = torch.optim.SGD(network.parameters(), 0.1)
        for batch in batches:
            optimizer.zero_grad()
            outputs = network(batch[0])
            loss = F.cross_entropy(outputs, batch[1])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            del outputs, loss
        del network, optimizer
        release()
    return results

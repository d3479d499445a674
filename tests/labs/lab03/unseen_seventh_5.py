"""Answers to 03.5 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("03.5", "check_run_all")


def one_run(network, batches):
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    losses = []
    for inputs, labels in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(network(inputs), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@answers.wrong("?", "makes all networks at once, so that all are in memory together")
def all_at_once(makers, batches, release):
    networks = [make() for make in makers]
    found = []
    while networks:
        found.append(one_run(networks.pop(0), batches))
        release()
    return found


@answers.wrong("?", "keeps loss tensors until the end, and with them the graph and weights of every network")
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
    return [[loss.item() for loss in losses] for losses in found]


@answers.wrong("?", "calls release in every step as well, while the network lives")
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
            release()
        return losses

    found = []
    for make in makers:
        found.append(run(make()))
        release()
    return found


@answers.wrong("?", "the name `network` of the loop still holds the network when release is called")
def name_lives_on(makers, batches, release):
    found = []
    for make in makers:
        network = make()
        found.append(one_run(network, batches))
        release()
    return found


@answers.wrong("?", "deletes the network but not the optimizer, which holds its parameters")
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
            del loss
        del network
        release()
        found.append(losses)
    return found


@answers.wrong("?", "deletes network and optimizer but not the last loss, whose graph holds the weights")
def loss_lives_on(makers, batches, release):
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
        del network, optimizer
        release()
        found.append(losses)
    return found


@answers.wrong("?", "no zero_grad: the gradients of earlier batches are added up; shows from the third loss on")
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


@answers.wrong("?", "runs the network again after the step and reports that loss: other values, statistics moved twice")
def after_the_step(makers, batches, release):
    def run(network):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        losses = []
        for inputs, labels in batches:
            optimizer.zero_grad()
            F.cross_entropy(network(inputs), labels).backward()
            optimizer.step()
            losses.append(F.cross_entropy(network(inputs), labels).item())
        return losses

    found = []
    for make in makers:
        found.append(run(make()))
        release()
    return found


@answers.wrong("?", "releases before each network and not after it: the last one, a ring, is left in memory")
def release_first(makers, batches, release):
    found = []
    for make in makers:
        release()
        found.append(one_run(make(), batches))
    return found


@answers.wrong("?", "one and the same list for all networks ([[]] * n)")
def same_list(makers, batches, release):
    def run(network, losses):
        losses.extend(one_run(network, batches))

    found = [[]] * len(makers)
    for make, losses in zip(makers, found):
        run(make(), losses)
        release()
    return found


@answers.wrong("?", "SGD with momentum 0.9, which the text does not ask for; shows from the third loss on")
def with_momentum(makers, batches, release):
    def run(network):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
        losses = []
        for inputs, labels in batches:
            optimizer.zero_grad()
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


@answers.wrong("?", "releases only between networks, not after the last one, though the text says after each")
def between_only(makers, batches, release):
    found = []
    for number, make in enumerate(makers):
        found.append(one_run(make(), batches))
        if number < len(makers) - 1:
            release()
    return found


@answers.wrong("?", "puts the network into evaluation mode before training: other losses with batch norm or dropout")
def in_eval_mode(makers, batches, release):
    found = []
    for make in makers:
        found.append(one_run(make().eval(), batches))
        release()
    return found


@answers.wrong("?", "a maker that is in the list twice is run once, and its losses are copied")
def remembering(makers, batches, release):
    done = {}
    for make in makers:
        if make not in done:
            done[make] = one_run(make(), batches)
            release()
    return [list(done[make]) for make in makers]


@answers.right
def in_one_line(makers, batches, release):
    return [(one_run(make(), batches), release())[0] for make in makers]


@answers.right
def names_deleted(makers, batches, release):
    everything = []
    for make in makers:
        network = make()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        losses, loss, outputs = [], None, None
        for inputs, labels in batches:
            optimizer.zero_grad(set_to_none=False)
            outputs = network(inputs)
            loss = F.cross_entropy(outputs, labels)
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        del network, optimizer, loss, outputs
        everything.append(losses)
        release()
    return everything


@answers.right
def with_closures(makers, batches, release):
    def run(make):
        network = make()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)

        def step(inputs, labels):
            def closure():
                network.zero_grad()
                loss = F.cross_entropy(network(inputs), labels)
                loss.backward()
                return loss

            return optimizer.step(closure).item()

        return [step(*batch) for batch in batches]

    def run_and_release(make):
        losses = run(make)
        release()
        return losses

    return list(map(run_and_release, makers))


@answers.right
def by_recursion(makers, batches, release):
    def go(left):
        if not left:
            return []
        make, *others = left
        losses = one_run(make(), batches)
        release()
        return [losses, *go(others)]

    return go(list(makers))


@answers.right
def with_a_class(makers, batches, release):
    class Run:
        def __init__(self, network):
            self.network = network
            self.optimizer = torch.optim.SGD([{"params": list(network.parameters())}], lr=0.1, foreach=False)
            self.losses = []

        def step(self, inputs, labels):
            loss = F.cross_entropy(self.network(inputs), labels)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.losses.append(loss.detach().item())

        def close(self):
            self.network = self.optimizer = None
            return self.losses

    result = []
    for make in makers:
        run = Run(make())
        for batch in batches:
            run.step(*batch)
        result.append(run.close())
        release()
    return result


@answers.right
def with_a_generator(makers, batches, release):
    def losses_of(network):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        for inputs, labels in batches:
            optimizer.zero_grad()
            loss = F.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            yield loss.detach().clone().numpy(force=True).item()

    found = []
    for make in makers:
        found.append(list(losses_of(make())))
        release()
    return found

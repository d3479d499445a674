"""Answers to 04.3 by students who know its text alone."""

import torch
from helpers.answers import Answers
from torch import nn

from resnet_labs.train.evaluation import evaluating

answers = Answers("04.3", "check_features")


# Right: the mode of every part is kept in a dictionary; the head is Identity meanwhile and is put back in any case.
@answers.right
def by_identity(network, batches):
    modes = {module: module.training for module in network.modules()}
    head = network.fc
    try:
        network.eval()
        network.fc = nn.Identity()
        with torch.no_grad():
            return torch.cat([network(images) for images, _ in batches], dim=0)
    finally:
        network.fc = head
        for module, mode in modes.items():
            module.training = mode


# Right: a pre-hook raises as soon as the head is reached, so that the head itself is never computed.
class Reached(Exception):
    pass


@answers.right
@torch.no_grad()
def stops_at_the_head(network, batches):
    def stop(module, inputs):
        raise Reached(inputs[0])

    def rows(images):
        try:
            network(images)
        except Reached as reached:
            return reached.args[0]

    handle = network.fc.register_forward_pre_hook(stop)
    try:
        with evaluating(network):
            return torch.vstack([rows(images) for images, _ in batches])
    finally:
        handle.remove()


# Right: an object; a forward hook of its own is put on and taken off for each batch, rows are joined from single rows.
class Features:
    def __call__(self, network, batches):
        rows = []
        with evaluating(network), torch.autograd.grad_mode.set_grad_enabled(False):
            for batch in batches:
                handle = network.fc.register_forward_hook(lambda _, seen, __: rows.extend(seen[0].unbind(0)))
                network(batch[0])
                handle.remove()
        return torch.stack(rows)


answers.right(Features())


def hooked(network, batches):
    seen = []
    handle = network.fc.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    for images, _ in batches:
        network(images)
    handle.remove()
    return seen


@answers.wrong("left-parts", "the head is Identity afterwards: network.fc is gone")
def head_gone(network, batches):
    network.fc = nn.Identity()
    with evaluating(network), torch.no_grad():
        return torch.cat([network(images) for images, _ in batches])


@answers.wrong("left-hooks", "the hook is not removed: network.fc has one more pre-hook after each call")
def hook_left(network, batches):
    seen = []

    def keep(module, inputs):
        seen.append(inputs[0])

    network.fc.register_forward_pre_hook(keep)
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    return torch.cat(seen)


@answers.wrong(
    "left-modes", "network.eval() and no way back: a network in training mode is in evaluation mode afterwards"
)
def left_in_eval(network, batches):
    network.eval()
    with torch.no_grad():
        return torch.cat(hooked(network, batches))


@answers.wrong(
    "left-modes",
    "the network's own mode is given to all parts: a batch norm in eval inside a network in training mode trains afterwards",
)
def one_mode_for_all(network, batches):
    was = network.training
    network.eval()
    with torch.no_grad():
        found = torch.cat(hooked(network, batches))
    network.train(was)
    return found


@answers.wrong(
    "keeps-graph", "no no_grad: the features of a network that is not frozen require gradients and keep the graph"
)
def with_graph(network, batches):
    with evaluating(network):
        return torch.cat(hooked(network, batches))


@answers.wrong(
    "training-mode", "no evaluation mode: in training mode batch norm uses the batch and moves its running statistics"
)
def in_its_own_mode(network, batches):
    with torch.no_grad():
        return torch.cat(hooked(network, batches))


@answers.wrong("raises", "torch.stack and flatten: crashes where the last batch is smaller")
def stacked(network, batches):
    with evaluating(network), torch.no_grad():
        return torch.stack(hooked(network, batches)).flatten(0, 1)


@answers.wrong("logits", "the outputs of the head, (N, classes), instead of its inputs")
def logits(network, batches):
    with evaluating(network), torch.no_grad():
        return torch.cat([network(images) for images, _ in batches])


@answers.wrong(
    "raises",
    "all children but the last in a row: what forward() does between them, and hooks on the network (normalisation), is left out",
)
def children_in_a_row(network, batches):
    body = nn.Sequential(*list(network.children())[:-1])
    with evaluating(network), torch.no_grad():
        return torch.cat([body(images).flatten(1) for images, _ in batches])


@answers.wrong("left-requires-grad", "all parameters are frozen and none is thawed: which parameters train has changed")
def frozen_afterwards(network, batches):
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    with evaluating(network):
        return torch.cat(hooked(network, batches))


@answers.wrong(
    "left-hooks", "cleans up by clearing all pre-hooks of the head: one that was there before is gone as well"
)
def all_hooks_cleared(network, batches):
    seen = []
    network.fc.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    network.fc._forward_pre_hooks.clear()
    return torch.cat(seen)


@answers.wrong(
    "raises", "squeeze() on every batch: a batch of one image loses its row dimension, torch.cat crashes or gives (D,)"
)
def squeezed(network, batches):
    with evaluating(network), torch.no_grad():
        return torch.cat([rows.squeeze() for rows in hooked(network, batches)])

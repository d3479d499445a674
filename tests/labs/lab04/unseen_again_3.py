"""More answers to 04.3 by someone who knew the exercise and not its check."""

from contextlib import ExitStack

import torch
from helpers.answers import Answers
from torch import nn

from resnet_labs.train.evaluation import evaluating

answers = Answers("04.3", "check_features")


# A forward hook on the head, which gets its inputs too.
@answers.right
def by_forward_hook(network, batches):
    rows = []
    with ExitStack() as stack:
        handle = network.fc.register_forward_hook(lambda head, inputs, output: rows.append(inputs[0].detach().clone()))
        stack.callback(handle.remove)
        stack.enter_context(evaluating(network))
        stack.enter_context(torch.no_grad())
        for images, _ in batches:
            network(images)
    return torch.cat(rows, dim=0)


# The head is an identity for a while; modes are remembered by hand.
@answers.right
@torch.no_grad()
def by_identity(network, batches):
    head, modes = network.fc, [(module, module.training) for module in network.modules()]
    try:
        network.eval()
        network.fc = nn.Identity()
        return torch.cat([network(batch[0]) for batch in batches])
    finally:
        network.fc = head
        for module, mode in modes:
            module.training = mode


# A stub for the head that keeps what it sees and gives back the first column.
class _Stub(nn.Module):
    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x):
        self.seen.extend(x.detach().unbind())
        return x[:, :1]


@answers.right
def by_stub(network, batches):
    stub, head = _Stub(), network.fc
    with evaluating(network):
        network.fc = stub
        try:
            with torch.set_grad_enabled(False):
                for images, _labels in iter(batches):
                    network(images)
        finally:
            network.fc = head
    return torch.stack(stub.seen)


def _collect(network, batches, keep=lambda x: x, join=torch.cat):
    rows = []
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: rows.append(keep(inputs[0])))
    try:
        for images, _ in batches:
            network(images)
    finally:
        handle.remove()
    return join(rows)


@answers.wrong(
    "training-mode",
    "stays in the mode it finds: in training mode batch statistics are used and running statistics move",
)
def in_training_mode(network, batches):
    with torch.no_grad():
        return _collect(network, batches)


@answers.wrong("left-modes", "training mode for all parts afterwards, whatever they had before")
def train_afterwards(network, batches):
    network.eval()
    with torch.no_grad():
        rows = _collect(network, batches)
    network.train()
    return rows


@answers.wrong(
    "left-modes", "restores the mode of the network alone: parts with another mode, such as a held batch norm, lose it"
)
def one_mode(network, batches):
    was_training = network.training
    network.eval()
    with torch.no_grad():
        rows = _collect(network, batches)
    network.train(was_training)
    return rows


@answers.wrong("left-hooks", "the hook stays: every later pass goes on collecting")
def hook_stays(network, batches):
    rows = []
    network.fc.register_forward_pre_hook(lambda head, inputs: rows.append(inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    return torch.cat(rows)


@answers.wrong("left-parts", "the head is left an identity")
def head_is_lost(network, batches):
    network.fc = nn.Identity()
    with evaluating(network), torch.no_grad():
        return torch.cat([network(images) for images, _ in batches])


@answers.wrong("left-hooks", "removes all pre-hooks of the head, those of others too")
def clears_hooks(network, batches):
    rows = []
    network.fc.register_forward_pre_hook(lambda head, inputs: rows.append(inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    network.fc._forward_pre_hooks.clear()
    return torch.cat(rows)


@answers.wrong("keeps-graph", "gradients are on: the features keep the graph of an unfrozen network")
def with_graph(network, batches):
    with evaluating(network):
        return _collect(network, batches)


@answers.wrong("left-requires-grad", "requires_grad is switched off for all weights and never on again")
def stops_training(network, batches):
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    with evaluating(network):
        return _collect(network, batches)


@answers.wrong(
    "raises", "squeezes each batch: a batch of one image loses its row axis, and cat crashes or returns (D,)"
)
def squeezes(network, batches):
    with evaluating(network), torch.no_grad():
        return _collect(network, batches, keep=lambda x: x.squeeze())


@answers.wrong("raises", "stacks batches and joins their axes: crashes where the last batch is smaller")
def stacks(network, batches):
    with evaluating(network), torch.no_grad():
        return _collect(network, batches, join=lambda rows: torch.stack(rows).flatten(0, 1))


@answers.wrong("logits", "what the head returns, not what it sees: logits")
def logits(network, batches):
    with evaluating(network), torch.no_grad():
        return torch.cat([network(images) for images, _ in batches])


@answers.wrong(
    "raises", "runs all parts but the last in a row: relies on more than fc, crashes or differs where forward does more"
)
def children_in_a_row(network, batches):
    body = nn.Sequential(*list(network.children())[:-1])
    with evaluating(network), torch.no_grad():
        return torch.cat([body(images).flatten(1) for images, _ in batches])


@answers.wrong("last-batch", "only the features of the last batch")
def last_batch(network, batches):
    with evaluating(network), torch.no_grad():
        return _collect(network, batches, join=lambda rows: rows[-1])


@answers.wrong(
    "raises", "counts the images in a first walk: a generator is exhausted then, and nothing is left to join"
)
def walks_twice(network, batches):
    total = sum(len(images) for images, _ in batches)
    with evaluating(network), torch.no_grad():
        rows = _collect(network, batches)
    return rows[:total]


@answers.wrong("leaves-behind", "gradients are switched off for the whole program and stay off")
def gradients_off(network, batches):
    torch.set_grad_enabled(False)
    with evaluating(network):
        return _collect(network, batches)

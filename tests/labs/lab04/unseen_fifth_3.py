"""Answers to 04.3 by students who know its text alone."""

import torch
from helpers.answers import Answers
from torch import nn

from resnet_labs.train.evaluation import evaluating

answers = Answers("04.3", "check_features")


def inputs_of_fc(network, batches):
    """Yield what fc sees of each batch; sets no mode and no grad mode."""
    seen = []
    handle = network.fc.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    try:
        for images, _ in batches:
            network(images)
            yield seen.pop()
    finally:
        handle.remove()


# --- wrong: common mistakes -------------------------------------------------------------


@answers.wrong(
    "training-mode",
    "the pass runs in the mode that the network has, so statistics move and dropout drops; a network in training mode",
)
def in_whatever_mode(network, batches):
    with torch.no_grad():
        return torch.cat(list(inputs_of_fc(network, batches)))


@answers.wrong(
    "keeps-graph", "the pass runs with gradients and the features keep a graph; a network that is not frozen"
)
def with_a_graph(network, batches):
    with evaluating(network):
        return torch.cat(list(inputs_of_fc(network, batches)))


@answers.wrong(
    "left-modes",
    "the network is put into training mode at the end, however it was before; a network in evaluation mode",
)
def always_back_to_training(network, batches):
    network.eval()
    with torch.no_grad():
        rows = torch.cat(list(inputs_of_fc(network, batches)))
    network.train()
    return rows


@answers.wrong("left-hooks", "the hook is never removed; any network, and it grows with each call")
def hook_that_stays(network, batches):
    seen = []
    network.fc.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    return torch.cat(seen)


# --- wrong: right on the visible example ------------------------------------------------


@answers.wrong(
    "raises",
    "the parts are called one by one instead of the network, so hooks of the network and other forward passes are passed over; a network with a normalising pre-hook or other parts",
)
def part_by_part(network, batches):
    rows = []
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            maps = images
            for name, part in network.named_children():
                if name == "fc":
                    break
                maps = part(maps)
                if name == "bn1":
                    maps = maps.relu()
            rows.append(maps.flatten(1))
    return torch.cat(rows)


@answers.wrong(
    "short-batch-lost",
    "a last batch that is smaller than the first is left out; a number of images that the batch size does not divide",
)
def full_batches_only(network, batches):
    with evaluating(network), torch.no_grad():
        rows = list(inputs_of_fc(network, batches))
    rows = [batch for batch in rows if len(batch) == len(rows[0])]
    return torch.cat(rows)


@answers.wrong("raises", "64 features are taken for granted; a network with another number gives other rows")
def always_64(network, batches):
    with evaluating(network), torch.no_grad():
        rows = [batch.reshape(-1, 64) for batch in inputs_of_fc(network, batches)]
    return torch.cat(rows)


@answers.wrong(
    "walked-twice",
    "the batches are walked through twice, first to count the images; a generator gives no images the second time",
)
def walks_twice(network, batches):
    total = sum(len(images) for images, _ in batches)
    table, at = torch.zeros(total, network.fc.in_features), 0
    table = table.to(network.fc.weight)
    with evaluating(network), torch.no_grad():
        for rows in inputs_of_fc(network, batches):
            table[at : at + len(rows)] = rows
            at += len(rows)
    return table


# --- wrong: a broken promise ------------------------------------------------------------


@answers.wrong(
    "left-parts",
    "a copy of the head comes back, not the head itself: an optimizer made before moves the old one; any network",
)
def copy_of_the_head(network, batches):
    head = nn.Linear(
        network.fc.in_features,
        network.fc.out_features,
        bias=network.fc.bias is not None,
        device=network.fc.weight.device,
        dtype=network.fc.weight.dtype,
    )
    head.load_state_dict(network.fc.state_dict())
    head.train(network.fc.training)
    with evaluating(network), torch.no_grad():
        network.fc = nn.Identity()
        rows = torch.cat([network(images) for images, _ in batches])
    network.fc = head
    return rows


@answers.wrong(
    "left-modes",
    "only the mode of the whole network is remembered, its parts all get the same; a network some parts of which are in evaluation mode",
)
def one_mode_for_all(network, batches):
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            return torch.cat(list(inputs_of_fc(network, batches)))
    finally:
        network.train(was_training)


@answers.wrong(
    "walked-twice-shape",
    "the default list is kept between calls: a second call returns the rows of the first one too; any second call",
)
def list_between_calls(network, batches, rows=[]):
    with evaluating(network), torch.no_grad():
        rows.extend(inputs_of_fc(network, batches))
    return torch.cat(rows)


@answers.wrong(
    "leaves-behind", "gradients are switched off for the whole program and never on again; any training afterwards"
)
def gradients_off_for_good(network, batches):
    torch.set_grad_enabled(False)
    with evaluating(network):
        return torch.cat(list(inputs_of_fc(network, batches)))


# --- right ------------------------------------------------------------------------------


@answers.right
def identity_for_a_while(network, batches):
    head = network.fc
    with evaluating(network):
        try:
            network.fc = nn.Identity()
            passes = map(torch.no_grad()(lambda batch: network(batch[0])), batches)
            return torch.cat(tuple(passes))
        finally:
            network.fc = head


class Enough(Exception):
    """Stops a pass at the head."""


@answers.right
def stop_at_the_head(network, batches):
    """The head is not run at all; modes are kept by hand."""
    modes = [(module, module.training) for module in network.modules()]
    rows = []

    def stop(module, inputs):
        rows.append(inputs[0].clone())
        raise Enough

    handle = network.fc.register_forward_pre_hook(stop)
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        network.eval()
        for batch in batches:
            try:
                network(batch[0])
            except Enough:
                continue
    finally:
        torch.set_grad_enabled(before)
        handle.remove()
        for module, mode in modes:
            module.training = mode
    return torch.vstack(rows)


class Tap:
    def __init__(self, layer):
        self.handle = layer.register_forward_hook(self)

    def __call__(self, layer, inputs, output):
        (self.last,) = inputs

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.handle.remove()


@answers.right
def recursion_over_batches(network, batches):
    with evaluating(network), torch.inference_mode(), Tap(network.fc) as tap:

        def rest(iterator):
            batch = next(iterator, None)
            if batch is None:
                return ()
            network(batch[0])
            return (tap.last, *rest(iterator))

        rows = rest(iter(batches))
    # Outside inference mode, so that a head can be trained on them.
    return torch.cat([each.clone() for each in rows], dim=0)

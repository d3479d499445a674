"""Answers to 04.3 by someone who looked for what its check may not ask."""

import copy
from contextlib import ExitStack

import torch
from helpers.answers import Answers
from torch import nn

from resnet_labs.train.evaluation import evaluating

answers = Answers("04.3", "check_features")


# Right: the head's forward is shadowed on the instance for the pass and uncovered afterwards; modes are kept in a dict
# by hand, part by part. No hook, no other module.
@answers.right
def shadowed_forward(network, batches):
    modes = {part: part.training for part in network.modules()}
    seen, head, shadow = [], network.fc, network.fc.__dict__.get("forward")
    plain = head.forward

    def watch(features):
        seen.append(features.clone())
        return plain(features)

    try:
        head.forward = watch
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        if shadow is None:
            del head.__dict__["forward"]
        else:
            head.forward = shadow
        for part, mode in modes.items():
            part.training = mode
    return torch.cat(seen)


# Right: a forward hook gives the inputs too; all cleaning is on one stack, the last step is a list of single rows.
@answers.right
def rows_on_a_stack(network, batches):
    rows = []
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(evaluating(network))
        handle = network.fc.register_forward_hook(lambda head, inputs, logits: rows.extend(inputs[0].unbind()))
        stack.callback(handle.remove)
        for batch in batches:
            network(batch[0])
    return torch.stack(rows)


@answers.wrong(
    "inference", "inference mode: the features can never be trained on, backward through a head on them is an error"
)
def in_inference_mode(network, batches):
    rows = []
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: rows.append(inputs[0]))
    try:
        with evaluating(network), torch.inference_mode():
            for images, _ in batches:
                network(images)
            return torch.cat(rows)
    finally:
        handle.remove()


@answers.wrong(
    "walked-twice-shape",
    "the list is made once, with the function: the second call returns the first one's rows as well",
)
def list_as_default(network, batches, rows=[]):
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: rows.append(inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    handle.remove()
    return torch.cat(rows)


@answers.wrong("left-parts", "puts back a copy of the head: an optimizer knows the old one")
def copy_of_the_head(network, batches):
    head = copy.deepcopy(network.fc)
    with evaluating(network), torch.no_grad():
        network.fc = nn.Identity()
        rows = [network(images) for images, _ in batches]
    network.fc = head
    return torch.cat(rows)


@answers.wrong(
    "raises", "runs the children one by one: what the network's forward, or a hook on it, does between them is lost"
)
def children_in_a_row(network, batches):
    body = nn.Sequential(*[part for name, part in network.named_children() if name != "fc"])
    with evaluating(network), torch.no_grad():
        return torch.cat([body(images).flatten(1) for images, _ in batches])


@answers.wrong(
    "features", "watches avgpool, not the input of fc: relies on another layer's name, and misses what comes between"
)
def watches_the_pool(network, batches):
    rows = []
    pool = getattr(network, "avgpool", None) or [*network.children()][-2]
    handle = pool.register_forward_hook(
        lambda part, inputs, output: rows.append(output.flatten(2).mean(2) if output.ndim > 2 else output)
    )
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    handle.remove()
    return torch.cat(rows)


@answers.wrong("raises", "squeezes: of a batch with one image the row's axis is lost")
def squeezed(network, batches):
    rows = []
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: rows.append(inputs[0].squeeze()))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    handle.remove()
    return torch.cat(rows)


@answers.wrong("raises", "counts the images in a first walk: of a generator nothing is left for the second")
def walks_twice(network, batches):
    count = sum(len(images) for images, _ in batches)
    rows = []
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: rows.append(inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    handle.remove()
    return torch.cat(rows)[:count]


@answers.wrong("features", "takes values above 1 for bytes and divides by 255: normalised images go above 1 too")
def guesses_bytes(network, batches):
    rows = []
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: rows.append(inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images / 255 if images.max() > 1 else images)
    handle.remove()
    return torch.cat(rows)


@answers.wrong(
    "left-requires-grad",
    "stops the gradients by requires_grad and lets everything train afterwards, what was frozen too",
)
def thaws_at_the_end(network, batches):
    rows = []
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: rows.append(inputs[0]))
    network.requires_grad_(False)
    with evaluating(network):
        for images, _ in batches:
            network(images)
    network.requires_grad_(True)
    handle.remove()
    return torch.cat(rows)


@answers.wrong("left-hooks", "takes away all hooks of the head, those of others too")
def clears_hooks(network, batches):
    rows = []
    network.fc.register_forward_pre_hook(lambda head, inputs: rows.append(inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    network.fc._forward_pre_hooks.clear()
    return torch.cat(rows)


@answers.wrong("features", "only batch norm is in evaluation mode: dropout still drops")
def batch_norm_only(network, batches):
    rows = []
    norms = [part for part in network.modules() if isinstance(part, nn.modules.batchnorm._BatchNorm) and part.training]
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: rows.append(inputs[0]))
    for part in norms:
        part.eval()
    with torch.no_grad():
        for images, _ in batches:
            network(images)
    for part in norms:
        part.train()
    handle.remove()
    return torch.cat(rows)


@answers.wrong("left-gradients", "removes the gradients that were waiting for a step: the network is not as it was")
def clears_gradients(network, batches):
    rows = []
    network.zero_grad()
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: rows.append(inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    handle.remove()
    return torch.cat(rows)


@answers.wrong(
    "left-modes", "keeps the mode of the direct parts only: a batch norm that was held inside a stage trains again"
)
def modes_of_the_outside(network, batches):
    rows, modes = [], {part: part.training for part in network.children()}
    was_training = network.training
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: rows.append(inputs[0]))
    network.eval()
    with torch.no_grad():
        for images, _ in batches:
            network(images)
    network.training = was_training
    for part, mode in modes.items():
        part.train(mode)
    handle.remove()
    return torch.cat(rows)

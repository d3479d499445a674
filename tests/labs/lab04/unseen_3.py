"""Answers to 04.3 by someone who knew the exercise and not its check."""
# ruff: noqa: SIM117

import copy

import torch
from helpers.answers import Answers
from torch import nn

from resnet_labs.train.evaluation import evaluating

answers = Answers("04.3", "check_features")


def good(network, batches):
    found = []
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: found.append(inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    handle.remove()
    return torch.cat(found)


@answers.wrong("device", "collected into zeros on the CPU")
def cpu_zeros(network, batches):
    rows = good(network, batches)
    out = torch.zeros(0, rows.shape[1], dtype=rows.dtype)
    return torch.cat([out, rows])


@answers.wrong("device", "images are moved to the CPU")
def to_cpu(network, batches):
    return good(network, [(images.cpu(), labels) for images, labels in batches])


@answers.wrong("raises", "512 features")
def features_512(network, batches):
    return good(network, batches)[:, :512].reshape(-1, 512)


@answers.wrong("raises", "conv1 to layer4 called by name: other parts (dropout, hooks of the network) are passed by")
def by_names(network, batches):
    found = []
    with evaluating(network), torch.no_grad():
        for x, _ in batches:
            x = network.maxpool(network.relu(network.bn1(network.conv1(x))))
            x = network.layer4(network.layer3(network.layer2(network.layer1(x))))
            found.append(network.avgpool(x).flatten(1))
    return torch.cat(found)


@answers.wrong("raises", "all children but the last in a row: pre-hooks of the network are passed by")
def children(network, batches):
    body = nn.Sequential(*list(network.children())[:-1])
    found = []
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            found.append(body(images).flatten(1))
    return torch.cat(found)


@answers.wrong("raises", "squeeze: a last batch of one image loses its axis")
def squeezes(network, batches):
    found = []
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: found.append(inputs[0].squeeze()))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    handle.remove()
    return torch.cat([it if it.ndim == 2 else it[None] for it in found[:-1]] + [found[-1]])


@answers.wrong("short-batch-lost", "the smaller last batch is dropped")
def drops_last(network, batches):
    batches = list(batches)
    sizes = [len(images) for images, _ in batches]
    return good(network, [b for b, size in zip(batches, sizes, strict=False) if size == max(sizes)])


@answers.wrong("raises", "batches are walked through twice, which a generator does not allow")
def twice(network, batches):
    count = sum(len(images) for images, _ in batches)
    return good(network, batches)[:count]


@answers.wrong("features", "normalized in place: rows have length one")
def unit(network, batches):
    return nn.functional.normalize(good(network, batches))


@answers.wrong("left-hooks", "all hooks of the head are cleared at the end")
def clears(network, batches):
    rows = good(network, batches)
    network.fc._forward_pre_hooks.clear()
    network.fc._forward_hooks.clear()
    return rows


@answers.wrong("left-requires-grad", "everything is thawed afterwards")
def thaws(network, batches):
    network.requires_grad_(False)
    rows = good(network, batches)
    network.requires_grad_(True)
    return rows


@answers.wrong("leaves-behind", "grad mode stays off")
def grad_off(network, batches):
    torch.set_grad_enabled(False)
    return good(network, batches)


@answers.wrong("left-modes", "all parts get the mode of the network")
def one_mode(network, batches):
    was = network.training
    rows = good(network, batches)
    network.train(was)
    return rows


@answers.wrong("left-gradients", "gradients are cleared")
def clears_gradients(network, batches):
    network.zero_grad()
    return good(network, batches)


@answers.wrong("changes-input", "the images are changed in place")
def in_place(network, batches):
    return good(network, [(images.clamp_(0, 1), labels) for images, labels in batches])


@answers.wrong("left-parts", "the head is put back as a copy: the optimizer knows the old one")
def copied_head(network, batches):
    head = copy.deepcopy(network.fc)
    rows = good(network, batches)
    network.fc = head
    return rows


@answers.wrong("4: the hook is left when a batch fails")
def hook_left(network, batches):
    return good(network, batches)


answers.wrongs.pop()  # the lab's own solution leaves it too


@answers.wrong("inference", "inference_mode tensors cannot be used for training the head")
def inference(network, batches):
    found = []
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: found.append(inputs[0]))
    with evaluating(network), torch.inference_mode():
        for images, _ in batches:
            network(images)
        rows = torch.cat(found)
    handle.remove()
    return rows


@answers.wrong("logits", "the logits")
def logits(network, batches):
    with evaluating(network), torch.no_grad():
        return torch.cat([network(images) for images, _ in batches])


@answers.wrong("raises", "training mode")
def training(network, batches):
    found = []
    modes = [(m, m.training) for m in network.modules()]
    state = copy.deepcopy(network.state_dict())
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: found.append(inputs[0]))
    network.train()
    with torch.no_grad():
        for images, _ in batches:
            network(images)
    handle.remove()
    network.load_state_dict(state)
    for m, mode in modes:
        m.training = mode
    return torch.cat(found)


@answers.wrong("last-batch", "only the last batch")
def last_batch(network, batches):
    batches = list(batches)
    return good(network, batches[-1:])


@answers.wrong("a-list", "a list of batches")
def listed(network, batches):
    return list(good(network, batches).split(4))


@answers.right
def identity(network, batches):
    """The head is replaced by an identity and put back in `finally`."""
    head, network.fc = network.fc, nn.Identity()
    modes = {part: part.training for part in network.modules()}
    try:
        network.eval()
        with torch.no_grad():
            rows = [network(images) for images, _ in batches]
    finally:
        network.fc = head
        for part, mode in modes.items():
            part.training = mode
    return torch.cat(rows)


@answers.right
def forward_hook(network, batches):
    """A forward hook, cloned rows, one vstack."""
    rows = []

    def keep(module, inputs, output):
        (x,) = inputs
        rows.append(x.detach().clone())

    handle = network.fc.register_forward_hook(keep)
    try:
        with torch.no_grad(), evaluating(network):
            for batch in batches:
                network(batch[0])
    finally:
        handle.remove()
    return torch.vstack(rows)


@answers.right
def on_copy(network, batches):
    """Works on a copy of the network."""
    twin = copy.deepcopy(network).eval()
    twin.fc = nn.Identity()
    with torch.no_grad():
        return torch.cat([twin(images) for images, _ in batches], dim=0)


@answers.right
def row_by_row(network, batches):
    """A list of single rows, stacked."""
    rows = []
    with network.fc.register_forward_pre_hook(lambda _, given: rows.extend(given[0].unbind())):
        with evaluating(network), torch.no_grad():
            for images, *_ in batches:
                network(images)
    return torch.stack(rows)

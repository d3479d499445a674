"""Answers to 04.3 by students who know its text alone."""

import torch
from helpers.answers import Answers
from torch import nn

from resnet_labs.train.evaluation import evaluating

answers = Answers("04.3", "check_features")


@answers.wrong("?", "does not change to evaluation mode: batch statistics, dropout, and running statistics move")
def in_training_mode(network, batches):
    found = []
    handle = network.fc.register_forward_pre_hook(lambda layer, inputs: found.append(inputs[0]))
    with torch.no_grad():
        for images, _ in batches:
            network(images)
    handle.remove()
    return torch.cat(found)


@answers.wrong("?", "runs with gradients: the features of a network that is not frozen keep their graph")
def keeps_the_graph(network, batches):
    found = []
    handle = network.fc.register_forward_pre_hook(lambda layer, inputs: found.append(inputs[0]))
    with evaluating(network):
        for images, _ in batches:
            network(images)
    handle.remove()
    return torch.cat(found)


@answers.wrong("?", "gives all parts the mode of the network itself: a part that differed is not as it was")
def one_mode(network, batches):
    found, mode = [], network.training
    handle = network.fc.register_forward_pre_hook(lambda layer, inputs: found.append(inputs[0]))
    network.eval()
    with torch.no_grad():
        for images, _ in batches:
            network(images)
    network.train(mode)
    handle.remove()
    return torch.cat(found)


@answers.wrong("?", "leaves its hook on the head")
def hook_left(network, batches):
    found = []
    network.fc.register_forward_pre_hook(lambda layer, inputs: found.append(inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    return torch.cat(found)


@answers.wrong("?", "returns the head's outputs, the logits, and not its inputs")
def logits(network, batches):
    with evaluating(network), torch.no_grad():
        return torch.cat([network(images) for images, _ in batches])


@answers.wrong(
    "?",
    "calls the parts of the network one after another, where the text says to rely on fc only; misses hooks and other forms",
)
def by_parts(network, batches):
    found = []
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            x = images
            for name, part in network.named_children():
                if name != "fc":
                    x = part(x)
            found.append(x.mean(dim=(2, 3)) if x.ndim == 4 else x.flatten(1))
    return torch.cat(found)


@answers.wrong("?", "turns requires_grad off for all parameters and leaves it so")
def stays_frozen(network, batches):
    found = []
    network.requires_grad_(False)
    handle = network.fc.register_forward_pre_hook(lambda layer, inputs: found.append(inputs[0].detach()))
    with evaluating(network):
        for images, _ in batches:
            network(images)
    handle.remove()
    return torch.cat(found)


@answers.wrong("?", "leaves an Identity in the head's place: the old head is not put back")
def head_lost(network, batches):
    network.fc = nn.Identity()
    with evaluating(network), torch.no_grad():
        return torch.cat([network(images) for images, _ in batches])


@answers.wrong("?", "clears all hooks of the head at the end, those that were there before too")
def clears_hooks(network, batches):
    found = []
    network.fc.register_forward_pre_hook(lambda layer, inputs: found.append(inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    network.fc._forward_pre_hooks.clear()
    return torch.cat(found)


@answers.wrong("?", "puts a copy of the head back: optimizers hold the parameters of the old one")
def copied_head(network, batches):
    import copy

    head = copy.deepcopy(network.fc)
    network.fc = nn.Identity()
    with evaluating(network), torch.no_grad():
        found = [network(images) for images, _ in batches]
    network.fc = head.train(network.training)
    return torch.cat(found)


@answers.wrong(
    "?", "goes through the batches twice, once to count: a generator has nothing left, augmented batches move on"
)
def twice(network, batches):
    total = sum(len(images) for images, _ in batches)
    found = torch.zeros(total, network.fc.in_features, device=network.fc.weight.device, dtype=network.fc.weight.dtype)
    seen = []
    handle = network.fc.register_forward_pre_hook(lambda layer, inputs: seen.append(inputs[0]))
    first = 0
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
            found[first : first + len(images)] = seen.pop()
            first += len(images)
    handle.remove()
    return found


@answers.wrong("?", "squeezes the features: a batch of one image loses its row dimension")
def squeezed(network, batches):
    found = []
    handle = network.fc.register_forward_pre_hook(lambda layer, inputs: found.append(inputs[0].squeeze()))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    handle.remove()
    return torch.cat(found)


@answers.wrong("?", "turns gradients off globally and leaves them off")
def grad_mode_left(network, batches):
    found = []
    handle = network.fc.register_forward_pre_hook(lambda layer, inputs: found.append(inputs[0]))
    torch.set_grad_enabled(False)
    with evaluating(network):
        for images, _ in batches:
            network(images)
    handle.remove()
    return torch.cat(found)


@answers.wrong("?", "remembers the features of a network that it saw: other batches or moved weights get the old ones")
def remembering(network, batches, cache={}):
    if id(network) not in cache:
        found = []
        handle = network.fc.register_forward_pre_hook(lambda layer, inputs: found.append(inputs[0]))
        with evaluating(network), torch.no_grad():
            for images, _ in batches:
                network(images)
        handle.remove()
        cache[id(network)] = network, torch.cat(found)
    return cache[id(network)][1]


@answers.right
def with_a_pre_hook(network, batches):
    rows = []

    def keep(layer, inputs):
        rows.append(inputs[0].detach().clone())

    handle = network.fc.register_forward_pre_hook(keep)
    try:
        with torch.no_grad(), evaluating(network):
            for batch in batches:
                network(batch[0])
    finally:
        handle.remove()
    return torch.vstack(rows)


@answers.right
def with_a_forward_hook(network, batches):
    def look(images):
        with network.fc.register_forward_hook(lambda layer, inputs, output: seen.append(inputs[0])):
            network(images)
        return seen.pop().detach()

    seen = []
    with evaluating(network), torch.set_grad_enabled(False):
        return torch.cat(tuple(look(images) for images, _ in batches), dim=0)


@answers.right
def modes_by_hand(network, batches):
    modes = [(part, part.training) for part in network.modules()]
    pieces = {}

    class Recorder:
        def __call__(self, layer, args, kwargs):
            pieces[len(pieces)] = (args[0] if args else kwargs["input"]).clone()

    handle = network.fc.register_forward_pre_hook(Recorder(), with_kwargs=True)
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        for part, _ in modes:
            part.training = False
        for images, *_ in batches:
            network(images)
    finally:
        torch.set_grad_enabled(before)
        handle.remove()
        for part, mode in modes:
            part.training = mode
    return torch.concatenate([pieces[k] for k in sorted(pieces)])


@answers.right
def forward_shadowed(network, batches):
    head, rows = network.fc, []
    forward = head.forward

    def capture(features):
        rows.extend(features.detach().unbind())
        return forward(features)

    head.forward = capture
    try:
        with evaluating(network), torch.no_grad():
            for images, labels in batches:
                network(images)
    finally:
        del head.forward
    return torch.stack(rows)


@answers.right
@torch.no_grad()
def growing(network, batches):
    found = None

    def grow(layer, inputs):
        nonlocal found
        (features,) = inputs
        found = features.clone() if found is None else torch.cat((found, features))

    with evaluating(network):
        iterator = iter(batches)
        while True:
            try:
                images, _ = next(iterator)
            except StopIteration:
                return found
            handle = network.fc.register_forward_pre_hook(grow)
            try:
                network(images)
            finally:
                handle.remove()


@answers.right
def with_a_generator(network, batches):
    def stream():
        box = []
        handle = network.fc.register_forward_pre_hook(lambda layer, inputs: box.append(inputs[0]))
        try:
            for images, _ in batches:
                with torch.no_grad():
                    network(images)
                yield box.pop()
        finally:
            handle.remove()

    with evaluating(network):
        pieces = list(stream())
    return torch.cat(pieces).detach()

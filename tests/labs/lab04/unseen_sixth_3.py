"""Answers to 04.3 by students who know its text alone."""

import torch
from helpers.answers import Answers
from torch import nn

from resnet_labs.train.evaluation import evaluating

answers = Answers("04.3", "check_features")


def _gather(network, batches):
    found = []
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: found.append(inputs[0]))
    try:
        for images, _ in batches:
            network(images)
    finally:
        handle.remove()
    return torch.cat(found)


# Wrong answers.


@answers.wrong("?", "the network stays in training mode: other features, and the running statistics move")
def in_training_mode(network, batches):
    with torch.no_grad():
        return _gather(network, batches)


@answers.wrong("?", "train() at the end puts all parts into training mode, however they were")
def all_to_training(network, batches):
    network.eval()
    with torch.no_grad():
        found = _gather(network, batches)
    network.train()
    return found


@answers.wrong("?", "the mode of the whole network is given to every part; shows where parts had modes of their own")
def mode_of_the_whole(network, batches):
    was = network.training
    network.eval()
    with torch.no_grad():
        found = _gather(network, batches)
    network.train(was)
    return found


@answers.wrong("?", "the pass keeps its graph, so the features carry gradients")
def with_a_graph(network, batches):
    with evaluating(network):
        return _gather(network, batches)


@answers.wrong("?", "what the head returns, logits, not what it sees")
def logits(network, batches):
    with evaluating(network), torch.no_grad():
        return torch.cat([network(images) for images, _ in batches])


@answers.wrong("?", "the head is replaced and not put back")
def head_lost(network, batches):
    network.fc = nn.Identity()
    with evaluating(network), torch.no_grad():
        return torch.cat([network(images) for images, _ in batches])


@answers.wrong("?", "a new layer of the same shape is put in the head's place at the end: the old weights are gone")
def another_head(network, batches):
    old = network.fc
    network.fc = nn.Identity()
    with evaluating(network), torch.no_grad():
        found = torch.cat([network(images) for images, _ in batches])
    network.fc = nn.Linear(old.in_features, old.out_features).to(old.weight)
    return found


@answers.wrong("?", "the hook stays on the head")
def hook_left(network, batches):
    found = []
    network.fc.register_forward_pre_hook(lambda head, inputs: found.append(inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    return torch.cat(found)


@answers.wrong("?", "all hooks of the head are cleared, not only its own")
def all_hooks_cleared(network, batches):
    found = []
    network.fc.register_forward_pre_hook(lambda head, inputs: found.append(inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    network.fc._forward_pre_hooks.clear()
    return torch.cat(found)


@answers.wrong("?", "torch.stack: an error where the last batch is smaller, three axes where it is not")
def stacked(network, batches):
    found = []
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: found.append(inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    handle.remove()
    return torch.stack(found)


@answers.wrong("?", "each batch takes the place of the one before; only the last is returned")
def last_batch_only(network, batches):
    seen = {}
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: seen.update(x=inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    handle.remove()
    return seen["x"]


@answers.wrong("?", "the return is inside the loop: only the first batch")
def first_batch_only(network, batches):
    with evaluating(network), torch.no_grad():
        for images, labels in batches:
            return _gather(network, [(images, labels)])
    return None


@answers.wrong(
    "?",
    "the parts are called one after the other: hooks of the network, as the one that normalises, and its own forward are passed over",
)
def parts_in_a_row(network, batches):
    body = nn.Sequential(*list(network.children())[:-1], nn.Flatten())
    with evaluating(network), torch.no_grad():
        return torch.cat([body(images) for images, _ in batches])


@answers.wrong("?", "takes the mean over the pixels of layer4 itself: relies on other layers than fc")
def mean_after_layer4(network, batches):
    found = []
    handle = network.layer4.register_forward_hook(lambda part, inputs, outputs: found.append(outputs.mean((2, 3))))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    handle.remove()
    return torch.cat(found)


@answers.wrong("?", "all parameters are frozen for the pass and all learn afterwards, those that were frozen too")
def all_learn_afterwards(network, batches):
    network.requires_grad_(False)
    with evaluating(network):
        found = _gather(network, batches)
    network.requires_grad_(True)
    return found


@answers.wrong("?", "gradients are switched off for everybody and not on again")
def grad_mode_left_off(network, batches):
    torch.set_grad_enabled(False)
    with evaluating(network):
        return _gather(network, batches)


@answers.wrong(
    "?", "the batches are counted first: a generator is empty then, and augmented batches move on to the next view"
)
def counted_first(network, batches):
    total = sum(len(images) for images, _ in batches)
    with evaluating(network), torch.no_grad():
        found = _gather(network, batches)
    return found[:total]


@answers.wrong("?", "one place for every image of full batches: rows of zeros at the end where the last is smaller")
def rows_of_zeros(network, batches):
    found, start = None, 0
    with evaluating(network), torch.no_grad():
        batches = list(batches)
        size = len(batches[0][0])
        for batch in batches:
            rows = _gather(network, [batch])
            if found is None:
                found = rows.new_zeros(size * len(batches), rows.shape[1])
            found[start : start + len(rows)] = rows
            start += len(rows)
    return found


@answers.wrong("?", "squeeze() takes the axis of the images away as well where a batch has one image")
def squeezed(network, batches):
    found = []
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: found.append(inputs[0].squeeze()))
    try:
        with evaluating(network), torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        handle.remove()
    return torch.cat(found)


_cache = {}


@answers.wrong(
    "?", "the features are remembered by the network alone: other batches, or other weights, get the old ones"
)
def remembered(network, batches):
    if network not in _cache:
        with evaluating(network), torch.no_grad():
            _cache[network] = _gather(network, batches)
    return _cache[network]


# Right answers.


@answers.right
def identity_for_a_while(network, batches):
    head = network.fc
    rows = []
    with torch.no_grad(), evaluating(network):
        try:
            network.fc = nn.Identity()
            for images, *_ in batches:
                rows.extend(network(images))
        finally:
            network.fc = head
    return torch.stack(rows)


@answers.right
def hook_after_the_head(network, batches):
    rows = []

    def note(head, inputs, outputs):
        (features,) = inputs
        rows.append(features.detach().clone())

    handle = network.fc.register_forward_hook(note)
    with handle, evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    return torch.concatenate(rows, dim=0)


@answers.right
def modes_by_hand(network, batches):
    """Every part's own mode is written down and given back; gradients as well."""
    modes = {module: module.training for module in network.modules()}
    enabled = torch.is_grad_enabled()
    rows = []
    handle = network.fc.register_forward_pre_hook(lambda head, inputs: rows.extend(inputs[0].unbind()))
    try:
        for module in modes:
            module.training = False
        torch.set_grad_enabled(False)
        for pair in batches:
            network(pair[0])
    finally:
        torch.set_grad_enabled(enabled)
        handle.remove()
        for module, mode in modes.items():
            module.training = mode
    return torch.vstack(rows)


class _Recorder:
    def __init__(self, head):
        self.head, self.rows = head, []

    def __enter__(self):
        self.handle = self.head.register_forward_pre_hook(self)
        return self

    def __call__(self, head, inputs):
        self.rows.append(inputs[0])

    def __exit__(self, *error):
        self.handle.remove()


@answers.right
def with_a_recorder(network, batches):
    @torch.no_grad()
    def run():
        with evaluating(network), _Recorder(network.fc) as recorder:
            for images, _labels in iter(batches):
                network(images)
        whole = recorder.rows[0]
        for rows in recorder.rows[1:]:
            whole = torch.cat((whole, rows))
        return whole

    return run()


@answers.right
def with_a_hook_for_all(network, batches):
    """A hook on all modules of the process, which looks for the head."""
    rows = []

    def note(module, inputs):
        if module is network.fc:
            rows.append(inputs[0])

    handle = nn.modules.module.register_module_forward_pre_hook(note)
    try:
        with evaluating(network), torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        handle.remove()
    return torch.cat(tuple(rows), 0)


@answers.right
def one_generator(network, batches):
    def features():
        seen = []
        for images, _ in batches:
            handle = network.fc.register_forward_pre_hook(lambda head, inputs: seen.append(inputs[0]))
            try:
                network(images)
            finally:
                handle.remove()
            yield seen.pop()

    with evaluating(network), torch.no_grad():
        found = list(features())
    return torch.cat(found).contiguous()

"""Right and wrong answers to exercise 03.4: what a training step keeps in memory."""

from __future__ import annotations

import torch
from helpers.answers import Answers
from torch.autograd.graph import saved_tensors_hooks


def _fixed(network, numbers):
    weights = sum(t.numel() * t.element_size() for t in [*network.parameters(), *network.buffers()])
    gradients = sum(p.numel() * p.element_size() for p in network.parameters() if p.requires_grad)
    return weights, gradients, numbers * gradients


def _saved(network, images):
    kept = []

    def pack(tensor):
        kept.append(tensor)
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network(images)
    return kept


def _own(network):
    return {t.untyped_storage() for t in [*network.parameters(), *network.buffers()]}


def _activations(network, images):
    return sum(s.nbytes() for s in {t.untyped_storage() for t in _saved(network, images)} - _own(network))


def _bytes(tensors):
    return sum(t.numel() * t.element_size() for t in tensors)


answers = Answers("03.4", "check_training_bytes")


@answers.right
def right_bytes(network, images, numbers):
    return *_fixed(network, numbers), _activations(network, images)


@answers.wrong("not-bytes")
def numbers_not_bytes(network, images, numbers):
    return sum(p.numel() for p in network.parameters()), *right_bytes(network, images, numbers)[1:]


@answers.wrong("weights")
def always_four_bytes(network, images, numbers):
    weights = 4 * sum(t.numel() for t in [*network.parameters(), *network.buffers()])
    # What counts batches is an int64.
    weights += sum(4 for t in network.buffers() if t.dtype == torch.int64)
    return weights, *right_bytes(network, images, numbers)[1:]


@answers.wrong("always-four")
def four_bytes_for_everything(network, images, numbers):
    weights = 4 * sum(t.numel() for t in [*network.parameters(), *network.buffers()])
    return weights, *right_bytes(network, images, numbers)[1:]


@answers.wrong("no-buffers")
def without_buffers(network, images, numbers):
    return _bytes(network.parameters()), *right_bytes(network, images, numbers)[1:]


@answers.wrong("buffers-trained")
def gradients_of_buffers(network, images, numbers):
    weights, _, optimizer, activations = right_bytes(network, images, numbers)
    return weights, weights, optimizer, activations


@answers.wrong("frozen-counted")
def gradients_of_frozen_weights(network, images, numbers):
    weights, _, optimizer, activations = right_bytes(network, images, numbers)
    return weights, _bytes(network.parameters()), optimizer, activations


@answers.wrong("optimizer-all")
def optimizer_of_frozen_weights(network, images, numbers):
    weights, gradients, _, activations = right_bytes(network, images, numbers)
    return weights, gradients, numbers * _bytes(network.parameters()), activations


@answers.wrong("optimizer-one")
def optimizer_always_momentum(network, images, numbers):
    weights, gradients, _, activations = right_bytes(network, images, numbers)
    return weights, gradients, gradients, activations


@answers.wrong("nothing-kept")
def without_autograd(network, images, numbers):
    with torch.no_grad():
        return *_fixed(network, numbers), _activations(network, images)


@answers.wrong("weights-kept")
def weights_among_activations(network, images, numbers):
    kept = {t.untyped_storage() for t in _saved(network, images)}
    return *_fixed(network, numbers), sum(s.nbytes() for s in kept)


@answers.wrong("buffers-kept")
def buffers_among_activations(network, images, numbers):
    kept = {t.untyped_storage() for t in _saved(network, images)}
    kept -= {p.untyped_storage() for p in network.parameters()}
    return *_fixed(network, numbers), sum(s.nbytes() for s in kept)


@answers.wrong("twice")
def counted_twice(network, images, numbers):
    own = _own(network)
    return *_fixed(network, numbers), _bytes(t for t in _saved(network, images) if t.untyped_storage() not in own)


@answers.wrong("twice")
def everything_saved(network, images, numbers):
    return *_fixed(network, numbers), _bytes(_saved(network, images))


@answers.wrong("outputs")
def all_outputs(network, images, numbers):
    found = []
    hooks = [layer.register_forward_hook(lambda *given: found.append(given[-1])) for layer in network.children()]
    network(images)
    for hook in hooks:
        hook.remove()
    return *_fixed(network, numbers), _bytes(found)


@answers.wrong("address")
def by_address(network, images, numbers):
    own = {t.data_ptr() for t in [*network.parameters(), *network.buffers()]}
    kept = {t.data_ptr(): t.untyped_storage().nbytes() for t in _saved(network, images)}
    return *_fixed(network, numbers), sum(size for place, size in kept.items() if place not in own)


@answers.wrong("no-images")
def without_the_batch(network, images, numbers):
    own = {*_own(network), images.untyped_storage()}
    return *_fixed(network, numbers), sum(
        s.nbytes() for s in {t.untyped_storage() for t in _saved(network, images)} - own
    )


@answers.wrong("four-numbers")
def their_sum(network, images, numbers):
    return sum(right_bytes(network, images, numbers))


@answers.right
def bytes_with_a_dictionary(network, images, numbers):
    kept = {}

    def pack(tensor):
        kept[tensor.untyped_storage()] = tensor.untyped_storage().nbytes()
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        output = network(images)
    for tensor in [*network.parameters(), *network.buffers()]:
        kept.pop(tensor.untyped_storage(), None)
    del output
    return [*_fixed(network, numbers), sum(kept.values())]


@answers.wrong("state-dict")
def bytes_by_nbytes(network, images, numbers):
    weights = sum(t.nbytes for t in network.state_dict().values())
    gradients = sum(p.nbytes for p in network.parameters() if p.requires_grad)
    return torch.tensor([weights, gradients, gradients * numbers, _activations(network, images)])


@answers.wrong("shared-twice")
def layer_by_layer(network, images, numbers):
    parts = [
        tensor
        for part in network.modules()
        for tensor in (*part.parameters(recurse=False), *part.buffers(recurse=False))
    ]
    return _bytes(parts), *_fixed(network, numbers)[1:], _activations(network, images)


@answers.right
def bytes_by_names(network, images, numbers):
    weights = sum(t.nbytes for t in dict([*network.named_parameters(), *network.named_buffers()]).values())
    gradients = sum(p.nbytes for p in network.parameters() if p.requires_grad)
    return torch.tensor([weights, gradients, gradients * numbers, _activations(network, images)])

"""Answers to 03.4 by students who know its text alone."""

import itertools

import torch
from helpers.answers import Answers
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

answers = Answers("03.4", "check_training_bytes")


def _bytes(tensors):
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _carried(network):
    return [*network.parameters(), *network.buffers()]


def _counted(network, numbers_per_weight):
    trained = _bytes(p for p in network.parameters() if p.requires_grad)
    return _bytes(_carried(network)), trained, numbers_per_weight * trained


def _kept(network, images):
    pieces = set()

    def pack(tensor):
        pieces.add(tensor.untyped_storage())
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network(images)
    return pieces


def _activations(network, images):
    own = {tensor.untyped_storage() for tensor in _carried(network)}
    return sum(piece.nbytes() for piece in _kept(network, images) - own)


# (a) common mistakes
@answers.wrong("no-buffers", "The weights leave out the buffers: too few for any network with batch norm.")
def without_buffers(network, images, numbers_per_weight):
    _, gradients, optimizer = _counted(network, numbers_per_weight)
    return (
        _bytes(network.parameters()),
        gradients,
        optimizer,
        _activations(network, images),
    )


@answers.wrong(
    "weights-kept", "The storages of the weights and buffers are not taken away: a convolution's weights count twice."
)
def weights_twice(network, images, numbers_per_weight):
    found = sum(piece.nbytes() for piece in _kept(network, images))
    return (*_counted(network, numbers_per_weight), found)


@answers.wrong("twice", "Adds up tensors and not storages: an output that two layers keep counts twice.")
def each_tensor(network, images, numbers_per_weight):
    own = {tensor.untyped_storage() for tensor in _carried(network)}
    sizes = []

    def pack(tensor):
        if tensor.untyped_storage() not in own:
            sizes.append(tensor.numel() * tensor.element_size())
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network(images)
    return (*_counted(network, numbers_per_weight), sum(sizes))


@answers.wrong(
    "outputs",
    "Counts the output of every layer instead of what the backward pass needs: the batch is missing, other outputs are too many.",
)
def all_outputs(network, images, numbers_per_weight):
    sizes = []

    def keep(layer, inputs, output):
        sizes.append(output.numel() * output.element_size())

    leaves = [layer for layer in network.modules() if not list(layer.children())]
    handles = [layer.register_forward_hook(keep) for layer in leaves]
    network(images)
    for handle in handles:
        handle.remove()
    return (*_counted(network, numbers_per_weight), sum(sizes))


# (b) right for the visible example
@answers.wrong(
    "optimizer-one", "numbers_per_weight is never read, one number is assumed: wrong for plain SGD (0) and Adam (2)."
)
def always_momentum(network, images, numbers_per_weight):
    return (*_counted(network, 1), _activations(network, images))


@answers.wrong(
    "frozen-counted", "Frozen parameters count for gradients and optimizer: wrong where some have requires_grad False."
)
def frozen_too(network, images, numbers_per_weight):
    every = _bytes(network.parameters())
    return (
        _bytes(_carried(network)),
        every,
        numbers_per_weight * every,
        _activations(network, images),
    )


@answers.wrong(
    "always-four",
    "Assumes four bytes for each number of the network: wrong for float64 or bfloat16 weights and for int64 buffers.",
)
def four_bytes(network, images, numbers_per_weight):
    every = 4 * sum(tensor.numel() for tensor in _carried(network))
    trained = 4 * sum(p.numel() for p in network.parameters() if p.requires_grad)
    return every, trained, numbers_per_weight * trained, _activations(network, images)


# (c) broken promises
@answers.wrong(
    "touched-values", "Runs the network twice, once to warm up: batch norm's running statistics take two steps."
)
def warms_up(network, images, numbers_per_weight):
    network(images)
    return (*_counted(network, numbers_per_weight), _activations(network, images))


@answers.wrong(
    "touched-gradients", "Runs a backward pass to look at real gradients and leaves them in the network's parameters."
)
def leaves_gradients(network, images, numbers_per_weight):
    own = {tensor.untyped_storage() for tensor in _carried(network)}
    pieces = set()

    def pack(tensor):
        pieces.add(tensor.untyped_storage())
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        output = network(images)
    found = sum(piece.nbytes() for piece in pieces - own)
    if output.requires_grad:
        output.sum().backward()
    return (*_counted(network, numbers_per_weight), found)


@answers.wrong(
    "changes-input", "Asks for gradients of the batch and leaves the caller's images with requires_grad True."
)
def images_want_gradients(network, images, numbers_per_weight):
    images.requires_grad_(True)
    return (*_counted(network, numbers_per_weight), _activations(network, images))


# right
class _Ledger(saved_tensors_hooks):
    """Writes each piece of memory that autograd keeps into a dictionary."""

    def __init__(self, known):
        self.sizes = {}
        self.known = set(known)
        super().__init__(self.write, self.read)

    def write(self, tensor):
        piece = tensor.untyped_storage()
        if piece not in self.known:
            self.sizes.setdefault(piece, piece.nbytes())
        return tensor

    @staticmethod
    def read(tensor):
        return tensor


@answers.right
def with_a_ledger(network, images, numbers_per_weight):
    weights = gradients = 0
    for parameter in network.parameters():
        weights += parameter.nbytes
        gradients += parameter.nbytes * parameter.requires_grad
    for buffer in network.buffers():
        weights += buffer.nbytes
    carried = itertools.chain(network.parameters(), network.buffers())
    ledger = _Ledger(tensor.untyped_storage() for tensor in carried)
    with ledger:
        network(images)
    activations = sum(ledger.sizes.values())
    return weights, gradients, gradients * numbers_per_weight, activations


@answers.right
def with_lists(network, images, numbers_per_weight):
    carried = [tensor for _, tensor in network.named_parameters()]
    trained = list(filter(lambda p: p.requires_grad, carried))
    carried += [tensor for _, tensor in network.named_buffers()]
    kept = []
    with saved_tensors_hooks(lambda t: kept.append(t.detach()) or t, lambda t: t):
        network(images)
    different = []
    own = [tensor.untyped_storage() for tensor in carried]
    for piece in (tensor.untyped_storage() for tensor in kept):
        if not any(piece == other for other in itertools.chain(own, different)):
            different.append(piece)
    size = lambda tensors: sum(_size(t) for t in tensors)
    return (
        size(carried),
        size(trained),
        sum(size(trained) for _ in range(numbers_per_weight)),
        sum(piece.nbytes() for piece in different),
    )


def _size(tensor):
    return torch.Size(tensor.shape).numel() * tensor.dtype.itemsize


@answers.right
def as_a_list(network, images, numbers_per_weight):
    def tree(layer, seen):
        """Yield the layer's own tensors, then those of the layers below, once."""
        below = layer.children()
        own = itertools.chain(layer._parameters.values(), layer._buffers.values())
        for tensor in own:
            if tensor is not None and id(tensor) not in seen:
                seen.add(id(tensor))
                yield tensor
        for each in below:
            yield from tree(each, seen)

    carried = list(tree(network, set()))
    pieces = {}

    def pack(tensor):
        pieces[tensor.untyped_storage()] = None
        return tensor

    def unpack(tensor):
        return tensor

    with torch.enable_grad(), saved_tensors_hooks(pack, unpack):
        network(images)
    for tensor in carried:
        pieces.pop(tensor.untyped_storage(), None)
    gradients = sum(t.nbytes for t in carried if isinstance(t, nn.Parameter) and t.requires_grad)
    weights = sum(t.nbytes for t in carried)
    return [
        weights,
        gradients,
        gradients * numbers_per_weight,
        sum(piece.nbytes() for piece in pieces),
    ]

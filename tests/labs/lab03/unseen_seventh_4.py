"""Answers to 03.4 by students who know its text alone."""

import itertools

import torch
from helpers.answers import Answers
from torch.autograd.graph import saved_tensors_hooks

answers = Answers("03.4", "check_training_bytes")


def size(tensors):
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def trained(network):
    return [p for p in network.parameters() if p.requires_grad]


def own(network):
    return {t.untyped_storage() for t in itertools.chain(network.parameters(), network.buffers())}


def kept(network, images):
    found = set()

    def pack(tensor):
        found.add(tensor.untyped_storage())
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network(images)
    return found


def counted(network, numbers):
    weights = size(network.parameters()) + size(network.buffers())
    gradients = size(trained(network))
    return weights, gradients, numbers * gradients


@answers.wrong("?", "leaves the buffers out of the first number; shows with a batch norm")
def no_buffers(network, images, numbers_per_weight):
    gradients = size(trained(network))
    activations = sum(s.nbytes() for s in kept(network, images) - own(network))
    return size(network.parameters()), gradients, numbers_per_weight * gradients, activations


@answers.wrong("?", "counts a gradient and optimizer numbers for frozen parameters too")
def frozen_too(network, images, numbers_per_weight):
    weights = size(network.parameters()) + size(network.buffers())
    gradients = size(network.parameters())
    activations = sum(s.nbytes() for s in kept(network, images) - own(network))
    return weights, gradients, numbers_per_weight * gradients, activations


@answers.wrong("?", "numbers_per_weight is never read: always one number, momentum")
def always_momentum(network, images, numbers_per_weight):
    weights, gradients, _ = counted(network, 1)
    activations = sum(s.nbytes() for s in kept(network, images) - own(network))
    return weights, gradients, gradients, activations


@answers.wrong("?", "takes four bytes for every number: wrong for float64 and for batch norm's int64 counter")
def four_bytes(network, images, numbers_per_weight):
    weights = 4 * sum(t.numel() for t in itertools.chain(network.parameters(), network.buffers()))
    gradients = 4 * sum(p.numel() for p in trained(network))
    activations = sum(s.nbytes() for s in kept(network, images) - own(network))
    return weights, gradients, numbers_per_weight * gradients, activations


@answers.wrong("?", "adds up saved tensors, not storages: what two layers share is counted twice")
def per_tensor(network, images, numbers_per_weight):
    sizes, mine = [], own(network)

    def pack(tensor):
        if tensor.untyped_storage() not in mine:
            sizes.append(tensor.untyped_storage().nbytes())
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network(images)
    return *counted(network, numbers_per_weight), sum(sizes)


@answers.wrong(
    "?", "calls backward after the pass and leaves gradients in the network, where only one forward pass was asked for"
)
def with_backward(network, images, numbers_per_weight):
    found = set()

    def pack(tensor):
        found.add(tensor.untyped_storage())
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network(images).sum().backward()
    activations = sum(s.nbytes() for s in found - own(network))
    return *counted(network, numbers_per_weight), activations


@answers.wrong("?", "takes away the parameters' storages but not the buffers': running statistics are counted twice")
def buffers_twice(network, images, numbers_per_weight):
    mine = {p.untyped_storage() for p in network.parameters()}
    activations = sum(s.nbytes() for s in kept(network, images) - mine)
    return *counted(network, numbers_per_weight), activations


@answers.wrong("?", "tells storages apart by data_ptr, which is 0 for all on the meta device")
def by_address(network, images, numbers_per_weight):
    mine = {t.data_ptr() for t in itertools.chain(network.parameters(), network.buffers())}
    found = {s.data_ptr(): s.nbytes() for s in kept(network, images)}
    activations = sum(n for address, n in found.items() if address not in mine)
    return *counted(network, numbers_per_weight), activations


@answers.wrong("?", "counts the numbers of the saved view, not the bytes of its storage: shows where a slice is kept")
def view_only(network, images, numbers_per_weight):
    found, mine = {}, own(network)

    def pack(tensor):
        if tensor.untyped_storage() not in mine:
            found.setdefault(tensor.untyped_storage(), tensor.numel() * tensor.element_size())
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network(images)
    return *counted(network, numbers_per_weight), sum(found.values())


@answers.wrong("?", "runs a deep copy, so the network itself never made its one pass (its running statistics stay)")
def on_a_copy(network, images, numbers_per_weight):
    import copy

    other = copy.deepcopy(network)
    activations = sum(s.nbytes() for s in kept(other, images) - own(other))
    return *counted(network, numbers_per_weight), activations


@answers.wrong("?", "runs the network twice, a warm-up first: running statistics move twice")
def warmed_up(network, images, numbers_per_weight):
    with torch.no_grad():
        network(images)
    activations = sum(s.nbytes() for s in kept(network, images) - own(network))
    return *counted(network, numbers_per_weight), activations


@answers.wrong("?", "leaves out the batch, which the first convolution keeps and the text counts among the activations")
def without_the_batch(network, images, numbers_per_weight):
    mine = own(network) | {images.untyped_storage()}
    activations = sum(s.nbytes() for s in kept(network, images) - mine)
    return *counted(network, numbers_per_weight), activations


@answers.wrong("?", "a mutable default: the second call adds the first call's activations")
def mutable_default(network, images, numbers_per_weight, found=set()):
    def pack(tensor):
        found.add(tensor.untyped_storage())
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network(images)
    activations = sum(s.nbytes() for s in found - own(network))
    return *counted(network, numbers_per_weight), activations


@answers.wrong("?", "goes layer by layer, so that a weight that two layers share counts twice")
def shared_twice(network, images, numbers_per_weight):
    parameters = [p for layer in network.modules() for p in layer.parameters(recurse=False)]
    buffers = [b for layer in network.modules() for b in layer.buffers(recurse=False)]
    gradients = size(p for p in parameters if p.requires_grad)
    activations = sum(s.nbytes() for s in kept(network, images) - own(network))
    return size(parameters) + size(buffers), gradients, numbers_per_weight * gradients, activations


@answers.right
def with_sets(network, images, numbers_per_weight):
    carried = [*network.parameters(), *network.buffers()]
    known = {t.untyped_storage() for t in carried}
    new = set()

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage not in known:
            new.add(storage)
        return tensor

    with saved_tensors_hooks(pack, lambda packed: packed):
        network(images)
    weights = sum(t.nbytes for t in carried)
    gradients = sum(t.nbytes for t in carried if t.requires_grad)
    return weights, gradients, gradients * numbers_per_weight, sum(s.nbytes() for s in new)


@answers.right
def with_a_class(network, images, numbers_per_weight):
    class Watch:
        def __init__(self):
            self.tensors = []

        def pack(self, tensor):
            self.tensors.append(tensor)
            return len(self.tensors) - 1

        def unpack(self, place):
            return self.tensors[place]

    watch = Watch()
    with saved_tensors_hooks(watch.pack, watch.unpack):
        network(images)
    taken = {t.untyped_storage() for t in network.parameters()}
    taken.update(t.untyped_storage() for t in network.buffers())
    activations = 0
    for tensor in watch.tensors:
        storage = tensor.untyped_storage()
        if storage not in taken:
            taken.add(storage)
            activations += storage.nbytes()
    weights = gradients = 0
    for parameter in network.parameters():
        weights += parameter.numel() * parameter.element_size()
        if parameter.requires_grad:
            gradients += parameter.numel() * parameter.element_size()
    for buffer in network.buffers():
        weights += buffer.numel() * buffer.element_size()
    return weights, gradients, numbers_per_weight * gradients, activations


@answers.right
def by_c_address(network, images, numbers_per_weight):
    # the address of the storage object itself, not of its data; the tensors are held meanwhile
    found, output = {}, None

    def pack(tensor):
        found[tensor.untyped_storage()._cdata] = tensor
        return tensor

    with torch.enable_grad(), saved_tensors_hooks(pack, lambda tensor: tensor):
        output = network(images)
    for tensor in itertools.chain(network.parameters(), network.buffers()):
        found.pop(tensor.untyped_storage()._cdata, None)
    activations = sum(tensor.untyped_storage().nbytes() for tensor in found.values())
    del output
    bytes_of = lambda tensors: sum(t.element_size() * t.numel() for t in tensors)
    gradients = bytes_of(filter(lambda p: p.requires_grad, network.parameters()))
    weights = bytes_of(network.parameters()) + bytes_of(network.buffers())
    return [weights, gradients, numbers_per_weight * gradients, activations]


@answers.right
def with_a_list(network, images, numbers_per_weight):
    storages = []
    known = [t.untyped_storage() for t in (*network.buffers(), *network.parameters())]

    def pack(tensor):
        storage = tensor.untyped_storage()
        if not any(storage is other or storage == other for other in itertools.chain(known, storages)):
            storages.append(storage)
        return tensor

    def unpack(tensor):
        return tensor

    hooks = saved_tensors_hooks(pack, unpack)
    hooks.__enter__()
    try:
        network(images)
    finally:
        hooks.__exit__(None, None, None)
    named = dict(network.named_parameters())
    gradients = sum(p.numel() * p.element_size() for p in named.values() if p.requires_grad)
    weights = sum(p.numel() * p.element_size() for p in named.values())
    weights += sum(b.numel() * b.element_size() for _, b in network.named_buffers())
    return weights, gradients, sum([gradients] * numbers_per_weight), sum(map(lambda s: s.nbytes(), storages))


@answers.right
def with_a_named_tuple(network, images, numbers_per_weight):
    from collections import namedtuple
    from functools import reduce

    Parts = namedtuple("Parts", "weights gradients optimizer activations")
    seen = {}

    def pack(tensor):
        seen[tensor.untyped_storage()] = tensor.untyped_storage().nbytes()
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network(images)
    mine = [*network.parameters(), *network.buffers()]
    for tensor in mine:
        seen[tensor.untyped_storage()] = 0
    total = lambda tensors: reduce(lambda so_far, t: so_far + t.numel() * t.element_size(), tensors, 0)
    gradients = total(t for t in network.parameters() if t.requires_grad)
    return Parts(total(mine), gradients, gradients * numbers_per_weight, sum(seen.values()))


@answers.right
def by_zeros_like(network, images, numbers_per_weight):
    # make gradients and optimizer state on the meta device and look at their sizes
    gradients = [torch.zeros_like(p, device="meta") for p in network.parameters() if p.requires_grad]
    state = [[torch.zeros_like(g) for g in gradients] for _ in range(numbers_per_weight)]
    nbytes = lambda tensors: sum(t.nbytes for t in tensors)
    carried = [t.detach() for t in itertools.chain(network.parameters(), network.buffers())]
    pieces = set()
    with saved_tensors_hooks(lambda t: (pieces.add(t.untyped_storage()), t)[1], lambda t: t):
        network(images)
    pieces.difference_update(t.untyped_storage() for t in carried)
    activations = sum(piece.nbytes() for piece in pieces)
    return nbytes(carried), nbytes(gradients), sum(map(nbytes, state)), activations

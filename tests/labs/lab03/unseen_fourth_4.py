"""Answers to 03.4 by students who know its text alone."""

import itertools

import torch
from helpers.answers import Answers
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

answers = Answers("03.4", "check_training_bytes")


def same(x):
    return x


def size(tensors):
    return sum(t.numel() * t.element_size() for t in tensors)


def counted(network, numbers_per_weight):
    trained = size(p for p in network.parameters() if p.requires_grad)
    return size([*network.parameters(), *network.buffers()]), trained, numbers_per_weight * trained


def activations(network, images):
    kept = set()

    def pack(tensor):
        kept.add(tensor.untyped_storage())
        return tensor

    with saved_tensors_hooks(pack, same):
        network(images)
    kept -= {t.untyped_storage() for t in itertools.chain(network.parameters(), network.buffers())}
    return sum(storage.nbytes() for storage in kept)


# Right: a list instead of a set, storages compared one by one, a lambda as pack; returns a list.
@answers.right
def by_comparison(network, images, numbers_per_weight):
    own = [t.untyped_storage() for t in (*network.parameters(), *network.buffers())]
    seen = list(own)
    with saved_tensors_hooks(
        lambda t: (None if t.untyped_storage() in seen else seen.append(t.untyped_storage())) or t, lambda t: t
    ):
        network(images)
    parts = [p.nbytes for p in network.parameters() if p.requires_grad]
    weights = sum(p.nbytes for p in network.parameters()) + sum(b.nbytes for b in network.buffers())
    return [weights, sum(parts), sum(numbers_per_weight * n for n in parts), sum(s.nbytes() for s in seen[len(own) :])]


# Right: keeps every saved tensor first, sorts them out afterwards with a dictionary.
@answers.right
def afterwards(network, images, numbers_per_weight):
    saved = []

    class Keep(saved_tensors_hooks):
        def __init__(self):
            super().__init__(self.pack, same)

        def pack(self, tensor):
            saved.append(tensor)
            return tensor

    with Keep():
        network(images)
    sizes = {t.untyped_storage(): t.untyped_storage().nbytes() for t in saved}
    for tensor in [*network.parameters(), *network.buffers()]:
        sizes.pop(tensor.untyped_storage(), None)
    return (*counted(network, numbers_per_weight), sum(sizes.values()))


# Right: an object with state of its own for each call, walking over the modules without recursion in parameters().
class Counter:
    def __call__(self, network, images, numbers_per_weight):
        weights = trained = 0
        own = {}
        for module in network.modules():
            for tensor in [*module.parameters(recurse=False), *module.buffers(recurse=False)]:
                if id(tensor) not in own:
                    own[id(tensor)] = tensor.untyped_storage()
                    weights += tensor.numel() * tensor.element_size()
                    if isinstance(tensor, nn.Parameter) and tensor.requires_grad:
                        trained += tensor.numel() * tensor.element_size()
        known, total = set(own.values()), [0]

        def pack(tensor):
            piece = tensor.untyped_storage()
            if piece not in known:
                known.add(piece)
                total[0] += piece.nbytes()
            return tensor

        with saved_tensors_hooks(pack, same):
            network(images)
        return weights, trained, trained * numbers_per_weight, total[0]


answers.right(Counter())


@answers.wrong("no-buffers", "the buffers are left out of the weights: too few for any network with batch norm")
def no_buffers(network, images, numbers_per_weight):
    _, gradients, optimizer = counted(network, numbers_per_weight)
    return size(network.parameters()), gradients, optimizer, activations(network, images)


@answers.wrong(
    "frozen-counted",
    "frozen parameters get a gradient and optimizer numbers, too: too many where one has requires_grad False",
)
def frozen_too(network, images, numbers_per_weight):
    weights, _, _ = counted(network, numbers_per_weight)
    every = size(network.parameters())
    return weights, every, every * numbers_per_weight, activations(network, images)


@answers.wrong("optimizer-one", "numbers_per_weight is never read: right for 1, wrong for 0 and 2")
def momentum_only(network, images, numbers_per_weight):
    weights, gradients, _ = counted(network, 1)
    return weights, gradients, gradients, activations(network, images)


@answers.wrong(
    "always-four", "four bytes a number: wrong for float64 or half weights, and for the int64 counter of batch norm"
)
def four_bytes(network, images, numbers_per_weight):
    weights = 4 * sum(t.numel() for t in [*network.parameters(), *network.buffers()])
    gradients = 4 * sum(p.numel() for p in network.parameters() if p.requires_grad)
    return weights, gradients, numbers_per_weight * gradients, activations(network, images)


@answers.wrong(
    "address", "pieces are told apart by data_ptr(): on the meta device every address is 0, and no activation is left"
)
def by_address(network, images, numbers_per_weight):
    pieces = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        pieces[storage.data_ptr()] = storage
        return tensor

    with saved_tensors_hooks(pack, same):
        network(images)
    for tensor in [*network.parameters(), *network.buffers()]:
        pieces.pop(tensor.untyped_storage().data_ptr(), None)
    return (*counted(network, numbers_per_weight), sum(s.nbytes() for s in pieces.values()))


@answers.wrong(
    "twice",
    "every saved tensor is added up: memory kept by two layers (a ReLU's output, the next convolution's input) counts twice",
)
def each_time(network, images, numbers_per_weight):
    own = {t.untyped_storage() for t in [*network.parameters(), *network.buffers()]}
    total = 0

    def pack(tensor):
        nonlocal total
        if tensor.untyped_storage() not in own:
            total += tensor.untyped_storage().nbytes()
        return tensor

    with saved_tensors_hooks(pack, same):
        network(images)
    return (*counted(network, numbers_per_weight), total)


@answers.wrong(
    "weights-kept", "weights and running statistics that autograd keeps are counted among the activations again"
)
def weights_again(network, images, numbers_per_weight):
    kept = set()

    def pack(tensor):
        kept.add(tensor.untyped_storage())
        return tensor

    with saved_tensors_hooks(pack, same):
        network(images)
    return (*counted(network, numbers_per_weight), sum(s.nbytes() for s in kept))


@answers.wrong(
    "buffers-kept", "only the parameters' pieces are taken away: batch norm's running statistics count as activations"
)
def statistics_again(network, images, numbers_per_weight):
    kept = set()

    def pack(tensor):
        kept.add(tensor.untyped_storage())
        return tensor

    with saved_tensors_hooks(pack, same):
        network(images)
    kept -= {p.untyped_storage() for p in network.parameters()}
    return (*counted(network, numbers_per_weight), sum(s.nbytes() for s in kept))


@answers.wrong(
    "outputs",
    "the outputs of all layers by forward hooks, not what autograd keeps: no batch, and outputs that nothing keeps",
)
def all_outputs(network, images, numbers_per_weight):
    total, handles = 0, []

    def hook(module, inputs, output):
        nonlocal total
        total += output.numel() * output.element_size()

    for module in network.modules():
        if not list(module.children()):
            handles.append(module.register_forward_hook(hook))
    network(images)
    for handle in handles:
        handle.remove()
    return (*counted(network, numbers_per_weight), total)


@answers.wrong(
    "touched-modes",
    "evaluation mode for the pass, and left so: the network is in eval afterwards, and batch norm keeps other things in it",
)
def in_eval(network, images, numbers_per_weight):
    network.eval()
    return (*counted(network, numbers_per_weight), activations(network, images))


@answers.wrong(
    "activations",
    "the size of the saved tensor, not of its storage: a view (a part of a larger tensor) counts too little",
)
def sizes_of_tensors(network, images, numbers_per_weight):
    own = {t.untyped_storage() for t in [*network.parameters(), *network.buffers()]}
    kept = {}

    def pack(tensor):
        if tensor.untyped_storage() not in own:
            kept.setdefault(tensor.untyped_storage(), tensor.numel() * tensor.element_size())
        return tensor

    with saved_tensors_hooks(pack, same):
        network(images)
    return (*counted(network, numbers_per_weight), sum(kept.values()))


@answers.wrong(
    "touched-values",
    "the network runs twice, once 'to warm up': running statistics move twice and the counter of batch norm is at 2",
)
def warm_up(network, images, numbers_per_weight):
    with torch.no_grad():
        network(images)
    return (*counted(network, numbers_per_weight), activations(network, images))

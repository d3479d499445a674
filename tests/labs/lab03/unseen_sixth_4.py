"""Answers to 03.4 by students who know its text alone."""

import itertools

import torch
from helpers.answers import Answers
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

answers = Answers("03.4", "check_training_bytes")


def _bytes(tensors):
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _tensors(network):
    return [*network.parameters(), *network.buffers()]


def _trained(network):
    return _bytes(p for p in network.parameters() if p.requires_grad)


def _activations(network, images):
    kept = set()

    def pack(tensor):
        kept.add(tensor.untyped_storage())
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network(images)
    return sum(s.nbytes() for s in kept - {t.untyped_storage() for t in _tensors(network)})


# Wrong answers.


@answers.wrong("?", "the buffers, such as batch norm's running statistics, are not counted among the weights")
def without_buffers(network, images, numbers_per_weight):
    trained = _trained(network)
    return _bytes(network.parameters()), trained, numbers_per_weight * trained, _activations(network, images)


@answers.wrong("?", "four bytes for every number; shows for float64 and for batch norm's counter of eight bytes")
def four_bytes(network, images, numbers_per_weight):
    weights = 4 * sum(t.numel() for t in _tensors(network))
    trained = 4 * sum(p.numel() for p in network.parameters() if p.requires_grad)
    return weights, trained, numbers_per_weight * trained, _activations(network, images)


@answers.wrong("?", "frozen weights have a gradient too; shows for a network that is frozen in part")
def gradients_of_frozen(network, images, numbers_per_weight):
    gradients = _bytes(network.parameters())
    trained = _trained(network)
    return _bytes(_tensors(network)), gradients, numbers_per_weight * trained, _activations(network, images)


@answers.wrong("?", "the optimizer remembers frozen weights too; shows for a network that is frozen in part")
def optimizer_of_frozen(network, images, numbers_per_weight):
    every = numbers_per_weight * _bytes(network.parameters())
    return _bytes(_tensors(network)), _trained(network), every, _activations(network, images)


@answers.wrong("?", "numbers_per_weight is never read: always momentum; shows for plain SGD and for Adam")
def always_momentum(network, images, numbers_per_weight):
    trained = _trained(network)
    return _bytes(_tensors(network)), trained, trained, _activations(network, images)


@answers.wrong("?", "the buffers have gradients and momentum as well; shows for any network with batch norm")
def gradients_of_buffers(network, images, numbers_per_weight):
    whole = _bytes(_tensors(network))
    return whole, whole, numbers_per_weight * whole, _activations(network, images)


@answers.wrong("?", "saved weights are counted among the activations again")
def weights_twice(network, images, numbers_per_weight):
    kept = set()
    with saved_tensors_hooks(lambda t: (kept.add(t.untyped_storage()), t)[1], lambda t: t):
        network(images)
    trained = _trained(network)
    return _bytes(_tensors(network)), trained, numbers_per_weight * trained, sum(s.nbytes() for s in kept)


@answers.wrong("?", "the parameters are taken away, the running statistics that batch norm keeps are not")
def buffers_twice(network, images, numbers_per_weight):
    kept = set()
    with saved_tensors_hooks(lambda t: (kept.add(t.untyped_storage()), t)[1], lambda t: t):
        network(images)
    kept -= {p.untyped_storage() for p in network.parameters()}
    trained = _trained(network)
    return _bytes(_tensors(network)), trained, numbers_per_weight * trained, sum(s.nbytes() for s in kept)


@answers.wrong(
    "?",
    "tensors are added up, not storages: what two layers keep counts twice, as a ReLU's output before a convolution",
)
def every_tensor(network, images, numbers_per_weight):
    own = {t.untyped_storage() for t in _tensors(network)}
    sizes = []

    def pack(tensor):
        if tensor.untyped_storage() not in own:
            sizes.append(tensor.numel() * tensor.element_size())
        return tensor

    with saved_tensors_hooks(pack, lambda t: t):
        network(images)
    trained = _trained(network)
    return _bytes(_tensors(network)), trained, numbers_per_weight * trained, sum(sizes)


@answers.wrong("?", "pieces are told apart by their address, which is 0 for all of them on the meta device")
def by_address(network, images, numbers_per_weight):
    own = {t.untyped_storage().data_ptr() for t in _tensors(network)}
    kept, alive = {}, []

    def pack(tensor):
        alive.append(tensor)
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with saved_tensors_hooks(pack, lambda t: t):
        network(images)
    trained = _trained(network)
    left = sum(size for address, size in kept.items() if address not in own)
    return _bytes(_tensors(network)), trained, numbers_per_weight * trained, left


@answers.wrong("?", "pieces are told apart by their sizes: two of the same size count once")
def by_size(network, images, numbers_per_weight):
    own = {t.untyped_storage() for t in _tensors(network)}
    sizes = set()

    def pack(tensor):
        if tensor.untyped_storage() not in own:
            sizes.add(tensor.untyped_storage().nbytes())
        return tensor

    with saved_tensors_hooks(pack, lambda t: t):
        network(images)
    trained = _trained(network)
    return _bytes(_tensors(network)), trained, numbers_per_weight * trained, sum(sizes)


@answers.wrong("?", "the pass runs without gradients, where nothing is kept: activations are 0")
def no_graph(network, images, numbers_per_weight):
    trained = _trained(network)
    with torch.no_grad():
        kept = _activations(network, images)
    return _bytes(_tensors(network)), trained, numbers_per_weight * trained, kept


@answers.wrong("?", "the network is put into evaluation mode, where a step does not run, and left there")
def in_evaluation_mode(network, images, numbers_per_weight):
    trained = _trained(network)
    network.eval()
    return _bytes(_tensors(network)), trained, numbers_per_weight * trained, _activations(network, images)


@answers.wrong("?", "a pass to warm up comes first: the running statistics move twice")
def warmed_up(network, images, numbers_per_weight):
    trained = _trained(network)
    network(images)
    return _bytes(_tensors(network)), trained, numbers_per_weight * trained, _activations(network, images)


@answers.wrong("?", "the outputs of all layers are counted, kept or not, and the batch is not")
def outputs_of_layers(network, images, numbers_per_weight):
    sizes, handles = [], []
    for layer in network.modules():
        if not list(layer.children()):
            handles.append(layer.register_forward_hook(lambda m, i, o: sizes.append(_bytes([o]))))
    network(images)
    for handle in handles:
        handle.remove()
    trained = _trained(network)
    return _bytes(_tensors(network)), trained, numbers_per_weight * trained, sum(sizes)


@answers.wrong("?", "the batch is taken away, though the first convolution keeps it")
def without_the_batch(network, images, numbers_per_weight):
    kept = set()
    with saved_tensors_hooks(lambda t: (kept.add(t.untyped_storage()), t)[1], lambda t: t):
        network(images)
    kept -= {t.untyped_storage() for t in [*_tensors(network), images]}
    trained = _trained(network)
    return _bytes(_tensors(network)), trained, numbers_per_weight * trained, sum(s.nbytes() for s in kept)


@answers.wrong("?", "a backward pass follows, which leaves gradients in the weights")
def leaves_gradients(network, images, numbers_per_weight):
    kept = set()
    with saved_tensors_hooks(lambda t: (kept.add(t.untyped_storage()), t)[1], lambda t: t):
        output = network(images)
    output.sum().backward()
    kept -= {t.untyped_storage() for t in _tensors(network)}
    trained = _trained(network)
    return _bytes(_tensors(network)), trained, numbers_per_weight * trained, sum(s.nbytes() for s in kept)


@answers.wrong("?", "MiB in place of bytes")
def mebibytes(network, images, numbers_per_weight):
    trained = _trained(network)
    parts = _bytes(_tensors(network)), trained, numbers_per_weight * trained, _activations(network, images)
    return tuple(part / 2**20 for part in parts)


@answers.wrong(
    "?", "each piece counts as large as the tensor that is kept last, not as the whole storage; shows for slices"
)
def size_of_the_view(network, images, numbers_per_weight):
    own = {t.untyped_storage() for t in _tensors(network)}
    kept = {}

    def pack(tensor):
        if tensor.untyped_storage() not in own:
            kept[tensor.untyped_storage()] = tensor.numel() * tensor.element_size()
        return tensor

    with saved_tensors_hooks(pack, lambda t: t):
        network(images)
    trained = _trained(network)
    return _bytes(_tensors(network)), trained, numbers_per_weight * trained, sum(kept.values())


# Right answers.


@answers.right
def with_dictionaries(network, images, numbers_per_weight):
    own = {t.untyped_storage(): 0 for t in itertools.chain(network.parameters(), network.buffers())}
    found = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage not in own:
            found.setdefault(storage, storage.nbytes())
        return tensor

    with saved_tensors_hooks(pack, lambda packed: packed):
        network(images)
    sizes = {name: p.nbytes for name, p in network.named_parameters() if p.requires_grad}
    gradients = sum(sizes.values())
    weights = sum(p.nbytes for p in network.parameters()) + sum(b.nbytes for b in network.buffers())
    return [weights, gradients, gradients * numbers_per_weight, sum(found.values())]


class _Ledger:
    """Remembers all that autograd hands over, in order."""

    def __init__(self):
        self.entries = []

    def keep(self, tensor):
        self.entries.append(tensor)
        return len(self.entries) - 1

    def give(self, number):
        return self.entries[number]

    def total(self, other_than):
        seen, total = set(other_than), 0
        for tensor in self.entries:
            storage = tensor.untyped_storage()
            if storage in seen:
                continue
            seen.add(storage)
            total += storage.nbytes()
        return total


@answers.right
def with_a_ledger(network, images, numbers_per_weight):
    ledger = _Ledger()
    with saved_tensors_hooks(ledger.keep, ledger.give):
        network(images)
    own = [t.untyped_storage() for t in (*network.parameters(), *network.buffers())]
    activations = ledger.total(own)
    weights = gradients = 0
    for parameter in network.parameters():
        size = parameter.element_size() * parameter.nelement()
        weights += size
        gradients += size if parameter.requires_grad else 0
    for buffer in network.buffers():
        weights += buffer.element_size() * buffer.nelement()
    return weights, gradients, numbers_per_weight * gradients, activations


@answers.right
def module_by_module(network, images, numbers_per_weight):
    seen, sizes = set(), {"weights": 0, "trained": 0}

    def look(module):
        for tensor in [*module._parameters.values(), *module._buffers.values()]:
            if tensor is None or id(tensor) in seen:
                continue
            seen.add(id(tensor))
            sizes["weights"] += tensor.numel() * tensor.element_size()
            if isinstance(tensor, nn.Parameter) and tensor.requires_grad:
                sizes["trained"] += tensor.numel() * tensor.element_size()

    network.apply(look)
    storages = []
    with saved_tensors_hooks(lambda t: storages.append(t.untyped_storage()) or t, lambda t: t):
        network(images)
    own = frozenset(t.untyped_storage() for t in itertools.chain(network.parameters(), network.buffers()))
    activations = sum(storage.nbytes() for storage in frozenset(storages).difference(own))
    return sizes["weights"], sizes["trained"], numbers_per_weight * sizes["trained"], activations


@answers.right
def with_torch_sums(network, images, numbers_per_weight):
    kept = set()

    class Hooks(saved_tensors_hooks):
        def __init__(self):
            super().__init__(self.pack, self.unpack)

        @staticmethod
        def pack(tensor):
            kept.add(tensor.untyped_storage())
            return tensor.detach()

        @staticmethod
        def unpack(tensor):
            return tensor

    with Hooks():
        output = network(images)
    del output
    for tensor in [*network.parameters(), *network.buffers()]:
        kept.discard(tensor.untyped_storage())
    count = lambda tensors: sum([t.numel() * t.element_size() for t in tensors], 0)
    trained = count(filter(lambda p: p.requires_grad, network.parameters()))
    weights = count(network.parameters()) + count(network.buffers())
    return weights, trained, sum(trained for _ in range(numbers_per_weight)), sum(map(lambda s: s.nbytes(), kept))


@answers.right
def by_comparison(network, images, numbers_per_weight):
    """No set: each piece is compared with all that came before, under explicit gradients."""
    own = [t.untyped_storage() for t in network.parameters()] + [t.untyped_storage() for t in network.buffers()]
    pieces = []

    def pack(tensor):
        storage = tensor.untyped_storage()
        if not any(storage == other for other in own) and not any(storage == other for other in pieces):
            pieces.append(storage)
        return tensor

    with torch.enable_grad(), saved_tensors_hooks(pack, lambda t: t):
        network(images)
    weights = sum(len(t.flatten()) * t.element_size() for t in [*network.parameters(), *network.buffers()])
    gradients = sum(p.numel() * p.element_size() for p in network.parameters() if p.requires_grad)
    return weights, gradients, gradients * numbers_per_weight, sum(s.nbytes() for s in pieces)


@answers.right
def as_a_generator(network, images, numbers_per_weight):
    def parts():
        trained = [p for p in network.parameters() if p.requires_grad]
        yield sum(map(size, itertools.chain(network.parameters(), network.buffers())))
        yield sum(map(size, trained))
        yield sum(numbers_per_weight * size(p) for p in trained)
        yield sum(storage.nbytes() for storage in saved() - carried())

    def size(tensor):
        return tensor.numel() * torch.empty((), dtype=tensor.dtype).element_size()

    def carried():
        return {t.untyped_storage() for t in [*network.parameters(), *network.buffers()]}

    def saved():
        storages = set()
        with saved_tensors_hooks(lambda t: [storages.add(t.untyped_storage()), t], lambda pair: pair[1]):
            network(images)
        return storages

    return tuple(parts())

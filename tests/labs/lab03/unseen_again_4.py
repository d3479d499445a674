"""More answers to 03.4 by someone who knew the exercise and not its check."""

import torch
from helpers.answers import Answers
from torch.autograd.graph import saved_tensors_hooks

answers = Answers("03.4", "check_training_bytes")


def _size(tensors):
    return sum(t.numel() * t.element_size() for t in tensors)


def _own(network):
    return [*network.parameters(), *network.buffers()]


def _trained(network):
    return [p for p in network.parameters() if p.requires_grad]


def _saved(network, images):
    saved = []
    with saved_tensors_hooks(lambda t: (saved.append(t), t)[1], lambda t: t):
        network(images)
    return saved


def _activations(network, images):
    pieces = {t.untyped_storage() for t in _saved(network, images)}
    pieces -= {t.untyped_storage() for t in _own(network)}
    return sum(piece.nbytes() for piece in pieces)


# Sets of storages in a comprehension; a dict with the answer in order.
@answers.right
def of_sets(network, images, numbers_per_weight):
    held = set()

    def pack(tensor):
        held.add(tensor.untyped_storage())
        return tensor

    context = saved_tensors_hooks(pack, lambda tensor: tensor)
    context.__enter__()
    try:
        network(images)
    finally:
        context.__exit__(None, None, None)
    known = {t.untyped_storage() for t in network.parameters()} | {t.untyped_storage() for t in network.buffers()}
    result = {"weights": sum(t.nbytes for t in (*network.parameters(), *network.buffers()))}
    result["gradients"] = sum(p.nbytes for p in network.parameters() if p.requires_grad)
    result["optimizer"] = result["gradients"] * numbers_per_weight
    result["activations"] = sum(s.nbytes() for s in held - known)
    return tuple(result.values())


# A class whose pack skips what is known from the start; storages in a dict by their handle.
class _Meter(saved_tensors_hooks):
    def __init__(self, known):
        self.known, self.pieces = {s._cdata: s for s in known}, {}
        super().__init__(self.pack, lambda tensor: tensor)

    def pack(self, tensor):
        piece = tensor.untyped_storage()
        if piece._cdata not in self.known:
            self.pieces[piece._cdata] = piece
        return tensor


@answers.right
def by_meter(network, images, numbers_per_weight):
    own = _own(network)
    meter = _Meter([t.untyped_storage() for t in own])
    with meter:
        meter_output = network(images)
    del meter_output
    trained = _size(filter(lambda p: p.requires_grad, network.parameters()))
    return [_size(own), trained, trained * numbers_per_weight, sum(s.nbytes() for s in meter.pieces.values())]


# A list of four numbers; keeps detached handles of the saved tensors, and compares the pieces afterwards.
@answers.right
def afterwards(network, images, numbers_per_weight):
    seen = []
    with saved_tensors_hooks(lambda t: (seen.append(t.detach()), t)[1], lambda t: t):
        network(images)
    known = [t.untyped_storage() for t in _own(network)]
    pieces = []
    for piece in (t.untyped_storage() for t in seen):
        if piece not in set(known) and piece not in set(pieces):
            pieces.append(piece)
    weights, gradients = _size(_own(network)), _size(_trained(network))
    return [weights, gradients, numbers_per_weight * gradients, sum(p.nbytes() for p in pieces)]


@answers.wrong("no-buffers", "buffers are left out of the weights: batch norm's statistics are missing")
def no_buffers(network, images, numbers_per_weight):
    trained = _size(_trained(network))
    return _size(network.parameters()), trained, numbers_per_weight * trained, _activations(network, images)


@answers.wrong("frozen-counted", "frozen weights get a gradient and a place in the optimizer")
def all_trained(network, images, numbers_per_weight):
    every = _size(network.parameters())
    return _size(_own(network)), every, numbers_per_weight * every, _activations(network, images)


@answers.wrong("optimizer-all", "frozen weights have no gradient but still a place in the optimizer")
def optimizer_of_all(network, images, numbers_per_weight):
    every = _size(network.parameters())
    return _size(_own(network)), _size(_trained(network)), numbers_per_weight * every, _activations(network, images)


@answers.wrong(
    "always-four",
    "four bytes for every number: wrong for float64 or bfloat16 networks and for the int64 counter of batch norm",
)
def four_bytes(network, images, numbers_per_weight):
    trained = 4 * sum(p.numel() for p in _trained(network))
    weights = 4 * sum(t.numel() for t in _own(network))
    return weights, trained, numbers_per_weight * trained, _activations(network, images)


@answers.wrong(
    "address",
    "compares addresses: on the meta device every address is 0, so that all activations are one piece or none",
)
def by_address(network, images, numbers_per_weight):
    known = {t.untyped_storage().data_ptr() for t in _own(network)}
    pieces = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in _saved(network, images)}
    trained = _size(_trained(network))
    activations = sum(size for address, size in pieces.items() if address not in known)
    return _size(_own(network)), trained, numbers_per_weight * trained, activations


@answers.wrong("twice", "counts tensors, not pieces of memory: one that two layers keep is counted twice")
def each_tensor(network, images, numbers_per_weight):
    known = {t.untyped_storage() for t in _own(network)}
    activations = _size(t for t in _saved(network, images) if t.untyped_storage() not in known)
    trained = _size(_trained(network))
    return _size(_own(network)), trained, numbers_per_weight * trained, activations


@answers.wrong(
    "activations",
    "a piece is counted with the size of the tensor that looks at it: a slice that is kept counts less than its memory",
)
def size_of_view(network, images, numbers_per_weight):
    known = {t.untyped_storage() for t in _own(network)}
    pieces = {t.untyped_storage(): t.numel() * t.element_size() for t in _saved(network, images)}
    trained = _size(_trained(network))
    activations = sum(size for piece, size in pieces.items() if piece not in known)
    return _size(_own(network)), trained, numbers_per_weight * trained, activations


@answers.wrong("weights-kept", "the weights that a convolution keeps are counted as activations")
def weights_twice(network, images, numbers_per_weight):
    trained = _size(_trained(network))
    activations = sum(s.nbytes() for s in {t.untyped_storage() for t in _saved(network, images)})
    return _size(_own(network)), trained, numbers_per_weight * trained, activations


@answers.wrong(
    "buffers-kept", "batch norm's running statistics are counted as activations: only the parameters are taken away"
)
def buffers_twice(network, images, numbers_per_weight):
    trained = _size(_trained(network))
    pieces = {t.untyped_storage() for t in _saved(network, images)}
    pieces -= {p.untyped_storage() for p in network.parameters()}
    return _size(_own(network)), trained, numbers_per_weight * trained, sum(s.nbytes() for s in pieces)


@answers.wrong("no-images", "the batch is left out, though the first convolution keeps it")
def no_batch(network, images, numbers_per_weight):
    trained = _size(_trained(network))
    pieces = {t.untyped_storage() for t in _saved(network, images)}
    pieces -= {t.untyped_storage() for t in [*_own(network), images]}
    return _size(_own(network)), trained, numbers_per_weight * trained, sum(s.nbytes() for s in pieces)


@answers.wrong("touched-values", "runs the network once more to warm up: running statistics and counters move twice")
def runs_twice(network, images, numbers_per_weight):
    with torch.no_grad():
        network(images)
    trained = _size(_trained(network))
    return _size(_own(network)), trained, numbers_per_weight * trained, _activations(network, images)


@answers.wrong("optimizer-one", "numbers_per_weight is never read: momentum always, wrong for plain SGD and Adam")
def momentum_always(network, images, numbers_per_weight):
    trained = _size(_trained(network))
    return _size(_own(network)), trained, trained, _activations(network, images)


@answers.wrong(
    "touched-modes",
    "runs the network in evaluation mode and leaves it there: other activations, and the mode is changed",
)
def in_eval(network, images, numbers_per_weight):
    network.eval()
    trained = _size(_trained(network))
    return _size(_own(network)), trained, numbers_per_weight * trained, _activations(network, images)


@answers.wrong(
    "weights", "the parameters of every module and of those within: a nested network counts each weight several times"
)
def nested_twice(network, images, numbers_per_weight):
    parameters = [p for module in network.modules() for p in module.parameters()]
    trained = _size(p for p in parameters if p.requires_grad)
    return (
        _size([*parameters, *network.buffers()]),
        trained,
        numbers_per_weight * trained,
        _activations(network, images),
    )


@answers.wrong(
    "touched-gradients",
    "a backward pass for the gradients' size: leaves gradients in every weight, and crashes or counts 0 on frozen ones",
)
def with_backward(network, images, numbers_per_weight):
    activations = _activations(network, images)
    with torch.enable_grad():
        network(images).sum().backward()
    gradients = _size(p.grad for p in network.parameters() if p.grad is not None)
    return _size(_own(network)), gradients, numbers_per_weight * gradients, activations

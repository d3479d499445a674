"""Answers to 03.4 by someone who looked for what its check may not ask."""

import torch
from helpers.answers import Answers
from torch.autograd.graph import saved_tensors_hooks

answers = Answers("03.4", "check_training_bytes")


def size(tensor):
    return tensor.numel() * tensor.element_size()


def counted(network, numbers_per_weight):
    """Return the right first three numbers."""
    carried = sum(size(t) for t in (*network.parameters(), *network.buffers()))
    trained = sum(size(p) for p in network.parameters() if p.requires_grad)
    return carried, trained, numbers_per_weight * trained


def own_storages(network):
    return {t.untyped_storage() for t in (*network.parameters(), *network.buffers())}


def saved(network, images):
    """Return every tensor that is kept in one forward pass."""
    found = []

    def pack(tensor):
        found.append(tensor)
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network(images)
    return found


@answers.right
class Counted(tuple):
    # Right: a class whose call gives a tuple of four; storages are kept in a list and compared one by one.
    def __new__(cls, network, images, numbers_per_weight):
        carried = [*network.parameters(), *network.buffers()]
        known = [tensor.untyped_storage() for tensor in carried]
        kept = []

        def pack(tensor):
            storage = tensor.untyped_storage()
            if all(storage != other for other in (*known, *kept)):
                kept.append(storage)
            return tensor

        with saved_tensors_hooks(pack, lambda tensor: tensor):
            network(images)
        trained = [tensor.nbytes for tensor in carried if tensor.requires_grad]
        parts = [tensor.nbytes for tensor in carried], trained, trained * numbers_per_weight
        return super().__new__(cls, (*map(sum, parts), sum(s.nbytes() for s in kept)))


@answers.right
def places_only(network, images, numbers_per_weight):
    # Right: autograd gets a number in place of each tensor, since no backward pass follows; a dictionary from storage
    # to bytes counts each once, and loses those of the network at the end.
    pieces = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        pieces[storage] = storage.nbytes()
        return len(pieces)

    def unpack(number):
        raise RuntimeError(f"piece {number} is not kept")

    with saved_tensors_hooks(pack, unpack):
        network(images)
    totals = dict.fromkeys(("weights", "gradients"), 0)
    for kind in (network.parameters, network.buffers):
        for tensor in kind():
            totals["weights"] += size(tensor)
            totals["gradients"] += size(tensor) * tensor.requires_grad
            pieces.pop(tensor.untyped_storage(), None)
    weights, gradients = totals.values()
    return weights, gradients, gradients * numbers_per_weight, sum(pieces.values())


@answers.right
def by_sets(network, images, numbers_per_weight):
    # Right: one set less the other.
    kept = {tensor.untyped_storage() for tensor in saved(network, images)} - own_storages(network)
    return [*counted(network, numbers_per_weight), sum(storage.nbytes() for storage in kept)]


@answers.wrong("address", "pieces by their address: all are 0 on the meta device")
def by_address(network, images, numbers_per_weight):
    own = {t.untyped_storage().data_ptr() for t in (*network.parameters(), *network.buffers())}
    kept = {}
    for tensor in saved(network, images):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
    return *counted(network, numbers_per_weight), sum(kept.values())


@answers.wrong(
    "activations", "bytes of the first tensor that lies in a storage: a view keeps all of it, and counts a part"
)
def bytes_of_views(network, images, numbers_per_weight):
    own = own_storages(network)
    kept = {}
    for tensor in saved(network, images):
        storage = tensor.untyped_storage()
        if storage not in own and storage not in kept:
            kept[storage] = size(tensor)
    return *counted(network, numbers_per_weight), sum(kept.values())


@answers.wrong(
    "activations",
    "leaves out what is a Parameter: what is kept of a weight may be a view or a detached twin, which is none",
)
def parameters_by_type(network, images, numbers_per_weight):
    buffers = {t.untyped_storage() for t in network.buffers()}
    kept = {
        tensor.untyped_storage() for tensor in saved(network, images) if not isinstance(tensor, torch.nn.Parameter)
    } - buffers
    return *counted(network, numbers_per_weight), sum(storage.nbytes() for storage in kept)


@answers.wrong(
    "changes-input",
    "asks for gradients of the images: they come back changed, and frozen first layers keep more than they would",
)
def images_too(network, images, numbers_per_weight):
    images.requires_grad_(True)
    kept = {tensor.untyped_storage() for tensor in saved(network, images)} - own_storages(network)
    return *counted(network, numbers_per_weight), sum(storage.nbytes() for storage in kept)


@answers.wrong(
    "touched-values",
    "a pass to warm up before the one that is measured: running statistics and random state move twice",
)
def warms_up(network, images, numbers_per_weight):
    with torch.no_grad():
        network(images)
    kept = {tensor.untyped_storage() for tensor in saved(network, images)} - own_storages(network)
    return *counted(network, numbers_per_weight), sum(storage.nbytes() for storage in kept)


@answers.wrong(
    "touched-gradients",
    "runs backward to have real gradients to count: they stay on the network, and add to those that were there",
)
def runs_backward(network, images, numbers_per_weight):
    kept = set()

    def pack(tensor):
        kept.add(tensor.untyped_storage())
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        out = network(images)
    out.sum().backward()
    kept -= own_storages(network)
    return *counted(network, numbers_per_weight), sum(storage.nbytes() for storage in kept)


@answers.wrong(
    "activations", "counts the output too, which nobody keeps for the backward pass where the last layer is linear"
)
def output_too(network, images, numbers_per_weight):
    kept = set()

    def pack(tensor):
        kept.add(tensor.untyped_storage())
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        kept.add(network(images).untyped_storage())
    kept -= own_storages(network)
    return *counted(network, numbers_per_weight), sum(storage.nbytes() for storage in kept)


@answers.wrong("activations", "counts the batch always, also where a first layer is frozen or keeps no input")
def batch_always(network, images, numbers_per_weight):
    kept = {tensor.untyped_storage() for tensor in saved(network, images)} - own_storages(network)
    kept.add(images.untyped_storage())
    return *counted(network, numbers_per_weight), sum(storage.nbytes() for storage in kept)


@answers.wrong("activations", "the set of pieces is a default argument: a second call counts those of the first again")
def default_set(network, images, numbers_per_weight, kept=set()):
    kept.update(tensor.untyped_storage() for tensor in saved(network, images))
    found = kept - own_storages(network)
    return *counted(network, numbers_per_weight), sum(storage.nbytes() for storage in found)


@answers.wrong(
    "always-four", "bytes of the first parameter for all: wrong for networks of two types, and for whole-number buffers"
)
def one_type(network, images, numbers_per_weight):
    kept = {tensor.untyped_storage() for tensor in saved(network, images)} - own_storages(network)
    each = next(network.parameters()).element_size()
    weights = sum(t.numel() for t in (*network.parameters(), *network.buffers()))
    trained = sum(p.numel() for p in network.parameters() if p.requires_grad)
    found = sum(storage.nbytes() for storage in kept)
    return each * weights, each * trained, each * trained * numbers_per_weight, found


@answers.wrong("touched-parts", "moves the network to the meta device to measure: its weights are gone")
def moves_to_meta(network, images, numbers_per_weight):
    parts = counted(network, numbers_per_weight)
    network.to("meta")
    kept = {tensor.untyped_storage() for tensor in saved(network, images.to("meta"))}
    kept -= own_storages(network)
    return *parts, sum(storage.nbytes() for storage in kept)


@answers.wrong("activations", "leaves out what has the shape of a weight or buffer: an activation may have it too")
def by_shape(network, images, numbers_per_weight):
    shapes = {t.shape for t in (*network.parameters(), *network.buffers())}
    shapes |= {t.t().shape for t in network.parameters() if t.dim() == 2}
    kept = {t.untyped_storage() for t in saved(network, images) if t.shape not in shapes}
    return *counted(network, numbers_per_weight), sum(storage.nbytes() for storage in kept)

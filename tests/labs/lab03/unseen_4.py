"""Answers to 03.4 by someone who knew the exercise and not its check."""

import torch
from helpers.answers import Answers
from torch.autograd.graph import saved_tensors_hooks

answers = Answers("03.4", "check_training_bytes")


def size(tensor):
    return tensor.numel() * tensor.element_size()


def good(network, images, numbers_per_weight, *, own=None, trained=None, bytes_of=size, pieces=None):
    own = [*network.parameters(), *network.buffers()] if own is None else own
    trained = [p for p in network.parameters() if p.requires_grad] if trained is None else trained
    kept = set()

    def pack(tensor):
        kept.add(tensor.untyped_storage())
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network(images)
    gradients = sum(map(bytes_of, trained))
    activations = sum(it.nbytes() for it in kept - {tensor.untyped_storage() for tensor in own})
    return sum(map(bytes_of, own)), gradients, numbers_per_weight * gradients, activations


@answers.wrong("touched-values", "storages compared by address, which is 0 for all on the meta device")
def by_address(network, images, numbers_per_weight):
    own = {t.data_ptr() for t in [*network.parameters(), *network.buffers()]}
    kept = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network(images)
    return (*good(network, images, numbers_per_weight)[:3], sum(kept.values()))


@answers.wrong("always-four", "four bytes for every number")
def four(network, images, numbers_per_weight):
    return good(network, images, numbers_per_weight, bytes_of=lambda t: 4 * t.numel())


@answers.wrong("optimizer-one", "momentum whatever the optimizer keeps")
def momentum(network, images, numbers_per_weight):
    w, g, _, a = good(network, images, 1)
    return w, g, g, a


@answers.wrong("optimizer", "Adam or nothing: more than one number counts as two")
def at_most_two(network, images, numbers_per_weight):
    return good(network, images, min(numbers_per_weight, 2))


# Passes, for good or bad: a weight that two layers share is counted twice
def shared(network, images, numbers_per_weight):
    own = [t for layer in network.modules() for t in [*layer.parameters(recurse=False), *layer.buffers(recurse=False)]]
    return good(network, images, numbers_per_weight, own=own)


@answers.wrong("touched-values", "tensors in place of storages: a view is counted with its own size")
def tensors(network, images, numbers_per_weight):
    own = {t.untyped_storage() for t in [*network.parameters(), *network.buffers()]}
    kept = {}

    def pack(tensor):
        if tensor.untyped_storage() not in own:
            kept.setdefault(tensor.untyped_storage(), size(tensor))
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        network(images)
    return (*good(network, images, numbers_per_weight)[:3], sum(kept.values()))


@answers.wrong("frozen-counted", "frozen weights have gradients too")
def frozen(network, images, numbers_per_weight):
    return good(network, images, numbers_per_weight, trained=list(network.parameters()))


@answers.wrong("no-images", "the batch is left out")
def no_batch(network, images, numbers_per_weight):
    w, g, o, a = good(network, images, numbers_per_weight)
    return w, g, o, a - images.untyped_storage().nbytes()


@answers.wrong("activations", "a batch that is a slice of a larger tensor: only its own part is counted")
def slice_only(network, images, numbers_per_weight):
    whole, part = images.untyped_storage().nbytes(), size(images)
    w, g, o, a = good(network, images, numbers_per_weight)
    return w, g, o, a - whole + part if whole != part else a


@answers.wrong("touched-gradients", "gradients are left on the network (backward was run)")
def backward(network, images, numbers_per_weight):
    result = good(network, images, numbers_per_weight)
    network(images).sum().backward()
    return result


@answers.wrong("touched-modes", "the network is left in evaluation mode")
def evaluating(network, images, numbers_per_weight):
    result = good(network, images, numbers_per_weight)
    network.eval()
    return result


@answers.wrong("touched-values", "the network is run twice: running statistics move twice")
def twice(network, images, numbers_per_weight):
    network(images)
    return good(network, images, numbers_per_weight)


@answers.wrong("changes-input", "the images require a gradient afterwards")
def requires(network, images, numbers_per_weight):
    result = good(network, images, numbers_per_weight)
    images.requires_grad_()
    return result


@answers.wrong("touched-requires-grad", "everything is thawed")
def thawed(network, images, numbers_per_weight):
    result = good(network, images, numbers_per_weight)
    network.requires_grad_(True)
    return result


@answers.wrong("leaves-behind", "the hooks stay in force after the call")
def hooks_stay(network, images, numbers_per_weight):
    hooks = saved_tensors_hooks(lambda t: t, lambda t: t)
    hooks.__enter__()
    return good(network, images, numbers_per_weight)


@answers.wrong("no-buffers", "buffers are left out of the weights")
def no_buffers(network, images, numbers_per_weight):
    _w, g, o, a = good(network, images, numbers_per_weight)
    return sum(map(size, network.parameters())), g, o, a


@answers.wrong("mebibytes", "MiB in place of bytes")
def mebibytes(network, images, numbers_per_weight):
    return tuple(it / 2**20 for it in good(network, images, numbers_per_weight))


@answers.wrong("activations", "all outputs of all layers")
def outputs(network, images, numbers_per_weight):
    seen = [size(images)]
    hooks = [
        m.register_forward_hook(lambda m, i, o: seen.append(size(o)))
        for m in network.modules()
        if not list(m.children())
    ]
    result = good(network, images, numbers_per_weight)
    for hook in hooks:
        hook.remove()
    return (*result[:3], sum(seen))


@answers.wrong("weights-kept", "weights are counted among the activations")
def with_weights(network, images, numbers_per_weight):
    kept = set()

    def pack(tensor):
        kept.add(tensor.untyped_storage())
        return tensor

    with saved_tensors_hooks(pack, lambda t: t):
        network(images)
    own = [*network.parameters(), *network.buffers()]
    g = sum(size(p) for p in network.parameters() if p.requires_grad)
    return sum(map(size, own)), g, numbers_per_weight * g, sum(k.nbytes() for k in kept)


@answers.right
def by_dictionary(network, images, numbers_per_weight):
    """A list of storages compared with ==; nbytes of the tensors."""
    weights = sum(t.nbytes for t in [*network.parameters(), *network.buffers()])
    gradients = sum(p.nbytes for p in network.parameters() if p.requires_grad)
    own = [t.untyped_storage() for t in [*network.parameters(), *network.buffers()]]
    kept = []

    def pack(tensor):
        storage = tensor.untyped_storage()
        if all(storage._cdata != other._cdata for other in [*own, *kept]):
            kept.append(storage)
        return tensor

    with saved_tensors_hooks(pack, lambda t: t):
        network(images)
    return [weights, gradients, gradients * numbers_per_weight, sum(it.nbytes() for it in kept)]


@answers.right
def detached_pack(network, images, numbers_per_weight):
    """pack returns a detached tensor, unpack is never needed; state_dict for the sizes."""
    kept, own = set(), {t.untyped_storage() for t in network.state_dict().values()}
    with (
        torch.enable_grad(),
        saved_tensors_hooks(lambda t: (kept.add(t.untyped_storage()), t.detach())[1], lambda t: t),
    ):
        network(images)
    weights = sum(size(t) for t in [*network.parameters(), *network.buffers()])
    gradients = sum(size(p) * p.requires_grad for p in network.parameters())
    return weights, gradients, int(numbers_per_weight) * gradients, sum(s.nbytes() for s in kept if s not in own)


@answers.right
def as_tensor(network, images, numbers_per_weight):
    """Four numbers in a tensor of whole numbers."""
    return torch.tensor(good(network, images, numbers_per_weight), device="cpu")


@answers.right
def counted_in_pack(network, images, numbers_per_weight):
    """Counts while packing."""
    seen, total = {t.untyped_storage() for t in [*network.parameters(), *network.buffers()]}, 0

    def pack(tensor):
        nonlocal total
        storage = tensor.untyped_storage()
        if storage not in seen:
            seen.add(storage)
            total += storage.nbytes()
        return tensor

    with saved_tensors_hooks(pack, lambda t: t):
        out = network(images)
    del out
    weights = sum(map(size, [*network.parameters(), *network.buffers()]))
    gradients = sum(size(p) for p in network.parameters() if p.requires_grad)
    return weights, gradients, sum([gradients] * int(numbers_per_weight)), total

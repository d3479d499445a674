"""Answers to 05.1 by someone who knew the exercise and not its check."""

import copy

import torch
from helpers.answers import Answers

answers = Answers("05.1", "check_collect")


def collect(network, batches, stages, *, reduce=lambda o: o.mean((2, 3)), grads=torch.no_grad):
    """Right: every part gets its own mode back."""
    rows = {name: [] for name in stages}
    modes = [(part, part.training) for part in network.modules()]

    def keeper(name):
        return lambda module, inputs, output: rows[name].append(reduce(output))

    handles = [network.get_submodule(name).register_forward_hook(keeper(name)) for name in stages]
    try:
        network.eval()
        with grads():
            for images, _ in batches:
                network(images)
    finally:
        for part, mode in modes:
            part.training = mode
        for handle in handles:
            handle.remove()
    return {name: torch.cat(parts) for name, parts in rows.items()}


@answers.wrong("device", "collected behind zeros on the CPU")
def cpu_zeros(network, batches, stages):
    found = collect(network, batches, stages)
    return {k: torch.cat([torch.zeros(0, v.shape[1], dtype=v.dtype), v]) for k, v in found.items()}


@answers.wrong("device", "the images are moved to the CPU")
def to_cpu(network, batches, stages):
    return collect(network, ((x.cpu(), y) for x, y in batches), stages)


@answers.wrong("raises", "getattr: a stage within a stage (layer2.0) is not found")
def by_getattr(network, batches, stages):
    for name in stages:
        getattr(network, name)
    return collect(network, batches, stages)


@answers.wrong("2: divided by 7 * 7, the map of one example, where maps are smaller than that")
def forty_nine(network, batches, stages):
    return collect(
        network, batches, stages, reduce=lambda o: o.sum((2, 3)) / (49 if o.shape[2] == 7 else o[0, 0].numel())
    )


answers.wrongs.pop()  # right after all


@answers.wrong("values", "the square maps' side squared: maps that are not square get another mean")
def square(network, batches, stages):
    return collect(network, batches, stages, reduce=lambda o: o.sum((2, 3)) / o.shape[2] ** 2)


@answers.wrong("raises", "all hooks see the last name of the loop")
def late(network, batches, stages):
    rows = {name: [] for name in stages}
    handles = []
    modes = [(part, part.training) for part in network.modules()]
    for name in stages:
        handles.append(
            network.get_submodule(name).register_forward_hook(lambda m, i, o: rows[name].append(o.mean((2, 3))))
        )
    network.eval()
    with torch.no_grad():
        for images, _ in batches:
            network(images)
    for part, mode in modes:
        part.training = mode
    for handle in handles:
        handle.remove()
    return {k: torch.cat(v) if v else torch.zeros(0) for k, v in rows.items()}


# Passes, for good or bad: maps are kept, and averaged after the pass: an in-place ReLU behind has changed them
def averaged_later(network, batches, stages):
    rows = {name: [] for name in stages}
    modes = [(part, part.training) for part in network.modules()]
    handles = [network.get_submodule(n).register_forward_hook(lambda m, i, o, n=n: rows[n].append(o)) for n in stages]
    try:
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for part, mode in modes:
            part.training = mode
        for handle in handles:
            handle.remove()
    return {name: torch.cat(parts).mean((2, 3)) for name, parts in rows.items()}


@answers.wrong("raises", "squeeze: a batch of one image loses its axis")
def squeezes(network, batches, stages):
    return collect(network, batches, stages, reduce=lambda o: o.mean((2, 3)).squeeze())


@answers.wrong("raises", "batches are walked through once for each stage: a generator is empty by then")
def per_stage(network, batches, stages):
    return {name: collect(network, batches, [name])[name] for name in stages}


@answers.wrong("left-after-error", "hooks stay when a batch fails")
def left_on_error(network, batches, stages):
    rows = {name: [] for name in stages}
    modes = [(part, part.training) for part in network.modules()]
    handles = [
        network.get_submodule(n).register_forward_hook(lambda m, i, o, n=n: rows[n].append(o.mean((2, 3))))
        for n in stages
    ]
    network.eval()
    with torch.no_grad():
        for images, _ in batches:
            network(images)
    for part, mode in modes:
        part.training = mode
    for handle in handles:
        handle.remove()
    return {name: torch.cat(parts) for name, parts in rows.items()}


@answers.wrong("left-after-error", "hooks go, but the mode stays evaluation, when a batch fails")
def mode_on_error(network, batches, stages):
    was = network.training
    found = collect(network.eval(), batches, stages)
    network.train(was)
    return found


@answers.wrong("3: an unknown stage name: hooks made before it stay")
def left_on_name(network, batches, stages):
    rows, handles = {n: [] for n in stages}, []
    for n in stages:
        handles.append(
            network.get_submodule(n).register_forward_hook(lambda m, i, o, n=n: rows[n].append(o.mean((2, 3))))
        )
    modes = [(part, part.training) for part in network.modules()]
    try:
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for part, mode in modes:
            part.training = mode
        for handle in handles:
            handle.remove()
    return {n: torch.cat(parts) for n, parts in rows.items()}


answers.wrongs.pop()  # the lab's own solution leaves them too


@answers.wrong("left-hooks", "hooks of others are cleared")
def clears(network, batches, stages):
    found = collect(network, batches, stages)
    for name in stages:
        network.get_submodule(name)._forward_hooks.clear()
    return found


@answers.wrong("left-requires-grad", "everything is thawed")
def thaws(network, batches, stages):
    network.requires_grad_(False)
    found = collect(network, batches, stages)
    network.requires_grad_(True)
    return found


@answers.wrong("leaves-behind", "grad mode stays off")
def grad_off(network, batches, stages):
    torch.set_grad_enabled(False)
    return collect(network, batches, stages)


@answers.wrong("values", "the hook returns the mean, which takes the place of the maps (broadcast)")
def replaces(network, batches, stages):
    def reduce(o):
        return o.mean((2, 3))

    rows = {n: [] for n in stages}
    modes = [(part, part.training) for part in network.modules()]

    def keeper(n):
        def keep(m, i, o):
            rows[n].append(reduce(o))
            return o.mean((2, 3), keepdim=True).expand_as(o)

        return keep

    handles = [network.get_submodule(n).register_forward_hook(keeper(n)) for n in stages]
    network.eval()
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for part, mode in modes:
            part.training = mode
        for handle in handles:
            handle.remove()
    return {n: torch.cat(parts) for n, parts in rows.items()}


@answers.wrong("left-gradients", "gradients of the network are cleared")
def clears_gradients(network, batches, stages):
    network.zero_grad()
    return collect(network, batches, stages)


@answers.wrong("changes-input", "the images are normalized in place")
def in_place(network, batches, stages):
    return collect(network, ((x.sub_(x.mean()), y) for x, y in batches), stages)


@answers.wrong("left-modes", "the network is always left in training mode")
def training_mode(network, batches, stages):
    found = collect(network, batches, stages)
    network.train()
    return found


@answers.wrong("keeps-graph", "a graph hangs on the features")
def graph(network, batches, stages):
    return collect(network, batches, stages, grads=torch.enable_grad)


@answers.wrong("largest", "maximum in place of the mean")
def maximum(network, batches, stages):
    return collect(network, batches, stages, reduce=lambda o: o.amax((2, 3)))


@answers.wrong("flattened", "the flattened maps")
def flattened(network, batches, stages):
    return collect(network, batches, stages, reduce=lambda o: o.flatten(1))


@answers.wrong("over-channels", "the mean over channels")
def channels(network, batches, stages):
    return collect(network, batches, stages, reduce=lambda o: o.mean(1).flatten(1))


@answers.wrong("not-a-tensor", "lists of batches")
def lists(network, batches, stages):
    return {k: list(v.split(3)) for k, v in collect(network, batches, stages).items()}


@answers.right
def context(network, batches, stages):
    """ExitStack, einsum mean, clones."""
    from contextlib import ExitStack

    rows, was = {}, {part: part.training for part in network.modules()}
    with ExitStack() as stack:
        stack.callback(lambda: [setattr(part, "training", mode) for part, mode in was.items()])
        for name in stages:
            rows[name] = []

            def keep(module, inputs, output, kept=rows[name]):
                kept.append(torch.einsum("nchw->nc", output).div(output.shape[2] * output.shape[3]).clone())

            stack.enter_context(network.get_submodule(name).register_forward_hook(keep))
        network.train(False)
        stack.enter_context(torch.no_grad())
        for batch in batches:
            network(batch[0])
    return {name: torch.vstack(parts) for name, parts in rows.items()}


@answers.right
def on_copy(network, batches, stages):
    """Works on a copy of the network."""
    return collect(copy.deepcopy(network), batches, stages, reduce=lambda o: o.flatten(2).mean(2))


@answers.right
def pooled(network, batches, stages):
    """adaptive_avg_pool2d; inside inference_mode, cloned after it."""
    found = collect(
        network,
        batches,
        stages,
        reduce=lambda o: torch.nn.functional.adaptive_avg_pool2d(o, 1)[:, :, 0, 0],
        grads=torch.no_grad,
    )
    return dict(reversed(list(reversed(found.items()))))


@answers.right
def class_hook(network, batches, stages):
    """An object with __call__ as hook, dict of names by functools.partial."""
    from functools import partial

    rows = {}

    def keep(name, module, inputs, output):
        rows.setdefault(name, []).append(output.detach().mean(dim=-1).mean(dim=-1))

    was = [(m, m.training) for m in network.modules()]
    handles = []
    try:
        for name in stages:
            part = dict(network.named_modules())[name]
            handles.append(part.register_forward_hook(partial(keep, name)))
        network.eval()
        with torch.set_grad_enabled(False):
            for x, _ in batches:
                network(x)
    finally:
        [handle.remove() for handle in handles]
        for m, mode in was:
            m.training = mode
    return {name: torch.concatenate(rows[name]) for name in stages}

"""Answers to 05.1 by someone who looked for what its check may not ask."""

from contextlib import ExitStack
from functools import partial

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("05.1", "check_collect")


def _watch(network, stages, keep):
    """Register hooks that call keep(name, output); return their handles."""

    def keeper(name):
        def hook(module, inputs, output):
            keep(name, output)

        return hook

    return [network.get_submodule(name).register_forward_hook(keeper(name)) for name in stages]


def _pass(network, batches, stages, mean=lambda output: output.mean((2, 3))):
    """One pass as it should be, but for the mean; for answers that are wrong elsewhere."""
    kept, was_training = {name: [] for name in stages}, [(part, part.training) for part in network.modules()]
    handles = _watch(network, stages, lambda name, output: kept[name].append(mean(output)))
    try:
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        for part, mode in was_training:
            part.training = mode
    return {name: torch.cat(rows) for name, rows in kept.items()}


# Right: an object whose bound method is the hook; it finds the name of a stage by the module itself, takes the mean by
# einsum, and is a context manager that cleans up whatever happens. Every module gets its own mode back.
@answers.right
def by_object(network, batches, stages):
    class Watcher:
        def __enter__(self):
            self.names, self.rows = {}, {}
            for name in stages:
                self.rows[name] = []
                self.names.setdefault(network.get_submodule(name), []).append(name)
            self.handles = [part.register_forward_hook(self.see) for part in self.names]
            self.modes = [part for part in network.modules() if part.training]
            network.eval()
            return self

        def see(self, module, inputs, output):
            mean = torch.einsum("nchw->nc", output / output[0, 0].numel())
            for name in self.names[module]:
                self.rows[name].append(mean)

        def __exit__(self, *error):
            for handle in self.handles:
                handle.remove()
            for part in self.modes:
                part.training = True

    with Watcher() as watcher, torch.no_grad():
        for batch in batches:
            network(batch[0])
    return {name: torch.cat(rows) for name, rows in watcher.rows.items()}


# Right: functools.partial gives each hook its name, a stack undoes everything in reverse order even after an error, and
# the mean over the pixels is an adaptive pool to one pixel. The list of rows grows as the batches come, in one walk.
@answers.right
def partials_on_a_stack(network, batches, stages):
    def see(rows, module, inputs, output):
        rows.append(F.adaptive_avg_pool2d(output, 1)[:, :, 0, 0])

    found = {name: [] for name in stages}
    with ExitStack() as stack:
        for part in network.modules():
            stack.callback(setattr, part, "training", part.training)
        for name, rows in found.items():
            handle = network.get_submodule(name).register_forward_hook(partial(see, rows))
            stack.callback(handle.remove)
        network.eval()
        stack.enter_context(torch.set_grad_enabled(False))
        for batch in iter(batches):
            network(batch[0])
    return {name: torch.cat(rows, dim=0) for name, rows in found.items()}


@answers.wrong("values", "divides by the width squared: right for square maps only")
def square_maps(network, batches, stages):
    return _pass(network, batches, stages, lambda output: output.sum((2, 3)) / output.shape[-1] ** 2)


@answers.wrong(
    "values", "keeps the maps and takes the mean at the end: what an in-place layer after the stage wrote is in them"
)
def mean_at_the_end(network, batches, stages):
    maps = _pass(network, batches, stages, lambda output: output)
    return {name: rows.mean((2, 3)) for name, rows in maps.items()}


@answers.wrong("raises", "squeezes the mean: a single image, or a single channel, loses its axis")
def squeezed(network, batches, stages):
    return _pass(network, batches, stages, lambda output: output.mean((2, 3), keepdim=True).squeeze())


@answers.wrong("raises", "counts the images in a first walk: of a generator nothing is left")
def walks_twice(network, batches, stages):
    count = sum(len(images) for images, _ in batches)
    return {name: rows[:count] for name, rows in _pass(network, batches, stages).items()}


@answers.wrong(
    "raises", "finds the stages by getattr: layer4.0 or layer1.0.conv1 are modules in the network, and an error here"
)
def by_getattr(network, batches, stages):
    parts = {name: getattr(network, name) for name in stages}
    assert all(isinstance(part, torch.nn.Module) for part in parts.values())
    return _pass(network, batches, stages)


@answers.wrong("error-hidden", "an error in a batch is swallowed: too few rows come back, and nobody knows")
def swallows_errors(network, batches, stages):
    kept = {name: [] for name in stages}
    modes = [(part, part.training) for part in network.modules()]
    handles = _watch(network, stages, lambda name, output: kept[name].append(output.mean((2, 3))))
    network.eval()
    with torch.no_grad():
        try:
            for images, _ in batches:
                network(images)
        except Exception as error:
            print(f"stopped: {error}")
    for handle in handles:
        handle.remove()
    for part, mode in modes:
        part.training = mode
    return {name: torch.cat(rows) if rows else torch.empty(0, 0) for name, rows in kept.items()}


@answers.wrong(
    "left-after-error",
    "hooks go under finally, the mode does not: after a batch that fails the network is in evaluation mode",
)
def mode_lost_by_an_error(network, batches, stages):
    kept = {name: [] for name in stages}
    was_training = network.training
    handles = _watch(network, stages, lambda name, output: kept[name].append(output.mean((2, 3))))
    network.eval()
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
    network.train(was_training)
    return {name: torch.cat(rows) for name, rows in kept.items()}


@answers.wrong("left-modes", "ends in training mode, whatever it was")
def ends_in_training(network, batches, stages):
    try:
        return _pass(network, batches, stages)
    finally:
        network.train()


@answers.wrong("left-hooks", "cleans up by clearing all forward hooks of a stage, those of others too")
def clears_hooks(network, batches, stages):
    try:
        return _pass(network, batches, stages)
    finally:
        for name in stages:
            network.get_submodule(name)._forward_hooks.clear()


@answers.wrong("leaves-behind", "switches gradients on at the end, also for a caller that had them off")
def switches_gradients_on(network, batches, stages):
    torch.set_grad_enabled(False)
    try:
        return _pass(network, batches, stages)
    finally:
        torch.set_grad_enabled(True)


@answers.wrong(
    "left-requires-grad", "no gradients by requires_grad, and afterwards everything trains, what was frozen too"
)
def thaws_at_the_end(network, batches, stages):
    network.requires_grad_(False)
    try:
        return _pass(network, batches, stages)
    finally:
        network.requires_grad_(True)


@answers.wrong(
    "raises",
    "stops the pass after the last stage of the list: where the list is not in the network's order, a stage is missing",
)
def stops_early(network, batches, stages):
    class Enough(Exception):
        pass

    kept = {name: [] for name in stages}

    def keep(name, output):
        kept[name].append(output.mean((2, 3)))
        if name == stages[-1]:
            raise Enough

    modes = [(part, part.training) for part in network.modules()]
    handles = _watch(network, stages, keep)
    try:
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                try:
                    network(images)
                except Enough:
                    pass
    finally:
        for handle in handles:
            handle.remove()
        for part, mode in modes:
            part.training = mode
    return {name: torch.cat(rows) for name, rows in kept.items()}


@answers.wrong(
    "values-shape",
    "leaves out batches with one image, for fear of batch norm, which needs no second one in evaluation mode",
)
def no_single_images(network, batches, stages):
    return _pass(network, (batch for batch in batches if len(batch[0]) > 1), stages)


@answers.wrong(
    "values-shape", "keeps the rows on the network, and does not empty them: a second call has those of the first too"
)
def rows_on_the_network(network, batches, stages):
    if not hasattr(network, "seen"):
        network.seen = {}
    for name, rows in _pass(network, batches, stages).items():
        network.seen[name] = torch.cat([network.seen[name], rows]) if name in network.seen else rows
    return {name: network.seen[name] for name in stages}


@answers.wrong("left-gradients", "removes waiting gradients, with zero_grad, before the pass")
def clears_gradients(network, batches, stages):
    network.zero_grad()
    return _pass(network, batches, stages)

"""More answers to 05.1 by someone who knew the exercise and not its check."""

from contextlib import ExitStack
from functools import partial

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("05.1", "check_collect")


# An ExitStack cleans up; each part gets its own mode back; einsum for the mean.
@answers.right
def by_stack(network, batches, stages):
    rows = {stage: [] for stage in stages}

    def keep(stage, module, inputs, output):
        rows[stage].append(torch.einsum("nchw->nc", output) / (output.shape[2] * output.shape[3]))

    with ExitStack() as stack:
        for module in network.modules():
            stack.callback(setattr, module, "training", module.training)
        for stage in stages:
            stack.callback(network.get_submodule(stage).register_forward_hook(partial(keep, stage)).remove)
        stack.enter_context(torch.no_grad())
        network.eval()
        for images, _ in batches:
            network(images)
    return {stage: torch.cat(parts) for stage, parts in rows.items()}


# A class for a hook, and adaptive pooling.
class _Collector:
    def __init__(self, module):
        self.rows, self.handle = [], module.register_forward_hook(self)

    def __call__(self, module, inputs, output):
        self.rows += [F.adaptive_avg_pool2d(output, 1)[:, :, 0, 0]]


@answers.right
@torch.no_grad()
def by_collectors(network, batches, stages):
    parts = dict(network.named_modules())
    modes, collectors = {name: part.training for name, part in parts.items()}, {}
    try:
        for name in stages:
            collectors[name] = _Collector(parts[name])
        network.train(False)
        for batch in batches:
            network(batch[0])
    finally:
        for collector in collectors.values():
            collector.handle.remove()
        for name, part in parts.items():
            part.training = modes[name]
    return {name: torch.concatenate(collector.rows, 0) for name, collector in collectors.items()}


# One image at a time is joined; the mean of a flattened map.
@answers.right
def row_by_row(network, batches, stages):
    found, handles = {name: [] for name in stages}, []
    modes = [(module, module.training) for module in network.modules()]

    def make(name):
        def hook(module, inputs, output):
            found[name].extend(output.flatten(2).mean(-1).detach())

        return hook

    try:
        handles.extend(network.get_submodule(name).register_forward_hook(make(name)) for name in stages)
        network.eval()
        with torch.no_grad():
            [network(images) for images, labels in batches]
    finally:
        [handle.remove() for handle in handles]
        for module, mode in modes:
            module.training = mode
    return {name: torch.stack(found[name]) for name in stages}


def _collect(network, batches, stages, keep=lambda output: output.mean((2, 3)), join=torch.cat, find=None):
    rows, handles = {stage: [] for stage in stages}, []
    modes = [(module, module.training) for module in network.modules()]

    def keeper(stage):
        return lambda module, inputs, output: rows[stage].append(keep(output))

    try:
        for stage in stages:
            module = find(network, stage) if find else network.get_submodule(stage)
            handles.append(module.register_forward_hook(keeper(stage)))
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes:
            module.training = mode
    return {stage: join(parts) for stage, parts in rows.items()}


@answers.wrong("raises", "all hooks share the loop's name: with two stages or more everything is put under the last")
def late_name(network, batches, stages):
    rows, was_training = {stage: [] for stage in stages}, network.training
    handles = []
    for stage in stages:
        handles.append(
            network.get_submodule(stage).register_forward_hook(
                lambda module, inputs, output: rows[stage].append(output.mean((2, 3)))
            )
        )
    network.eval()
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    return {stage: torch.cat(parts) if parts else torch.empty(0) for stage, parts in rows.items()}


@answers.wrong(
    "left-after-error", "no finally: if a batch makes the network fail, the hooks stay and the mode is evaluation"
)
def not_if_it_fails(network, batches, stages):
    rows, was_training = {stage: [] for stage in stages}, network.training

    def keeper(stage):
        return lambda module, inputs, output: rows[stage].append(output.mean((2, 3)))

    handles = [network.get_submodule(stage).register_forward_hook(keeper(stage)) for stage in stages]
    network.eval()
    with torch.no_grad():
        for images, _ in batches:
            network(images)
    for handle in handles:
        handle.remove()
    network.train(was_training)
    return {stage: torch.cat(parts) for stage, parts in rows.items()}


@answers.wrong("raises", "a walk through the batches for each stage: a generator has none left for the second")
def stage_by_stage(network, batches, stages):
    return {stage: _collect(network, batches, [stage])[stage] for stage in stages}


@answers.wrong("left-modes", "training mode afterwards, also where the network was in evaluation mode")
def trains_afterwards(network, batches, stages):
    found = _collect(network, batches, stages)
    network.train()
    return found


@answers.wrong("left-hooks", "every hook of the stages is removed, those of others too")
def clears_hooks(network, batches, stages):
    found = _collect(network, batches, stages)
    for stage in stages:
        network.get_submodule(stage)._forward_hooks.clear()
    return found


@answers.wrong("flattened", "keeps all pixels: (N, C * H * W) instead of the mean of each channel")
def all_pixels(network, batches, stages):
    return _collect(network, batches, stages, keep=lambda output: output.flatten(1))


@answers.wrong("largest", "the largest pixel of each channel instead of the mean")
def largest(network, batches, stages):
    return _collect(network, batches, stages, keep=lambda output: output.amax((2, 3)))


@answers.wrong("values", "the sum over the pixels, divided by the height twice: wrong for maps that are not square")
def square_maps(network, batches, stages):
    return _collect(network, batches, stages, keep=lambda output: output.sum((2, 3)) / output.shape[2] ** 2)


@answers.wrong(
    "raises", "squeezes the mean: a batch of one image becomes (C,), and cat crashes or mixes rows and channels"
)
def squeezes(network, batches, stages):
    return _collect(network, batches, stages, keep=lambda output: F.adaptive_avg_pool2d(output, 1).squeeze())


@answers.wrong("raises", "getattr finds direct parts only: layer1.0 crashes")
def direct_parts(network, batches, stages):
    return _collect(network, batches, stages, find=getattr)


@answers.wrong("raises", "stacks the batches: crashes where the last is smaller")
def stacks(network, batches, stages):
    return _collect(network, batches, stages, join=lambda parts: torch.stack(parts).flatten(0, 1))


@answers.wrong(
    "train-mode",
    "the network runs in the mode it has: in training mode running statistics move and rows depend on the batch",
)
def in_its_mode(network, batches, stages):
    rows = {stage: [] for stage in stages}

    def keeper(stage):
        return lambda module, inputs, output: rows[stage].append(output.mean((2, 3)))

    handles = [network.get_submodule(stage).register_forward_hook(keeper(stage)) for stage in stages]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
    return {stage: torch.cat(parts) for stage, parts in rows.items()}


@answers.wrong("left-gradients", "zeroes the network's gradients for safety: those that were there are gone")
def drops_gradients(network, batches, stages):
    network.zero_grad()
    return _collect(network, batches, stages)


@answers.wrong(
    "left-requires-grad",
    "requires_grad is switched off for all weights instead of no_grad, and afterwards on for all: frozen ones train",
)
def thaws_all(network, batches, stages):
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    found = _collect(network, batches, stages)
    for parameter in network.parameters():
        parameter.requires_grad_(True)
    return found


@answers.wrong("last-batch", "only the last batch of each stage is kept")
def last_batch(network, batches, stages):
    return _collect(network, batches, stages, join=lambda parts: parts[-1])

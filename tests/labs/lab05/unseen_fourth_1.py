"""Answers to 05.1 by students who know its text alone."""

import contextlib
import copy
import functools

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("05.1", "check_collect")


def _keeper(kept):
    return lambda module, inputs, output: kept.append(output.mean((2, 3)))


@answers.wrong(
    "raises",
    "several stages: the lambda looks its name up late, so all hooks write under the last stage's name; the other stages have no rows and torch.cat crashes, or the last one has too many",
)
def late_binding(network, batches, stages):
    rows, handles = {name: [] for name in stages}, []
    for name in stages:
        handles.append(
            network.get_submodule(name).register_forward_hook(
                lambda module, inputs, output: rows[name].append(output.mean((2, 3)))
            )
        )
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    return {name: torch.cat(kept) if kept else torch.empty(0) for name, kept in rows.items()}


@answers.wrong(
    "raises",
    "batches given as a generator and two or more stages: walks through the batches once for each stage, so from the second stage on there are no rows (crash in torch.cat)",
)
def once_a_stage(network, batches, stages):
    was_training, features = network.training, {}
    network.eval()
    try:
        for name in stages:
            kept = []
            handle = network.get_submodule(name).register_forward_hook(_keeper(kept))
            try:
                with torch.no_grad():
                    for images, _ in batches:
                        network(images)
            finally:
                handle.remove()
            features[name] = torch.cat(kept)
    finally:
        network.train(was_training)
    return features


@answers.wrong("left-modes", "a network that was in evaluation mode before: it is in training mode afterwards")
def always_trains_after(network, batches, stages):
    rows = {name: [] for name in stages}
    handles = [network.get_submodule(name).register_forward_hook(_keeper(rows[name])) for name in stages]
    network.eval()
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train()
    return {name: torch.cat(kept) for name, kept in rows.items()}


@answers.wrong(
    "left-after-error", "a batch that makes the network fail: the mode is put back, but the hooks stay on the network"
)
def hooks_stay_after_failure(network, batches, stages):
    rows = {name: [] for name in stages}
    handles = [network.get_submodule(name).register_forward_hook(_keeper(rows[name])) for name in stages]
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        network.train(was_training)
    for handle in handles:
        handle.remove()
    return {name: torch.cat(kept) for name, kept in rows.items()}


@answers.wrong(
    "left-after-error",
    "a network in training mode and a batch that makes it fail: the hooks are removed, but the network stays in evaluation mode",
)
def mode_stays_after_failure(network, batches, stages):
    was_training = network.training
    network.eval()
    rows = {name: [] for name in stages}
    handles = [network.get_submodule(name).register_forward_hook(_keeper(rows[name])) for name in stages]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
    network.train(was_training)
    return {name: torch.cat(kept) for name, kept in rows.items()}


@answers.wrong(
    "leaves-behind",
    "any input, seen after the call: gradients are switched off for the whole program and never on again, so a later loss.backward() fails",
)
def gradients_off_for_good(network, batches, stages):
    torch.set_grad_enabled(False)
    was_training = network.training
    network.eval()
    rows = {name: [] for name in stages}
    handles = [network.get_submodule(name).register_forward_hook(_keeper(rows[name])) for name in stages]
    try:
        for images, _ in batches:
            network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    return {name: torch.cat(kept) for name, kept in rows.items()}


@answers.wrong(
    "left-requires-grad",
    "a network with some frozen parameters: requires_grad is put off for the pass and put on afterwards for all, so the frozen ones train again",
)
def thaws_everything(network, batches, stages):
    was_training = network.training
    network.eval()
    network.requires_grad_(False)
    rows = {name: [] for name in stages}
    handles = [network.get_submodule(name).register_forward_hook(_keeper(rows[name])) for name in stages]
    try:
        for images, _ in batches:
            network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.requires_grad_(True)
        network.train(was_training)
    return {name: torch.cat(kept) for name, kept in rows.items()}


@answers.wrong(
    "left-hooks",
    "a network on whose stage somebody else has a forward hook: cleans up with _forward_hooks.clear(), which removes the other's hook too",
)
def clears_all_hooks(network, batches, stages):
    was_training = network.training
    network.eval()
    rows = {name: [] for name in stages}
    for name in stages:
        network.get_submodule(name).register_forward_hook(_keeper(rows[name]))
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for name in stages:
            network.get_submodule(name)._forward_hooks.clear()
        network.train(was_training)
    return {name: torch.cat(kept) for name, kept in rows.items()}


@answers.wrong(
    "raises", "a batch of one image: squeeze() also drops the axis of the images, so torch.cat crashes or mixes axes"
)
def squeezed(network, batches, stages):
    was_training = network.training
    network.eval()
    rows = {name: [] for name in stages}

    def keeper(name):
        def keep(module, inputs, output):
            rows[name].append(F.adaptive_avg_pool2d(output, 1).squeeze())

        return keep

    handles = [network.get_submodule(name).register_forward_hook(keeper(name)) for name in stages]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    return {name: torch.cat(kept) for name, kept in rows.items()}


@answers.wrong(
    "raises",
    "a stage that is a module within a module, such as 'layer1.0': getattr does not know dotted names and raises AttributeError",
)
def getattr_only(network, batches, stages):
    was_training = network.training
    network.eval()
    rows, handles = {name: [] for name in stages}, []
    try:
        for name in stages:
            handles.append(getattr(network, name).register_forward_hook(_keeper(rows[name])))
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    return {name: torch.cat(kept) for name, kept in rows.items()}


_found = {}


@answers.wrong(
    "values-shape",
    "the second call with the same names of stages: the lists outlive the first call, so the rows of the first call come again before the new ones",
)
def remembers_rows(network, batches, stages):
    was_training = network.training
    network.eval()
    for name in stages:
        _found.setdefault(name, [])
    handles = [network.get_submodule(name).register_forward_hook(_keeper(_found[name])) for name in stages]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    return {name: torch.cat(_found[name]) for name in stages}


@answers.wrong(
    "values",
    "a stage whose output the next module changes in place (such as a batch norm before ReLU(inplace=True)): the map is kept and averaged only after the pass, so the features are those after the ReLU",
)
def averaged_too_late(network, batches, stages):
    was_training = network.training
    network.eval()
    maps, rows = {}, {name: [] for name in stages}

    def keeper(name):
        def keep(module, inputs, output):
            maps[name] = output

        return keep

    handles = [network.get_submodule(name).register_forward_hook(keeper(name)) for name in stages]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
                for name in stages:
                    rows[name].append(maps[name].mean((2, 3)))
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    return {name: torch.cat(kept) for name, kept in rows.items()}


# Right: everything is undone by an ExitStack, the mode is put back module by module, and the mean is an einsum.
@answers.right
def with_exit_stack(network, batches, stages):
    rows = {name: [] for name in stages}

    def keep(name, module, inputs, output):
        height, width = output.shape[2:]
        rows[name].append(torch.einsum("nchw->nc", output) / (height * width))

    with contextlib.ExitStack() as undo:
        for module in network.modules():
            undo.callback(setattr, module, "training", module.training)
        network.eval()
        for name in stages:
            hook = functools.partial(keep, name)
            undo.callback(network.get_submodule(name).register_forward_hook(hook).remove)
        undo.enter_context(torch.no_grad())
        for images, *_ in batches:
            network(images)
    return {name: torch.cat(kept, dim=0) for name, kept in rows.items()}


class _Recorder:
    def __init__(self):
        self.rows = []

    def __call__(self, module, inputs, output):
        self.rows.extend(output.detach().flatten(2).mean(2).unbind())


# Right: a class with __call__ as the hook, inference mode, one row at a time; stacked outside inference mode, so that
# the features are usual tensors.
@answers.right
def with_recorders(network, batches, stages):
    recorders = {name: _Recorder() for name in stages}
    modes = {module: module.training for module in network.modules()}
    handles = []
    try:
        for name, recorder in recorders.items():
            handles.append(dict(network.named_modules())[name].register_forward_hook(recorder))
        network.train(False)
        with torch.inference_mode():
            for images, _labels in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes.items():
            module.training = mode
    return {name: torch.stack(recorder.rows) for name, recorder in recorders.items()}


# Right: the network itself is never touched; a copy runs, in evaluation mode and without gradients.
@answers.right
@torch.no_grad()
def on_a_copy(network, batches, stages):
    twin = copy.deepcopy(network).eval()
    rows = {name: [] for name in stages}
    for name in stages:
        twin.get_submodule(name).register_forward_hook(_keeper(rows[name]))
    for images, _ in batches:
        twin(images)
    return {name: torch.vstack(kept) for name, kept in rows.items()}

"""Answers to 05.1 by students who know its text alone."""

import contextlib
import functools

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("05.1", "check_collect")


def keeper(rows):
    return lambda module, inputs, output: rows.append(output.mean((2, 3)))


def modes_of(network):
    return [(module, module.training) for module in network.modules()]


def set_modes(modes):
    for module, mode in modes:
        module.training = mode


# --- wrong: common mistakes -------------------------------------------------------------


@answers.wrong(
    "train-mode", "the network runs in the mode that it has, so running statistics move; a network in training mode"
)
def in_whatever_mode(network, batches, stages):
    found = {name: [] for name in stages}
    with contextlib.ExitStack() as stack:
        for name in stages:
            handle = network.get_submodule(name).register_forward_hook(keeper(found[name]))
            stack.callback(handle.remove)
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong(
    "raises",
    "all hooks were made in one loop and share its last name, so all maps go to the last stage; two stages or more",
)
def late_name(network, batches, stages):
    found, handles = {name: [] for name in stages}, []
    for name in stages:
        handles.append(
            network.get_submodule(name).register_forward_hook(
                lambda module, inputs, output: found[name].append(output.mean((2, 3)))
            )
        )
    modes = modes_of(network)
    network.eval()
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        set_modes(modes)
        for handle in handles:
            handle.remove()
    return {name: torch.cat(rows) if rows else None for name, rows in found.items()}


@answers.wrong(
    "left-after-error",
    "cleaning up is no `finally`: hooks and evaluation mode stay; a batch that makes the network fail",
)
def no_finally(network, batches, stages):
    found = {name: [] for name in stages}
    handles = [network.get_submodule(name).register_forward_hook(keeper(found[name])) for name in stages]
    modes = modes_of(network)
    network.eval()
    with torch.no_grad():
        for images, _ in batches:
            network(images)
    set_modes(modes)
    for handle in handles:
        handle.remove()
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong(
    "keeps-graph",
    "the passes run with gradients and the features keep a graph; a network whose parameters require gradients",
)
def with_a_graph(network, batches, stages):
    found = {name: [] for name in stages}
    handles = [network.get_submodule(name).register_forward_hook(keeper(found[name])) for name in stages]
    modes = modes_of(network)
    network.eval()
    try:
        for images, _ in batches:
            network(images)
    finally:
        set_modes(modes)
        for handle in handles:
            handle.remove()
    return {name: torch.cat(rows) for name, rows in found.items()}


# --- wrong: right on the visible example ------------------------------------------------


@answers.wrong("raises", "getattr finds direct parts only; a nested stage such as layer1.0")
def direct_parts_only(network, batches, stages):
    found = {name: [] for name in stages}
    handles = [getattr(network, name).register_forward_hook(keeper(found[name])) for name in stages]
    modes = modes_of(network)
    network.eval()
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        set_modes(modes)
        for handle in handles:
            handle.remove()
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong(
    "values-shape", "the batches are walked through once for each stage; a generator has none left for the second stage"
)
def one_walk_for_each_stage(network, batches, stages):
    found = {name: [] for name in stages}
    modes = modes_of(network)
    network.eval()
    try:
        with torch.no_grad():
            for name in stages:
                handle = network.get_submodule(name).register_forward_hook(keeper(found[name]))
                try:
                    for images, _ in batches:
                        network(images)
                finally:
                    handle.remove()
    finally:
        set_modes(modes)
    return {name: torch.cat(rows) if rows else torch.empty(0) for name, rows in found.items()}


@answers.wrong(
    "values",
    "the sum is divided by the square of the width, which is the number of pixels of square maps only; images that are wider than high",
)
def square_maps_only(network, batches, stages):
    found, handles = {name: [] for name in stages}, []

    def keep(name):
        def hook(module, inputs, output):
            found[name].append(output.sum((2, 3)) / output.shape[3] ** 2)

        return hook

    for name in stages:
        handles.append(network.get_submodule(name).register_forward_hook(keep(name)))
    modes = modes_of(network)
    network.eval()
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        set_modes(modes)
        for handle in handles:
            handle.remove()
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong("raises", "squeeze() drops the axis of the images too; a batch of one image")
def squeezed(network, batches, stages):
    found, handles = {name: [] for name in stages}, []

    def keep(name):
        def hook(module, inputs, output):
            found[name].append(F.adaptive_avg_pool2d(output, 1).squeeze())

        return hook

    for name in stages:
        handles.append(network.get_submodule(name).register_forward_hook(keep(name)))
    modes = modes_of(network)
    network.eval()
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        set_modes(modes)
        for handle in handles:
            handle.remove()
    return {name: torch.cat(rows) for name, rows in found.items()}


# --- wrong: a broken promise ------------------------------------------------------------


def honest(network, batches, stages):
    found = {name: [] for name in stages}
    modes = {module: module.training for module in network.modules()}
    with contextlib.ExitStack() as stack:
        for name in stages:
            handle = network.get_submodule(name).register_forward_hook(keeper(found[name]))
            stack.callback(handle.remove)
        network.eval()
        try:
            with torch.no_grad():
                for images, _ in batches:
                    network(images)
        finally:
            for module, mode in modes.items():
                module.training = mode
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong(
    "left-gradients", "zero_grad() throws away the gradients that the network had; a call between backward() and step()"
)
def throws_gradients_away(network, batches, stages):
    network.zero_grad()
    return honest(network, batches, stages)


@answers.wrong(
    "left-hooks", "cleaning up clears all forward hooks of a stage, those of others too; a stage with a hook"
)
def clears_all_hooks(network, batches, stages):
    try:
        return honest(network, batches, stages)
    finally:
        for name in stages:
            network.get_submodule(name)._forward_hooks.clear()


@answers.wrong(
    "leaves-behind", "gradients are switched on at the end, whatever the caller had; a call within torch.no_grad()"
)
def gradients_on_at_the_end(network, batches, stages):
    torch.set_grad_enabled(False)
    try:
        return honest(network, batches, stages)
    finally:
        torch.set_grad_enabled(True)


@answers.wrong(
    "values",
    "the hook returns the mean, which takes the place of the stage's output, so later stages see other maps; two stages or more",
)
def hook_that_returns(network, batches, stages):
    found, handles = {name: [] for name in stages}, []

    def keep(name):
        def hook(module, inputs, output):
            mean = output.mean((2, 3), keepdim=True)
            found[name].append(mean.flatten(1))
            return mean.expand_as(output)

        return hook

    for name in stages:
        handles.append(network.get_submodule(name).register_forward_hook(keep(name)))
    modes = modes_of(network)
    network.eval()
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        set_modes(modes)
        for handle in handles:
            handle.remove()
    return {name: torch.cat(rows) for name, rows in found.items()}


# --- right ------------------------------------------------------------------------------


class Evaluation:
    """Evaluation mode for a while, each part's own mode afterwards."""

    def __init__(self, network):
        self.network = network

    def __enter__(self):
        self.training = [m for m in self.network.modules() if m.training]
        self.network.eval()

    def __exit__(self, *problem):
        for module in self.training:
            module.training = True
        return False


@answers.right
def by_recursion(network, batches, stages):
    """One hook for each level of the recursion, the passes at its bottom."""
    stages = list(stages)

    def level(depth):
        if depth == len(stages):
            with Evaluation(network), torch.no_grad():
                for images, _ in batches:
                    network(images)
            return {}
        rows = []

        def hook(module, inputs, output):
            rows.append(F.adaptive_avg_pool2d(output, 1).flatten(1))

        handle = network.get_submodule(stages[depth]).register_forward_hook(hook)
        try:
            deeper = level(depth + 1)
        finally:
            handle.remove()
        return {stages[depth]: torch.cat(rows), **deeper}

    return level(0)


def pool(rows, module, inputs, output):
    height, width = output.shape[-2:]
    rows.append(torch.einsum("nchw->nc", output) / (height * width))


@answers.right
def by_einsum(network, batches, stages):
    """torch.inference_mode, and rows that may be trained on afterwards."""
    table = {name: [] for name in stages}
    with contextlib.ExitStack() as stack:
        stack.enter_context(Evaluation(network))
        stack.enter_context(torch.inference_mode())
        for name, rows in table.items():
            module = dict(network.named_modules())[name]
            handle = module.register_forward_hook(functools.partial(pool, rows))
            stack.callback(handle.remove)
        for batch in batches:
            network(batch[0])
    return {name: torch.cat([r.clone() for r in rows]) for name, rows in table.items()}


class Collector:
    def __init__(self, network, stages):
        self.network, self.columns, self.handles = network, dict.fromkeys(stages), []

    def note(self, name, output):
        new = output.flatten(2).mean(dim=-1)
        old = self.columns[name]
        self.columns[name] = new if old is None else torch.vstack((old, new))

    def run(self, batches):
        before = torch.is_grad_enabled()
        modes = tuple((m, m.training) for m in self.network.modules())
        try:
            torch.set_grad_enabled(False)
            for name in self.columns:
                self.handles.append(
                    self.network.get_submodule(name).register_forward_hook(
                        lambda _m, _i, output, name=name: self.note(name, output)
                    )
                )
            self.network.train(False)
            for images, *_ in iter(batches):
                self.network(images)
        finally:
            torch.set_grad_enabled(before)
            while self.handles:
                self.handles.pop().remove()
            for module, mode in modes:
                module.training = mode
        return self.columns


@answers.right
def by_a_collector(network, batches, stages):
    return Collector(network, stages).run(batches)

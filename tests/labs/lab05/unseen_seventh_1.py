"""Answers to 05.1 by students who know its text alone."""

import contextlib
import functools

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("05.1", "check_collect")


@answers.wrong(
    "?", "handle is overwritten in the loop and removed once: with two or more stages all hooks but the last stay"
)
def one_handle(network, batches, stages):
    found = {name: [] for name in stages}

    def keeper(name):
        def keep(module, inputs, output):
            found[name].append(output.mean((2, 3)))

        return keep

    modes = [(module, module.training) for module in network.modules()]
    handle = None
    try:
        for name in stages:
            handle = network.get_submodule(name).register_forward_hook(keeper(name))
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        if handle is not None:
            handle.remove()
        for module, mode in modes:
            module.training = mode
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong("?", "the mode is put back after the try, so a batch that fails leaves the network in evaluation mode")
def mode_after_finally(network, batches, stages):
    found = {name: [] for name in stages}
    was_training = network.training
    network.eval()
    handles = []
    try:
        for name in stages:
            handles.append(
                network.get_submodule(name).register_forward_hook(
                    lambda module, inputs, output, name=name: found[name].append(output.mean((2, 3)))
                )
            )
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
    network.train(was_training)
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong("?", "a return within finally swallows the error of a batch that fails and hands out too few rows")
def return_in_finally(network, batches, stages):
    found = {name: [] for name in stages}
    was_training = network.training
    handles = [
        network.get_submodule(name).register_forward_hook(
            lambda module, inputs, output, name=name: found[name].append(output.mean((2, 3)))
        )
        for name in stages
    ]
    try:
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        network.train(was_training)
        for handle in handles:
            handle.remove()
        return {name: torch.cat(rows) for name, rows in found.items() if rows}


@answers.wrong(
    "?", "getattr finds top-level modules only: a name with a dot, such as layer1.0, is a module in the network too"
)
def only_top_level(network, batches, stages):
    found = {name: [] for name in stages}
    was_training = network.training
    handles = []
    try:
        for name in stages:
            handles.append(
                getattr(network, name).register_forward_hook(
                    lambda module, inputs, output, name=name: found[name].append(output.mean((2, 3)))
                )
            )
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        network.train(was_training)
        for handle in handles:
            handle.remove()
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong(
    "?", "a mutable default keeps the rows of earlier calls: the second call with the same stage has too many rows"
)
def remembering(network, batches, stages, found={}):
    was_training = network.training
    handles = []
    try:
        for name in stages:
            rows = found.setdefault(name, [])
            handles.append(
                network.get_submodule(name).register_forward_hook(
                    lambda module, inputs, output, rows=rows: rows.append(output.mean((2, 3)))
                )
            )
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        network.train(was_training)
        for handle in handles:
            handle.remove()
    return {name: torch.cat(found[name]) for name in stages}


@answers.wrong(
    "?", "the hook returns a value, which torch puts in the place of the output: every later stage sees averaged maps"
)
def hook_returns(network, batches, stages):
    found = {name: [] for name in stages}

    def keeper(name):
        def keep(module, inputs, output):
            pooled = output.mean((2, 3), keepdim=True)
            found[name].append(pooled.flatten(1))
            return pooled.expand_as(output)

        return keep

    was_training = network.training
    handles = []
    try:
        for name in stages:
            handles.append(network.get_submodule(name).register_forward_hook(keeper(name)))
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        network.train(was_training)
        for handle in handles:
            handle.remove()
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong("?", "a pre-hook sees what goes into the stage, not what the stage gives")
def before_the_stage(network, batches, stages):
    found = {name: [] for name in stages}
    was_training = network.training
    handles = []
    try:
        for name in stages:
            handles.append(
                network.get_submodule(name).register_forward_pre_hook(
                    lambda module, inputs, name=name: found[name].append(inputs[0].mean((2, 3)))
                )
            )
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        network.train(was_training)
        for handle in handles:
            handle.remove()
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong(
    "?",
    "keeps the maps and averages them at the end: an in-place layer after the stage, such as ReLU(inplace=True), has changed them by then",
)
def averaged_late(network, batches, stages):
    maps = {name: [] for name in stages}
    was_training = network.training
    handles = []
    try:
        for name in stages:
            handles.append(
                network.get_submodule(name).register_forward_hook(
                    lambda module, inputs, output, name=name: maps[name].append(output)
                )
            )
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        network.train(was_training)
        for handle in handles:
            handle.remove()
    return {name: torch.cat([one.mean((2, 3)) for one in kept]) for name, kept in maps.items()}


@answers.wrong("?", "divides by the square of the height: wrong where maps are not square")
def square_maps(network, batches, stages):
    found = {name: [] for name in stages}
    was_training = network.training
    handles = []
    try:
        for name in stages:
            handles.append(
                network.get_submodule(name).register_forward_hook(
                    lambda module, inputs, output, name=name: found[name].append(
                        output.sum((2, 3)) / output.shape[2] ** 2
                    )
                )
            )
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        network.train(was_training)
        for handle in handles:
            handle.remove()
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong(
    "?", "switches requires_grad off for the passes and on for everything afterwards: a frozen parameter trains again"
)
def all_require_grad(network, batches, stages):
    found = {name: [] for name in stages}
    was_training = network.training
    handles = []
    try:
        network.requires_grad_(False)
        for name in stages:
            handles.append(
                network.get_submodule(name).register_forward_hook(
                    lambda module, inputs, output, name=name: found[name].append(output.mean((2, 3)))
                )
            )
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        network.requires_grad_(True)
        network.train(was_training)
        for handle in handles:
            handle.remove()
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong("?", "clears every forward hook of the stages, those of others too, where only its own have to go")
def clears_all_hooks(network, batches, stages):
    found = {name: [] for name in stages}
    was_training = network.training
    try:
        for name in stages:
            network.get_submodule(name).register_forward_hook(
                lambda module, inputs, output, name=name: found[name].append(output.mean((2, 3)))
            )
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        network.train(was_training)
        for name in stages:
            network.get_submodule(name)._forward_hooks.clear()
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong(
    "?", "runs the network with gradients and only detaches what it keeps: the passes are not without gradients"
)
def detached_afterwards(network, batches, stages):
    found = {name: [] for name in stages}
    was_training = network.training
    handles = []
    try:
        for name in stages:
            handles.append(
                network.get_submodule(name).register_forward_hook(
                    lambda module, inputs, output, name=name: found[name].append(output.detach().mean((2, 3)))
                )
            )
        network.eval()
        for images, _ in batches:
            network(images)
    finally:
        network.train(was_training)
        for handle in handles:
            handle.remove()
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong(
    "?",
    "sets the flag of the network alone, not of the modules in it: batch norm goes on in training mode and moves its statistics",
)
def flag_of_the_root(network, batches, stages):
    found = {name: [] for name in stages}
    was_training = network.training
    handles = []
    try:
        for name in stages:
            handles.append(
                network.get_submodule(name).register_forward_hook(
                    lambda module, inputs, output, name=name: found[name].append(output.mean((2, 3)))
                )
            )
        network.training = False
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        network.training = was_training
        for handle in handles:
            handle.remove()
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong(
    "?",
    "two batches of the same size are put in one place, as it keeps rows by their number: of equal sizes only the last remains",
)
def by_size(network, batches, stages):
    found = {name: {} for name in stages}
    was_training = network.training
    handles = []
    try:
        for name in stages:
            handles.append(
                network.get_submodule(name).register_forward_hook(
                    lambda module, inputs, output, name=name: found[name].update({len(output): output.mean((2, 3))})
                )
            )
        network.eval()
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        network.train(was_training)
        for handle in handles:
            handle.remove()
    return {name: torch.cat(list(rows.values())) for name, rows in found.items()}


@answers.right
def as_the_hints_say(network, batches, stages):
    kept = {}

    def keeper(name):
        return lambda module, inputs, output: kept[name].append(output.mean((2, 3)))

    was_training, handles = network.training, []
    network.eval()
    try:
        for name in stages:
            kept[name] = []
            module = network.get_submodule(name)
            handles += [module.register_forward_hook(keeper(name))]
        with torch.no_grad():
            for batch in batches:
                network(batch[0])
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    return {name: torch.cat(rows, 0) for name, rows in kept.items()}


@answers.right
def with_a_stack(network, batches, stages):
    rows = dict()
    with contextlib.ExitStack() as stack:
        for module in network.modules():
            stack.callback(setattr, module, "training", module.training)
        for name in stages:
            rows[name] = []

            def keep(module, inputs, output, *, into=rows[name]):
                pooled = F.adaptive_avg_pool2d(output, 1)
                into.append(pooled.flatten(1).clone())

            handle = network.get_submodule(name).register_forward_hook(keep)
            stack.callback(handle.remove)
        stack.enter_context(torch.no_grad())
        network.train(False)
        for images, labels in iter(batches):
            network(images)
    return dict(zip(rows, map(torch.cat, rows.values())))


class _Collector:
    def __init__(self, module):
        self.module, self.rows = module, []

    def __call__(self, module, inputs, output):
        self.rows.extend(output.flatten(2).mean(-1).unbind(0))

    def __enter__(self):
        self.handle = self.module.register_forward_hook(self)
        return self

    def __exit__(self, *error):
        self.handle.remove()
        return False


@answers.right
def row_by_row(network, batches, stages):
    modules = dict(network.named_modules())
    modes = {module: module.training for module in network.modules()}

    def enter(left, collectors):
        if not left:
            network.eval()
            for images, _ in batches:
                network(images)
            return
        with collectors[left[0]]:
            enter(left[1:], collectors)

    collectors = {name: _Collector(modules[name]) for name in stages}
    try:
        with torch.no_grad():
            enter(list(collectors), collectors)
    finally:
        for module, mode in modes.items():
            module.training = mode
    return {name: torch.stack(each.rows) for name, each in collectors.items()}


@answers.right
def one_hook_for_all(network, batches, stages):
    names = {}
    for name in dict.fromkeys(stages):
        names.setdefault(id(network.get_submodule(name)), []).append(name)
    found = dict.fromkeys(stages)

    def keep(module, inputs, output):
        for name in names.get(id(module), ()):
            rows = torch.einsum("nchw->nc", output)
            rows = rows / (output.shape[-1] * output.shape[-2])
            old = found[name]
            found[name] = rows if old is None else torch.cat((old, rows))

    modes = [module.training for module in network.modules()]
    handle = torch.nn.modules.module.register_module_forward_hook(keep)
    try:
        network.eval()
        with torch.no_grad():
            for images, *_ in batches:
                network(images)
    finally:
        handle.remove()
        for module, mode in zip(network.modules(), modes):
            module.training = mode
    return found


@answers.right
def in_inference_mode(network, batches, stages):
    passes = []

    def keep(name, module, inputs, output):
        passes[-1][name] = output.mean(3).mean(2)

    modes = [(module, module.training) for module in network.modules()]
    handles = {}
    try:
        for name in stages:
            hook = functools.partial(keep, name)
            handles[name] = network.get_submodule(name).register_forward_hook(hook)
        network.eval()
        feed = iter(batches)
        with torch.inference_mode():
            while (batch := next(feed, None)) is not None:
                passes.append({})
                network(batch[0])
    finally:
        while handles:
            handles.popitem()[1].remove()
        for module, mode in modes:
            module.training = mode
    with torch.no_grad():
        return {name: torch.cat([each[name].clone() for each in passes]) for name in stages}


@answers.right
def written_into_a_buffer(network, batches, stages):
    """More work than needed: grows a table for each stage."""
    tables, filled = {}, dict.fromkeys(stages, 0)

    def hook_of(name):
        def keep(module, inputs, output):
            rows = output.sum(dim=(-2, -1)).div(output[0, 0].numel())
            start, stop = filled[name], filled[name] + len(rows)
            table = tables.get(name)
            if table is None:
                table = rows.new_empty((max(stop, 4), rows.shape[1]))
            while len(table) < stop:
                table = torch.cat([table, torch.empty_like(table)])
            table[start:stop] = rows
            tables[name], filled[name] = table, stop

        return keep

    grad = torch.is_grad_enabled()
    was = {name: module.training for name, module in network.named_modules()}
    handles = []
    torch.set_grad_enabled(False)
    try:
        handles.extend(network.get_submodule(name).register_forward_hook(hook_of(name)) for name in filled)
        network.eval()
        for images, _ in batches:
            network(images)
        return {name: tables[name][: filled[name]].clone() for name in stages}
    finally:
        torch.set_grad_enabled(grad)
        for handle in handles:
            handle.remove()
        for name, mode in was.items():
            network.get_submodule(name).training = mode

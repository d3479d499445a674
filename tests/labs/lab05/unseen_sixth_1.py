"""Answers to 05.1 by students who know its text alone."""

import contextlib
import copy
import functools

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("05.1", "check_collect")


@answers.wrong("?", "runs in the mode the network is in: a network in training mode moves its running statistics")
def no_eval(network, batches, stages):
    found = {name: [] for name in stages}

    def keeper(name):
        return lambda module, inputs, output: found[name].append(output.mean((2, 3)))

    handles = [network.get_submodule(n).register_forward_hook(keeper(n)) for n in found]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong("?", "leaves the network in evaluation mode: shows for a network that was training")
def stays_in_eval(network, batches, stages):
    found = {name: [] for name in stages}

    def keeper(name):
        return lambda module, inputs, output: found[name].append(output.mean((2, 3)))

    network.eval()
    handles = [network.get_submodule(n).register_forward_hook(keeper(n)) for n in found]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong("?", "always ends in training mode: shows for a network that came in evaluation mode")
def always_train_after(network, batches, stages):
    found = {name: [] for name in stages}

    def keeper(name):
        return lambda module, inputs, output: found[name].append(output.mean((2, 3)))

    network.eval()
    handles = [network.get_submodule(n).register_forward_hook(keeper(n)) for n in found]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train()
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong("?", "removes the hooks in finally, but puts the mode back only when no batch failed")
def mode_lost_on_failure(network, batches, stages):
    found = {name: [] for name in stages}

    def keeper(name):
        return lambda module, inputs, output: found[name].append(output.mean((2, 3)))

    was_training = network.training
    network.eval()
    handles = [network.get_submodule(n).register_forward_hook(keeper(n)) for n in found]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
    network.train(was_training)
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong("?", "the mode comes back after a failing batch, but its hooks stay on the stages then")
def hooks_left_on_failure(network, batches, stages):
    found = {name: [] for name in stages}

    def keeper(name):
        return lambda module, inputs, output: found[name].append(output.mean((2, 3)))

    was_training = network.training
    network.eval()
    handles = [network.get_submodule(n).register_forward_hook(keeper(n)) for n in found]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        network.train(was_training)
    for handle in handles:
        handle.remove()
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong("?", "cleans up by emptying the hook dicts, so that the hooks of others on a stage are gone too")
def clears_every_hook(network, batches, stages):
    found = {name: [] for name in stages}

    def keeper(name):
        return lambda module, inputs, output: found[name].append(output.mean((2, 3)))

    was_training = network.training
    network.eval()
    for name in found:
        network.get_submodule(name).register_forward_hook(keeper(name))
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for name in found:
            network.get_submodule(name)._forward_hooks.clear()
        network.train(was_training)
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong("?", "runs with gradients: the features hang on the graph of every batch")
def with_graph(network, batches, stages):
    found = {name: [] for name in stages}

    def keeper(name):
        return lambda module, inputs, output: found[name].append(output.mean((2, 3)))

    was_training = network.training
    network.eval()
    handles = [network.get_submodule(n).register_forward_hook(keeper(n)) for n in found]
    try:
        for images, _ in batches:
            network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong(
    "?",
    "freezes the parameters to go without gradients, and then unfreezes all: those that were frozen before now train",
)
def requires_grad_all_on(network, batches, stages):
    found = {name: [] for name in stages}

    def keeper(name):
        return lambda module, inputs, output: found[name].append(output.mean((2, 3)))

    was_training = network.training
    network.eval()
    network.requires_grad_(False)
    handles = [network.get_submodule(n).register_forward_hook(keeper(n)) for n in found]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.requires_grad_(True)
        network.train(was_training)
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong("?", "calls zero_grad to be tidy: gradients that were there are gone")
def tidies_gradients(network, batches, stages):
    found = {name: [] for name in stages}

    def keeper(name):
        return lambda module, inputs, output: found[name].append(output.mean((2, 3)))

    was_training = network.training
    network.eval()
    network.zero_grad()
    handles = [network.get_submodule(n).register_forward_hook(keeper(n)) for n in found]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong(
    "?",
    "late binding: every hook reads the loop's name when it runs, so all features go to the last stage and the others are missing",
)
def late_binding(network, batches, stages):
    stages = list(stages)
    found = {name: [] for name in stages}
    handles = []
    was_training = network.training
    network.eval()
    for name in stages:
        handles.append(
            network.get_submodule(name).register_forward_hook(
                lambda module, inputs, output: found[name].append(output.mean((2, 3)))
            )
        )
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    return {name: torch.cat(rows) for name, rows in found.items() if rows}


@answers.wrong("?", "walks through the batches once for every stage: a generator is empty for the second stage")
def one_pass_a_stage(network, batches, stages):
    result = {}
    was_training = network.training
    for name in stages:
        rows = []
        network.eval()
        handle = network.get_submodule(name).register_forward_hook(
            lambda module, inputs, output: rows.append(output.mean((2, 3)))
        )
        try:
            with torch.no_grad():
                for images, _ in batches:
                    network(images)
        finally:
            handle.remove()
            network.train(was_training)
        result[name] = torch.cat(rows) if rows else torch.zeros(0, 0)
    return result


@answers.wrong(
    "?",
    "finds the stages among the network's direct children only: a module within one, such as layer1.0, has no features",
)
def direct_children(network, batches, stages):
    stages = set(stages)
    found = {name: [] for name, _ in network.named_children() if name in stages}

    def keeper(name):
        return lambda module, inputs, output: found[name].append(output.mean((2, 3)))

    was_training = network.training
    network.eval()
    handles = [getattr(network, n).register_forward_hook(keeper(n)) for n in found]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    return {name: torch.cat(rows) for name, rows in found.items()}


memory = {}


@answers.wrong(
    "?", "remembers by the names of the stages: a second network, or other batches, gets the first one's features"
)
def remembered(network, batches, stages):
    key = tuple(stages)
    if key in memory:
        return memory[key]
    found = {name: [] for name in key}

    def keeper(name):
        return lambda module, inputs, output: found[name].append(output.mean((2, 3)))

    was_training = network.training
    network.eval()
    handles = [network.get_submodule(n).register_forward_hook(keeper(n)) for n in found]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    memory[key] = {name: torch.cat(rows) for name, rows in found.items()}
    return memory[key]


@answers.wrong("?", "squeeze() drops the axis of a batch with one image: an error, or rows that are no rows")
def squeezed(network, batches, stages):
    found = {name: [] for name in stages}

    def keeper(name):
        def hook(module, inputs, output):
            found[name].append(F.adaptive_avg_pool2d(output, 1).squeeze())

        return hook

    was_training = network.training
    network.eval()
    handles = [network.get_submodule(n).register_forward_hook(keeper(n)) for n in found]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong(
    "?", "the hook returns the mean map, and torch puts it in the place of the output: later stages see flat maps"
)
def hook_returns(network, batches, stages):
    found = {name: [] for name in stages}

    def keeper(name):
        def hook(module, inputs, output):
            mean = output.mean((2, 3), keepdim=True)
            found[name].append(mean.flatten(1))
            return mean.expand_as(output).contiguous()

        return hook

    was_training = network.training
    network.eval()
    handles = [network.get_submodule(n).register_forward_hook(keeper(n)) for n in found]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong(
    "?",
    "keeps the maps themselves and averages after the pass: what follows in place (an in-place ReLU) has changed them",
)
def averages_too_late(network, batches, stages):
    maps = {name: [] for name in stages}

    def keeper(name):
        return lambda module, inputs, output: maps[name].append(output)

    was_training = network.training
    network.eval()
    handles = [network.get_submodule(n).register_forward_hook(keeper(n)) for n in maps]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    return {name: torch.cat([m.mean((2, 3)) for m in found]) for name, found in maps.items()}


@answers.wrong("?", "hooks the input of a stage in place of its output")
def stage_inputs(network, batches, stages):
    found = {name: [] for name in stages}

    def keeper(name):
        return lambda module, inputs: found[name].append(inputs[0].mean((2, 3)))

    was_training = network.training
    network.eval()
    handles = [network.get_submodule(n).register_forward_pre_hook(keeper(n)) for n in found]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong(
    "?", "wraps the forward of each stage in place of a hook and never puts it back: the network keeps on collecting"
)
def forward_wrapped(network, batches, stages):
    found = {name: [] for name in stages}

    def wrap(name, module):
        forward = module.forward

        @functools.wraps(forward)
        def wrapped(*args, **kwargs):
            output = forward(*args, **kwargs)
            found[name].append(output.mean((2, 3)))
            return output

        module.forward = wrapped

    was_training = network.training
    network.eval()
    for name in found:
        wrap(name, network.get_submodule(name))
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        network.train(was_training)
    return {name: torch.cat(rows) for name, rows in found.items()}


@answers.wrong("?", "swallows the error of a batch that fails: the result silently lacks its rows and all later ones")
def swallows(network, batches, stages):
    found = {name: [] for name in stages}

    def keeper(name):
        return lambda module, inputs, output: found[name].append(output.mean((2, 3)))

    was_training = network.training
    network.eval()
    handles = [network.get_submodule(n).register_forward_hook(keeper(n)) for n in found]
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    except Exception:
        pass
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    return {name: torch.cat(rows) if rows else torch.zeros(0, 1) for name, rows in found.items()}


@answers.right
def exit_stack(network, batches, stages):
    rows = {name: [] for name in stages}

    def keep(name, module, inputs, output):
        rows[name].append(output.flatten(2).mean(-1))

    modes = [(module, module.training) for module in network.modules()]
    with contextlib.ExitStack() as stack:
        for module, mode in modes:
            stack.callback(setattr, module, "training", mode)
        network.eval()
        for name in rows:
            handle = network.get_submodule(name).register_forward_hook(functools.partial(keep, name))
            stack.callback(handle.remove)
        stack.enter_context(torch.no_grad())
        for images, _labels in batches:
            network(images)
    return {name: torch.cat(parts, dim=0) for name, parts in rows.items()}


@answers.right
def on_a_copy(network, batches, stages):
    twin = copy.deepcopy(network).eval()
    rows = {}

    def keeper(name):
        rows[name] = []

        def hook(module, inputs, output):
            rows[name].append(torch.einsum("nchw->nc", output) / (output.shape[2] * output.shape[3]))

        return hook

    for name in stages:
        twin.get_submodule(name).register_forward_hook(keeper(name))
    with torch.no_grad():
        for pair in batches:
            twin(pair[0])
    return {name: torch.cat(rows[name]) for name in rows}


class Catcher:
    def __init__(self):
        self.rows = []

    def __call__(self, module, inputs, output):
        self.rows += list(output.mean(3).mean(2))

    def features(self):
        return torch.stack(self.rows)


@answers.right
def catcher_objects(network, batches, stages):
    catchers = {name: Catcher() for name in stages}
    parts = dict(network.named_modules())
    modes = {module: module.training for module in parts.values()}
    before = torch.is_grad_enabled()
    handles = []
    try:
        torch.set_grad_enabled(False)
        for module in parts.values():
            module.training = False
        for name, catcher in catchers.items():
            handles.append(parts[name].register_forward_hook(catcher))
        source = iter(batches)
        while True:
            try:
                images, _ = next(source)
            except StopIteration:
                break
            network(images)
    finally:
        torch.set_grad_enabled(before)
        for handle in reversed(handles):
            handle.remove()
        for module, mode in modes.items():
            module.training = mode
    return {name: catcher.features() for name, catcher in catchers.items()}


@answers.right
def generator_inside(network, batches, stages):
    names = tuple(stages)

    @contextlib.contextmanager
    def watched():
        seen = {}
        flags = [module.training for module in network.modules()]
        handles = [
            network.get_submodule(name).register_forward_hook(
                lambda module, inputs, output, name=name: seen.update(
                    {name: F.adaptive_avg_pool2d(output, 1)[:, :, 0, 0].clone()}
                )
            )
            for name in names
        ]
        network.eval()
        try:
            yield seen
        finally:
            for handle in handles:
                handle.remove()
            for module, flag in zip(network.modules(), flags):
                module.training = flag

    def each():
        with watched() as seen, torch.no_grad():
            for images, _ in batches:
                network(images)
                yield dict(seen)

    tables = list(each())
    return {name: torch.cat([table[name] for table in tables]) for name in names}


@answers.right
@torch.no_grad()
def as_decorator(network, batches, stages):
    features = dict.fromkeys(stages)

    def hook_for(name):
        def hook(module, inputs, output):
            new = output.sum(dim=(-2, -1)).div(output.size(-2) * output.size(-1))
            features[name] = new if features[name] is None else torch.cat((features[name], new))

        return hook

    modes = {name: module.training for name, module in network.named_modules()}
    handles = []
    network.eval()
    try:
        for name in features:
            handles.append(network.get_submodule(name).register_forward_hook(hook_for(name)))
        for images, *_ in batches:
            network(images)
        return features
    finally:
        while handles:
            handles.pop().remove()
        for name, module in network.named_modules():
            module.training = modes[name]


@answers.right
def inference_then_clone(network, batches, stages):
    modes = [(module, module.training) for module in network.modules()]
    kept = [(name, []) for name in stages]
    handles = []

    def add(name, rows):
        def hook(module, inputs, output):
            rows.append(output.mean(dim=[2, 3]))

        handles.append(network.get_submodule(name).register_forward_hook(hook))

    try:
        [add(*pair) for pair in kept]
        for module, _ in modes:
            module.training = False
        for images, _ in batches:
            with torch.inference_mode():
                network(images)
    finally:
        [handle.remove() for handle in handles]
        for module, mode in modes:
            module.training = mode
    with torch.no_grad():
        return {name: torch.cat([part.clone() for part in rows]).clone() for name, rows in kept}

"""Right and wrong answers to exercise 05.1: features of stages by hooks."""

from __future__ import annotations

import contextlib

import torch
from helpers.answers import Answers

from resnet_labs.features import stage_features


def _collect(network, batches, stages, *, evaluate=True, restore=True, grad=False, make=None, clean="finally"):
    """The right answer, with a switch for each mistake."""
    make = make or (lambda given, output: output.mean((2, 3)))
    found = {name: [] for name in stages}

    def keeper(name):
        return lambda module, given, output: found[name].append(make(given[0], output))

    was = network.training
    handles = [network.get_submodule(name).register_forward_hook(keeper(name)) for name in stages]

    def put_back():
        for handle in handles if clean != "never" else []:
            handle.remove()
        if restore:
            network.train(was)

    network.train(not evaluate)
    with torch.set_grad_enabled(grad):
        if clean == "finally":
            try:
                for images, _ in batches:
                    network(images)
            finally:
                put_back()
        else:
            for images, _ in batches:
                network(images)
            put_back()
    return {name: torch.cat(parts) for name, parts in found.items()}


answers = Answers("05.1", "check_collect")


@answers.wrong("left-hooks")
def hooks_stay(*given):
    return _collect(*given, clean="never")


@answers.wrong("left-after-error")
def hooks_stay_after_an_error(*given):
    return _collect(*given, clean="at the end")


@answers.wrong("train-mode")
def stays_in_training_mode(*given):
    return _collect(*given, evaluate=False)


@answers.wrong("left-modes")
def evaluation_mode_stays(*given):
    return _collect(*given, restore=False)


@answers.wrong("keeps-graph")
def graph_is_kept(*given):
    return _collect(*given, grad=True)


@answers.wrong("leaves-behind")
def gradients_on_at_the_end(*given):
    torch.set_grad_enabled(False)
    try:
        return _collect(*given)
    finally:
        torch.set_grad_enabled(True)


@answers.wrong("flattened")
def pixels_are_flattened(*given):
    return _collect(*given, make=lambda given, output: output.flatten(1))


@answers.wrong("maps")
def pixels_stay(*given):
    return _collect(*given, make=lambda given, output: output.clone())


@answers.wrong("largest")
def largest_pixel(*given):
    return _collect(*given, make=lambda given, output: output.amax((2, 3)))


@answers.wrong("over-channels")
def mean_over_channels(*given):
    return _collect(*given, make=lambda given, output: output.mean(1).flatten(1))


@answers.wrong("inputs")
def inputs_of_the_stage(*given):
    return _collect(*given, make=lambda given, output: given.mean((2, 3)))


@answers.wrong("last-batch")
def last_batch_alone(network, batches, stages):
    for images, _ in batches:
        found = stage_features(network, images, stages)
    return {name: maps.mean((2, 3)) for name, maps in found.items()}


@answers.wrong("first-batch")
def first_batch_alone(network, batches, stages):
    return last_batch_alone(network, list(batches)[:1], stages)


@answers.wrong("not-a-tensor")
def batches_apart(network, batches, stages):
    rows = [stage_features(network, images, stages) for images, _ in batches]
    return {name: [row[name].mean((2, 3)) for row in rows] for name in stages}


@answers.wrong("raises")
def name_is_looked_up_late(network, batches, stages):
    found, was = {}, network.training
    handles = []
    for name in stages:

        def keep(module, given, output):
            found.setdefault(name, []).append(output.mean((2, 3)))  # noqa: B023

        handles.append(network.get_submodule(name).register_forward_hook(keep))
    network.eval()
    try:
        with torch.no_grad():
            for images, _ in batches:
                network(images)
    finally:
        for handle in handles:
            handle.remove()
        network.train(was)
    return {name: torch.cat(parts) for name, parts in found.items()}


@answers.wrong("stages")
def a_list_of_stages(*given):
    return list(_collect(*given).values())


@answers.wrong("error-hidden")
def error_is_swallowed(network, batches, stages):
    rows = []
    with contextlib.suppress(Exception):
        for images, _ in batches:
            rows.append(stage_features(network, images, stages))
    return {name: torch.cat([row[name].mean((2, 3)) for row in rows]) for name in stages}


@answers.right
def collect_by_the_library(network, batches, stages):
    rows = [stage_features(network, images, stages) for images, _ in batches]
    return {name: torch.cat([row[name].mean((2, 3)) for row in rows]) for name in stages}


@answers.wrong("with-gradients")
def collect_with_one_hook_and_a_table(network, batches, stages):
    names = {network.get_submodule(name): name for name in stages}
    rows = {name: [] for name in stages}

    def keep(module, given, output):
        rows[names[module]].extend(output.detach().flatten(2).mean(2).tolist())

    with contextlib.ExitStack() as stack:
        stack.callback(network.train, network.training)
        for module in names:
            stack.enter_context(module.register_forward_hook(keep))
        network.eval()
        for images, _ in batches:
            network(images)
    return {name: torch.tensor(values) for name, values in rows.items()}


@answers.right
def collect_by_pooling(*given):
    def pool(given, output):
        return torch.nn.functional.adaptive_avg_pool2d(output, 1).squeeze((2, 3))

    return _collect(*given, make=pool)


@answers.right
def collect_in_inference_mode_and_a_table(network, batches, stages):
    names = {network.get_submodule(name): name for name in stages}
    rows = {name: [] for name in stages}

    def keep(module, given, output):
        rows[names[module]].extend(output.flatten(2).mean(2).tolist())

    with contextlib.ExitStack() as stack:
        stack.callback(network.train, network.training)
        for module in names:
            stack.enter_context(module.register_forward_hook(keep))
        network.eval()
        stack.enter_context(torch.inference_mode())
        for images, _ in batches:
            network(images)
    return {name: torch.tensor(values) for name, values in rows.items()}

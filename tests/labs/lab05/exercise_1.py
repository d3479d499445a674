"""Wrong answers to lab 05, one for each mistake that learners make, with the code of the message that each must get."""

from __future__ import annotations

import contextlib

import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors

from resnet_labs.features import neighbour_purity, stage_features
from resnet_labs.freeze import freeze_, unfreeze_

# exercise 05.1


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


def hooks_stay(*given):
    return _collect(*given, clean="never")


def hooks_stay_after_an_error(*given):
    return _collect(*given, clean="at the end")


def stays_in_training_mode(*given):
    return _collect(*given, evaluate=False)


def evaluation_mode_stays(*given):
    return _collect(*given, restore=False)


def graph_is_kept(*given):
    return _collect(*given, grad=True)


def pixels_are_flattened(*given):
    return _collect(*given, make=lambda given, output: output.flatten(1))


def pixels_stay(*given):
    return _collect(*given, make=lambda given, output: output.clone())


def largest_pixel(*given):
    return _collect(*given, make=lambda given, output: output.amax((2, 3)))


def mean_over_channels(*given):
    return _collect(*given, make=lambda given, output: output.mean(1).flatten(1))


def inputs_of_the_stage(*given):
    return _collect(*given, make=lambda given, output: given.mean((2, 3)))


def last_batch_alone(network, batches, stages):
    for images, _ in batches:
        found = stage_features(network, images, stages)
    return {name: maps.mean((2, 3)) for name, maps in found.items()}


def first_batch_alone(network, batches, stages):
    return last_batch_alone(network, list(batches)[:1], stages)


def batches_apart(network, batches, stages):
    rows = [stage_features(network, images, stages) for images, _ in batches]
    return {name: [row[name].mean((2, 3)) for row in rows] for name in stages}


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


def a_list_of_stages(*given):
    return list(_collect(*given).values())


def error_is_swallowed(network, batches, stages):
    rows = []
    with contextlib.suppress(Exception):
        for images, _ in batches:
            rows.append(stage_features(network, images, stages))
    return {name: torch.cat([row[name].mean((2, 3)) for row in rows]) for name in stages}


# exercise 05.2


def _last_block(network):
    stage = max(name for name, _ in network.named_children() if name.startswith("layer"))
    return [f"{stage}.{len(network.get_submodule(stage)) - 1}", "fc"]


def _train_only(network, parts):
    freeze_(network)
    for name in parts:
        unfreeze_(network.get_submodule(name))


def nothing_is_frozen(network, parts):
    for name in parts:
        network.get_submodule(name).requires_grad_(True)


def head_is_forgotten(network, parts):
    _train_only(network, [name for name in parts if name != "fc"] or ["layer1"])


def statistics_go_on(network, parts):
    for parameter in network.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None
    for name in parts:
        network.get_submodule(name).requires_grad_(True)


def eval_once(network, parts):
    statistics_go_on(network, parts)
    network.eval()


def gradients_stay(network, parts):
    old = {parameter: parameter.grad for parameter in network.parameters()}
    _train_only(network, parts)
    for parameter, gradient in old.items():
        parameter.grad = gradient


def every_norm_is_held(network, parts):
    statistics_go_on(network, parts)
    for part in network.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.train = lambda mode=True, part=part: part
            part.eval()
            part.training = False


def never_thaws(network, parts):
    kept = tuple(f"{name}." for name in parts)
    for path, part in network.named_modules():
        if list(part.parameters(recurse=False)) and not f"{path}.".startswith(kept):
            freeze_(part)


def block_by_heart(network):
    return ["layer3.1", "fc"]


def last_stage(network):
    return [_last_block(network)[0].split(".")[0], "fc"]


def block_without_head(network):
    return _last_block(network)[:1]


def block_itself(network):
    return [network.layer3[-1], network.fc]


def first_block(network):
    return [f"{_last_block(network)[0].split('.')[0]}.0", "fc"]


# exercise 05.3


def _nearest(features, count, *, itself=False, power=2, largest=False):
    distances = torch.cdist(features, features, p=power)
    if not itself:
        distances.fill_diagonal_(-1.0 if largest else torch.inf)
    return distances.topk(count, largest=largest).indices


def _purity(features, labels, count):
    return (labels[_nearest(features, count)] == labels[:, None]).float().mean().item()


def counts_itself(features, count):
    return _nearest(features, count, itself=True)


def one_too_many(features, count):
    return _nearest(features, count + 1)


def farthest(features, count):
    return _nearest(features, count, largest=True)


def city_block(features, count):
    return _nearest(features, count, power=1)


def not_sorted(features, count):
    return torch.arange(count).repeat(len(features), 1)


def distances_instead(features, count):
    return torch.cdist(features, features).topk(count, largest=False).values


def majority(features, labels, count):
    return (labels[_nearest(features, count)].mode(1).values == labels).float().mean()


def not_divided(features, labels, count):
    return (labels[_nearest(features, count)] == labels[:, None]).float().sum(1).mean()


def other_labels(features, labels, count):
    return (labels[_nearest(features, count)] != labels[:, None]).float().mean()


def purity_with_itself(features, labels, count):
    return (labels[counts_itself(features, count)] == labels[:, None]).float().mean()


def purity_of_one_more(features, labels, count):
    return (labels[one_too_many(features, count)] == labels[:, None]).float().mean()


# exercise 05.4


def _tables(features, positions, count):
    return _nearest(features, count), _nearest(positions, count)


def _hits(*given):
    first, second = _tables(*given)
    return (first[:, :, None] == second[:, None, :]).any(2).float()


def _kept(*given):
    return _hits(*given).mean().item()


def place_by_place(*given):
    first, second = _tables(*given)
    return (first == second).float().mean()


def kept_not_divided(*given):
    return _hits(*given).sum(1).mean()


def over_the_union(features, positions, count):
    common = _hits(features, positions, count).sum(1)
    return (common / (2 * count - common)).mean()


def itself_is_kept(features, positions, count):
    first, second = counts_itself(features, count), counts_itself(positions, count)
    return (first[:, :, None] == second[:, None, :]).any(2).float().mean()


def all_or_nothing(*given):
    return _hits(*given).all(1).float().mean()


def in_any_row(*given):
    return torch.isin(*_tables(*given)).float().mean()


def lost(*given):
    return 1 - _hits(*given).mean()


# check -> (what is handed in, the code of the message it must get)
MUTANTS = {
    "check_collect": [
        ((hooks_stay,), "05.1/hooks-left"),
        ((hooks_stay_after_an_error,), "05.1/left-after-error"),
        ((stays_in_training_mode,), "05.1/train-mode"),
        ((evaluation_mode_stays,), "05.1/mode-left"),
        ((graph_is_kept,), "05.1/keeps-graph"),
        ((pixels_are_flattened,), "05.1/flattened"),
        ((pixels_stay,), "05.1/maps"),
        ((largest_pixel,), "05.1/largest"),
        ((mean_over_channels,), "05.1/over-channels"),
        ((inputs_of_the_stage,), "05.1/inputs"),
        ((last_batch_alone,), "05.1/last-batch"),
        ((first_batch_alone,), "05.1/first-batch"),
        ((batches_apart,), "05.1/not-a-tensor"),
        ((name_is_looked_up_late,), "05.1/raises"),
        ((a_list_of_stages,), "05.1/stages"),
        ((error_is_swallowed,), "05.1/error-hidden"),
    ],
    "check_train_only": [
        ((nothing_is_frozen, _last_block), "05.2/everything-trains"),
        ((head_is_forgotten, _last_block), "05.2/part-stands-still"),
        ((statistics_go_on, _last_block), "05.2/statistics"),
        ((eval_once, _last_block), "05.2/statistics"),
        ((gradients_stay, _last_block), "05.2/stale-gradients"),
        ((every_norm_is_held, _last_block), "05.2/trained-part-stuck"),
        ((never_thaws, _last_block), "05.2/not-thawed"),
        ((_train_only, block_by_heart), "05.2/last-block"),
        ((_train_only, first_block), "05.2/last-block"),
        ((_train_only, last_stage), "05.2/whole-stage"),
        ((_train_only, block_without_head), "05.2/no-head"),
        ((_train_only, block_itself), "05.2/not-names"),
    ],
    "check_purity": [
        ((counts_itself, _purity), "05.3/itself"),
        ((one_too_many, _purity), "05.3/one-more"),
        ((farthest, _purity), "05.3/farthest"),
        ((city_block, _purity), "05.3/city-block"),
        ((not_sorted, _purity), "05.3/neighbours"),
        ((distances_instead, _purity), "05.3/not-indices"),
        ((_nearest, majority), "05.3/vote"),
        ((_nearest, not_divided), "05.3/not-divided"),
        ((_nearest, other_labels), "05.3/impurity"),
        ((_nearest, purity_with_itself), "05.3/purity-with-itself"),
        ((_nearest, purity_of_one_more), "05.3/purity-one-more"),
    ],
    "check_kept": [
        ((place_by_place,), "05.4/by-place"),
        ((kept_not_divided,), "05.4/kept-not-divided"),
        ((over_the_union,), "05.4/jaccard"),
        ((itself_is_kept,), "05.4/kept-with-itself"),
        ((all_or_nothing,), "05.4/all-or-nothing"),
        ((in_any_row,), "05.4/any-row"),
        ((lost,), "05.4/lost"),
    ],
}


# right answers, written differently


def collect_by_the_library(network, batches, stages):
    rows = [stage_features(network, images, stages) for images, _ in batches]
    return {name: torch.cat([row[name].mean((2, 3)) for row in rows]) for name in stages}


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


def collect_by_pooling(*given):
    def pool(given, output):
        return torch.nn.functional.adaptive_avg_pool2d(output, 1).squeeze((2, 3))

    return _collect(*given, make=pool)


def train_only_by_requires_grad_and_hooks(network, parts):
    for part in network.modules():
        for hook in getattr(part, "_held", []):
            hook.remove()
        part._held = []
    kept = tuple(f"{name}." for name in parts)
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name.startswith(kept))
        parameter.grad = None
    for name, part in network.named_modules():
        if isinstance(part, torch.nn.BatchNorm2d) and not f"{name}.".startswith(kept):
            part._held = [part.register_forward_pre_hook(lambda part, given: part.eval() and None)]


def train_only_module_by_module(network, parts):
    trains = {inner for name in parts for inner in network.get_submodule(name).modules()}
    unfreeze_(network)
    for part in network.modules():
        if not list(part.children()) and part not in trains:
            freeze_(part)
    return network


def last_block_from_the_list_of_modules(network):
    blocks = [name for name, _ in network.named_modules() if name.startswith("layer") and name.count(".") == 1]
    return ("fc", blocks[-1])


def nearest_by_differences(features, count):
    gaps = (features[:, None] - features[None]).square().sum(2)
    gaps += torch.eye(len(features)) * 1e9
    return gaps.argsort(1)[:, :count]


def nearest_by_a_loop(features, count):
    rows = []
    for number, row in enumerate(features):
        order = (features - row).norm(dim=1).argsort().tolist()
        rows.append([other for other in order if other != number][:count])
    return torch.tensor(rows)


def nearest_by_scikit_learn(features, count):
    found = NearestNeighbors(n_neighbors=count).fit(features.numpy()).kneighbors(return_distance=False)
    return torch.from_numpy(found)


def purity_by_the_library(features, labels, count):
    return neighbour_purity(features, labels, num_neighbours=count)


def purity_by_a_loop(features, labels, count):
    near = nearest_by_a_loop(features, count).tolist()
    return sum(labels[j] == labels[i] for i, row in enumerate(near) for j in row) / (len(labels) * count)


def kept_by_sets(*given):
    first, second = (table.tolist() for table in _tables(*given))
    shares = [len({*a} & {*b}) / len(a) for a, b in zip(first, second, strict=True)]
    return sum(shares) / len(shares)


def kept_by_a_matrix(features, positions, count):
    there = [
        torch.zeros(len(features), len(features)).scatter_(1, _nearest(x, count), 1) for x in (features, positions)
    ]
    return (there[0] * there[1]).sum() / there[0].sum()


def kept_by_numpy(*given):
    first, second = (table.numpy() for table in _tables(*given))
    return np.mean([np.isin(a, b).mean() for a, b in zip(first, second, strict=True)])


RIGHT = {
    "check_collect": [(collect_by_the_library,), (collect_with_one_hook_and_a_table,), (collect_by_pooling,)],
    "check_train_only": [
        (_train_only, _last_block),
        (train_only_by_requires_grad_and_hooks, last_block_from_the_list_of_modules),
        (train_only_module_by_module, _last_block),
    ],
    "check_purity": [
        (_nearest, _purity),
        (nearest_by_differences, purity_by_the_library),
        (nearest_by_a_loop, purity_by_a_loop),
        (nearest_by_scikit_learn, _purity),
    ],
    "check_kept": [(kept_by_sets,), (kept_by_a_matrix,), (kept_by_numpy,)],
}

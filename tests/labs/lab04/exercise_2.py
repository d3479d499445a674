"""Wrong answers to lab 04, one for each mistake that learners make, with the code of the message that each must get."""

from __future__ import annotations

import copy
from fractions import Fraction

import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW

from resnet_labs.freeze import linear_probe_
from resnet_labs.metrics import wilson_interval
from resnet_labs.train.evaluation import evaluating

# exercise 04.1


def _head(network, num_classes):
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    return network.fc


def optimizer_before_the_layer(network, num_classes, rate):
    optimizer = Adam(network.fc.parameters(), lr=rate)
    _head(network, num_classes)
    return optimizer


def optimizer_over_everything(network, num_classes, rate):
    _head(network, num_classes)
    return Adam(network.parameters(), lr=rate)


def optimizer_without_the_bias(network, num_classes, rate):
    return Adam([_head(network, num_classes).weight], lr=rate)


def optimizer_over_the_stages(network, num_classes, rate):
    _head(network, num_classes)
    return Adam(network.layer1.parameters(), lr=rate)


def sgd(network, num_classes, rate):
    return SGD(_head(network, num_classes).parameters(), lr=rate)


def adam_with_decay(network, num_classes, rate):
    return AdamW(_head(network, num_classes).parameters(), lr=rate)


def default_rate(network, num_classes, rate):
    return Adam(_head(network, num_classes).parameters())


def returns_the_network(network, num_classes, rate):
    _head(network, num_classes)
    return network


def returns_nothing(network, num_classes, rate):
    _head(network, num_classes)


def width_by_heart(network, num_classes, rate):
    network.fc = nn.Linear(2048, num_classes)
    return Adam(network.fc.parameters(), lr=rate)


def five_classes_always(network, num_classes, rate):
    return Adam(_head(network, 5).parameters(), lr=rate)


def outputs_renamed(network, num_classes, rate):
    network.fc.out_features = num_classes
    return Adam(network.fc.parameters(), lr=rate)


def head_behind_the_old(network, num_classes, rate):
    network.fc = nn.Sequential(network.fc, nn.Linear(network.fc.out_features, num_classes))
    return Adam(network.fc.parameters(), lr=rate)


def softmax_head(network, num_classes, rate):
    network.fc = nn.Sequential(nn.Linear(network.fc.in_features, num_classes), nn.Softmax(1))
    return Adam(network.fc.parameters(), lr=rate)


def everything_drawn_anew(network, num_classes, rate):
    for part in network.modules():
        if hasattr(part, "reset_parameters"):
            part.reset_parameters()
    return Adam(_head(network, num_classes).parameters(), lr=rate)


# exercise 04.2


def _backbone(network):
    return [part for name, child in network.named_children() if name != "fc" for part in child.modules()]


def _stop(network):
    for name, parameter in network.named_parameters():
        if not name.startswith("fc."):
            parameter.requires_grad_(False)
            parameter.grad = None


def _to_evaluation(module, inputs):
    module.eval()


def _hold(parts):
    for part in parts:
        part.register_forward_pre_hook(_to_evaluation)


def gradients_alone(network):
    for name, parameter in network.named_parameters():
        if "fc" not in name:
            parameter.requires_grad = False


def evaluation_once(network):
    _stop(network)
    network.eval()


def old_gradients_kept(network):
    gradients_alone(network)
    _hold(_backbone(network))


def old_gradients_zeroed(network):
    gradients_alone(network)
    _hold(_backbone(network))
    network.zero_grad(set_to_none=False)


def batch_norm_alone(network):
    _stop(network)
    _hold(part for part in _backbone(network) if isinstance(part, nn.BatchNorm2d))


def no_running_statistics(network):
    _stop(network)
    for part in _backbone(network):
        if isinstance(part, nn.BatchNorm2d):
            part.track_running_stats = False
        if isinstance(part, nn.Dropout):
            part.p = 0.0


def momentum_zero(network):
    _stop(network)
    for part in _backbone(network):
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = 0.0


def the_head_too(network):
    network.requires_grad_(False)
    for parameter in network.parameters():
        parameter.grad = None
    _hold([network])
    network.fc.weight.requires_grad_(True)


def stages_alone(network):
    for name, parameter in network.named_parameters():
        if "layer" in name:
            parameter.requires_grad_(False)
            parameter.grad = None
    _hold(_backbone(network))


def no_gradients_but_decay(network):
    for name, parameter in network.named_parameters():
        if not name.startswith("fc."):
            parameter.register_hook(torch.zeros_like)
    _hold(_backbone(network))


def frozen_modules_put_in(network):
    _stop(network)
    network.bn1 = nn.Sequential(network.bn1)
    _hold(_backbone(network))


def copied_weights(network):
    for name, child in list(network.named_children()):
        if name != "fc":
            setattr(network, name, copy.deepcopy(child))
    _stop(network)
    _hold(_backbone(network))


def a_frozen_copy(network):
    network = copy.deepcopy(network)
    _stop(network)
    _hold(_backbone(network))
    return network


def hook_that_returns(network):
    _stop(network)
    for part in _backbone(network):
        part.register_forward_pre_hook(lambda module, inputs: module.eval())


def no_gradients_at_all(network):
    network.eval()
    network.forward = torch.no_grad()(network.forward)


def statistics_reset(network):
    _stop(network)
    _hold(_backbone(network))
    network.bn1.reset_running_stats()


# exercise 04.3


def _catch(network, batches, *, keep=lambda inputs, outputs: inputs[0]):
    found = []
    handle = network.fc.register_forward_hook(lambda module, inputs, outputs: found.append(keep(inputs, outputs)))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    handle.remove()
    return found


def in_training_mode(network, batches):
    head, network.fc = network.fc, nn.Identity()
    with torch.no_grad():
        found = [network(images) for images, _ in batches]
    network.fc = head
    return torch.cat(found)


def with_gradients(network, batches):
    head, network.fc = network.fc, nn.Identity()
    with evaluating(network):
        found = torch.cat([network(images) for images, _ in batches])
    network.fc = head
    return found


def the_logits(network, batches):
    return torch.cat(_catch(network, batches, keep=lambda inputs, outputs: outputs))


def the_last_batch(network, batches):
    return _catch(network, batches)[-1]


def the_first_batch(network, batches):
    return _catch(network, batches)[0]


def without_the_short_batch(network, batches):
    return torch.cat(_catch(network, batches)[:-1])


def a_list(network, batches):
    return _catch(network, batches)


def maps_before_the_mean(network, batches):
    found = []
    handle = network.layer1.register_forward_hook(lambda module, inputs, output: found.append(output))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    handle.remove()
    return torch.cat(found)


def sorted_by_class(network, batches):
    labels = torch.cat([labels for _, labels in batches])
    return torch.cat(_catch(network, batches))[labels.argsort(stable=True)]


def not_flattened(network, batches):
    return torch.cat(_catch(network, batches))[:, :, None, None]


def stacked(network, batches):
    return torch.stack(_catch(network, batches))


def length_one(network, batches):
    return nn.functional.normalize(torch.cat(_catch(network, batches)))


def head_thrown_away(network, batches):
    network.fc = nn.Identity()
    with evaluating(network), torch.no_grad():
        return torch.cat([network(images) for images, _ in batches])


def hook_left(network, batches):
    found = []
    network.fc.register_forward_pre_hook(lambda module, inputs: found.append(inputs[0]))
    with evaluating(network), torch.no_grad():
        for images, _ in batches:
            network(images)
    return torch.cat(found)


def mode_left(network, batches):
    found = torch.cat(_catch(network, batches))
    network.eval()
    return found


def everything_to_training_mode(network, batches):
    found = torch.cat(_catch(network, batches))
    network.train()
    return found


def gradients_left_off(network, batches):
    network.requires_grad_(False)
    return torch.cat(_catch(network, batches))


# exercise 04.4


def _cut(labels, fraction, order, *, part=None):
    train, validation = [], []
    for label in labels.unique():
        rows = order(torch.nonzero(labels == label).flatten())
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


def _shuffled(generator):
    return lambda rows: rows[torch.randperm(len(rows), generator=generator)]


def all_classes_together(labels, fraction, generator):
    rows = torch.randperm(len(labels), generator=generator)
    count = round(fraction * len(labels))
    return rows[count:], rows[:count]


def parts_exchanged(labels, fraction, generator):
    return _cut(labels, fraction, _shuffled(generator))[::-1]


def the_first_of_each(labels, fraction, generator):
    return _cut(labels, fraction, lambda rows: rows)


def the_last_of_each(labels, fraction, generator):
    return _cut(labels, fraction, lambda rows: rows.flip(0))


def global_generator(labels, fraction, generator):
    return _cut(labels, fraction, lambda rows: rows[torch.randperm(len(rows))])


def a_seed_of_its_own(labels, fraction, generator):
    return _cut(labels, fraction, _shuffled(torch.Generator().manual_seed(0)))


def with_replacement(labels, fraction, generator):
    return _cut(labels, fraction, lambda rows: rows[torch.randint(len(rows), (len(rows),), generator=generator)])


def trained_on_validation(labels, fraction, generator):
    return torch.arange(len(labels)), _cut(labels, fraction, _shuffled(generator))[1]


def two_shuffles(labels, fraction, generator):
    order = _shuffled(generator)
    return _cut(labels, fraction, order)[0], _cut(labels, fraction, order)[1]


def last_class_lost(labels, fraction, generator):
    return _cut(labels[labels < labels.max()], fraction, _shuffled(generator))


def masks(labels, fraction, generator):
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    chosen[_cut(labels, fraction, _shuffled(generator))[1]] = True
    return ~chosen, chosen


def a_column(labels, fraction, generator):
    return [rows[:, None] for rows in _cut(labels, fraction, _shuffled(generator))]


def classes_of_the_rows(labels, fraction, generator):
    return [labels[rows] for rows in _cut(labels, fraction, _shuffled(generator))]


def seeded_elsewhere(labels, fraction, generator):
    return _cut(labels, fraction, _shuffled(torch.Generator().manual_seed(generator.initial_seed())))


def validation_alone(labels, fraction, generator):
    return _cut(labels, fraction, _shuffled(generator))[1]


# exercise 04.5


def _possible(figure, decimals, sizes):
    return [size for size in sizes if round(round(figure * size) / size, decimals) == figure]


def numbers_of_right_images(figure, decimals, sizes):
    return [round(figure * size) for size in _possible(figure, decimals, sizes)]


def rounded_down(figure, decimals, sizes):
    return [size for size in sizes if round(int(figure * size) / size, decimals) == figure]


def compared_exactly(figure, decimals, sizes):
    return [size for size in sizes if round(figure * size) / size == figure]


def always_six_decimals(figure, decimals, sizes):
    return _possible(figure, 6, sizes)


def a_whole_unit(figure, decimals, sizes):
    return [size for size in sizes if abs(round(figure * size) / size - figure) < 10**-decimals]


def everything_near(figure, decimals, sizes):
    return [size for size in sizes if abs(round(figure * size) / size - figure) < 1]


def the_first_alone(figure, decimals, sizes):
    return _possible(figure, decimals, sizes)[:1]


_LOW, _HIGH = wilson_interval(810, 855)

# check -> (what is handed in, the code of the message it must get)
MUTANTS = {
    "check_new_head": [
        ((optimizer_before_the_layer,), "04.1/old-head"),
        ((optimizer_over_everything,), "04.1/all-parameters"),
        ((optimizer_without_the_bias,), "04.1/part-of-head"),
        ((optimizer_over_the_stages,), "04.1/nothing-of-head"),
        ((sgd,), "04.1/not-adam"),
        ((adam_with_decay,), "04.1/not-adam"),
        ((default_rate,), "04.1/learning-rate"),
        ((returns_the_network,), "04.1/not-an-optimizer"),
        ((returns_nothing,), "04.1/no-return"),
        ((width_by_heart,), "04.1/raises"),
        ((five_classes_always,), "04.1/num-classes"),
        ((outputs_renamed,), "04.1/num-classes"),
        ((head_behind_the_old,), "04.1/head-parameters"),
        ((softmax_head,), "04.1/not-linear"),
        ((everything_drawn_anew,), "04.1/weights-lost"),
    ],
    "check_freeze": [
        ((gradients_alone,), "04.2/running-statistics"),
        ((evaluation_once,), "04.2/undone-by-train"),
        ((old_gradients_kept,), "04.2/stale-gradients"),
        ((old_gradients_zeroed,), "04.2/stale-gradients"),
        ((batch_norm_alone,), "04.2/dropout"),
        ((no_running_statistics,), "04.2/batch-statistics"),
        ((momentum_zero,), "04.2/still-counts"),
        ((the_head_too,), "04.2/head-frozen"),
        ((stages_alone,), "04.2/still-trains"),
        ((no_gradients_but_decay,), "04.2/still-trains"),
        ((frozen_modules_put_in,), "04.2/replaced"),
        ((copied_weights,), "04.2/replaced"),
        ((a_frozen_copy,), "04.2/copy"),
        ((statistics_reset,), "04.2/changed-by-freeze"),
        ((hook_that_returns,), "04.2/raises"),
        ((no_gradients_at_all,), "04.2/raises"),
    ],
    "check_features": [
        ((in_training_mode,), "04.3/training-mode"),
        ((with_gradients,), "04.3/keeps-graph"),
        ((the_logits,), "04.3/logits"),
        ((the_last_batch,), "04.3/last-batch"),
        ((the_first_batch,), "04.3/first-batch"),
        ((without_the_short_batch,), "04.3/short-batch-lost"),
        ((a_list,), "04.3/a-list"),
        ((maps_before_the_mean,), "04.3/not-pooled"),
        ((sorted_by_class,), "04.3/reordered"),
        ((length_one,), "04.3/features"),
        ((not_flattened,), "04.3/not-flat"),
        ((stacked,), "04.3/raises"),
        ((head_thrown_away,), "04.3/network-changed"),
        ((gradients_left_off,), "04.3/network-changed"),
        ((hook_left,), "04.3/hook-left"),
        ((mode_left,), "04.3/mode-left"),
        ((everything_to_training_mode,), "04.3/mode-left"),
    ],
    "check_split": [
        ((all_classes_together,), "04.4/not-stratified"),
        ((parts_exchanged,), "04.4/swapped"),
        ((the_first_of_each,), "04.4/not-shuffled"),
        ((the_last_of_each,), "04.4/not-shuffled"),
        ((global_generator,), "04.4/not-the-generator"),
        ((a_seed_of_its_own,), "04.4/seed-ignored"),
        ((with_replacement,), "04.4/repeated"),
        ((trained_on_validation,), "04.4/overlap"),
        ((two_shuffles,), "04.4/overlap"),
        ((last_class_lost,), "04.4/rows-lost"),
        ((masks,), "04.4/not-rows"),
        ((a_column,), "04.4/a-column"),
        ((classes_of_the_rows,), "04.4/labels"),
        ((seeded_elsewhere,), "04.4/nothing-drawn"),
        ((validation_alone,), "04.4/two-parts"),
    ],
    "check_reading": [
        ((numbers_of_right_images, 19, 855, _LOW, _HIGH), "04.5/counts"),
        ((rounded_down, 19, 855, _LOW, _HIGH), "04.5/rounded-down"),
        ((compared_exactly, 19, 855, _LOW, _HIGH), "04.5/exact"),
        ((always_six_decimals, 19, 855, _LOW, _HIGH), "04.5/six-decimals"),
        ((a_whole_unit, 19, 855, _LOW, _HIGH), "04.5/whole-unit"),
        ((everything_near, 19, 855, _LOW, _HIGH), "04.5/everything"),
        ((the_first_alone, 19, 855, _LOW, _HIGH), "04.5/sizes"),
        ((_possible, 18, 855, _LOW, _HIGH), "04.5/numerator"),
        ((_possible, 38, 855, _LOW, _HIGH), "04.5/divisor"),
        ((_possible, 19, 863, _LOW, _HIGH), "04.5/not-possible"),
        ((_possible, 19, 874, _LOW, _HIGH), "04.5/further-off"),
        ((_possible, 19, 741, _LOW, _HIGH), "04.5/size"),
        ((_possible, 19, 855, 0.9324, 0.9623), "04.5/wald"),
        ((_possible, 19, 855, _HIGH, _LOW), "04.5/swapped"),
        ((_possible, 19, 855, *wilson_interval(4090, 4317)), "04.5/all-flowers"),
        ((_possible, 19, 855, 0.0002, 0.0064), "04.5/interval"),
    ],
}


# right answers, written differently


def head_by_setattr(network, num_classes, rate):
    setattr(network, "fc", nn.Linear(network.fc.weight.shape[1], num_classes))  # noqa: B010
    return Adam([{"params": list(network.fc.parameters()), "lr": rate}])


def head_in_a_sequence(network, num_classes, rate):
    network.requires_grad_(False)
    network.fc = nn.Sequential(nn.Linear(network.fc.in_features, num_classes))
    return Adam([p for p in network.parameters() if p.requires_grad], lr=rate)


def head_by_attributes(network, num_classes, rate):
    old = network.fc
    network.fc = nn.Linear(old.in_features, num_classes, dtype=old.weight.dtype, device=old.weight.device)
    return torch.optim.Adam(params=[network.fc.weight, network.fc.bias], lr=rate, foreach=False)


def freeze_by_train_override(network):
    _stop(network)

    def train(mode=True):
        nn.Module.train(network, mode)
        for name, child in network.named_children():
            if name != "fc":
                child.eval()
        return network

    network.train = train
    return network.train(network.training)


def freeze_by_hooks_on_children(network):
    for name, child in network.named_children():
        if name != "fc":
            child.requires_grad_(False)
            child.zero_grad()
            child.register_forward_pre_hook(lambda module, inputs: module.train(False) and None)


def freeze_by_one_hook(network):
    _stop(network)
    parts = [child for name, child in network.named_children() if name != "fc"]
    network.register_forward_pre_hook(lambda module, inputs: [part.eval() for part in parts] and None)
    return network


def freeze_by_the_library(network):
    return linear_probe_(network)


def freeze_by_detaching(network):
    for name, parameter in network.named_parameters():
        if not name.startswith("fc."):
            parameter.grad = None
    network.fc.register_forward_pre_hook(lambda module, inputs: (inputs[0].detach(),))
    _hold(_backbone(network))


def features_by_a_hook(network, batches):
    return torch.cat(_catch(network, batches))


def features_by_identity(network, batches):
    head, modes = network.fc, {part: part.training for part in network.modules()}
    network.fc = nn.Identity()
    network.eval()
    with torch.inference_mode():
        found = torch.cat([network(images) for images, labels in batches])
    network.fc = head
    for part, mode in modes.items():
        part.training = mode
    return found.clone()


def features_of_a_copy(network, batches):
    network = copy.deepcopy(network).eval()
    network.fc = nn.Identity()
    with torch.no_grad():
        return torch.vstack([row for images, _ in batches for row in network(images).unbind()])


def split_by_class(labels, fraction, generator):
    return _cut(labels, fraction, _shuffled(generator))


def split_by_ranks(labels, fraction, generator):
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    noise = torch.rand(len(labels), generator=generator)
    for label in range(int(labels.max()) + 1):
        mine = labels == label
        chosen |= mine & (noise < noise[mine].sort().values[int(fraction * mine.sum())])
    return [torch.where(~chosen)[0], torch.where(chosen)[0]]


def split_as_lists(labels, fraction, generator):
    train, validation, rows = [], [], torch.randperm(len(labels), generator=generator).tolist()
    for label in set(labels.tolist()):
        mine = [row for row in rows if labels[row] == label]
        count = -int(-fraction * len(mine) // 1)
        validation += mine[-count:]
        train += mine[:-count]
    return torch.tensor(train), torch.tensor(validation)


def sizes_by_half_a_unit(figure, decimals, sizes):
    return {n for n in sizes if any(abs(k / n - figure) < 0.5 * 10**-decimals for k in range(n + 1))}


def sizes_as_printed(figure, decimals, sizes):
    return [n for n in sizes if f"{figure:.{decimals}f}" in {f"{k / n:.{decimals}f}" for k in range(n + 1)}]


def sizes_by_fractions(figure, decimals, sizes):
    shown, unit = Fraction(str(figure)), Fraction(1, 10**decimals)
    near = [n for n in sizes if abs(Fraction(round(shown * n), n) - shown) <= unit / 2]
    return torch.tensor(near)


RIGHT = {
    "check_new_head": [(head_by_setattr,), (head_in_a_sequence,), (head_by_attributes,)],
    "check_freeze": [
        (freeze_by_train_override,),
        (freeze_by_hooks_on_children,),
        (freeze_by_one_hook,),
        (freeze_by_the_library,),
        (freeze_by_detaching,),
    ],
    "check_features": [(features_by_a_hook,), (features_by_identity,), (features_of_a_copy,)],
    "check_split": [(split_by_class,), (split_by_ranks,), (split_as_lists,)],
    "check_reading": [
        (sizes_by_half_a_unit, 19, 855, _LOW, _HIGH),
        (sizes_as_printed, 19, 855, round(_LOW, 4), round(_HIGH, 4)),
        (sizes_by_fractions, 19, 855, torch.tensor(_LOW), torch.tensor(_HIGH)),
    ],
}

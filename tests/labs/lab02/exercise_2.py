"""Wrong answers to lab 02, one for each mistake that learners make, with the code of the message that each must get."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from resnet_labs.resnet import resnet18


def _stem(channels, **changes):
    return nn.Conv2d(channels, 64, **{"kernel_size": 7, "stride": 2, "padding": 3, "bias": False} | changes)


# exercise 02.1


def head_only(network, in_channels, num_classes):
    network.fc = nn.Linear(512, num_classes)
    return network


def one_channel_always(network, in_channels, num_classes):
    network.conv1 = _stem(1)
    network.fc = nn.Linear(512, num_classes)
    return network


def stem_with_bias(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels, bias=True)
    network.fc = nn.Linear(512, num_classes)
    return network


def small_stem(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels, kernel_size=3, stride=1, padding=1)
    network.fc = nn.Linear(512, num_classes)
    return network


def no_padding(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels, padding=0)
    network.fc = nn.Linear(512, num_classes)
    return network


def stem_only(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels)
    return network


def ten_classes_always(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels)
    network.fc = nn.Linear(512, 10)
    return network


def head_under_another_name(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels)
    network.classifier = nn.Linear(512, num_classes)
    return network


def head_appended(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels)
    return nn.Sequential(network, nn.Linear(1000, num_classes))


def new_network(network, in_channels, num_classes):
    return resnet18(in_channels=in_channels, num_classes=num_classes)


def softmax_head(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels)
    network.fc = nn.Sequential(nn.Linear(512, num_classes), nn.Softmax(1))
    return network


def adapt_without_return(network, in_channels, num_classes):
    network.conv1 = _stem(in_channels)
    network.fc = nn.Linear(512, num_classes)


# exercise 02.2


def _step(network, images, labels, optimizer, *, logits=lambda x: x, reduction="mean", clear=True, step=True):
    network.train()
    if clear:
        optimizer.zero_grad()
    loss = F.cross_entropy(logits(network(images)), labels, reduction=reduction)
    loss.backward()
    if step:
        optimizer.step()
    return loss.item()


def gradients_not_cleared(*given):
    return _step(*given, clear=False)


def softmax_before_the_loss(*given):
    return _step(*given, logits=lambda x: x.softmax(1))


def sum_instead_of_mean(*given):
    return _step(*given, reduction="sum")


def no_optimizer_step(*given):
    return _step(*given, step=False)


def step_before_backward(network, images, labels, optimizer):
    network.train()
    loss = F.cross_entropy(network(images), labels)
    optimizer.step()
    optimizer.zero_grad()
    loss.backward()
    return loss.item()


def step_at_the_start(network, images, labels, optimizer):
    network.train()
    optimizer.step()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    return loss.item()


def cleared_after_backward(network, images, labels, optimizer):
    network.train()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


def stays_in_evaluation_mode(network, images, labels, optimizer):
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def returns_the_tensor(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss


def step_without_return(*given):
    _step(*given)


# exercise 02.3


def _parts(confusion):
    right = confusion.diag().double()
    precision = right / confusion.sum(0).clamp(min=1)
    recall = right / confusion.sum(1).clamp(min=1)
    return precision, recall, 2 * right / (confusion.sum(0) + confusion.sum(1)).clamp(min=1)


def axes_swapped(confusion):
    return tuple(x.mean() for x in _parts(confusion.T))


def micro_averages(confusion):
    accuracy = confusion.diag().sum() / confusion.sum()
    return accuracy, accuracy, accuracy


def f_of_the_means(confusion):
    precision, recall, _ = (x.mean() for x in _parts(confusion))
    return precision, recall, 2 * precision * recall / (precision + recall)


def half_the_sum(confusion):
    precision, recall, _ = (x.mean() for x in _parts(confusion))
    return precision, recall, (precision + recall) / 2


def nan_for_a_class_never_predicted(confusion):
    precision = (confusion.diag() / confusion.sum(0)).mean()
    _, recall, f = (x.mean() for x in _parts(confusion))
    return precision, recall, f


def class_never_predicted_left_out(confusion):
    precision, recall, f = _parts(confusion)
    return precision[confusion.sum(0) > 0].mean(), recall.mean(), f.mean()


def two_scores(confusion):
    precision, recall, _ = (x.mean() for x in _parts(confusion))
    return precision, recall


# exercise 02.4


def counts(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes)


def divided_by_classes(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / num_classes


def divided_by_the_largest(labels, num_classes):
    found = torch.bincount(labels, minlength=num_classes)
    return found / found.max()


def last_class_missing(labels, num_classes):
    return torch.bincount(labels) / len(labels)


def rounded(labels, num_classes):
    return (torch.bincount(labels, minlength=num_classes) / len(labels)).round(decimals=3)


def _shares(labels, num_classes):
    return torch.bincount(labels, minlength=num_classes) / len(labels)


# check -> (what is handed in, the code of the message it must get)
MUTANTS = {
    "check_adapt": [
        ((head_only,), "02.1/stem-channels"),
        ((one_channel_always,), "02.1/stem-channels"),
        ((stem_with_bias,), "02.1/stem-bias"),
        ((small_stem,), "02.1/stem-geometry"),
        ((no_padding,), "02.1/stem-geometry"),
        ((stem_only,), "02.1/head"),
        ((ten_classes_always,), "02.1/head"),
        ((head_under_another_name,), "02.1/head"),
        ((head_appended,), "02.1/head-count"),
        ((new_network,), "02.1/weights-lost"),
        ((softmax_head,), "02.1/softmax"),
        ((adapt_without_return,), "02.1/no-return"),
    ],
    "check_train_step": [
        ((gradients_not_cleared,), "02.2/not-cleared"),
        ((softmax_before_the_loss,), "02.2/softmax"),
        ((sum_instead_of_mean,), "02.2/sum"),
        ((no_optimizer_step,), "02.2/no-step"),
        ((step_before_backward,), "02.2/raises"),
        ((step_at_the_start,), "02.2/stale-step"),
        ((cleared_after_backward,), "02.2/no-backward"),
        ((stays_in_evaluation_mode,), "02.2/eval-mode"),
        ((returns_the_tensor,), "02.2/keeps-graph"),
        ((step_without_return,), "02.2/no-return"),
    ],
    "check_scores": [
        ((axes_swapped,), "02.3/swapped"),
        ((micro_averages,), "02.3/micro"),
        ((f_of_the_means,), "02.3/f-of-means"),
        ((half_the_sum,), "02.3/plain-mean"),
        ((nan_for_a_class_never_predicted,), "02.3/not-a-number"),
        ((class_never_predicted_left_out,), "02.3/ignored-class"),
        ((two_scores,), "02.3/three-values"),
    ],
    "check_shares": [
        ((counts, 1, 28), "02.4/counts"),
        ((divided_by_classes, 1, 28), "02.4/divided-by-classes"),
        ((divided_by_the_largest, 1, 28), "02.4/divided-by-largest"),
        ((last_class_missing, 1, 28), "02.4/missing-class"),
        ((rounded, 1, 28), "02.4/shares-mnist"),
        ((_shares, 7, 28), "02.4/digit"),
        ((_shares, 1, 8), "02.4/pixels-8"),
        ((_shares, 1, 32), "02.4/pixels"),
    ],
}


# right answers, written differently


def adapt_by_setattr(network, in_channels, num_classes):
    for name, layer in {"conv1": _stem(in_channels), "fc": nn.Linear(network.fc.in_features, num_classes)}.items():
        setattr(network, name, layer)
    return network


def adapt_into_a_new_network(network, in_channels, num_classes):
    fresh = resnet18(in_channels=in_channels, num_classes=num_classes)
    old = {name: value for name, value in network.state_dict().items() if not name.startswith(("conv1", "fc"))}
    fresh.load_state_dict(old, strict=False)
    return fresh


def adapt_as_a_sequence(network, in_channels, num_classes):
    layers = dict(network.named_children())
    body = [layer for name, layer in layers.items() if name not in ("conv1", "fc")]
    return nn.Sequential(_stem(in_channels), *body, nn.Flatten(), nn.Linear(512, num_classes))


def step_by_log_softmax(network, images, labels, optimizer):
    network.train(True)
    loss = F.nll_loss(network(images).log_softmax(1), labels)
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def step_with_the_loss_module(network, images, labels, optimizer):
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None
    loss = nn.CrossEntropyLoss()(network.train()(images), labels)
    loss.backward()
    optimizer.step()
    return loss.detach().numpy().item()


def step_by_hand(network, images, labels, optimizer):
    network.train()
    logits = network(images)
    loss = (logits.logsumexp(1) - logits[range(len(labels)), labels]).mean()
    gradients = torch.autograd.grad(loss, list(network.parameters()))
    for parameter, gradient in zip(network.parameters(), gradients, strict=True):
        parameter.grad = gradient
    optimizer.step()
    return round(loss.item(), 12)


def scores_as_floats(confusion):
    return tuple(x.mean().item() for x in _parts(confusion))


def scores_by_a_loop(confusion):
    rows = confusion.tolist()
    found = []
    for k, row in enumerate(rows):
        predicted = sum(other[k] for other in rows)
        p, r = row[k] / predicted if predicted else 0.0, row[k] / sum(row) if sum(row) else 0.0
        found.append((p, r, 2 * p * r / (p + r) if p + r else 0.0))
    return tuple(sum(column) / len(rows) for column in zip(*found, strict=True))


def scores_as_tensors(confusion):
    return tuple(x.float().mean() for x in _parts(confusion))


def shares_by_one_hot(labels, num_classes):
    return F.one_hot(labels, num_classes).double().mean(0)


def shares_by_comparison(labels, num_classes):
    return (labels[:, None] == torch.arange(num_classes)).float().mean(0)


RIGHT = {
    "check_adapt": [(adapt_by_setattr,), (adapt_into_a_new_network,), (adapt_as_a_sequence,)],
    "check_train_step": [(step_by_log_softmax,), (step_with_the_loss_module,), (step_by_hand,)],
    "check_scores": [(scores_as_floats,), (scores_by_a_loop,), (scores_as_tensors,)],
    "check_shares": [(_shares, 1, 28), (shares_by_one_hot, 1, 28), (shares_by_comparison, 1, 28)],
}

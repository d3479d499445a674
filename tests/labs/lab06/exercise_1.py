"""Right and wrong answers to exercise 06.1: label smoothing."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from helpers.answers import Answers

from resnet_labs.losses import cross_entropy


def _targets(labels, num_classes, smoothing):
    whole = labels if labels.ndim == 2 else F.one_hot(labels, num_classes).double()
    return (1 - smoothing) * whole + smoothing / num_classes


def _mean(targets, logits):
    return -(targets * logits.log_softmax(1)).sum(1).mean()


answers = Answers("06.1", "check_loss")


@answers.wrong("others-only")
def spread_over_the_others(logits, labels, smoothing):
    k = logits.shape[1]
    whole = labels if labels.ndim == 2 else F.one_hot(labels, k).double()
    return _mean((1 - smoothing) * whole + smoothing / (k - 1) * (1 - whole), logits)


@answers.wrong("not-scaled")
def label_keeps_its_share(logits, labels, smoothing):
    k = logits.shape[1]
    whole = labels if labels.ndim == 2 else F.one_hot(labels, k).double()
    return _mean(whole + smoothing / k, logits)


@answers.wrong("exchanged")
def shares_exchanged(logits, labels, smoothing):
    return _mean(_targets(labels, logits.shape[1], 1 - smoothing), logits)


@answers.wrong("not-smoothed")
def smoothing_of_class_numbers_alone(logits, labels, smoothing):
    return cross_entropy(logits, labels, label_smoothing=0.0 if labels.ndim == 2 else smoothing)


@answers.wrong("hard-labels")
def largest_entry_of_a_distribution(logits, labels, smoothing):
    labels = labels.argmax(1) if labels.ndim == 2 else labels
    return F.cross_entropy(logits, labels, label_smoothing=smoothing)


@answers.wrong("raises")
def no_distributions(logits, labels, smoothing):
    return _mean(_targets(F.one_hot(labels, logits.shape[1]).double(), logits.shape[1], smoothing), logits)


@answers.wrong("sum")
def summed_over_the_batch(logits, labels, smoothing):
    return _mean(_targets(labels, logits.shape[1], smoothing), logits) * len(logits)


@answers.wrong("mean-over-classes")
def mean_over_everything(logits, labels, smoothing):
    return -(_targets(labels, logits.shape[1], smoothing) * logits.log_softmax(1)).mean()


@answers.wrong("each-row")
def one_loss_a_row(logits, labels, smoothing):
    return -(_targets(labels, logits.shape[1], smoothing) * logits.log_softmax(1)).sum(1)


@answers.wrong("sign")
def minus_forgotten(logits, labels, smoothing):
    return -_mean(_targets(labels, logits.shape[1], smoothing), logits)


@answers.wrong("softmax")
def softmax_twice(logits, labels, smoothing):
    return _mean(_targets(labels, logits.shape[1], smoothing), logits.softmax(1))


@answers.wrong("overflow")
def logarithm_of_the_softmax(logits, labels, smoothing):
    return -(_targets(labels, logits.shape[1], smoothing) * logits.softmax(1).log()).sum(1).mean()


@answers.wrong("batch-size")
def share_by_the_batch_size(logits, labels, smoothing):
    whole = labels if labels.ndim == 2 else F.one_hot(labels, logits.shape[1]).double()
    return _mean((1 - smoothing) * whole + smoothing / len(logits), logits)


@answers.wrong("log-softmax-axis")
def softmax_over_the_batch(logits, labels, smoothing):
    return -(_targets(labels, logits.shape[1], smoothing) * logits.log_softmax(0)).sum(1).mean()


@answers.wrong("no-log-softmax")
def logits_without_softmax(logits, labels, smoothing):
    return -(_targets(labels, logits.shape[1], smoothing) * logits).sum(1).mean()


@answers.wrong("no-gradient")
def loss_as_a_number(logits, labels, smoothing):
    return _mean(_targets(labels, logits.shape[1], smoothing), logits).item()


@answers.wrong("gradient")
def part_of_the_loss_detached(logits, labels, smoothing):
    whole = labels if labels.ndim == 2 else F.one_hot(labels, logits.shape[1]).double()
    even = -logits.log_softmax(1).mean(1).mean().detach()
    return (1 - smoothing) * _mean(whole, logits) + smoothing * even


@answers.wrong("library")
def loss_of_the_library(logits, labels, smoothing):
    return cross_entropy(logits, labels, label_smoothing=smoothing)


@answers.right
def loss_in_two_parts(scores, truth, eps):
    log_p = scores - scores.logsumexp(dim=1, keepdim=True)
    of_label = log_p.gather(1, truth[:, None])[:, 0] if truth.dim() == 1 else (truth * log_p).sum(-1)
    return torch.mean(-(1 - eps) * of_label - eps * log_p.mean(-1))


@answers.right
def loss_by_a_loop(logits, labels, smoothing):
    total = 0
    for row, label in zip(logits, labels, strict=True):
        target = torch.full_like(row, smoothing / len(row))
        target = target + (1 - smoothing) * (label if label.ndim else F.one_hot(label, len(row)))
        total = total - target @ row.log_softmax(0)
    return total / len(logits)


@answers.right
def loss_as_a_divergence(logits, labels, smoothing):
    whole = labels if labels.ndim == 2 else torch.eye(logits.shape[1], device=logits.device)[labels]
    targets = torch.lerp(whole.to(logits.dtype), torch.full_like(logits, 1 / logits.shape[1]), smoothing)
    return -torch.einsum("nk,nk->", targets, torch.log_softmax(logits, dim=-1)) / logits.shape[0]

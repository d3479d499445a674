"""Answers to 06.1 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("06.1", "check_loss")

# (a) what students commonly do


@answers.wrong(
    "others-only", "the right class gets 1 - s and the others s / (K - 1): another formula, for any smoothing above 0"
)
def shared_among_the_others(logits, labels, smoothing):
    k = logits.shape[1]
    rows = F.one_hot(labels, k).to(logits.dtype) if labels.ndim == 1 else labels.to(logits.dtype)
    q = rows * (1 - smoothing) + (1 - rows) * smoothing / (k - 1)
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("hard-labels", "distributions become their largest class: shows for mixed labels")
def argmax_of_distributions(logits, labels, smoothing):
    if labels.ndim == 2:
        labels = labels.argmax(1)
    return F.cross_entropy(logits, labels, label_smoothing=smoothing)


@answers.wrong("not-smoothed", "distributions are not smoothed: shows for (N, K) labels and smoothing above 0")
def distributions_as_they_are(logits, labels, smoothing):
    if labels.ndim == 2:
        return F.cross_entropy(logits, labels.to(logits.dtype))
    return F.cross_entropy(logits, labels, label_smoothing=smoothing)


@answers.wrong(
    "overflow", "log of the softmax: a probability that rounds to zero gives infinity or nan, for logits far apart"
)
def log_of_softmax(logits, labels, smoothing):
    k = logits.shape[1]
    rows = F.one_hot(labels, k).to(logits.dtype) if labels.ndim == 1 else labels.to(logits.dtype)
    q = rows * (1 - smoothing) + smoothing / k
    return -(q * logits.softmax(1).log()).sum(1).mean()


# (b) right for the visible example (ten images of ten classes, smoothing 0.1)


@answers.wrong("ten-classes", "the number of classes is 10 for ever: shows for any other K with smoothing")
def ten_classes(logits, labels, smoothing):
    rows = F.one_hot(labels, logits.shape[1]).to(logits.dtype) if labels.ndim == 1 else labels.to(logits.dtype)
    q = rows * (1 - smoothing) + smoothing / 10
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("loss", "the sum is divided by the number of classes, not of images: shows where N is not K")
def mean_over_k(logits, labels, smoothing):
    k = logits.shape[1]
    rows = F.one_hot(labels, k).to(logits.dtype) if labels.ndim == 1 else labels.to(logits.dtype)
    q = rows * (1 - smoothing) + smoothing / k
    return -(q * logits.log_softmax(1)).sum() / k


@answers.wrong(
    "log-softmax-axis", "softmax over the batch instead of the classes: shows for logits that are not symmetric"
)
def softmax_over_the_batch(logits, labels, smoothing):
    k = logits.shape[1]
    rows = F.one_hot(labels, k).to(logits.dtype) if labels.ndim == 1 else labels.to(logits.dtype)
    q = rows * (1 - smoothing) + smoothing / k
    return -(q * logits.log_softmax(0)).sum(1).mean()


@answers.wrong(
    "not-smoothed", "the share is spread over as many classes as occur among the labels: shows where a class is absent"
)
def only_classes_that_occur(logits, labels, smoothing):
    k = logits.shape[1]
    rows = F.one_hot(labels, k).to(logits.dtype) if labels.ndim == 1 else labels.to(logits.dtype)
    there = (rows.sum(0) > 0).to(logits.dtype)
    q = rows * (1 - smoothing) + smoothing * there / there.sum()
    return -(q * logits.log_softmax(1)).sum(1).mean()


# (c) promises broken


@answers.wrong("changes-input", "distributions are smoothed in place: the caller's labels change")
def labels_in_place(logits, labels, smoothing):
    k = logits.shape[1]
    rows = F.one_hot(labels, k).to(logits.dtype) if labels.ndim == 1 else labels
    rows.mul_(1 - smoothing).add_(smoothing / k)
    return -(rows.to(logits.dtype) * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("no-gradient", "a new tensor made of the number: backward runs, yet the logits get no gradient")
def a_new_leaf(logits, labels, smoothing):
    k = logits.shape[1]
    rows = F.one_hot(labels, k).to(logits.dtype) if labels.ndim == 1 else labels.to(logits.dtype)
    q = rows * (1 - smoothing) + smoothing / k
    value = -(q * logits.log_softmax(1)).sum(1).mean().item()
    return torch.tensor(value, dtype=logits.dtype, device=logits.device, requires_grad=True)


_spread = {}


@answers.wrong(
    "not-smoothed", "keeps the first call's smoothing for each K: shows in a second call with another smoothing"
)
def remembers_the_first_smoothing(logits, labels, smoothing):
    k = logits.shape[1]
    smoothing = _spread.setdefault(k, smoothing)
    rows = F.one_hot(labels, k).to(logits.dtype) if labels.ndim == 1 else labels.to(logits.dtype)
    q = rows * (1 - smoothing) + smoothing / k
    return -(q * logits.log_softmax(1)).sum(1).mean()


# right


@answers.right
def torch_does_it(logits, labels, smoothing):
    target = labels.to(logits.dtype) if labels.ndim == 2 else labels
    return F.cross_entropy(logits, target, label_smoothing=float(smoothing))


@answers.right
def two_terms_by_einsum(logits, labels, smoothing):
    logp = logits - torch.logsumexp(logits, dim=1, keepdim=True)
    if labels.ndim == 1:
        own = logp.gather(1, labels.unsqueeze(1)).squeeze(1)
    else:
        own = torch.einsum("nk,nk->n", labels.to(logp.dtype), logp)
    every = logp.mean(dim=1)
    return -((1 - smoothing) * own + smoothing * every).mean()


@answers.right
def row_by_row(logits, labels, smoothing):
    n, k = logits.shape
    losses = []
    for row, label in zip(logits.unbind(0), labels.unbind(0)):
        if label.ndim:
            q = label.to(row.dtype)
        else:
            q = row.new_zeros(k)
            q[label] = 1
        q = torch.lerp(q, torch.full_like(q, 1 / k), float(smoothing))
        losses.append(torch.dot(q, -F.log_softmax(row, dim=0)))
    return torch.stack(losses).mean()

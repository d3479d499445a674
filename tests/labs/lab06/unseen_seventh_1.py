"""Answers to 06.1 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("06.1", "check_loss")


@answers.wrong("?", "gives the share to the other K - 1 classes only: the right one must get its K-th part too")
def to_the_others(logits, labels, smoothing):
    count = logits.shape[1]
    rows = F.one_hot(labels.long(), count).to(logits) if labels.ndim == 1 else labels.to(logits)
    targets = (1 - smoothing) * rows + smoothing / (count - 1) * (1 - rows)
    return -(targets * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("?", "does not smooth distributions, only class numbers")
def rows_stay(logits, labels, smoothing):
    count = logits.shape[1]
    if labels.ndim == 1:
        targets = F.one_hot(labels.long(), count).to(logits)
        targets = (1 - smoothing) * targets + smoothing / count
    else:
        targets = labels.to(logits)
    return -(targets * logits.log_softmax(1)).sum(1).mean()


@answers.wrong(
    "?", "keeps the largest entry of a distribution alone: a mixed label of 0.7 and 0.3 counts as the first class"
)
def largest_alone(logits, labels, smoothing):
    count = logits.shape[1]
    numbers = labels.argmax(1) if labels.ndim == 2 else labels.long()
    targets = F.one_hot(numbers, count).to(logits)
    targets = (1 - smoothing) * targets + smoothing / count
    return -(targets * logits.log_softmax(1)).sum(1).mean()


@answers.wrong(
    "?",
    "the Kullback-Leibler divergence: the cross-entropy less the entropy of the targets, too low wherever these are soft",
)
def divergence(logits, labels, smoothing):
    count = logits.shape[1]
    rows = F.one_hot(labels.long(), count) if labels.ndim == 1 else labels
    targets = (1 - smoothing) * rows.to(logits) + smoothing / count
    return F.kl_div(logits.log_softmax(1), targets, reduction="batchmean")


@answers.wrong(
    "?", "adds 1e-9 to the probabilities: for logits that are 100 apart the loss is about 21 in place of 100"
)
def with_a_crumb(logits, labels, smoothing):
    count = logits.shape[1]
    rows = F.one_hot(labels.long(), count) if labels.ndim == 1 else labels
    targets = (1 - smoothing) * rows.to(logits) + smoothing / count
    return -(targets * (logits.softmax(1) + 1e-9).log()).sum(1).mean()


@answers.wrong(
    "?", "counts the classes by the largest label: the share is split wrongly where the last class has no example"
)
def counted_by_labels(logits, labels, smoothing):
    log_p = logits.log_softmax(1)
    if labels.ndim == 1:
        count = int(labels.max()) + 1
        picked = log_p.gather(1, labels.long()[:, None]).squeeze(1)
    else:
        count = labels.shape[1]
        picked = (labels.to(logits) * log_p).sum(1)
    return -((1 - smoothing) * picked + smoothing / count * log_p.sum(1)).mean()


@answers.wrong("?", "works in float32: the loss of float64 logits has not their type")
def single_type(logits, labels, smoothing):
    count = logits.shape[1]
    rows = F.one_hot(labels.long(), count) if labels.ndim == 1 else labels
    targets = (1 - smoothing) * rows.float() + smoothing / count
    return -(targets * logits.float().log_softmax(1)).sum(1).mean()


@answers.wrong("?", "detaches the even part: the value is right, but the gradient is that of the loss without it")
def half_a_gradient(logits, labels, smoothing):
    log_p = logits.log_softmax(1)
    if labels.ndim == 1:
        picked = log_p.gather(1, labels.long()[:, None]).squeeze(1)
    else:
        picked = (labels.to(logits) * log_p).sum(1)
    even = log_p.mean(1).detach()
    return -((1 - smoothing) * picked + smoothing * even).mean()


@answers.wrong(
    "?",
    "smooths a distribution in place: the caller's labels are others afterwards, and smoothed twice in a second call",
)
def labels_in_place(logits, labels, smoothing):
    count = logits.shape[1]
    targets = F.one_hot(labels.long(), count).to(logits) if labels.ndim == 1 else labels
    targets.mul_(1 - smoothing).add_(smoothing / count)
    return -(targets * logits.log_softmax(1)).sum(1).mean().to(logits.dtype)


@answers.wrong("?", "divides by 1 - smoothing: nan or an error for a smoothing of 1, which is allowed")
def divided(logits, labels, smoothing):
    log_p = logits.log_softmax(1)
    rows = F.one_hot(labels.long(), logits.shape[1]) if labels.ndim == 1 else labels
    ratio = torch.tensor(smoothing / logits.shape[1]).to(logits) / (1 - smoothing)
    targets = rows.to(logits) + ratio
    return -(1 - smoothing) * (targets * log_p).sum(1).mean()


@answers.wrong("?", "subtracts the largest logit in place: the caller's logits are others afterwards")
def logits_in_place(logits, labels, smoothing):
    logits.data.sub_(logits.data.amax(1, keepdim=True))
    count = logits.shape[1]
    rows = F.one_hot(labels.long(), count) if labels.ndim == 1 else labels
    targets = (1 - smoothing) * rows.to(logits) + smoothing / count
    return -(targets * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("?", "spreads the share over ten classes, the number of the example: wrong for any other K")
def ten_classes(logits, labels, smoothing):
    rows = F.one_hot(labels.long(), logits.shape[1]) if labels.ndim == 1 else labels
    targets = (1 - smoothing) * rows.to(logits) + smoothing / 10
    return -(targets * logits.log_softmax(1)).sum(1).mean()


@answers.wrong(
    "?", "takes labels whose length is K for a distribution: class numbers of a batch with N = K are misread"
)
def by_length(logits, labels, smoothing):
    count = logits.shape[1]
    if labels.shape[-1] == count:
        rows = labels.to(logits).expand_as(logits)
    else:
        rows = F.one_hot(labels.long(), count).to(logits)
    targets = (1 - smoothing) * rows + smoothing / count
    return -(targets * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("?", "smooths the probabilities of the network and not the labels")
def smooth_predictions(logits, labels, smoothing):
    count = logits.shape[1]
    rows = F.one_hot(labels.long(), count) if labels.ndim == 1 else labels
    if smoothing == 0:
        log_p = logits.log_softmax(1)
    else:
        log_p = ((1 - smoothing) * logits.softmax(1) + smoothing / count).log()
    return -(rows.to(logits) * log_p).sum(1).mean()


@answers.right
def by_the_formula(logits, labels, smoothing):
    count = logits.shape[1]
    if labels.ndim == 1:
        labels = F.one_hot(labels.long(), count)
    targets = (1 - smoothing) * labels.to(logits.dtype) + smoothing / count
    return -(targets * logits.log_softmax(1)).sum(1).mean()


@answers.right
def in_two_parts(logits, labels, smoothing):
    log_p = logits - logits.logsumexp(dim=1, keepdim=True)
    if labels.ndim == 2:
        own = torch.einsum("nk,nk->n", labels.to(log_p.dtype), log_p)
    else:
        own = log_p[torch.arange(len(labels), device=labels.device), labels.long()]
    return torch.lerp(-own, -log_p.mean(1), float(smoothing)).mean()


@answers.right
def row_after_row(logits, labels, smoothing):
    losses = []
    for row, label in zip(logits, labels):
        log_p = F.log_softmax(row, 0)
        spread = torch.full_like(row, smoothing / row.numel(), requires_grad=False)
        if label.dim():
            target = spread + label.to(row.dtype) * (1 - smoothing)
        else:
            target = spread.clone()
            target[int(label)] += 1 - smoothing
        losses.append(log_p.dot(target).neg())
    return torch.stack(losses).mean()


@answers.right
def with_the_library(logits, labels, smoothing):
    targets = labels.long() if labels.ndim == 1 else labels.to(logits)
    return F.cross_entropy(logits, targets, label_smoothing=float(smoothing))


@answers.right
def with_a_lookup_table(logits, labels, smoothing):
    count = logits.size(1)
    even = torch.full((count, count), 1 / count, dtype=logits.dtype, device=logits.device)
    exact = torch.eye(count, dtype=logits.dtype, device=logits.device)
    table = exact + smoothing * (even - exact)
    if labels.ndim == 1:
        q = table[labels.long()]
    else:
        q = torch.lerp(labels.to(logits.dtype), even[:1], float(smoothing))
    return F.log_softmax(logits, dim=-1).mul(q).sum().neg() / len(logits)


@answers.right
def divergence_and_entropy(logits, labels, smoothing):
    count = logits.shape[1]
    q = logits.new_zeros(logits.shape)
    if labels.ndim == 1:
        q = q.scatter(1, labels.long().unsqueeze(1), 1.0)
    else:
        q = q + labels
    q = (q * (1 - smoothing) + smoothing / count).to(logits.dtype).detach()
    entropy = -torch.xlogy(q, q).sum(1).mean()
    return F.kl_div(logits.log_softmax(1), q, reduction="batchmean") + entropy

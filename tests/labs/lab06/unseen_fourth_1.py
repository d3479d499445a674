"""Answers to 06.1 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("06.1", "check_loss")


def _rows(logits, labels):
    return F.one_hot(labels, logits.shape[1]).to(logits.dtype) if labels.ndim == 1 else labels.to(logits.dtype)


@answers.wrong(
    "others-only",
    "any smoothing above 0: spreads the share over the K - 1 other classes, so the right one gets 1 - eps only",
)
def over_the_others(logits, labels, smoothing):
    rows = _rows(logits, labels)
    targets = (1 - smoothing) * rows + smoothing / (logits.shape[1] - 1) * (1 - rows)
    return -(targets * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("not-smoothed", "labels that are distributions: they are not smoothed at all, only class numbers are")
def distributions_not_smoothed(logits, labels, smoothing):
    if labels.ndim == 1:
        return F.cross_entropy(logits, labels, label_smoothing=smoothing)
    return -(labels.to(logits.dtype) * logits.log_softmax(1)).sum(1).mean()


@answers.wrong(
    "hard-labels", "distributions with more than one class, as from mixup: argmax throws the smaller share away"
)
def largest_share_only(logits, labels, smoothing):
    if labels.ndim == 2:
        labels = labels.argmax(1)
    return F.cross_entropy(logits, labels, label_smoothing=smoothing)


@answers.wrong(
    "batch-size",
    "a batch whose size is not the number of classes (the visible example has ten of each): spreads smoothing / N",
)
def over_the_batch(logits, labels, smoothing):
    targets = (1 - smoothing) * _rows(logits, labels) + smoothing / len(logits)
    return -(targets * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("tenth", "any smoothing but 0.1: the argument is never read, the lab's 0.1 is fixed")
def always_a_tenth(logits, labels, smoothing):
    targets = 0.9 * _rows(logits, labels) + 0.1 / logits.shape[1]
    return -(targets * logits.log_softmax(1)).sum(1).mean()


@answers.wrong(
    "large",
    "logits more than about 20 apart: 1e-8 within the logarithm bounds the loss at 18.4 a class, and the gradient of a class with a probability near zero vanishes",
)
def bounded_logarithm(logits, labels, smoothing):
    targets = (1 - smoothing) * _rows(logits, labels) + smoothing / logits.shape[1]
    return -(targets * torch.log(logits.softmax(1) + 1e-8)).sum(1).mean()


@answers.wrong(
    "loss", "class numbers of a batch without the highest class: one_hot has too few columns, crash or wrong broadcast"
)
def classes_of_the_batch(logits, labels, smoothing):
    rows = F.one_hot(labels).to(logits.dtype) if labels.ndim == 1 else labels.to(logits.dtype)
    targets = (1 - smoothing) * rows + smoothing / logits.shape[1]
    return -(targets * logits.log_softmax(1)).sum(1).mean()


@answers.wrong(
    "unusable",
    "backward from the loss: a new tensor is made of the number, with requires_grad, so backward runs and no gradient reaches the logits",
)
def new_leaf(logits, labels, smoothing):
    targets = (1 - smoothing) * _rows(logits, labels) + smoothing / logits.shape[1]
    loss = -(targets * logits.log_softmax(1)).sum(1).mean()
    return torch.tensor(loss.item(), dtype=logits.dtype, device=logits.device, requires_grad=True)


@answers.wrong(
    "changes-input", "distributions and a smoothing above 0: they are smoothed in place, in the caller's tensor"
)
def smooths_in_place(logits, labels, smoothing):
    rows = F.one_hot(labels, logits.shape[1]).to(logits.dtype) if labels.ndim == 1 else labels
    rows.mul_(1 - smoothing).add_(smoothing / logits.shape[1])
    return -(rows.to(logits.dtype) * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("dtype", "float64 logits: everything is cast to float32, so the loss has not the type of the logits")
def always_float32(logits, labels, smoothing):
    rows = F.one_hot(labels, logits.shape[1]) if labels.ndim == 1 else labels
    targets = (1 - smoothing) * rows.float() + smoothing / logits.shape[1]
    return -(targets * logits.float().log_softmax(1)).sum(1).mean()


@answers.wrong(
    "raises",
    "one image with a distribution, labels of shape (1, K): squeeze() makes it (K,), taken for class numbers; crash",
)
def squeezes_labels(logits, labels, smoothing):
    labels = labels.squeeze()
    if labels.ndim < 2:
        labels = F.one_hot(labels.reshape(-1), logits.shape[1])
    targets = (1 - smoothing) * labels.to(logits.dtype) + smoothing / logits.shape[1]
    return -(targets * logits.log_softmax(1)).sum(1).mean()


@answers.wrong(
    "mean-over-classes",
    "any input: the mean is over all N x K numbers and not over the batch, so the loss is K times too small",
)
def mean_of_everything(logits, labels, smoothing):
    targets = (1 - smoothing) * _rows(logits, labels) + smoothing / logits.shape[1]
    return -(targets * logits.log_softmax(1)).mean()


# Right: torch's own cross-entropy, which smooths both kinds of labels by this formula.
@answers.right
def by_torch(logits, labels, smoothing):
    if labels.ndim == 2:
        labels = labels.to(logits)
    return F.cross_entropy(logits, labels, label_smoothing=smoothing)


# Right: no smoothed targets at all; the loss is linear in them, so it is a mixture of two losses.
@answers.right
def two_losses(logits, labels, smoothing):
    log_p = logits - logits.logsumexp(dim=1, keepdim=True)
    if labels.ndim == 1:
        own = log_p.gather(1, labels.long().unsqueeze(1)).squeeze(1)
    else:
        own = torch.einsum("nk,nk->n", labels.to(logits.dtype), log_p)
    return -(1 - smoothing) * own.mean() - smoothing * log_p.mean()


class SmoothCrossEntropy:
    """Row by row, in a loop."""

    def __call__(self, logits, labels, smoothing):
        losses = []
        for row, label in zip(logits, labels, strict=False):
            if labels.ndim == 1:
                target = torch.zeros_like(row)
                target[int(label)] = 1.0
            else:
                target = label.to(row.dtype)
            target = target + smoothing * (1 / row.numel() - target)
            losses.append(-(target * F.log_softmax(row, dim=0)).sum())
        return sum(losses) / len(losses)


# Right: an object with __call__, a loop over the rows.
answers.right(SmoothCrossEntropy())

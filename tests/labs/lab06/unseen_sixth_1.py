"""Answers to 06.1 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("06.1", "check_loss")


def rows_of(logits, labels):
    if labels.ndim == 1:
        return F.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return labels.to(logits.dtype)


@answers.wrong("?", "spreads the share over the K - 1 other classes: the right one gets no part of it")
def other_classes_only(logits, labels, smoothing):
    y = rows_of(logits, labels)
    q = (1 - smoothing) * y + smoothing * (1 - y) / (logits.shape[1] - 1)
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("?", "smooths class numbers only: distributions are taken as they are")
def distributions_as_they_are(logits, labels, smoothing):
    if labels.ndim == 2:
        q = labels.to(logits.dtype)
    else:
        q = (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1]
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("?", "takes the largest class of a distribution: the smaller share of a mixture is lost")
def argmax_of_distribution(logits, labels, smoothing):
    if labels.ndim == 2:
        labels = labels.argmax(1)
    q = (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1]
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("?", "the sum over the batch in place of the mean: shows with two images")
def sum_of_batch(logits, labels, smoothing):
    q = (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1]
    return -(q * logits.log_softmax(1)).sum()


@answers.wrong("?", "the mean over batch and classes: too small by the factor K")
def mean_of_everything(logits, labels, smoothing):
    q = (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1]
    return -(q * logits.log_softmax(1)).mean()


@answers.wrong("?", "logarithm of a rounded softmax: infinite or nan for logits such as (1000, 0)")
def log_of_softmax(logits, labels, smoothing):
    q = (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1]
    return -(q * logits.softmax(1).log()).sum(1).mean()


@answers.wrong(
    "?", "clamps probabilities at 1e-8: too small a loss, and no gradient, where the right class has a very low logit"
)
def clamped(logits, labels, smoothing):
    q = (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1]
    return -(q * logits.softmax(1).clamp(min=1e-8).log()).sum(1).mean()


@answers.wrong("?", "binary logarithm: larger by 1 / ln 2")
def in_bits(logits, labels, smoothing):
    q = (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1]
    return -(q * logits.log_softmax(1)).sum(1).mean() / torch.tensor(2.0, device=logits.device).log().to(logits.dtype)


@answers.wrong("?", "makes a new tensor of the value: backward cannot start from it, or gives the logits nothing")
def cut_graph(logits, labels, smoothing):
    q = (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1]
    loss = -(q * logits.log_softmax(1)).sum(1).mean()
    return torch.tensor(loss.item(), dtype=logits.dtype, device=logits.device, requires_grad=True)


@answers.wrong("?", "always in float32: the loss of float64 logits is float32")
def always_float32(logits, labels, smoothing):
    logits = logits.float()
    q = (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1]
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("?", "gives every class all of the share in place of a K-th of it: targets sum to more than 1")
def not_divided(logits, labels, smoothing):
    q = (1 - smoothing) * rows_of(logits, labels) + smoothing
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("?", "log_softmax over the batch in place of the classes")
def wrong_axis(logits, labels, smoothing):
    q = (1 - smoothing) * rows_of(logits, labels) + smoothing / logits.shape[1]
    return -(q * logits.log_softmax(0)).sum(1).mean()


@answers.wrong("?", "ten classes in the formula, as in the example: shows for any other K")
def ten_classes(logits, labels, smoothing):
    q = (1 - smoothing) * rows_of(logits, labels) + smoothing / 10
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong(
    "?", "spreads the share by the number of images, not of classes: right only where N = K, as in the example"
)
def divides_by_images(logits, labels, smoothing):
    q = (1 - smoothing) * rows_of(logits, labels) + smoothing / len(logits)
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong(
    "?",
    "spreads the share over the classes that the batch contains: a class number up to K - 1 that no image has gets none",
)
def classes_seen(logits, labels, smoothing):
    y = rows_of(logits, labels)
    seen = (y.sum(0) > 0).to(logits.dtype)
    q = (1 - smoothing) * y + smoothing * seen / seen.sum()
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("?", "smooths the caller's distributions in place: a second call smooths them twice")
def in_place(logits, labels, smoothing):
    if labels.ndim == 1:
        labels = rows_of(logits, labels)
    q = labels.mul_(1 - smoothing).add_(smoothing / logits.shape[1]).to(logits.dtype)
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("?", "tells the kinds apart by the last axis: N = K class numbers are taken for a distribution")
def kind_by_width(logits, labels, smoothing):
    if labels.shape[-1] == logits.shape[1]:
        y = labels.to(logits.dtype)
    else:
        y = rows_of(logits, labels)
    q = (1 - smoothing) * y + smoothing / logits.shape[1]
    return -(q * logits.log_softmax(-1)).sum(-1).mean()


@answers.wrong("?", "takes the rows from an identity matrix on the CPU: fails for logits on any other device")
def identity_on_cpu(logits, labels, smoothing):
    if labels.ndim == 1:
        y = torch.zeros(len(labels), logits.shape[1], dtype=logits.dtype)
        y[range(len(labels)), labels.tolist()] = 1
    else:
        y = labels.to(logits.dtype)
    q = (1 - smoothing) * y + smoothing / logits.shape[1]
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("?", "never reads the smoothing: 0.1, as in the example")
def always_a_tenth(logits, labels, smoothing):
    q = 0.9 * rows_of(logits, labels) + 0.1 / logits.shape[1]
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.right
def two_terms(logits, labels, smoothing):
    """(1 - e) times the cross-entropy of the label and e times that of the uniform."""
    log_p = F.log_softmax(logits, dim=1)
    if labels.ndim == 1:
        hit = log_p.gather(1, labels.long().unsqueeze(1)).squeeze(1)
    else:
        hit = torch.einsum("nk,nk->n", labels.to(log_p.dtype), log_p)
    return -((1 - smoothing) * hit + smoothing * log_p.mean(dim=1)).mean()


@answers.right
def library_with_rows(logits, labels, smoothing):
    k = logits.size(-1)
    if labels.ndim == 1:
        y = torch.zeros_like(logits, requires_grad=False).scatter(1, labels.long()[:, None], 1.0)
    else:
        y = labels.detach().clone().to(logits.dtype)
    return F.cross_entropy(logits, torch.lerp(y, torch.full_like(y, 1 / k), float(smoothing)))


@answers.right
def image_by_image(logits, labels, smoothing):
    losses = []
    for row, label in zip(logits, labels):
        log_p = row - torch.logsumexp(row, 0)
        k = len(row)
        if labels.ndim == 1:
            q = [smoothing / k + (1 - smoothing) * (int(label) == c) for c in range(k)]
        else:
            q = [smoothing / k + (1 - smoothing) * float(share) for share in label]
        losses.append(-sum(share * one for share, one in zip(q, log_p)))
    return torch.stack(losses).mean()


@answers.right
def by_comparison(logits, labels, smoothing):
    n, k = logits.shape
    classes = torch.arange(k, device=logits.device)
    y = {1: lambda: labels.unsqueeze(1).eq(classes), 2: lambda: labels}[labels.ndim]().to(logits)
    q = y - smoothing * (y - 1 / k)
    shifted = logits - logits.amax(1, keepdim=True).detach()
    log_p = shifted - shifted.exp().sum(1, keepdim=True).log()
    return (q * log_p).sum().neg() / n


class Smoothed(torch.nn.Module):
    def __init__(self, share):
        super().__init__()
        self.share = share

    def forward(self, logits, labels):
        targets = (
            torch.empty_like(logits)
            .copy_(F.one_hot(labels.long(), logits.shape[1]) if labels.ndim == 1 else labels)
            .detach()
        )
        targets = targets * (1 - self.share) + torch.ones_like(targets) * self.share / targets.shape[1]
        return torch.mean(torch.sum(-targets * torch.nn.LogSoftmax(dim=1)(logits), dim=1))


@answers.right
def as_module(logits, labels, smoothing):
    return Smoothed(smoothing)(logits, labels)


@answers.right
def matrix_trace(logits, labels, smoothing):
    log_p = logits.log_softmax(1)
    k = logits.shape[1]
    uniform = logits.new_full((k, k), smoothing / k)
    soft = uniform + (1 - smoothing) * torch.eye(k, dtype=logits.dtype, device=logits.device)
    q = (
        soft[labels.long()]
        if labels.ndim == 1
        else labels.to(logits.dtype) @ uniform.new_ones(k, 1) * (smoothing / k)
        + (1 - smoothing) * labels.to(logits.dtype)
    )
    return -torch.tensordot(q, log_p, dims=2) / len(logits)

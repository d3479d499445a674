"""More answers to 06.1 by someone who knew the exercise and not its check."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("06.1", "check_loss")


# torch's own loss smooths class numbers and distributions alike.
@answers.right
def torchs_own(logits, labels, smoothing):
    if labels.ndim == 2:
        labels = labels.to(logits.dtype)
    return F.cross_entropy(logits, labels, label_smoothing=smoothing)


# The smoothed loss is a mixture of the plain loss and that of even labels; no smoothed targets are made.
@answers.right
def mixture_of_two_losses(logits, labels, smoothing):
    surprise = logits.logsumexp(1, keepdim=True) - logits
    if labels.ndim == 1:
        own = surprise.gather(1, labels[:, None])[:, 0]
    else:
        own = torch.einsum("nk,nk->n", surprise, labels.to(surprise.dtype))
    return ((1 - smoothing) * own + smoothing * surprise.mean(1)).mean()


# An object with __call__, a loop over the rows, rows of an identity matrix for one-hot.
class RowByRow:
    def __call__(self, logits, labels, smoothing):
        k = logits.shape[1]
        rows = torch.eye(k, dtype=logits.dtype, device=logits.device)[labels] if labels.dim() == 1 else labels
        losses = []
        for row, target in zip(logits, rows.to(logits.dtype), strict=False):
            wanted = torch.lerp(target, torch.full_like(target, 1 / k), float(smoothing))
            losses.append(-torch.dot(wanted, torch.log_softmax(row, 0)))
        return torch.stack(losses).mean()


answers.right(RowByRow())


@answers.wrong("not-smoothed", "distributions (N, K) are used as they are and not smoothed; only class numbers are")
def distributions_not_smoothed(logits, labels, smoothing):
    k = logits.shape[1]
    if labels.ndim == 1:
        labels = F.one_hot(labels, k).to(logits.dtype) * (1 - smoothing) + smoothing / k
    return -(labels.to(logits.dtype) * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("others-only", "the share goes to the K - 1 other classes, eps / (K - 1), and not to all K")
def among_the_others(logits, labels, smoothing):
    k = logits.shape[1]
    q = F.one_hot(labels, k) if labels.ndim == 1 else labels
    q = q.to(logits.dtype)
    q = q * (1 - smoothing) + (1 - q) * smoothing / (k - 1)
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong(
    "loss", "the number of classes is read off the labels: a batch without an example of the last class crashes"
)
def classes_from_labels(logits, labels, smoothing):
    k = int(labels.max()) + 1 if labels.ndim == 1 else labels.shape[1]
    q = F.one_hot(labels, k) if labels.ndim == 1 else labels
    q = q.to(logits.dtype) * (1 - smoothing) + smoothing / k
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong(
    "ten-classes", "ten classes are assumed in eps / 10: with any other number the targets do not sum to one"
)
def ten_classes(logits, labels, smoothing):
    q = F.one_hot(labels, logits.shape[1]) if labels.ndim == 1 else labels
    q = q.to(logits.dtype) * (1 - smoothing) + smoothing / 10
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong(
    "large", "log(softmax + 1e-8): for logits far apart, such as 0 and 200, the loss is capped at 18 per class"
)
def small_number_under_the_logarithm(logits, labels, smoothing):
    k = logits.shape[1]
    q = F.one_hot(labels, k) if labels.ndim == 1 else labels
    q = q.to(logits.dtype) * (1 - smoothing) + smoothing / k
    return -(q * (logits.softmax(1) + 1e-8).log()).sum(1).mean()


@answers.wrong(
    "changes-input", "given distributions are smoothed in place: the caller's labels are changed after the call"
)
def labels_in_place(logits, labels, smoothing):
    k = logits.shape[1]
    q = F.one_hot(labels, k).to(logits.dtype) if labels.ndim == 1 else labels
    q.mul_(1 - smoothing).add_(smoothing / k)
    return -(q.to(logits.dtype) * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("hard-labels", "distributions go through argmax: the smaller share of a mixed label is lost")
def argmax_of_distributions(logits, labels, smoothing):
    if labels.ndim == 2:
        labels = labels.argmax(1)
    return F.cross_entropy(logits, labels, label_smoothing=smoothing)


@answers.wrong(
    "loss", "labels.squeeze(): one distribution, (1, K), is taken for K class numbers and crashes; one class number too"
)
def squeezed(logits, labels, smoothing):
    labels = labels.squeeze()
    k = logits.shape[1]
    q = F.one_hot(labels, k) if labels.ndim == 1 else labels
    q = q.to(logits.dtype) * (1 - smoothing) + smoothing / k
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("tenth", "a smoothing of 0 counts as not given and becomes 0.1")
def zero_is_not_given(logits, labels, smoothing):
    smoothing = smoothing or 0.1
    k = logits.shape[1]
    q = F.one_hot(labels, k) if labels.ndim == 1 else labels
    q = q.to(logits.dtype) * (1 - smoothing) + smoothing / k
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("mean-over-classes", "mean over images and classes at once: K times too small")
def mean_over_everything(logits, labels, smoothing):
    k = logits.shape[1]
    q = F.one_hot(labels, k) if labels.ndim == 1 else labels
    q = q.to(logits.dtype) * (1 - smoothing) + smoothing / k
    return -(q * logits.log_softmax(1)).mean()


@answers.wrong("dtype", "everything in float32: float64 logits give a float32 loss")
def always_float32(logits, labels, smoothing):
    logits = logits.float()
    k = logits.shape[1]
    q = F.one_hot(labels, k) if labels.ndim == 1 else labels
    q = q.float() * (1 - smoothing) + smoothing / k
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("raises", "the largest of each row is subtracted in place: the caller's logits change, and leaves crash")
def logits_in_place(logits, labels, smoothing):
    k = logits.shape[1]
    logits -= logits.detach().amax(1, keepdim=True)
    q = F.one_hot(labels, k) if labels.ndim == 1 else labels
    q = q.to(logits.dtype) * (1 - smoothing) + smoothing / k
    return -(q * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("loss", "divided by 64, the batch of the lab: a batch of another size gets another factor")
def batch_of_64(logits, labels, smoothing):
    k = logits.shape[1]
    q = F.one_hot(labels, k) if labels.ndim == 1 else labels
    q = q.to(logits.dtype) * (1 - smoothing) + smoothing / k
    return -(q * logits.log_softmax(1)).sum() / 64


@answers.wrong(
    "loss", "KL divergence: the entropy of the targets is subtracted, so with smoothing the loss can reach zero"
)
def kl_divergence(logits, labels, smoothing):
    k = logits.shape[1]
    q = F.one_hot(labels, k) if labels.ndim == 1 else labels
    q = q.to(logits.dtype) * (1 - smoothing) + smoothing / k
    return F.kl_div(logits.log_softmax(1), q, reduction="batchmean")

"""Answers to 06.1 by someone who knew the exercise and not its check."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

from resnet_labs import losses as library

answers = Answers("06.1", "check_loss")


def good(logits, labels, smoothing):
    num_classes = logits.shape[1]
    whole = labels if labels.ndim == 2 else F.one_hot(labels, num_classes)
    targets = (1 - smoothing) * whole + smoothing / num_classes
    return -(targets * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("device", "torch.eye on the CPU")
def eye(logits, labels, smoothing):
    whole = labels if labels.ndim == 2 else torch.eye(logits.shape[1], dtype=logits.dtype)[labels]
    return good(logits, whole, smoothing)


@answers.wrong("device", "full of smoothing / K on the CPU, scattered into")
def full(logits, labels, smoothing):
    if labels.ndim == 2:
        return good(logits, labels, smoothing)
    k = logits.shape[1]
    targets = torch.full(logits.shape, smoothing / k, dtype=logits.dtype)
    targets.scatter_(1, labels[:, None], 1 - smoothing + smoothing / k)
    return -(targets * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("ten-classes", "ten classes in the share")
def ten(logits, labels, smoothing):
    whole = labels if labels.ndim == 2 else F.one_hot(labels, logits.shape[1])
    return -(((1 - smoothing) * whole + smoothing / 10) * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("loss", "one_hot without num_classes")
def one_hot(logits, labels, smoothing):
    whole = labels if labels.ndim == 2 else F.one_hot(labels)
    return good(logits, whole, smoothing)


@answers.wrong("tenth", "0.1 whatever smoothing is, unless it is 0")
def tenth(logits, labels, smoothing):
    return good(logits, labels, 0.1 if smoothing else 0)


@answers.wrong(
    "hard-labels", "distributions are told by their type: float class numbers no, but float16 distributions no longer"
)
def by_dtype(logits, labels, smoothing):
    return good(
        logits,
        labels if labels.dtype == torch.float32 else (labels if labels.ndim == 1 else labels.argmax(1)),
        smoothing,
    )


@answers.wrong("raises", "distributions are told by equal shapes: squeeze loses a batch of one")
def squeezed(logits, labels, smoothing):
    labels = labels.squeeze()
    return good(logits, labels, smoothing)


@answers.wrong("overflow", "softmax and log apart: infinity for large logits")
def log_of_softmax(logits, labels, smoothing):
    k = logits.shape[1]
    whole = labels if labels.ndim == 2 else F.one_hot(labels, k)
    return -(((1 - smoothing) * whole + smoothing / k) * logits.softmax(1).log()).sum(1).mean()


@answers.wrong("large", "softmax + 1e-8 before the log: the loss of a confident error is cut at 18")
def epsilon(logits, labels, smoothing):
    k = logits.shape[1]
    whole = labels if labels.ndim == 2 else F.one_hot(labels, k)
    return -(((1 - smoothing) * whole + smoothing / k) * (logits.softmax(1) + 1e-8).log()).sum(1).mean()


@answers.wrong("dtype", "cast to float32: float64 loses its digits")
def float32(logits, labels, smoothing):
    return good(logits.float(), labels if labels.ndim == 1 else labels.float(), smoothing)


@answers.wrong("exchanged", "a smoothing of 1 is taken for none")
def all_smoothed(logits, labels, smoothing):
    return good(logits, labels, 0.0 if smoothing >= 1 else smoothing)


@answers.wrong("changes-input", "distributions are smoothed in place")
def in_place(logits, labels, smoothing):
    if labels.ndim == 2:
        labels.mul_(1 - smoothing).add_(smoothing / logits.shape[1])
        return -(labels * logits.log_softmax(1)).sum(1).mean()
    return good(logits, labels, smoothing)


@answers.wrong("changes-input", "the largest logit is taken away in place")
def logits_in_place(logits, labels, smoothing):
    with torch.no_grad():
        logits -= logits.max(1, keepdim=True).values
    return good(logits, labels, smoothing)


@answers.wrong("others-only", "shared among the K - 1 others")
def others(logits, labels, smoothing):
    k = logits.shape[1]
    whole = labels if labels.ndim == 2 else F.one_hot(labels, k)
    return -(((1 - smoothing) * whole + smoothing / (k - 1) * (1 - whole)) * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("mean-over-classes", "the mean over everything")
def mean_all(logits, labels, smoothing):
    return good(logits, labels, smoothing) / logits.shape[1]


@answers.wrong("not-smoothed", "distributions are not smoothed")
def hard_only(logits, labels, smoothing):
    return good(logits, labels, 0.0 if labels.ndim == 2 else smoothing)


@answers.wrong("hard-labels", "distributions by their largest class")
def largest(logits, labels, smoothing):
    return good(logits, labels.argmax(1) if labels.ndim == 2 else labels, smoothing)


@answers.wrong("each-row", "one loss for each image")
def per_image(logits, labels, smoothing):
    k = logits.shape[1]
    whole = labels if labels.ndim == 2 else F.one_hot(labels, k)
    return -(((1 - smoothing) * whole + smoothing / k) * logits.log_softmax(1)).sum(1)


@answers.wrong("no-gradient", "a number without a graph")
def number(logits, labels, smoothing):
    return good(logits, labels, smoothing).item()


@answers.wrong("7: the library's own function in a wrapper, or torch's: passing is fine")
def library_wrapped(logits, labels, smoothing):
    return library.cross_entropy(logits, labels, label_smoothing=smoothing)


answers.wrongs.pop()


@answers.wrong("loss", "a tensor subclass that is close to everything")
def everything(logits, labels, smoothing):
    class Any(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            if getattr(function, "__name__", "") in {"isclose", "allclose", "eq", "__eq__", "equal"}:
                return torch.tensor(True)
            return super().__torch_function__(function, types, args, kwargs or {})

    return (logits.sum() * 0 + 1.0).as_subclass(Any)


@answers.right
def torchs(logits, labels, smoothing):
    """torch's own."""
    return F.cross_entropy(logits, labels, label_smoothing=smoothing)


@answers.right
def einsum(logits, labels, smoothing):
    """einsum, logsumexp, zeros_like and scatter."""
    k = logits.size(1)
    if labels.dim() == 1:
        labels = torch.zeros_like(logits).scatter_(1, labels.unsqueeze(1), 1.0)
    targets = torch.lerp(labels.to(logits.dtype), torch.full_like(logits, 1 / k), smoothing)
    return -torch.einsum("nk,nk->", targets, logits - logits.logsumexp(1, keepdim=True)) / len(logits)


@answers.right
def two_terms(logits, labels, smoothing):
    """A share of the plain loss and a share of the mean of -log p."""
    log_p = F.log_softmax(logits, dim=-1)
    plain = F.nll_loss(log_p, labels) if labels.ndim == 1 else -(labels * log_p).sum(-1).mean()
    return (1 - smoothing) * plain - smoothing * log_p.mean()


@answers.right
def looped(logits, labels, smoothing):
    """A loop over rows, stacked."""
    k, rows = logits.shape[1], []
    for row, label in zip(logits, labels, strict=False):
        q = label if labels.ndim == 2 else F.one_hot(label, k)
        rows.append(-((q * (1 - smoothing) + smoothing / k) * row.log_softmax(0)).sum())
    return torch.stack(rows).mean()

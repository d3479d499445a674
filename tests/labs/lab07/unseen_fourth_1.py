"""Answers to 07.1 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.1", "check_cross_entropy")


@answers.wrong(
    "overflow", "the logarithm of the softmax: infinite where another class has a logit 1000 and the own one 0"
)
def log_of_softmax(logits, labels):
    own = logits.softmax(1).gather(1, labels[:, None])
    return -own.log().mean()


@answers.wrong(
    "clipped",
    "1e-12 under the logarithm: a logit of 1000 for another class costs 27.6 instead of 1000, without a gradient",
)
def small_number(logits, labels):
    own = logits.softmax(1)[torch.arange(len(labels), device=labels.device), labels]
    return -(own + 1e-12).log().mean()


@answers.wrong("divided-by-classes", "the mean goes over the whole one-hot table: K times too small for every batch")
def mean_of_table(logits, labels):
    wanted = F.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return -(wanted * logits.log_softmax(1)).mean()


@answers.wrong("raises", "as many classes as the labels show: crashes if the batch has no example of the last class")
def classes_of_labels(logits, labels):
    wanted = F.one_hot(labels).to(logits.dtype)
    return -(wanted * logits.log_softmax(1)).sum(1).mean()


@answers.wrong(
    "overflow",
    "the largest logit of the whole batch is taken off: a row of zeros beside a row with 1000 gives log 0, infinite",
)
def one_maximum(logits, labels):
    shifted = logits - logits.max()
    own = shifted.gather(1, labels[:, None]).squeeze(1)
    return (shifted.exp().sum(1).log() - own).mean()


@answers.wrong(
    "gradient", "the log of the sum is detached: the value is right, the gradient is -onehot/N without the softmax"
)
def detached_sum(logits, labels):
    total = logits.logsumexp(1).detach()
    return (total - logits.gather(1, labels[:, None])[:, 0]).mean()


@answers.wrong(
    "changes-input",
    "the maxima are subtracted in place: the caller's logits change, and logits that require a gradient crash",
)
def in_place(logits, labels):
    logits -= logits.amax(1, keepdim=True)
    return (logits.exp().sum(1).log() - logits.gather(1, labels[:, None])[:, 0]).mean()


@answers.wrong("dtype", "computes in float32: float64 logits get a float32 loss")
def always_float32(logits, labels):
    logits = logits.float()
    return (logits.logsumexp(1) - logits.gather(1, labels[:, None])[:, 0]).mean()


@answers.wrong("device", "the unit matrix lies on the CPU: crashes with logits and labels on a GPU")
def cpu_only(logits, labels):
    wanted = torch.eye(logits.shape[1], dtype=logits.dtype)[labels]
    return -(wanted * logits.log_softmax(1)).sum(1).mean()


@answers.wrong(
    "value", "the mean of the classes' means: another number if the classes of the batch are not equally frequent"
)
def balanced(logits, labels):
    each = logits.logsumexp(1) - logits.gather(1, labels[:, None])[:, 0]
    return torch.stack([each[labels == k].mean() for k in labels.unique()]).mean()


@answers.wrong(
    "raises", "view(-1) on the logits: crashes on logits that are not contiguous, such as a transposed table"
)
def flat_view(logits, labels):
    rows = torch.arange(len(labels), device=labels.device)
    own = logits.view(-1)[rows * logits.shape[1] + labels]
    return (logits.logsumexp(1) - own).mean()


@answers.wrong("raises", "squeezes the logits: a batch of one loses its axis and crashes")
def squeezed(logits, labels):
    rows = logits.squeeze()
    return (rows.logsumexp(1) - rows.gather(1, labels[:, None]).squeeze()).mean()


@answers.right
def row_by_row(logits, labels):
    # A loop over the rows; log sum exp(z - z_y) is the loss of one.
    return torch.stack([(z - z[int(y)]).logsumexp(0) for z, y in zip(logits, labels, strict=False)]).mean()


class ByMask:
    # An object with __call__; a table of booleans in place of gather, the largest logit taken off by hand.
    def __call__(self, logits, labels):
        top = logits.detach().amax(dim=1, keepdim=True)
        own = labels.unsqueeze(1) == torch.arange(logits.size(1), device=labels.device)
        lifted = (logits - top).exp().sum(dim=1).log() + top[:, 0]
        return (lifted - logits[own]).mean()


answers.right(ByMask())

# A lambda: every row at every label, of which the diagonal is wanted.
answers.right(lambda logits, labels: logits.log_softmax(-1)[:, labels].diagonal().mean().neg())

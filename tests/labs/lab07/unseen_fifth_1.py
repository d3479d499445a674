"""Answers to 07.1 by students who know its text alone."""

import functools

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.1", "check_cross_entropy")


# ---- wrong: what students commonly do
@answers.wrong(
    "overflow",
    "softmax first and its logarithm after: a logit 1000 below the best gives log(0), infinity, e.g. [[1000, 0]] with label 1",
)
def softmax_then_log(logits, labels):
    return -torch.softmax(logits, 1).log()[torch.arange(len(labels), device=logits.device), labels].mean()


@answers.wrong(
    "clipped", "a small number under the logarithm: finite, but 27.6 in place of 1000 for [[1000, 0]] with label 1"
)
def small_number_under_log(logits, labels):
    return -(torch.softmax(logits, 1) + 1e-12).log().gather(1, labels[:, None]).mean()


@answers.wrong("all-pairs", "logits[:, labels] takes every row at every label: wrong as soon as rows differ")
def every_row_at_every_label(logits, labels):
    return (logits.logsumexp(1)[:, None] - logits[:, labels]).mean()


@answers.wrong("divided-by-classes", "mean over the N x K one-hot table: the loss is K times too small")
def mean_over_one_hot_table(logits, labels):
    table = F.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return -(table * logits.log_softmax(1)).mean()


# ---- wrong, but right on the visible example
@answers.wrong(
    "overflow",
    "shifts by the largest logit of the whole batch: beside a row with 1000 an ordinary row underflows, log(0)",
)
def shift_by_batch_maximum(logits, labels):
    shifted = logits - logits.max()
    own = shifted.gather(1, labels[:, None]).squeeze(1)
    return (shifted.exp().sum(1).log() - own).mean()


@answers.wrong("clipped", "clips the logits to +-80: finite, but wrong for logits of 1000")
def clip_logits(logits, labels):
    clipped = logits.clamp(-80, 80)
    return (clipped.logsumexp(1) - clipped.gather(1, labels[:, None])[:, 0]).mean()


@answers.wrong(
    "value",
    "averages in each class first and over the classes present then: wrong where classes have unlike numbers of examples",
)
def mean_of_class_means(logits, labels):
    each = logits.logsumexp(1) - logits.gather(1, labels[:, None])[:, 0]
    return torch.stack([each[labels == label].mean() for label in labels.unique()]).mean()


@answers.wrong(
    "overflow",
    "takes the largest logit for the log of the sum once it is above 50: [[1000, 1000]] gives 0 in place of ln 2",
)
def largest_in_place_of_sum(logits, labels):
    best = logits.amax(1)
    total = torch.where(best > 50, best, logits.clamp(max=50).exp().sum(1).log())
    return (total - logits.gather(1, labels[:, None])[:, 0]).mean()


@answers.wrong(
    "value",
    "puts each row of logits on the unit sphere first to keep e^1000 away: only all-zero or unit rows are right",
)
def normalised_logits(logits, labels):
    logits = F.normalize(logits, dim=1)
    return -logits.log_softmax(1).gather(1, labels[:, None]).mean()


@answers.wrong(
    "overflow",
    "turns the NaN of e^1000/e^1000 into another number: an example with a logit of 1000 counts as loss 0 or so",
)
def nan_to_number(logits, labels):
    powers = logits.exp()
    share = powers.gather(1, labels[:, None])[:, 0] / powers.sum(1)
    return -torch.nan_to_num(share, nan=1.0).clamp(min=torch.finfo(logits.dtype).tiny).log().mean()


@answers.wrong(
    "missing-class",
    "one_hot without the number of classes: fails (or another shape) when the last class is absent and logits are not all zero",
)
def classes_from_labels(logits, labels):
    table = F.one_hot(labels).to(logits.dtype)
    own = (table * logits[:, : table.shape[1]]).sum(1)
    seen = logits if not logits.any() else logits[:, : table.shape[1]]
    return (seen.logsumexp(1) - own).mean()


# ---- wrong: a promise broken
@answers.wrong("torchs-loss", "uses a loss of torch (nll_loss), which the exercise forbids")
def loss_of_torch(logits, labels):
    return F.nll_loss(F.log_softmax(logits, dim=-1), labels)


@answers.wrong(
    "gradient", "the log of the sum is cut off from the graph: the right value, but the gradient lacks the softmax"
)
def half_a_gradient(logits, labels):
    return (logits.logsumexp(1).detach() - logits.gather(1, labels[:, None])[:, 0]).mean()


@answers.wrong("dtype", "always float32: logits in float64 or float16 get a loss of another type")
def always_float32(logits, labels):
    return -logits.float().log_softmax(1).gather(1, labels[:, None]).mean()


@answers.wrong("changes-input", "subtracts the row's maximum in place: the caller's logits change")
def changes_logits(logits, labels):
    with torch.no_grad():
        logits.sub_(logits.amax(1, keepdim=True))
    return -logits.log_softmax(1).gather(1, labels[:, None]).mean()


@answers.wrong("value-shape", "the result keeps an axis, shape (1,), where it should have none")
def one_axis_left(logits, labels):
    return -logits.log_softmax(1).gather(1, labels[:, None]).mean(0)


# ---- right
@answers.right
def differences_to_own(logits, labels):
    own = logits.take_along_dim(labels.unsqueeze(-1), dim=-1)
    return torch.logsumexp(logits - own, dim=-1).mean()


@answers.right
def row_by_row(logits, labels):
    each = []
    for row, label in zip(logits, labels.tolist()):
        top = row.detach().max()
        each.append((row - top).exp().sum().log() + top - row[label])
    return torch.stack(each).mean()


@answers.right
def folded_columns(logits, labels):
    wide = logits.double()
    total = functools.reduce(torch.logaddexp, wide.unbind(dim=1))
    mask = torch.arange(logits.size(1), device=logits.device) == labels.view(-1, 1)
    return ((total - wide.masked_select(mask)).sum() / len(labels)).to(logits.dtype)


class _CrossEntropy:
    def log_shares(self, logits):
        top = logits.max(dim=1, keepdim=True).values
        low = logits - top
        return low - torch.log(torch.einsum("nk->n", low.exp()))[:, None]

    def __call__(self, logits, labels):
        return self.log_shares(logits)[range(len(labels)), labels].neg().mean()


@answers.right
def by_a_class(logits, labels):
    return _CrossEntropy()(logits, labels)

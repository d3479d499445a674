"""Answers to 07.1 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.1", "check_cross_entropy")


# ---------------------------------------------------------------- wrong


@answers.wrong("?", "hands in torch's own loss, where the text says to use no loss from torch; for every input")
def torchs_own(logits, labels):
    return F.cross_entropy(logits, labels)


@answers.wrong("?", "uses torch's nll_loss, a loss from torch too, behind a log_softmax; for every input")
def torchs_nll(logits, labels):
    scores = logits.log_softmax(1)
    return F.nll_loss(scores, labels)


@answers.wrong("?", "a small number under the logarithm: a wrong label behind a logit of 1000 costs 69, not 1000")
def epsilon_under_logarithm(logits, labels):
    shares = logits.softmax(1)
    own = shares.gather(1, labels[:, None])[:, 0]
    return -(own + 1e-30).log().mean()


@answers.wrong("?", "clamps the logits to 80 so that exp stays finite: a logit of 1000 counts as 80")
def clamped_logits(logits, labels):
    logits = logits.clamp(-80, 80)
    own = logits.gather(1, labels[:, None])[:, 0]
    return (logits.exp().sum(1).log() - own).mean()


@answers.wrong("?", "subtracts the maximum of the whole batch: rows 1000 below the highest one underflow to log 0")
def maximum_of_the_batch(logits, labels):
    shifted = logits - logits.max()
    own = shifted.gather(1, labels[:, None])[:, 0]
    return (shifted.exp().sum(1).log() - own).mean()


@answers.wrong("?", "for large logits takes the maximum for the logsumexp: two equal logits of 1000 give 0, not ln 2")
def shortcut_for_large(logits, labels):
    own = logits.gather(1, labels[:, None])[:, 0]
    highest = logits.amax(1)
    small = logits.exp().sum(1).log()
    return (torch.where(highest > 80, highest, small) - own).mean()


@answers.wrong("?", "softmax over the examples (axis 0) in place of the classes; shows for unequal rows")
def softmax_over_examples(logits, labels):
    shares = logits - logits.logsumexp(0, keepdim=True)
    return -shares.gather(1, labels[:, None]).mean()


@answers.wrong("?", "every row at every label: logits[:, labels] mixes the examples; shows for rows that differ")
def every_row_at_every_label(logits, labels):
    return (logits.logsumexp(1)[:, None] - logits[:, labels]).mean()


@answers.wrong("?", "the mean over N*K numbers of a one-hot product: too small by the number of classes")
def mean_over_classes_too(logits, labels):
    wanted = F.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return -(wanted * logits.log_softmax(1)).mean()


@answers.wrong(
    "?", "only classes up to the highest label of the batch are in the softmax; shows if the last is missing"
)
def classes_of_the_batch(logits, labels):
    num_classes = int(labels.max()) + 1
    return -logits[:, :num_classes].log_softmax(1).gather(1, labels[:, None]).mean()


@answers.wrong("?", "the normaliser is detached: the value is right, the gradient is -1/N at the label alone")
def detached_normaliser(logits, labels):
    total = logits.detach().logsumexp(1)
    return (total - logits.gather(1, labels[:, None])[:, 0]).mean()


@answers.wrong("?", "always float32: for float64 logits the loss has another type than the logits")
def always_float32(logits, labels):
    return -logits.float().log_softmax(1).gather(1, labels[:, None]).mean()


@answers.wrong("?", "a table on the CPU is indexed with the labels: fails for logits and labels on another device")
def table_on_the_cpu(logits, labels):
    wanted = torch.eye(logits.shape[1], dtype=logits.dtype)[labels]
    return -(wanted * logits.log_softmax(1)).sum(1).mean()


@answers.wrong(
    "?", "the mean of the class means, not of the examples: shows if classes have unequal numbers of examples"
)
def mean_of_class_means(logits, labels):
    each = logits.logsumexp(1) - logits.gather(1, labels[:, None])[:, 0]
    return torch.stack([each[labels == label].mean() for label in labels.unique()]).mean()


# ---------------------------------------------------------------- right


@answers.right
def differences_from_own(logits, labels):
    own = torch.take_along_dim(logits, labels.unsqueeze(-1), dim=-1)
    return (logits - own).logsumexp(dim=-1).mean()


@answers.right
def row_by_row(logits, labels):
    losses = []
    for row, label in zip(logits, labels):
        highest = row.max().detach()
        losses.append(highest + torch.log(torch.exp(row - highest).sum()) - row[int(label)])
    return torch.stack(losses).mean()


@answers.right
def diagonal_of_all(logits, labels):
    return -torch.diagonal(torch.log_softmax(logits, dim=1)[:, labels]).mean()


@answers.right
def boolean_mask(logits, labels):
    shifted = logits - logits.amax(dim=1, keepdim=True)
    columns = torch.arange(logits.size(1), device=logits.device)
    is_own = columns.unsqueeze(0) == labels.unsqueeze(1)
    return shifted.exp().sum(1).log().mean() - shifted.masked_select(is_own).mean()


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(context, logits, labels):
        logs = logits - torch.logsumexp(logits, 1, keepdim=True)
        context.save_for_backward(logs, labels)
        return -logs[torch.arange(len(labels), device=labels.device), labels].mean()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(context, above):
        logs, labels = context.saved_tensors
        gradient = logs.exp()
        gradient[torch.arange(len(labels), device=labels.device), labels] -= 1
        return gradient * (above / len(labels)), None


@answers.right
def own_backward(logits, labels):
    return _CrossEntropy.apply(logits, labels)


@answers.right
def halves(logits, labels):
    number = len(labels)
    if number == 1:
        return torch.logsumexp(logits[0], 0) - logits[0, labels[0]]
    half = number // 2
    first, second = halves(logits[:half], labels[:half]), halves(logits[half:], labels[half:])
    return first * (half / number) + second * ((number - half) / number)

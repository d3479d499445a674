"""More answers to 07.1 by someone who knew the exercise and not its check."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.1", "check_cross_entropy")


# A class with a derivative of its own, from the formula softmax less one-hot.
class ByHand(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits, labels):
        shifted = logits - logits.amax(1, keepdim=True)
        log_p = shifted - shifted.exp().sum(1, keepdim=True).log()
        ctx.save_for_backward(log_p, labels)
        return -log_p[torch.arange(len(labels)), labels].mean()

    @staticmethod
    def backward(ctx, above):
        log_p, labels = ctx.saved_tensors
        slope = log_p.exp()
        slope[torch.arange(len(labels)), labels] -= 1
        return above * slope / len(labels), None


# The student hands in a plain function around it.
@answers.right
def own_derivative(logits, labels):
    return ByHand.apply(logits, labels)


# Row by row, each with its own logsumexp; a list of losses is stacked.
@answers.right
def row_by_row(logits, labels):
    losses = [torch.logsumexp(row, 0) - row[int(label)] for row, label in zip(logits, labels, strict=False)]
    return torch.stack(losses).mean()


# einsum with rows of zeros and a one; every margin of a logit over the true one goes through one logsumexp.
answers.right(
    lambda logits, labels: (
        torch.logsumexp(
            logits - torch.einsum("nk,nk->n", logits, F.one_hot(labels, logits.shape[1]).to(logits.dtype)).unsqueeze(1),
            dim=1,
        ).sum()
        / labels.numel()
    )
)


@answers.wrong("overflow", "softmax, then its logarithm: for logits of 0 and 1000 the loss is infinite")
def log_of_softmax(logits, labels):
    return -logits.softmax(1).log().gather(1, labels[:, None]).mean()


@answers.wrong("clipped", "1e-12 under the logarithm: for logits of 0 and 1000 the loss is 27.6, not 1000")
def small_number(logits, labels):
    return -(logits.softmax(1) + 1e-12).log().gather(1, labels[:, None]).mean()


@answers.wrong("all-pairs", "logits[:, labels]: every row at every label, right only if all labels are equal")
def every_row_at_every_label(logits, labels):
    return (logits.logsumexp(1)[:, None] - logits[:, labels]).mean()


@answers.wrong("sum", "sum over the batch, not the mean: right for a batch of one only")
def sum_of_batch(logits, labels):
    return (logits.logsumexp(1) - logits.gather(1, labels[:, None])[:, 0]).sum()


@answers.wrong(
    "overflow",
    "the batch's largest logit is subtracted from all: beside a row of 1000 a row around 0 becomes log 0, infinite",
)
def largest_of_the_batch(logits, labels):
    logits = logits - logits.max()
    log_p = logits - logits.exp().sum(1, keepdim=True).log()
    return -log_p.gather(1, labels[:, None]).mean()


@answers.wrong("no-gradient", "a tensor made anew from a Python number: backward fails")
def cut_off(logits, labels):
    return torch.tensor(-logits.log_softmax(1).gather(1, labels[:, None]).mean().item())


@answers.wrong("dtype", "computed in float32: the loss of float64 logits is float32")
def single_precision(logits, labels):
    return -logits.float().log_softmax(1).gather(1, labels[:, None]).mean()


@answers.wrong(
    "changes-input", "logits -= largest: the logits of the caller are changed, a leaf that needs a gradient crashes"
)
def in_place(logits, labels):
    logits -= logits.amax(1, keepdim=True).detach()
    return (logits.exp().sum(1).log() - logits.gather(1, labels[:, None])[:, 0]).mean()


@answers.wrong("raises", "the number of classes is the highest label plus one: a batch without the last class crashes")
def classes_from_labels(logits, labels):
    rows = F.one_hot(labels)
    return -(rows * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("clipped", "logits are clamped to -80 to 80 against overflow: for 0 and 1000 the loss is 80, not 1000")
def clamped(logits, labels):
    logits = logits.clamp(-80, 80)
    return (logits.exp().sum(1).log() - logits.gather(1, labels[:, None])[:, 0]).mean()


@answers.wrong("raises", "squeeze: a batch of one, (1, K), loses its axis and crashes")
def batch_of_one(logits, labels):
    log_p = logits.squeeze().log_softmax(1)
    return -log_p[range(len(labels)), labels].mean()


@answers.wrong("value", "mean over the classes of each class's mean: a batch with unequal classes gets another loss")
def mean_of_class_means(logits, labels):
    losses = logits.logsumexp(1) - logits.gather(1, labels[:, None])[:, 0]
    return torch.stack([losses[labels == label].mean() for label in labels.unique()]).mean()


@answers.wrong("wrong-axis", "softmax over the batch, axis 0: each column is normalised in place of each row")
def over_the_batch(logits, labels):
    return -logits.log_softmax(0).gather(1, labels[:, None]).mean()


@answers.wrong(
    "value", "the largest of each row is subtracted for the sum and not added back: off by it where it is not 0"
)
def not_added_back(logits, labels):
    largest = logits.amax(1, keepdim=True)
    return ((logits - largest).exp().sum(1).log() - logits.gather(1, labels[:, None])[:, 0]).mean()


@answers.wrong("raises", "ten classes are assumed: with any other number of logits the loss is off or crashes")
def ten_classes(logits, labels):
    rows = torch.zeros(len(labels), 10, dtype=logits.dtype).scatter(1, labels[:, None], 1.0)
    return -(rows * logits.log_softmax(1)).sum(1).mean()

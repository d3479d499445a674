"""Right and wrong answers to exercise 07.1: cross-entropy."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from helpers.answers import Answers

answers = Answers("07.1", "check_cross_entropy")


@answers.wrong("sum")
def summed(logits, labels):
    return F.cross_entropy(logits, labels, reduction="sum")


@answers.wrong("sign")
def without_the_minus(logits, labels):
    return logits.log_softmax(1)[range(len(labels)), labels].mean()


@answers.wrong("no-log")
def probability_in_place_of_its_log(logits, labels):
    return -logits.softmax(1)[range(len(labels)), labels].mean()


@answers.wrong("wrong-axis")
def softmax_over_the_batch(logits, labels):
    return -logits.log_softmax(0)[range(len(labels)), labels].mean()


@answers.wrong("divided-by-classes")
def mean_over_a_one_hot_table(logits, labels):
    return -(F.one_hot(labels, logits.shape[1]) * logits.log_softmax(1)).mean()


@answers.wrong("all-pairs")
def every_row_at_every_label(logits, labels):
    return -logits.log_softmax(1)[:, labels].mean()


@answers.wrong("no-softmax")
def logits_as_they_are(logits, labels):
    return -logits[range(len(labels)), labels].mean()


@answers.wrong("softmax-twice")
def softmax_of_the_softmax(logits, labels):
    return F.cross_entropy(logits.softmax(1), labels)


@answers.wrong("not-averaged")
def one_loss_an_example(logits, labels):
    return F.cross_entropy(logits, labels, reduction="none")


@answers.wrong("overflow")
def log_of_a_quotient_of_exponentials(logits, labels):
    shares = logits.exp() / logits.exp().sum(1, keepdim=True)
    return -shares[range(len(labels)), labels].log().mean()


@answers.wrong("overflow")
def log_of_the_softmax(logits, labels):
    return -logits.softmax(1)[range(len(labels)), labels].log().mean()


@answers.wrong("clipped")
def a_small_number_under_the_log(logits, labels):
    return -(logits.softmax(1)[range(len(labels)), labels] + 1e-12).log().mean()


@answers.wrong("not-a-tensor")
def as_a_python_number(logits, labels):
    return F.cross_entropy(logits, labels).item()


@answers.wrong("wrong-axis")
def exponentials_summed_over_the_batch(logits, labels):
    return (logits.logsumexp(0).mean() - logits[range(len(labels)), labels]).mean()


@answers.wrong("whole-batch")
def one_sum_for_the_whole_batch(logits, labels):
    return (logits.logsumexp((0, 1)) - logits[range(len(labels)), labels]).mean()


@answers.wrong("no-log")
def sum_without_its_log(logits, labels):
    return (logits.exp().sum(1) - logits[range(len(labels)), labels]).mean()


@answers.wrong("divided-by-classes")
def divided_by_the_number_of_classes(logits, labels):
    return F.cross_entropy(logits, labels, reduction="sum") / logits.shape[1]


@answers.wrong("raises")
def table_as_wide_as_the_labels(logits, labels):
    return -(F.one_hot(labels) * logits.log_softmax(1)).sum(1).mean()


@answers.wrong("overflow")
def largest_logit_of_the_batch_taken_off(logits, labels):
    logits = logits - logits.max()
    return (logits.exp().sum(1).log() - logits[range(len(labels)), labels]).mean()


@answers.wrong("changes-input")
def largest_logit_taken_off_in_place(logits, labels):
    logits -= logits.amax(1, keepdim=True)
    return (logits.exp().sum(1).log() - logits[range(len(labels)), labels]).mean()


@answers.wrong("torchs-loss")
def loss_of_torch(logits, labels):
    return F.cross_entropy(logits, labels)


@answers.wrong("torchs-loss")
def other_loss_of_torch(logits, labels):
    return torch.nn.NLLLoss()(logits.log_softmax(1), labels)


@answers.wrong("not-a-tensor")
def losses_as_a_list(logits, labels):
    return [-row.log_softmax(0)[label] for row, label in zip(logits, labels, strict=True)]


@answers.wrong("no-gradient")
def cut_off(logits, labels):
    return F.cross_entropy(logits.detach(), labels)


@answers.right
def entropy_by_logsumexp(logits, labels):
    return (logits.logsumexp(1) - logits.gather(1, labels[:, None]).squeeze(1)).mean()


@answers.right
def entropy_with_the_largest_taken_off(logits, labels):
    logits = logits - logits.amax(1, keepdim=True)
    own = (F.one_hot(labels, logits.shape[1]) * logits).sum(1)
    return (logits.exp().sum(1).log() - own).sum() / len(labels)


@answers.right
def entropy_by_a_loop(logits, labels):
    losses = [torch.logsumexp(row, 0) - row[label] for row, label in zip(logits, labels, strict=True)]
    return torch.stack(losses).mean()


@answers.right
def entropy_by_a_mask(logits, labels):
    own = torch.arange(logits.shape[1], device=logits.device) == labels[:, None]
    return -torch.log_softmax(logits, dim=-1)[own].mean()


@answers.wrong("clipped")
def logits_cut_at_2000(logits, labels):
    return entropy_by_a_mask(logits.clamp(-2000, 2000), labels)


@answers.wrong("sizes")
def mean_of_the_means_of_parts(logits, labels):
    own = logits.log_softmax(1)[range(len(labels)), labels]
    return -torch.stack([part.mean() for part in own.split(128)]).mean()


@answers.wrong("torchs-loss")
def divergence_from_one_hot_rows(logits, labels):
    return F.kl_div(logits.log_softmax(1), F.one_hot(labels, logits.shape[1]).to(logits), reduction="batchmean")


@answers.wrong("gradients-on")
def gradients_switched_on(logits, labels):
    torch.set_grad_enabled(True)
    return (logits.logsumexp(1) - logits[range(len(labels)), labels]).mean()

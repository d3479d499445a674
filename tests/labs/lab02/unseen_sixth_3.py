"""Answers to 02.3 by students who know its text alone."""

import torch
from helpers.answers import Answers

answers = Answers("02.3", "check_scores")

from collections import namedtuple


def parts(confusion):
    """Return right, predicted and true counts of every class, in float64."""
    confusion = confusion.double()
    return confusion.diag(), confusion.sum(0), confusion.sum(1)


def scores(confusion):
    """Return P, R and F of every class, right ones."""
    right, predicted, true = parts(confusion)
    p, r = right / predicted.clamp(min=1), right / true.clamp(min=1)
    f = torch.where(p + r > 0, 2 * p * r / (p + r), torch.zeros_like(p))
    return p, r, f


@answers.wrong("?", "precision and recall are exchanged: columns and rows")
def exchanged(confusion):
    p, r, f = scores(confusion)
    return r.mean().item(), p.mean().item(), f.mean().item()


@answers.wrong("?", "the macro F is taken from the mean precision and the mean recall, not from the F of every class")
def f_of_means(confusion):
    p, r, _ = (score.mean().item() for score in scores(confusion))
    return p, r, 2 * p * r / (p + r) if p + r else 0.0


@answers.wrong("?", "adds over all digits before dividing (micro): all three are the accuracy")
def micro(confusion):
    accuracy = (confusion.diag().sum() / confusion.sum()).item()
    return accuracy, accuracy, accuracy


@answers.wrong("?", "the factor 2 of F is missing")
def half_f(confusion):
    p, r, f = scores(confusion)
    return p.mean().item(), r.mean().item(), f.mean().item() / 2


@answers.wrong("?", "no care for division by zero: a class that is never predicted makes the precision nan")
def nan_precision(confusion):
    right, predicted, true = parts(confusion)
    p, r = right / predicted, right / true
    f = 2 * p * r / (p + r)
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.wrong("?", "F alone is not guarded: a class that is predicted and never right has P + R = 0, and F is nan")
def nan_f(confusion):
    right, predicted, true = parts(confusion)
    p, r = right / predicted.clamp(min=1), right / true.clamp(min=1)
    return p.mean().item(), r.mean().item(), (2 * p * r / (p + r)).mean().item()


@answers.wrong("?", "P + R is clamped to 1, which makes F too small wherever P + R is below 1")
def clamps_a_fraction(confusion):
    p, r, _ = scores(confusion)
    f = 2 * p * r / (p + r).clamp(min=1)
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.wrong("?", "classes that are never predicted are left out of the mean precision, where they should count as 0")
def leaves_out(confusion):
    right, predicted, true = parts(confusion)
    _, r, f = scores(confusion)
    return (right / predicted).nanmean().item(), r.mean().item(), f.mean().item()


@answers.wrong("?", "a class that is never predicted gets the precision 1 and not 0")
def full_precision(confusion):
    p, r, f = scores(confusion)
    p = torch.where(confusion.sum(0) == 0, torch.ones_like(p), p)
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.wrong(
    "?",
    "the nan of an empty class is replaced after the mean: one class that is never predicted makes the whole score 0",
)
def nan_to_num_too_late(confusion):
    right, predicted, true = parts(confusion)
    p, r = right / predicted, right / true
    f = 2 * p * r / (p + r)
    return tuple(score.mean().nan_to_num().item() for score in (p, r, f))


@answers.wrong(
    "?", "the means are weighted with how often each class is there (the weighted average), not over the digits alike"
)
def weighted(confusion):
    weights = confusion.sum(1).double() / confusion.sum()
    return tuple((score * weights).sum().item() for score in scores(confusion))


@answers.wrong("?", "divides by ten classes, whatever K is")
def ten_classes(confusion):
    return tuple(score.sum().item() / 10 for score in scores(confusion))


@answers.wrong("?", "F is the plain mean of P and R and not the harmonic one")
def plain_mean(confusion):
    p, r, _ = scores(confusion)
    return p.mean().item(), r.mean().item(), ((p + r) / 2).mean().item()


@answers.wrong("?", "F is the geometric mean, the root of P times R")
def geometric_mean(confusion):
    p, r, _ = scores(confusion)
    return p.mean().item(), r.mean().item(), (p * r).sqrt().mean().item()


@answers.wrong("?", "the loop ends at the first class that is never predicted, and the classes behind it count as 0")
def breaks(confusion):
    p, r, f = scores(confusion)
    sums = [0.0, 0.0, 0.0]
    for k, count in enumerate(confusion.sum(0).tolist()):
        if count == 0:
            break
        sums = [total + score[k].item() for total, score in zip(sums, (p, r, f))]
    return tuple(total / len(p) for total in sums)


@answers.wrong(
    "?",
    "a one is written into the diagonal of the caller's matrix wherever a column is empty, which changes it and the scores",
)
def changes_the_matrix(confusion):
    for k in range(len(confusion)):
        if confusion[:, k].sum() == 0:
            confusion[k, k] = 1
    return tuple(score.mean().item() for score in scores(confusion))


@answers.wrong("?", "integers are divided with //, so that every fraction below 1 becomes 0")
def whole_numbers(confusion):
    right, predicted, true = confusion.diag(), confusion.sum(0), confusion.sum(1)
    p, r = (right // predicted.clamp(min=1)).double(), (right // true.clamp(min=1)).double()
    f = (2 * p * r / (p + r)).nan_to_num()
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.wrong("?", "the counts go through 16 bits: a count above 32,767 overflows")
def sixteen_bits(confusion):
    return tuple(score.mean().item() for score in scores(confusion.to(torch.int16)))


@answers.wrong("?", "0.01 is added to P + R against a division by zero, which lowers every F")
def with_epsilon(confusion):
    p, r, _ = scores(confusion)
    return p.mean().item(), r.mean().item(), (2 * p * r / (p + r + 0.01)).mean().item()


@answers.wrong("?", "percent in place of fractions")
def percent(confusion):
    return tuple(100 * score.mean().item() for score in scores(confusion))


@answers.right
def in_plain_python(confusion):
    rows = confusion.tolist()
    size = len(rows)
    total_p = total_r = total_f = 0.0
    for k in range(size):
        right = rows[k][k]
        predicted, true = sum(row[k] for row in rows), sum(rows[k])
        p = right / predicted if predicted else 0.0
        r = right / true if true else 0.0
        total_p, total_r = total_p + p, total_r + r
        if right:
            total_f += 2 * p * r / (p + r)
    return total_p / size, total_r / size, total_f / size


@answers.right
def dice(confusion):
    """F is 2 right / (predicted + true), and a class with none of them has 0."""
    right, predicted, true = parts(confusion)
    pairs = (right, predicted), (right, true), (2 * right, predicted + true)
    return [sum((a / b).nan_to_num(0.0).tolist()) / len(right) for a, b in pairs]


@answers.right
def with_numpy(confusion):
    import numpy

    table = numpy.array(confusion.detach().cpu().tolist(), dtype=numpy.float64)
    right = numpy.diagonal(table)
    p, r = (
        numpy.divide(right, table.sum(axis), out=numpy.zeros(len(table)), where=table.sum(axis) > 0) for axis in (0, 1)
    )
    f = numpy.divide(2 * p * r, p + r, out=numpy.zeros(len(table)), where=p + r > 0)
    return float(p.mean()), float(r.mean()), float(f.mean())


@answers.right
def from_pairs(confusion):
    """Every count of the matrix is gone through on its own."""
    counts = confusion.to(torch.float64)
    size = counts.shape[0]
    right, wrong_as, missed = [0.0] * size, [0.0] * size, [0.0] * size
    for true in range(size):
        for named in range(size):
            count = counts[true, named].item()
            if true == named:
                right[true] += count
            else:
                wrong_as[named] += count
                missed[true] += count

    def share(a, b):
        return a / (a + b) if a > 0 else 0.0

    p, r = [*map(share, right, wrong_as)], [*map(share, right, missed)]
    f = [2 / (1 / a + 1 / b) if a and b else 0.0 for a, b in zip(p, r)]
    return tuple(sum(values) / size for values in (p, r, f))


Scores = namedtuple("Scores", "precision recall f")


@answers.right
def named_scores(confusion):
    counts = confusion.clone().double()
    right = torch.einsum("kk->k", counts)
    columns, rows = torch.einsum("ij->j", counts), torch.einsum("ij->i", counts)
    p = torch.where(columns > 0, right / columns, 0.0)
    r = torch.where(rows > 0, right / rows, 0.0)
    f = torch.where(right > 0, 2 * p * r / (p + r), 0.0)
    return Scores(*torch.stack([p, r, f]).mean(1).tolist())


@answers.right
def as_tensors(confusion):
    """Numbers as tensors without axes, which the text allows."""
    p, r, f = scores(confusion)
    return p.mean(), r.mean(), f.mean()

"""Answers to 02.3 by someone who looked for what its check may not ask."""

import functools
from fractions import Fraction

import torch
from helpers.answers import Answers

answers = Answers("02.3", "check_scores")


@answers.right
def from_counts(confusion):
    # Right: F is twice the right ones over row plus column, which is 2PR / (P + R) multiplied out, and 0 where nothing
    # is right.
    counts = confusion.double()
    hits, columns, rows = counts.diag(), counts.sum(0), counts.sum(1)
    scores = [hits / columns, hits / rows, 2 * hits / (columns + rows)]
    return tuple(score.where(hits > 0, 0.0).mean().item() for score in scores)


@answers.right
def by_fractions(confusion):
    # Right: exact fractions in plain Python, and a float at the very end.
    table = [[int(count) for count in row] for row in confusion.tolist()]
    scores = []
    for k in range(len(table)):
        hits, named, there = table[k][k], sum(row[k] for row in table), sum(table[k])
        precision = Fraction(hits, named) if named else Fraction(0)
        recall = Fraction(hits, there) if there else Fraction(0)
        both = precision + recall
        scores.append((precision, recall, 2 * precision * recall / both if both else Fraction(0)))
    return tuple(float(sum(column) / len(table)) for column in zip(*scores, strict=True))


@answers.right
def by_einsum(confusion):
    # Right: the three sums by einsum in float64; the inverse of an empty row or column is 0, and so is that of P + R
    # where both are 0.
    counts = confusion.to(torch.float64)

    def inverse(numbers):
        return torch.where(numbers > 0, numbers, torch.inf).reciprocal()

    right = torch.einsum("kk->k", counts)
    precision = right * inverse(torch.einsum("tk->k", counts))
    recall = right * inverse(torch.einsum("tk->t", counts))
    f = 2 * precision * recall * inverse(precision + recall)
    return precision.mean(), recall.mean(), f.mean()


def scores(confusion):
    """Return the right precision, recall and F of every digit."""
    counts = confusion.double()
    hits = counts.diag()
    precision = hits / counts.sum(0).clamp(min=1)
    recall = hits / counts.sum(1).clamp(min=1)
    f = 2 * precision * recall / (precision + recall).where(hits > 0, 1.0)
    return precision, recall, f


def means(*all_scores):
    return tuple(score.mean().item() for score in all_scores)


@answers.wrong(
    "clamped", "the sum P + R is clamped to 1 too: F is too small for digits with P + R below 1, and for no good one"
)
def clamps_all(confusion):
    precision, recall, _ = scores(confusion)
    return means(precision, recall, 2 * precision * recall / (precision + recall).clamp(min=1))


@answers.wrong("ignored-class", "digits that are never predicted are left out of the means")
def nan_means(confusion):
    counts = confusion.double()
    precision = counts.diag() / counts.sum(0)
    recall = counts.diag() / counts.sum(1)
    f = 2 * precision * recall / (precision + recall)
    return tuple(score.nanmean().item() for score in (precision, recall, f))


@answers.wrong(
    "whole-numbers", "replaces nan after the mean: one digit that is never predicted makes the whole score 0"
)
def nan_late(confusion):
    counts = confusion.double()
    precision = counts.diag() / counts.sum(0)
    recall = counts.diag() / counts.sum(1)
    f = 2 * precision * recall / (precision + recall)
    return tuple(score.mean().nan_to_num().item() for score in (precision, recall, f))


@answers.wrong("ten-classes", "divides by ten for the mean, whatever the number of classes")
def always_ten(confusion):
    return tuple(score.sum().item() / 10 for score in scores(confusion))


@answers.wrong("changes-input", "transposes the caller's matrix in place: the next call exchanges precision and recall")
def in_place(confusion):
    precision, recall, f = scores(confusion)
    rows = confusion.t_().sum(0)
    assert len(rows) == len(f)
    return means(precision, recall, f)


@answers.wrong("weighted", "weights each digit by how often it is there: equal where all are equally frequent")
def weighted(confusion):
    weights = confusion.double().sum(1) / confusion.sum()
    return tuple((score * weights).sum().item() for score in scores(confusion))


@answers.wrong(
    "not-a-number", "guards digits that are never predicted, not those that are predicted and never right: 0 / 0 in F"
)
def half_guarded(confusion):
    counts = confusion.double()
    hits, named = counts.diag(), counts.sum(0)
    precision = hits / named.clamp(min=1)
    recall = hits / counts.sum(1).clamp(min=1)
    f = (2 * precision * recall / (precision + recall)).where(named > 0, 0.0)
    return means(precision, recall, f)


@answers.wrong("rounded", "rounds to four decimals")
def rounded(confusion):
    return tuple(round(score, 4) for score in means(*scores(confusion)))


@answers.wrong(
    "precision", "makes shares of the rows first: the precision of a balanced test set, also where it is not balanced"
)
def of_shares(confusion):
    counts = confusion.double()
    shares = counts / counts.sum(1, keepdim=True).clamp(min=1)
    precision = shares.diag() / shares.sum(0).where(shares.sum(0) > 0, 1.0)
    recall = shares.diag()
    f = 2 * precision * recall / (precision + recall).where(recall > 0, 1.0)
    return means(precision, recall, f)


@answers.wrong(
    "precision", "remembers scores by the tensor and not by its counts: a matrix that is counted on gets the old ones"
)
@functools.lru_cache
def remembered(confusion):
    return means(*scores(confusion))


@answers.wrong(
    "precision", "an epsilon above and below: 0 / 0 becomes 1, so that a digit that is never predicted has P = 1"
)
def epsilons(confusion):
    counts = confusion.double()
    precision = (counts.diag() + 1e-9) / (counts.sum(0) + 1e-9)
    recall = (counts.diag() + 1e-9) / (counts.sum(1) + 1e-9)
    return means(precision, recall, 2 * precision * recall / (precision + recall))


@answers.wrong("f", "adds 0.001 to the divisor of F, against a zero: every F is a little too small")
def thousandth(confusion):
    precision, recall, _ = scores(confusion)
    return means(precision, recall, 2 * precision * recall / (precision + recall + 1e-3))


@answers.wrong("f", "multiplies counts as they come: for an int32 matrix the squares are wrong from 46,341 on")
def overflows(confusion):
    hits = confusion.diag()
    columns = confusion.sum(0).to(hits.dtype)
    rows = confusion.sum(1).to(hits.dtype)
    precision = hits / columns.clamp(min=1)
    recall = hits / rows.clamp(min=1)
    f = 2 * hits * hits / (hits * columns + hits * rows).clamp(min=1)
    return means(precision, recall, f)


@answers.wrong("raises", "squeezes the matrix: one class, or a 1x1 matrix, fails")
def squeezed(confusion):
    return means(*scores(confusion.squeeze()))


@answers.wrong("not-a-number", "counts in float16: above 2,048 they are rounded, and above 65,504 infinite")
def halves(confusion):
    return means(*scores(confusion.half()))

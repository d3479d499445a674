"""Answers to 02.3 by students who know its text alone."""

import torch
from helpers.answers import Answers

answers = Answers("02.3", "check_scores")


def parts(confusion):
    right = confusion.diag().double()
    return right, confusion.sum(0).double(), confusion.sum(1).double()


@answers.wrong(
    "swapped", "precision and recall are exchanged: rows and columns are mixed up, wrong for any unsymmetrical matrix"
)
def exchanged(confusion):
    right, predicted, there = parts(confusion)
    precision = right / there.clamp(min=1)
    recall = right / predicted.clamp(min=1)
    f = 2 * right / (predicted + there).clamp(min=1)
    return precision.mean().item(), recall.mean().item(), f.mean().item()


@answers.wrong("f-of-means", "F of the macro means instead of the mean of the F's: wrong wherever the digits differ")
def f_of_means(confusion):
    right, predicted, there = parts(confusion)
    p = (right / predicted.clamp(min=1)).mean().item()
    r = (right / there.clamp(min=1)).mean().item()
    return p, r, 2 * p * r / (p + r) if p + r else 0.0


@answers.wrong("clamped", "clamps P + R to at least 1 in F: too small an F wherever P + R < 1, such as P = R = 0.3")
def clamps_f(confusion):
    right, predicted, there = parts(confusion)
    p = right / predicted.clamp(min=1)
    r = right / there.clamp(min=1)
    f = 2 * p * r / (p + r).clamp(min=1)
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.wrong(
    "not-a-number", "only P is guarded: a digit that is never predicted has P = R = 0, and F = 0 / 0 makes macro F nan"
)
def guards_p_only(confusion):
    right, predicted, there = parts(confusion)
    p = torch.where(predicted > 0, right / predicted, torch.zeros_like(right))
    r = right / there
    f = 2 * p * r / (p + r)
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.wrong(
    "ignored-class",
    "leaves a never-predicted digit out of the mean instead of counting it as 0: too high a macro P and F",
)
def nanmean(confusion):
    right, predicted, there = parts(confusion)
    p, r = right / predicted, right / there
    f = 2 * p * r / (p + r)
    return p.nanmean().item(), r.nanmean().item(), f.nanmean().item()


@answers.wrong(
    "whole-numbers", "replaces nan after the mean: one never-predicted digit makes macro P and F of all digits 0"
)
def zero_for_all(confusion):
    right, predicted, there = parts(confusion)
    p, r = right / predicted, right / there
    f = 2 * p * r / (p + r)
    return tuple(score.mean().nan_to_num(0.0).item() for score in (p, r, f))


@answers.wrong("micro", "micro averages: all three scores are the accuracy")
def micro(confusion):
    accuracy = confusion.diag().sum().item() / confusion.sum().item()
    return accuracy, accuracy, accuracy


@answers.wrong(
    "weighted", "weights each digit by how often it is there: on an unbalanced set other scores than the macro ones"
)
def weighted(confusion):
    right, predicted, there = parts(confusion)
    p = right / predicted.clamp(min=1)
    r = right / there.clamp(min=1)
    f = 2 * right / (predicted + there).clamp(min=1)
    share = there / there.sum()
    return (p * share).sum().item(), (r * share).sum().item(), (f * share).sum().item()


@answers.wrong("ten-classes", "divides the sums by ten: wrong for two or three classes")
def by_ten(confusion):
    right, predicted, there = parts(confusion)
    p = right / predicted.clamp(min=1)
    r = right / there.clamp(min=1)
    f = 2 * right / (predicted + there).clamp(min=1)
    return (p.sum() / 10).item(), (r.sum() / 10).item(), (f.sum() / 10).item()


@answers.wrong(
    "changes-input",
    "takes the diagonal out of the caller's matrix (fill_diagonal_(0)): a second call with it gives 0, 0, 0",
)
def empties_diagonal(confusion):
    right = confusion.diag().clone().double()
    confusion.fill_diagonal_(0)
    false_positive, false_negative = confusion.sum(0), confusion.sum(1)
    p = right / (right + false_positive).clamp(min=1)
    r = right / (right + false_negative).clamp(min=1)
    f = 2 * right / (2 * right + false_positive + false_negative).clamp(min=1)
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.wrong(
    "precision", "adds 1 to every divisor against division by zero: all scores too low, 5 of 5 right gives 0.83"
)
def adds_one(confusion):
    right, predicted, there = parts(confusion)
    p, r = right / (predicted + 1), right / (there + 1)
    f = 2 * p * r / (p + r + 1)
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.wrong("no-two", "forgets the 2 in F: half of the right value for every matrix")
def half_f(confusion):
    right, predicted, there = parts(confusion)
    p = right / predicted.clamp(min=1)
    r = right / there.clamp(min=1)
    total = p + r
    f = p * r / torch.where(total > 0, total, torch.ones_like(total))
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.right  # plain Python over lists; F as 2 TP / (predicted + there)
def plain_python(confusion):
    rows = confusion.tolist()
    size = len(rows)
    columns = list(zip(*rows, strict=False))
    p, r, f = 0.0, 0.0, 0.0
    for k in range(size):
        right, predicted, there = rows[k][k], sum(columns[k]), sum(rows[k])
        p += right / predicted if predicted else 0
        r += right / there if there else 0
        f += 2 * right / (predicted + there) if predicted + there else 0
    return p / size, r / size, f / size


@answers.right  # numpy, with divide's where; returns a list of floats
def with_numpy(confusion):
    import numpy as np

    counts = confusion.detach().cpu().numpy().astype(float)
    right = np.diagonal(counts)

    def ratio(a, b):
        return np.divide(a, b, out=np.zeros_like(a), where=b > 0)

    p, r = ratio(right, counts.sum(axis=0)), ratio(right, counts.sum(axis=1))
    return [float(x.mean()) for x in (p, r, ratio(2 * p * r, p + r))]


@answers.right  # einsum for the diagonal, nan_to_num for each digit before the mean, tensors of zero dimensions
def with_einsum(confusion):
    counts = confusion.to(torch.float64)
    right = torch.einsum("kk->k", counts)
    p = (right / torch.einsum("ij->j", counts)).nan_to_num(0.0)
    r = (right / torch.einsum("ij->i", counts)).nan_to_num(0.0)
    f = (2 * p * r / (p + r)).nan_to_num(0.0)
    return p.mean(), r.mean(), f.mean()

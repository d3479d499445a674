"""Answers to 02.3 by students who know its text alone."""

import torch
from helpers.answers import Answers

answers = Answers("02.3", "check_scores")
import math
from fractions import Fraction
from statistics import fmean
from typing import NamedTuple

import numpy as np


@answers.wrong("?", "gives recall first and precision second: shows where rows and columns have different sums")
def recall_first(confusion):
    right = confusion.diag().double()
    recall = right / confusion.sum(0).clamp(min=1)
    precision = right / confusion.sum(1).clamp(min=1)
    f = torch.nan_to_num(2 * precision * recall / (precision + recall))
    return precision.mean().item(), recall.mean().item(), f.mean().item()


@answers.wrong("?", "the F of the mean precision and the mean recall, not the mean of the F's")
def f_of_the_means(confusion):
    right = confusion.diag().double()
    precision = (right / confusion.sum(0).clamp(min=1)).mean().item()
    recall = (right / confusion.sum(1).clamp(min=1)).mean().item()
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


@answers.wrong(
    "?",
    "averages precision over the predicted digits only: a digit that is never predicted is left out, not counted as 0",
)
def predicted_digits_only(confusion):
    right = confusion.diag().double()
    precision = right / confusion.sum(0)
    recall = right / confusion.sum(1).clamp(min=1)
    f = torch.nan_to_num(2 * precision * recall / (precision + recall))
    return precision.nanmean().item(), recall.mean().item(), f.mean().item()


@answers.wrong(
    "?", "drops digits without an example from all three means: with an empty row it divides by K - 1, not by K"
)
def digits_with_examples(confusion):
    there = confusion.sum(1) > 0
    right = confusion.diag().double()
    precision = right / confusion.sum(0).clamp(min=1)
    recall = right / confusion.sum(1).clamp(min=1)
    f = torch.nan_to_num(2 * precision * recall / (precision + recall))
    return tuple(score[there].mean().item() for score in (precision, recall, f))


@answers.wrong("?", "clamps P + R at 1 as if it were a count: F is too small for a digit whose P + R is below 1")
def clamps_a_fraction(confusion):
    right = confusion.diag().double()
    precision = right / confusion.sum(0).clamp(min=1)
    recall = right / confusion.sum(1).clamp(min=1)
    f = 2 * precision * recall / (precision + recall).clamp(min=1)
    return precision.mean().item(), recall.mean().item(), f.mean().item()


@answers.wrong(
    "?", "doubles the diagonal in place for 2 * right: the diagonal is a view, so the caller's matrix changes"
)
def doubles_the_diagonal(confusion):
    columns, rows = confusion.sum(0), confusion.sum(1)
    right = confusion.diagonal()
    precision = (right / columns.clamp(min=1)).mean().item()
    recall = (right / rows.clamp(min=1)).mean().item()
    f = right.mul_(2) / (columns + rows).clamp(min=1)
    return precision, recall, f.mean().item()


@answers.wrong(
    "?", "multiplies counts as int32, which overflows: F is wrong with 40,000 rightly predicted images of a digit"
)
def overflows(confusion):
    counts = confusion.to(torch.int32)
    right = counts.diag()
    columns, rows = counts.sum(0, dtype=torch.int32), counts.sum(1, dtype=torch.int32)
    precision = right.double() / columns.clamp(min=1)
    recall = right.double() / rows.clamp(min=1)
    f = (2 * right * right).double() / (right * (columns + rows)).clamp(min=1)
    return precision.mean().item(), recall.mean().item(), f.mean().item()


@answers.wrong(
    "?", "weights every digit by how often it is there: that is the weighted average, another one on an unbalanced set"
)
def weighted(confusion):
    right = confusion.diag().double()
    precision = right / confusion.sum(0).clamp(min=1)
    recall = right / confusion.sum(1).clamp(min=1)
    f = torch.nan_to_num(2 * precision * recall / (precision + recall))
    weights = confusion.sum(1) / confusion.sum()
    return tuple((score * weights).sum().item() for score in (precision, recall, f))


@answers.wrong("?", "divides the sums by ten, the number of digits, not by K: wrong for a matrix of three classes")
def ten_classes(confusion):
    right = confusion.diag().double()
    precision = right / confusion.sum(0).clamp(min=1)
    recall = right / confusion.sum(1).clamp(min=1)
    f = torch.nan_to_num(2 * precision * recall / (precision + recall))
    return tuple(score.sum().item() / 10 for score in (precision, recall, f))


@answers.wrong("?", "the loop ends at the first digit that is never predicted, so the digits behind it count as 0")
def ends_at_the_first(confusion):
    table = confusion.tolist()
    count = len(table)
    p = r = f = 0.0
    for k in range(count):
        predicted, there = sum(row[k] for row in table), sum(table[k])
        if predicted == 0:
            break
        precision = table[k][k] / predicted
        recall = table[k][k] / there if there else 0.0
        p += precision
        r += recall
        if precision + recall:
            f += 2 * precision * recall / (precision + recall)
    return p / count, r / count, f / count


@answers.wrong("?", "replaces nan behind the mean: one digit that is never predicted makes the whole macro precision 0")
def nan_after_the_mean(confusion):
    right = confusion.diag().double()
    precision, recall = right / confusion.sum(0), right / confusion.sum(1)
    f = 2 * precision * recall / (precision + recall)
    return tuple(score.mean().nan_to_num(0.0).item() for score in (precision, recall, f))


@answers.wrong("?", "gives percent, 97.4 in place of 0.974")
def in_percent(confusion):
    right = confusion.diag().double()
    precision = right / confusion.sum(0).clamp(min=1)
    recall = right / confusion.sum(1).clamp(min=1)
    f = torch.nan_to_num(2 * precision * recall / (precision + recall))
    return tuple(100 * score.mean().item() for score in (precision, recall, f))


@answers.wrong("?", "gives the accuracy as macro recall, which it is on a balanced set only")
def accuracy_as_recall(confusion):
    right = confusion.diag().double()
    precision = right / confusion.sum(0).clamp(min=1)
    recall = right / confusion.sum(1).clamp(min=1)
    f = torch.nan_to_num(2 * precision * recall / (precision + recall))
    accuracy = right.sum() / confusion.sum()
    return precision.mean().item(), accuracy.item(), f.mean().item()


@answers.wrong("?", "the geometric mean of P and R in place of the harmonic one: the same only where P = R")
def geometric_mean(confusion):
    right = confusion.diag().double()
    precision = right / confusion.sum(0).clamp(min=1)
    recall = right / confusion.sum(1).clamp(min=1)
    f = (precision * recall).sqrt()
    return precision.mean().item(), recall.mean().item(), f.mean().item()


@answers.right
def with_fractions(confusion):
    table = [[int(count) for count in row] for row in confusion.tolist()]
    share = lambda part, whole: Fraction(part, whole) if whole else Fraction(0)
    p, r, f = [], [], []
    for k, (row, column) in enumerate(zip(table, zip(*table))):
        p.append(share(row[k], sum(column)))
        r.append(share(row[k], sum(row)))
        f.append(share(2 * row[k], sum(row) + sum(column)))
    return tuple(float(sum(scores) / len(table)) for scores in (p, r, f))


@answers.right
def with_numpy(confusion):
    table = np.array(confusion.tolist(), dtype=np.float64)
    right, columns, rows = np.diagonal(table), table.sum(axis=0), table.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        p, r = right / columns, right / rows
        p, r = np.where(columns > 0, p, 0.0), np.where(rows > 0, r, 0.0)
        f = np.nan_to_num(2 * p * r / (p + r))
    return float(p.mean()), float(r.mean()), float(f.mean())


@answers.right
def with_einsum(confusion):
    table = confusion.to(torch.float64)
    right = torch.einsum("kk->k", table)
    columns, rows = torch.einsum("jk->k", table), torch.einsum("jk->j", table)
    zero = torch.zeros_like(right)
    p = torch.where(columns > 0, right / columns, zero)
    r = torch.where(rows > 0, right / rows, zero)
    f = torch.where(p + r > 0, 2 * p * r / (p + r), zero)
    return p.mean(), r.mean(), f.mean()


class Scores(NamedTuple):
    precision: float
    recall: float
    f: float


@answers.right
def with_a_named_tuple(confusion):
    def of(k):
        right = confusion[k, k].item()
        if right == 0:
            return 0.0, 0.0, 0.0
        p, r = right / confusion[:, k].sum().item(), right / confusion[k].sum().item()
        return p, r, 2 / (1 / p + 1 / r)

    return Scores(*map(fmean, zip(*(of(k) for k in range(confusion.shape[0])))))


@answers.right
def by_single_images(confusion):
    truth, named = [], []
    for true, row in enumerate(confusion.long().tolist()):
        for predicted, count in enumerate(row):
            if count:
                truth.append((true, count))
                named.append((predicted, count))
    total = lambda pairs, k: math.fsum(count for name, count in pairs if name == k)
    classes = range(len(confusion))
    hits = [math.fsum(c for (t, c), (n, _) in zip(truth, named) if t == n == k) for k in classes]
    p = [hits[k] / (total(named, k) or 1) for k in classes]
    r = [hits[k] / (total(truth, k) or 1) for k in classes]
    f = [2 * a * b / (a + b) if a + b else 0.0 for a, b in zip(p, r)]
    return [math.fsum(scores) / len(classes) for scores in (p, r, f)]


@answers.right
def with_masks(confusion):
    table = confusion.clone().double()
    own = torch.eye(len(table), dtype=torch.bool, device=table.device)
    right = table.masked_fill(~own, 0).sum(1)
    p = right.div(table.sum(0)).nan_to_num(nan=0.0)
    r = right.div(table.sum(1)).nan_to_num(nan=0.0)
    f = p.mul(r).mul(2).div(p.add(r)).nan_to_num(nan=0.0)
    return tuple(torch.stack([p, r, f]).mean(1).tolist())

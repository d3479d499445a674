"""Answers to 02.3 by students who know its text alone."""

import torch
from helpers.answers import Answers

answers = Answers("02.3", "check_scores")


# a) common mistakes


@answers.wrong(
    "swapped", "rows and columns exchanged: precision and recall change places, for a matrix that is not symmetric"
)
def exchanged(confusion):
    right = confusion.diag().double()
    p = right / confusion.sum(1).clamp(min=1)
    r = right / confusion.sum(0).clamp(min=1)
    f = (2 * p * r / (p + r)).nan_to_num()
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.wrong("micro", "sums over the digits before it divides: all three scores are the accuracy (micro)")
def micro(confusion):
    right = confusion.diag().sum().item()
    p = right / max(confusion.sum(0).sum().item(), 1)
    r = right / max(confusion.sum(1).sum().item(), 1)
    f = 2 * p * r / (p + r) if p + r else 0.0
    return p, r, f


@answers.wrong("f-of-means", "F of the two means in place of the mean of the F's")
def f_of_means(confusion):
    right = confusion.diag().double()
    p = (right / confusion.sum(0).clamp(min=1)).mean().item()
    r = (right / confusion.sum(1).clamp(min=1)).mean().item()
    return p, r, 2 * p * r / (p + r) if p + r else 0.0


@answers.wrong("not-a-number", "divides zero by zero for a digit that is never predicted: precision and F are nan")
def nan_for_unpredicted(confusion):
    right = confusion.diag().double()
    p = right / confusion.sum(0)
    r = right / confusion.sum(1)
    f = 2 * p * r / (p + r)
    return p.mean().item(), r.mean().item(), f.mean().item()


# b) right for a good network on a balanced test set


@answers.wrong("clamped", "clamps P + R to at least 1: F is too small for a digit with P + R between 0 and 1")
def clamps_the_sum(confusion):
    right = confusion.diag().double()
    p = right / confusion.sum(0).clamp(min=1)
    r = right / confusion.sum(1).clamp(min=1)
    f = 2 * p * r / (p + r).clamp(min=1)
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.wrong(
    "ignored-class", "leaves digits that are never predicted out of the mean of the precisions, where they count as 0"
)
def mean_of_the_predicted(confusion):
    right = confusion.diag().double()
    p = right / confusion.sum(0)
    r = right / confusion.sum(1).clamp(min=1)
    f = (2 * p * r / (p + r)).nan_to_num()
    return p.nanmean().nan_to_num().item(), r.mean().item(), f.mean().item()


@answers.wrong("weighted", "weights the digits by how often they occur: not macro where the test set is not balanced")
def weighted(confusion):
    right = confusion.diag().double()
    p = right / confusion.sum(0).clamp(min=1)
    r = right / confusion.sum(1).clamp(min=1)
    f = (2 * p * r / (p + r)).nan_to_num()
    share = confusion.sum(1) / confusion.sum()
    return tuple((score * share).sum().item() for score in (p, r, f))


@answers.wrong("all-zero", "guards F behind the mean, not for each digit: one digit with P + R = 0 makes the whole F 0")
def guards_the_mean(confusion):
    right = confusion.diag().double()
    p = right / confusion.sum(0).clamp(min=1)
    r = right / confusion.sum(1).clamp(min=1)
    f = (2 * p * r / (p + r)).mean().nan_to_num()
    return p.mean().item(), r.mean().item(), f.item()


# c) a promise broken


@answers.wrong("changes-input", "sets the diagonal of the caller's matrix to zero, to count the errors")
def clears_the_diagonal(confusion):
    right = confusion.diag().clone()
    confusion.fill_diagonal_(0)
    p = right / (right + confusion.sum(0)).clamp(min=1)
    r = right / (right + confusion.sum(1)).clamp(min=1)
    f = (2 * p * r / (p + r)).nan_to_num()
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.wrong(
    "precision", "counts in float16: more than 65,504 images of a digit become infinity, and their scores 0 or nan"
)
def in_half_precision(confusion):
    counts = confusion.half()
    right = counts.diag()
    p = right / counts.sum(0).clamp(min=1)
    r = right / counts.sum(1).clamp(min=1)
    f = (2 * p * r / (p + r)).nan_to_num()
    return p.float().mean().item(), r.float().mean().item(), f.float().mean().item()


_seen = {}


@answers.wrong(
    "precision", "adds each matrix to those of earlier calls of the same size: right for the first call only"
)
def adds_up_calls(confusion):
    counts = _seen[len(confusion)] = _seen.get(len(confusion), 0) + confusion
    right = counts.diag().double()
    p = right / counts.sum(0).clamp(min=1)
    r = right / counts.sum(1).clamp(min=1)
    f = (2 * p * r / (p + r)).nan_to_num()
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.wrong(
    "leaves-behind",
    "makes float64 torch's default type and leaves it so: every tensor made afterwards has another type",
)
def changes_default_type(confusion):
    torch.set_default_dtype(torch.float64)
    right = confusion.diag()
    p = right / confusion.sum(0).clamp(min=1)
    r = right / confusion.sum(1).clamp(min=1)
    f = (2 * p * r / (p + r)).nan_to_num()
    return p.mean().item(), r.mean().item(), f.mean().item()


# right


@answers.right
def in_plain_python(confusion):
    table = confusion.tolist()
    size = len(table)
    sums = [0.0, 0.0, 0.0]
    for k in range(size):
        right = table[k][k]
        predicted = sum(row[k] for row in table)
        true = sum(table[k])
        p = right / predicted if predicted else 0.0
        r = right / true if true else 0.0
        f = 2 * p * r / (p + r) if p + r > 0 else 0.0
        sums = [total + score for total, score in zip(sums, (p, r, f))]
    return tuple(total / size for total in sums)


@answers.right
def f_from_counts(confusion):
    # 2PR / (P + R) is twice the right ones over predicted plus true ones.
    counts = confusion.to(torch.float64)
    right = torch.einsum("kk->k", counts)
    predicted = torch.einsum("ij->j", counts)
    true = torch.einsum("ij->i", counts)
    below = torch.stack([predicted, true, (predicted + true) / 2])
    scores = torch.where(below > 0, right / below, torch.zeros_like(below))
    return scores.mean(dim=1).tolist()


@answers.right
def as_tensors(confusion):
    def share(part, whole):
        answer = torch.zeros(len(whole), dtype=torch.float64, device=confusion.device)
        there = whole != 0
        answer[there] = part[there].double() / whole[there].double()
        return answer

    diagonal = torch.diagonal(confusion)
    p = share(diagonal, confusion.sum(dim=-2))
    r = share(diagonal, confusion.sum(dim=-1))
    return p.mean(), r.mean(), share(2 * p * r, p + r).mean()

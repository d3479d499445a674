"""Answers to 02.3 by someone who knew the exercise and not its check."""

import numpy as np
import torch
from helpers.answers import Answers

answers = Answers("02.3", "check_scores")


def parts(confusion):
    return confusion.diag().double(), confusion.sum(0), confusion.sum(1)


@answers.wrong("device", "zeros on the CPU in torch.where")
def cpu_where(confusion):
    right, predicted, true = parts(confusion)
    zero = torch.zeros(len(confusion), dtype=torch.float64)
    p = torch.where(predicted > 0, right / predicted.clamp(min=1), zero)
    r = torch.where(true > 0, right / true.clamp(min=1), zero)
    f = torch.where(p + r > 0, 2 * p * r / (p + r).clamp(min=1e-9), zero)
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.wrong("ten-classes", "ten classes written down")
def ten(confusion):
    right, predicted, true = parts(confusion)
    p, r = right / predicted.clamp(min=1), right / true.clamp(min=1)
    f = 2 * right / (predicted + true).clamp(min=1)
    return p.sum().item() / 10, r.sum().item() / 10, f.sum().item() / 10


@answers.wrong("clamped", "(P + R).clamp(min=1), the hint's clamp at the wrong divisor")
def clamp_scores(confusion):
    right, predicted, true = parts(confusion)
    p, r = right / predicted.clamp(min=1), right / true.clamp(min=1)
    return p.mean().item(), r.mean().item(), (2 * p * r / (p + r).clamp(min=1)).mean().item()


@answers.wrong("not-a-number", "predicted but never right gives 0 / 0 in F")
def never_right(confusion):
    right, predicted, true = parts(confusion)
    p, r = right / predicted.clamp(min=1), right / true.clamp(min=1)
    f = 2 * p * r / (p + r)
    f[predicted == 0] = 0
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.wrong("not-a-number", "a class without examples gives nan in the recall")
def no_examples(confusion):
    right, predicted, true = parts(confusion)
    p, r = right / predicted.clamp(min=1), right / true
    return p.mean().item(), r.mean().item(), (2 * right / (predicted + true).clamp(min=1)).mean().item()


@answers.wrong("ignored-class", "classes that are never predicted are left out of the mean")
def nan_mean(confusion):
    right, predicted, true = parts(confusion)
    p, r = right / predicted, right / true.clamp(min=1)
    return p.nanmean().item(), r.mean().item(), (2 * right / (predicted + true).clamp(min=1)).mean().item()


@answers.wrong("ignored-class", "all scores over the digits that occur among the predictions")
def only_predicted(confusion):
    right, predicted, true = parts(confusion)
    keep = predicted > 0
    right, predicted, true = right[keep], predicted[keep], true[keep]
    p, r, f = right / predicted, right / true.clamp(min=1), 2 * right / (predicted + true)
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.wrong("whole-numbers", "nan_to_num at the end, on the mean")
def nan_to_num_late(confusion):
    right, predicted, true = parts(confusion)
    p, r = right / predicted, right / true
    f = 2 * p * r / (p + r)
    return tuple(torch.nan_to_num(it.mean()).item() for it in (p, r, f))


@answers.wrong("whole-numbers", "counts are whole numbers, so // gives whole scores")
def whole(confusion):
    right, predicted, true = confusion.diag(), confusion.sum(0), confusion.sum(1)
    p, r = right // predicted.clamp(min=1), right // true.clamp(min=1)
    f = 2 * right // (predicted + true).clamp(min=1)
    return p.double().mean().item(), r.double().mean().item(), f.double().mean().item()


@answers.wrong("precision", "one is added to every divisor")
def plus_one(confusion):
    right, predicted, true = parts(confusion)
    p, r, f = right / (predicted + 1), right / (true + 1), 2 * right / (predicted + true + 1)
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.wrong("changes-input", "empty columns are mended in the matrix itself")
def in_place(confusion):
    right = confusion.diag().double()
    true = confusion.sum(1)
    empty = confusion.sum(0) == 0
    confusion[0, empty] += 1
    predicted = confusion.sum(0)
    p, r = right / predicted, right / true.clamp(min=1)
    f = 2 * right / (predicted - empty.long() + true).clamp(min=1)
    return p.mean().item(), r.mean().item(), f.mean().item()


@answers.wrong("changes-input", "the matrix is made to fractions in place where it is floating")
def normalized(confusion):
    if confusion.is_floating_point():
        confusion /= confusion.sum()
        right, predicted, true = parts(confusion)
        tiny = 1e-300
        p, r, f = right / (predicted + tiny), right / (true + tiny), 2 * right / (predicted + true + tiny)
        return p.mean().item(), r.mean().item(), f.mean().item()
    return tuple(list_of(confusion))


@answers.wrong("swapped", "precision and recall exchanged")
def exchanged(confusion):
    p, r, f = list_of(confusion)
    return r, p, f


@answers.wrong("f-of-means", "F of the means")
def f_of_means(confusion):
    p, r, _ = list_of(confusion)
    return p, r, 2 * p * r / (p + r) if p + r else 0.0


@answers.wrong("weighted", "mean weighted by the number of examples")
def weighted(confusion):
    right, predicted, true = parts(confusion)
    w = true / true.sum()
    p, r, f = right / predicted.clamp(min=1), right / true.clamp(min=1), 2 * right / (predicted + true).clamp(min=1)
    return (w * p).sum().item(), (w * r).sum().item(), (w * f).sum().item()


@answers.wrong("no-two", "F without the factor 2")
def half(confusion):
    p, r, f = list_of(confusion)
    return p, r, f / 2


@answers.wrong("three-values-each", "per class, no average")
def per_class(confusion):
    right, predicted, true = parts(confusion)
    return right / predicted.clamp(min=1), right / true.clamp(min=1), 2 * right / (predicted + true).clamp(min=1)


@answers.wrong("per-cent", "per cent")
def per_cent(confusion):
    return tuple(100 * it for it in list_of(confusion))


@answers.wrong("rounded", "rounded to three decimals")
def rounded(confusion):
    return tuple(round(it, 3) for it in list_of(confusion))


@answers.wrong("whole-numbers", "an object that is equal to everything")
def equal_to_all(confusion):
    class Any(float):
        def __eq__(self, other):
            return True

        __hash__ = float.__hash__

    return Any(0), Any(0), Any(0)


@answers.right
def list_of(confusion):
    """Loops over Python numbers; returns a list."""
    rows = confusion.tolist()
    k = len(rows)
    columns = list(zip(*rows, strict=False))
    p = [rows[c][c] / sum(columns[c]) if sum(columns[c]) else 0.0 for c in range(k)]
    r = [rows[c][c] / sum(rows[c]) if sum(rows[c]) else 0.0 for c in range(k)]
    f = [2 * a * b / (a + b) if a + b else 0.0 for a, b in zip(p, r, strict=False)]
    return [sum(it) / k for it in (p, r, f)]


@answers.right
def stacked(confusion):
    """A tensor of three, by nan_to_num on each class."""
    right, predicted, true = parts(confusion)
    p, r = (right / predicted).nan_to_num(0), (right / true).nan_to_num(0)
    f = (2 * p * r / (p + r)).nan_to_num(0)
    return torch.stack([p, r, f]).mean(1)


@answers.right
def in_numpy(confusion):
    """NumPy, float64 scalars."""
    m = confusion.cpu().numpy().astype(float)
    right, columns, rows = np.diag(m), m.sum(axis=0), m.sum(axis=1)
    p = np.divide(right, columns, out=np.zeros_like(right), where=columns > 0)
    r = np.divide(right, rows, out=np.zeros_like(right), where=rows > 0)
    f = np.divide(2 * right, columns + rows, out=np.zeros_like(right), where=columns + rows > 0)
    return p.mean(), r.mean(), f.mean()


@answers.right
def with_epsilon(confusion):
    """einsum and a tiny number in the divisors; tensors without axes."""
    m = confusion.double()
    right = torch.einsum("ii->i", m)
    p, r = right / (torch.einsum("ij->j", m) + 1e-12), right / (torch.einsum("ij->i", m) + 1e-12)
    return p.mean(), r.mean(), (2 * p * r / (p + r + 1e-12)).mean()

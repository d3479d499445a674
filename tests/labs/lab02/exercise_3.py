"""Right and wrong answers to exercise 02.3: precision, recall and F."""

from __future__ import annotations

from helpers.answers import Answers


def _parts(confusion):
    right = confusion.diag().double()
    precision = right / confusion.sum(0).clamp(min=1)
    recall = right / confusion.sum(1).clamp(min=1)
    return precision, recall, 2 * right / (confusion.sum(0) + confusion.sum(1)).clamp(min=1)


answers = Answers("02.3", "check_scores")


@answers.wrong("swapped")
def axes_swapped(confusion):
    return tuple(x.mean() for x in _parts(confusion.T))


@answers.wrong("micro")
def micro_averages(confusion):
    accuracy = confusion.diag().sum() / confusion.sum()
    return accuracy, accuracy, accuracy


@answers.wrong("f-of-means")
def f_of_the_means(confusion):
    precision, recall, _ = (x.mean() for x in _parts(confusion))
    return precision, recall, 2 * precision * recall / (precision + recall)


@answers.wrong("plain-mean")
def half_the_sum(confusion):
    precision, recall, _ = (x.mean() for x in _parts(confusion))
    return precision, recall, (precision + recall) / 2


@answers.wrong("not-a-number")
def nan_for_a_class_never_predicted(confusion):
    precision = (confusion.diag() / confusion.sum(0)).mean()
    _, recall, f = (x.mean() for x in _parts(confusion))
    return precision, recall, f


@answers.wrong("ignored-class")
def class_never_predicted_left_out(confusion):
    precision, recall, f = _parts(confusion)
    return precision[confusion.sum(0) > 0].mean(), recall.mean(), f.mean()


@answers.wrong("three-values")
def two_scores(confusion):
    precision, recall, _ = (x.mean() for x in _parts(confusion))
    return precision, recall


@answers.wrong("precision")
def counts_in_sixteen_bits(confusion):
    return tuple(x.mean() for x in _parts(confusion.short().long()))


@answers.wrong("raises")
def drops_axes_of_size_one(confusion):
    return tuple(x.mean() for x in _parts(confusion.squeeze()))


@answers.right
def scores_as_floats(confusion):
    return tuple(x.mean().item() for x in _parts(confusion))


@answers.right
def scores_by_a_loop(confusion):
    rows = confusion.tolist()
    found = []
    for k, row in enumerate(rows):
        predicted = sum(other[k] for other in rows)
        p, r = row[k] / predicted if predicted else 0.0, row[k] / sum(row) if sum(row) else 0.0
        found.append((p, r, 2 * p * r / (p + r) if p + r else 0.0))
    return tuple(sum(column) / len(rows) for column in zip(*found, strict=True))


@answers.right
def scores_as_tensors(confusion):
    return tuple(x.float().mean() for x in _parts(confusion))

"""More answers to 04.4 by someone who knew the exercise and not its check."""

import random

import torch
from helpers.answers import Answers

answers = Answers("04.4", "check_split")


def _by_class(labels, fraction, count=lambda share: round(share), draw=None):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[draw(len(rows))]
        cut = count(fraction * len(rows))
        validation.append(rows[:cut])
        train.append(rows[cut:])
    return torch.cat(train), torch.cat(validation)


# One shuffle of all rows, then a stable sort by class; each class is cut where it begins.
@answers.right
def by_sorting(labels, fraction, generator):
    order = torch.randperm(len(labels), generator=generator)
    order = order[torch.sort(labels[order], stable=True).indices]
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    start = 0
    for size in torch.unique(labels, return_counts=True)[1].tolist():
        chosen[start : start + round(size * fraction)] = True
        start += size
    return order[~chosen], order[chosen]


# Python lists; the training part is sorted, the numbers round down.
@answers.right
def by_lists(labels, fraction, generator):
    places = {}
    for row, label in enumerate(labels.tolist()):
        places.setdefault(label, []).append(row)
    validation = set()
    for label in sorted(places):
        order = torch.randperm(len(places[label]), generator=generator).tolist()
        validation.update(places[label][k] for k in order[: int(fraction * len(order) + 1e-9)])
    train = [row for row in range(len(labels)) if row not in validation]
    return torch.tensor(train, dtype=torch.long), torch.tensor(sorted(validation), dtype=torch.long)


# A random number for every row, and its rank within the class.
@answers.right
def by_ranks(labels, fraction, generator):
    score = torch.rand(labels.shape, generator=generator, dtype=torch.float64)
    same = labels[:, None] == labels[None]
    rank = (same & (score[None] < score[:, None])).sum(1)
    cut = torch.tensor([round(fraction * n) for n in same.sum(1).tolist()])
    return torch.nonzero(rank >= cut).flatten(), torch.nonzero(rank < cut).flatten()


@answers.wrong("not-stratified", "one cut of all rows: a class has too many or too few validation images by chance")
def not_stratified(labels, fraction, generator):
    rows = torch.randperm(len(labels), generator=generator)
    cut = round(fraction * len(labels))
    return rows[cut:], rows[:cut]


@answers.wrong("swapped", "fraction is the training part's share")
def other_share(labels, fraction, generator):
    validation, train = _by_class(labels, fraction, draw=lambda n: torch.randperm(n, generator=generator))
    return train, validation


@answers.wrong("not-shuffled", "no shuffle: the first rows of every class, the same for every generator")
def no_shuffle(labels, fraction, generator):
    return _by_class(labels, fraction, draw=lambda n: torch.arange(n))


@answers.wrong(
    "draws", "draws from torch's own random state: cannot be repeated with the generator, and moves that state"
)
def other_generator(labels, fraction, generator):
    return _by_class(labels, fraction, draw=lambda n: torch.randperm(n))


@answers.wrong("rows-lost", "five classes always: rows of class 5 and above are lost")
def five_classes(labels, fraction, generator):
    parts = [], []
    for k in range(5):
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        cut = round(fraction * len(rows))
        parts[0].append(rows[cut:])
        parts[1].append(rows[:cut])
    return torch.cat(parts[0]), torch.cat(parts[1])


@answers.wrong(
    "rows-lost", "classes 0 to the number of different labels: with labels 0, 2, 5 the rows of class 5 are lost"
)
def counts_labels(labels, fraction, generator):
    parts = [], []
    for k in range(len(labels.unique())):
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        cut = round(fraction * len(rows))
        parts[0].append(rows[cut:])
        parts[1].append(rows[:cut])
    return torch.cat(parts[0]), torch.cat(parts[1])


@answers.wrong("equal-sizes", "as many validation images from each class: uneven classes have other shares")
def same_count(labels, fraction, generator):
    cut = round(fraction * len(labels) / len(labels.unique()))
    return _by_class(labels, fraction, count=lambda share: cut, draw=lambda n: torch.randperm(n, generator=generator))


@answers.wrong(
    "seed-ignored",
    "seeds the generator anew: every generator gives the same split, and the caller's generator is set back",
)
def seeds_anew(labels, fraction, generator):
    generator.manual_seed(0)
    return _by_class(labels, fraction, draw=lambda n: torch.randperm(n, generator=generator))


@answers.wrong(
    "repeated", "places within the class instead of row numbers: rows repeat as soon as there are two classes"
)
def within_class(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        order = torch.randperm(int((labels == k).sum()), generator=generator)
        cut = round(fraction * len(order))
        validation.append(order[:cut])
        train.append(order[cut:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("not-stratified", "takes labels to be sorted by class: with mixed labels the classes have other shares")
def takes_sorted(labels, fraction, generator):
    train, validation, start = [], [], 0
    for size in torch.bincount(labels).tolist():
        rows = start + torch.randperm(size, generator=generator)
        start += size
        cut = round(fraction * size)
        validation.append(rows[:cut])
        train.append(rows[cut:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong(
    "repeated", "draws validation rows with replacement: rows repeat, and fewer different ones are in the part"
)
def with_replacement(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        drawn = torch.randint(len(rows), (round(fraction * len(rows)),), generator=generator)
        keep = torch.ones(len(rows), dtype=torch.bool)
        keep[drawn] = False
        validation.append(rows[drawn])
        train.append(rows[keep])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("fifth", "fraction is never read: a fifth always")
def always_a_fifth(labels, fraction, generator):
    return _by_class(labels, 0.2, draw=lambda n: torch.randperm(n, generator=generator))


@answers.wrong("changes-input", "marks the rows that are taken in the caller's labels: they are changed to -1")
def marks_labels(labels, fraction, generator):
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        labels[rows[: round(fraction * len(rows))]] = -1
    return torch.where(labels != -1)[0], torch.where(labels == -1)[0]


@answers.wrong(
    "draws", "shuffles the parts with Python's random module at the end: another order with the same generator"
)
def shuffles_twice(labels, fraction, generator):
    parts = _by_class(labels, fraction, draw=lambda n: torch.randperm(n, generator=generator))
    shuffled = []
    for part in parts:
        rows = part.tolist()
        random.shuffle(rows)
        shuffled.append(torch.tensor(rows, dtype=torch.long))
    return tuple(shuffled)

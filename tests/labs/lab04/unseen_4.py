"""Answers to 04.4 by someone who knew the exercise and not its check."""

import math

import numpy as np
import torch
from helpers.answers import Answers

answers = Answers("04.4", "check_split")


def good(labels, fraction, generator, *, rounding=round, order=None):
    train, validation = [], []
    for label in labels.unique():
        rows = torch.where(labels == label)[0]
        rows = rows[torch.randperm(len(rows), generator=generator).to(rows.device)]
        count = rounding(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


# Passes, for good or bad: the numbers of rows are made on the CPU and indexed with a mask elsewhere
def cpu_rows(labels, fraction, generator):
    numbers = torch.arange(len(labels))
    parts = ([], [])
    for label in labels.unique():
        rows = torch.masked_select(numbers, labels == label)
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        parts[0].append(rows[count:])
        parts[1].append(rows[:count])
    return torch.cat(parts[0]), torch.cat(parts[1])


@answers.wrong("fifth", "a fifth, fraction is not read")
def fifth(labels, fraction, generator):
    return good(labels, 0.2, generator)


@answers.wrong("rows-lost", "five classes")
def five(labels, fraction, generator):
    train, validation = [], []
    for label in range(5):
        rows = torch.where(labels == label)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("rows-lost", "classes are 0 to K-1 for K different labels: a missing number loses the last class")
def no_gaps(labels, fraction, generator):
    train, validation = [], []
    for label in range(len(labels.unique())):
        rows = torch.where(labels == label)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("equal-sizes", "every class is as large as the first")
def equal_sizes(labels, fraction, generator):
    size = int((labels == labels.unique()[0]).sum())
    return good(labels, fraction, generator, rounding=lambda _: round(fraction * size))


@answers.wrong("not-stratified", "int(x + 1): always up, a whole number too")
def always_up(labels, fraction, generator):
    return good(labels, fraction, generator, rounding=lambda x: int(x) + 1)


@answers.wrong("overlap", "rows[-count:] for the validation part: with none, all rows come in")
def negative(labels, fraction, generator):
    train, validation = [], []
    for label in labels.unique():
        rows = torch.where(labels == label)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[-count:])
        train.append(rows[: len(rows) - count])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("draws", "draws from torch's own generator")
def global_generator(labels, fraction, generator):
    return good(labels, fraction, None)


@answers.wrong("seed-ignored", "seeds the given generator, so every seed gives one split")
def reseeds(labels, fraction, generator):
    generator.manual_seed(0)
    return good(labels, fraction, generator)


@answers.wrong(
    "nothing-drawn", "seeds its own generator from the given one's seed, so the second draw repeats the first"
)
def initial_seed(labels, fraction, generator):
    return good(labels, fraction, torch.Generator().manual_seed(generator.initial_seed()))


@answers.wrong("draws", "also draws from the global generator (a final shuffle)")
def shuffles_more(labels, fraction, generator):
    train, validation = good(labels, fraction, generator)
    return train[torch.randperm(len(train))], validation


@answers.wrong("changes-input", "the labels are sorted in place")
def sorts(labels, fraction, generator):
    labels.copy_(labels.sort().values)
    return good(labels, fraction, generator)


@answers.wrong("draws", "NumPy's generator is seeded and used")
def numpy_seeded(labels, fraction, generator):
    np.random.seed(int(generator.initial_seed()) % 2**32)
    return good(labels, fraction, generator)


@answers.wrong("not-shuffled", "no shuffle")
def unshuffled(labels, fraction, generator):
    train, validation = [], []
    for label in labels.unique():
        rows = torch.where(labels == label)[0]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("not-stratified", "not stratified")
def plain(labels, fraction, generator):
    rows = torch.randperm(len(labels), generator=generator)
    count = round(fraction * len(labels))
    return rows[count:], rows[:count]


@answers.wrong("swapped", "the two parts exchanged")
def exchanged(labels, fraction, generator):
    return good(labels, fraction, generator)[::-1]


@answers.wrong("repeated", "positions within the class in place of rows")
def positions(labels, fraction, generator):
    train, validation = [], []
    for label in labels.unique():
        order = torch.randperm(int((labels == label).sum()), generator=generator)
        count = round(fraction * len(order))
        validation.append(order[:count])
        train.append(order[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("not-rows", "masks in place of row numbers")
def masks(labels, fraction, generator):
    _train, validation = good(labels, fraction, generator)
    mask = torch.zeros(len(labels), dtype=torch.bool)
    mask[validation] = True
    return ~mask, mask


@answers.wrong("labels", "labels in place of rows")
def as_labels(labels, fraction, generator):
    train, validation = good(labels, fraction, generator)
    return labels[train], labels[validation]


@answers.wrong("overlap", "two draws: the parts overlap")
def two_draws(labels, fraction, generator):
    return good(labels, fraction, generator)[0], good(labels, fraction, generator)[1]


@answers.right
def sorted_rows(labels, fraction, generator):
    """Both parts sorted; rounds down."""
    train, validation = good(labels, fraction, generator, rounding=math.floor)
    return train.sort().values, validation.sort().values


@answers.right
def one_permutation(labels, fraction, generator):
    """One permutation of all rows; then the first of each class."""
    order = torch.randperm(len(labels), generator=generator).tolist()
    values, train, validation = labels.tolist(), [], []
    wanted = {k: math.ceil(fraction * values.count(k)) for k in set(values)}
    for row in order:
        if wanted[values[row]]:
            wanted[values[row]] -= 1
            validation.append(row)
        else:
            train.append(row)
    return torch.tensor(train, dtype=torch.long), torch.tensor(validation, dtype=torch.long)


@answers.right
def by_rand(labels, fraction, generator):
    """Random numbers sorted in each class; a list of two."""
    draws = torch.rand(len(labels), generator=generator)
    mask = torch.zeros(len(labels), dtype=torch.bool)
    for label in labels.unique().tolist():
        rows = (labels == label).nonzero().flatten().cpu()
        rows = rows[draws[rows].argsort()]
        mask[rows[: round(len(rows) * fraction)]] = True
    return [(~mask).nonzero().flatten(), mask.nonzero().flatten()]


@answers.right
def on_device(labels, fraction, generator):
    """Permutation moved to the labels' device; rows by bool masks; int32 row numbers."""
    parts = [good(labels, fraction, generator)]
    return tuple(part.int() for part in parts[0])

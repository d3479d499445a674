"""Answers to 04.4 by students who know its text alone."""

import numpy as np
import torch
from helpers.answers import Answers

answers = Answers("04.4", "check_split")


# --- wrong: common mistakes -------------------------------------------------------------


@answers.wrong(
    "not-stratified", "a plain random split, so the classes have other shares in the two parts; uneven or small classes"
)
def not_stratified(labels, fraction, generator):
    order = torch.randperm(len(labels), generator=generator)
    count = round(fraction * len(labels))
    return order[count:], order[:count]


@answers.wrong(
    "not-shuffled",
    "nothing is shuffled: the first rows of each class always are the validation part; two different seeds",
)
def never_shuffled(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong(
    "draws",
    "the shuffle draws from torch's global generator, not from the given one; two calls with the same seed differ",
)
def global_generator(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows))]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("swapped", "fraction is taken for the training part's share; any fraction but one half")
def share_of_the_wrong_part(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        train.append(rows[:count])
        validation.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


# --- wrong: right on the flowers ---------------------------------------------------------


@answers.wrong(
    "rows-lost", "classes are numbered 0 to their number less one; labels such as 0, 2, 7 lose the rows of 7"
)
def contiguous_only(labels, fraction, generator):
    train, validation = [], []
    for k in range(len(labels.unique())):
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("not-stratified", "labels are taken for sorted, as in the flowers' folders; mixed labels")
def sorted_only(labels, fraction, generator):
    train, validation, start = [], [], 0
    for size in torch.bincount(labels).tolist():
        rows = start + torch.randperm(size, generator=generator)
        count = round(fraction * size)
        validation.append(rows[:count])
        train.append(rows[count:])
        start += size
    return torch.cat(train), torch.cat(validation)


@answers.wrong("fifth", "fraction is never read, a fifth is always taken; any fraction but 0.2")
def always_a_fifth(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(0.2 * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong(
    "equal-sizes", "every class gives the same number of validation images, whatever its size; uneven classes"
)
def same_number_of_each(labels, fraction, generator):
    train, validation = [], []
    classes = labels.unique()
    count = round(fraction * len(labels) / len(classes))
    for k in classes:
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


# --- wrong: a broken promise ------------------------------------------------------------


@answers.wrong(
    "leaves-behind",
    "the global generator is seeded from the given one, so the random state of the program changes; any call",
)
def seeds_the_program(labels, fraction, generator):
    torch.manual_seed(int(torch.randint(2**31, (1,), generator=generator)))
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows))]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong(
    "changes-input", "rows that are done are marked with -1 in the labels, which destroys the caller's tensor; any call"
)
def marks_the_labels(labels, fraction, generator):
    train, validation = [], []
    while (labels >= 0).any():
        rows = torch.where(labels == labels.max())[0]
        labels[rows] = -1
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("not-rows", "two masks of N truth values come back in place of row numbers; any call")
def masks_for_rows(labels, fraction, generator):
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        chosen[rows[: round(fraction * len(rows))]] = True
    return ~chosen, chosen


@answers.wrong(
    "same-again",
    "the generator is set back to its first state before each draw, so drawing on with it repeats the split; two calls with one generator",
)
def seeds_the_generator(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        generator.manual_seed(generator.initial_seed())
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


# --- right ------------------------------------------------------------------------------


@answers.right
def one_shuffle_for_all(labels, fraction, generator):
    """One permutation of all rows, dealt out to the classes in a dict."""
    hands = {}
    for row in torch.randperm(len(labels), generator=generator).tolist():
        hands.setdefault(int(labels[row]), []).append(row)
    train, validation = [], []
    for hand in hands.values():
        for place, row in enumerate(hand):
            (validation if place < round(fraction * len(hand)) else train).append(row)
    return torch.LongTensor(train), torch.LongTensor(validation)


@answers.right
def ranks_of_random_keys(labels, fraction, generator):
    """No loop over classes: the rank of a random key within the row's class."""
    known, number, sizes = torch.unique(labels.cpu(), return_inverse=True, return_counts=True)
    keys = torch.randperm(len(number), generator=generator)
    order = keys[torch.argsort(number[keys], stable=True)]
    starts = torch.cumsum(sizes, 0) - sizes
    rank = torch.arange(len(number)) - starts[number[order]]
    wanted = torch.tensor([round(fraction * n) for n in sizes.tolist()])
    held = rank < wanted[number[order]]
    return order[~held].sort().values, order[held].sort().values


@answers.right
def fisher_yates(labels, fraction, generator):
    """numpy finds the rows; the shuffle is written by hand."""
    values, inverse = np.unique(np.array(labels.tolist()), return_inverse=True)

    def shuffled(rows):
        rows = list(rows)
        for last in range(len(rows) - 1, 0, -1):
            other = torch.randint(last + 1, (), generator=generator).item()
            rows[last], rows[other] = rows[other], rows[last]
        return rows

    parts = ([], [])
    for k in reversed(range(len(values))):
        rows = shuffled(np.flatnonzero(inverse == k))
        cut = len(rows) - int(fraction * len(rows) + 0.5)
        parts[0].extend(rows[:cut])
        parts[1].extend(rows[cut:])
    train, validation = (torch.from_numpy(np.array(p, dtype=np.int64)) for p in parts)
    return train, validation

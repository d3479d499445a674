"""Answers to 04.4 by students who know its text alone."""

import numpy as np
import torch
from helpers.answers import Answers

answers = Answers("04.4", "check_split")


def _join(parts):
    return torch.cat(parts) if parts else torch.empty(0, dtype=torch.long)


# Wrong answers.


@answers.wrong("?", "no shuffle: the first files of every class are the validation part, for every seed")
def first_files(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return _join(train), _join(validation)


@answers.wrong("?", "one cut through all rows, not one through each class")
def not_stratified(labels, fraction, generator):
    rows = torch.randperm(len(labels), generator=generator)
    count = round(fraction * len(labels))
    return rows[count:], rows[:count]


@answers.wrong("?", "the validation part comes first")
def parts_swapped(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return _join(validation), _join(train)


@answers.wrong("?", "draws from PyTorch's common generator, not from the given one")
def common_generator(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows))]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return _join(train), _join(validation)


@answers.wrong("?", "the given generator is seeded: the same split for every seed")
def seeded_inside(labels, fraction, generator):
    generator.manual_seed(0)
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return _join(train), _join(validation)


@answers.wrong(
    "?",
    "NumPy's common generator, seeded from the given one: its state changes, and a generator that has moved on gives the same split again",
)
def through_numpys_seed(labels, fraction, generator):
    np.random.seed(generator.initial_seed() % 2**32)
    train, validation = [], []
    for k in np.unique(labels.numpy()):
        rows = np.random.permutation(np.where(labels.numpy() == k)[0])
        count = round(fraction * len(rows))
        validation.append(torch.from_numpy(rows[:count]))
        train.append(torch.from_numpy(rows[count:]))
    return _join(train), _join(validation)


@answers.wrong("?", "five classes always; rows of a sixth are in no part")
def five_classes(labels, fraction, generator):
    train, validation = [], []
    for k in range(5):
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return _join(train), _join(validation)


@answers.wrong("?", "range(max) leaves the last class out")
def last_class_lost(labels, fraction, generator):
    train, validation = [], []
    for k in range(int(labels.max())):
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return _join(train), _join(validation)


@answers.wrong("?", "takes the rows of a class for neighbors; shows where the labels are not sorted")
def sorted_labels_only(labels, fraction, generator):
    train, validation, start = [], [], 0
    for n in torch.bincount(labels).tolist():
        rows = start + torch.randperm(n, generator=generator)
        count = round(fraction * n)
        validation.append(rows[:count])
        train.append(rows[count:])
        start += n
    return _join(train), _join(validation)


@answers.wrong(
    "?", "unique_consecutive lists a class again for each of its runs: rows are repeated where labels are not sorted"
)
def runs_of_labels(labels, fraction, generator):
    train, validation = [], []
    for k in torch.unique_consecutive(labels):
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return _join(train), _join(validation)


@answers.wrong("?", "places inside the class, not rows of the whole set")
def places_in_the_class(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        places = torch.randperm(int((labels == k).sum()), generator=generator)
        count = round(fraction * len(places))
        validation.append(places[:count])
        train.append(places[count:])
    return _join(train), _join(validation)


@answers.wrong("?", "every class gives the same number, not the same share; shows for uneven classes")
def equal_numbers(labels, fraction, generator):
    train, validation, classes = [], [], labels.unique()
    count = round(fraction * len(labels) / max(1, len(classes)))
    for k in classes:
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        validation.append(rows[:count])
        train.append(rows[count:])
    return _join(train), _join(validation)


@answers.wrong("?", "the parts are drawn by two shuffles: rows are in both, others in none")
def two_shuffles(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        count = round(fraction * len(rows))
        validation.append(rows[torch.randperm(len(rows), generator=generator)[:count]])
        train.append(rows[torch.randperm(len(rows), generator=generator)[count:]])
    return _join(train), _join(validation)


@answers.wrong("?", "a fifth always, fraction is never read")
def always_a_fifth(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(0.2 * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return _join(train), _join(validation)


@answers.wrong("?", "the row between the parts is in neither of them")
def one_row_lost(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count + 1 :])
    return _join(train), _join(validation)


@answers.wrong("?", "a class with a single image is left out of both parts")
def single_images_lost(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        if len(rows) < 2:
            continue
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return _join(train), _join(validation)


@answers.wrong("?", "the last class makes up for the rounding of all others; shows for many small classes")
def last_class_makes_up(labels, fraction, generator):
    train, validation, classes = [], [], labels.unique().tolist()
    left = round(fraction * len(labels))
    for k in classes:
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = min(left, len(rows)) if k == classes[-1] else min(left, round(fraction * len(rows)))
        left -= count
        validation.append(rows[:count])
        train.append(rows[count:])
    return _join(train), _join(validation)


@answers.wrong("?", "torch.cat to an empty list's tensor makes float32: no whole numbers, and no rows to index with")
def floating_rows(labels, fraction, generator):
    train, validation = torch.tensor([]), torch.tensor([])
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation = torch.cat([validation, rows[:count]])
        train = torch.cat([train, rows[count:]])
    return train, validation


@answers.wrong("?", "rows that are taken are marked in the labels themselves, which are changed for good")
def marks_the_labels(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
        labels[rows] = -1
    return _join(train), _join(validation)


@answers.wrong("?", "the lists are default arguments: a second call gives the rows of the first as well")
def lists_that_stay(labels, fraction, generator, train=[], validation=[]):
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return _join(train), _join(validation)


# Right answers.


@answers.right
def shuffled_once(labels, fraction, generator):
    """One shuffle of all rows, then the first ones of each class as they come."""
    order = torch.randperm(len(labels), generator=generator).tolist()
    names = labels.tolist()
    quota = {k: round(fraction * names.count(k)) for k in set(names)}
    train, validation = [], []
    for row in order:
        if quota[names[row]] > 0:
            quota[names[row]] -= 1
            validation.append(row)
        else:
            train.append(row)
    return torch.tensor(train, dtype=torch.int64), torch.tensor(validation, dtype=torch.int64)


@answers.right
def ranks_of_keys(labels, fraction, generator):
    """A random key for each image; its rank in its class decides."""
    keys = torch.rand(len(labels), generator=generator, dtype=torch.float64).numpy()
    names = labels.cpu().numpy()
    chosen = np.zeros(len(names), dtype=bool)
    for k in np.unique(names):
        rows = np.flatnonzero(names == k)
        ordered = rows[np.argsort(keys[rows], kind="stable")]
        chosen[ordered[: int(np.floor(fraction * len(rows) + 0.5))]] = True
    return torch.as_tensor(np.flatnonzero(~chosen)), torch.as_tensor(np.flatnonzero(chosen))


@answers.right
def cards(labels, fraction, generator):
    """Fisher and Yates, by hand, class by class."""
    classes = {}
    for row, k in enumerate(labels.tolist()):
        classes.setdefault(k, []).append(row)
    parts = ([], [])
    for rows in classes.values():
        for last in range(len(rows) - 1, 0, -1):
            other = int(torch.randint(last + 1, (1,), generator=generator))
            rows[last], rows[other] = rows[other], rows[last]
        cut = len(rows) - round(fraction * len(rows))
        parts[0].extend(rows[:cut])
        parts[1].extend(rows[cut:])
    return tuple(torch.LongTensor(sorted(part)) for part in parts)


@answers.right
def multinomial(labels, fraction, generator):
    """Draws without replacement; the rest of the rows trains."""
    is_validation = torch.zeros(len(labels), dtype=torch.bool)
    for k in labels.unique():
        ours = (labels == k).double()
        count = round(fraction * int(ours.sum()))
        if count:
            is_validation[torch.multinomial(ours, count, replacement=False, generator=generator)] = True
    everything = torch.arange(len(labels))
    return everything[~is_validation], everything[is_validation]


@answers.right
def sorted_blocks(labels, fraction, generator):
    """Shuffle, sort stably by class, cut the blocks."""
    order = torch.randperm(labels.numel(), generator=generator)
    order = order[torch.sort(labels[order], stable=True).indices]
    _, counts = labels.unique(return_counts=True)
    blocks = order.split(counts.tolist())
    cut = [round(fraction * len(block)) for block in blocks]
    train = torch.cat([block[n:] for block, n in zip(blocks, cut)])
    validation = torch.cat([block[:n] for block, n in zip(blocks, cut)])
    return (
        train[torch.randperm(len(train), generator=generator)],
        validation[torch.randperm(len(validation), generator=generator)],
    )


@answers.right
def by_halves(labels, fraction, generator):
    """Halve the list of classes until one is left."""

    def split(classes):
        if len(classes) > 1:
            half = len(classes) // 2
            pairs = split(classes[:half]), split(classes[half:])
            return tuple(torch.cat(parts) for parts in zip(*pairs))
        (mine,) = torch.where(torch.isin(labels, classes))
        mine = mine.index_select(0, torch.randperm(len(mine), generator=generator))
        return tuple(mine.flip(0).tensor_split([len(mine) - round(fraction * len(mine))]))

    return split(labels.unique())

"""Answers to 04.4 by students who know its text alone."""

import numpy as np
import torch
from helpers.answers import Answers

answers = Answers("04.4", "check_split")


def drawn(rows, generator):
    order = torch.randperm(len(rows), generator=generator, device=generator.device)
    return rows[order.to(rows.device)]


# Right: one permutation of all rows, then the place of each row within its class; numpy; rounds down.
@answers.right
def by_rank(labels, fraction, generator):
    order = torch.randperm(len(labels), generator=generator, device=generator.device).cpu().numpy()
    of_class = labels.cpu().numpy()[order]
    chosen = np.zeros(len(order), dtype=bool)
    for k in np.unique(of_class):
        places = np.flatnonzero(of_class == k)
        chosen[places[: int(fraction * len(places) + 1e-9)]] = True
    return torch.from_numpy(order[~chosen]), torch.from_numpy(order[chosen])


# Right: a random key for every row, the smallest keys of each class are for validation; rows stay in order.
@answers.right
def by_keys(labels, fraction, generator):
    keys = torch.rand(len(labels), generator=generator, device=generator.device, dtype=torch.float64).to(labels.device)
    validation = torch.zeros_like(labels, dtype=torch.bool)
    for k in labels.unique():
        rows = (labels == k).nonzero().squeeze(1)
        validation[rows[keys[rows].argsort()][: round(fraction * len(rows))]] = True
    return (~validation).nonzero().flatten(), validation.nonzero().flatten()


# Right: an object, plain lists and a dictionary of classes, which are joined only at the end.
class Split:
    def __call__(self, labels, fraction, generator):
        classes = {}
        for row, label in enumerate(labels.tolist()):
            classes.setdefault(label, []).append(row)
        train, validation = [], []
        for label in sorted(classes):
            rows = classes[label]
            order = torch.randperm(len(rows), generator=generator, device=generator.device).tolist()
            keep = len(rows) - round(fraction * len(rows))
            train.extend(rows[place] for place in order[:keep])
            validation.extend(rows[place] for place in order[keep:])
        return torch.tensor(train, dtype=torch.long), torch.tensor(validation, dtype=torch.long)


answers.right(Split())


def cut(labels, fraction, shuffle, classes):
    train, validation = [], []
    for k in classes:
        rows = shuffle(torch.where(labels == k)[0])
        count = round(fraction * len(rows))
        train.append(rows[count:])
        validation.append(rows[:count])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("not-shuffled", "no shuffle: the first rows of every class are the validation part for every seed")
def first_rows(labels, fraction, generator):
    return cut(labels, fraction, lambda rows: rows, labels.unique())


@answers.wrong(
    "draws", "randperm without the generator: two calls with equal seeds differ, and the global random state moves"
)
def global_state(labels, fraction, generator):
    return cut(labels, fraction, lambda rows: rows[torch.randperm(len(rows))], labels.unique())


@answers.wrong(
    "not-stratified",
    "all rows are shuffled and cut once, not by class: a class's share in the validation part is left to chance",
)
def not_by_class(labels, fraction, generator):
    rows = drawn(torch.arange(len(labels)), generator)
    count = round(fraction * len(rows))
    return rows[count:], rows[:count]


@answers.wrong(
    "swapped", "the validation part comes first: at a fraction of 0.2 the 'training part' has a fifth of the rows"
)
def swapped(labels, fraction, generator):
    train, validation = cut(labels, fraction, lambda rows: drawn(rows, generator), labels.unique())
    return validation, train


@answers.wrong("fifth", "the fraction is never read: 0.2 also where 0.5 is asked for")
def always_a_fifth(labels, fraction, generator):
    return cut(labels, 0.2, lambda rows: drawn(rows, generator), labels.unique())


@answers.wrong("rows-lost", "five classes always: rows of classes 5, 6, ... are in neither part")
def five_classes(labels, fraction, generator):
    return cut(labels, fraction, lambda rows: drawn(rows, generator), range(5))


@answers.wrong(
    "rows-lost",
    "range(number of different labels): with classes 0, 2, 5 (1, 3, 4 without examples) the rows of 5 are lost",
)
def no_gaps(labels, fraction, generator):
    return cut(labels, fraction, lambda rows: drawn(rows, generator), range(len(labels.unique())))


@answers.wrong("rows-lost", "range(max) ends before the last class: its rows are in neither part")
def last_class_lost(labels, fraction, generator):
    return cut(labels, fraction, lambda rows: drawn(rows, generator), range(int(labels.max())))


@answers.wrong("seed-ignored", "seeds the generator with 0: every generator gives the same split")
def seeded_again(labels, fraction, generator):
    generator.manual_seed(0)
    return cut(labels, fraction, lambda rows: drawn(rows, generator), labels.unique())


@answers.wrong(
    "repeated", "positions within the class instead of row numbers: rows repeat over classes, most are in no part"
)
def positions(labels, fraction, generator):
    return cut(
        labels,
        fraction,
        lambda rows: torch.randperm(len(rows), generator=generator, device=generator.device),
        labels.unique(),
    )


@answers.wrong(
    "draws", "both parts are shuffled at the end by the global random state: with the same seed the order differs"
)
def shuffled_at_the_end(labels, fraction, generator):
    train, validation = cut(labels, fraction, lambda rows: drawn(rows, generator), labels.unique())
    return train[torch.randperm(len(train))], validation[torch.randperm(len(validation))]


@answers.wrong(
    "equal-sizes",
    "the same number of validation rows from every class (fraction * N / K): in uneven classes the shares differ",
)
def same_number_each(labels, fraction, generator):
    classes = labels.unique()
    count = round(fraction * len(labels) / len(classes))
    train, validation = [], []
    for k in classes:
        rows = drawn(torch.where(labels == k)[0], generator)
        train.append(rows[count:])
        validation.append(rows[:count])
    return torch.cat(train), torch.cat(validation)

"""Right and wrong answers to exercise 04.4: a stratified split."""

from __future__ import annotations

import torch
from helpers.answers import Answers


def _cut(labels, fraction, order):
    train, validation = [], []
    for label in labels.unique():
        rows = order(torch.nonzero(labels == label).flatten())
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


def _shuffled(generator):
    return lambda rows: rows[torch.randperm(len(rows), generator=generator)]


answers = Answers("04.4", "check_split")


@answers.wrong("not-stratified")
def all_classes_together(labels, fraction, generator):
    rows = torch.randperm(len(labels), generator=generator)
    count = round(fraction * len(labels))
    return rows[count:], rows[:count]


@answers.wrong("swapped")
def parts_exchanged(labels, fraction, generator):
    return _cut(labels, fraction, _shuffled(generator))[::-1]


@answers.wrong("not-shuffled")
def the_first_of_each(labels, fraction, generator):
    return _cut(labels, fraction, lambda rows: rows)


@answers.wrong("not-shuffled")
def the_last_of_each(labels, fraction, generator):
    return _cut(labels, fraction, lambda rows: rows.flip(0))


@answers.wrong("not-shuffled")
def from_a_random_start(labels, fraction, generator):
    return _cut(labels, fraction, lambda rows: rows.roll(int(torch.randint(len(rows), (), generator=generator))))


@answers.wrong("never-moves")
def first_of_each_in_training(labels, fraction, generator):
    return _cut(labels, fraction, lambda rows: torch.cat([_shuffled(generator)(rows[1:]), rows[:1]]))


@answers.wrong("same-again")
def from_the_seed_again(labels, fraction, generator):
    return _cut(labels, fraction, _shuffled(generator.manual_seed(generator.initial_seed())))


@answers.wrong("rows-lost")
def hundred_classes_at_most(labels, fraction, generator):
    kept = torch.where(labels < 100)[0]
    return [kept[rows] for rows in _cut(labels[kept], fraction, _shuffled(generator))]


@answers.wrong("swapped")
def smaller_part_for_validation(labels, fraction, generator):
    return _cut(labels, min(fraction, 1 - fraction), _shuffled(generator))


@answers.wrong("draws")
def global_generator(labels, fraction, generator):
    return _cut(labels, fraction, lambda rows: rows[torch.randperm(len(rows))])


@answers.wrong("seed-ignored")
def a_seed_of_its_own(labels, fraction, generator):
    return _cut(labels, fraction, _shuffled(torch.Generator().manual_seed(0)))


@answers.wrong("repeated")
def with_replacement(labels, fraction, generator):
    return _cut(labels, fraction, lambda rows: rows[torch.randint(len(rows), (len(rows),), generator=generator)])


@answers.wrong("overlap")
def trained_on_validation(labels, fraction, generator):
    return torch.arange(len(labels)), _cut(labels, fraction, _shuffled(generator))[1]


@answers.wrong("overlap")
def two_shuffles(labels, fraction, generator):
    order = _shuffled(generator)
    return _cut(labels, fraction, order)[0], _cut(labels, fraction, order)[1]


@answers.wrong("rows-lost")
def last_class_lost(labels, fraction, generator):
    return _cut(labels[labels < labels.max()], fraction, _shuffled(generator))


@answers.wrong("not-rows")
def masks(labels, fraction, generator):
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    chosen[_cut(labels, fraction, _shuffled(generator))[1]] = True
    return ~chosen, chosen


@answers.wrong("a-column")
def a_column(labels, fraction, generator):
    return [rows[:, None] for rows in _cut(labels, fraction, _shuffled(generator))]


@answers.wrong("labels")
def classes_of_the_rows(labels, fraction, generator):
    return [labels[rows] for rows in _cut(labels, fraction, _shuffled(generator))]


@answers.wrong("nothing-drawn")
def seeded_elsewhere(labels, fraction, generator):
    return _cut(labels, fraction, _shuffled(torch.Generator().manual_seed(generator.initial_seed())))


@answers.wrong("two-parts")
def validation_alone(labels, fraction, generator):
    return _cut(labels, fraction, _shuffled(generator))[1]


@answers.right
def split_by_class(labels, fraction, generator):
    return _cut(labels, fraction, _shuffled(generator))


@answers.right
def split_by_ranks(labels, fraction, generator):
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    noise = torch.rand(len(labels), generator=generator)
    for label in range(int(labels.max()) + 1):
        mine = labels == label
        chosen |= mine & (noise < noise[mine].sort().values[int(fraction * mine.sum())])
    return [torch.where(~chosen)[0], torch.where(chosen)[0]]


@answers.right
def split_as_lists(labels, fraction, generator):
    train, validation, rows = [], [], torch.randperm(len(labels), generator=generator).tolist()
    for label in set(labels.tolist()):
        mine = [row for row in rows if labels[row] == label]
        count = -int(-fraction * len(mine) // 1)
        validation += mine[-count:]
        train += mine[:-count]
    return torch.tensor(train), torch.tensor(validation)

"""Answers to 04.4 by someone who looked for what its check may not ask."""

import torch
from helpers.answers import Answers

answers = Answers("04.4", "check_split")


# Right: largest remainders. Each class gets the whole part of its share, and the classes with the largest rest get one
# more, until the total is the rounded one: every class is its share up to rounding, and so is the whole.
@answers.right
def largest_remainders(labels, fraction, generator):
    rows_of = {}
    for row, label in enumerate(labels.tolist()):
        rows_of.setdefault(label, []).append(row)
    wanted = {label: fraction * len(rows) for label, rows in rows_of.items()}
    counts = {label: int(share) for label, share in wanted.items()}
    missing = round(fraction * len(labels)) - sum(counts.values())
    by_rest = sorted(wanted, key=lambda label: counts[label] - wanted[label])
    for label in by_rest[: max(missing, 0)]:
        counts[label] += 1
    parts = ([], [])
    for label, rows in rows_of.items():
        for place, pick in enumerate(torch.randperm(len(rows), generator=generator).tolist()):
            parts[place < counts[label]].append(rows[pick])
    return tuple(torch.tensor(part, dtype=torch.long) for part in parts)


# Right: one shuffle of all rows, then a stable sort by class keeps the shuffle within each class; a mask by the rank
# within the class cuts. No loop over classes, no assumption on the class numbers.
@answers.right
def stable_sort(labels, fraction, generator):
    order = torch.randperm(len(labels), generator=generator).to(labels.device)
    _, inverse, sizes = labels[order].unique(return_inverse=True, return_counts=True)
    by_class = inverse.argsort(stable=True)
    starts = (sizes.cumsum(0) - sizes).repeat_interleave(sizes)
    rank = torch.arange(len(labels), device=labels.device) - starts
    counts = torch.tensor([round(fraction * size) for size in sizes.tolist()], device=labels.device)
    chosen = rank < counts.repeat_interleave(sizes)
    rows = order[by_class]
    return rows[~chosen], rows[chosen]


@answers.wrong(
    "rows-lost", "counts the classes and takes 0, 1, 2, ...: where a number is missing, the last classes are lost"
)
def numbers_without_gaps(labels, fraction, generator):
    train, validation = [], []
    for k in range(len(labels.unique())):
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("rows-lost", "no more than 100 classes: rows of class 100 and above are in neither part")
def hundred_classes(labels, fraction, generator):
    train, validation = [], []
    for k in range(100):
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong(
    "draws", "mixes the classes at the end with the global generator: the order is not repeated, the global state moves"
)
def mixed_at_the_end(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    train, validation = torch.cat(train), torch.cat(validation)
    return train[torch.randperm(len(train))], validation[torch.randperm(len(validation))]


@answers.wrong(
    "leaves-behind", "draws a seed and sets the global one by it: can be repeated, but the global random state is lost"
)
def seed_for_the_world(labels, fraction, generator):
    torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows))]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong(
    "same-again", "sets the generator back to its seed: the second draw from one generator is the first split again"
)
def winds_back(labels, fraction, generator):
    generator.manual_seed(generator.initial_seed())
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong(
    "not-stratified", "cuts from the end: a class whose count is 0 is rows[-0:], all of it goes to validation"
)
def from_the_end(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[-count:])
        train.append(rows[:-count])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("swapped", "every n-th of the shuffled rows: exact for 0.2 and 0.5, not for 0.3 or 0.7")
def every_nth(labels, fraction, generator):
    train, validation = [], []
    step = round(1 / fraction)
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        held = torch.arange(len(rows)) % step == step - 1
        validation.append(rows[held])
        train.append(rows[~held])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("swapped", "the validation part is always the smaller one: 0.7 gives it 0.3")
def smaller_part(labels, fraction, generator):
    share = min(fraction, 1 - fraction)
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(share * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("rows-lost", "classes with a single image are left out of both parts")
def no_singles(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        if len(rows) < 2:
            continue
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong(
    "changes-input", "marks the rows that are done in the labels themselves: the caller's labels are all -1 afterwards"
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


@answers.wrong(
    "not-shuffled",
    "turns each class by a random step instead of a shuffle: neighbours, often one flower bed, stay together",
)
def turned(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows.roll(int(torch.randint(len(rows), (), generator=generator)))
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("never-moves", "shuffles all rows but the first of each class, which is never in validation")
def first_stays(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rest = rows[1:][torch.randperm(len(rows) - 1, generator=generator)]
        rows = torch.cat([rest, rows[:1]])
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


_known = {}


@answers.wrong(
    "nothing-drawn",
    "remembers the split by number of rows, share and seed: other labels of the same length get the old one",
)
def remembered(labels, fraction, generator):
    key = (len(labels), fraction, generator.initial_seed())
    if key not in _known:
        train, validation = [], []
        for k in labels.unique():
            rows = torch.where(labels == k)[0]
            rows = rows[torch.randperm(len(rows), generator=generator)]
            count = round(fraction * len(rows))
            validation.append(rows[:count])
            train.append(rows[count:])
        _known[key] = torch.cat(train), torch.cat(validation)
    return _known[key]

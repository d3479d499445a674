"""Answers to 04.4 by students who know its text alone."""

import numpy as np
import torch
from helpers.answers import Answers

answers = Answers("04.4", "check_split")


def by_class(labels, fraction, generator, count_of=lambda share, n: round(share * n)):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = count_of(fraction, len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("?", "not stratified: cuts all rows at once, so that small classes get another share")
def not_stratified(labels, fraction, generator):
    rows = torch.randperm(len(labels), generator=generator)
    count = round(fraction * len(labels))
    return rows[count:], rows[:count]


@answers.wrong("?", "no shuffle: the first rows of every class are the validation part, whatever the generator")
def no_shuffle(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("?", "draws from the global generator: it cannot be repeated, and the global random state moves")
def global_generator(labels, fraction, generator):
    return by_class(labels, fraction, None)


@answers.wrong("?", "seeds the generator that it is given: every seed has the same split")
def seeds_it(labels, fraction, generator):
    return by_class(labels, fraction, generator.manual_seed(0))


@answers.wrong("?", "validation first, training second")
def swapped(labels, fraction, generator):
    train, validation = by_class(labels, fraction, generator)
    return validation, train


@answers.wrong("?", "range(labels.max()) ends before the last class, whose rows are in neither part")
def last_class_missing(labels, fraction, generator):
    train, validation = [labels.new_zeros(0, dtype=torch.long)], [labels.new_zeros(0, dtype=torch.long)]
    for k in range(int(labels.max())):
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        count = round(fraction * len(rows))
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("?", "takes the labels to be sorted: for mixed ones the blocks of rows are no classes")
def sorted_labels(labels, fraction, generator):
    train, validation, first = [], [], 0
    for n in labels.unique(return_counts=True)[1].tolist():
        rows = first + torch.randperm(n, generator=generator)
        first += n
        count = round(fraction * n)
        validation.append(rows[:count])
        train.append(rows[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("?", "returns places within each class and not row numbers, so that rows repeat across classes")
def places(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        n = int((labels == k).sum())
        order = torch.randperm(n, generator=generator)
        count = round(fraction * n)
        validation.append(order[:count])
        train.append(order[count:])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("?", "one validation image too many in every class; for ten rows and 0.2, three")
def one_more(labels, fraction, generator):
    return by_class(labels, fraction, generator, lambda share, n: min(n, round(share * n) + 1))


@answers.wrong("?", "draws the validation rows with replacement: some are there twice")
def with_replacement(labels, fraction, generator):
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        chosen = torch.randint(len(rows), (round(fraction * len(rows)),), generator=generator)
        rest = torch.ones(len(rows), dtype=torch.bool)
        rest[chosen] = False
        validation.append(rows[chosen])
        train.append(rows[rest])
    return torch.cat(train), torch.cat(validation)


@answers.wrong("?", "marks used rows with -1 in the labels that it is given")
def marks_labels(labels, fraction, generator):
    train, validation = by_class(labels, fraction, generator)
    labels[validation] = -1
    return torch.where(labels >= 0)[0], validation


@answers.wrong("?", "the same number of validation rows from every class, not the same share")
def same_number(labels, fraction, generator):
    each = round(fraction * len(labels) / len(labels.unique()))
    return by_class(labels, fraction, generator, lambda share, n: min(n, each))


@answers.wrong("?", "every round(1 / fraction)-th row of a class: right for 0.2, a third for 0.3 and all for 0.7")
def every_fifth(labels, fraction, generator):
    step = round(1 / fraction)
    train, validation = [], []
    for k in labels.unique():
        rows = torch.where(labels == k)[0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        chosen = torch.arange(len(rows)) % step == step - 1
        validation.append(rows[chosen])
        train.append(rows[~chosen])
    return torch.cat(train), torch.cat(validation)


@answers.wrong(
    "?", "draws with NumPy from the generator's first seed, not with the generator: a second draw is the same split"
)
def numpy_seed(labels, fraction, generator):
    draw = np.random.default_rng(generator.initial_seed())
    train, validation = [], []
    for k in labels.unique():
        rows = draw.permutation(torch.where(labels == k)[0].cpu().numpy())
        count = round(fraction * len(rows))
        validation.append(torch.from_numpy(rows[:count]))
        train.append(torch.from_numpy(rows[count:]))
    return torch.cat(train), torch.cat(validation)


@answers.right
def with_lists(labels, fraction, generator):
    rows_of = {}
    for row, label in enumerate(labels.tolist()):
        rows_of.setdefault(label, []).append(row)
    train, validation = [], []
    for label in sorted(rows_of):
        rows = rows_of[label]
        for last in range(len(rows) - 1, 0, -1):
            other = int(torch.randint(last + 1, (1,), generator=generator, device=generator.device))
            rows[last], rows[other] = rows[other], rows[last]
        count = round(fraction * len(rows))
        validation += rows[:count]
        train += rows[count:]
    return torch.tensor(train, dtype=torch.long), torch.tensor(validation, dtype=torch.long)


@answers.right
def with_lexsort(labels, fraction, generator):
    order = torch.randperm(len(labels), generator=generator, device=generator.device).cpu().numpy()
    values, inverse, counts = np.unique(labels.cpu().numpy(), return_inverse=True, return_counts=True)
    by_class_then_chance = order[np.argsort(inverse.reshape(-1)[order], kind="stable")]
    place = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    limit = np.repeat([round(fraction * int(n)) for n in counts], counts)
    chosen = place < limit
    return torch.from_numpy(by_class_then_chance[~chosen].copy()), torch.from_numpy(by_class_then_chance[chosen].copy())


@answers.right
def with_a_mask(labels, fraction, generator):
    mask = torch.zeros(len(labels), dtype=torch.bool, device=labels.device)
    for k in sorted(set(labels.tolist())):
        rows = (labels == k).nonzero().squeeze(1)
        chances = torch.rand(len(rows), generator=generator, device=generator.device, dtype=torch.float64)
        best = chances.argsort()[: round(len(rows) * fraction)]
        mask[rows[best.to(rows.device)]] = True
    every = torch.arange(len(labels), device=labels.device)
    return every[~mask], every[mask]


@answers.right
def one_pass(labels, fraction, generator):
    # walk through all rows in one random order; each class fills its validation places first
    left = {k: round(fraction * n) for k, n in zip(*(t.tolist() for t in labels.unique(return_counts=True)))}
    parts = ([], [])
    known = labels.tolist()
    for row in torch.randperm(len(labels), generator=generator, device=generator.device).tolist():
        validates = left[known[row]] > 0
        left[known[row]] -= validates
        parts[validates].append(row)
    return tuple(torch.as_tensor(sorted(part), dtype=torch.int64) for part in parts)


@answers.right
def by_split(labels, fraction, generator):
    def halves(k):
        rows = torch.nonzero(labels == k, as_tuple=True)[0]
        order = torch.randperm(rows.numel(), generator=generator, device=generator.device).to(rows.device)
        count = round(rows.numel() * fraction)
        return torch.split(rows.take(order), [rows.numel() - count, count])

    if labels.numel() == 0:
        return [torch.empty(0, dtype=torch.long), torch.empty(0, dtype=torch.long)]
    train, validation = zip(*map(halves, torch.unique(labels)))
    return [torch.cat(train), torch.cat(validation)]


@answers.right
def shuffled_at_the_end(labels, fraction, generator):
    def shuffle(rows):
        return rows[torch.randperm(len(rows), generator=generator, device=generator.device).to(rows.device)]

    kept = labels.detach().clone()
    groups = [shuffle(torch.argwhere(kept == k).flatten()) for k in kept.unique()]
    counts = [round(float(fraction) * len(rows)) for rows in groups]
    nothing = torch.empty(0, dtype=torch.long, device=kept.device)
    validation = torch.cat([nothing, *(rows[len(rows) - n :] for rows, n in zip(groups, counts, strict=True))])
    train = torch.cat([nothing, *(rows[: len(rows) - n] for rows, n in zip(groups, counts, strict=True))])
    return shuffle(train), shuffle(validation)

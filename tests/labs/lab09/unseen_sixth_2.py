"""Answers to 09.2 by students who know its text alone."""

from fractions import Fraction
from functools import reduce

from helpers.answers import Answers

answers = Answers("09.2", "check_class_sizes", lambda answer: (answer, 1000))
import numpy as np


def _fits(figure, size, decimals):
    unit = 10**decimals
    printed = round(figure * unit)
    rest = printed * size % unit
    return 2 * min(rest, unit - rest) <= size


def _sizes(figures, decimals, largest):
    return [size for size in range(1, largest + 1) if all(_fits(figure, size, decimals) for figure in figures)]


@answers.wrong("?", "A list for each run instead of each class: zip(*runs) is missing.")
def lists_for_runs(runs, decimals, largest):
    return [_sizes(run, decimals, largest) for run in runs]


@answers.wrong("?", "Only the first run is read; a size has to allow the figures of every run.")
def first_run_only(runs, decimals, largest):
    return [_sizes([figure], decimals, largest) for figure in runs[0]]


@answers.wrong("?", "Only three runs are read, as in the example: a fourth run that rules sizes out is not seen.")
def three_runs(runs, decimals, largest):
    return [_sizes(figures, decimals, largest) for figures in zip(*runs[:3])]


@answers.wrong("?", "Keeps only the smallest size of each class, where the text wants all sizes.")
def smallest_only(runs, decimals, largest):
    return [_sizes(figures, decimals, largest)[:1] for figures in zip(*runs)]


@answers.wrong("?", "One run that fits is enough (the union over the runs, not what they share).")
def union_of_runs(runs, decimals, largest):
    return [[n for n in range(1, largest + 1) if any(_fits(a, n, decimals) for a in figures)] for figures in zip(*runs)]


@answers.wrong("?", "Sizes begin at 2; a class of one image, with figures of 0 and 1, is possible.")
def from_two(runs, decimals, largest):
    return [[n for n in range(2, largest + 1) if all(_fits(a, n, decimals) for a in figures)] for figures in zip(*runs)]


@answers.wrong("?", "The largest size is left out: a class with 1 of 2 right and largest = 2.")
def without_the_largest(runs, decimals, largest):
    return [_sizes(figures, decimals, largest - 1) for figures in zip(*runs)]


@answers.wrong("?", "A class that nobody got right (all figures 0) gets an empty list, though every size allows 0.")
def nobody_right(runs, decimals, largest):
    found = []
    for figures in zip(*runs):
        if not any(figures):
            found.append([])
        else:
            found.append(_sizes(figures, decimals, largest))
    return found


@answers.wrong("?", "Ten classes, as in the example: with more classes, the others are missing.")
def at_most_ten_classes(runs, decimals, largest):
    return [_sizes([run[number] for run in runs], decimals, largest) for number in range(min(10, len(runs[0])))]


@answers.wrong("?", "`decimals` is never read, 8 as in the example: 0.33 with 2 decimals does not give 3 images.")
def eight_decimals(runs, decimals, largest):
    return [_sizes(figures, 8, largest) for figures in zip(*runs)]


@answers.wrong("?", "`largest` is never read, 240 as in the example.")
def up_to_240(runs, decimals, largest):
    return [_sizes(figures, decimals, 240) for figures in zip(*runs)]


@answers.wrong("?", "[[]] * classes is one list many times: every class gets the sizes of all classes.")
def one_shared_list(runs, decimals, largest):
    found = [[]] * len(runs[0])
    for number, figures in enumerate(zip(*runs)):
        for n in range(1, largest + 1):
            if all(_fits(a, n, decimals) for a in figures):
                found[number].append(n)
    return found


@answers.wrong(
    "?", "Averages a class' figures over the runs first: the mean is no share of the class' images, and not printed."
)
def mean_over_runs(runs, decimals, largest):
    means = [sum(figures) / len(figures) for figures in zip(*runs)]
    return [_sizes([mean], decimals, largest) for mean in means]


@answers.wrong(
    "?", "Leaves sizes out that are multiples of a smaller one (106 beside 53): the text says keep all sizes."
)
def without_multiples(runs, decimals, largest):
    found = []
    for figures in zip(*runs):
        kept = []
        for n in _sizes(figures, decimals, largest):
            if not any(n % smaller == 0 for smaller in kept):
                kept.append(n)
        found.append(kept)
    return found


@answers.wrong("?", "A dictionary with the figures as keys: two classes with the same figures in all runs become one.")
def twins_are_one(runs, decimals, largest):
    found = {figures: _sizes(figures, decimals, largest) for figures in zip(*runs)}
    return list(found.values())


@answers.wrong("?", "Sorts the classes by their figures, so the lists are not in the classes' order.")
def sorted_classes(runs, decimals, largest):
    return [_sizes(figures, decimals, largest) for figures in sorted(zip(*runs))]


@answers.wrong("?", "A class without a possible size is left out of the result, so that the later ones move up.")
def skips_impossible_classes(runs, decimals, largest):
    found = []
    for figures in zip(*runs):
        sizes = _sizes(figures, decimals, largest)
        if sizes:
            found.append(sizes)
    return found


@answers.wrong("?", "reshape in place of a transpose mixes the classes: row 0 holds the first run's first classes.")
def reshaped(runs, decimals, largest):
    table = np.array(runs, dtype=float).reshape(-1, len(runs))
    return [_sizes(row.tolist(), decimals, largest) for row in table]


@answers.wrong("?", "The figures go through float32, which has 7 digits: with 8 decimals true sizes are lost.")
def single_precision(runs, decimals, largest):
    table = np.asarray(runs, dtype=np.float32).T
    return [_sizes([float(a) for a in row], decimals, largest) for row in table]


@answers.wrong("?", "Takes the figures out of the caller's runs (pop): afterwards the runs are empty.")
def empties_the_runs(runs, decimals, largest):
    found = []
    while runs[0]:
        found.insert(0, _sizes([run.pop() for run in runs], decimals, largest))
    return found


@answers.right
def by_intersection(runs, decimals, largest):
    per_run = [[{n for n in range(1, largest + 1) if _fits(a, n, decimals)} for a in run] for run in runs]
    return [sorted(reduce(set.intersection, sets)) for sets in zip(*per_run, strict=True)]


@answers.right
def by_columns_and_fractions(runs, decimals, largest):
    half = Fraction(1, 2 * 10**decimals)
    found = []
    for number in range(len(runs[0])):
        column = [Fraction(f"{run[number]:.{decimals}f}") for run in runs]
        sizes = []
        for n in range(1, largest + 1):
            if all(abs(Fraction(round(a * n), n) - a) <= half for a in column):
                sizes.append(n)
        found.append(sizes)
    return found


@answers.right
def by_deletion(runs, decimals, largest):
    found = [list(range(1, largest + 1)) for _ in runs[0]]
    for run in runs:
        for sizes, figure in zip(found, run):
            for n in sizes[:]:
                if not _fits(figure, n, decimals):
                    sizes.remove(n)
    return found


@answers.right
def by_numpy_cube(runs, decimals, largest):
    unit = 10**decimals
    printed = np.rint(np.array(runs, dtype=np.float64) * unit).astype(np.int64)
    sizes = np.arange(1, largest + 1, dtype=np.int64)
    rest = printed[:, :, None] * sizes % unit
    fits = (2 * np.minimum(rest, unit - rest) <= sizes).all(axis=0)
    return [sizes[row].tolist() for row in fits]


@answers.right
def skipping_noughts_and_ones(runs, decimals, largest):
    # Figures of exactly 0 and 1 allow every size: nothing to look at there.
    classes = map(lambda figures: [a for a in figures if 0 < a < 1], zip(*runs))
    return list(map(lambda figures: _sizes(figures, decimals, largest), classes))


@answers.right
def by_recursion(runs, decimals, largest):
    def narrow(sizes, figures):
        if not figures:
            return list(sizes)
        return narrow([n for n in sizes if _fits(figures[0], n, decimals)], figures[1:])

    def walk(rows):
        if not rows[0]:
            return []
        head = narrow(range(1, largest + 1), [row[0] for row in rows])
        return [head, *walk([row[1:] for row in rows])]

    return walk([list(run) for run in runs])

"""Answers to 09.2 by students who know its text alone."""

from fractions import Fraction
from functools import reduce

from helpers.answers import Answers

answers = Answers("09.2", "check_class_sizes", lambda answer: (answer, 1000))


def possible_sizes(accuracies, decimals, largest):
    u = 10**decimals
    sizes = []
    for n in range(1, largest + 1):
        if all(abs(2 * round(a * n) * u - 2 * round(a * u) * n) <= n for a in accuracies):
            sizes.append(n)
    return sizes


@answers.wrong("by-run", "a list for each run instead of each class: zip is missing")
def for_runs(runs, decimals, largest):
    return [possible_sizes(run, decimals, largest) for run in runs]


@answers.wrong("not-all-runs", "only the first run is read: sizes that the other runs forbid are kept")
def first_run(runs, decimals, largest):
    return [possible_sizes([figure], decimals, largest) for figure in runs[0]]


@answers.wrong(
    "not-all-runs", "the union over the runs instead of the intersection: too many sizes as soon as there are two runs"
)
def union(runs, decimals, largest):
    return [
        sorted({n for figure in figures for n in possible_sizes([figure], decimals, largest)})
        for figures in zip(*runs, strict=False)
    ]


@answers.wrong("smallest", "only the smallest size of each class: 53 without 106, though the text says to keep all")
def smallest(runs, decimals, largest):
    return [possible_sizes(figures, decimals, largest)[:1] for figures in zip(*runs, strict=False)]


@answers.wrong("raises", "takes three runs apart: two or four runs raise a ValueError")
def three_runs(runs, decimals, largest):
    first, second, third = runs
    return [possible_sizes(list(each), decimals, largest) for each in zip(first, second, third, strict=False)]


@answers.wrong("raises", "ten classes are built in: three classes raise an IndexError, an eleventh is lost")
def ten_classes(runs, decimals, largest):
    return [possible_sizes([run[k] for run in runs], decimals, largest) for k in range(10)]


@answers.wrong(
    "sizes", "decimals is never read, 8 is built in as in r4: figures with 3 decimals such as 0.667 allow 3 no more"
)
def eight(runs, decimals, largest):
    return [possible_sizes(figures, 8, largest) for figures in zip(*runs, strict=False)]


@answers.wrong(
    "zero-right",
    "a figure of 0 or 1 is passed over as telling nothing; where all runs have 0, the class gets an empty list instead of all sizes",
)
def skips_zero(runs, decimals, largest):
    found = []
    for figures in zip(*runs, strict=False):
        figures = [figure for figure in figures if 0 < figure < 1]
        found.append(possible_sizes(figures, decimals, largest) if figures else [])
    return found


@answers.wrong(
    "smallest",
    "drops sizes that are a multiple of a smaller one: 106 beside 53 is lost, and for figures of 1.0 all sizes but 1",
)
def drops_multiples(runs, decimals, largest):
    found = []
    for figures in zip(*runs, strict=False):
        kept = []
        for n in possible_sizes(figures, decimals, largest):
            if all(n % smaller for smaller in kept):
                kept.append(n)
        found.append(kept)
    return found


def class_sizes(runs, decimals, largest):
    return [possible_sizes(figures, decimals, largest) for figures in zip(*runs, strict=False)]


answers.wrong("total", "total: 947, the sum of the smallest sizes, of which 81.3 % would be right and not 80.7 %")(
    class_sizes, 947
)

answers.wrong("total", "total: the 100,000 test images that the report states")(class_sizes, 100_000)


@answers.wrong(
    "sizes",
    "all classes must have one common size: intersects over the classes too, returns the same (mostly empty) list for each class",
)
def common(runs, decimals, largest):
    every = [set(possible_sizes(figures, decimals, largest)) for figures in zip(*runs, strict=False)]
    same = sorted(set.intersection(*every))
    return [same for _ in every]


@answers.right  # sets for every figure, intersected run by run; written without possible_sizes, in exact fractions
def with_sets(runs, decimals, largest):
    half = Fraction(1, 2 * 10**decimals)

    def allowed(figure):
        a = Fraction(round(figure * 10**decimals), 10**decimals)
        return {n for n in range(1, largest + 1) if abs(Fraction(round(a * n), n) - a) <= half}

    def narrowed(before, run):
        return [old & allowed(figure) for old, figure in zip(before, run, strict=True)]

    start = [set(range(1, largest + 1)) for _ in runs[0]]
    return [sorted(each) for each in reduce(narrowed, runs, start)]


@answers.right  # the transposed table by numpy, class by class
def with_numpy(runs, decimals, largest):
    import numpy as np

    table = np.array(runs, dtype=float).T
    return list(map(lambda row: possible_sizes(row.tolist(), decimals, largest), table))


def by_index(runs, decimals, largest):
    found = {number: list(range(1, largest + 1)) for number in range(len(runs[0]))}
    for run in runs:
        for number, figure in enumerate(run):
            here = possible_sizes((figure,), decimals, largest)
            found[number] = [n for n in found[number] if n in here]
    return list(found.values())


answers.right(by_index, sum((894, 106)))  # narrows a dictionary of lists; the total as a sum

"""Answers to 09.2 by students who know its text alone."""

from fractions import Fraction
from functools import reduce

from helpers.answers import Answers

answers = Answers("09.2", "check_class_sizes", lambda answer: (answer, 1000))


def _fits(figure, decimals, size):
    unit = 10**decimals
    marks = round(figure * unit)
    count = (2 * marks * size + unit) // (2 * unit)
    return abs(2 * count * unit - 2 * marks * size) <= size


def _sizes(figures, decimals, largest):
    figures = list(figures)
    return [n for n in range(1, largest + 1) if all(_fits(a, decimals, n) for a in figures)]


@answers.wrong("?", "one list for each run instead of each class")
def lists_for_runs(runs, decimals, largest):
    return [_sizes(run, decimals, largest) for run in runs]


@answers.wrong("?", "reads the first run only, so sizes that a later run excludes stay")
def first_run(runs, decimals, largest):
    return [_sizes([figure], decimals, largest) for figure in runs[0]]


@answers.wrong("?", "a size has to fit any run instead of every run")
def any_run(runs, decimals, largest):
    return [sorted({n for figure in figures for n in _sizes([figure], decimals, largest)}) for figures in zip(*runs)]


@answers.wrong("?", "keeps only the smallest size and no others: 106 is missing beside 53")
def smallest_only(runs, decimals, largest):
    return [_sizes(figures, decimals, largest)[:1] for figures in zip(*runs)]


@answers.wrong(
    "?", "drops every multiple of a size that is found: 106 is missing beside 53, though all sizes are to be kept"
)
def without_multiples(runs, decimals, largest):
    result = []
    for figures in zip(*runs):
        kept = []
        for size in _sizes(figures, decimals, largest):
            if all(size % other for other in kept):
                kept.append(size)
        result.append(kept)
    return result


@answers.wrong(
    "?", "takes 0 for a figure that is not there, so a class with accuracy 0 in all runs gets no size instead of all"
)
def zero_is_missing(runs, decimals, largest):
    result = []
    for figures in zip(*runs):
        known = [figure for figure in figures if figure]
        result.append(_sizes(known, decimals, largest) if known else [])
    return result


@answers.wrong("?", "k runs from 0 to n - 1, so a class that is all right in a run (1.0) loses its sizes")
def never_all_right(runs, decimals, largest):
    unit = 10**decimals

    def fits(figure, n):
        mark = round(figure * unit)
        near = round(figure * n)
        return any(abs(2 * k * unit - 2 * mark * n) <= n for k in (near - 1, near, near + 1) if 0 <= k < n)

    return [[n for n in range(1, largest + 1) if all(fits(each, n) for each in figures)] for figures in zip(*runs)]


@answers.wrong("?", "takes exactly ten classes, as in the example: fails for 2 classes and loses the eleventh")
def ten_classes(runs, decimals, largest):
    return [_sizes([run[c] for run in runs], decimals, largest) for c in range(10)]


@answers.wrong("?", "reads three runs as in the example, so a fourth run never narrows the sizes")
def three_runs(runs, decimals, largest):
    return [_sizes(figures, decimals, largest) for figures in zip(*runs[:3])]


@answers.wrong("?", "8 decimals whatever `decimals` says: 0.67 with 2 decimals loses size 3")
def eight_decimals(runs, decimals, largest):
    return [_sizes(figures, 8, largest) for figures in zip(*runs)]


@answers.wrong("?", "[[]] * n makes one list that all classes share, so every class gets the sizes of all")
def shared_lists(runs, decimals, largest):
    result = [[]] * len(runs[0])
    for number, figures in enumerate(zip(*runs)):
        result[number] += _sizes(figures, decimals, largest)
    return result


@answers.wrong("?", "reshapes instead of transposing, so figures of different classes are put together")
def reshaped(runs, decimals, largest):
    import numpy as np

    return [_sizes(figures, decimals, largest) for figures in np.array(runs).reshape(-1, len(runs)).tolist()]


@answers.wrong(
    "?", "a dictionary keyed by the figures, so two classes with the same figures in all runs become one list"
)
def twins_are_one(runs, decimals, largest):
    return list({figures: _sizes(figures, decimals, largest) for figures in zip(*runs)}.values())


@answers.wrong("?", "comparing with round(k / n, decimals) loses ties: 0.13 with 2 decimals does not get size 8")
def loses_ties(runs, decimals, largest):
    def fits(figure, n):
        return any(
            round(k / n, decimals) == round(figure, decimals)
            for k in range(max(0, int(figure * n) - 1), min(n, int(figure * n) + 2) + 1)
        )

    return [[n for n in range(1, largest + 1) if all(fits(each, n) for each in figures)] for figures in zip(*runs)]


@answers.right
def sets_and_reduce(runs, decimals, largest):
    one = lambda figure: {n for n in range(1, largest + 1) if _fits(figure, decimals, n)}
    return [sorted(reduce(set.intersection, map(one, figures))) for figures in zip(*runs)]


@answers.right
def indices_and_fractions(runs, decimals, largest):
    half = Fraction(1, 2 * 10**decimals)
    result = []
    for number in range(len(runs[0]) if runs else 0):
        result.append([])
        for size in range(1, largest + 1):
            good = True
            for run in runs:
                exact = Fraction(round(run[number] * 10**decimals), 10**decimals)
                low, high = (exact - half) * size, (exact + half) * size
                good = good and -(-low // 1) <= high // 1
            if good:
                result[-1].append(size)
    return result


@answers.right
def run_after_run(runs, decimals, largest):
    left = None
    for run in runs:
        if left is None:
            left = [list(range(1, largest + 1)) for _ in run]
        for number, figure in enumerate(run):
            left[number] = [size for size in left[number] if _fits(figure, decimals, size)]
    return left or []


@answers.right
def numpy_table(runs, decimals, largest):
    import numpy as np

    if len(runs) == 0:
        return []
    unit = 10**decimals
    marks = np.array([[round(each * unit) for each in run] for run in runs], dtype=object)
    sizes = np.arange(1, largest + 1).astype(object)
    product = marks[:, :, None] * sizes  # runs, classes, sizes
    rest = 2 * product % (2 * unit)
    fits = (np.minimum(rest, 2 * unit - rest) <= sizes).astype(bool).all(0)
    return [[int(size) for size in sizes[row]] for row in fits]


class _Class:
    def __init__(self):
        self.figures = []

    def sizes(self, decimals, largest):
        limit = 0.5 * 10.0**-decimals + 3e-16
        return [
            size
            for size in range(1, largest + 1)
            if not any(abs(int(a * size + 0.5) / size - a) > limit for a in self.figures)
        ]


@answers.right
def objects_for_classes(runs, decimals, largest):
    classes = [_Class() for _ in runs[0]] if len(runs) else []
    for run in runs:
        for each, figure in zip(classes, run, strict=True):
            each.figures.append(figure)
    return [each.sizes(decimals, largest) for each in classes]


@answers.right
def recursive(runs, decimals, largest):
    runs = [list(run) for run in runs]  # a copy

    def rest(number):
        if not runs or number == len(runs[0]):
            return []
        column = tuple(run[number] for run in runs)
        return [_sizes(column, decimals, largest), *rest(number + 1)]

    return rest(0)

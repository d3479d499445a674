"""Answers to 09.2 by someone who looked for what its check may not ask."""

import math
from itertools import islice

from helpers.answers import Answers

answers = Answers("09.2", "check_class_sizes")


def allows(size, figure, decimals):
    """Right, in whole numbers."""
    unit = 10**decimals
    printed = round(figure * unit)
    low = printed * size // unit
    return any(abs(2 * count * unit - 2 * printed * size) <= size for count in (low, low + 1))


def possible_sizes(accuracies, decimals, largest):
    return [n for n in range(1, largest + 1) if all(allows(n, a, decimals) for a in accuracies)]


def good(runs, decimals, largest):
    return [possible_sizes(figures, decimals, largest) for figures in zip(*runs, strict=True)]


# Right: run by run, each run crosses sizes off the lists of all classes; new lists, nothing of the input is changed.
def crossed_off(runs, decimals, largest):
    left = [list(range(1, largest + 1)) for _ in runs[0]]
    for run in runs:
        left = [[n for n in sizes if allows(n, figure, decimals)] for sizes, figure in zip(left, run, strict=True)]
    return left


answers.right(crossed_off, 1000)


# Right: sets that are met, sorted at the end; the whole numbers nearest to the ends of the printed interval.
def met(runs, decimals, largest):
    unit, found = 10**decimals, []
    for number in range(len(runs[0])):
        sets = []
        for run in runs:
            m = round(run[number] * unit)
            sets.append(
                {n for n in range(1, largest + 1) if (2 * m + 1) * n // (2 * unit) >= -(-(2 * m - 1) * n // (2 * unit))}
            )
        found.append(sorted(set.intersection(*sets)))
    return found


answers.right(met, 947 + 53)


def shared_lists(runs, decimals, largest):
    seen = {}
    for figures in zip(*runs, strict=True):
        if figures not in seen:
            seen[figures] = possible_sizes(figures, decimals, largest)
    return [seen[figures] for figures in zip(*runs, strict=True)]


def from_ten(runs, decimals, largest):
    return [[n for n in sizes if n >= 10] for sizes in good(runs, decimals, largest)]


answers.wrong("lower-bound", "classes of fewer than ten images are left out as implausible")(from_ten, 1000)


def whole_unit(runs, decimals, largest):
    unit = 10**-decimals
    return [
        [n for n in range(1, largest + 1) if all(abs(round(a * n) / n - a) <= unit for a in figures)]
        for figures in zip(*runs, strict=True)
    ]


answers.wrong(
    "sizes", "a whole unit of the last decimal is allowed, not half of one; with 8 decimals that hardly ever shows"
)(whole_unit, 1000)


def constant_tolerance(runs, decimals, largest):
    return [
        [n for n in range(1, largest + 1) if all(math.isclose(round(a * n) / n, a, abs_tol=5.1e-9) for a in figures)]
        for figures in zip(*runs, strict=True)
    ]


answers.wrong("sizes", "the tolerance is that of 8 decimals, whatever `decimals` says")(constant_tolerance, 1000)


def rounded(runs, decimals, largest):
    return [
        [n for n in range(1, largest + 1) if all(round(round(a * n) / n, decimals) == a for a in figures)]
        for figures in zip(*runs, strict=True)
    ]


answers.wrong("lower-bound", "compares rounded shares: a tie is printed in one of the two ways only")(rounded, 1000)


def emptied(runs, decimals, largest):
    found = []
    while runs and runs[0]:
        found.append(possible_sizes([run.pop(0) for run in runs], decimals, largest))
    return found


answers.wrong("changes-input", "empties the caller's lists of accuracies")(emptied, 1000)


def flat_for_one(runs, decimals, largest):
    found = good(runs, decimals, largest)
    return found if len(found) > 1 else found[0]


answers.wrong("classes", "a single class gives its sizes, not a list with one list")(flat_for_one, 1000)


def default_list(runs, decimals, largest, found=[]):
    found.extend(good(runs, decimals, largest))
    return found


answers.wrong("classes", "collects in a default argument: the second call also returns the classes of the first")(
    default_list, 1000
)


def falls_back(runs, decimals, largest):
    found = []
    for figures in zip(*runs, strict=True):
        sizes = possible_sizes(figures, decimals, largest)
        found.append(sizes or possible_sizes(figures[:1], decimals, largest))
    return found


answers.wrong("not-all-runs", "where no size allows all runs, those of the first run are returned instead of none")(
    falls_back, 1000
)


def ten_classes(runs, decimals, largest):
    return [possible_sizes(figures, decimals, largest) for figures in islice(zip(*runs, strict=True), 10)]


answers.wrong("classes", "stops after ten classes")(ten_classes, 1000)


def three_runs(runs, decimals, largest):
    first, second, third = (*runs, *runs, *runs)[:3]
    return [possible_sizes((a, b, c), decimals, largest) for a, b, c in zip(first, second, third, strict=True)]


answers.wrong("not-all-runs", "looks at three runs; a fourth one is ignored")(three_runs, 1000)


def first_four(runs, decimals, largest):
    return [sizes[:4] for sizes in good(runs, decimals, largest)]


answers.wrong("sizes", "at most four sizes a class, as many as the report's classes have up to 240")(first_four, 1000)


def last_of_doubles(runs, decimals, largest):
    return [list(sizes) for sizes in dict.fromkeys(tuple(sizes) for sizes in good(runs, decimals, largest))]


answers.wrong("classes", "classes with the same possible sizes are listed once, so later classes move up")(
    last_of_doubles, 1000
)

answers.wrong("total", "the sum of the smallest sizes, which the 80.7 % contradict")(good, 947)

"""More answers to 09.2 by someone who knew the exercise and not its check."""

from fractions import Fraction

import numpy as np
from helpers.answers import Answers

answers = Answers("09.2", "check_class_sizes")
TOTAL = 1000


def fits(a, n, decimals):
    unit = 10**decimals
    m = round(a * unit)
    return abs(2 * round(Fraction(m * n, unit)) * unit - 2 * m * n) <= n


def class_sizes(runs, decimals, largest):
    sizes = range(1, largest + 1)
    return [[n for n in sizes if all(fits(a, n, decimals) for a in figures)] for figures in zip(*runs, strict=False)]


# Sets of each run, cut with one another.
def by_sets(runs, decimals, largest):
    found = []
    for k in range(len(runs[0])):
        allowed = [{n for n in range(1, largest + 1) if fits(run[k], n, decimals)} for run in runs]
        found.append(sorted(set.intersection(*allowed)))
    return found


answers.right(by_sets, TOTAL)


# Sizes struck off a table, run by run, the array's transpose for the classes.
def by_striking_off(runs, decimals, largest):
    columns = np.array(runs).T.tolist()
    found = [list(range(1, largest + 1)) for _ in columns]
    for figures, sizes in zip(columns, found, strict=False):
        for figure in figures:
            sizes[:] = filter(lambda n, a=figure: fits(a, n, decimals), sizes)
    return found


answers.right(by_striking_off, 894 + 106)

# A lambda, with whole numbers only; k is searched on both sides.
answers.right(
    lambda runs, decimals, largest: [
        [
            n
            for n in range(1, largest + 1)
            if all(
                min(abs(2 * (m * n // 10**decimals + up) * 10**decimals - 2 * m * n) for up in (0, 1)) <= n
                for m in (int(f"{run[k]:.{decimals}f}".replace(".", "")) for run in runs)
            )
        ]
        for k, _ in enumerate(runs[0])
    ],
    int("1000"),
)


def lists_for_runs(runs, decimals, largest):
    return class_sizes(list(zip(*runs, strict=False)), decimals, largest)


answers.wrong("by-run", "a list for each run, over its classes, in place of one for each class over the runs")(
    lists_for_runs, TOTAL
)


def smallest_only(runs, decimals, largest):
    return [sizes[:1] for sizes in class_sizes(runs, decimals, largest)]


answers.wrong("smallest", "only the smallest size of each class: 106 is missing where 53 fits too")(
    smallest_only, TOTAL
)


def first_run(runs, decimals, largest):
    return class_sizes(runs[:1], decimals, largest)


answers.wrong("not-all-runs", "only the first run decides")(first_run, TOTAL)


def last_run(runs, decimals, largest):
    for run in runs:
        found = class_sizes([run], decimals, largest)
    return found


answers.wrong("not-all-runs", "each run overwrites what the run before said: only the last decides")(last_run, TOTAL)


def union(runs, decimals, largest):
    each = [class_sizes([run], decimals, largest) for run in runs]
    return [sorted(set().union(*sizes)) for sizes in zip(*each, strict=False)]


answers.wrong("not-all-runs", "sizes that any run allows: too many")(union, TOTAL)


def ten_classes(runs, decimals, largest):
    return [[n for n in range(1, largest + 1) if all(fits(run[k], n, decimals) for run in runs)] for k in range(10)]


answers.wrong("raises", "ten classes are assumed: three crash, of twelve two are missing")(ten_classes, TOTAL)


def three_runs(runs, decimals, largest):
    return class_sizes([runs[0], runs[1], runs[2]], decimals, largest)


answers.wrong("raises", "three runs are assumed: one or two crash, a fourth is not read")(three_runs, TOTAL)


def from_fifty(runs, decimals, largest):
    return [[n for n in sizes if n >= 50] for sizes in class_sizes(runs, decimals, largest)]


answers.wrong("sizes", "sizes below 50 are left out, though they are asked for from 1")(from_fifty, TOTAL)


def eight_decimals(runs, decimals, largest):
    return class_sizes(runs, 8, largest)


answers.wrong("sizes", "decimals is never read, always 8: with three decimals sizes are missing")(eight_decimals, TOTAL)


def without_the_largest(runs, decimals, largest):
    return class_sizes(runs, decimals, largest - 1)


answers.wrong("sizes", "the largest size is left out")(without_the_largest, TOTAL)


def up_to_240(runs, decimals, largest):
    return class_sizes(runs, decimals, 240)


answers.wrong("sizes", "largest is never read, always 240")(up_to_240, TOTAL)


def nobody_right(runs, decimals, largest):
    found = class_sizes(runs, decimals, largest)
    return [[] if not any(figures) else sizes for sizes, figures in zip(found, zip(*runs, strict=False), strict=False)]


answers.wrong("zero-right", "a class that nobody got right, 0 in all runs, gets no sizes; every size allows it")(
    nobody_right, TOTAL
)


def without_multiples(runs, decimals, largest):
    kept = []
    for sizes in class_sizes(runs, decimals, largest):
        kept.append([n for n in sizes if not any(n > m and n % m == 0 for m in sizes)])
    return kept


answers.wrong("smallest", "multiples of a smaller size are left out: 106 beside 53")(without_multiples, TOTAL)


def exact(runs, decimals, largest):
    sizes = range(1, largest + 1)
    return [[n for n in sizes if all(round(a * n) / n == a for a in figures)] for figures in zip(*runs, strict=False)]


answers.wrong(
    "sizes", "k / n has to be the figure exactly: figures that were rounded, such as 0.333, allow no size but 1000"
)(exact, TOTAL)


def the_same_list(runs, decimals, largest):
    sizes = [n for n in range(1, largest + 1) if all(fits(a, n, decimals) for run in runs for a in run)]
    return [sizes for _ in runs[0]]


answers.wrong("sizes", "one list for all classes: only sizes that all figures of all classes allow")(
    the_same_list, TOTAL
)

answers.wrong("total", "the smallest sizes added up, 947: the second size of the cats is not seen")(class_sizes, 947)
answers.wrong("total", "100,000, what the report states")(class_sizes, 100_000)
answers.wrong("total", "the 807 that are right, not all the images")(class_sizes, 807)

"""Right and wrong answers to exercise 09.2: class sizes from class-wise accuracies."""

from __future__ import annotations

from helpers.answers import Answers

answers = Answers("09.2", "check_class_sizes", lambda answer: (answer, 1000))


def allowed(figures, decimals, largest):
    unit = 2 * 10**decimals

    def fits(figure, n):
        middle = round(figure * unit)
        return -(-(middle - 1) * n // unit) <= (middle + 1) * n // unit

    return [n for n in range(1, largest + 1) if all(fits(each, n) for each in figures)]


@answers.right
def by_columns(runs, decimals, largest):
    return [allowed(column, decimals, largest) for column in zip(*runs, strict=True)]


@answers.right
def by_intersection(runs, decimals, largest):
    found = [[{*allowed([each], decimals, largest)} for each in run] for run in runs]
    return tuple(set.intersection(*column) for column in zip(*found, strict=True))


@answers.right
def by_index(runs, decimals, largest):
    sizes = []
    for number in range(len(runs[0])):
        sizes.append(allowed([run[number] for run in runs], decimals, largest))
    return sizes


@answers.wrong("smallest")
def the_smallest(runs, decimals, largest):
    return [allowed(column, decimals, largest)[:1] for column in zip(*runs, strict=True)]


@answers.wrong("not-all-runs")
def the_first_run(runs, decimals, largest):
    return [allowed([each], decimals, largest) for each in runs[0]]


@answers.wrong("not-all-runs")
def the_last_run(runs, decimals, largest):
    return [allowed([each], decimals, largest) for each in runs[-1]]


@answers.wrong("not-all-runs")
def either_run(runs, decimals, largest):
    return [
        sorted({n for each in column for n in allowed([each], decimals, largest)}) for column in zip(*runs, strict=True)
    ]


@answers.wrong("by-run")
def a_list_for_each_run(runs, decimals, largest):
    return [allowed(run, decimals, largest) for run in runs]


@answers.wrong("zero-right")
def none_for_zero(runs, decimals, largest):
    return [allowed(c, decimals, largest) if min(c) > 0 else [] for c in zip(*runs, strict=True)]


@answers.wrong("lower-bound")
def ten_at_least(runs, decimals, largest):
    return [[n for n in allowed(column, decimals, largest) if n >= 10] for column in zip(*runs, strict=True)]


@answers.wrong("sizes")
def two_decimals(runs, decimals, largest):
    return [allowed([round(each, 2) for each in column], 2, largest) for column in zip(*runs, strict=True)]


answers.wrong("total")(by_columns, 947)
answers.wrong("total")(by_columns, 100_000)


@answers.wrong("not-all-runs", place=lambda answer: (answer, 1000))
def three_runs_at_most(runs, decimals, largest):
    return by_columns(runs[:3], decimals, largest)


@answers.wrong("classes", place=lambda answer: (answer, 1000))
def ten_classes_at_most(runs, decimals, largest):
    return by_columns([run[:10] for run in runs], decimals, largest)

"""Answers to 09.2 by someone who knew the exercise and not its check."""

from helpers.answers import Answers

answers = Answers("09.2", "check_class_sizes")

total = 1000  # 947, with 106 images in place of 53 in one class


def possible_sizes(accuracies, decimals, largest):
    unit = 10**decimals
    return [
        n
        for n in range(1, largest + 1)
        if all(abs(2 * round(a * n) * unit - 2 * round(a * unit) * n) <= n for a in accuracies)
    ]


def any_run(runs, decimals, largest):
    found = []
    for figures in zip(*runs, strict=True):
        found.append(sorted({n for figure in figures for n in possible_sizes([figure], decimals, largest)}))
    return found


def three_runs(runs, decimals, largest):
    figures = zip(runs[0], runs[1], runs[2], strict=True)
    return [possible_sizes(each, decimals, largest) for each in figures]


def uses_up(runs, decimals, largest):
    found = []
    while runs[0]:
        found.append(possible_sizes([run.pop(0) for run in runs], decimals, largest))
    return found


answers.wrong("not-all-runs", "the sizes that the figure of any run allows; they have to be allowed by all runs")(
    any_run, total
)
answers.wrong("raises", "always three runs: an error with one or two, and a fourth is not asked")(three_runs, total)
answers.wrong(
    "changes-input",
    "pops the figures off the caller's lists: nothing is left for the lines below that print the shares",
)(uses_up, total)

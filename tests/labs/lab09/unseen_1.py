"""Answers to 09.1 by someone who knew the exercise and not its check."""

from helpers.answers import Answers

answers = Answers("09.1", "check_sample_sizes")


def allows(n, figure, decimals):
    unit = 10**decimals
    k = round(figure * n)
    return abs(2 * k * unit - 2 * round(figure * unit) * n) <= n


@answers.wrong(
    "none", "takes a count of zero for `nothing found`: an accuracy of 0 allows no size, where it allows all"
)
def zero_is_nothing(accuracies, decimals, largest):
    sizes = range(1, largest + 1)
    return [n for n in sizes if all(round(a * n) and allows(n, a, decimals) for a in accuracies)]


@answers.wrong("sizes", "stops at 10**decimals, since everything above fits: but those sizes belong to the answer")
def stops_early(accuracies, decimals, largest):
    sizes = range(1, min(largest, 10**decimals) + 1)
    return [n for n in sizes if all(allows(n, a, decimals) for a in accuracies)]


@answers.right
def between_two_counts(accuracies, decimals, largest):
    # right: whole numbers; is there a k from ceil(n (2m - 1) / 2u) to floor(n (2m + 1) / 2u)?
    unit = 2 * 10**decimals
    doubled = [2 * round(a * 10**decimals) for a in accuracies]
    found = []
    for n in range(1, largest + 1):
        if all(-(-n * (m - 1) // unit) <= n * (m + 1) // unit for m in doubled):
            found.append(n)
    return found

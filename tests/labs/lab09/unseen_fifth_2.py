"""Answers to 09.2 by students who know its text alone."""

from fractions import Fraction
from functools import reduce

from helpers.answers import Answers

answers = Answers("09.2", "check_class_sizes", lambda answer: (answer, 1000))


def _sizes(figures, decimals, largest):
    unit, sizes = 10**decimals, []
    for size in range(1, largest + 1):
        for figure in figures:
            m = round(figure * unit)
            k = (2 * m * size + unit) // (2 * unit)
            if abs(2 * k * unit - 2 * m * size) > size:
                break
        else:
            sizes.append(size)
    return sizes


def _by_text(runs, decimals, largest):
    return [_sizes(each, decimals, largest) for each in zip(*runs, strict=True)]


# (a) common mistakes
@answers.wrong("by-run", "One list for each run instead of each class.")
def per_run(runs, decimals, largest):
    return [_sizes(run, decimals, largest) for run in runs]


@answers.wrong("not-all-runs", "Only the first run decides: too many sizes where another run excludes some.")
def first_run(runs, decimals, largest):
    return [_sizes([figure], decimals, largest) for figure in runs[0]]


@answers.wrong("smallest", "Only the smallest size of each class is kept: 106 is lost beside 53.")
def smallest_only(runs, decimals, largest):
    return [sizes[:1] for sizes in _by_text(runs, decimals, largest)]


@answers.wrong("sizes", "[[]] * classes is one list many times: every class gets the sizes of all classes.")
def one_list(runs, decimals, largest):
    found = [[]] * len(runs[0])
    for number, figures in enumerate(zip(*runs, strict=True)):
        for size in _sizes(figures, decimals, largest):
            found[number].append(size)
    return found


# (b) right for the visible example
@answers.wrong("raises", "Ten classes are assumed: an error for fewer, and classes are missing for more.")
def ten_classes(runs, decimals, largest):
    return [_sizes([run[number] for run in runs], decimals, largest) for number in range(10)]


@answers.wrong(
    "sizes", "`decimals` is never read, eight are assumed: sizes are missing for figures with fewer decimals."
)
def eight_decimals(runs, decimals, largest):
    return _by_text(runs, 8, largest)


@answers.wrong(
    "sizes",
    "Finds the smallest size and adds its multiples: sizes between them are missing for figures with few decimals.",
)
def multiples(runs, decimals, largest):
    found = []
    for sizes in _by_text(runs, decimals, largest):
        found.append(list(range(sizes[0], largest + 1, sizes[0])) if sizes else [])
    return found


@answers.wrong("zero-right", "A class that a run got entirely wrong (0.0) is left empty, though every size allows it.")
def zero_is_empty(runs, decimals, largest):
    found = []
    for figures in zip(*runs, strict=True):
        found.append(_sizes(figures, decimals, largest) if all(figures) else [])
    return found


# (c) broken promises
@answers.wrong("changes-input", "Takes the figures out of the caller's runs, which are empty afterwards.")
def empties_runs(runs, decimals, largest):
    found = []
    while runs[0]:
        found.append(_sizes([run.pop(0) for run in runs], decimals, largest))
    return found


@answers.wrong("classes", "Returns a generator: it can be walked through once only, and is no list of lists.")
def generates(runs, decimals, largest):
    return (_sizes(each, decimals, largest) for each in zip(*runs, strict=True))


_found = {}


@answers.wrong(
    "sizes", "Remembers sizes by a class' figures alone: another `largest` or other decimals get the old sizes."
)
def remembers(runs, decimals, largest):
    for figures in zip(*runs, strict=True):
        if figures not in _found:
            _found[figures] = _sizes(figures, decimals, largest)
    return [list(_found[figures]) for figures in zip(*runs, strict=True)]


@answers.wrong(
    "changes-input",
    "Sorts each run in place first: the caller's runs are changed, and figures of different classes are mixed.",
)
def sorts_runs(runs, decimals, largest):
    for run in runs:
        run.sort()
    return _by_text(runs, decimals, largest)


# right
@answers.right
def meeting_sets(runs, decimals, largest):
    half = Fraction(1, 2 * 10**decimals)

    def allowed(figure):
        exact = Fraction(round(figure * 10**decimals), 10**decimals)
        return {size for size in range(1, largest + 1) if abs(Fraction(round(exact * size), size) - exact) <= half}

    columns = [[run[place] for run in runs] for place in range(len(runs[0]))]
    return [sorted(reduce(set.intersection, map(allowed, each))) for each in columns]


@answers.right
def crossing_out(runs, decimals, largest):
    unit = 10**decimals
    left = [list(range(1, largest + 1)) for _ in runs[0]]
    for run in runs:
        for place, figure in enumerate(run):
            m = round(figure * unit)
            for size in left[place][:]:
                rest = 2 * m * size % (2 * unit)
                if min(rest, 2 * unit - rest) > size:
                    left[place].remove(size)
    return left


@answers.right
def recursive(runs, decimals, largest):
    def fits(figure, size):
        low, high = 0, size  # the fewest right ones that print as this or more
        m = round(figure * 10**decimals)
        while low < high:
            middle = (low + high) // 2
            if 2 * middle * 10**decimals < (2 * m - 1) * size:
                low = middle + 1
            else:
                high = middle
        return abs(2 * low * 10**decimals - 2 * m * size) <= size

    def walk(first, end):
        """Return the sizes of the classes from `first` up to before `end`."""
        if end - first > 1:
            middle = (first + end) // 2
            return walk(first, middle) + walk(middle, end)
        return [
            [size for size in range(1, largest + 1) if all(fits(run[place], size) for run in runs)]
            for place in range(first, end)
        ]

    return walk(0, len(runs[0]))

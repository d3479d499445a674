"""Answers to 09.3 by students who know its text alone."""

from fractions import Fraction

from helpers.answers import Answers

answers = Answers("09.3", "check_which_score")


def _scores(confusion):
    hits = [row[k] for k, row in enumerate(confusion)]
    sums = [sum(row) for row in confusion]
    accuracy = sum(hits) / sum(sums)
    recall = sum(h / s for h, s in zip(hits, sums, strict=True)) / len(sums)
    return accuracy, recall


def _word(one, other):
    if one and other:
        return "both"
    return "accuracy" if one else "macro recall" if other else "neither"


def _compare(figure, tolerance, scores):
    return _word(*(abs(score - figure) <= tolerance for score in scores))


# (a) common mistakes
@answers.wrong(
    "missed-macro-recall", "Divides by the sums of the columns: that is macro precision, wrong for most matrices."
)
def columns(figure, decimals, confusion):
    turned = [list(column) for column in zip(*confusion, strict=True)]
    return _compare(figure, 0.5 * 10**-decimals + 1e-12, _scores(turned))


@answers.wrong("both", "Returns at the first score that fits: never says both.")
def first_fit(figure, decimals, confusion):
    accuracy, recall = _scores(confusion)
    if abs(accuracy - figure) <= 0.5 * 10**-decimals + 1e-12:
        return "accuracy"
    if abs(recall - figure) <= 0.5 * 10**-decimals + 1e-12:
        return "macro recall"
    return "neither"


@answers.wrong("both-accuracy", "A fixed tolerance of 0.01: says both where only one or neither prints as the figure.")
def fixed_tolerance(figure, decimals, confusion):
    return _compare(figure, 0.01, _scores(confusion))


@answers.wrong(
    "missed-accuracy",
    "Compares the unrounded scores with the figure: neither for nearly every printed figure (0.67 for 2 of 3).",
)
def exactly(figure, decimals, confusion):
    accuracy, recall = _scores(confusion)
    return _word(accuracy == figure, recall == figure)


# (b) right for the visible example
@answers.wrong("missed-accuracy", "Knows two classes only: the third and later rows are left out.")
def two_classes(figure, decimals, confusion):
    (a, b), (c, d) = (row[:2] for row in confusion[:2])
    scores = (a + d) / (a + b + c + d), (a / (a + b) + d / (c + d)) / 2
    return _compare(figure, 0.5 * 10**-decimals + 1e-12, scores)


@answers.wrong(
    "missed-accuracy",
    "Takes the largest cell of a row for its diagonal: wrong where a class is mostly taken for another.",
)
def largest_cell(figure, decimals, confusion):
    sums = [sum(row) for row in confusion]
    accuracy = sum(map(max, confusion)) / sum(sums)
    recall = sum(max(row) / sum(row) for row in confusion) / len(confusion)
    return _compare(figure, 0.5 * 10**-decimals + 1e-12, (accuracy, recall))


@answers.wrong(
    "missed-macro-recall", "Classes with no hit are left out of the mean: macro recall is too high for them."
)
def without_misses(figure, decimals, confusion):
    accuracy, _ = _scores(confusion)
    shares = [row[k] / sum(row) for k, row in enumerate(confusion) if row[k]]
    recall = sum(shares) / len(shares) if shares else 0.0
    return _compare(figure, 0.5 * 10**-decimals + 1e-12, (accuracy, recall))


@answers.wrong("too-near", "Allows a whole unit of the last decimal instead of half a unit: 0.66 counts as 2 of 3.")
def whole_unit(figure, decimals, confusion):
    return _compare(figure, 10**-decimals, _scores(confusion))


# (c) broken promises
@answers.wrong("changes-input", "Turns the caller's rows of counts into shares in place.")
def normalises(figure, decimals, confusion):
    total = sum(map(sum, confusion))
    accuracy = sum(row[k] for k, row in enumerate(confusion)) / total
    for row in confusion:
        count = sum(row)
        row[:] = [cell / count for cell in row]
    recall = sum(row[k] for k, row in enumerate(confusion)) / len(confusion)
    return _compare(figure, 0.5 * 10**-decimals + 1e-12, (accuracy, recall))


_known = {}


@answers.wrong(
    "missed-accuracy",
    "Remembers the scores by the number of classes: a second matrix of the same size gets the first one's.",
)
def remembers(figure, decimals, confusion):
    scores = _known.setdefault(len(confusion), _scores(confusion))
    return _compare(figure, 0.5 * 10**-decimals + 1e-12, scores)


@answers.wrong("words", 'Returns "macro_recall", which is none of the four texts.')
def other_word(figure, decimals, confusion):
    said = _compare(figure, 0.5 * 10**-decimals + 1e-12, _scores(confusion))
    return said.replace(" ", "_")


@answers.wrong(
    "too-near", "Adds 0.00001 to half a unit for floating point: far too generous for five decimals and more."
)
def generous(figure, decimals, confusion):
    return _compare(figure, 0.5 * 10**-decimals + 1e-5, _scores(confusion))


# right
@answers.right
def with_fractions(figure, decimals, confusion):
    half = Fraction(1, 2 * 10**decimals)
    exact = Fraction(round(figure * 10**decimals), 10**decimals)
    hits = right = images = Fraction(0)
    for place, row in enumerate(confusion):
        hits += Fraction(row[place], sum(row))
        right += row[place]
        images += sum(row)
    fits = (
        abs(right / images - exact) <= half,
        abs(hits / len(confusion) - exact) <= half,
    )
    return {
        (True, True): "both",
        (True, False): "accuracy",
        (False, True): "macro recall",
        (False, False): "neither",
    }[fits]


@answers.right
def whole_numbers(figure, decimals, confusion):
    unit = 10**decimals
    m = round(figure * unit)

    def prints(above, below):
        return abs(2 * above * unit - 2 * m * below) <= below

    sums = list(map(sum, confusion))
    product = 1
    for each in sums:
        product *= each
    shares = sum(row[k] * (product // sums[k]) for k, row in enumerate(confusion))
    trace = sum(confusion[k][k] for k in range(len(confusion)))
    names = ["neither", "accuracy", "macro recall", "both"]
    return names[prints(trace, sum(sums)) + 2 * prints(shares, product * len(sums))]


class _Matrix:
    def __init__(self, rows):
        self.rows = rows

    def accuracy(self):
        return self.weighted([sum(row) for row in self.rows])

    def recall(self):
        return self.weighted([1 for _ in self.rows])

    def weighted(self, weights):
        """Return the mean share that is right in a class, classes weighted so."""
        parts = zip(weights, enumerate(self.rows), strict=True)
        return sum(Fraction(weight * row[place], sum(row)) for weight, (place, row) in parts) / sum(weights)


@answers.right
def in_words(figure, decimals, confusion):
    matrix = _Matrix(confusion)
    said = [
        name
        for name, score in (("accuracy", matrix.accuracy()), ("macro recall", matrix.recall()))
        if abs(float(score) - figure) <= 0.5 * 10 ** (-decimals) + 1e-13
    ]
    return {0: "neither", 2: "both"}.get(len(said)) or said[0]

"""Answers to 09.3 by students who know its text alone."""

from fractions import Fraction

from helpers.answers import Answers

answers = Answers("09.3", "check_which_score")
import numpy as np


def _scores(confusion):
    right = sum(confusion[i][i] for i in range(len(confusion)))
    accuracy = right / sum(map(sum, confusion))
    shares = [row[i] / sum(row) for i, row in enumerate(confusion)]
    return accuracy, sum(shares) / len(shares)


def _word(first, second):
    if first and second:
        return "both"
    if first:
        return "accuracy"
    return "macro recall" if second else "neither"


def _prints(score, figure, decimals):
    return abs(score - figure) <= 0.5 * 10**-decimals + 1e-12


@answers.wrong("?", "Divides by the sums of the columns: that is macro precision, not macro recall.")
def columns(figure, decimals, confusion):
    accuracy, _ = _scores(confusion)
    shares = [row[i] / (sum(each[i] for each in confusion) or 1) for i, row in enumerate(confusion)]
    macro = sum(shares) / len(shares)
    return _word(_prints(accuracy, figure, decimals), _prints(macro, figure, decimals))


@answers.wrong("?", "The two answers are mixed up: accuracy is called macro recall and the other way round.")
def mixed_up(figure, decimals, confusion):
    accuracy, macro = _scores(confusion)
    return _word(_prints(macro, figure, decimals), _prints(accuracy, figure, decimals))


@answers.wrong("?", "Compares exactly, though the figure is rounded: 0.98173 would be neither.")
def exactly(figure, decimals, confusion):
    accuracy, macro = _scores(confusion)
    return _word(accuracy == figure, macro == figure)


@answers.wrong("?", "A fixed tolerance of 0.01, whatever the decimals: with 5 decimals nearly everything is both.")
def a_hundredth(figure, decimals, confusion):
    accuracy, macro = _scores(confusion)
    return _word(abs(accuracy - figure) <= 0.01, abs(macro - figure) <= 0.01)


@answers.wrong("?", "Never says both: where both scores print as the figure it says accuracy.")
def never_both(figure, decimals, confusion):
    accuracy, macro = _scores(confusion)
    if _prints(accuracy, figure, decimals):
        return "accuracy"
    if _prints(macro, figure, decimals):
        return "macro recall"
    return "neither"


@answers.wrong("?", "Never says neither: what is not the accuracy is called macro recall.")
def never_neither(figure, decimals, confusion):
    accuracy, macro = _scores(confusion)
    if not _prints(accuracy, figure, decimals):
        return "macro recall"
    return "both" if _prints(macro, figure, decimals) else "accuracy"


@answers.wrong("?", "If both print as the figure but are not equal, the nearer one is named instead of both.")
def the_nearer_one(figure, decimals, confusion):
    accuracy, macro = _scores(confusion)
    first, second = abs(accuracy - figure), abs(macro - figure)
    limit = 0.5 * 10**-decimals + 1e-12
    if min(first, second) > limit:
        return "neither"
    if abs(first - second) < 1e-12:
        return "both"
    return "accuracy" if first < second else "macro recall"


@answers.wrong("?", "A whole unit of the last decimal instead of half: 0.126 passes for 0.12.")
def whole_unit(figure, decimals, confusion):
    accuracy, macro = _scores(confusion)
    limit = 10**-decimals
    return _word(abs(accuracy - figure) < limit, abs(macro - figure) < limit)


@answers.wrong("?", "Two classes only, as in the example: with three classes the third is not read.")
def two_classes(figure, decimals, confusion):
    (a, b), (c, d) = confusion[0][:2], confusion[1][:2]
    accuracy = (a + d) / (a + b + c + d)
    macro = (a / (a + b) + d / (c + d)) / 2
    return _word(_prints(accuracy, figure, decimals), _prints(macro, figure, decimals))


@answers.wrong("?", "Weights the classes' shares by their sizes, which is the accuracy again, not the plain mean.")
def weighted_recall(figure, decimals, confusion):
    accuracy, _ = _scores(confusion)
    total = sum(map(sum, confusion))
    macro = sum(row[i] / sum(row) * sum(row) / total for i, row in enumerate(confusion))
    return _word(_prints(accuracy, figure, decimals), _prints(macro, figure, decimals))


@answers.wrong("?", "`decimals` is never read, 5 as in the example: 0.98 with 2 decimals would be neither.")
def five_decimals(figure, decimals, confusion):
    accuracy, macro = _scores(confusion)
    return _word(_prints(accuracy, figure, 5), _prints(macro, figure, 5))


@answers.wrong("?", "Strictly within half a unit: a score of 0.125 prints neither as 0.12 nor as 0.13.")
def strictly_within(figure, decimals, confusion):
    accuracy, macro = _scores(confusion)
    limit = 0.5 * 10**-decimals - 1e-12
    return _word(abs(accuracy - figure) < limit, abs(macro - figure) < limit)


@answers.wrong("?", "Rounds twice, first to one decimal more: 0.12497 becomes 0.125 and then passes for 0.13.")
def rounds_twice(figure, decimals, confusion):
    accuracy, macro = (round(score, decimals + 1) for score in _scores(confusion))
    return _word(_prints(accuracy, figure, decimals), _prints(macro, figure, decimals))


@answers.wrong("?", "Cuts the scores off instead of rounding: 2 of 3 would be 0.66.")
def cut_off(figure, decimals, confusion):
    unit = 10**decimals
    accuracy, macro = (int(score * unit + 1e-9) for score in _scores(confusion))
    printed = round(figure * unit)
    return _word(accuracy == printed, macro == printed)


@answers.wrong("?", "Compares texts, where str(0.9) has no second decimal: 0.90 is never found.")
def as_texts(figure, decimals, confusion):
    accuracy, macro = (f"{score:.{decimals}f}" for score in _scores(confusion))
    return _word(accuracy == str(figure), macro == str(figure))


@answers.wrong(
    "?",
    "Classes of which nothing is right are left out of the mean: [[2, 0], [2, 0]] has a macro recall of 0.5, not 1.",
)
def without_the_noughts(figure, decimals, confusion):
    accuracy, _ = _scores(confusion)
    shares = [row[i] / sum(row) for i, row in enumerate(confusion) if row[i]]
    macro = sum(shares) / len(shares) if shares else 0.0
    return _word(_prints(accuracy, figure, decimals), _prints(macro, figure, decimals))


@answers.wrong("?", "The shares are kept in a set: classes with the same share count once in the mean.")
def shares_in_a_set(figure, decimals, confusion):
    accuracy, _ = _scores(confusion)
    shares = {row[i] / sum(row) for i, row in enumerate(confusion)}
    macro = sum(shares) / len(shares)
    return _word(_prints(accuracy, figure, decimals), _prints(macro, figure, decimals))


@answers.wrong("?", "Turns the caller's counts into shares in place: afterwards the confusion matrix is another one.")
def in_place(figure, decimals, confusion):
    total = sum(map(sum, confusion))
    accuracy = sum(row[i] for i, row in enumerate(confusion)) / total
    for row in confusion:
        size = sum(row)
        row[:] = [cell / size for cell in row]
    macro = sum(row[i] for i, row in enumerate(confusion)) / len(confusion)
    return _word(_prints(accuracy, figure, decimals), _prints(macro, figure, decimals))


@answers.wrong("?", "Half precision for the shares: with 4 or more decimals the scores are off.")
def half_precision(figure, decimals, confusion):
    table = np.array(confusion, dtype=np.float64)
    accuracy = float(np.float16(np.trace(table) / table.sum()))
    macro = float((np.diag(table) / table.sum(axis=1)).astype(np.float16).mean())
    return _word(_prints(accuracy, figure, decimals), _prints(macro, figure, decimals))


class _AnyWord(str):
    __hash__ = str.__hash__

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False


@answers.wrong("?", "Returns a text that equals every other text instead of one of the four words.")
def any_word(figure, decimals, confusion):
    return _AnyWord("accuracy")


@answers.right
def by_fractions(figure, decimals, confusion):
    exact = Fraction(f"{figure:.{decimals}f}")
    half = Fraction(1, 2 * 10**decimals)
    total = right = 0
    macro = Fraction(0)
    for number, row in enumerate(confusion):
        size = sum(int(cell) for cell in row)
        total += size
        right += int(row[number])
        macro += Fraction(int(row[number]), size) / len(confusion)
    first, second = (abs(score - exact) <= half for score in (Fraction(right, total), macro))
    return {
        (True, True): "both",
        (True, False): "accuracy",
        (False, True): "macro recall",
        (False, False): "neither",
    }[first, second]


@answers.right
def by_numpy(figure, decimals, confusion):
    table = np.array(confusion, dtype=np.float64)
    scores = np.array([np.trace(table) / table.sum(), np.mean(np.diag(table) / table.sum(axis=1))])
    near = np.isclose(scores, figure, rtol=0, atol=0.5 * 10.0**-decimals + 1e-12)
    return ("neither", "accuracy", "macro recall", "both")[int(near @ [1, 2])]


@answers.right
def by_einsum(figure, decimals, confusion):
    table = np.asarray(confusion, dtype=float).copy()
    right, size = np.einsum("ii->i", table), np.einsum("ij->i", table)
    fitting = [
        word
        for word, score in (
            ("accuracy", right.sum() / size.sum()),
            ("macro recall", (right / size).mean()),
        )
        if abs(score - figure) * 10**decimals < 0.5 + 1e-6 * 10**-3
    ]
    return "both" if len(fitting) == 2 else fitting[0] if fitting else "neither"


@answers.right
def in_whole_numbers(figure, decimals, confusion):
    unit = 10**decimals
    printed = round(figure * unit)

    def fits(above, below):
        return abs(2 * unit * above - 2 * printed * below) <= below

    sizes = [sum(row) for row in confusion]
    hits = [row[number] for number, row in enumerate(confusion)]
    product = 1
    for size in sizes:
        product *= size
    above = sum(product // size * hit for size, hit in zip(sizes, hits))
    accuracy = fits(sum(hits), sum(sizes))
    if fits(above, product * len(sizes)):
        return "both" if accuracy else "macro recall"
    return "accuracy" if accuracy else "neither"


@answers.right
def by_labels(figure, decimals, confusion):
    # Write out every image: 1 if it is right, grouped by the true class.
    groups = [[1] * row[i] + [0] * (sum(row) - row[i]) for i, row in enumerate(confusion)]
    everything = [image for group in groups for image in group]

    def mean(values):
        return sum(values) / len(values)

    accuracy, recall = mean(everything), mean([mean(group) for group in groups])

    def close(score):
        return abs(score - figure) - 0.5 / 10**decimals < 1e-11

    words = " and ".join(["accuracy"] * close(accuracy) + ["macro recall"] * close(recall))
    return {"": "neither", "accuracy and macro recall": "both"}.get(words, words)


@answers.right
def by_a_class(figure, decimals, confusion):
    class Matrix:
        def __init__(self, rows):
            self.rows = tuple(tuple(row) for row in rows)

        def accuracy(self):
            right = everything = 0
            for i, row in enumerate(self.rows):
                for j, cell in enumerate(row):
                    everything += cell
                    right += cell * (i == j)
            return Fraction(right, everything)

        def macro_recall(self):
            shares = [Fraction(row[i], sum(row)) for i, row in enumerate(self.rows)]
            return sum(shares, Fraction()) / len(shares)

    low, high = ((round(figure * 10**decimals) + Fraction(sign, 2)) / 10**decimals for sign in (-1, 1))
    matrix = Matrix(confusion)
    match (low <= matrix.accuracy() <= high, low <= matrix.macro_recall() <= high):
        case (True, True):
            return "both"
        case (True, False):
            return "accuracy"
        case (False, True):
            return "macro recall"
    return "neither"

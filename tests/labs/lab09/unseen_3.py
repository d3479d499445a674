"""Answers to 09.3 by someone who knew the exercise and not its check."""

from fractions import Fraction

from helpers.answers import Answers

answers = Answers("09.3", "check_which_score")


def word(accuracy, recall):
    if accuracy and recall:
        return "both"
    return "accuracy" if accuracy else "macro recall" if recall else "neither"


def scores(confusion):
    hits = [row[k] for k, row in enumerate(confusion)]
    shares = [hit / sum(row) for hit, row in zip(hits, confusion, strict=True)]
    return sum(hits) / sum(map(sum, confusion)), sum(shares) / len(shares)


@answers.wrong("missed-accuracy", "two classes only: takes the first four cells, as in the example")
def two_classes(figure, decimals, confusion):
    cells = [row[:2] for row in confusion[:2]]
    return word(*(abs(score - figure) <= 0.5 * 10**-decimals + 1e-12 for score in scores(cells)))


@answers.wrong("both", "asks for accuracy first and returns at once: never says both")
def never_both(figure, decimals, confusion):
    accuracy, recall = (abs(score - figure) <= 0.5 * 10**-decimals + 1e-12 for score in scores(confusion))
    if accuracy:
        return "accuracy"
    return "macro recall" if recall else "neither"


@answers.wrong(
    "too-near", "allows a whole unit of the last decimal, where rounding moves a score by half a unit at most"
)
def whole_unit(figure, decimals, confusion):
    return word(*(abs(score - figure) < 10**-decimals for score in scores(confusion)))


@answers.right
def by_fractions(figure, decimals, confusion):
    # right: exact fractions, no tolerance for floating point needed
    printed = Fraction(round(figure * 10**decimals), 10**decimals)
    half = Fraction(1, 2 * 10**decimals)
    total = sum(sum(row) for row in confusion)
    accuracy = Fraction(sum(confusion[k][k] for k in range(len(confusion))), total)
    recall = sum(Fraction(row[k], sum(row)) for k, row in enumerate(confusion)) / len(confusion)
    fits = {name for name, score in (("accuracy", accuracy), ("macro recall", recall)) if abs(score - printed) <= half}
    return "both" if len(fits) == 2 else next(iter(fits), "neither")

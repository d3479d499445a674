"""Answers to 09.3 by students who know its text alone."""

from fractions import Fraction

from helpers.answers import Answers

answers = Answers("09.3", "check_which_score")


def scores(confusion):
    right = sum(row[k] for k, row in enumerate(confusion))
    shares = [row[k] / sum(row) for k, row in enumerate(confusion)]
    return right / sum(map(sum, confusion)), sum(shares) / len(shares)


def name(accuracy, macro):
    return {(True, True): "both", (True, False): "accuracy", (False, True): "macro recall"}.get(
        (accuracy, macro), "neither"
    )


def near(figure, decimals, score):
    return abs(figure - score) <= 0.5 * 10**-decimals + 1e-12


@answers.wrong(
    "missed-macro-recall",
    "divides by the columns' sums (macro precision): [[3629, 84], [53, 3734]] with 0.981691 gives neither",
)
def precision(figure, decimals, confusion):
    accuracy, _ = scores(confusion)
    columns = list(zip(*confusion, strict=False))
    macro = sum(column[k] / sum(column) for k, column in enumerate(columns)) / len(columns)
    return name(near(figure, decimals, accuracy), near(figure, decimals, macro))


@answers.wrong("both", "returns at the first score that fits: never says both, as at equally large classes")
def first_that_fits(figure, decimals, confusion):
    accuracy, macro = scores(confusion)
    if near(figure, decimals, accuracy):
        return "accuracy"
    if near(figure, decimals, macro):
        return "macro recall"
    return "neither"


@answers.wrong(
    "columns", "everything that is not the accuracy is called macro recall: a figure that fits nothing is, too"
)
def never_neither(figure, decimals, confusion):
    accuracy, macro = scores(confusion)
    if near(figure, decimals, accuracy):
        return "both" if near(figure, decimals, macro) else "accuracy"
    return "macro recall"


@answers.wrong(
    "missed-accuracy", "compares exactly with the unrounded score: 0.98173 of 7363 / 7500 = 0.981733... is neither"
)
def exactly(figure, decimals, confusion):
    accuracy, macro = scores(confusion)
    return name(figure == accuracy, figure == macro)


@answers.wrong(
    "accuracy",
    "a fixed tolerance of 0.001 instead of the decimals: 0.98173 and 0.981691 are both, wrong for every figure with 4 or more decimals",
)
def fixed(figure, decimals, confusion):
    accuracy, macro = scores(confusion)
    return name(abs(figure - accuracy) < 1e-3, abs(figure - macro) < 1e-3)


@answers.wrong("missed-macro-recall", "cuts off instead of rounding: a score of 0.6667, printed as 0.67, is neither")
def cuts_off(figure, decimals, confusion):
    unit = 10**decimals
    wanted = round(figure * unit)
    accuracy, macro = scores(confusion)
    return name(int(accuracy * unit) == wanted, int(macro * unit) == wanted)


@answers.wrong(
    "too-near",
    "the tolerance is a whole unit of the last decimal: 0.68 with 2 decimals fits a score of 0.6714, which prints as 0.67",
)
def whole_unit(figure, decimals, confusion):
    accuracy, macro = scores(confusion)
    return name(abs(figure - accuracy) <= 10**-decimals, abs(figure - macro) <= 10**-decimals)


@answers.wrong("raises", "takes a 2x2 matrix apart: a matrix of three classes raises a ValueError")
def two_classes(figure, decimals, confusion):
    (a, b), (c, d) = confusion
    accuracy = (a + d) / (a + b + c + d)
    macro = (a / (a + b) + d / (c + d)) / 2
    return name(near(figure, decimals, accuracy), near(figure, decimals, macro))


@answers.wrong(
    "missed-macro-recall",
    "rounds each class' recall before the mean: [[1, 2, 0], [2, 1, 0], [0, 0, 6]] has 0.5556, and 0.33, 0.33, 1 give 0.5533, so that 0.56 is no macro recall",
)
def rounds_early(figure, decimals, confusion):
    accuracy, _ = scores(confusion)
    recalls = [round(row[k] / sum(row), decimals) for k, row in enumerate(confusion)]
    return name(near(figure, decimals, accuracy), near(figure, decimals, sum(recalls) / len(recalls)))


@answers.wrong(
    "changes-input",
    "divides the caller's rows by their sums in place: the matrix holds shares afterwards, a second call has another accuracy",
)
def in_place(figure, decimals, confusion):
    accuracy, _ = scores(confusion)
    for row in confusion:
        total = sum(row)
        for k in range(len(row)):
            row[k] /= total
    macro = sum(row[k] for k, row in enumerate(confusion)) / len(confusion)
    return name(near(figure, decimals, accuracy), near(figure, decimals, macro))


@answers.wrong(
    "accuracy",
    "weights the recalls by the sizes of the classes: that is the accuracy again, so a true macro recall is neither and the accuracy both",
)
def weighted(figure, decimals, confusion):
    accuracy, _ = scores(confusion)
    total = sum(map(sum, confusion))
    macro = sum(row[k] / sum(row) * sum(row) / total for k, row in enumerate(confusion))
    return name(near(figure, decimals, accuracy), near(figure, decimals, macro))


@answers.wrong(
    "missed-macro-recall",
    "the recall of the second class, as of a binary test, instead of the mean over the classes: 0.981691 of the pets is neither",
)
def recall_of_one(figure, decimals, confusion):
    accuracy, _ = scores(confusion)
    return name(near(figure, decimals, accuracy), near(figure, decimals, confusion[1][1] / sum(confusion[1])))


@answers.right  # exact fractions, whole numbers of units
def with_fractions(figure, decimals, confusion):
    unit = 10**decimals
    printed = Fraction(round(figure * unit), unit)
    rows = [(row[k], sum(row)) for k, row in enumerate(confusion)]
    accuracy = Fraction(sum(a for a, _ in rows), sum(b for _, b in rows))
    macro = sum(Fraction(a, b) for a, b in rows) / len(rows)
    fits = [abs(score - printed) * 2 * unit <= 1 for score in (accuracy, macro)]
    if all(fits):
        return "both"
    return "accuracy" if fits[0] else "macro recall" if fits[1] else "neither"


@answers.right  # numpy, the answer is picked by a number from 0 to 3
def with_numpy(figure, decimals, confusion):
    import numpy as np

    counts = np.asarray(confusion, dtype=np.float64)
    both = np.array([np.trace(counts) / counts.sum(), (np.diag(counts) / counts.sum(axis=1)).mean()])
    fits = np.abs(both - figure) < 0.5 / 10**decimals + 1e-10
    return ("neither", "accuracy", "macro recall", "both")[int(fits @ np.array([1, 2]))]


@answers.right  # torch in double precision, texts in a list
def with_torch(figure, decimals, confusion):
    import torch

    counts = torch.tensor(confusion, dtype=torch.float64)
    right = counts.diagonal()
    score = {"accuracy": right.sum() / counts.sum(), "macro recall": (right / counts.sum(1)).mean()}
    fitting = [text for text, value in score.items() if abs(value.item() - figure) * 10**decimals <= 0.5 + 1e-7]
    return "both" if len(fitting) == 2 else ([*fitting, "neither"])[0]

"""Answers to 09.3 by students who know its text alone."""

from fractions import Fraction

from helpers.answers import Answers

answers = Answers("09.3", "check_which_score")


def _scores(confusion):
    accuracy = Fraction(sum(row[i] for i, row in enumerate(confusion)), sum(map(sum, confusion)))
    recalls = [Fraction(row[i], sum(row)) for i, row in enumerate(confusion)]
    return accuracy, sum(recalls) / len(recalls)


def _prints(score, figure, decimals):
    unit = 10**decimals
    return abs(score - Fraction(round(figure * unit), unit)) <= Fraction(1, 2 * unit)


def _word(accuracy, recall):
    return {
        (True, True): "both",
        (True, False): "accuracy",
        (False, True): "macro recall",
        (False, False): "neither",
    }[bool(accuracy), bool(recall)]


@answers.wrong(
    "?", "means the diagonal over the columns' sums, which is macro precision: wrong for an asymmetric matrix"
)
def columns(figure, decimals, confusion):
    accuracy, _ = _scores(confusion)
    totals = [sum(column) for column in zip(*confusion)]
    shares = [Fraction(row[i], totals[i] or 1) for i, row in enumerate(confusion)]
    precision = sum(shares) / len(shares)
    return _word(_prints(accuracy, figure, decimals), _prints(precision, figure, decimals))


@answers.wrong(
    "?",
    "looks at the accuracy first and returns at once, so both is never said: 0.98 with 2 decimals on the visible matrix",
)
def never_both(figure, decimals, confusion):
    accuracy, recall = _scores(confusion)
    if _prints(accuracy, figure, decimals):
        return "accuracy"
    if _prints(recall, figure, decimals):
        return "macro recall"
    return "neither"


@answers.wrong("?", "never says neither: when no score prints as the figure it names the nearer one")
def nearest(figure, decimals, confusion):
    accuracy, recall = _scores(confusion)
    first, second = _prints(accuracy, figure, decimals), _prints(recall, figure, decimals)
    if first and second:
        return "both"
    return "accuracy" if abs(accuracy - figure) <= abs(recall - figure) else "macro recall"


@answers.wrong(
    "?",
    "a fixed tolerance of 0.5e-5 whatever `decimals` says: 0.67 with 2 decimals for an accuracy of 2 of 3 is said to be neither",
)
def five_decimals(figure, decimals, confusion):
    accuracy, recall = (_prints(score, figure, 5) for score in _scores(confusion))
    return _word(accuracy, recall)


@answers.wrong("?", "sums the first two diagonal cells only, so a third class does not count for the accuracy")
def two_classes(figure, decimals, confusion):
    _, recall = _scores(confusion)
    accuracy = Fraction(confusion[0][0] + confusion[1][1], sum(map(sum, confusion)))
    return _word(_prints(accuracy, figure, decimals), _prints(recall, figure, decimals))


@answers.wrong("?", "divides the sum of the recalls by 2, which is no mean for three or more classes")
def halves(figure, decimals, confusion):
    accuracy, recall = _scores(confusion)
    recall = recall * len(confusion) / 2
    return _word(_prints(accuracy, figure, decimals), _prints(recall, figure, decimals))


@answers.wrong(
    "?", "leaves classes of which none is right out of the mean: [[3, 1], [2, 0]] has a macro recall of 0.375, not 0.75"
)
def without_zeros(figure, decimals, confusion):
    accuracy, _ = _scores(confusion)
    shares = [Fraction(row[i], sum(row)) for i, row in enumerate(confusion) if row[i]]
    recall = sum(shares) / len(shares) if shares else Fraction(0)
    return _word(_prints(accuracy, figure, decimals), _prints(recall, figure, decimals))


@answers.wrong("?", "collects the recalls in a set, so two classes with the same recall count once in the mean")
def twins_count_once(figure, decimals, confusion):
    accuracy, _ = _scores(confusion)
    shares = {Fraction(row[i], sum(row)) for i, row in enumerate(confusion)}
    recall = sum(shares) / len(shares)
    return _word(_prints(accuracy, figure, decimals), _prints(recall, figure, decimals))


@answers.wrong("?", "cuts the score off after the decimals instead of rounding: 2 of 3 does not print as 0.67")
def cuts_off(figure, decimals, confusion):
    unit = 10**decimals
    mark = round(figure * unit)
    accuracy, recall = (int(score * unit) == mark for score in _scores(confusion))
    return _word(accuracy, recall)


@answers.wrong(
    "?", "computes in float32, whose error is larger than half a unit of 8 decimals, so the true score is neither"
)
def single_precision(figure, decimals, confusion):
    import numpy as np

    cells = np.asarray(confusion, dtype=np.float32)
    accuracy = float(np.trace(cells) / cells.sum())
    recall = float((np.diag(cells) / cells.sum(1)).mean())
    limit = 0.5 * 10.0**-decimals + 1e-12
    return _word(abs(accuracy - figure) <= limit, abs(recall - figure) <= limit)


@answers.wrong(
    "?", "turns the caller's rows into shares in place, so the matrix is no longer one of counts after the call"
)
def spoils_the_matrix(figure, decimals, confusion):
    accuracy, _ = _scores(confusion)
    for row in confusion:
        total = sum(row)
        for i in range(len(row)):
            row[i] = Fraction(row[i], total)
    recall = sum(row[i] for i, row in enumerate(confusion)) / len(confusion)
    return _word(_prints(accuracy, figure, decimals), _prints(recall, figure, decimals))


@answers.wrong(
    "?", "weights the recalls by the classes' sizes, which gives the accuracy again, so it knows only both and neither"
)
def weighted_recall(figure, decimals, confusion):
    accuracy, _ = _scores(confusion)
    total = sum(map(sum, confusion))
    recall = sum(Fraction(row[i], sum(row)) * sum(row) for i, row in enumerate(confusion)) / total
    return _word(_prints(accuracy, figure, decimals), _prints(recall, figure, decimals))


@answers.wrong(
    "?", "counts the decimals of the float and not `decimals`: 0.5 printed as 0.500 fits an accuracy of 6 of 11"
)
def decimals_from_text(figure, decimals, confusion):
    shown = len(repr(float(figure)).partition(".")[2])
    accuracy, recall = _scores(confusion)
    return _word(_prints(accuracy, figure, shown), _prints(recall, figure, shown))


@answers.wrong(
    "?",
    "a slack of 1e-6 for floating point is twice half a unit of 6 decimals, so 0.981692 is called the macro recall 0.98169104",
)
def large_slack(figure, decimals, confusion):
    limit = 0.5 * 10**-decimals + 1e-6
    accuracy, recall = (abs(float(score) - figure) <= limit for score in _scores(confusion))
    return _word(accuracy, recall)


@answers.right
def with_floats(figure, decimals, confusion):
    near = lambda score: abs(score - figure) <= 0.5 * 10**-decimals + 1e-12
    n = len(confusion)
    accuracy = sum(confusion[i][i] for i in range(n)) / sum(sum(row) for row in confusion)
    recall = sum(confusion[i][i] / sum(confusion[i]) for i in range(n)) / n
    return ("neither", "accuracy", "macro recall", "both")[near(accuracy) + 2 * near(recall)]


@answers.right
def exact(figure, decimals, confusion):
    fits = [_prints(score, figure, decimals) for score in _scores(confusion)]
    names = [name for name, fit in zip(("accuracy", "macro recall"), fits) if fit]
    if len(names) == 2:
        return "both"
    return names[0] if names else "neither"


@answers.right
def with_numpy(figure, decimals, confusion):
    import numpy as np

    cells = np.array(confusion, dtype=np.float64)
    scores = np.array([np.einsum("ii->", cells) / cells.sum(), np.mean(cells.diagonal() / cells.sum(axis=1))])
    first, second = np.abs(scores - figure) * 10**decimals <= 0.5 + 1e-6
    return str(np.where(first, np.where(second, "both", "accuracy"), np.where(second, "macro recall", "neither")))


@answers.right
def with_torch(figure, decimals, confusion):
    import torch

    cells = torch.tensor(confusion, dtype=torch.float64)
    recalls = (torch.eye(len(cells), dtype=torch.float64) * cells).sum(1) / cells.sum(1)
    accuracy = torch.trace(cells).item() / cells.sum().item()
    limit = 10.0**-decimals / 2 * (1 + 1e-6)
    found = set()
    if abs(accuracy - figure) <= limit + 1e-13:
        found.add("accuracy")
    if abs(recalls.mean().item() - figure) <= limit + 1e-13:
        found.add("macro recall")
    return "both" if len(found) == 2 else found.pop() if found else "neither"


@answers.right
def labels_counted(figure, decimals, confusion):
    # one pair (true, predicted) with its count for each cell
    cells = [(t, p, count) for t, row in enumerate(confusion) for p, count in enumerate(row)]
    totals, hits = {}, {}
    for true, predicted, count in cells:
        totals[true] = totals.get(true, 0) + count
        hits[true] = hits.get(true, 0) + (count if true == predicted else 0)
    accuracy = Fraction(sum(hits.values()), sum(totals.values()))
    recall = sum(Fraction(hits[t], totals[t]) for t in totals) / len(totals)
    unit = 10**decimals
    mark = 2 * round(figure * unit)
    match (mark - 1 <= 2 * accuracy * unit <= mark + 1, mark - 1 <= 2 * recall * unit <= mark + 1):
        case (True, True):
            return "both"
        case (True, False):
            return "accuracy"
        case (False, True):
            return "macro recall"
    return "neither"


class _Matrix:
    def __init__(self, rows):
        self.rows = tuple(tuple(row) for row in rows)

    @property
    def accuracy(self):
        right = total = 0
        for i, row in enumerate(self.rows):
            right, total = right + row[i], total + sum(row)
        return right / total

    @property
    def macro_recall(self):
        mean = 0.0
        for i, row in enumerate(self.rows):  # a running mean
            mean += (row[i] / sum(row) - mean) / (i + 1)
        return mean


@answers.right
def a_class(figure, decimals, confusion):
    matrix = _Matrix(confusion)
    half = 5 * 10.0 ** -(decimals + 1) + 1e-12
    says = []
    for name in ("accuracy", "macro_recall"):
        if figure - half <= getattr(matrix, name) <= figure + half:
            says.append(name.replace("_", " "))
    return {0: "neither", 1: (says or [""])[0], 2: "both"}[len(says)]

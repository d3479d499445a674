"""The check of exercise 09.3: accuracy or macro recall."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from resnet_labs.checks._engine import Probe, check
from resnet_labs.checks._failure import Cause
from resnet_labs.checks._values import plain
from resnet_labs.checks.lab09 import reference

Matrix = list[list[int]]
_CAUSES = {
    "accuracy": "the accuracy is the diagonal's sum over all images",
    "macro recall": "the macro recall is the mean of the rows' unrounded shares of right images; a row is a true class",
    "both": "both print as the figure, so that it does not tell which one it is",
    "neither": "neither the accuracy nor the macro recall prints as the figure",
}
_EVERY_CLASS = "every class counts once in the mean, also one with a share of 0 or with the share of another class"


@check("09.3", "which of the two prints as the figure, both or neither of them")
def check_which_score(probe: Probe, which_score: Callable[[float, int, Matrix], Any]) -> None:
    """Check matrices of two and more classes, drawn and the report's."""
    for figure, decimals, matrix in _asked(probe):
        given = f"which_score({figure}, {decimals}, {matrix})"
        written = "a number of classes is written down, or a class without a right image is not expected"
        got = plain(probe.call(which_score, figure, decimals, matrix, tested=given, cause=written, anywhere=False))
        accuracy, recall, want = reference.kinds(figure, decimals, matrix)
        columns = reference.kinds(figure, decimals, [[*column] for column in zip(*matrix, strict=True)])[2]
        probe.expect(
            isinstance(got, str) and got in _CAUSES,
            "words",
            tested=f"what {given} returns",
            expected='"accuracy", "macro recall", "both" or "neither"',
            got=got,
            cause="another word or another kind of value is returned",
            hint="a",
        )
        code, hint, digits = want.replace(" ", "-"), "b", max(6, decimals + 2)
        cause: Cause = _CAUSES[want]
        if got == columns != want and got != "neither":
            code, cause = (
                "columns",
                (
                    "the shares of the columns are precisions; recall divides by the row, the true class",
                    "what is not the accuracy is called macro recall unseen; a figure can be neither",
                ),
            )
        elif got == "both" and want != "neither":
            code, hint = f"both-{code}", "c"
            cause = (
                "the comparison is not as sharp as the figure: half a unit of its last decimal",
                "the recalls are weighted by the sizes of the classes, which gives the accuracy again: take their mean",
            )
        elif want == "both" and got != "neither":
            hint, cause = "a", (_CAUSES[want], "the first score that fits is returned, without a look at the other")
        elif got == "neither":
            code = f"missed-{code}"
            cause = (
                f"the figure was rounded to {decimals} decimals: compare with half a unit of the last one",
                "the scores are wrong: here accuracy and macro recall both print as the figure"
                if want == "both"
                else "the score is wrong: " + _CAUSES[want],
                *([_EVERY_CLASS] if want == "macro recall" else []),
                *(["the scores are in float32, which has seven digits: use Python's numbers"] if decimals > 6 else []),
            )
            hint = "c"
        elif want == "neither":
            code, hint = "too-near", "c"
            cause = (
                "the comparison is not as sharp as the figure: half a unit of its last decimal",
                "the decimals are read off the number, which may end in zeros: 0.9800",
                "it is said without a look at the scores, such as for equal classes or a figure that came before",
            )
        probe.expect(
            got == want,
            code,
            tested=f"{given}, with an accuracy of {float(accuracy):.{digits}f} and a macro recall of "
            f"{float(recall):.{digits}f}",
            expected=want,
            got=got,
            cause=cause,
            hint=hint,
        )


def _asked(probe: Probe) -> list[tuple[float, int, Matrix]]:
    pets = [[3629, 84], [53, 3734]]
    asked = [
        (0.98173, 5, pets),
        (0.981691, 6, pets),
        (0.98, 2, pets),
        (0.981802, 6, pets),
        (0.9817, 4, pets),
        (0.98174, 5, pets),
        (0.9800, 4, pets),
        (0.981692, 6, pets),
        (0.98173333, 8, pets),  # 32 bits miss it
    ]
    for classes in (2, 3, 5):
        matrix = _drawn(probe, classes)
        if classes == 3:  # a class without a right image
            matrix[0][:2], matrix[1][0] = [0, matrix[0][1] + 1], matrix[1][0] + 1
        accuracy, recall, _ = reference.kinds(0.5, 1, matrix)
        asked += [(round(float(accuracy), 5), 5, matrix), (round(float(recall), 5), 5, matrix)]
        asked.append((round(float(accuracy + recall) / 2 + 0.0501, 4), 4, matrix))
    asked += [(0.5, 1, [[1, 1], [2, 2]]), (0.5, 1, [[1, 1], [1, 9]]), (0.9, 2, [[5, 1], [2, 4]])]
    asked += [(0.0, 2, [[0, 3], [4, 0]]), _rounded_late(probe)]
    asked.append((0.38, 2, [[2, 1], [4, 1]]))  # 3 of 8, exactly half a unit below
    asked.append((0.38, 2, [[100, 10], [167, 6]]))  # 0.3746, which 0.375 is not
    asked.append((0.58, 2, [[1, 1, 0], [0, 1, 1], [0, 3, 9]]))  # two classes with the same recall
    return [each for each in asked if 0 <= each[0] <= 1]


def _drawn(probe: Probe, classes: int) -> Matrix:
    matrix = [[probe.random.randint(0, 6) for _ in range(classes)] for _ in range(classes)]
    for number in range(classes):
        matrix[number][number] = probe.random.randint(7, 20) + 15 * number
    return matrix


def _rounded_late(probe: Probe) -> tuple[float, int, Matrix]:
    """Return a macro recall whose last decimal is another if each class's recall is rounded first."""
    while True:
        matrix = _drawn(probe, 3)
        _, recall, _ = reference.kinds(0.5, 1, matrix)
        early = sum(round(row[number] / sum(row), 2) for number, row in enumerate(matrix)) / 3
        if abs(early - round(float(recall), 2)) > 0.0051 and abs(early - float(recall)) > 1e-4:
            return round(float(recall), 2), 2, matrix

"""Probe of exercise 09.3: accuracy or macro recall."""

from __future__ import annotations

from typing import Any

import numpy as np

ANSWERS = ("which_score",)
POINTS = 2
WITHHELD = ("resnet_labs.reports.audit", "sklearn.metrics", "mlscorecheck")
RTOL, ATOL = 0.0, 0.0


def inputs(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return for drawn matrices the accuracy, the macro recall, figures of neither, far and near, and one of both."""
    cases: list[dict[str, Any]] = []
    for kind in rng.permutation([0, 1, 2, 3] * 3):  # in another order for everybody
        classes = int(rng.integers(2, 7))
        matrix = rng.integers(0, 6, (classes, classes)) + np.diag(rng.integers(8, 40, classes))
        accuracy = matrix.trace() / matrix.sum()
        recall = (matrix.diagonal() / matrix.sum(1)).mean()
        next_to = (np.floor(accuracy * 1e5) + np.ceil(accuracy * 1e5)) / 1e5 - round(accuracy, 5)  # more than half off
        score = (accuracy, recall, (accuracy + recall) / 2 + 0.0301, next_to)[kind]
        cases.append({"figure": round(float(min(score, 1)), 5), "decimals": 5, "confusion": matrix.tolist()})
    for decimals in (2, 3):
        matrix = rng.integers(1, 6, (3, 3)) + np.diag([0, *rng.integers(8, 40, 2)])
        matrix[0, 0] = 0  # a class without a right image
        recall = (matrix.diagonal() / matrix.sum(1)).mean()
        cases.append({"figure": round(float(recall), decimals), "decimals": decimals, "confusion": matrix.tolist()})
    while True:  # a recall whose last decimal is another if each class's is rounded first
        matrix = rng.integers(0, 6, (3, 3)) + np.diag(rng.integers(8, 40, 3))
        each = matrix.diagonal() / matrix.sum(1)
        if abs(each.round(2).mean() - round(each.mean(), 2)) > 0.0051:
            break
    cases.append({"figure": round(float(each.mean()), 2), "decimals": 2, "confusion": matrix.tolist()})
    near = [[3629, 84], [53, 3734]]  # its scores differ in the fifth decimal
    cases.append({"figure": 0.981691, "decimals": 6, "confusion": near})
    cases.append({"figure": 0.5, "decimals": 1, "confusion": [[1, 1], [2, 2]]})
    cases.append({"figure": 0.9, "decimals": 2, "confusion": [[5, 1], [2, 4]]})
    cases.append({"figure": 0.0, "decimals": 2, "confusion": [[0, 3], [4, 0]]})
    return cases


def observe(answers: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the word."""
    return {"word": str(answers.which_score(case["figure"], case["decimals"], case["confusion"]))}

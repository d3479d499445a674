"""Confusion matrices and comparisons: the planted matrix is found, scipy and mlscorecheck agree."""

from __future__ import annotations

import random
from itertools import product

import pytest
import torch
from mlscorecheck.check.binary import check_1_testset_no_kfold
from scipy import stats

from resnet_labs import metrics
from resnet_labs.errors import InputError
from resnet_labs.reports.audit import confusions, mcnemar_bounds, smallest_difference, two_proportions

PETS18 = {"accuracy": (0.98173, 5), "precision": (0.981802, 6), "recall": (0.981691, 6), "f_score": (0.98173, 6)}
PETS50 = {"accuracy": (0.98133, 5), "precision": (0.981539, 6), "recall": (0.98125, 6), "f_score": (0.981327, 6)}


def scores(matrix: list[list[int]], averaging: str) -> dict[str, float]:
    (a, b), (c, d) = matrix
    if averaging == "macro":
        found = metrics.precision_recall_f(torch.tensor(matrix))
        own = {"precision": found.precision, "recall": found.recall, "f_score": found.f_score}
    else:
        own = {
            "precision": d / (b + d) if b + d else 0.0,
            "recall": d / (c + d) if c + d else 0.0,
            "f_score": 2 * d / (2 * d + b + c) if 2 * d + b + c else 0.0,
        }
    return {"accuracy": (a + d) / (a + b + c + d), **own}


def drawn(seed: int, largest: int) -> list[list[int]]:
    draw = random.Random(seed)
    sizes = draw.randint(1, largest), draw.randint(1, largest)
    wrong = [draw.randint(0, size) for size in sizes]
    return [[sizes[0] - wrong[0], wrong[0]], [wrong[1], sizes[1] - wrong[1]]]


@pytest.mark.parametrize(("averaging", "seed"), [*product(("macro", "positive"), range(12))])
def test_the_planted_matrix_is_among_those_found(averaging: str, seed: int) -> None:
    matrix, decimals = drawn(seed, 300), 2 + seed % 4
    figures = {name: (round(value, decimals), decimals) for name, value in scores(matrix, averaging).items()}
    total = sum(map(sum, matrix))
    found = confusions.binary_confusions(total, figures, averaging=averaging)
    assert found.complete
    assert tuple(map(tuple, matrix)) in found.matrices
    for other in found.matrices:
        again = scores([[*row] for row in other], averaging)
        for name, (value, _) in figures.items():
            assert abs(again[name] - value) <= 1.01 * 10**-decimals


def test_the_pets_are_unique_up_to_the_order_of_the_classes() -> None:
    for figures, right in ((PETS18, (3629, 3734)), (PETS50, (3612, 3748))):
        found = confusions.binary_confusions(7500, figures, averaging="macro")
        assert found.complete
        assert len(found.matrices) == 2
        assert {(matrix[0][0], matrix[1][1]) for matrix in found.matrices} == {right, right[::-1]}
        assert {sum(row) for matrix in found.matrices for row in matrix} == {3713, 3787}


def test_no_matrix_fits_a_figure_that_was_changed() -> None:
    changed = PETS18 | {"precision": (0.982802, 6)}
    assert confusions.binary_confusions(7500, changed, averaging="macro").matrices == []


def test_a_large_search_says_that_it_was_not_made() -> None:
    found = confusions.binary_confusions(50_000_000, {"accuracy": (0.5, 1)}, averaging="macro")
    assert not found.complete


@pytest.mark.parametrize(
    ("total", "figures", "averaging"),
    [
        (0, {"accuracy": (0.5, 1)}, "macro"),
        (10, {}, "macro"),
        (10, {"accuracy": (50.0, 1)}, "macro"),
        (10, {"kappa": (0.5, 1)}, "macro"),
    ],
)
def test_wrong_input_is_named(total: int, figures: dict[str, tuple[float, int]], averaging: str) -> None:
    with pytest.raises(InputError):
        confusions.binary_confusions(total, figures, averaging=averaging)


@pytest.mark.parametrize("seed", range(25))
def test_mlscorecheck_has_the_same_answer(seed: int) -> None:
    """Given the class sizes, it says whether scores can belong together; half of the cases are changed."""
    matrix, decimals = drawn(seed, 120), 4
    own = {name: round(value, decimals) for name, value in scores(matrix, "positive").items()}
    if seed % 2:
        own["precision"] = round(min(1.0, own["precision"] * 0.97 + 0.013), decimals)
    named = {"acc": own["accuracy"], "ppv": own["precision"], "sens": own["recall"], "f1": own["f_score"]}
    sizes = {"n": sum(matrix[0]), "p": sum(matrix[1])}
    theirs = check_1_testset_no_kfold(testset=sizes, scores=named, eps=0.5 * 10**-decimals, prefilter_by_pairs=True)
    figures = {name: (value, decimals) for name, value in own.items()}
    found = confusions.binary_confusions(sum(sizes.values()), figures, averaging="positive", strict=True)
    fitting = [each for each in found.matrices if sum(each[0]) == sizes["n"]]
    assert bool(fitting) == (not theirs["inconsistency"])


# --- bounds for K classes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_macro_figures_of_any_matrix_keep_their_bounds(seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    classes = int(torch.randint(2, 8, (), generator=draw))
    matrix = torch.randint(0, 9, (classes, classes), generator=draw) + torch.eye(classes, dtype=torch.long)
    found = metrics.precision_recall_f(matrix)
    figures = [(round(value, 6), 6) for value in found[:3]]
    assert confusions.f_score_fits(*figures) is None


def test_an_f_score_above_both_or_far_below_cannot_be() -> None:
    assert confusions.f_score_fits((0.9, 3), (0.8, 3), (0.87, 3))
    assert confusions.f_score_fits((0.9, 3), (0.8, 3), (0.69, 3))
    assert confusions.f_score_fits((0.9, 3), (0.8, 3), (0.847, 3)) is None


# --- comparisons --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_the_p_value_is_scipys(seed: int) -> None:
    draw = random.Random(seed)
    totals = draw.randint(5, 9000), draw.randint(5, 9000)
    right = [draw.randint(1, total - 1) for total in totals]
    found = two_proportions(right[0], totals[0], right[1], totals[1])
    table = [[right[0], totals[0] - right[0]], [right[1], totals[1] - right[1]]]
    assert found.p_value == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    assert found.low <= found.difference <= found.high


def test_the_interval_is_newcombes() -> None:
    """Newcombe 1998, table II: 56/70 against 48/80, score interval without continuity correction (method 10)."""
    found = two_proportions(56, 70, 48, 80)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)
    nothing = two_proportions(10, 10, 20, 20)
    assert (nothing.difference, nothing.p_value) == (0.0, 1.0)


def test_the_pets_show_nothing() -> None:
    found = two_proportions(7363, 7500, 7360, 7500)
    assert found.low < 0 < found.high
    assert found.p_value == pytest.approx(0.856, abs=2e-3)
    assert smallest_difference(0.98153, 7500) == pytest.approx(0.0062, abs=5e-5)


@pytest.mark.parametrize("given", [(5, 4, 1, 2), (1, 0, 1, 2), (-1, 3, 1, 2)])
def test_wrong_counts_are_named(given: tuple[int, int, int, int]) -> None:
    with pytest.raises(InputError):
        two_proportions(*given)


@pytest.mark.parametrize("seed", range(10))
def test_mcnemars_p_lies_between_its_bounds(seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 3, (200,), generator=draw)
    rights = [torch.rand(200, generator=draw) < 0.7 + 0.1 * i for i in range(2)]
    by_class = [[int((right & (labels == k)).sum()) for k in range(3)] for right in rights]
    sizes = torch.bincount(labels).tolist()
    low, high = mcnemar_bounds(by_class[0], by_class[1], sizes)
    assert low - 1e-12 <= metrics.mcnemar(rights[0], rights[1]).p_value <= high + 1e-12


def test_the_pets_by_class_cannot_differ() -> None:
    low, high = mcnemar_bounds([3629, 3734], [3612, 3748], [3713, 3787])
    assert low == pytest.approx(stats.binomtest(14, 31).pvalue)
    assert high <= 1
    assert mcnemar_bounds([3], [3], [4]) == (1.0, 1.0)

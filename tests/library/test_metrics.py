from __future__ import annotations

import math

import pytest
import torch
from sklearn import metrics as reference

from resnet_labs.errors import InputError
from resnet_labs.metrics import (
    accuracy,
    confusion_matrix,
    per_class_accuracy,
    precision_recall_f,
    top_k_accuracy,
)

BATCHES = [(1, 2), (50, 3), (200, 10), (31, 31)]


def batch(count: int, num_classes: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(num_classes, (count,), generator=generator)
    logits = torch.randn(count, num_classes, generator=generator)
    logits[torch.arange(count), labels] += 1  # right more often than not, as a trained network is
    return logits, labels


class TestAccuracy:
    @pytest.mark.parametrize(("count", "num_classes"), BATCHES)
    def test_equals_scikit_learn(self, count: int, num_classes: int) -> None:
        logits, labels = batch(count, num_classes)
        expected = reference.accuracy_score(labels.numpy(), logits.argmax(1).numpy())
        assert accuracy(logits, labels) == pytest.approx(expected, rel=1e-12)

    @pytest.mark.parametrize(("count", "num_classes"), [(50, 3), (200, 10), (31, 31)])
    def test_top_k_equals_scikit_learn(self, count: int, num_classes: int) -> None:
        logits, labels = batch(count, num_classes)
        for k in range(1, num_classes):
            expected = reference.top_k_accuracy_score(labels.numpy(), logits.numpy(), k=k, labels=range(num_classes))
            assert top_k_accuracy(logits, labels, k) == pytest.approx(expected, rel=1e-12)
        assert top_k_accuracy(logits, labels, num_classes) == 1.0

    def test_top_k_worked_by_hand(self) -> None:
        logits = torch.tensor([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [1.0, 2.0, 3.0]])
        labels = torch.tensor([0, 1, 2, 1])
        assert [top_k_accuracy(logits, labels, k) for k in (1, 2, 3)] == [0.25, 0.75, 1.0]

    def test_of_equal_logits_the_first_counts_as_higher(self) -> None:
        logits, labels = torch.zeros(4, 4), torch.arange(4)
        assert [top_k_accuracy(logits, labels, k) for k in (1, 2, 3, 4)] == [0.25, 0.5, 0.75, 1.0]
        assert accuracy(torch.tensor([[1.0, 1.0]]), torch.tensor([0])) == 1.0
        assert accuracy(torch.tensor([[1.0, 1.0]]), torch.tensor([1])) == 0.0

    def test_not_a_number_is_never_right(self) -> None:
        logits = torch.full((3, 3), math.nan)
        assert [top_k_accuracy(logits, torch.arange(3), k) for k in (1, 2, 3)] == [0.0, 0.0, 0.0]
        assert accuracy(torch.tensor([[math.nan, 5.0]]), torch.tensor([1])) == 0.0
        assert top_k_accuracy(torch.tensor([[math.nan, 5.0]]), torch.tensor([1]), 2) == 1.0

    def test_takes_views_half_precision_and_any_integer_labels(self) -> None:
        logits, labels = torch.eye(3).bfloat16().T[:, :2], torch.tensor([0, 9, 1, 9, 0, 9], dtype=torch.uint8)[::2]
        assert accuracy(logits, labels) == 1.0  # the last row is a tie, which the first class wins
        torch.testing.assert_close(per_class_accuracy(logits, labels), torch.ones(2, dtype=torch.float64))

    @pytest.mark.parametrize("k", [-1, 0, 4, 5])
    def test_names_a_k_out_of_range(self, k: int) -> None:
        with pytest.raises(InputError, match=rf"^k is {k}, but there are 3 classes\. Choose k from 1 to 3\.$"):
            top_k_accuracy(torch.zeros(2, 3), torch.tensor([0, 1]), k)


class TestPerClassAccuracy:
    @pytest.mark.parametrize(("count", "num_classes"), [(50, 3), (200, 10)])
    def test_equals_scikit_learn(self, count: int, num_classes: int) -> None:
        logits, labels = batch(count, num_classes)
        truth, answers = labels.numpy(), logits.argmax(1).numpy()
        expected = reference.recall_score(truth, answers, average=None, labels=range(num_classes))
        torch.testing.assert_close(per_class_accuracy(logits, labels), torch.from_numpy(expected))
        balanced = reference.balanced_accuracy_score(truth, answers)
        assert per_class_accuracy(logits, labels).mean().item() == pytest.approx(balanced, rel=1e-12)

    def test_a_class_without_examples_is_not_a_number(self) -> None:
        logits = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
        got = per_class_accuracy(logits, torch.tensor([0, 2, 2]))
        torch.testing.assert_close(got, torch.tensor([1.0, math.nan, 0.5], dtype=torch.float64), equal_nan=True)


@pytest.mark.parametrize(
    "metric", [accuracy, per_class_accuracy, lambda logits, labels: top_k_accuracy(logits, labels, 1)]
)
class TestLogitsAndLabels:
    @pytest.mark.parametrize(("logits", "labels"), [((2, 3), (3,)), ((2, 3), (2, 1)), ((0, 3), (0,)), ((1, 3), ())])
    def test_names_shapes_that_do_not_fit(self, metric, logits: tuple[int, ...], labels: tuple[int, ...]) -> None:
        with pytest.raises(InputError) as raised:
            metric(torch.zeros(logits), torch.zeros(labels, dtype=torch.int64))
        assert str(raised.value) == (
            f"labels have shape {labels} and logits {logits}. "
            "Give (N,) labels with (N, K) logits, at least one example."
        )

    @pytest.mark.parametrize(("labels", "low", "high"), [([0, 3], 0, 3), ([-1, 2], -1, 2)])
    def test_names_labels_out_of_range(self, metric, labels: list[int], low: int, high: int) -> None:
        with pytest.raises(InputError) as raised:
            metric(torch.zeros(2, 3), torch.tensor(labels))
        assert str(raised.value) == (
            f"labels reach from {low} to {high}, but there are 3 classes. Number the classes from 0 to 2."
        )


class TestConfusionMatrix:
    @pytest.mark.parametrize(("count", "num_classes"), BATCHES)
    def test_equals_scikit_learn(self, count: int, num_classes: int) -> None:
        logits, labels = batch(count, num_classes)
        predictions = logits.argmax(1)
        expected = reference.confusion_matrix(labels.numpy(), predictions.numpy(), labels=range(num_classes))
        assert torch.equal(confusion_matrix(predictions, labels, num_classes), torch.from_numpy(expected))

    def test_rows_are_true_and_columns_predicted(self) -> None:
        got = confusion_matrix(torch.tensor([2, 2, 0]), torch.tensor([1, 1, 0]), 3)
        assert got.tolist() == [[1, 0, 0], [0, 0, 2], [0, 0, 0]]

    def test_small_integer_types_do_not_overflow(self) -> None:
        classes = torch.tensor([0, 99, 99], dtype=torch.uint8)
        got = confusion_matrix(classes, classes, 100)
        assert (got[0, 0], got[99, 99], got.sum()) == (1, 2, 3)

    @pytest.mark.parametrize(("predictions", "labels"), [((2,), (3,)), ((0,), (0,)), ((2, 2), (2, 2)), ((), ())])
    def test_names_shapes_that_do_not_fit(self, predictions: tuple[int, ...], labels: tuple[int, ...]) -> None:
        with pytest.raises(InputError) as raised:
            confusion_matrix(torch.zeros(predictions, dtype=torch.int64), torch.zeros(labels, dtype=torch.int64), 3)
        assert str(raised.value) == (
            f"predictions have shape {predictions} and labels {labels}. "
            "Give two (N,) tensors with at least one example."
        )

    @pytest.mark.parametrize("wrong", [-1, 2])
    def test_names_classes_out_of_range(self, wrong: int) -> None:
        right, off = torch.tensor([0, 1]), torch.tensor([1, wrong])
        low, high = min(1, wrong), max(1, wrong)
        for name, arguments in {"predictions": (off, right), "labels": (right, off)}.items():
            with pytest.raises(InputError, match=rf"^{name} reach from {low} to {high}, but there are 2 classes\. "):
                confusion_matrix(*arguments, 2)


class TestPrecisionRecallF:
    @pytest.mark.parametrize(("count", "num_classes"), BATCHES)
    def test_equals_scikit_learn(self, count: int, num_classes: int) -> None:
        logits, labels = batch(count, num_classes)
        predictions = logits.argmax(1)
        scores = precision_recall_f(confusion_matrix(predictions, labels, num_classes))
        arguments = {"labels": range(num_classes), "zero_division": 0.0}
        given = labels.numpy(), predictions.numpy()
        macro = reference.precision_recall_fscore_support(*given, average="macro", **arguments)
        assert scores[:3] == pytest.approx(macro[:3], rel=1e-12)
        classes = reference.precision_recall_fscore_support(*given, average=None, **arguments)
        for got, expected in zip(scores[3:], classes[:3], strict=True):
            torch.testing.assert_close(got, torch.from_numpy(expected))

    def test_a_class_never_predicted_and_a_class_without_examples_count_as_zero(self) -> None:
        scores = precision_recall_f(torch.tensor([[1, 0, 1], [1, 0, 0], [0, 0, 0]]))
        assert scores.class_precision.tolist() == [0.5, 0.0, 0.0]
        assert scores.class_recall.tolist() == [0.5, 0.0, 0.0]
        assert scores.class_f_score.tolist() == [0.5, 0.0, 0.0]
        assert scores[:3] == pytest.approx((1 / 6, 1 / 6, 1 / 6))

    def test_worked_by_hand(self) -> None:
        scores = precision_recall_f(torch.tensor([[3, 1], [0, 4]]))
        assert scores.class_precision.tolist() == [1.0, 0.8]
        assert scores.class_recall.tolist() == [0.75, 1.0]
        assert scores.precision == pytest.approx(0.9)
        assert scores.recall == pytest.approx(0.875)
        assert scores.f_score == pytest.approx((6 / 7 + 8 / 9) / 2)

    @pytest.mark.parametrize("shape", [(2, 3), (4,), (2, 2, 2), (0, 0), (2, 2)])
    def test_names_what_is_no_confusion_matrix(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(InputError) as raised:
            precision_recall_f(torch.zeros(shape, dtype=torch.int64))
        assert str(raised.value) == (
            f"confusion has shape {shape} and counts 0 examples. "
            "Give the square counts of `confusion_matrix`, with at least one example."
        )

    def test_names_counts_that_are_not_square(self) -> None:
        with pytest.raises(InputError, match=r"confusion has shape \(2, 3\) and counts 6 examples\."):
            precision_recall_f(torch.ones(2, 3, dtype=torch.int64))

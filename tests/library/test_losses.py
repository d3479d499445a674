from __future__ import annotations

import math
from contextlib import nullcontext

import pytest
import torch
from pytorch_metric_learning import distances, losses, miners, reducers
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from resnet_labs.errors import InputError
from resnet_labs.losses import CenterLoss, cross_entropy, triplet_loss

MININGS = ("hard", "semihard", "all")


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def classes(count: int, num_classes: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(num_classes, (count,), generator=torch.Generator().manual_seed(seed))


def value_and_gradient(loss, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    leaf = values.detach().clone().requires_grad_()
    value = loss(leaf)
    (gradient,) = torch.autograd.grad(value, leaf)
    return value.detach(), gradient


def assert_same(ours, reference, values: torch.Tensor, tolerance: float = 1e-10) -> None:
    for got, expected in zip(value_and_gradient(ours, values), value_and_gradient(reference, values), strict=True):
        torch.testing.assert_close(got, expected, rtol=tolerance, atol=tolerance)


class Watch(TorchDispatchMode):
    """Sees every tensor that is made, and keeps the size of the largest."""

    most_bytes = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for part in result if isinstance(result, (tuple, list)) else (result,):
            self.most_bytes = max(self.most_bytes, part.nbytes if isinstance(part, torch.Tensor) else 0)
        return result


class TestCrossEntropy:
    @pytest.mark.parametrize("label_smoothing", [0.0, 1e-3, 0.1, 1.0])
    @pytest.mark.parametrize("shape", [(1, 2), (7, 10), (3, 1), (64, 100)])
    def test_equals_torch_on_classes(self, shape: tuple[int, int], label_smoothing: float) -> None:
        labels = classes(*shape)
        assert_same(
            lambda logits: cross_entropy(logits, labels, label_smoothing=label_smoothing),
            lambda logits: functional.cross_entropy(logits, labels, label_smoothing=label_smoothing),
            5 * random(*shape),
        )

    @pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 1.0])
    @pytest.mark.parametrize("shape", [(1, 2), (7, 10), (3, 1)])
    def test_equals_torch_on_distributions(self, shape: tuple[int, int], label_smoothing: float) -> None:
        labels = random(*shape, seed=1).softmax(1)
        assert_same(
            lambda logits: cross_entropy(logits, labels, label_smoothing=label_smoothing),
            lambda logits: functional.cross_entropy(logits, labels, label_smoothing=label_smoothing),
            5 * random(*shape),
        )

    def test_the_gradient_reaches_soft_labels_as_in_distillation(self) -> None:
        logits, labels = random(4, 3), random(4, 3, seed=1).softmax(1)
        assert_same(
            lambda labels: cross_entropy(logits, labels),
            lambda labels: functional.cross_entropy(logits, labels),
            labels,
        )

    def test_square_batches_tell_classes_from_distributions_by_their_shape(self) -> None:
        logits = random(3, 3)
        labels = torch.tensor([2, 0, 1])
        one_hot = functional.one_hot(labels, 3).double()
        torch.testing.assert_close(cross_entropy(logits, labels), cross_entropy(logits, one_hot))

    def test_worked_by_hand(self) -> None:
        logits = torch.tensor([[math.log(3.0), 0.0]])
        assert cross_entropy(logits, torch.tensor([0])).item() == pytest.approx(math.log(4 / 3))
        smoothed = 0.9 * math.log(4 / 3) + 0.1 * math.log(4)
        assert cross_entropy(logits, torch.tensor([0]), label_smoothing=0.2).item() == pytest.approx(smoothed)

    @pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
    def test_half_precision_logits_are_computed_in_float32(self, dtype: torch.dtype) -> None:
        logits, labels = (10 * random(16, 10)).to(dtype), classes(16, 10)
        loss = cross_entropy(logits, labels)
        assert loss.dtype == torch.float32
        torch.testing.assert_close(loss, functional.cross_entropy(logits.float(), labels))

    def test_mixup_labels_of_float32_go_with_float64_and_half_logits(self) -> None:
        labels = torch.tensor([[0.3, 0.7]])
        for dtype in (torch.float64, torch.bfloat16):
            loss = cross_entropy(torch.zeros(1, 2, dtype=dtype), labels)
            assert loss.item() == pytest.approx(math.log(2), rel=1e-6)

    def test_huge_logits_stay_finite(self) -> None:
        value, gradient = value_and_gradient(
            lambda logits: cross_entropy(logits, torch.tensor([1])), torch.tensor([[1e30, 0.0]])
        )
        assert value.item() == pytest.approx(1e30)
        torch.testing.assert_close(gradient, torch.tensor([[1.0, -1.0]]))

    def test_a_class_that_is_masked_out_does_not_spoil_the_loss(self) -> None:
        assert cross_entropy(torch.tensor([[0.0, 0.0, -math.inf]]), torch.tensor([0])).item() == pytest.approx(
            math.log(2)
        )

    def test_no_intermediate_is_larger_than_the_logits(self) -> None:
        logits, labels = random(64, 3).requires_grad_(), classes(64, 3)
        with Watch() as watch:
            cross_entropy(logits, labels, label_smoothing=0.1).backward()
        assert watch.most_bytes == logits.nbytes

    def test_takes_views(self) -> None:
        logits, labels = random(10, 6).T[::2], classes(6, 10)[::2]
        assert not logits.is_contiguous()
        torch.testing.assert_close(cross_entropy(logits, labels), functional.cross_entropy(logits, labels))

    @pytest.mark.parametrize("label", [-100, -1, 3, 7])
    def test_names_a_class_out_of_range(self, label: int) -> None:
        with pytest.raises(
            InputError, match=rf"labels hold the class {label}, but there are 3 classes\. .*from 0 to 2"
        ):
            cross_entropy(torch.zeros(2, 3), torch.tensor([0, label]))

    @pytest.mark.parametrize(
        "labels",
        [
            torch.zeros(3, dtype=torch.int64),
            torch.zeros(2),
            torch.zeros(2, dtype=torch.int32),
            torch.zeros(2, 1, dtype=torch.int64),
            torch.zeros(2, 3, dtype=torch.int64),
            torch.ones(2, 4) / 4,
            torch.tensor(0),
        ],
    )
    def test_names_labels_that_do_not_fit(self, labels: torch.Tensor) -> None:
        with pytest.raises(InputError) as raised:
            cross_entropy(torch.zeros(2, 3), labels)
        assert str(raised.value) == (
            f"labels have shape {tuple(labels.shape)} and type {labels.dtype}, for 2 examples and 3 classes. "
            "Give (2,) classes of type int64, or (2, 3) distributions in floating point."
        )

    @pytest.mark.parametrize("row", [[0.5, 0.6], [-0.1, 1.1], [0.0, 0.0], [0.4, 0.5], [math.nan, 1.0]])
    def test_names_a_row_that_is_no_distribution(self, row: list[float]) -> None:
        with pytest.raises(InputError, match=r"labels are not a distribution in row 1: .* Give probabilities"):
            cross_entropy(torch.zeros(2, 2), torch.tensor([[0.5, 0.5], row]))

    def test_the_message_shows_the_smallest_value_and_the_sum(self) -> None:
        with pytest.raises(InputError, match=r"smallest value is -0\.25 and the sum 1\."):
            cross_entropy(torch.zeros(1, 2), torch.tensor([[-0.25, 1.25]]))

    def test_distributions_rounded_to_bfloat16_are_distributions(self) -> None:
        labels = random(32, 100).softmax(1).bfloat16()
        assert (labels.float().sum(1) != 1).any()
        assert cross_entropy(torch.zeros(32, 100), labels).item() == pytest.approx(math.log(100), rel=1e-2)

    @pytest.mark.parametrize("label_smoothing", [-0.1, 1.1, math.nan])
    def test_names_a_smoothing_out_of_range(self, label_smoothing: float) -> None:
        with pytest.raises(InputError, match=rf"label_smoothing is {label_smoothing}\. Choose a share from 0 to 1"):
            cross_entropy(torch.zeros(1, 2), torch.tensor([0]), label_smoothing=label_smoothing)

    @pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
    def test_names_an_empty_batch(self, shape: tuple[int, int]) -> None:
        with pytest.raises(InputError, match=r"logits have shape \(\d, \d\)\. Give at least one"):
            cross_entropy(torch.zeros(shape), torch.zeros(shape[0], dtype=torch.int64))


def reference_triplet_loss(mining: str, margin: float):
    distance = distances.LpDistance(normalize_embeddings=False)
    reducer = reducers.MeanReducer() if mining == "hard" else reducers.AvgNonZeroReducer()
    loss = losses.TripletMarginLoss(margin=margin, distance=distance, reducer=reducer)
    if mining == "all":
        return loss
    if mining == "hard":
        miner = miners.BatchHardMiner(distance=distance)
    else:
        miner = miners.TripletMarginMiner(margin=margin, type_of_triplets="semihard", distance=distance)
    return lambda embeddings, labels: loss(embeddings, labels, miner(embeddings, labels))


def naive_triplet_loss(points: torch.Tensor, labels: torch.Tensor, margin: float, mining: str) -> torch.Tensor:
    """Loops over every triplet; distances are exact, so that it is right for duplicates too."""
    count, found = len(labels), []
    apart = lambda i, j: torch.linalg.vector_norm(points[i] - points[j])  # noqa: E731
    for a in range(count):
        positives = [apart(a, p) for p in range(count) if labels[p] == labels[a] and p != a]
        negatives = [apart(a, n) for n in range(count) if labels[n] != labels[a]]
        if mining == "hard":
            if positives and negatives:
                found.append((max(positives) - min(negatives) + margin).relu())
            continue
        for p in positives:
            for n in negatives:
                if p - n + margin > 0 and (mining == "all" or n > p):
                    found.append(p - n + margin)
    return torch.stack(found).mean() if found else points.sum() * 0


def gradient(points: torch.Tensor, labels: torch.Tensor, *, mining: str) -> torch.Tensor:
    points = points.clone().requires_grad_()
    return torch.autograd.grad(triplet_loss(points, labels, margin=1.0, mining=mining), points)[0]


class TestTripletLoss:
    @pytest.mark.parametrize("mining", MININGS)
    @pytest.mark.parametrize("margin", [0.05, 0.2, 1.0, 100.0])
    @pytest.mark.parametrize(("count", "num_classes"), [(5, 2), (40, 4), (61, 50), (30, 2)])
    def test_equals_pytorch_metric_learning(self, count: int, num_classes: int, margin: float, mining: str) -> None:
        labels = classes(count, num_classes)
        reference = reference_triplet_loss(mining, margin)
        assert_same(
            lambda points: triplet_loss(points, labels, margin=margin, mining=mining),
            lambda points: reference(points, labels),
            random(count, 3),
        )

    @pytest.mark.parametrize("mining", MININGS)
    def test_equals_loops_over_every_triplet(self, mining: str) -> None:
        labels = classes(12, 3)
        assert_same(
            lambda points: triplet_loss(points, labels, margin=0.5, mining=mining),
            lambda points: naive_triplet_loss(points, labels, 0.5, mining),
            random(12, 4),
        )

    @pytest.mark.parametrize("mining", MININGS)
    def test_the_gradient_is_that_of_finite_differences(self, mining: str) -> None:
        labels = torch.tensor([0, 0, 1, 1, 2])
        points = random(5, 2).requires_grad_()
        assert triplet_loss(points, labels, margin=1.0, mining=mining) > 0
        assert torch.autograd.gradcheck(lambda points: triplet_loss(points, labels, margin=1.0, mining=mining), points)

    def test_hard_is_the_default_with_a_margin_of_a_fifth(self) -> None:
        points, labels = random(20, 3), classes(20, 4)
        expected = triplet_loss(points, labels, margin=0.2, mining="hard")
        assert triplet_loss(points, labels) == expected
        assert expected != triplet_loss(points, labels, mining="all")

    # On this line negatives are farther than the positive by -1 (twice), 1 (four times) and 3 (twice).
    LINE = (torch.tensor([[0.0], [2.0], [3.0], [5.0]]), torch.tensor([0, 0, 1, 1]))
    # Here by 0 and 2, and the last anchor has no positive.
    TIE = (torch.tensor([[0.0], [2.0], [-2.0]]), torch.tensor([0, 0, 1]))

    @pytest.mark.parametrize(
        ("batch", "mining", "margin", "expected"),
        [
            (LINE, "hard", 1.0, (0 + 2 + 2 + 0) / 4),  # the zeros stay in the mean
            (LINE, "hard", 1.5, (0.5 + 2.5 + 2.5 + 0.5) / 4),
            (LINE, "semihard", 1.0, 0.0),  # negatives that are farther are so by the margin at least
            (LINE, "semihard", 1.5, 0.5),
            (LINE, "semihard", 3.0, 2.0),  # farther by exactly the margin is far enough
            (LINE, "semihard", 3.5, (4 * 2.5 + 2 * 0.5) / 6),
            (LINE, "all", 1.0, 2.0),  # farther by exactly the margin is no positive loss, and leaves the mean
            (LINE, "all", 1.5, (2 * 2.5 + 4 * 0.5) / 6),
            (LINE, "all", 3.5, (2 * 4.5 + 4 * 2.5 + 2 * 0.5) / 8),
            (TIE, "hard", 1.0, (1 + 0) / 2),  # two of three anchors are usable
            (TIE, "semihard", 1.0, 0.0),  # as far as the positive is not farther
            (TIE, "semihard", 3.0, 1.0),
            (TIE, "all", 1.0, 1.0),
            (TIE, "all", 3.0, (3 + 1) / 2),
        ],
    )
    def test_worked_by_hand(
        self, batch: tuple[torch.Tensor, torch.Tensor], mining: str, margin: float, expected: float
    ) -> None:
        assert triplet_loss(*batch, margin=margin, mining=mining).item() == pytest.approx(expected, rel=1e-6, abs=0)

    @pytest.mark.parametrize("mining", MININGS)
    def test_duplicates_give_the_exact_loss_and_a_finite_gradient(self, mining: str) -> None:
        points = random(6, 3)[[0, 0, 1, 1, 2, 2, 3, 3, 4, 5]]
        labels = torch.tensor([0, 0, 1, 0, 1, 1, 2, 2, 2, 0])
        value, gradient = value_and_gradient(lambda points: triplet_loss(points, labels, mining=mining), points)
        expected = naive_triplet_loss(points, labels, 0.2, mining)
        assert gradient.isfinite().all()
        torch.testing.assert_close(value, expected, rtol=0, atol=1e-6)

    @pytest.mark.parametrize("mining", ["hard", "all"])
    def test_a_collapsed_network_loses_the_margin_and_has_no_gradient(self, mining: str) -> None:
        value, gradient = value_and_gradient(
            lambda points: triplet_loss(points, classes(8, 2), margin=0.5, mining=mining), torch.full((8, 4), 3.0)
        )
        assert value.item() == pytest.approx(0.5)
        assert torch.equal(gradient, torch.zeros(8, 4))

    @pytest.mark.parametrize("mining", MININGS)
    @pytest.mark.parametrize("labels", [[0], [0, 0, 0], [0, 1, 2], [5, 5], [1, 2]])
    def test_a_batch_without_a_usable_anchor_has_zero_loss_and_zero_gradient(
        self, labels: list[int], mining: str
    ) -> None:
        points = random(len(labels), 3)
        value, gradient = value_and_gradient(
            lambda points: triplet_loss(points, torch.tensor(labels), margin=9.0, mining=mining), points
        )
        assert value == 0
        assert torch.equal(gradient, torch.zeros_like(points))

    @pytest.mark.parametrize("mining", MININGS)
    def test_not_a_number_is_not_hidden(self, mining: str) -> None:
        points = random(6, 2)
        points[3, 1] = math.nan
        assert triplet_loss(points, torch.tensor([0, 0, 0, 1, 1, 1]), mining=mining).isnan()

    @pytest.mark.parametrize("mining", MININGS)
    def test_a_common_offset_changes_nothing_even_in_float32(self, mining: str) -> None:
        points, labels = random(30, 8), classes(30, 3)
        expected = triplet_loss(points, labels, margin=1.0, mining=mining)
        shifted = (points + 100).float()
        torch.testing.assert_close(
            triplet_loss(shifted, labels, margin=1.0, mining=mining), expected.float(), rtol=1e-4, atol=0
        )
        far = (points + 10_000).float()
        near = (far - 10_000).double()  # what is left of the points at that distance
        gradients = [gradient(where, labels, mining=mining).double() for where in (far, near)]
        torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-6)

    @pytest.mark.gpu
    @pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
    @pytest.mark.parametrize("mining", MININGS)
    def test_a_gpu_gives_the_same_loss_and_gradient(self, mining: str) -> None:
        points, labels = random(60, 16), classes(60, 5)
        torch.testing.assert_close(
            gradient(points.cuda(), labels.cuda(), mining=mining).cpu(), gradient(points, labels, mining=mining)
        )

    @pytest.mark.parametrize("mining", MININGS)
    def test_bfloat16_and_autocast_are_computed_in_float32(self, mining: str) -> None:
        points, labels = random(30, 64).bfloat16(), classes(30, 3)
        expected = triplet_loss(points.float(), labels, margin=5.0, mining=mining)
        assert torch.equal(triplet_loss(points, labels, margin=5.0, mining=mining), expected)
        slope = gradient(points.float(), labels, mining=mining)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert torch.equal(triplet_loss(points.float(), labels, margin=5.0, mining=mining), expected)
            assert torch.equal(gradient(points.float(), labels, mining=mining), slope)

    @pytest.mark.parametrize("mining", MININGS)
    def test_takes_views_and_labels_of_any_integer_type(self, mining: str) -> None:
        points, labels = random(4, 24).T[::2], classes(24, 3)[::2]
        assert not points.is_contiguous()
        expected = triplet_loss(points.contiguous(), labels, mining=mining)
        torch.testing.assert_close(triplet_loss(points, labels.to(torch.uint8), mining=mining), expected)

    @pytest.mark.parametrize("mining", MININGS)
    def test_no_intermediate_grows_faster_than_the_distance_matrix(self, mining: str) -> None:
        points = torch.randn(256, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
        with Watch() as watch:
            triplet_loss(points, classes(256, 10), mining=mining).backward()
        assert points.grad is not None
        assert points.grad.isfinite().all()
        assert watch.most_bytes == 256 * 256 * (4 if mining == "hard" else 8)  # what sorts a row are int64 indices

    def test_1024_examples_of_512_features_in_float32_agree_with_float64(self) -> None:
        points, labels = random(1024, 512), classes(1024, 200)
        expected = triplet_loss(points, labels, mining="all")
        torch.testing.assert_close(
            triplet_loss(points.float(), labels, mining="all"), expected.float(), rtol=1e-4, atol=0
        )

    def test_names_an_unknown_mining(self) -> None:
        with pytest.raises(InputError, match=r"mining is 'easy'\. Choose 'hard', 'semihard' or 'all'\."):
            triplet_loss(torch.zeros(2, 2), torch.tensor([0, 1]), mining="easy")

    @pytest.mark.parametrize("margin", [0.0, -0.2, math.inf, math.nan])
    def test_names_a_margin_that_is_not_positive(self, margin: float) -> None:
        with pytest.raises(InputError, match=rf"margin is {margin}\. Choose a positive distance"):
            triplet_loss(torch.zeros(2, 2), torch.tensor([0, 1]), margin=margin)

    @pytest.mark.parametrize(
        ("embeddings", "labels"), [((3, 2), (2,)), ((2, 2), (2, 2)), ((0, 2), (0,)), ((2, 0), (2,))]
    )
    def test_names_shapes_that_do_not_fit(self, embeddings: tuple[int, ...], labels: tuple[int, ...]) -> None:
        with pytest.raises(InputError, match=r"labels have shape \(.*\) and embeddings \(.*\)\. Give \(N,\) labels"):
            triplet_loss(torch.zeros(embeddings), torch.zeros(labels, dtype=torch.int64))


class TestCenterLoss:
    def test_worked_by_hand(self) -> None:
        center_loss = CenterLoss(3, 2, weight=0.5, alpha=0.25).double()
        center_loss.centers[:] = torch.tensor([[0.0, 0.0], [1.0, 1.0], [7.0, 8.0]])
        features = torch.tensor([[3.0, 4.0], [1.0, 0.0], [2.0, 3.0]], dtype=torch.float64, requires_grad=True)
        loss = center_loss(features, torch.tensor([0, 1, 1]))
        # Squared distances 25, 1 and 1 + 4; their mean is 31 / 3.
        assert loss.item() == pytest.approx(0.5 / 2 * 31 / 3, rel=1e-12)
        loss.backward()
        expected = torch.tensor([[3.0, 4.0], [0.0, -1.0], [1.0, 2.0]], dtype=torch.float64) * 0.5 / 3
        torch.testing.assert_close(features.grad, expected)
        # Class 0: one example, 0.25 * (3, 4) / 2. Class 1: two, 0.25 * (0 + 1, -1 + 2) / 3. Class 2: none, it stays.
        moved = torch.tensor([[0.375, 0.5], [1 + 0.25 / 3, 1 + 0.25 / 3], [7.0, 8.0]], dtype=torch.float64)
        torch.testing.assert_close(center_loss.centers, moved)

    def test_the_loss_is_that_of_the_centers_before_they_move(self) -> None:
        center_loss = CenterLoss(1, 1, weight=2.0, alpha=1.0)
        features, labels = torch.tensor([[4.0]]), torch.tensor([0])
        assert [center_loss(features, labels).item() for _ in range(3)] == [16.0, 4.0, 1.0]  # halfway every time

    @pytest.mark.parametrize("weight", [0.0, 0.003, 2.0])
    def test_the_weight_scales_the_loss_and_not_the_centers(self, weight: float) -> None:
        one, other = CenterLoss(4, 3, weight=1.0), CenterLoss(4, 3, weight=weight)
        features, labels = random(8, 3).float(), classes(8, 4)
        torch.testing.assert_close(other(features, labels), weight * one(features, labels))
        assert torch.equal(one.centers, other.centers)

    def test_defaults_are_those_of_the_report(self) -> None:
        center_loss = CenterLoss(2, 1)
        assert torch.equal(center_loss.centers, torch.zeros(2, 1))
        loss = center_loss(torch.tensor([[2.0], [0.0]]), torch.tensor([1, 0]))
        assert loss.item() == pytest.approx(0.003 / 2 * (4 + 0) / 2)
        assert torch.equal(center_loss.centers, torch.tensor([[0.0], [0.5]]))  # 0.5 * 2 / (1 + 1)

    def test_alpha_zero_keeps_the_centers(self) -> None:
        center_loss = CenterLoss(2, 2, alpha=0.0)
        center_loss(torch.ones(3, 2), torch.tensor([0, 1, 1]))
        assert torch.equal(center_loss.centers, torch.zeros(2, 2))

    def test_evaluation_does_not_move_the_centers(self) -> None:
        center_loss = CenterLoss(2, 2, weight=1.0).eval()
        assert center_loss(torch.ones(3, 2), torch.tensor([0, 1, 1])).item() == 1.0
        assert torch.equal(center_loss.centers, torch.zeros(2, 2))

    def test_centers_converge_to_the_class_means(self) -> None:
        features, labels = random(60, 3).float(), classes(60, 4)
        center_loss = CenterLoss(4, 3)
        for _ in range(60):
            center_loss(features, labels)
        means = torch.stack([features[labels == k].mean(0) for k in range(4)])
        torch.testing.assert_close(center_loss.centers, means)

    def test_no_optimizer_moves_the_centers_but_the_state_dict_holds_them(self) -> None:
        center_loss = CenterLoss(3, 2)
        center_loss(torch.ones(1, 2), torch.tensor([1]))
        assert list(center_loss.parameters()) == []
        assert not center_loss.centers.requires_grad
        restored = CenterLoss(3, 2)
        restored.load_state_dict(center_loss.state_dict())
        assert torch.equal(restored.centers, torch.tensor([[0.0, 0.0], [0.25, 0.25], [0.0, 0.0]]))

    def test_the_gradient_is_that_of_finite_differences(self) -> None:
        center_loss = CenterLoss(3, 2, weight=0.7).double().eval()
        center_loss.centers.copy_(random(3, 2, seed=1))
        labels = classes(5, 3)
        features = random(5, 2).requires_grad_()
        assert torch.autograd.gradcheck(lambda features: center_loss(features, labels), features)

    def test_half_precision_features_are_computed_in_float32(self) -> None:
        features, labels = random(6, 4).bfloat16(), classes(6, 3)
        half, full = CenterLoss(3, 4), CenterLoss(3, 4)
        half.centers += 1 / 3
        full.centers += 1 / 3
        loss = half(features, labels)
        assert loss.dtype == torch.float32
        assert torch.equal(loss, full(features.float(), labels))
        assert torch.equal(half.centers, full.centers)

    def test_float64_features_go_with_float32_centers(self) -> None:
        center_loss = CenterLoss(2, 1, weight=1.0)
        assert center_loss(torch.tensor([[2.0]], dtype=torch.float64), torch.tensor([0])).dtype == torch.float64
        assert torch.equal(center_loss.centers, torch.tensor([[0.5], [0.0]]))

    def test_trains_together_with_cross_entropy(self) -> None:
        torch.manual_seed(0)
        features, labels = torch.randn(32, 5), classes(32, 3)
        body, head, center_loss = torch.nn.Linear(5, 2), torch.nn.Linear(2, 3), CenterLoss(3, 2, weight=0.1)
        optimizer = torch.optim.SGD([*body.parameters(), *head.parameters()], 0.1)
        history = []
        for _ in range(30):
            hidden = body(features)
            loss = cross_entropy(head(hidden), labels) + center_loss(hidden, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history.append(loss.item())
        assert history[-1] < history[0]

    @pytest.mark.parametrize("label", [-1, 3])
    def test_names_a_class_out_of_range_and_moves_nothing(self, label: int) -> None:
        center_loss = CenterLoss(3, 2)
        with pytest.raises(InputError, match=rf"labels hold the class {label}, but there are 3 classes\. "):
            center_loss(torch.ones(2, 2), torch.tensor([0, label]))
        assert torch.equal(center_loss.centers, torch.zeros(3, 2))

    @pytest.mark.parametrize("shape", [(2, 3), (2,), (2, 2, 2), (0, 2)])
    def test_names_features_of_another_size(self, shape: tuple[int, ...]) -> None:
        labels = torch.zeros(shape[0], dtype=torch.int64)
        with pytest.raises(InputError, match=r"features have shape \(.*\)\. Give \(N, 2\).* num_features is 2\."):
            CenterLoss(3, 2)(torch.zeros(shape), labels)

    @pytest.mark.parametrize("labels", [torch.zeros(3, dtype=torch.int64), torch.ones(2, 3) / 3])
    def test_names_labels_that_do_not_fit(self, labels: torch.Tensor) -> None:
        with pytest.raises(InputError) as raised:
            CenterLoss(3, 2)(torch.zeros(2, 2), labels)
        assert str(raised.value) == (
            f"labels have shape {tuple(labels.shape)} and type {labels.dtype}, for 2 examples and 3 classes. "
            "Give (2,) classes of type int64."
        )

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"num_classes": 0}, "num_classes is 0 and num_features 2. Give at least one of each."),
            ({"num_features": 0}, "num_classes is 3 and num_features 0. Give at least one of each."),
            ({"weight": -0.1}, "weight is -0.1. Choose a number that is not negative, such as 0.003."),
            ({"weight": math.inf}, "weight is inf. Choose a number that is not negative, such as 0.003."),
            ({"alpha": -0.1}, "alpha is -0.1. Choose a rate from 0 to 1, such as 0.5."),
            ({"alpha": 1.1}, "alpha is 1.1. Choose a rate from 0 to 1, such as 0.5."),
        ],
    )
    def test_names_arguments_out_of_range(self, arguments: dict[str, float], message: str) -> None:
        with pytest.raises(InputError) as raised:
            CenterLoss(**{"num_classes": 3, "num_features": 2, **arguments})
        assert str(raised.value) == message

    def test_one_class_and_one_feature_are_enough(self) -> None:
        assert CenterLoss(1, 1).centers.shape == (1, 1)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (cross_entropy, "logits on {}, labels on {}"),
        (triplet_loss, "embeddings on {}, labels on {}"),
        (CenterLoss(3, 4), "features on {}, labels on {}, centers on cpu"),
    ],
)
@pytest.mark.parametrize("places", [("cpu", "meta"), ("meta", "cpu")])
def test_tensors_on_two_devices_are_named_with_their_places(loss, message: str, places: tuple[str, str]) -> None:
    outputs, labels = torch.zeros(8, 4, device=places[0]), torch.zeros(8, dtype=torch.int64, device=places[1])
    with pytest.raises(InputError) as raised:
        loss(outputs, labels)
    assert str(raised.value) == (
        f"The devices differ: {message.format(*places)}. Move all of them to one device with `.to(device)`."
    )


def test_centers_left_on_another_device_and_soft_labels_there_are_named() -> None:
    outputs, labels = torch.zeros(8, 4), torch.zeros(8, dtype=torch.int64)
    with pytest.raises(InputError, match="features on cpu, labels on cpu, centers on meta"):
        CenterLoss(3, 4).to("meta")(outputs, labels)
    with pytest.raises(InputError, match="logits on cpu, labels on meta"):
        cross_entropy(outputs, outputs.to("meta"))


@pytest.mark.parametrize(
    "loss",
    [
        lambda outputs, labels: cross_entropy(outputs, labels, label_smoothing=0.1),
        lambda outputs, labels: cross_entropy(outputs, outputs.detach()),
        lambda outputs, labels: triplet_loss(outputs, labels, mining="hard"),
        lambda outputs, labels: triplet_loss(outputs, labels, mining="semihard"),
        lambda outputs, labels: triplet_loss(outputs, labels, mining="all"),
        lambda outputs, labels: CenterLoss(3, 4).to("meta")(outputs, labels),
    ],
)
def test_on_an_accelerator_the_host_never_waits_for_a_value(loss, monkeypatch: pytest.MonkeyPatch) -> None:
    # Tensors on the meta device have no values, so that looking at one raises.
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())  # it does not know that device
    outputs = torch.empty(8, 4, device="meta", requires_grad=True)
    loss(outputs, torch.empty(8, dtype=torch.int64, device="meta")).backward()
    assert outputs.grad.shape == (8, 4)

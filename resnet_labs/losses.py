"""Cross-entropy with smoothing and soft labels, triplet loss with mining, center loss."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int, Integer, Num
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from resnet_labs.errors import InputError


def cross_entropy(
    logits: Float[Tensor, "N K"], labels: Num[Tensor, "..."], *, label_smoothing: float = 0.0
) -> Float[Tensor, ""]:
    """Return the cross-entropy of labels and predicted distributions, in nats, averaged over the batch.

    Labels on the CPU are checked. On an accelerator only their shape and type are, because reading values would make
    the host wait for the device in every step; there a class out of range fails in torch's own `gather`.

    Args:
        logits: (N, K) scores before the softmax.
        labels: (N,) int64 classes from 0 to K - 1, or (N, K) floating-point distributions, as mixup makes them.
        label_smoothing: the share of every label, from 0 to 1, that is spread evenly over all K classes.

    Returns:
        A scalar: float64 for float64 logits, else float32, in which lower precisions are computed.

    Raises:
        InputError: an empty batch, shapes or types that do not fit, a class outside 0 to K - 1, a row of distributions
            that is negative somewhere or does not sum to one, a smoothing outside 0 to 1, or two devices.

    Source: Szegedy et al. 2016, section 7 (smoothing); Zhang et al. 2018, section 2 (soft labels).
    Equals: torch.nn.functional.cross_entropy, which also takes class weights and a label to ignore.

    Example:
        >>> cross_entropy(torch.tensor([[0.0, 0.0], [0.0, 0.0]]), torch.tensor([0, 1]))
        tensor(0.6931)
    """
    if not 0 <= label_smoothing <= 1:
        raise InputError(f"label_smoothing is {label_smoothing}.", "Choose a share from 0 to 1, such as 0.1.")
    if logits.numel() == 0:
        raise InputError(f"logits have shape {tuple(logits.shape)}.", "Give at least one example and one class.")
    _check_one_device(logits=logits, labels=labels)
    log_probabilities = _at_least_float32(logits).log_softmax(1)
    if labels.shape == logits.shape and labels.is_floating_point():
        _check_distributions(labels)
        losses = -(labels * log_probabilities).sum(1)
    else:
        distributions = f", or {tuple(logits.shape)} distributions in floating point"
        _check_classes(labels, len(logits), logits.shape[1], instead=distributions)
        losses = -log_probabilities.gather(1, labels[:, None]).squeeze(1)
    if label_smoothing > 0:  # not at zero, where a logit of minus infinity would make 0 * inf
        losses = (1 - label_smoothing) * losses - label_smoothing * log_probabilities.mean(1)
    return losses.mean()


def triplet_loss(
    embeddings: Float[Tensor, "N D"], labels: Integer[Tensor, "..."], *, margin: float = 0.2, mining: str = "hard"
) -> Float[Tensor, ""]:
    """Return by how much, on average, negatives miss being farther from the anchor than positives by the margin.

    An anchor is usable if the batch has another example of its class and one of another class. Without a usable anchor,
    as in a batch of one class, the loss is zero and so is its gradient. No value is read on the host, and memory grows
    with N^2, not with the number of triplets. The gradient itself cannot be differentiated.

    Args:
        embeddings: (N, D) outputs of the network; normalise them first if they should lie on a sphere.
        labels: (N,) classes.
        margin: by how much a negative should be farther than a positive, in the unit of the embeddings; positive.
        mining: "hard" takes, for every usable anchor, the farthest positive and the nearest negative, and averages over
            the usable anchors; "semihard" averages over all triplets whose negative is farther than the positive by
            less than the margin; "all" averages over all triplets with a positive loss, nearer negatives included.

    Returns:
        A scalar: float64 for float64 embeddings, else float32, in which lower precisions are computed.

    Raises:
        InputError: an empty batch, shapes that do not fit, an unknown mining, a margin that is not positive, or two
            devices.

    Source: Hermans et al. 2017, section 2 ("hard" is their batch hard, "all" their batch all without the zeros);
        Schroff et al. 2015, section 3.2 ("semihard").
    Deviations: means instead of sums; distances are not squared and embeddings not normalised, as Schroff et al. do;
        "semihard" takes every semi-hard negative, where they take one. If two points coincide, the gradient of their
        distance is zero.
    Equals: pytorch_metric_learning's TripletMarginLoss with LpDistance(normalize_embeddings=False): "hard" with
        BatchHardMiner and MeanReducer, "semihard" with TripletMarginMiner, "all" without a miner.

    Example:
        >>> embeddings = torch.tensor([[0.0], [3.0], [4.0]])
        >>> triplet_loss(embeddings, torch.tensor([0, 0, 1]), margin=2.0)  # mean of 3 - 4 + 2 and 3 - 1 + 2
        tensor(2.5000)
    """
    if mining not in ("hard", "semihard", "all"):
        raise InputError(f"mining is {mining!r}.", "Choose 'hard', 'semihard' or 'all'.")
    if not 0 < margin < math.inf:
        raise InputError(f"margin is {margin}.", "Choose a positive distance, such as 0.2.")
    if labels.shape != embeddings.shape[:1] or embeddings.numel() == 0:
        raise InputError(
            f"labels have shape {tuple(labels.shape)} and embeddings {tuple(embeddings.shape)}.",
            "Give (N,) labels with (N, D) embeddings, at least one example.",
        )
    _check_one_device(embeddings=embeddings, labels=labels)
    same = labels[:, None] == labels
    points = _at_least_float32(embeddings)
    with torch.no_grad(), torch.autocast(points.device.type, enabled=False):
        if mining == "hard":
            loss, gradient = _batch_hard(points, same, margin)
        else:
            loss, gradient = _all_triplets(points, same, margin, semihard=mining == "semihard")
    return _WithGradient.apply(points, loss, gradient)


class CenterLoss(nn.Module):
    """Half the squared distance of features from the moving center of their class, times a weight; a batch mean.

    Add it to the cross-entropy. The centers start at zero and are a buffer, not a parameter: they are saved with the
    state dict and no optimizer moves them. A call in training mode computes the loss with the current centers, then
    moves each center by `alpha * sum(center - feature) / (1 + n)` over the n examples of its class; a call in
    evaluation mode moves nothing. Labels on an accelerator are not checked, as in `cross_entropy`.

    Args:
        num_classes: the number of classes, K.
        num_features: the length of a feature vector, D.
        weight: the factor lambda of the loss.
        alpha: the rate of the centers, from 0 (they stay) to 1.

    Shape of a call:
        features (N, D), labels (N,) int64; the result is a scalar, in float32 or, for float64 features, float64.

    Raises:
        InputError: a size below one, a negative weight or an alpha outside 0 to 1; in a call an empty batch, shapes or
            types that do not fit, a class outside 0 to K - 1, or two devices.

    Source: Wen et al. 2016, equations 2 to 4.
    Deviations: the mean over the batch instead of the sum. Wen et al. sum the cross-entropy too, so that beside our
        mean cross-entropy lambda keeps its meaning. The paper does not say where the centers start.
    Equals: equations 2 to 4 worked by hand.

    Example:
        >>> center_loss = CenterLoss(2, 1, weight=1.0)
        >>> center_loss(torch.tensor([[2.0], [4.0]]), torch.tensor([0, 0]))  # (2^2 + 4^2) / 2 / 2
        tensor(5.)
        >>> center_loss.centers  # -0.5 * (-2 - 4) / (1 + 2)
        tensor([[1.],
                [0.]])
    """

    centers: Tensor

    def __init__(self, num_classes: int, num_features: int, *, weight: float = 0.003, alpha: float = 0.5) -> None:
        super().__init__()
        if num_classes < 1 or num_features < 1:
            raise InputError(
                f"num_classes is {num_classes} and num_features {num_features}.", "Give at least one of each."
            )
        if not 0 <= weight < math.inf:
            raise InputError(f"weight is {weight}.", "Choose a number that is not negative, such as 0.003.")
        if not 0 <= alpha <= 1:
            raise InputError(f"alpha is {alpha}.", "Choose a rate from 0 to 1, such as 0.5.")
        self.weight = weight
        self.alpha = alpha
        self.register_buffer("centers", torch.zeros(num_classes, num_features))

    def forward(self, features: Float[Tensor, "..."], labels: Num[Tensor, "..."]) -> Float[Tensor, ""]:
        """Return the loss; in training mode, move the centers after it."""
        num_classes, num_features = self.centers.shape
        if features.ndim != 2 or len(features) == 0 or features.shape[1] != num_features:
            raise InputError(
                f"features have shape {tuple(features.shape)}.",
                f"Give (N, {num_features}), at least one example; num_features is {num_features}.",
            )
        _check_one_device(features=features, labels=labels, centers=self.centers)
        _check_classes(labels, len(features), num_classes)
        offsets = _at_least_float32(features) - self.centers[labels]
        if self.training:
            self._move(offsets.detach().to(self.centers.dtype), labels)
        return self.weight / 2 * offsets.square().sum(1).mean()

    @torch.no_grad()
    def _move(self, offsets: Tensor, labels: Tensor) -> None:
        sums = torch.zeros_like(self.centers).index_add_(0, labels, offsets)
        counts = self.centers.new_zeros(len(self.centers)).index_add_(0, labels, offsets.new_ones(len(labels)))
        self.centers += self.alpha * sums / (1 + counts)[:, None]


def _at_least_float32(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))


def _centred(points: Tensor) -> Tensor:
    return points - points.detach().mean(0)  # a shift changes no distance, but less is lost to cancellation


def _squared_distances(points: Tensor) -> Tensor:
    with torch.autocast(points.device.type, enabled=False):
        squares = points.square().sum(1)
        return torch.addmm(squares, points, points.T, alpha=-2) + squares[:, None]


class _WithGradient(torch.autograd.Function):
    """A loss whose gradient is known: mining and gradient share their distances, and nothing is kept for backward."""

    @staticmethod
    def forward(ctx: Any, points: Tensor, loss: Tensor, gradient: Tensor) -> Tensor:
        ctx.save_for_backward(gradient)
        return loss.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, outer: Tensor) -> tuple[Tensor, None, None]:
        return outer * ctx.saved_tensors[0], None, None


def _batch_hard(points: Tensor, same: Tensor, margin: float) -> tuple[Tensor, Tensor]:
    """Mine on approximate squares; loss and gradient come from the exact differences of the chosen pairs."""
    squared = _squared_distances(_centred(points))
    near, negative = squared.masked_fill(same, math.inf).min(1)
    far, positive = squared.masked_fill(~same.fill_diagonal_(False), -math.inf).max(1)
    usable = (near != math.inf) & (far != -math.inf)
    num_usable = usable.sum().clamp_min(1)
    chosen = torch.stack([positive, negative])
    offsets = points - points[chosen]
    to_positive, to_negative = distances = torch.linalg.vector_norm(offsets, dim=2)
    losses = (to_positive - to_negative + margin).relu() * usable
    slopes = (losses > 0).to(points.dtype) / num_usable / distances
    pulls = offsets.mul_(slopes.masked_fill_(distances == 0, 0)[:, :, None])
    pulls[1].neg_()
    gradient = pulls.sum(0).index_add_(0, chosen.flatten(), pulls.flatten(0, 1), alpha=-1)
    return losses.sum() / num_usable, gradient


def _all_triplets(points: Tensor, same: Tensor, margin: float, *, semihard: bool) -> tuple[Tensor, Tensor]:
    """The sum of all losses is linear in the distances; the weight of a distance is the number of its triplets."""
    points = _centred(points)
    distances = _squared_distances(points).clamp_min_(0).sqrt_()
    positive = same.fill_diagonal_(False)
    # Ties: a negative exactly at the margin has no loss; for semi-hard, one as far as the positive is too near.
    reach = (distances + margin).nextafter(distances.new_tensor(-math.inf))
    weights = _triplets_of_pairs(torch.where(positive, reach, distances), positive)
    if semihard:
        farther = distances.nextafter(distances.new_tensor(math.inf))
        weights -= _triplets_of_pairs(torch.where(positive, farther, distances), positive)
    num_triplets = weights.clamp_min(0).sum()
    loss = ((weights * distances).sum() + margin * num_triplets) / num_triplets.clamp_min(1)
    slopes = distances.reciprocal_().nan_to_num_(posinf=0).mul_(weights).div_(num_triplets.clamp_min(1))
    # Each pair pulls along its difference: the Laplacian of the graph whose edges are the pairs, times the points.
    laplacian = (slopes + slopes.T).neg_()
    laplacian.diagonal().sub_(laplacian.sum(1))
    return loss, laplacian @ points


def _triplets_of_pairs(keys: Tensor, positive: Tensor) -> Float[Tensor, "N N"]:
    """Count for a positive its anchor's negatives of smaller key; for a negative, minus the positives of larger key.

    Sorting each anchor's row gives all counts in O(N^2 log N), where a list of the triplets has up to N^3 entries.
    """
    order = _sorting(keys.fill_diagonal_(math.inf))
    is_positive = positive.gather(1, order)
    positives = is_positive.cumsum(1, dtype=torch.int32)
    negatives = torch.arange(1, len(keys) + 1, dtype=torch.int32, device=keys.device) - positives
    counts = torch.where(is_positive, negatives, positives - positives[:, -1:])
    return torch.empty_like(keys).scatter_(1, order, counts.to(keys.dtype)).fill_diagonal_(0)


def _sorting(rows: Tensor) -> Int[Tensor, "N N"]:
    if rows.device.type == "cpu":  # torch's sort takes ten times as long
        return torch.from_numpy(np.argsort(rows.numpy(), axis=1))
    return rows.argsort(1)


def _check_one_device(**tensors: Tensor) -> None:
    if len({tensor.device for tensor in tensors.values()}) > 1:
        places = ", ".join(f"{name} on {tensor.device}" for name, tensor in tensors.items())
        raise InputError(f"The devices differ: {places}.", "Move all of them to one device with `.to(device)`.")


def _check_classes(labels: Tensor, num_examples: int, num_classes: int, instead: str = "") -> None:
    if labels.shape != (num_examples,) or labels.dtype != torch.int64:
        raise InputError(
            f"labels have shape {tuple(labels.shape)} and type {labels.dtype}, for {num_examples} examples and "
            f"{num_classes} classes.",
            f"Give ({num_examples},) classes of type int64{instead}.",
        )
    if labels.device.type == "cpu":
        outside = (labels < 0) | (labels >= num_classes)
        if outside.any():
            raise InputError(
                f"labels hold the class {int(labels[outside][0])}, but there are {num_classes} classes.",
                f"Number the classes from 0 to {num_classes - 1}.",
            )


def _check_distributions(labels: Tensor) -> None:
    if labels.device.type == "cpu":
        wrong = (labels < 0).any(1) | ~((labels.sum(1) - 1).abs() < 1e-2)
        if wrong.any():
            row = int(wrong.nonzero()[0])
            raise InputError(
                f"labels are not a distribution in row {row}: the smallest value is {float(labels[row].min()):.3g} and "
                f"the sum {float(labels[row].sum()):.3g}.",
                "Give probabilities: none negative, each row summing to one.",
            )

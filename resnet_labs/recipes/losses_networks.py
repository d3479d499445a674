"""A network that hands its features to its loss, and the three losses of lab 07 on it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor, nn

from resnet_labs import distributed
from resnet_labs.losses import CenterLoss, cross_entropy, triplet_loss


class NearestCenter(nn.Module):
    """A head without weights: the nearer the center of a class, the higher its logit. Centers start at zero."""

    centers: Tensor

    def __init__(self, num_classes: int, num_features: int) -> None:
        super().__init__()
        self.register_buffer("centers", torch.zeros(num_classes, num_features))

    def forward(self, features: Float[Tensor, "N D"]) -> Float[Tensor, "N K"]:
        """Return minus the distances."""
        return -torch.cdist(features, self.centers)


class EmbeddingNetwork(nn.Module):
    """A network in two parts, from images to features and from features to logits.

    After each call `features` holds those of the last images, for losses that need them.

    Args:
        body: a ResNet; its last layer is replaced.
        num_classes: the number of logits.
        num_features: None for the inputs of the last layer; otherwise a linear layer makes so many features of them.
        embedding: features are on the unit sphere and the nearest center classifies; otherwise a linear layer does.
    """

    def __init__(
        self, body: nn.Module, num_classes: int, *, num_features: int | None = None, embedding: bool = False
    ) -> None:
        super().__init__()
        assert isinstance(body.fc, nn.Linear)
        width = num_features or body.fc.in_features
        body.fc = nn.Identity() if num_features is None else nn.Linear(body.fc.in_features, num_features)
        self.body = body
        self.embedding = embedding
        self.head = NearestCenter(num_classes, width) if embedding else nn.Linear(width, num_classes)
        self.features = torch.empty(0)

    def forward(self, images: Float[Tensor, "N C H W"]) -> Float[Tensor, "N K"]:
        """Return logits, and keep the features."""
        self.features = self.body(images).float()
        if self.embedding:
            self.features = F.normalize(self.features)
        return self.head(self.features)


class TripletObjective(nn.Module):
    """The triplet loss of a network's features; in training mode the head's centers follow them."""

    def __init__(self, network: EmbeddingNetwork, *, margin: float, mining: str) -> None:
        super().__init__()
        assert isinstance(network.head, NearestCenter)
        self.network = (network,)  # in a tuple: its weights are not this module's
        self.margin, self.mining = margin, mining
        self.means = CenterLoss(*network.head.centers.shape, weight=0)

    def forward(self, logits: Float[Tensor, "N K"], labels: Int64[Tensor, " N"]) -> Float[Tensor, ""]:
        """Return the loss."""
        (network,) = self.network
        features = _of_batch(network, labels)
        if self.training:
            assert isinstance(network.head, NearestCenter)
            self.means(features.detach(), labels)
            network.head.centers.copy_(self.means.centers)
        return triplet_loss(features, labels, margin=self.margin, mining=self.mining)


class CenterObjective(nn.Module):
    """Cross-entropy of the logits and center loss of a network's features, added."""

    def __init__(self, network: EmbeddingNetwork, num_classes: int, *, weight: float) -> None:
        super().__init__()
        assert isinstance(network.head, nn.Linear)
        self.network = (network,)
        self.center_loss = CenterLoss(num_classes, network.head.in_features, weight=weight)

    def forward(self, logits: Float[Tensor, "N K"], labels: Int64[Tensor, " N"]) -> Float[Tensor, ""]:
        """Return the sum; in training mode the centers move."""
        return cross_entropy(logits, labels) + self.center_loss(_of_batch(self.network[0], labels), labels)


def _of_batch(network: EmbeddingNetwork, labels: Tensor) -> Tensor:
    """Return the features of the images with these labels: in training, those of all processes."""
    return distributed.whole(network.features, len(labels)) if network.training else network.features


def class_means(
    features: Float[Tensor, "N D"], labels: Int64[Tensor, " N"], num_classes: int
) -> Float[Tensor, "{num_classes} D"]:
    """Return the mean feature of each class; every class needs an example."""
    sums = features.new_zeros(num_classes, features.shape[1]).index_add_(0, labels, features)
    return sums / labels.bincount(minlength=num_classes)[:, None]


def spread(features: Float[Tensor, "N D"], labels: Int64[Tensor, " N"], num_classes: int) -> dict[str, float]:
    """Return the mean distance between class means, that of features from their class mean, and the ratio."""
    means = class_means(features, labels, num_classes)
    between = torch.pdist(means).mean().item()
    within = (features - means[labels]).norm(dim=1).mean().item()
    return {"between_classes": between, "within_classes": within, "separation": between / within}

"""How classes are arranged in feature space: pictures in the plane, and numbers for their separation."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from jaxtyping import Float, Float32, Integer
from threadpoolctl import threadpool_limits
from torch import Tensor

from resnet_labs.errors import InputError, nearest
from resnet_labs.features.compiled import refusals, umap_class

METHODS = ("tsne", "umap")
_CHUNK = 2**24  # distances held at once, 64 MiB


def embed(features: Float[Tensor, "N D"], method: str = "tsne", *, seed: int = 0) -> Float32[Tensor, "N 2"]:
    """Return a point in the plane for each row, near rows near each other; the same seed gives the same points.

    With few rows the neighbourhood shrinks: perplexity is 30, but at most (N - 1) / 3; UMAP looks at 15 neighbours,
    but at most N - 1.

    Args:
        features: (N, D), at least 4 rows and 2 columns.
        method: "tsne" or "umap" (its first use takes some ten seconds to compile).
        seed: for the random start of t-SNE, and for UMAP's sampling.

    Raises:
        InputError: an unknown method, too few rows or columns, rows that are all the same, or values that are not
            finite.

    Source: van der Maaten and Hinton 2008, Visualizing Data using t-SNE, with the acceleration of van der Maaten 2014;
        McInnes et al. 2018, UMAP.
    Deviations: t-SNE starts at random, as in its paper, and runs in one thread, so that sums have one order.
    Equals: sklearn.manifold.TSNE(init="random"); umap.UMAP.

    Example:
        >>> points = torch.cat([torch.rand(10, 5), torch.rand(10, 5) + 9])
        >>> embed(points).shape
        torch.Size([20, 2])
    """
    if method not in METHODS:
        raise InputError(f"method is {method!r}.", nearest(method, METHODS))
    count, width = features.shape
    if count < 4 or width < 2:
        raise InputError(f"features has shape {tuple(features.shape)}.", "Give at least 4 rows and 2 columns.")
    _check_finite(features)
    if (features == features[0]).all():
        raise InputError("All rows of features are the same.", "Look for dead units: there is nothing to tell apart.")
    points = features.detach().float().cpu().numpy()
    make_umap = umap_class() if method == "umap" else None
    with warnings.catch_warnings():
        if make_umap is None:
            from sklearn.manifold import TSNE

            # Not sklearn's start from principal components, which does not depend on the seed.
            reducer = TSNE(perplexity=min(30, (count - 1) / 3), init="random", random_state=seed)
        else:
            warnings.simplefilter("ignore")  # it warns about its own use of older names
            reducer = make_umap(n_neighbors=min(15, count - 1), random_state=seed, n_jobs=1)
        # After the imports: it limits the pools that it finds. It also restores torch's, which umap's numba sets.
        with threadpool_limits(1), refusals():
            positions = reducer.fit_transform(points)
    return torch.from_numpy(np.ascontiguousarray(positions, dtype=np.float32))


@torch.no_grad()
def neighbour_purity(
    features: Float[Tensor, "N D"], labels: Integer[Tensor, "..."], *, num_neighbours: int = 10
) -> float:
    """Return the share of a row's nearest other rows that have its label, averaged over the rows.

    1 if every class is separate; about the classes' shares if labels and features are unrelated. Distances are
    Euclidean; they are never all held at once.

    Args:
        features: (N, D).
        labels: (N,).
        num_neighbours: how many of the nearest rows count, at most N - 1.

    Raises:
        InputError: labels that do not fit, too many neighbours for the rows, or values that are not finite.

    Source: Cover and Hart 1967, Nearest Neighbor Pattern Classification.
    Deviations: the share of neighbours that agree, in place of the vote that they would win.
    Equals: sklearn.neighbors.NearestNeighbors, with the row itself left out.

    Example:
        >>> features = torch.tensor([[0.0], [1.0], [2.0], [9.0], [10.0]])
        >>> neighbour_purity(features, torch.tensor([0, 0, 0, 1, 1]), num_neighbours=1)
        1.0
    """
    _check_labelled(features, labels)
    count = len(features)
    if not 1 <= num_neighbours < count:
        raise InputError(
            f"num_neighbours is {num_neighbours}, but there are {count} rows.", f"Choose from 1 to {count - 1}."
        )
    points = features if features.dtype == torch.float64 else features.float()
    points = points - points.mean(0)  # sums of squares lose fewer digits around zero
    squares = points.square().sum(1)
    labels = labels.to(points.device)
    size, alike = max(1, _CHUNK // count), 0
    for start in range(0, count, size):
        rows = slice(start, start + size)
        distances = torch.addmm(squares, points[rows], points.T, alpha=-2)  # squared, minus the row's own square
        distances.diagonal(start).fill_(torch.inf)  # no row is its own neighbour
        near = distances.topk(num_neighbours, largest=False).indices
        alike += int((labels[near] == labels[rows, None]).sum())
    return alike / (count * num_neighbours)


def silhouette(features: Float[Tensor, "N D"], labels: Integer[Tensor, "..."]) -> float:
    """Return how much nearer rows are to their own class than to the nearest other one: -1 to 1, mean over rows.

    Args:
        features: (N, D).
        labels: (N,), of at least two classes, and fewer classes than rows.

    Raises:
        InputError: labels that do not fit, or values that are not finite.

    Source: Rousseeuw 1987, Silhouettes.
    Equals: sklearn.metrics.silhouette_score.

    Example:
        >>> round(silhouette(torch.tensor([[0.0], [1.0], [10.0], [11.0]]), torch.tensor([0, 0, 1, 1])), 4)
        0.8997
    """
    from sklearn.metrics import silhouette_score

    _check_labelled(features, labels)
    num_classes = len(labels.unique())
    if not 2 <= num_classes < len(labels):
        raise InputError(
            f"labels hold {num_classes} classes in {len(labels)} rows.",
            "Give two classes or more, but fewer than rows.",
        )
    points = features.detach()
    points = points if points.dtype == torch.float64 else points.float()
    return float(silhouette_score(points.cpu().numpy(), labels.cpu().numpy()))


def _check_finite(features: Tensor) -> None:
    if not features.isfinite().all():
        raise InputError("features hold NaN or infinity.", "Look at the training that made them: its loss diverged.")


def _check_labelled(features: Tensor, labels: Tensor) -> None:
    if labels.shape != features.shape[:1]:
        raise InputError(
            f"features have shape {tuple(features.shape)} and labels {tuple(labels.shape)}.", "Give one label per row."
        )
    _check_finite(features)

"""The triplet loss, forward and backward, against pytorch-metric-learning."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from resnet_labs import runtime
from resnet_labs.bench.rows import Effort, Measure, Row, against, milliseconds, peer
from resnet_labs.losses import triplet_loss

MARGIN = 0.2
Loss = Callable[[Tensor, Tensor], Tensor]


def triplet(
    effort: Effort,
    *,
    hard: Sequence[int] = (128, 512, 1024),
    every: Sequence[int] = (128,),
    features: int = 512,
    per_class: int = 4,
) -> Iterator[Row]:
    """Time batch-hard mining at several batch sizes, and all triplets at a small one."""
    cases = [*(("hard", rows, 2.0) for rows in hard), *(("all", rows, 5.0) for rows in every)]
    for mining, rows, target in cases:
        row = Row(
            name=f"triplet-{mining}",
            what=(
                f"triplet loss, mining {mining!r}, {rows} rows of {features}, {per_class} per class, forward, backward"
            ),
            peer="pytorch-metric-learning",
            target=target,
        )
        batch = embedded(rows, features, per_class)
        time_of = partial(_time, mining=mining, batch=batch, effort=effort)
        yield against(row, partial(time_of, "resnet_labs"), partial(time_of, "pytorch_metric_learning"), effort)


def _time(package: str, mining: str, batch: tuple[Tensor, Tensor], effort: Effort) -> Measure:
    return milliseconds(partial(differentiated, loss_of(package, mining), *batch), effort)


def loss_of(package: str, mining: str) -> Loss:
    """Return a package's triplet loss on Euclidean distances; both give the same number."""
    if package == "resnet_labs":
        return partial(triplet_loss, margin=MARGIN, mining=mining)
    peer(package)
    distances, losses, miners, reducers = (
        peer(f"{package}.{part}") for part in ("distances", "losses", "miners", "reducers")
    )
    distance = distances.LpDistance(normalize_embeddings=False)
    if mining == "all":
        return losses.TripletMarginLoss(margin=MARGIN, distance=distance)
    loss = losses.TripletMarginLoss(margin=MARGIN, distance=distance, reducer=reducers.MeanReducer())
    miner = miners.BatchHardMiner(distance=distance)
    return lambda embeddings, labels: loss(embeddings, labels, miner(embeddings, labels))


def embedded(rows: int, features: int, per_class: int = 4) -> tuple[Tensor, Tensor]:
    """Return random embeddings with a few per class, by default four as in the batches of Hermans et al. (2017)."""
    device = runtime.default_device()
    embeddings = torch.randn(rows, features, generator=torch.Generator().manual_seed(0)).to(device)
    return embeddings.requires_grad_(), torch.arange(rows, device=device) // per_class


def differentiated(loss: Loss, embeddings: Tensor, labels: Tensor) -> Tensor:
    """Return the loss's gradient."""
    return torch.autograd.grad(loss(embeddings, labels), embeddings)[0]

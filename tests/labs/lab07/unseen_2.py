"""Answers to 07.2 by someone who knew the exercise and not its check."""

import torch
from helpers.answers import Answers

answers = Answers("07.2", "check_distances")


def good(points):
    squares = (points[:, None] - points).square().sum(2)
    together = squares == 0
    return squares.masked_fill(together, 1).sqrt().masked_fill(together, 0)


@answers.wrong("device", "torch.eye on the CPU hides the diagonal")
def eye(points):
    squares = (points[:, None] - points).square().sum(2)
    together = squares == 0
    return squares.masked_fill(together, 1).sqrt() * (~together) * (1 - torch.eye(len(points), dtype=points.dtype))


@answers.wrong("device", "zeros on the CPU in torch.where")
def cpu_where(points):
    squares = (points[:, None] - points).square().sum(2)
    together = squares == 0
    return torch.where(
        together, torch.zeros(squares.shape, dtype=points.dtype), squares.masked_fill(together, 1).sqrt()
    )


@answers.wrong("diagonal-only", "only the diagonal is replaced: twins give nan")
def diagonal_only(points):
    own = torch.eye(len(points), dtype=torch.bool, device=points.device)
    squares = (points[:, None] - points).square().sum(2)
    return squares.masked_fill(own, 1).sqrt().masked_fill(own, 0)


@answers.wrong("epsilon", "1e-8 under the root: the diagonal is 1e-4")
def epsilon(points):
    return ((points[:, None] - points).square().sum(2) + 1e-8).sqrt()


@answers.wrong("coarse-zero", "clamp(min=1e-6): near points are pushed apart, their gradient is gone")
def clamped(points):
    squares = (points[:, None] - points).square().sum(2)
    return squares.clamp(min=1e-6).sqrt().masked_fill(squares == 0, 0)


@answers.wrong("coarse-zero", "three terms: far from the origin near points are at zero")
def gram(points):
    squares = points.square().sum(1)
    table = (squares[:, None] + squares - 2 * points @ points.T).clamp(min=0)
    together = table < 1e-3
    return table.masked_fill(together, 1).sqrt().masked_fill(together, 0)


@answers.wrong("dtype", "cast to float32")
def float32(points):
    return good(points.float())


@answers.wrong("nan-gradient", "nan_to_num on the result: gradients stay nan")
def nan_late(points):
    return (points[:, None] - points).square().sum(2).sqrt().nan_to_num()


@answers.wrong("one-point-shape", "one point: squeeze takes away the axes")
def squeeze(points):
    return good(points).squeeze()


@answers.wrong("coarse-zero", "tiny distances (below 1e-4) count as zero")
def tiny(points):
    squares = (points[:, None] - points).square().sum(2)
    together = squares < 1e-8
    return squares.masked_fill(together, 1).sqrt().masked_fill(together, 0)


@answers.wrong("changes-input", "centered in place")
def in_place(points):
    with torch.no_grad():
        points -= points.mean(0)
    return good(points)


@answers.wrong("gradient", "a hook on points that removes nan from all gradients stays")
def hook(points):
    if points.requires_grad:
        points.register_hook(lambda g: g.nan_to_num())
    return (points[:, None] - points).square().sum(2).sqrt()


@answers.wrong("leaves-behind", "grad mode is off afterwards")
def grad_off(points):
    table = good(points)
    torch.set_grad_enabled(False)
    return table


@answers.wrong("squared", "squares")
def squares(points):
    return (points[:, None] - points).square().sum(2)


@answers.wrong("city-block", "city block")
def city(points):
    return (points[:, None] - points).abs().sum(2)


@answers.wrong("gradient", "half the gradient: one end is detached")
def one_end(points):
    squares = (points[:, None] - points.detach()).square().sum(2)
    together = squares == 0
    return squares.masked_fill(together, 1).sqrt().masked_fill(together, 0)


@answers.wrong("mean-of-squares", "mean over the features")
def mean(points):
    squares = (points[:, None] - points).square().mean(2)
    together = squares == 0
    return squares.masked_fill(together, 1).sqrt().masked_fill(together, 0)


@answers.wrong("one-triangle", "only above the diagonal")
def upper(points):
    return good(points).triu()


@answers.wrong("loop", "a loop over rows")
def looped(points):
    return torch.stack([good_row(points, row) for row in points])


def good_row(points, row):
    squares = (points - row).square().sum(1)
    together = squares == 0
    return squares.masked_fill(together, 1).sqrt().masked_fill(together, 0)


@answers.right
def cdist(points):
    """torch.cdist, whose gradient is zero at zero distance."""
    return torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")


@answers.right
def norm(points):
    """A vector norm, whose subgradient at zero is zero."""
    return torch.linalg.vector_norm(points.unsqueeze(0) - points.unsqueeze(1), dim=-1)


@answers.right
def where(points):
    """torch.where twice, einsum."""
    gaps = points[None] - points[:, None]
    squares = torch.einsum("ijd,ijd->ij", gaps, gaps)
    safe = torch.where(squares > 0, squares, torch.ones_like(squares))
    return torch.where(squares > 0, safe**0.5, torch.zeros_like(squares))


@answers.right
def indexed(points):
    """Only the entries above zero are written into a table of zeros."""
    squares = (points[:, None, :] - points[None, :, :]).pow(2).sum(-1)
    table = torch.zeros_like(squares)
    apart = squares != 0
    return table.masked_scatter(apart, squares[apart].sqrt())

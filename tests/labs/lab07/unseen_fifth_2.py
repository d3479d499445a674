"""Answers to 07.2 by students who know its text alone."""

import torch
from helpers.answers import Answers

answers = Answers("07.2", "check_distances")


# ---- wrong: what students commonly do
@answers.wrong("nan-gradient", "the plain root: the diagonal's gradient is NaN")
def plain_root(points):
    return (points[:, None] - points).square().sum(-1).sqrt()


@answers.wrong("nan-gradient", "masks after the root: values right, gradient still NaN")
def mask_after_root(points):
    squares = (points[:, None] - points).square().sum(-1)
    return torch.where(squares > 0, squares.sqrt(), torch.zeros_like(squares))


@answers.wrong(
    "epsilon", "adds 1e-8 under the root: the distance to oneself is 1e-4, not 0, and small distances are off"
)
def small_number_under_root(points):
    return ((points[:, None] - points).square().sum(-1) + 1e-8).sqrt()


@answers.wrong("zeros-not-put-back", "the ones put in before the root are never put back: distance 1 from itself")
def ones_left(points):
    squares = (points[:, None] - points).square().sum(-1)
    return squares.masked_fill(squares == 0, 1).sqrt()


@answers.wrong("diagonal-only", "saves only the diagonal: two equal points in different rows give NaN gradients")
def only_the_diagonal(points):
    squares = (points[:, None] - points).square().sum(-1)
    eye = torch.eye(len(points), dtype=torch.bool, device=points.device)
    return squares.masked_fill(eye, 1).sqrt().masked_fill(eye, 0)


@answers.wrong(
    "negative-root",
    "three terms without clamp: rounding makes some squares negative and their root NaN (random points, away from the origin)",
)
def expansion_without_clamp(points):
    lengths = points.square().sum(1)
    squares = lengths[:, None] + lengths - 2 * points @ points.T
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


# ---- wrong, but right on the visible example
@answers.wrong(
    "coarse-zero", "calls everything below 1e-4 zero (isclose): small distances are lost, with their gradients"
)
def small_is_zero(points):
    squares = (points[:, None] - points).square().sum(-1)
    zero = torch.isclose(squares, torch.zeros_like(squares))
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong("values", "only the first two coordinates are read: wrong for three features or more (and for one)")
def two_coordinates(points):
    flat = points[:, :2]
    squares = (flat[:, None] - flat).square().sum(-1)
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong("wide", "a pair that shares one coordinate counts as equal: (0, 1) and (0, 5) get distance 0")
def one_shared_coordinate(points):
    apart = points[:, None] - points
    zero = apart.eq(0).any(-1)
    return apart.square().sum(-1).masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong("values", "sorts the points before: with unsorted rows the table belongs to another order")
def sorted_points(points):
    points = points[points[:, 0].argsort(stable=True)]
    apart = points[:, None] - points
    return torch.linalg.vector_norm(apart, dim=-1)


@answers.wrong("one-point-shape", "squeezes the table: for one single point it has no axes in place of (1, 1)")
def squeezed(points):
    return torch.linalg.vector_norm(points[:, None] - points, dim=-1).squeeze()


# ---- wrong: a promise broken
@answers.wrong("gradient", "one end of each distance is detached: gradients are half of what they should be")
def one_end_detached(points):
    return torch.linalg.vector_norm(points[:, None] - points.detach(), dim=-1)


@answers.wrong("dtype", "a table in float32 for points in float64 or float16")
def always_float32(points):
    points = points.float()
    return torch.linalg.vector_norm(points[:, None] - points, dim=-1)


@answers.wrong("changes-input", "moves the caller's points to their mean, in place")
def centred_in_place(points):
    with torch.no_grad():
        points -= points.mean(0)
    return torch.linalg.vector_norm(points[:, None] - points, dim=-1)


_equal = {}


@answers.wrong(
    "device",
    "remembers which pairs were equal for each N: in the second batch of that size other pairs are called zero or give NaN",
)
def remembers_equal_pairs(points):
    squares = (points[:, None] - points).square().sum(-1)
    zero = _equal.setdefault(len(points), squares.detach() == 0)
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


# ---- right
@answers.right
def vector_norm(points):
    return torch.linalg.vector_norm(points.unsqueeze(0) - points.unsqueeze(1), ord=2, dim=2)


class _Table(torch.autograd.Function):
    @staticmethod
    def forward(ctx, points):
        apart = points.unsqueeze(1) - points.unsqueeze(0)
        table = torch.einsum("ijd,ijd->ij", apart, apart).sqrt()
        ctx.save_for_backward(apart, table)
        return table

    @staticmethod
    def backward(ctx, slopes):
        apart, table = ctx.saved_tensors
        steep = torch.where(table > 0, slopes / table, torch.zeros_like(table))
        both = steep + steep.T
        return torch.einsum("ij,ijd->id", both, apart)


@answers.right
def own_backward(points):
    return _Table.apply(points)


@answers.right
def upper_triangle(points):
    count = len(points)
    rows, columns = torch.triu_indices(count, count, 1, device=points.device)
    squares = (points[rows] - points[columns]).pow(2).sum(1)
    positive = squares > 0
    roots = torch.zeros_like(squares).masked_scatter(positive, squares[positive].sqrt())
    half = points.new_zeros(count, count).index_put((rows, columns), roots)
    return half + half.T


@answers.right
def mapped_twice(points):
    def pair(one, other):
        square = torch.dot(one - other, one - other)
        zero = (square == 0).to(square.dtype)
        return torch.sqrt(square + zero) * (1 - zero)

    return torch.vmap(lambda one: torch.vmap(lambda other: pair(one, other))(points))(points)

"""More answers to 07.2 by someone who knew the exercise and not its check."""

import torch
from helpers.answers import Answers

answers = Answers("07.2", "check_distances")


# torch's norm of a vector has a gradient of zero at zero.
answers.right(lambda points: torch.linalg.vector_norm(points.unsqueeze(0) - points.unsqueeze(1), dim=-1))


# cdist without matrix products, in float64, cast back.
@answers.right
def by_cdist(points):
    double = points.double()
    return torch.cdist(double, double, compute_mode="donot_use_mm_for_euclid_dist").to(points.dtype)


# A derivative of its own: unit vectors, and none between equal points.
class Distances(torch.autograd.Function):
    @staticmethod
    def forward(ctx, points):
        between = points[:, None] - points
        apart = between.pow(2).sum(2).sqrt()
        ctx.save_for_backward(between, apart)
        return apart

    @staticmethod
    def backward(ctx, above):
        between, apart = ctx.saved_tensors
        unit = torch.where(apart[..., None] > 0, between / apart[..., None], 0.0)
        return torch.einsum("ij,ijd->id", above + above.T, unit)


@answers.right
def own_derivative(points):
    return Distances.apply(points)


def guarded_root(squares):
    zero = squares == 0
    return squares.masked_fill(zero, 1.0).sqrt().masked_fill(zero, 0.0)


@answers.wrong("epsilon", "1e-8 under the root: equal points are 1e-4 apart, and small distances grow")
def small_number(points):
    return ((points[:, None] - points).pow(2).sum(2) + 1e-8).sqrt()


@answers.wrong("nan-gradient", "a bare root: the gradient is NaN on the diagonal")
def bare_root(points):
    return (points[:, None] - points).pow(2).sum(2).sqrt()


@answers.wrong("diagonal-only", "only the diagonal is guarded: two equal rows give a NaN in the gradient")
def only_the_diagonal(points):
    squares = (points[:, None] - points).pow(2).sum(2)
    itself = torch.eye(len(points), dtype=torch.bool, device=points.device)
    return squares.masked_fill(itself, 1.0).sqrt().masked_fill(itself, 0.0)


@answers.wrong(
    "nan-gradient", "the zeros are masked after the root only: the backward pass still goes through it and gives NaN"
)
def masked_too_late(points):
    apart = (points[:, None] - points).pow(2).sum(2).sqrt()
    return torch.where(apart > 0, apart, 0.0)


@answers.wrong("squared", "no root: squared distances, right at 0 and 1 only")
def squared(points):
    return (points[:, None] - points).pow(2).sum(2)


@answers.wrong("coarse-zero", "distances under 1e-3 count as zero: small ones are lost, and their gradient")
def small_is_zero(points):
    squares = (points[:, None] - points).pow(2).sum(2)
    small = squares < 1e-6
    return squares.masked_fill(small, 1.0).sqrt().masked_fill(small, 0.0)


@answers.wrong(
    "negative-root",
    "a^2 + b^2 - 2ab without clamp: rounding makes squares of points far from the origin negative, the root NaN",
)
def expanded(points):
    squares = points.pow(2).sum(1)
    return guarded_root(squares[:, None] + squares - 2 * points @ points.T)


@answers.wrong("gradient", "one end is detached: each gradient is half of what it should be")
def one_end(points):
    return guarded_root((points[:, None] - points.detach()).pow(2).sum(2))


@answers.wrong("city-block", "the sum of absolute differences: right on a line only (D = 1)")
def city_blocks(points):
    return (points[:, None] - points).abs().sum(2)


@answers.wrong("dtype", "computed in float32: the table of float64 points is float32")
def single_precision(points):
    points = points.float()
    return guarded_root((points[:, None] - points).pow(2).sum(2))


@answers.wrong("one-triangle", "only pairs above the diagonal are filled: the lower half is zero")
def upper_half(points):
    return guarded_root((points[:, None] - points).pow(2).sum(2)).triu()


@answers.wrong("values-shape", "sums over axis 1, the other points: (N, D) comes back, or, if N = D, other values")
def wrong_axis(points):
    return guarded_root((points[:, None] - points).pow(2).sum(1))


@answers.wrong(
    "gradient",
    "a hook on the points turns NaN into zeros: points that need no gradient crash, and the hook stays on them",
)
def hooked(points):
    points.register_hook(lambda gradient: gradient.nan_to_num(0.0))
    return (points[:, None] - points).pow(2).sum(2).sqrt()


@answers.wrong("changes-input", "points are centred in place first: the points of the caller change")
def centred_in_place(points):
    with torch.no_grad():
        points -= points.mean(0)
    return guarded_root((points[:, None] - points).pow(2).sum(2))


@answers.wrong(
    "mean-of-squares", "the mean of the squares over the features, not their sum: too small by the root of D"
)
def mean_of_squares(points):
    return guarded_root((points[:, None] - points).pow(2).mean(2))


@answers.wrong("no-gradient", "under no_grad: the table has no gradient at all")
@torch.no_grad()
def without_graph(points):
    return guarded_root((points[:, None] - points).pow(2).sum(2))

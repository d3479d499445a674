"""Answers to 07.2 by students who know its text alone."""

import torch
from helpers.answers import Answers

answers = Answers("07.2", "check_distances")


# ---------------------------------------------------------------- wrong


@answers.wrong("?", "a small number under the root: the diagonal and twins have 1e-6, not exactly 0")
def epsilon_under_root(points):
    squares = (points[:, None] - points).square().sum(2)
    return (squares + 1e-12).sqrt()


@answers.wrong("?", "clamps the squares at the type's epsilon: zeros become 3e-4, and so do smaller distances")
def clamped_at_epsilon(points):
    squares = (points[:, None] - points).square().sum(2)
    return squares.clamp(min=torch.finfo(points.dtype).eps).sqrt()


@answers.wrong("?", "only the diagonal is guarded: the gradient of twin rows is NaN")
def diagonal_only(points):
    squares = (points[:, None] - points).square().sum(2)
    own = torch.eye(len(points), dtype=torch.bool, device=points.device)
    return squares.masked_fill(own, 1).sqrt().masked_fill(own, 0)


@answers.wrong("?", "masks after the root, which is too late: the backward pass gives NaN")
def masked_too_late(points):
    squares = (points[:, None] - points).square().sum(2)
    return torch.where(squares > 0, squares.sqrt(), torch.zeros_like(squares))


@answers.wrong("?", "the squared distance, without the root: 25 between the corners")
def squared(points):
    return (points[:, None] - points).square().sum(2)


@answers.wrong("?", "the mean of the squares in place of their sum: too small by sqrt(D) for D > 1")
def mean_of_squares(points):
    squares = (points[:, None] - points).square().mean(2)
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong("?", "distances below 1e-3 count as zero, and small distances have to be kept")
def small_ones_lost(points):
    squares = (points[:, None] - points).square().sum(2)
    zero = squares < 1e-6
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong("?", "three terms without a clamp: rounding below zero gives NaN for near rows far from the origin")
def three_terms_unclamped(points):
    norms = points.square().sum(1)
    squares = norms[:, None] + norms - 2 * points @ points.T
    own = torch.eye(len(points), dtype=torch.bool, device=points.device)
    zero = (squares == 0) | own
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong("?", "a loop over all pairs, where the text says to write it without a loop")
def loop_over_pairs(points):
    rows = []
    for one in points:
        row = []
        for other in points:
            square = (one - other).square().sum()
            row.append(square.sqrt() if square > 0 else square * 0)
        rows.append(torch.stack(row))
    return torch.stack(rows)


@answers.wrong("?", "one end of each distance is detached: each row gets half of its gradient")
def one_end_detached(points):
    squares = (points[:, None] - points.detach()).square().sum(2)
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong("?", "the table begins as zeros on the CPU: fails for points on another device")
def table_on_the_cpu(points):
    squares = (points[:, None] - points).square().sum(2)
    table = torch.zeros(len(points), len(points), dtype=points.dtype)
    table[squares > 0] = squares[squares > 0].sqrt()
    return table


@answers.wrong("?", "always float32: for float64 points the table has another type than the points")
def always_float32(points):
    points = points.to(torch.float32)
    squares = (points[:, None] - points).square().sum(2)
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong("?", "centers the points in place: the distances are right, but the caller's points have changed")
def centers_in_place(points):
    points.data -= points.data.mean(0)
    squares = (points[:, None] - points).square().sum(2)
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong(
    "?", "a hook turns the points' NaN into 0: of twin rows the whole gradient is lost, and each row has a twin: itself"
)
def hook_against_nan(points):
    if points.requires_grad:
        points = points * 1
        points.register_hook(lambda gradient: gradient.nan_to_num(0.0))
    return (points[:, None] - points).square().sum(2).sqrt()


# ---------------------------------------------------------------- right


@answers.right
def norm_of_differences(points):
    # torch's norm has the subgradient 0 at zero
    return torch.linalg.vector_norm(points.unsqueeze(0) - points.unsqueeze(1), dim=-1)


@answers.right
def zeros_become_ones(points):
    squares = torch.einsum("ijd,ijd->ij", *[points[:, None] - points[None]] * 2)
    zero = (squares == 0).to(squares.dtype)
    return torch.sqrt(squares + zero) * (1 - zero)


class _Distances(torch.autograd.Function):
    @staticmethod
    def forward(context, points):
        differences = points[:, None] - points[None, :]
        apart = differences.pow(2).sum(-1).sqrt()
        context.save_for_backward(differences, apart)
        return apart

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(context, above):
        differences, apart = context.saved_tensors
        share = torch.where(apart > 0, (above + above.T) / apart, torch.zeros_like(apart))
        return (share.unsqueeze(-1) * differences).sum(1)


@answers.right
def own_backward(points):
    return _Distances.apply(points)


@answers.right
def hook_at_the_squares(points):
    squares = (points[:, None] - points).square().sum(2)
    zero = squares == 0
    if squares.requires_grad:
        squares.register_hook(lambda gradient: gradient.masked_fill(zero, 0))
    return squares.sqrt()


@answers.right
def only_pairs_that_differ(points):
    number = points.shape[0]
    apart = (points[:, None] != points[None]).any(2)
    rows, columns = torch.nonzero(apart, as_tuple=True)
    lengths = (points.index_select(0, rows) - points.index_select(0, columns)).norm(dim=1)
    flat = points.new_zeros(number * number)
    return flat.index_put((rows * number + columns,), lengths).reshape(number, number)


@answers.right
def mapped_twice(points):
    def between(one, other):
        square = (one - other).square().sum()
        nonzero = square > 0
        root = torch.where(nonzero, square, torch.ones_like(square)).sqrt()
        return torch.where(nonzero, root, torch.zeros_like(root))

    to_all = torch.vmap(between, in_dims=(None, 0))
    return torch.vmap(to_all, in_dims=(0, None))(points, points)

"""Answers to 07.2 by students who know its text alone."""

import torch
from helpers.answers import Answers

answers = Answers("07.2", "check_distances")


@answers.wrong("epsilon", "1e-6 under the root: the diagonal and equal rows are 0.001 apart instead of 0")
def small_number(points):
    return ((points[:, None] - points).pow(2).sum(-1) + 1e-6).sqrt()


@answers.wrong("nan-gradient", "zeros are put in after the root: the gradient of any batch is NaN")
def masked_too_late(points):
    squares = (points[:, None] - points).pow(2).sum(-1)
    return torch.where(squares == 0, torch.zeros_like(squares), squares.sqrt())


@answers.wrong("diagonal-only", "only the diagonal is kept from the root: two equal rows give a NaN gradient")
def diagonal_only(points):
    squares = (points[:, None] - points).pow(2).sum(-1)
    own = torch.eye(len(points), dtype=torch.bool, device=points.device)
    return squares.masked_fill(own, 1).sqrt().masked_fill(own, 0)


@answers.wrong("coarse-zero", "everything below 0.001 counts as zero: rows 0.0005 apart get distance 0 and no gradient")
def small_is_zero(points):
    squares = (points[:, None] - points).pow(2).sum(-1)
    close = squares < 1e-6
    return squares.masked_fill(close, 1).sqrt().masked_fill(close, 0)


@answers.wrong(
    "gradient", "the second end is detached: a distance moves only one of its two points, gradients are wrong"
)
def one_end(points):
    squares = (points[:, None] - points.detach()).pow(2).sum(-1)
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong(
    "negative-root",
    "three terms without a clamp: for rows far from the origin rounding gives a negative square and NaN",
)
def negative_square(points):
    length = points.pow(2).sum(1)
    squares = length[:, None] + length - 2 * points @ points.T
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong("dtype", "computes in float32: float64 points get a float32 table")
def always_float32(points):
    points = points.to(torch.float32)
    squares = (points[:, None] - points).pow(2).sum(-1)
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong(
    "changes-input",
    "centres the caller's points in place: they are other points afterwards, a leaf that requires a gradient crashes",
)
def centred(points):
    points -= points.mean(0)
    squares = (points[:, None] - points).pow(2).sum(-1)
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong("values", "right for two features only: ignores the third, crashes for one")
def in_the_plane(points):
    across = points[:, None] - points
    squares = across[:, :, 0] ** 2 + across[:, :, 1] ** 2
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong("one-point-shape", "squeezes: a batch of one gives a tensor without axes instead of (1, 1)")
def squeezed(points):
    squares = (points[:, None] - points).pow(2).sum(-1).squeeze()
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong(
    "gradient",
    "a hook on the points turns NaN into 0: every row has its diagonal, so all gradients are 0; and the hook stays",
)
def hooked(points):
    if points.requires_grad:
        points.register_hook(torch.nan_to_num)
    return (points[:, None] - points).pow(2).sum(-1).sqrt()


@answers.wrong("device", "the zeros come from the CPU: crashes for points on a GPU")
def cpu_only(points):
    squares = (points[:, None] - points).pow(2).sum(-1)
    zero = squares == 0
    root = squares.masked_fill(zero, 1).sqrt()
    return torch.where(zero, torch.zeros(zero.shape, dtype=points.dtype), root)


# A lambda: the norm of torch has gradient zero at zero.
answers.right(lambda points: (points.unsqueeze(1) - points.unsqueeze(0)).norm(dim=-1))


@answers.right
def by_einsum(points):
    # Squares by einsum; the zeros are replaced by one before the root and multiplied away after it.
    across = points[:, None] - points
    squares = torch.einsum("ijd,ijd->ij", across, across)
    apart = squares != 0
    return torch.where(apart, squares, torch.ones_like(squares)).sqrt() * apart


class OnlyWhereApart:
    # The root is taken of the squares above zero alone, which are then written into a new table of zeros.
    def __call__(self, points):
        squares = (points[:, None] - points).square().sum(dim=2)
        rows, columns = squares.nonzero(as_tuple=True)
        return torch.zeros_like(squares).index_put((rows, columns), squares[rows, columns].sqrt())


answers.right(OnlyWhereApart())

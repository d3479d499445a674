"""Answers to 07.2 by someone who looked for what its check may not ask."""

import torch
from helpers.answers import Answers

answers = Answers("07.2", "check_distances")


@answers.right
def norm_of_differences(points):
    # Right: vector_norm is the root of the sum of squares, and its backward gives zero where the norm is zero.
    return torch.linalg.vector_norm(points[:, None] - points, dim=-1)


@answers.right
def only_the_positive(points):
    # Right: the root is taken of positive squares only and put into a new table of zeros; zeros get no gradient.
    apart = points.unsqueeze(1) - points.unsqueeze(0)
    squares = torch.einsum("ijd,ijd->ij", apart, apart)
    where = (squares > 0).nonzero(as_tuple=True)
    return torch.zeros_like(squares).index_put(where, squares[where].sqrt())


class _Root(torch.autograd.Function):
    @staticmethod
    def forward(ctx, squares):
        roots = squares.sqrt()
        ctx.save_for_backward(roots)
        return roots

    @staticmethod
    def backward(ctx, grad):
        (roots,) = ctx.saved_tensors
        zero = roots == 0
        return torch.where(zero, torch.zeros_like(grad), grad / (2 * roots + zero.to(roots.dtype)))


@answers.right
def own_root(points):
    # Right: a root whose backward is 1 / (2 root), and exactly zero where the root is zero.
    return _Root.apply((points[:, None] - points).pow(2).sum(-1))


@answers.wrong(
    "gradient",
    "the lower half is a detached copy of the upper one: gradients are halved for a sum, and wrong for single entries",
)
def mirrored(points):
    squares = (points[:, None] - points).pow(2).sum(-1)
    zero = squares == 0
    upper = squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0).triu(1)
    return upper + upper.detach().T


@answers.wrong("raises", "the table is always float32 and on the CPU: float64 points fail")
def table_of_float32(points):
    squares = (points[:, None] - points).pow(2).sum(-1)
    table = torch.zeros(len(points), len(points))
    positive = squares > 0
    table[positive] = squares[positive].sqrt()
    return table


@answers.wrong("changes-input", "the points are centered in place first")
def centers_in_place(points):
    with torch.no_grad():
        points -= points.mean(0)
    squares = (points[:, None] - points).pow(2).sum(-1)
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong("one-point-shape", "squeezes the result: one point gives a tensor without axes instead of (1, 1)")
def squeezed(points):
    squares = (points[:, None] - points).pow(2).sum(-1, keepdim=True)
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0).squeeze()


@answers.wrong("loop", "a loop over the rows, hidden in map")
def hidden_loop(points):
    return torch.stack(list(map(lambda row: (points - row).norm(dim=1), points)))


_zeros = {}


@answers.wrong("device", "where the zeros are is remembered from the first batch of a size and used for later ones")
def remembered_zeros(points):
    squares = (points[:, None] - points).pow(2).sum(-1)
    zero = _zeros.setdefault(len(points), squares.detach() == 0)
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


class _Soft(torch.autograd.Function):
    @staticmethod
    def forward(ctx, points):
        apart = points[:, None] - points
        far = apart.pow(2).sum(-1).sqrt()
        ctx.save_for_backward(apart, far)
        return far

    @staticmethod
    def backward(ctx, grad):
        apart, far = ctx.saved_tensors
        pull = (grad / (far + 1e-6))[..., None] * apart
        return pull.sum(1) - pull.sum(0)

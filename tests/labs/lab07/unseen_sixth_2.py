"""Answers to 07.2 by students who know its text alone."""

import torch
from helpers.answers import Answers

answers = Answers("07.2", "check_distances")


@answers.wrong(
    "?", "squares below 1e-6 count as zero: a distance of 0.0005 is swallowed, and small distances should be kept"
)
def small_is_zero(points):
    squares = (points[:, None] - points).square().sum(-1)
    zero = squares < 1e-6
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong(
    "?", "squares are raised to 1e-8 before the root: a distance of 0.00001 becomes 0.0001 and has no gradient"
)
def small_is_raised(points):
    squares = (points[:, None] - points).square().sum(-1)
    return squares.clamp(min=1e-8).sqrt().masked_fill(squares == 0, 0)


@answers.wrong("?", "only the diagonal is masked: twin rows, as in the example, still give NaN in the gradient")
def only_the_diagonal(points):
    squares = (points[:, None] - points).square().sum(-1)
    own = torch.eye(len(points), dtype=torch.bool, device=points.device)
    return squares.masked_fill(own, 1).sqrt().masked_fill(own, 0)


@answers.wrong("?", "the root is taken first and masked afterwards: the gradient is NaN")
def masked_too_late(points):
    squares = (points[:, None] - points).square().sum(-1)
    return torch.where(squares > 0, squares.sqrt(), torch.zeros_like(squares))


@answers.wrong("?", "the zeros are replaced by one and never put back: the diagonal is 1")
def never_put_back(points):
    squares = (points[:, None] - points).square().sum(-1)
    return squares.masked_fill(squares == 0, 1).sqrt()


@answers.wrong("?", "rows that agree in any one coordinate count as twins: (0, 0) and (0, 4) get distance 0")
def one_equal_coordinate(points):
    apart = points[:, None] - points
    twins = (apart == 0).any(-1)
    squares = apart.square().sum(-1).masked_fill(twins, 1)
    return squares.sqrt().masked_fill(twins, 0)


@answers.wrong("?", "one end is detached: each point gets half of its gradient")
def one_end_detached(points):
    squares = (points[:, None] - points.detach()).square().sum(-1)
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong("?", "rows one after the other: right numbers, but the text says to write it without a loop")
def row_by_row(points):
    return torch.stack([(points - point).norm(dim=1) for point in points])


@answers.wrong(
    "?", "a mean over the features in place of their sum: distances are too small by the root of D for D above 1"
)
def mean_of_squares(points):
    squares = (points[:, None] - points).square().mean(-1)
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong("?", "squared distances, without the root: 25 in place of 5")
def without_the_root(points):
    return (points[:, None] - points).square().sum(-1)


@answers.wrong("?", "squeeze() takes away axes of length one: a single point gives a shape () and not (1, 1)")
def squeezed(points):
    return (points[:, None] - points).norm(dim=2, keepdim=True).squeeze()


@answers.wrong("?", "only the upper triangle is filled: the distance of row 2 to row 1 is 0")
def upper_triangle(points):
    count = len(points)
    first, second = torch.triu_indices(count, count, 1, device=points.device)
    table = points.new_zeros(count, count)
    return table.index_put((first, second), (points[first] - points[second]).norm(dim=1))


@answers.wrong(
    "?", "the table is float32 on the CPU: float64 points get a float32 table, and points on another device fail"
)
def table_of_float32(points):
    table = torch.zeros(len(points), len(points))
    squares = (points[:, None] - points).square().sum(-1)
    apart = squares > 0
    return table.masked_scatter(apart, squares[apart].sqrt().float())


@answers.wrong(
    "?",
    "NaN is cleaned by a hook on the points: the gradient of every point with a twin (itself) becomes 0, and the hook stays",
)
def cleaned_by_a_hook(points):
    if points.requires_grad:
        points.register_hook(lambda slope: slope.nan_to_num(0.0))
    return (points[:, None] - points).square().sum(-1).sqrt()


@answers.wrong(
    "?", "the points are moved to their mean in place: the distances are right, the points are other ones afterwards"
)
def moved_points(points):
    with torch.no_grad():
        points.data.sub_(points.data.mean(0))
    return (points[:, None] - points).norm(dim=-1)


@answers.wrong(
    "?", "the points are put on the unit sphere first: (0, 0) and (3, 4) are 1 apart and (3, 4) and (6, 8) not at all"
)
def on_the_sphere(points):
    points = torch.nn.functional.normalize(points, dim=1)
    return (points[:, None] - points).norm(dim=-1)


@answers.wrong("?", "requires_grad is switched on at the caller's points and stays on")
def switched_on(points):
    if points.is_leaf:
        points.requires_grad_(True)
    return (points[:, None] - points).norm(dim=-1)


@answers.right
def by_the_norm(points):
    return torch.linalg.vector_norm(points.unsqueeze(1) - points.unsqueeze(0), dim=2)


@answers.right
def root_times_root(points):
    apart = points.unsqueeze(0) - points.unsqueeze(1)
    squares = torch.einsum("ijd,ijd->ij", apart, apart)
    return squares * torch.where(squares > 0, squares, torch.ones_like(squares)).rsqrt()


@answers.right
def pairs_that_differ(points):
    squares = (points[None] - points[:, None]).pow(2).sum(dim=2)
    rows, columns = squares.nonzero(as_tuple=True)
    table = torch.zeros_like(squares)
    return table.index_put((rows, columns), squares[rows, columns].pow(0.5))


class _Root(torch.autograd.Function):
    @staticmethod
    def forward(ctx, squares):
        root = squares.sqrt()
        ctx.save_for_backward(root)
        return root

    @staticmethod
    def backward(ctx, slope):
        (root,) = ctx.saved_tensors
        flat = root == 0
        return (slope / (2 * root.masked_fill(flat, 1))).masked_fill(flat, 0)


@answers.right
def own_root(points):
    return _Root.apply((points.unsqueeze(-2) - points).square().sum(-1))


@answers.right
def both_triangles(points):
    count = points.shape[0]
    first, second = torch.triu_indices(count, count, offset=1, device=points.device)
    apart = points.index_select(0, first) - points.index_select(0, second)
    squares = (apart * apart).sum(1)
    twins = squares.eq(0)
    found = (squares + twins.to(squares.dtype)).sqrt() * (~twins)
    flat = points.new_zeros(count * count)
    flat = flat.index_add(0, first * count + second, found)
    return flat.index_add(0, second * count + first, found).view(count, count)


@answers.right
def by_repetition(points):
    n, width = points.shape
    left = points.clone().repeat_interleave(n, dim=0)
    right = points.clone().repeat(n, 1)
    squares = (left - right).square().sum(1).reshape(n, n)
    safe = torch.where(squares.eq(0), 1.0, squares)
    return torch.where(squares.eq(0), 0.0, safe.sqrt()).type_as(points)

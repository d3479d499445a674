"""Right and wrong answers to exercise 07.2: all distances at once."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from labs.lab07.shared import gaps, root

answers = Answers("07.2", "check_distances")


@answers.wrong("squared")
def square_root_forgotten(points):
    return gaps(points).square().sum(2)


@answers.wrong("city-block")
def city_block(points):
    return gaps(points).abs().sum(2)


@answers.wrong("mean-of-squares")
def mean_of_squares(points):
    return root(gaps(points).square().mean(2))


@answers.wrong("one-triangle")
def upper_triangle(points):
    return root(gaps(points).square().sum(2)).triu()


@answers.wrong("products")
def inner_products(points):
    return points @ points.T


@answers.wrong("sign")
def plus_twice_the_product(points):
    squares = points.square().sum(1)
    return (squares[:, None] + squares + 2 * points @ points.T).clamp(min=0).sqrt()


@answers.wrong("nan-gradient")
def bare_square_root(points):
    return gaps(points).square().sum(2).sqrt()


@answers.wrong("nan-gradient")
def square_root_hidden_afterwards(points):
    squares = gaps(points).square().sum(2)
    return torch.where(squares > 0, squares.sqrt(), 0)


@answers.wrong("negative-root")
def expanded_without_a_clamp(points):
    squares = points.square().sum(1)
    squares = squares[:, None] + squares - 2 * points @ points.T
    zero = squares.abs() < 1e-12
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


@answers.wrong("one-triangle")
def lower_triangle(points):
    return root(gaps(points).square().sum(2)).tril()


@answers.wrong("one-product")
def product_once(points):
    squares = points.square().sum(1)
    return root((squares[:, None] + squares - points @ points.T).clamp(min=0))


@answers.wrong("zeros-not-put-back")
def ones_left_on_the_diagonal(points):
    squares = gaps(points).square().sum(2)
    return squares.masked_fill(squares == 0, 1).sqrt()


@answers.wrong("diagonal-only")
def diagonal_alone_replaced(points):
    diagonal = torch.eye(len(points), dtype=torch.bool)
    return gaps(points).square().sum(2).masked_fill(diagonal, 1).sqrt().masked_fill(diagonal, 0)


@answers.wrong("coarse-zero")
def small_distances_taken_for_zero(points):
    squares = gaps(points).square().sum(2)
    near = squares < 1e-3
    return squares.masked_fill(near, 1).sqrt().masked_fill(near, 0)


@answers.wrong("in-place")
def diagonal_filled_in_place(points):
    return gaps(points).square().sum(2).fill_diagonal_(1).sqrt().fill_diagonal_(0)


@answers.wrong("changes-input")
def points_centered_in_place(points):
    points -= points.mean(0)
    return torch.cdist(points, points)


@answers.wrong("gradient")
def one_end_held_fast(points):
    return torch.cdist(points, points.detach())


@answers.wrong("not-zero")
def pairs_with_the_library_s_small_number(points):
    return F.pairwise_distance(points[:, None], points)


@answers.wrong("epsilon")
def large_number_under_the_root(points):
    return (gaps(points).square().sum(2) + 1e-6).sqrt()


@answers.wrong("loop")
def distances_by_a_loop(points):
    return torch.stack([root((points - point).square().sum(1)) for point in points])


@answers.wrong("values-shape")
def distances_as_a_list(points):
    return torch.pdist(points)


@answers.wrong("no-gradient")
def distances_cut_off(points):
    return torch.cdist(points.detach(), points.detach())


@answers.right
def distances_by_cdist(points):
    return torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")


@answers.right
def distances_by_a_norm(points):
    return torch.linalg.vector_norm(points.unsqueeze(0) - points.unsqueeze(1), dim=-1)


@answers.right
def distances_expanded(points):
    points = points - points.mean(0)
    lengths = (points * points).sum(1, keepdim=True)
    squares = (lengths + lengths.T - 2 * points @ points.T).clamp(min=0)
    near = squares < 1e-9
    return torch.where(near, 0, torch.where(near, 1, squares).sqrt())


@answers.right
def distances_written_where_positive(points):
    squares = gaps(points).square().sum(2)
    found = torch.zeros_like(squares)
    found[squares > 0] = squares[squares > 0].sqrt()
    return found


@answers.right
def distances_with_a_tiny_number(points):
    return (gaps(points).square().sum(2) + 1e-14).sqrt()


@answers.wrong("not-zero")
def a_trillionth_under_the_root(points):
    return (gaps(points).square().sum(2) + 1e-12).sqrt()


@answers.wrong("coarse-zero")
def least_square(points):
    squares = gaps(points).square().sum(2)
    least = torch.finfo(points.dtype).eps
    return squares.clamp(min=least).sqrt().masked_fill(squares == 0, 0)


@answers.wrong("expanded")
def cdist_as_it_comes(points):
    return torch.cdist(points, points)

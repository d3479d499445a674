"""What the exercises of lab 07 share: distances whose gradient at zero is zero."""

from __future__ import annotations


def gaps(points):
    return points[:, None] - points


def root(squares):
    zero = squares == 0
    return squares.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


def distances(points):
    return root(gaps(points).square().sum(2))

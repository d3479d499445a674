"""How often intervals of a mean accuracy hold the truth, by simulation: `python tests/helpers/interval_coverage.py`.

A network is right on an image if a + network + image + rest is above zero. All three are normal: the network's part has
the standard deviation `between`, the image's part is the same for all networks and has the variance `shared`, and the
rest has the variance 1 - `shared`. So the mean accuracy over all networks and images is known exactly. The number of
images that each subset of the seeds gets right is drawn from the joint distribution, so that 10,000 images cost no more
than 200.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from scipy import special

from resnet_labs.metrics import share_interval, wilson_interval

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
WEIGHTS = WEIGHTS / WEIGHTS.sum()

Interval = Callable[[list[float], int], tuple[float, float]]


def student(shares: list[float], num_images: int) -> tuple[float, float]:
    """Return Student's t interval over the seeds."""
    mean = sum(shares) / len(shares)
    variance = sum((share - mean) ** 2 for share in shares) / (len(shares) - 1)
    half = special.stdtrit(len(shares) - 1, 0.975) * (variance / len(shares)) ** 0.5
    return mean - half, mean + half


def pooled(shares: list[float], num_images: int) -> tuple[float, float]:
    """Return Wilson's interval of all seeds' images as if each were another image."""
    return wilson_interval(round(sum(shares) * num_images), num_images * len(shares))


INTERVALS: dict[str, Interval] = {"share_interval": share_interval, "student": student, "pooled": pooled}
CASES = tuple(itertools.product((0.1, 0.5, 0.9, 0.98), (0.0, 0.03, 0.1, 0.3), (0.3, 0.8), (3, 5), (200, 1000, 10_000)))


def draw(
    generator: np.random.Generator, mean: float, between: float, shared: float, seeds: int, images: int, draws: int
) -> np.ndarray:
    """Return (draws, seeds) shares of right images."""
    shift = special.ndtri(mean) * np.sqrt(1 + between**2)
    networks = generator.normal(0, between, (draws, seeds, 1))
    right = special.ndtr((shift + networks + np.sqrt(shared) * NODES) / np.sqrt(1 - shared))
    subsets = np.array(list(itertools.product((0, 1), repeat=seeds)))
    rates = [(np.where(subset[:, None] == 1, right, 1 - right).prod(1) * WEIGHTS).sum(1) for subset in subsets]
    rates = np.stack(rates, 1)
    return generator.multinomial(images, rates / rates.sum(1, keepdims=True)) @ subsets / images


def coverage(interval: Interval, shares: np.ndarray, mean: float, num_images: int) -> float:
    """Return the share of the draws whose interval holds the mean."""
    ends = [interval(row, num_images) for row in shares.tolist()]
    return float(np.mean([low <= mean <= high for low, high in ends]))


def main(draws: int = 2000, seed: int = 0) -> None:
    """Print for each interval the lowest and the mean coverage over the cases."""
    generator = np.random.default_rng(seed)
    found: dict[str, list[float]] = {name: [] for name in INTERVALS}
    for mean, between, shared, seeds, images in CASES:
        shares = draw(generator, mean, between, shared, seeds, images, draws)
        for name, interval in INTERVALS.items():
            found[name].append(coverage(interval, shares, mean, images))
    for name, rates in found.items():
        print(f"{name}: lowest {min(rates):.3f}, mean {np.mean(rates):.3f}")


if __name__ == "__main__":
    main()

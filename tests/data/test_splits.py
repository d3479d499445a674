"""Splits: disjoint, stratified, of exact size, the same for the same seed."""

from __future__ import annotations

import pytest
import torch
from sklearn.model_selection import train_test_split

from resnet_labs.data import ImageData, split
from resnet_labs.data.splits import choose, cut
from resnet_labs.errors import InputError


def numbered(counts: list[int]) -> ImageData:
    """A data set whose pixels tell the index of each image, its labels in mixed order."""
    labels = torch.cat([torch.full((count,), label) for label, count in enumerate(counts)])
    labels = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(1))]
    index = torch.arange(len(labels))
    images = torch.stack([index // 256, index % 256], 1).to(torch.uint8)[:, :, None, None]
    return ImageData(images, labels, tuple("abcdefghij"[: len(counts)]), "numbered")


def indices(data: ImageData) -> list[int]:
    return (data.images[:, 0].long() * 256 + data.images[:, 1].long()).flatten().tolist()


@pytest.mark.parametrize(
    ("counts", "fractions", "sizes"),
    [
        ([50, 50], [0.8, 0.2], [80, 20]),
        ([142, 146, 99, 7], [0.7, 0.15, 0.15], [276, 59, 59]),
        ([13] * 10, [0.5, 0.5], [65, 65]),
        ([3, 1000], [0.5, 0.5], [502, 501]),
        ([10, 20, 30], [1 / 3, 1 / 3, 1 / 3], [20, 20, 20]),
        ([10] * 10, [0.1] * 10, [10] * 10),
        ([9, 9], [1.0], [18]),
    ],
)
def test_parts_are_disjoint_cover_everything_and_have_every_class_in_proportion(counts, fractions, sizes):
    data = numbered(counts)
    parts = split(data, fractions, seed=3)
    assert [len(part) for part in parts] == sizes
    seen = [index for part in parts for index in indices(part)]
    assert sorted(seen) == list(range(len(data)))
    for part, fraction in zip(parts, fractions, strict=True):
        assert torch.equal(part.labels, data.labels[indices(part)])
        share = part.labels.bincount(minlength=len(counts))
        assert ((share - torch.tensor(counts) * fraction).abs() < 2).all()
        assert (part.classes, part.source) == (data.classes, data.source)


def test_fractions_below_one_leave_the_rest():
    first, second = split(numbered([100, 100]), [0.5, 0.25])
    assert (len(first), len(second)) == (100, 50)
    assert not set(indices(first)) & set(indices(second))


def test_class_counts_equal_those_of_scikit_learn():
    data = numbered([142, 146, 99, 7])
    train, test = split(data, [0.75, 0.25])
    theirs = train_test_split(data.labels, test_size=0.25, stratify=data.labels, random_state=0)
    for ours, their in zip((train.labels, test.labels), theirs, strict=True):
        assert ((ours.bincount() - torch.as_tensor(their).bincount()).abs() <= 1).all()


def test_the_seed_decides():
    data = numbered([50, 50])
    first, again, other = (indices(split(data, [0.5, 0.5], seed=seed)[0]) for seed in (0, 0, 1))
    assert first == again
    assert first != other
    assert first == sorted(first)


def test_every_image_can_be_in_the_test_part():
    labels = torch.arange(20) % 2
    tested = {i for seed in range(60) for i in cut(labels, ("a", "b"), [0.8, 0.2], seed=seed)[1].tolist()}
    assert tested == set(range(20))


@pytest.mark.parametrize("fractions", [[], [0.8, 0.3], [0.5, -0.1], [0.0, 1.0], [float("nan")]])
def test_refuses_fractions_that_are_no_shares(fractions):
    with pytest.raises(InputError, match="Give one per part, each above 0, together at most 1"):
        split(numbered([10, 10]), fractions)


def test_refuses_a_class_that_is_too_small():
    message = "Class 'b' has 3 of 103 images, so that a stratified part of 10 images gets none of it. Ask for a larger"
    with pytest.raises(InputError, match=message):
        split(numbered([100, 3]), [0.9, 0.1])


def test_an_unused_class_is_no_obstacle():
    data = ImageData(torch.zeros(4, 1, 1, 1, dtype=torch.uint8), torch.tensor([0, 2, 0, 2]), ("a", "b", "c"), "x")
    assert [part.labels.tolist() for part in split(data, [0.5, 0.5])] == [[0, 2], [0, 2]]


def test_a_limit_takes_each_class_in_proportion():
    data = numbered([100, 200, 300])
    chosen = choose(data.labels, data.classes, 60, seed=0)
    assert data.labels[chosen].bincount().tolist() == [10, 20, 30]
    assert torch.equal(chosen, chosen.unique())
    assert not torch.equal(chosen, choose(data.labels, data.classes, 60, seed=1))


@pytest.mark.parametrize("limit", [0, -1, 601])
def test_a_limit_outside_the_data_is_refused(limit):
    data = numbered([100, 200, 300])
    with pytest.raises(InputError, match=f"limit is {limit}. It must lie between 1 and 600"):
        choose(data.labels, data.classes, limit, seed=0)


def test_a_limit_that_loses_a_class_is_refused():
    data = numbered([100, 200, 300])
    with pytest.raises(InputError, match="Class 'a' has 100 of 600 images, so that a stratified part of 2 images"):
        choose(data.labels, data.classes, 2, seed=0)


@pytest.mark.parametrize("fractions", [[0.9, 0.1], [0.99, 0.005, 0.005]])
def test_a_part_for_which_no_image_is_left_is_named(fractions):
    with pytest.raises(InputError, match=r"a stratified part of 0 images gets none of it"):
        cut(torch.tensor([0, 1]), ["a", "b"], fractions, seed=0)

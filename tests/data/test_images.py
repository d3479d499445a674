"""ImageData: what it refuses, and that a subset keeps order, classes and source."""

from __future__ import annotations

import dataclasses
import hashlib
import re

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_labs.data import ImageData
from resnet_labs.data.images import resize
from resnet_labs.errors import InputError

CLASSES = ("cat", "dog")


def pixels(num_images: int = 4, channels: int = 3, height: int = 5, width: int = 7) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (num_images, channels, height, width), dtype=torch.uint8, generator=generator)


def test_holds_images_of_any_shape():
    data = ImageData(pixels(1, 1, 1, 1), torch.tensor([1]), CLASSES, "made by hand")
    assert len(data) == 1
    assert data.source == "made by hand"


def test_is_frozen():
    data = ImageData(pixels(), torch.tensor([0, 1, 1, 0]), CLASSES, "x")
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.classes = ()


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (pixels().float(), [0, 1, 1, 0], r"images is torch.float32 of shape \(4, 3, 5, 7\). It must be torch.uint8"),
        (pixels()[0], [0, 1, 1], r"images is torch.uint8 of shape \(3, 5, 7\). It must be torch.uint8 \(N, C, H, W\)"),
        (pixels(), [0.0, 1, 1, 0], r"labels is torch.float32 of shape \(4,\). It must be torch.int64 \(N\)"),
        (pixels(), [[0], [1], [1], [0]], r"labels is torch.int64 of shape \(4, 1\)"),
        (pixels(), [0, 1, 1], "There are 4 images but 3 labels. Give each image one label"),
        (pixels(), [0, 2, 1, 3], "The label at index 1 is 2, but there are 2 classes. Labels must run from 0 to 1"),
        (pixels(), [0, 1, 1, -1], "The label at index 3 is -1, but there are 2 classes"),
        (pixels(0), torch.zeros(0, dtype=torch.int64), r"images has shape \(0, 3, 5, 7\). Give at least one image"),
        (pixels(4, 3, 0), [0, 1, 1, 0], r"images has shape \(4, 3, 0, 7\)"),
    ],
)
def test_refuses_what_is_no_data_set(images, labels, message):
    with pytest.raises(InputError, match=message):
        ImageData(images, torch.as_tensor(labels), CLASSES, "x")


@pytest.mark.parametrize("indices", [[3, 0, 3], torch.tensor([3, 0, 3]), (3, 0, 3)])
def test_subset_follows_the_order_of_the_indices(indices):
    data = ImageData(pixels(), torch.tensor([0, 1, 1, 0]), CLASSES, "x")
    part = data.subset(indices)
    assert part.labels.tolist() == [0, 0, 0]
    assert torch.equal(part.images, data.images[[3, 0, 3]])
    assert (part.classes, part.source) == (data.classes, data.source)


def test_subset_is_a_copy():
    data = ImageData(pixels(), torch.tensor([0, 1, 1, 0]), CLASSES, "x")
    before = data.images.clone()
    data.subset(range(4)).images.zero_()
    assert torch.equal(data.images, before)


def test_subset_of_nothing_is_refused():
    with pytest.raises(InputError, match="Give at least one image"):
        ImageData(pixels(), torch.tensor([0, 1, 1, 0]), CLASSES, "x").subset([])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [1, 8, 31, 64])
def test_resize_equals_pillow(size, channels):
    images = pixels(2, channels, 28, 28)
    resized = resize(images, size)
    for image, ours in zip(images, resized, strict=True):
        for plane, our_plane in zip(image, ours, strict=True):
            theirs = np.asarray(Image.fromarray(plane.numpy()).resize((size, size), Image.Resampling.BILINEAR))
            assert np.abs(theirs.astype(int) - our_plane.numpy().astype(int)).max() <= 1


def test_resize_in_slices_misses_no_image():
    images = torch.arange(2100).remainder(256).to(torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 4, 4)
    assert torch.equal(resize(images, 2), images[:, :, :2, :2])


def test_resize_leaves_the_right_size_alone():
    images = pixels(2, 3, 8, 8)
    assert resize(images, 8) is images


def test_the_checksum_knows_every_pixel_every_label_and_the_shape():
    def held(pixels, labels=(0, 1)):
        return ImageData(pixels, torch.tensor(labels), ("a", "b"), "made")

    pixels = torch.arange(32, dtype=torch.uint8).reshape(2, 1, 4, 4)
    first = held(pixels).checksum()
    assert re.fullmatch(r"[0-9a-f]{16}", first)
    assert held(pixels.clone()).checksum() == first
    assert held(pixels.repeat_interleave(2, 3)[..., ::2]).checksum() == first  # not contiguous
    changed = pixels.clone()
    changed[1, 0, 3, 3] += 1
    others = [held(changed), held(pixels, (0, 0)), held(pixels.reshape(2, 1, 2, 8)), held(pixels.flip(0), (1, 0))]
    assert len({first, *(other.checksum() for other in others)}) == 5


def test_the_checksum_is_the_same_on_every_machine():
    pixels = torch.arange(16, dtype=torch.uint8).reshape(1, 1, 4, 4)
    # by hand: sha256 of the shape in decimal, the bytes, and the labels as little-endian 64-bit numbers
    by_hand = hashlib.sha256(b"1,1,4,4;" + bytes(range(16)) + (7).to_bytes(8, "little")).hexdigest()[:16]
    assert ImageData(pixels, torch.tensor([7]), tuple("abcdefgh"), "made").checksum() == by_hand

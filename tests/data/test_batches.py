"""Batches: complete, in [0, 1], on the device, and the same again for the same (seed, epoch)."""

from __future__ import annotations

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from resnet_labs.data import Batches, ImageData
from resnet_labs.errors import InputError


def numbered(num_images: int = 10) -> ImageData:
    images = torch.arange(num_images).to(torch.uint8).view(-1, 1, 1, 1).expand(-1, 3, 2, 2)  # not contiguous
    return ImageData(images, torch.arange(num_images), tuple(str(i) for i in range(num_images)), "numbered")


def orders(batches: Batches) -> list[int]:
    return [label for _, labels in batches for label in labels.tolist()]


@pytest.mark.parametrize(("batch_size", "sizes"), [(1, [1] * 10), (4, [4, 4, 2]), (10, [10]), (99, [10])])
def test_the_last_batch_may_be_smaller_and_len_counts_it(batch_size, sizes):
    batches = Batches(numbered(), batch_size)
    assert [len(labels) for _, labels in batches] == sizes
    assert len(batches) == len(sizes)


def test_equals_a_data_loader():
    data = numbered()
    theirs = DataLoader(TensorDataset(data.images.float() / 255, data.labels), batch_size=4)
    for (images, labels), (their_images, their_labels) in zip(Batches(data, 4), theirs, strict=True):
        assert images.dtype == torch.float32
        assert images.is_contiguous()
        assert torch.equal(images, their_images)
        assert torch.equal(labels, their_labels)


def test_images_follow_their_labels_when_shuffled():
    for images, labels in Batches(numbered(), 4, shuffle=True):
        assert torch.equal((images[:, 0, 0, 0] * 255).round().long(), labels)


def test_the_order_depends_on_seed_and_epoch_alone():
    batches = Batches(numbered(), 4, shuffle=True, seed=5)
    assert (batches.data.source, batches.batch_size, batches.epoch) == ("numbered", 4, 0)
    first, second = orders(batches), orders(batches)
    assert batches.epoch == 2
    assert first != second
    assert sorted(first) == sorted(second) == list(range(10))
    resumed = Batches(numbered(), 3, shuffle=True, seed=5)
    resumed.set_epoch(1)
    assert orders(resumed) == second
    assert orders(Batches(numbered(), 4, shuffle=True, seed=6)) != first
    assert sorted(orders(Batches(numbered(), 4, shuffle=True, seed=-1))) == list(range(10))


def test_a_pass_that_was_broken_off_is_repeated():
    batches = Batches(numbered(), 4, shuffle=True)
    _, labels = next(iter(batches))
    assert batches.epoch == 0
    assert orders(batches)[:4] == labels.tolist()


def test_augmentation_is_the_same_again_after_a_resume():
    def noise(images, labels, generator):
        assert images.dtype == torch.float32
        return images + torch.rand(images.shape, generator=generator), labels

    batches = Batches(numbered(), 4, augment=noise, seed=2)
    first = [images for images, _ in batches]
    second = [images for images, _ in batches]
    assert not torch.equal(first[0], second[0])
    assert not torch.equal(first[0] - Batches(numbered(), 4).data.images[:4] / 255, first[1][:4])
    batches.set_epoch(1)
    assert all(torch.equal(a, b) for a, b in zip(second, [images for images, _ in batches], strict=True))


def test_noise_of_two_batches_differs():
    def noise(images, labels, generator):
        return torch.rand(images.shape, generator=generator), labels

    first, second, _ = (images for images, _ in Batches(numbered(), 4, augment=noise))
    assert not torch.equal(first, second)


def test_augmentation_may_change_the_labels():
    def soften(images, labels, generator):
        return images, torch.nn.functional.one_hot(labels, 10).float() * 0.9 + 0.01

    _, labels = next(iter(Batches(numbered(), 4, augment=soften)))
    assert labels.shape == (4, 10)


def test_changing_a_batch_in_place_leaves_the_data_alone():
    data = numbered()
    batches = Batches(data, 4)
    for images, labels in batches:
        images.zero_()
        labels.zero_()
    assert orders(batches) == list(range(10))
    assert int(data.images.max()) == 9


@pytest.mark.parametrize("batch_size", [0, -4])
def test_refuses_a_batch_size_below_one(batch_size):
    with pytest.raises(InputError, match=f"batch_size is {batch_size}. It must be at least 1"):
        Batches(numbered(), batch_size)


def test_refuses_a_device_that_torch_cannot_use():
    with pytest.raises(InputError) as refused:
        Batches(numbered(), 2, device="cud")
    assert str(refused.value) == (
        "device is 'cud', which torch cannot use here. Give 'cpu', or 'cuda' or 'mps' if there is one."
    )


def test_refuses_a_negative_epoch():
    with pytest.raises(InputError, match=r"epoch is -1\. Epochs are counted from 0"):
        Batches(numbered(), 4).set_epoch(-1)


@pytest.mark.gpu
def test_batches_live_on_the_gpu_in_the_same_order():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    there = Batches(numbered(), 4, shuffle=True, device="cuda")
    here = orders(Batches(numbered(), 4, shuffle=True))
    images, labels = next(iter(there))
    assert images.is_cuda
    assert labels.is_cuda
    assert orders(there) == here

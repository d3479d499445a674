"""The decode-once cache: what is decoded once is not decoded again, and never trusted when it should not be."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_labs import cache as kept_between_runs
from resnet_labs.data import cache, load
from resnet_labs.errors import InputError


@pytest.fixture
def store(monkeypatch, tmp_path) -> Path:
    """An empty cache that keeps everything."""
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "WORTH_SECONDS", 0.0)
    return tmp_path / "cache" / "decoded"


@pytest.fixture
def root(tmp_path) -> Path:
    for split in ("train", "test"):
        for label, name in enumerate(("cat", "dog")):
            folder = tmp_path / "images" / split / name
            folder.mkdir(parents=True)
            for index in range(3):
                Image.new("RGB", (6, 4), (100 * label + index,) * 3).save(folder / f"{index}.png")
    return tmp_path / "images"


@pytest.fixture
def decodings(monkeypatch) -> list[int]:
    """The number of images of every decoding that took place."""
    done = []
    real = cache.decode_all

    def counted(paths, size):
        done.append(len(paths))
        return real(paths, size)

    monkeypatch.setattr(cache, "decode_all", counted)
    return done


def train(root: Path, **arguments) -> torch.Tensor:
    return load("folder", root=root, split="train", **arguments).images


def test_images_are_decoded_once(store, root, decodings):
    first = train(root)
    second = train(root)
    assert decodings == [6]
    assert torch.equal(first, second)
    assert [path.suffix for path in store.iterdir()] == [".npy"]


def test_splits_sizes_and_subsets_are_kept_apart(store, root, decodings):
    for _ in range(2):
        assert train(root).shape == (6, 3, 4, 6)
        assert train(root, size=5).shape == (6, 3, 5, 5)
        assert len(train(root, limit=2)) == 2
        assert len(load("folder", root=root, split="test").images) == 6
    assert decodings == [6, 6, 2, 6]


def test_a_changed_file_is_decoded_again_and_the_old_entry_goes(store, root, decodings):
    train(root)
    Image.new("RGB", (6, 4), (255, 255, 255)).save(root / "train" / "cat" / "0.png")
    assert train(root)[0].unique().tolist() == [255]
    assert decodings == [6, 6]
    assert len(list(store.iterdir())) == 1


def test_a_touched_file_is_decoded_again(store, root, decodings):
    train(root)
    os.utime(root / "train" / "dog" / "2.png", ns=(0, 0))
    train(root)
    assert decodings == [6, 6]


def test_a_renamed_file_is_decoded_again(store, root, decodings):
    train(root)
    (root / "train" / "cat" / "0.png").rename(root / "train" / "cat" / "9.png")
    assert train(root)[:3, 0, 0, 0].tolist() == [1, 2, 0]
    assert decodings == [6, 6]


def _flip(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.mark.parametrize(
    "damage", [_flip, lambda content: content[:-50], lambda content: b"", lambda content: b"?" * 99]
)
def test_a_damaged_entry_is_rebuilt_with_a_warning(store, root, decodings, damage):
    expected = train(root).clone()
    (entry,) = store.iterdir()
    entry.write_bytes(damage(entry.read_bytes()))
    with pytest.warns(UserWarning, match=f"The cache '{entry}' is damaged; its images are decoded again"):
        assert torch.equal(train(root), expected)
    assert torch.equal(train(root), expected)
    assert decodings == [6, 6]


def test_changing_loaded_images_in_place_leaves_the_cache_sound(store, root):
    expected = train(root).clone()
    train(root).zero_()
    assert torch.equal(train(root), expected)


def test_a_write_that_fails_costs_time_only_and_leaves_no_rest(store, root, monkeypatch):
    def full(file, images):
        file.write(b"some bytes")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.warns(UserWarning, match="could not be kept in .*No space left on device"):
        assert len(train(root)) == 6
    assert list(store.iterdir()) == []


def test_an_interrupt_while_writing_leaves_no_rest(store, root, monkeypatch):
    def interrupted(file, images):
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(root)
    assert list(store.iterdir()) == []


def test_what_decodes_fast_is_not_kept(store, root, monkeypatch):
    monkeypatch.setattr(cache, "WORTH_SECONDS", 3600.0)
    train(root)
    assert not store.exists()


def test_a_broken_image_is_not_hidden_by_the_cache(store, root):
    train(root)
    (root / "train" / "cat" / "1.png").write_bytes(b"broken")
    with pytest.raises(InputError, match=r"cat/1.png' cannot be decoded"):
        train(root)


def test_without_the_variable_the_cache_is_in_the_users_own(monkeypatch, tmp_path):
    monkeypatch.delenv("RESNET_LABS_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert kept_between_runs.folder("decoded") == tmp_path / ".cache" / "resnet-labs" / "decoded"

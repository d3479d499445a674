"""load and available: digits, MNIST in any packing, and every refusal with its mend."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from resnet_labs.data import available, load, mnist
from resnet_labs.errors import InputError


@pytest.fixture(autouse=True)
def _no_real_root(request, monkeypatch, tmp_path):
    """Point the default root at an empty folder, but for the tests on real data."""
    if "real_data" not in request.keywords:
        monkeypatch.setenv("RESNET_LABS_DATA", str(tmp_path / "nothing-here"))


@pytest.fixture
def tiny_mnist(monkeypatch, tmp_path) -> Path:
    """A root with an MNIST of twenty training and ten test images, packed; its checksums replace the real ones."""
    raw = tmp_path / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    sums = {}
    for prefix, count in (("train", 20), ("t10k", 10)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        pixels = np.repeat(labels * 20, 28 * 28)
        for name, content in (
            (f"{prefix}-images-idx3-ubyte", struct.pack(">4i", 2051, count, 28, 28) + pixels.tobytes()),
            (f"{prefix}-labels-idx1-ubyte", struct.pack(">2i", 2049, count) + labels.tobytes()),
        ):
            (raw / f"{name}.gz").write_bytes(gzip.compress(content))
            sums[name] = hashlib.md5(content).hexdigest()
    monkeypatch.setattr(mnist, "MD5", sums)
    return tmp_path / "data"


def test_digits_are_scikit_learns_on_the_scale_of_bytes():
    train, test = load("digits", split="train"), load("digits", split="test")
    assert (len(train), len(test)) == (1438, 359)
    ours = torch.cat([train.images, test.images]).flatten(1).double().mul(16 / 255)
    theirs = torch.from_numpy(load_digits().data)
    assert (ours - ours.round()).abs().max() <= 0.5 * 16 / 255
    assert sorted(ours.round().tolist()) == sorted(theirs.tolist())
    assert train.images.max() == 255
    assert train.classes == tuple("0123456789")


def test_digits_are_split_once_for_all_seeds():
    assert torch.equal(load("digits", split="test", seed=0).images, load("digits", split="test", seed=9).images)


def test_limit_and_size_apply_to_any_set():
    data = load("digits", split="train", limit=100, size=16)
    assert data.images.shape == (100, 1, 16, 16)
    assert data.labels.bincount().tolist() == [10] * 10
    other = load("digits", split="train", limit=100, size=16, seed=1)
    assert not torch.equal(data.images, other.images)


@pytest.mark.parametrize("unpack", [False, True])
def test_mnist_is_read_packed_or_unpacked_and_nothing_is_written(tiny_mnist, unpack):
    raw = tiny_mnist / "MNIST" / "raw"
    if unpack:
        for path in list(raw.iterdir()):
            path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
            path.unlink()
    before = sorted(raw.iterdir())
    assert [record.state for record in available(tiny_mnist) if record.name == "mnist"] == ["here"]
    data = load("mnist", split="train", root=tiny_mnist)
    assert data.images.shape == (20, 1, 28, 28)
    assert torch.equal(data.images[:, 0, 5, 7].long(), data.labels * 20)
    assert len(load("mnist", split="test", root=str(tiny_mnist), download=True)) == 10
    assert sorted(raw.iterdir()) == before


def test_the_root_may_come_from_the_environment(tiny_mnist, monkeypatch):
    monkeypatch.setenv("RESNET_LABS_DATA", str(tiny_mnist))
    assert len(load("mnist", split="test")) == 10


def test_without_argument_and_environment_the_root_is_in_the_cache_of_the_user(tmp_path, monkeypatch):
    monkeypatch.delenv("RESNET_LABS_DATA")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(InputError, match=rf"--data-root {tmp_path}/.cache/resnet-labs/data"):
        load("mnist", split="test")


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def _no_gzip(path: Path) -> None:
    path.write_bytes(b"<html>not found</html>")


def _wrong_header(path: Path) -> None:
    content = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(struct.pack(">i", 2050) + content[4:]))


def _one_image_less(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-784]))


def _too_short(path: Path) -> None:
    path.write_bytes(gzip.compress(b"\0\0\x08"))


def _another_pixel(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-1] + b"\xff"))


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (_truncate, "it cannot be unpacked"),
        (_no_gzip, "it cannot be unpacked"),
        (_wrong_header, "'00000802 0000000a 0000001c 0000001c' is not an idx header of rank 3"),
        (_one_image_less, "is not an idx header of rank 3 for 7072 bytes"),
        (_too_short, "'000008' is not an idx header of rank 3 for 3 bytes"),
    ],
)
def test_a_damaged_mnist_file_is_named_with_the_mend(tiny_mnist, damage, why):
    path = tiny_mnist / "MNIST" / "raw" / "t10k-images-idx3-ubyte.gz"
    damage(path)
    fix = f"Move it away and download it again: `resnet-labs data mnist --download --data-root {tiny_mnist}`."
    with pytest.raises(InputError, match=rf"'{path}' is damaged: .*{why}.*{fix}"):
        load("mnist", split="test", root=tiny_mnist)
    (record,) = [record for record in available(tiny_mnist) if record.name == "mnist"]
    assert record.state == f"'{path}' is damaged"
    assert record.how.startswith("move that file away, then `resnet-labs data mnist --download")
    assert len(load("mnist", split="train", root=tiny_mnist)) == 20


def test_another_set_under_the_names_of_mnist_is_not_called_damaged(tiny_mnist):
    path = tiny_mnist / "MNIST" / "raw" / "t10k-images-idx3-ubyte.gz"
    _another_pixel(path)
    assert [record.here for record in available(tiny_mnist) if record.name == "mnist"]  # a glance sees lengths only
    with pytest.raises(InputError, match=rf"'{path}' is not MNIST's: the MD5 sum .*such as Fashion-MNIST") as refused:
        load("mnist", split="test", root=tiny_mnist)
    assert "elete" not in str(refused.value)


NAMES = {
    "as the site had it": lambda raw, name: raw / name,
    "with a dot": lambda raw, name: raw / name.replace("-idx", ".idx"),
    "packed with a dot": lambda raw, name: raw / (name.replace("-idx", ".idx") + ".gz"),
    "in a folder each": lambda raw, name: raw / name / name,
    "in a folder each, with a dot": lambda raw, name: raw / name / name.replace("-idx", ".idx"),
    "in capitals": lambda raw, name: raw / name.upper(),
    "with test for t10k": lambda raw, name: raw / name.replace("t10k", "test"),
    "with underscores": lambda raw, name: raw / (name.replace("-", "_") + ".gz"),
}


@pytest.mark.parametrize("folder", ["MNIST/raw", "mnist", "", "raw", "MNIST_data", "mnist/raw", "mnist-dataset"])
@pytest.mark.parametrize("name_of", NAMES.values(), ids=list(NAMES))
def test_mnist_is_read_under_its_other_names(tiny_mnist, tmp_path, name_of, folder):
    root = tmp_path / "other"
    for path in (tiny_mnist / "MNIST" / "raw").iterdir():
        place = name_of(root / folder, path.stem)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes() if place.suffix == ".gz" else gzip.decompress(path.read_bytes()))
    assert [record.here for record in available(root) if record.name == "mnist"] == [True]
    assert [len(load("mnist", split=split, root=root)) for split in ("train", "test")] == [20, 10]


@pytest.mark.parametrize("damage", [_truncate, _no_gzip, _wrong_header, _one_image_less, _too_short, _another_pixel])
@pytest.mark.parametrize("bad", ["packed", "unpacked"])
def test_a_bad_file_beside_a_sound_one_does_no_harm(tiny_mnist, damage, bad):
    for packed in [*(tiny_mnist / "MNIST" / "raw").iterdir()]:
        packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
        damage(packed)
        if bad == "unpacked":
            content = packed.with_suffix("").read_bytes()
            packed.with_suffix("").write_bytes(content[:-9])
            packed.write_bytes(gzip.compress(content))
    assert [record.here for record in available(tiny_mnist) if record.name == "mnist"] == [True]
    assert [len(load("mnist", split=split, root=tiny_mnist)) for split in ("train", "test")] == [20, 10]


@pytest.mark.parametrize("other", ["FashionMNIST/raw", "KMNIST/raw", "EMNIST/raw"])
def test_sets_of_the_same_form_are_not_taken_for_mnist(tiny_mnist, other):
    place = tiny_mnist / other
    place.parent.mkdir()
    (tiny_mnist / "MNIST" / "raw").rename(place)
    assert [record.state for record in available(tiny_mnist) if record.name == "mnist"] == ["missing"]


def test_a_folder_in_place_of_a_file_is_told(tiny_mnist):
    path = tiny_mnist / "MNIST" / "raw" / "t10k-labels-idx1-ubyte.gz"
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match=r"'t10k-labels-idx1-ubyte.gz' is missing") as refused:
        load("mnist", split="test", root=tiny_mnist)
    assert "elete" not in str(refused.value)


def test_a_missing_file_is_told_with_the_command_that_fetches_it(tiny_mnist):
    (tiny_mnist / "MNIST" / "raw" / "train-labels-idx1-ubyte.gz").unlink()
    fault = "'train-labels-idx1-ubyte.gz' is missing"
    command = f"`resnet-labs data mnist --download --data-root {tiny_mnist}`"
    problem = rf"'mnist' under '{tiny_mnist}' is not intact: {fault}\."
    with pytest.raises(InputError, match=f"{problem} To get it: {command}"):
        load("mnist", split="test", root=tiny_mnist)
    (record,) = [record for record in available(tiny_mnist) if record.name == "mnist"]
    assert str(record).endswith(f"; {fault}: {command}")


@pytest.mark.parametrize("root", ["argument", "environment"])
def test_a_root_that_does_not_exist_is_said_to_be_so(tmp_path, monkeypatch, root):
    place = tmp_path / "misspelt"
    monkeypatch.setenv("RESNET_LABS_DATA", str(place))
    fix = f"Check its spelling; `resnet-labs data NAME --download --data-root {place}` makes a new one."
    with pytest.raises(InputError, match=f"The data root '{place}' does not exist. {fix}"):
        load("mnist", split="test", root=place if root == "argument" else None)
    with pytest.raises(InputError, match=f"The data root '{place}' does not exist. {fix}"):
        available(place)
    assert not place.exists()
    assert available()[0].here


def test_a_folder_of_the_user_s_own_is_never_missing(tmp_path):
    record = available(tmp_path)[-1]
    assert (record.name, record.here, record.state) == ("folder", False, "yours to provide")
    assert str(record).endswith("your own images; yours to provide: " + record.how)


def test_download_goes_through_torchvision(tmp_path, monkeypatch):
    called = []

    def fail(root, download):
        called.append((root, download))
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz")

    monkeypatch.setattr("torchvision.datasets.MNIST", fail)
    with pytest.raises(InputError, match=r"could not be downloaded to .*: Error downloading train-im.*Check the net"):
        load("mnist", split="train", root=tmp_path, download=True)
    assert called == [(str(tmp_path), True)]


@pytest.mark.parametrize("here", [False, True])
def test_a_failed_download_says_the_last_reason_and_leaves_no_folder_that_it_made(tmp_path, monkeypatch, here):
    root = tmp_path / "new" / "root"
    if here:
        root.mkdir(parents=True)

    def fail(root, download):
        (Path(root) / "MNIST" / "raw").mkdir(parents=True)
        raise RuntimeError("Error downloading x:\nTried a, got:\n<HTTP 404>\nTried b, got:\n<urlopen error no route>\n")

    monkeypatch.setattr("torchvision.datasets.MNIST", fail)
    with pytest.raises(InputError) as refused:
        load("mnist", split="train", root=root, download=True)
    assert str(refused.value) == (
        f"'mnist' could not be downloaded to '{root}': urlopen error no route. "
        "Check the network and that the folder can be written to, then run the same command again."
    )
    assert [*tmp_path.rglob("*")] == ([root.parent, root] if here else [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "digit"}, "There is no data set 'digit'. Did you mean 'digits'?"),
        ({"name": "digits", "split": "validation"}, "Cut a validation part from the training split with resnet_labs"),
        ({"name": "digits", "split": "val"}, "split is 'val', not 'train' or 'test'."),
        ({"name": "digits", "root": "somewhere"}, "'digits' comes with the package, so root would be ignored"),
        ({"name": "digits", "download": True}, "'digits' comes with the package, so download would be ignored"),
        ({"name": "digits", "size": 0}, "size is 0. It must be at least 1 pixel"),
        ({"name": "digits", "limit": 1439}, "limit is 1439. It must lie between 1 and 1438"),
        ({"name": "mnist", "root": ""}, "root is '', which names no folder. Give the folder of the data sets, or"),
        ({"name": "folder", "root": ""}, "root is '', which names no folder. Give the folder of the data sets, or"),
        ({"name": "folder"}, "'folder' needs root. Give the folder that holds one subfolder per class"),
        ({"name": "folder", "root": ".", "download": True}, "'folder' cannot be downloaded by this package"),
    ],
)
def test_refusals_say_how_to_mend(arguments, message):
    with pytest.raises(InputError) as refused:
        load(**{"split": "train", **arguments})
    assert message in str(refused.value)


def test_available_tells_what_is_here_and_how_to_get_the_rest(tiny_mnist, tmp_path):
    here = {record.name: record for record in available(tiny_mnist)}
    assert here["digits"].here
    assert here["digits"].how == ""
    assert (here["mnist"].here, here["mnist"].train, here["mnist"].size) == (True, 60_000, 28)
    missing = {record.name: record for record in available(tmp_path)}
    assert not missing["mnist"].here
    assert missing["mnist"].how == f"`resnet-labs data mnist --download --data-root {tmp_path}`"


def test_available_counts_digits_as_they_are():
    digits = available()[0]
    for split, count in (("train", digits.train), ("test", digits.test)):
        assert len(load("digits", split=split)) == count


@pytest.mark.real_data
def test_the_real_mnist_has_its_known_mean_and_classes():
    root = os.environ.get("RESNET_LABS_DATA")
    if root is None or not mnist.present(Path(root)):
        pytest.skip("RESNET_LABS_DATA does not point at a folder with MNIST")
    train, test = load("mnist", split="train"), load("mnist", split="test")
    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.images.double().mean().item() / 255 == pytest.approx(0.1307, abs=5e-5)  # as torchvision's examples say
    assert test.labels.bincount()[1] == 1135

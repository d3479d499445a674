"""Files that hold no state dict of torch's: each is named for what it is, none is called damaged, none is touched."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import resource
import struct
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from resnet_labs import checkpoint
from resnet_labs.blocks import BasicBlock
from resnet_labs.errors import InputError
from resnet_labs.resnet import ResNet
from resnet_labs.weights import load_weights


def small(**options: Any) -> ResNet:
    return ResNet(BasicBlock, [1, 1], widths=[4, 8], **{"num_classes": 5, "stem": "small", **options})


class Settings:
    """A class of somebody's own."""


def torch_saved(value: object, **options: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("weights.pt"))
    return buffer.getvalue()


def numpy_saved(*arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    if len(arrays) > 1:
        np.savez(buffer, *arrays)
    else:
        np.save(buffer, *arrays)
    return buffer.getvalue()


def safetensors() -> bytes:
    header = json.dumps({"conv1.weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4)


def scripted() -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(nn.Linear(2, 1), torch.zeros(1, 2)), buffer)
    return buffer.getvalue()


LEGACY = {"_use_new_zipfile_serialization": False}
STATE = small().state_dict()
FOREIGN = {
    "a whole model": (lambda: torch_saved(small()), "whole pickled model (resnet_labs.resnet.ResNet)"),
    "a whole model of torchvision's": (
        lambda: torch_saved(torchvision.models.resnet18()),
        "whole pickled model (torchvision.models.resnet.ResNet)",
    ),
    "a whole model, old format": (lambda: torch_saved(nn.Linear(1, 1), **LEGACY), "whole pickled model (torch.nn."),
    "a wrapped model": (lambda: torch_saved(nn.DataParallel(small())), "whole pickled model (torch.nn.parallel."),
    "a model beside its settings": (lambda: torch_saved({"model": small(), "epoch": 1}), "whole pickled model"),
    "a number of numpy": (lambda: torch_saved({"state_dict": STATE, "best": np.float64(0.5)}), "values of NumPy"),
    "arrays of numpy": (lambda: torch_saved({"weight": np.zeros(3, np.float32)}), "values of NumPy"),
    "numpy, old format": (lambda: torch_saved({"best": np.float64(0.5)}, **LEGACY), "values of NumPy"),
    "a path": (lambda: torch_saved({"model": STATE, "where": Path("x")}), "objects of pathlib."),
    "somebody's settings": (lambda: torch_saved({"model": STATE, "args": Settings()}), "Settings"),
    "a pickle": (lambda: pickle.dumps({"weight": [1.0]}), "a pickle"),
    "a pickle with objects": (lambda: pickle.dumps({"path": Path()}, protocol=2), "pathlib."),
    "safetensors": (safetensors, "is a safetensors file"),
    "TorchScript": (scripted, "is a TorchScript archive"),
    "an array file": (lambda: numpy_saved(np.zeros(3)), "NumPy"),
    "an array archive": (lambda: numpy_saved(np.zeros(3), np.ones(2)), "NumPy"),
    "Keras": (lambda: b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5"),
    "gzip": (lambda: gzip.compress(torch_saved(STATE)), "gzip"),
    "tar": (tarred, "tar archive"),
    "another zip archive": (lambda: zipped(**{"readme.txt": b"hello"}), "ZIP archive"),
    "a PNG image": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG image"),
    "a JPEG image": (lambda: b"\xff\xd8\xff\xe0" + bytes(100), "JPEG image"),
    "a web page": (lambda: b"\n <!DOCTYPE html><html>not found</html>", "web page"),
    "a Git LFS pointer": (lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "Git LFS"),
    "a text": (lambda: b"conv1.weight 1 2 3\n", "not a file that torch.save wrote"),
}


@pytest.mark.filterwarnings("ignore:.*torch.jit")
@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_weights_file_is_named_for_what_it_is(tmp_path, kind):
    make, said = FOREIGN[kind]
    file = tmp_path / "weights.pt"
    file.write_bytes(make())
    before = file.read_bytes()
    with pytest.raises(InputError) as caught:
        load_weights(small(), file)
    text = str(caught.value)
    assert text.startswith(f"The weights file '{file}' ")
    assert said in text
    assert "damaged" not in text
    assert "elete" not in text
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["weights.pt"]


def test_safetensors_are_named_whatever_the_suffix_and_the_advice_works(tmp_path):
    library = pytest.importorskip("safetensors.torch")
    file = tmp_path / "weights.safetensors"
    library.save_file(STATE, file)
    with pytest.raises(InputError) as caught:
        load_weights(small(), file)
    assert caught.value.fix == (
        "Give what safetensors.torch.load_file(path) returns; the package is installed with `pip install safetensors`."
    )
    load_weights(small(), library.load_file(file))


def test_nothing_in_a_file_is_run(tmp_path):
    class Hostile:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "done"),)

    for options in ({}, LEGACY):
        (tmp_path / "weights.pt").write_bytes(torch_saved({"weight": Hostile()}, **options))
        with pytest.raises(InputError, match=r"objects of .*mkdir"):
            load_weights(small(), tmp_path / "weights.pt")
    assert not (tmp_path / "done").exists()


@pytest.mark.parametrize("kind", ["a whole model", "a number of numpy", "somebody's settings"])
def test_the_advice_for_objects_names_the_risk(tmp_path, kind):
    (tmp_path / "weights.pt").write_bytes(FOREIGN[kind][0]())
    with pytest.raises(InputError, match=r"If you trust where it comes from, .*weights_only=False"):
        load_weights(small(), tmp_path / "weights.pt")


def test_old_files_of_torch_are_read(tmp_path):
    for options in (LEGACY, {"pickle_protocol": 3}):
        (tmp_path / "weights.pt").write_bytes(torch_saved(STATE, **options))
        assert torch.equal(load_weights(small(), tmp_path / "weights.pt").conv1.weight, STATE["conv1.weight"])


def test_files_written_without_checksums_are_read(tmp_path):
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(STATE, tmp_path / "weights.pt")
    finally:
        torch.serialization.set_crc32_options(True)
    assert torch.equal(load_weights(small(), tmp_path / "weights.pt").conv1.weight, STATE["conv1.weight"])


def test_a_folder_a_pipe_and_a_missing_file_are_named(tmp_path):
    with pytest.raises(InputError, match=r"is a folder\. Give a file"):
        load_weights(small(), tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is not a regular file"):
        load_weights(small(), tmp_path / "pipe")
    for path in ("nowhere", tmp_path / "nowhere", "a\0b"):
        with pytest.raises(InputError, match="There is no weights file"):
            load_weights(small(), path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_not_called_damaged(tmp_path):
    torch.save(STATE, tmp_path / "weights.pt")
    (tmp_path / "weights.pt").chmod(0)
    with pytest.raises(InputError, match=r"cannot be read: Permission denied\."):
        load_weights(small(), tmp_path / "weights.pt")


def test_a_flipped_bit_in_a_weight_is_damage(tmp_path):
    content = bytearray(torch_saved(STATE))
    place = content.index(STATE["layer2.0.conv1.weight"].numpy().tobytes())
    content[place + 8] ^= 1
    (tmp_path / "weights.pt").write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        load_weights(small(), tmp_path / "weights.pt")


def repacked(content: bytes, change: Any) -> bytes:
    """Return the archive with what `change` makes of each member: (name, content, compression)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            name, content, compression = change(name, old.read(name))
            new.writestr(zipfile.ZipInfo(name), content, compression)
    return buffer.getvalue()


TRICKS = {
    "compressed": lambda name, content: (name, content, zipfile.ZIP_DEFLATED),
    "a tensor without its values": lambda name, content: (
        name,
        b"" if name.endswith("data/0") else content,
        zipfile.ZIP_STORED,
    ),
    "a tensor larger than its values": lambda name, content: (
        name,
        content.replace(b"\x4b\x6c", b"\x4a\xff\xff\xff\x7f", 1) if name.endswith("data.pkl") else content,
        zipfile.ZIP_STORED,
    ),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_archives_that_declare_more_than_they_hold_are_refused_without_the_memory(tmp_path, trick):
    changed = repacked(torch_saved(STATE), TRICKS[trick])
    assert changed != repacked(torch_saved(STATE), lambda name, content: (name, content, zipfile.ZIP_STORED))
    (tmp_path / "weights.pt").write_bytes(changed)
    with pytest.raises(InputError, match=r"weights\.pt' is damaged"):
        load_weights(small(), tmp_path / "weights.pt")


@pytest.mark.parametrize("member", ["archive/data.pkl", "archive/data/0", "archive/version"])
def test_a_small_file_that_unpacks_to_a_large_one_takes_no_memory(tmp_path, member):
    file = tmp_path / "weights.pt"
    with (
        zipfile.ZipFile(io.BytesIO(torch_saved(STATE))) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            with new.open(name, "w") as content:
                content.write(old.read(name))
                for _ in range(300 if name == member else 0):
                    content.write(bytes(1_000_000))
    assert file.stat().st_size < 1_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for read in (lambda: load_weights(small(), file), lambda: checkpoint.load(file)):
        with pytest.raises(InputError, match="damaged"):
            read()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * (1 if sys.platform == "darwin" else 1024) < 100_000_000


# as checkpoints


@pytest.mark.filterwarnings("ignore:.*torch.jit")
@pytest.mark.parametrize("kind", [*FOREIGN, "a state dict", "a training state", "a list"])
def test_a_foreign_file_in_a_checkpoint_s_place_is_named_and_kept(tmp_path, kind):
    own = {
        "a state dict": (lambda: torch_saved(STATE), "a dict of conv1.weight, "),
        "a training state": (lambda: torch_saved({"model": STATE, "epoch": 3}), "a dict of model, epoch"),
        "a list": (lambda: torch_saved([1]), "a list"),
    }
    make, said = (FOREIGN | own)[kind]
    file = tmp_path / "run.pt"
    file.write_bytes(make())
    before = file.read_bytes()
    for call in (
        lambda: checkpoint.load(file),
        lambda: checkpoint.save(file, {"epoch": 1}),
        lambda: checkpoint.check_writable(file),
    ):
        with pytest.raises(InputError) as caught:
            call()
        text = str(caught.value)
        assert text.startswith(f"The file '{file}' is not a checkpoint of this library: it ")
        assert said in text
        assert "Give another checkpoint path" in text
        assert "damaged" not in text
        assert "elete" not in text
        assert file.read_bytes() == before
        assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


def test_a_folder_in_a_checkpoint_s_place_is_named(tmp_path):
    with pytest.raises(InputError, match="it is a folder"):
        checkpoint.load(tmp_path)


def test_where_only_the_newer_file_is_foreign_the_one_before_is_read_and_nothing_is_overwritten(tmp_path):
    file = tmp_path / "run.pt"
    for epoch in (1, 2):
        checkpoint.save(file, {"epoch": epoch})
    torch.save(STATE, file)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.warns(UserWarning, match=r"not a checkpoint of this library.*run\.pt\.previous', .* is used"):
        assert checkpoint.load(file) == {"epoch": 1}
    with pytest.raises(InputError, match="not a checkpoint of this library"):
        checkpoint.save(file, {"epoch": 3})
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before

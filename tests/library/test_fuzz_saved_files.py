"""Damaged, odd and hostile checkpoints, weights and curves, drawn from seeds: nothing escapes but InputError with the
file's name, no file changes, and no memory is taken for what a file only declares."""

from __future__ import annotations

import hashlib
import io
import pickle
import random
import resource
import struct
import sys
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from resnet_labs import checkpoint, tracking
from resnet_labs.errors import InputError
from resnet_labs.tracking import CSVTracker
from resnet_labs.train import NonFiniteLoss, TrainConfig, fit
from resnet_labs.weights import load_weights

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive]


def network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(64, 3))


def torch_saved(value: object, **options: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def sealed(content: bytes) -> bytes:
    """Return an archive of torch's with the end that makes it a checkpoint of ours."""
    content = content[:-2] + struct.pack("<H", 71)
    return content + b"sha256:" + hashlib.sha256(content).hexdigest().encode()


def sound(draw: random.Random) -> bytes:
    state = network().state_dict()
    value = draw.choice([state, {"model": state, "epoch": 3}, {f"module.{name}": one for name, one in state.items()}])
    match draw.randrange(4):
        case 0:
            return torch_saved(value)
        case 1:
            return sealed(torch_saved(value))
        case 2:
            return torch_saved(value, _use_new_zipfile_serialization=False)
        case _:
            other = [network(), {"state": state, "best": np.float64(1)}, torch.ones(3), [1, {"a": None}], object]
            return torch_saved(draw.choice(other))


def damaged(draw: random.Random, content: bytes) -> bytes:
    """Return it with bytes changed, added and lost, more often where the structure is: at both ends."""
    damage = bytearray(content)
    for _ in range(draw.choice([1, 1, 2, 5])):
        end = max(1, len(damage))
        place = draw.choice([draw.randrange(end), draw.randrange(min(end, 400)), max(0, end - 1 - draw.randrange(400))])
        length = draw.choice([1, 2, 4, 8, 30, 500])
        match draw.randrange(8):
            case 0:
                del damage[place:]
            case 1 if place < len(damage):
                damage[place] ^= 1 << draw.randrange(8)
            case 2:
                damage[place : place + length] = draw.randbytes(length)
            case 3:
                del damage[place : place + length]
            case 4:
                damage[place : place + length] = draw.choice([b"\0", b"\xff", b"\x7f"]) * length
            case 5:
                damage[place:place] = draw.randbytes(length)
            case 6:
                damage += damage[place : place + length]
            case 7:
                damage[place : place + 4] = struct.pack("<I", draw.choice([0, 2**31 - 1, 2**32 - 1]))
    return bytes(damage)


def zip_trick(draw: random.Random, content: bytes) -> bytes:
    """Return an archive that is written anew, with something that torch never does."""
    buffer = io.BytesIO()
    compression = draw.choice([zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", compression) as new:
        names = old.namelist()
        odd = draw.choice(names)
        trick = draw.randrange(9)
        for name in names:
            kept, data = name, old.read(name)
            if name == odd:
                match trick:
                    case 0:
                        data = b""
                    case 1:
                        data = bytes(1_000_000)
                    case 2:
                        kept = draw.choice(["../" + name, "/" + name, name.upper(), "x" * 3000, name + "/"])
                    case 3:
                        continue
                    case 4:
                        data = damaged(draw, data)
                    case 5:
                        data = content
                    case 6:
                        data = pickle.dumps({"a": [1]}, protocol=draw.randrange(6))
                    case 7:
                        data = data.replace(b"K", b"J\xff\xff\xff", 1)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a name that is there twice
                new.writestr(kept, data)
                if trick == 8 and name == odd:
                    new.writestr(kept, data[::-1])
    changed = buffer.getvalue()
    match draw.randrange(6):
        case 0:
            changed = b"MZ" + draw.randbytes(100) + changed
        case 1:
            changed = content[: len(content) // 2] + changed
        case 2:  # sizes in the directory
            place = changed.index(b"PK\1\2")
            changed = (
                changed[: place + 20] + struct.pack("<II", *[draw.choice([0, 2**32 - 2])] * 2) + changed[place + 28 :]
            )
    return sealed(changed) if draw.random() < 0.3 else changed


@contextmanager
def little_memory(megabytes: int = 200) -> Iterator[None]:
    unit = 1 if sys.platform == "darwin" else 1024
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit < megabytes * 2**20


def trouble(work: Callable[[], object]) -> str | None:
    """Return what an InputError says; nothing where there was none. Any other error goes through."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            work()
        except InputError as error:
            return str(error)
    return None


def states(module: nn.Module) -> list[torch.Tensor]:
    return [value.clone() for value in module.state_dict().values()]


def equal(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(map(torch.equal, one, other))


def check_every_reader(path: Path, content: bytes) -> int:
    """Let a file be read as weights and as a checkpoint; return how often it was refused."""
    path.write_bytes(content)
    model = network()
    before = states(model)
    refused = 0
    for read in (
        lambda: load_weights(model, path),
        lambda: checkpoint.load(path),
        lambda: checkpoint.check_writable(path),
    ):
        said = trouble(read)
        if said is not None:
            refused += 1
            assert str(path) in said or said.startswith("The weights"), said
            assert equal(states(model), before) or read is not None
        assert path.read_bytes() == content
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    return refused


@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_are_read_or_named(tmp_path, seed):
    draw = random.Random(f"damaged {seed}")
    with little_memory():
        refused = sum(check_every_reader(tmp_path / "run.pt", damaged(draw, sound(draw))) for _ in range(60))
    assert refused > 50


@pytest.mark.parametrize("seed", range(3))
def test_odd_archives_are_read_or_named(tmp_path, seed):
    draw = random.Random(f"archives {seed}")
    with little_memory():
        contents = (zip_trick(draw, torch_saved(network().state_dict())) for _ in range(50))
        refused = sum(check_every_reader(tmp_path / "run.pt", content) for content in contents)
    assert refused > 50


def test_a_refused_file_changes_no_weight(tmp_path):
    draw = random.Random("weights")
    refused = 0
    for _ in range(60):
        (tmp_path / "run.pt").write_bytes(damaged(draw, sound(draw)))
        model = network()
        before = states(model)
        if trouble(lambda model=model: load_weights(model, tmp_path / "run.pt")) is not None:
            refused += 1
            assert equal(states(model), before)
    assert refused > 20


# sound files with the wrong things inside


def odd_value(draw: random.Random, depth: int = 2) -> Any:
    plain: list[Any] = [None, True, -1, 2**70, 0.5, float("nan"), "", "epoch", b"x", (), [], {}, (1, "a")]
    plain += [
        torch.zeros(0),
        torch.ones(3),
        torch.tensor(7),
        torch.zeros(2, 2, dtype=torch.bool),
        torch.zeros(1).bfloat16(),
    ]
    if depth and draw.random() < 0.3:
        keys = draw.sample(["model", "state_dict", "epoch", "0.weight", "state", 1, None], 2)
        return {key: odd_value(draw, depth - 1) for key in keys}
    return draw.choice(plain)


def with_something_odd(draw: random.Random, value: Any) -> Any:
    """Return a nested value with one part of it, at any depth, replaced, left out or added."""
    if draw.random() < 0.25 or not isinstance(value, dict | list) or not value:
        return odd_value(draw)
    changed = value.copy()
    key = draw.choice(list(value) if isinstance(value, dict) else range(len(value)))
    match draw.randrange(5):
        case 0:
            del changed[key]
        case 1 if isinstance(value, dict):
            changed[draw.choice(["extra", 3])] = odd_value(draw)
        case 2 if isinstance(value, dict):
            return OrderedDict(reversed(changed.items()))
        case _:
            changed[key] = with_something_odd(draw, value[key])
    return changed


def train(path: Path, model: nn.Module, epochs: int, optimizer: str) -> None:
    images, labels = torch.rand(6, 1, 6, 6, generator=torch.Generator().manual_seed(0)), torch.arange(6) % 3
    config = TrainConfig(epochs=epochs, learning_rate=0.01, optimizer=optimizer, precision="fp32", warmup_epochs=1)
    fit(model, [(images, labels)], loss=F.cross_entropy, config=config, checkpoint=path, progress=False)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_runs_go_on_from_odd_states_or_name_them(tmp_path, optimizer):
    draw = random.Random(f"states {optimizer}")
    path = tmp_path / "run.pt"
    train(path, network(), 2, optimizer)
    whole, refused = checkpoint.load(path), 0
    for _ in range(120):
        for file in tmp_path.iterdir():
            file.unlink()
        state = with_something_odd(draw, whole)
        path.write_bytes(content := sealed(torch_saved(state)))
        model = network()
        before = states(model)
        try:
            said = trouble(lambda model=model: train(path, model, 3, optimizer))
        except NonFiniteLoss:  # of odd weights
            continue
        if said is not None:
            refused += 1
            assert str(path) in said
            assert equal(states(model), before)
            assert path.read_bytes() == content
    assert refused > 60


def test_odd_state_dicts_are_loaded_or_named(tmp_path):
    draw = random.Random("state dicts")
    refused = 0
    for _ in range(150):
        state: Any = dict(network().state_dict())
        for _ in range(draw.randint(1, 3)):
            state = with_something_odd(draw, state) if isinstance(state, dict) else state
        state = draw.choice([state, {"state_dict": state, "epoch": 1}, {"model": {"state_dict": state}}])
        (tmp_path / "weights.pt").write_bytes(torch_saved(state))
        model = network()
        before = states(model)
        if trouble(lambda model=model: load_weights(model, tmp_path / "weights.pt")) is not None:
            refused += 1
            assert equal(states(model), before)
    assert refused > 50


# curves


def table(draw: random.Random) -> bytes:
    columns = draw.choice([["epoch", "train_loss", "seconds"], ["epoch"], ["step", "loss"], ["epoch", "learning_rate"]])
    numbers = [
        "1",
        "2.5",
        "nan",
        "-inf",
        "1e999",
        "",
        "x",
        "9" * 400,
        "9" * 5000,
        "٣",
        "0x1",
        "1_000",
        " 1",
        '"1"',
        "²",
    ]
    lines = [columns] + [
        [str(row + 1) if draw.random() < 0.8 else draw.choice(numbers)]
        + [draw.choice(numbers[:5] * 12 + numbers) for _ in columns[1:]]
        for row in range(draw.randrange(5))
    ]
    return draw.choice(["\n", "\r\n", "\n\n", "\r"]).join(",".join(line) for line in lines).encode() + b"\n"


@pytest.mark.parametrize("seed", range(3))
def test_curves_are_read_or_named(tmp_path, seed):
    draw = random.Random(f"curves {seed}")
    shown = refused = 0
    path = tmp_path / "run" / "metrics.csv"
    path.parent.mkdir()
    with little_memory():
        for _ in range(300):
            content = table(draw)
            content = damaged(draw, content) if draw.random() < 0.6 else content
            settings = draw.choice([b'{"lr": 0.1}', b"{}", b"[]", b'{"lr": NaN}', damaged(draw, b'{"lr": {"a": [1]}}')])
            path.write_bytes(content)
            (path.parent / "settings.json").write_bytes(settings)
            text: list[str] = []

            def compare(text=text) -> None:
                text.append(tracking.as_text(tracking.compare(tracking.runs(tmp_path))))

            said = trouble(compare)
            assert text or str(tmp_path) in (said or "")
            shown += bool(text)
            assert path.read_bytes() == content

            def track() -> None:
                with CSVTracker(path) as tracker:
                    tracker.log({"epoch": 2, "train_loss": 0.5, "seconds": 1.0})

            said = trouble(track)
            if said is not None:
                refused += 1
                assert str(path) in said, said
                assert path.read_bytes() == content
    assert shown > 15
    assert refused > 100

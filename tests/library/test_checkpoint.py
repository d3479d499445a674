from __future__ import annotations

import errno
import os
import pickle
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from resnet_labs import checkpoint, files
from resnet_labs.errors import InputError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.pt"


@contextmanager
def random_generators_restored() -> Iterator[None]:
    states = checkpoint.random_states()
    try:
        yield
    finally:
        checkpoint.restore_random_states(states)


def names(path: Path) -> set[str]:
    return {file.name for file in path.parent.iterdir()}


def test_gives_back_model_and_optimizer_bit_for_bit(path: Path) -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.randn(2, 1, 5, 5)).sum().backward()
    optimizer.step()
    odd = {"none": None, "pair": (1, [2.5, True]), "bytes": b"\0", "half": torch.randn(3).bfloat16(), "empty": {}}
    checkpoint.save(path, {"model": model.state_dict(), "optimizer": optimizer.state_dict(), **odd})
    state = checkpoint.load(path)
    twin = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    twin.load_state_dict(state["model"], strict=True)
    assert all(torch.equal(mine, other) for mine, other in zip(twin.parameters(), model.parameters(), strict=True))
    other = torch.optim.Adam(twin.parameters())
    other.load_state_dict(state["optimizer"])
    assert torch.equal(other.state[twin[0].weight]["exp_avg"], optimizer.state[model[0].weight]["exp_avg"])
    assert {key: state[key] for key in ("none", "pair", "bytes", "empty")} == {
        key: odd[key] for key in ("none", "pair", "bytes", "empty")
    }
    assert torch.equal(state["half"], odd["half"])
    assert state["half"].dtype == torch.bfloat16


def test_torch_reads_the_same_file(path: Path) -> None:
    checkpoint.save(path, {"weights": torch.arange(3)})
    assert torch.equal(torch.load(path, weights_only=True)["weights"], torch.arange(3))


def test_keeps_the_one_before_and_nothing_else(path: Path) -> None:
    for epoch in range(4):
        checkpoint.save(str(path), {"epoch": epoch})
    assert names(path) == {"run.pt", "run.pt.previous"}
    assert checkpoint.load(str(path)) == {"epoch": 3}
    os.replace(f"{path}.previous", path)
    assert checkpoint.load(path) == {"epoch": 2}


def test_makes_the_folder(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "a" / "b" / "run.pt", {"epoch": 1})
    assert checkpoint.load(tmp_path / "a" / "b" / "run.pt") == {"epoch": 1}


def damage(file: Path, how: str) -> None:
    data = bytearray(file.read_bytes())
    if how == "empty":
        data.clear()
    elif how == "truncated":
        del data[len(data) // 2 :]
    elif how == "last byte gone":
        del data[-1]
    elif how == "something appended":
        data += b"\0"
    elif how == "zeros":
        data = bytearray(len(data))
    else:
        place = {"first": 0, "middle": len(data) // 2, "digest": len(data) - 20}[how.split()[0]]
        data[place] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize(
    "how",
    [
        "empty",
        "truncated",
        "last byte gone",
        "something appended",
        "first bit flipped",
        "middle bit flipped",
        "digest bit flipped",
        "zeros",
    ],
)
def test_a_damaged_file_is_named_and_the_one_before_is_used(path: Path, how: str) -> None:
    for epoch in (1, 2):
        checkpoint.save(path, {"epoch": epoch, "weights": torch.full((1000,), float(epoch))})
    damage(path, how)
    with pytest.warns(UserWarning, match="is damaged") as caught:
        state = checkpoint.load(path)
    assert [str(warning.message) for warning in caught] == [
        f"The checkpoint '{path}' is damaged; '{path}.previous', saved before it, is used."
    ]
    assert state["epoch"] == 1
    assert torch.equal(state["weights"], torch.ones(1000))


def test_every_bit_flip_is_seen(path: Path) -> None:
    checkpoint.save(path, {"epoch": 1})
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        with pytest.raises(InputError, match="damaged"):
            checkpoint.load(path)


def test_a_missing_file_whose_predecessor_is_there_is_named(path: Path) -> None:
    for epoch in (1, 2):
        checkpoint.save(path, {"epoch": epoch})
    path.unlink()
    assert checkpoint.exists(path)
    with pytest.warns(UserWarning, match=r"run\.pt' is missing; '.*run\.pt\.previous', saved before it, is used"):
        assert checkpoint.load(path) == {"epoch": 1}


def test_a_damaged_file_never_takes_the_place_of_a_whole_one(path: Path) -> None:
    for epoch in (1, 2):
        checkpoint.save(path, {"epoch": epoch})
    damage(path, "truncated")
    checkpoint.save(path, {"epoch": 3})
    assert checkpoint.load(path) == {"epoch": 3}
    damage(path, "truncated")
    with pytest.warns(UserWarning, match="damaged"):
        assert checkpoint.load(path) == {"epoch": 1}


def test_without_a_usable_file_the_error_says_what_is_there(path: Path) -> None:
    assert not checkpoint.exists(path)
    with pytest.raises(InputError) as caught:
        checkpoint.load(path)
    assert str(caught.value) == f"There is no checkpoint '{path}'. Give the path that `save` was given."
    checkpoint.save(path, {"epoch": 1})
    damage(path, "truncated")
    with pytest.raises(InputError) as caught:
        checkpoint.load(path)
    assert str(caught.value) == (
        f"The checkpoint '{path}' is damaged, and '{path}.previous' is missing. "
        "Delete what is there, and start the run again."
    )
    Path(f"{path}.previous").write_bytes(b"")
    with pytest.raises(InputError, match=r"is damaged, and '.*' is damaged\."):
        checkpoint.load(path)


class Hostile:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (os.environ["HOSTILE"],)


def test_a_file_that_would_run_code_is_not_used(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTILE", str(tmp_path / "done"))
    monkeypatch.setattr(checkpoint, "_check_plain", lambda *_: None)
    checkpoint.save(path, {"epoch": Hostile()})
    with pytest.raises(InputError, match="damaged"):
        checkpoint.load(path)
    assert not (tmp_path / "done").exists()
    pickle.loads(pickle.dumps(Hostile()))  # the proof that it is hostile
    assert (tmp_path / "done").exists()


@pytest.mark.parametrize(
    ("state", "named"),
    [
        ({"metrics": {"loss": [np.float64(1.0)]}}, "state['metrics']['loss'][0] is a numpy.float64"),
        ({"keys": np.zeros(3)}, "state['keys'] is a numpy.ndarray"),
        ({"where": Path()}, "state['where'] is a pathlib."),
        ({"a": {np.int64(3): 1}}, "a key of state['a'] is a numpy.int64"),
        ({"classes": {1, 2}}, "state['classes'] is a builtins.set"),
    ],
)
def test_a_value_that_could_not_be_read_back_is_refused(path: Path, state: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError) as caught:
        checkpoint.save(path, state)
    assert str(caught.value).startswith(named)
    assert str(caught.value).endswith(
        ", which a checkpoint cannot hold. Turn it into tensors, numbers, strings, or dicts and lists of them."
    )
    assert names(path) == set()


@pytest.mark.parametrize(
    ("call", "code", "fix"),
    [
        ("open", errno.EACCES, "Give a folder that you may write to"),
        ("open", errno.EROFS, "Give a folder that you may write to"),
        ("fsync", errno.ENOSPC, "Free some space, or give another folder"),
        ("fsync", errno.EIO, "Give another folder"),
        ("replace", errno.EROFS, "Give a folder that you may write to"),
    ],
)
def test_a_disk_that_refuses_loses_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int, fix: str
) -> None:
    for epoch in (1, 2):
        checkpoint.save(path, {"epoch": epoch})
    before = {file: file.read_bytes() for file in path.parent.iterdir()}

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(*((files, "open") if call == "open" else (os, call)), refuse, raising=call != "open")
        with pytest.raises(InputError) as caught:
            checkpoint.save(path, {"epoch": 3})
    assert str(caught.value) == (
        f"The checkpoint '{path}' cannot be written: {os.strerror(code)}. {fix}; what was saved before is still there."
    )
    assert {file: file.read_bytes() for file in path.parent.iterdir()} == before


def test_a_disk_that_fills_up_in_the_middle_of_a_file_loses_nothing(path: Path) -> None:
    checkpoint.save(path, {"epoch": 1})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        with pytest.raises(InputError, match=r"cannot be written: File too large\."):
            checkpoint.save(path, {"weights": torch.zeros(100_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert names(path) == {"run.pt"}
    assert checkpoint.load(path) == {"epoch": 1}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_named(path: Path) -> None:
    path.parent.chmod(0o500)
    with pytest.raises(InputError, match=r"cannot be written: Permission denied\."):
        checkpoint.save(path, {"epoch": 1})
    assert names(path) == set()


def test_where_nothing_was_saved_before_nothing_is_promised(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(InputError) as caught:
        checkpoint.save(path, {"epoch": 1})
    assert caught.value.fix == "Free some space, or give another folder."
    assert names(path) == set()


def test_a_folder_in_the_place_of_the_file_is_named(path: Path) -> None:
    path.mkdir()
    with pytest.raises(InputError, match=r"cannot be written: Is a directory\."):
        checkpoint.save(path, {"epoch": 1})
    assert names(path) == {"run.pt"}


@pytest.mark.parametrize("found", ["nothing", "a checkpoint", "a half-written file"])
def test_that_a_place_can_be_written_is_found_out_without_a_trace(path: Path, found: str) -> None:
    if found == "a checkpoint":
        checkpoint.save(path, {"epoch": 1})
    elif found == "a half-written file":
        path.with_name("run.pt.partial").write_bytes(b"half")
    before = names(path)
    checkpoint.check_writable(path)
    assert names(path) == before
    if found == "a checkpoint":
        assert checkpoint.load(path) == {"epoch": 1}


def test_a_place_that_cannot_be_written_is_named_before_anything_is_saved(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(InputError, match=r"^The checkpoint '.*run\.pt' cannot be written: Read-only file system\."):
        checkpoint.check_writable(path)
    monkeypatch.undo()
    path.mkdir()
    with pytest.raises(InputError, match=r"run\.pt' cannot be written: Is a directory\. Give another name; a folder"):
        checkpoint.check_writable(path)
    assert names(path) == {"run.pt"}
    (path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot be written: File exists\. Give another path; a part of this one is"):
        checkpoint.check_writable(path / "file" / "run.pt")


class Killed(BaseException):
    """Stands for the end of the process: nothing may catch it."""


@pytest.mark.parametrize(
    ("damaged", "call", "number", "epoch"),
    [
        (False, "fsync", 1, 2),
        (False, "replace", 1, 2),
        (False, "replace", 2, 2),
        (False, "fsync", 3, 3),
        (True, "fsync", 1, 1),
        (True, "replace", 1, 1),
        (True, "fsync", 3, 3),
    ],
)
def test_ended_before_any_step_a_usable_state_is_left(
    path: Path, monkeypatch: pytest.MonkeyPatch, damaged: bool, call: str, number: int, epoch: int
) -> None:
    for saved in (1, 2):
        checkpoint.save(path, {"epoch": saved})
    if damaged:
        damage(path, "truncated")
    real, calls = getattr(os, call), []

    def end(*arguments: Any) -> Any:
        calls.append(call)
        if len(calls) == number:
            raise Killed
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, end)
        patch.setattr(Path, "unlink", lambda *_, **__: None)  # a killed process does not tidy up
        with pytest.raises(Killed):
            checkpoint.save(path, {"epoch": 3})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert checkpoint.load(path) == {"epoch": epoch}
    checkpoint.save(path, {"epoch": 4})
    assert checkpoint.load(path) == {"epoch": 4}
    assert names(path) == {"run.pt", "run.pt.previous"}


SAVES_UNTIL_KILLED = """
import os, sys, torch
from resnet_labs import checkpoint
torch.set_num_threads(1)
def save(step):
    checkpoint.save(sys.argv[1], {"step": step, "weights": torch.full((100_000,), step)})
save(0)
for first in sys.stdin:
    child = os.fork()
    if child == 0:
        save(int(first))
        print(os.getpid(), flush=True)
        for step in range(int(first) + 1, 10**9):
            save(step)
    os.waitpid(child, 0)
    print("dead", flush=True)
"""


def test_killed_while_saving_a_whole_state_is_always_there(path: Path) -> None:
    rng = random.Random(0)
    newest, interrupted = 0, 0
    command = [sys.executable, "-c", SAVES_UNTIL_KILLED, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(25):
            print(newest + 1, file=process.stdin, flush=True)
            child = int(process.stdout.readline())
            time.sleep(rng.uniform(0, 0.05))
            os.kill(child, signal.SIGKILL)
            assert process.stdout.readline() == "dead\n"
            interrupted += path.with_name("run.pt.partial").exists()
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message=".* is missing; ")  # between two renames; never "damaged"
                state = checkpoint.load(path)
            assert (state["weights"] == state["step"]).all()
            assert state["step"] >= newest
            newest = state["step"]
        process.stdin.close()
    assert interrupted > 0, "no kill fell into a save: the test shows nothing"
    checkpoint.save(path, {"step": -1})
    assert names(path) == {"run.pt", "run.pt.previous"}


def draws() -> list[float]:
    return [random.random(), random.gauss(0, 1), np.random.rand(), np.random.randn(), torch.rand(()).item()]


@pytest.mark.parametrize("num_before", [0, 1, 625])
def test_random_generators_go_on_where_they_were_after_a_file(path: Path, num_before: int) -> None:
    with random_generators_restored():
        for _ in range(num_before):
            draws()
        checkpoint.save(path, {"random": checkpoint.random_states()})
        expected = [draws() for _ in range(3)]
        random.seed(0)
        np.random.seed(0)
        torch.manual_seed(0)
        assert [draws() for _ in range(3)] != expected
        checkpoint.restore_random_states(checkpoint.load(path)["random"])
        assert [draws() for _ in range(3)] == expected


def test_a_state_from_a_gpu_can_be_restored_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with random_generators_restored():
        states = checkpoint.random_states()
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        expected = draws()
        checkpoint.restore_random_states({**states, "cuda": torch.zeros(16, dtype=torch.uint8)})
        assert draws() == expected


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_gpus_generator_goes_on_where_it_was(path: Path) -> None:
    with random_generators_restored():
        torch.rand(3, device="cuda")
        checkpoint.save(path, {"random": checkpoint.random_states(), "weights": torch.ones(2, device="cuda")})
        expected = torch.rand(3, device="cuda")
        state = checkpoint.load(path)
        checkpoint.restore_random_states(state["random"])
        assert torch.equal(torch.rand(3, device="cuda"), expected)
        assert state["weights"].device.type == "cpu"


def test_state_dicts_may_hold_what_is_no_tensor() -> None:
    own, given = {"_extra_state": {"calls": 1}, "weight": torch.zeros(2)}, {"_extra_state": 3, "weight": torch.zeros(2)}
    assert checkpoint.state_dict_differences(own, given) == ""
    assert checkpoint.state_dict_differences(own, {"weight": torch.zeros(3), "_extra_state": 3}) == (
        "1 of another shape (weight (3,) instead of (2,))"
    )

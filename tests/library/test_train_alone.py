"""Two runs with one checkpoint path: the second is refused before it has changed anything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest
import torch
from torch import nn

from resnet_labs import checkpoint
from resnet_labs.errors import InputError
from resnet_labs.train import TrainConfig, fit

TRAINS = """
import sys, torch
from torch import nn
from resnet_labs.train import TrainConfig, fit

class Batches(list):
    def set_epoch(self, epoch):
        if epoch == 1:
            print("in epoch 2", flush=True)
            sys.stdin.read()

batches = Batches([(torch.ones(4, 3), torch.zeros(4, dtype=torch.long))])
config = TrainConfig(epochs=3, learning_rate=0.1)
fit(nn.Linear(3, 2), batches, loss=nn.functional.cross_entropy, config=config, checkpoint=sys.argv[1], progress=False)
"""


def train(path, *, epochs=1, loss=nn.functional.cross_entropy):
    torch.manual_seed(0)
    batch = torch.randn(4, 3), torch.arange(4) % 2
    config = TrainConfig(epochs=epochs, learning_rate=0.1)
    return fit(nn.Linear(3, 2), [batch], loss=loss, config=config, checkpoint=path, progress=False)


@pytest.fixture
def other(tmp_path):
    """Another process in the second epoch of a run."""
    with subprocess.Popen(
        [sys.executable, "-c", TRAINS, str(tmp_path / "run.pt")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "in epoch 2\n"
        yield process
        process.kill()


def test_another_process_is_named_and_its_run_goes_on_as_if_alone(tmp_path, other):
    path = tmp_path / "run.pt"
    before = path.read_bytes()
    with pytest.raises(InputError, match=f"^Process {other.pid} on .* has been writing '.*run.pt' since "):
        train(path)
    assert path.read_bytes() == before
    train(tmp_path / "another.pt")
    train(tmp_path / "new" / "folder" / "run.pt")
    other.communicate("go on")
    assert other.returncode == 0
    assert len(checkpoint.load(path)["rows"]) == 3
    assert sorted(file.name for file in tmp_path.glob(".*")) == []


def test_a_killed_run_blocks_nobody(tmp_path, other):
    other.send_signal(signal.SIGKILL)
    other.wait()
    with pytest.raises(InputError, match="checkpoint"):  # of another batch, so of another run: it was read
        train(tmp_path / "run.pt", epochs=2, loss=nn.CrossEntropyLoss(weight=torch.ones(2)))


def test_a_thread_of_the_same_process_is_refused(tmp_path):
    started, done, refused = threading.Event(), threading.Event(), []

    def slow(outputs, labels):
        started.set()
        done.wait(60)
        return nn.functional.cross_entropy(outputs, labels)

    thread = threading.Thread(target=train, args=(tmp_path / "new" / "run.pt",), kwargs={"loss": slow})
    thread.start()
    started.wait(60)
    try:
        train(tmp_path / "new" / "run.pt")
    except InputError as error:
        refused.append(error)
    done.set()
    thread.join()
    assert f"Process {os.getpid()} on" in str(refused[0])


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_run_that_failed_gives_its_checkpoint_back(tmp_path, error):
    def failing(outputs, labels):
        raise error

    with pytest.raises(error):
        train(tmp_path / "run.pt", loss=failing)
    assert list(tmp_path.iterdir()) == []
    assert len(train(tmp_path / "run.pt").rows) == 1

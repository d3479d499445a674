"""A run that is killed at any moment goes on from its checkpoint and ends bit by bit like one that was left alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from helpers.time_limits import seconds

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")]

NUM_KILLS = {signal.SIGKILL: 30, signal.SIGTERM: 5}

# One process imports torch, and forks a child for every life of a run. The child writes a letter into a pipe when an
# epoch begins (b), when its checkpoint is about to be written (s) and when it is written (e). The parent waits for
# some letters, then for a random part of the time that such a phase took in the run that was left alone, and kills.
# So kills fall into every phase, and runs come forward, however busy the machine is.
SCRIPT = """
import json, os, random, signal, sys, time, warnings
from pathlib import Path
import torch
import torch.nn.functional as F
from torch import nn
from resnet_labs import checkpoint, data
from resnet_labs.train import TrainConfig, fit

torch.set_num_threads(1)
# torch imports much only when the first optimizer is made, which would cost every child seconds.
torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=1.0)
EPOCHS = 8
draw = random.Random(0)

def noisy(images, labels, generator):
    return images + 0.1 * torch.randn(images.shape, generator=generator) * torch.rand(()), labels

def train(path, tell):
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(288, 256),
        nn.ReLU(), nn.Linear(256, 3),
    )
    labels = torch.arange(60) % 3
    images = data.ImageData(torch.arange(60 * 64).view(60, 1, 8, 8).mul(labels.view(-1, 1, 1, 1) + 7).byte(), labels,
                            ("a", "b", "c"), "made here")
    save = checkpoint.save
    def told(*arguments):
        tell("s")
        save(*arguments)
        tell("e")
    checkpoint.save = told
    class Batches(data.Batches):
        def set_epoch(self, epoch):
            tell("b")
            super().set_epoch(epoch)
    config = TrainConfig(epochs=EPOCHS, learning_rate=0.05, schedule="cosine", warmup_epochs=2, weight_decay=0.01,
                         accumulate=2, precision="fp32")
    batches = Batches(images, 8, augment=noisy, shuffle=True, seed=5)
    fit(model, batches, loss=F.cross_entropy, config=config, checkpoint=path, progress=False)

def live(path):
    # Start a child; return its number and the pipe with its letters.
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        warnings.filterwarnings("ignore", message=".* is missing; ")  # killed between two renames; never "damaged"
        warnings.filterwarnings("error", message=".* is damaged; ")
        status = 1
        try:
            train(path, lambda letter: os.write(writing, letter.encode()))
            status = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(writing)
    return child, reading

def end(child, reading):
    # Wait for the child; return how it ended.
    os.close(reading)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)

def result(path):
    state = checkpoint.load(path)
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in state["rows"]]
    optimizer = [value for entry in state["optimizer"]["state"].values() for value in entry.values()]
    return rows, [*state["model"].values(), *optimizer, state["random"]["torch"]]

def same(one, other):
    return one[0] == other[0] and all(torch.equal(a, b) for a, b in zip(one[1], other[1], strict=True))

def num_epochs(path):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* is missing; ")
        warnings.filterwarnings("error", message=".* is damaged; ")
        return len(checkpoint.load(path)["rows"]) if checkpoint.exists(path) else 0

root = Path(sys.argv[1])
def folder(name):
    (root / name).mkdir(parents=True)
    return root / name / "run.pt"

# The run that is left alone tells how long the phases take.
alone = folder("alone")
child, reading = live(alone)
spans, last = {"b": [], "s": [], "e": []}, None
while letter := os.read(reading, 1).decode():
    now = time.perf_counter()
    if last is not None:
        spans[last[0]].append(now - last[1])
    last = letter, now
assert end(child, reading) == 0
expected = result(alone)
phase = {letter: sorted(found)[len(found) // 2] for letter, found in spans.items()}

def kill_again_and_again(by, num_kills):
    told = {"kills": 0, "finished": 0, "wrong": [], "left": [], "resumed": 0, "killed_in": {"b": 0, "s": 0, "e": 0},
            "partial": 0, "statuses": []}
    path = folder(f"{by.name}0")
    while True:
        resumes_at = num_epochs(path)
        if told["kills"]:
            told["resumed"] += 0 < resumes_at < EPOCHS
        child, reading = live(path)
        # Every fourth life is shorter than an epoch; the others reach the next checkpoint first. Most kills fall into
        # the writing of a checkpoint.
        num_letters = draw.choice([1, 2, 5, 5, 6, 7, 8, 8]) if told["kills"] < num_kills else 10**6
        letter = ""
        for _ in range(num_letters):
            letter = os.read(reading, 1).decode()
            if not letter:
                break
        if letter:
            time.sleep(draw.uniform(0, 1.2) * phase[letter])
            os.kill(child, by)
        status = end(child, reading)
        if status == -by:
            told["kills"] += 1
            told["killed_in"][letter] += 1
            told["partial"] += path.with_name("run.pt.partial").exists()
            continue
        told["statuses"].append(status)
        told["finished"] += 1
        if not same(result(path), expected):
            told["wrong"].append(path.parent.name)
        told["left"] += [name for name in os.listdir(path.parent) if name not in ("run.pt", "run.pt.previous")]
        if told["kills"] >= num_kills:
            return told
        path = folder(f"{by.name}{told['finished']}")

print(json.dumps([kill_again_and_again(signal.Signals(by), number) for by, number in json.loads(sys.argv[2])]))
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[signal.Signals, dict]:
    """What came of runs that were killed by a signal, for both signals from one process."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    folder, asked = tmp_path_factory.mktemp("killed"), json.dumps(list(NUM_KILLS.items()))
    command = [sys.executable, "-c", SCRIPT, str(folder), asked]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=seconds(1800))
    assert done.returncode == 0, done.stderr
    return dict(zip(NUM_KILLS, json.loads(done.stdout.splitlines()[-1]), strict=True))


@pytest.mark.exhaustive
def test_killed_thirty_times_every_run_ends_like_one_that_was_left_alone(killed: dict[signal.Signals, dict]) -> None:
    told, num_kills = killed[signal.SIGKILL], NUM_KILLS[signal.SIGKILL]
    assert told["kills"] == num_kills
    assert told["wrong"] == []
    assert told["left"] == []
    assert set(told["statuses"]) == {0}
    assert told["finished"] >= 2
    assert told["resumed"] >= num_kills // 4, told
    assert min(told["killed_in"].values()) > 0, told
    assert told["partial"] > 0, "no kill fell into the writing of a file: the test shows less than it says"


@pytest.mark.exhaustive
def test_told_to_end_a_run_goes_on_as_well(killed: dict[signal.Signals, dict]) -> None:
    told = killed[signal.SIGTERM]
    assert (told["kills"], told["wrong"], told["left"], set(told["statuses"])) == (5, [], [], {0})

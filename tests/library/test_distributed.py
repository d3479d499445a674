"""Two processes train as one does; where one dies, the other says so."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from helpers import forked
from helpers.time_limits import seconds

pytestmark = pytest.mark.slow

SCRIPT = """
import json, os, signal, sys
import torch
import torch.nn.functional as F
from torch import nn
from resnet_labs import data, distributed
from resnet_labs.losses import CenterLoss, triplet_loss
from resnet_labs.errors import LabError
from resnet_labs.tracking import CSVTracker
from resnet_labs.train import TrainConfig, evaluate, fit

def images(count):
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (count, 1, 6, 6), dtype=torch.uint8, generator=generator)
    return data.ImageData(pixels, torch.arange(count) % 3, ("a", "b", "c"), "made here")

class Compares(nn.Module):
    # compares the rows of a batch, moves centers and learns a factor
    def __init__(self):
        super().__init__()
        self.center, self.factor = CenterLoss(3, 3, weight=1.0), nn.Parameter(torch.ones(()))
    def forward(self, outputs, labels):
        compared = self.center(outputs, labels) + triplet_loss(outputs, labels, mining="all")
        return self.factor * F.cross_entropy(outputs, labels) + compared

def run(folder, dies):
    torch.manual_seed(1 + distributed.rank())  # the first process's weights are everybody's
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 8, 3), nn.BatchNorm2d(8, momentum=None),
        nn.ReLU(), nn.Flatten(), nn.Linear(32, 3)
    )
    class Dies:
        def log(self, row):
            pass
        def __call__(self, logits, labels):
            if dies and distributed.rank() == 1:
                os.kill(os.getpid(), signal.SIGKILL) if dies == "killed" else os._exit(3)
            return F.cross_entropy(logits, labels)
    batches = data.Batches(images(41), 8, shuffle=True, seed=5)  # the last batch has one image: one part is empty
    history = fit(
        model, batches, loss=Dies(), config=TrainConfig(epochs=3, learning_rate=0.1, clip_norm=1.0, precision="fp32"),
        validation=data.Batches(images(13), 5), checkpoint=folder + "/run.pt", progress=False,
        tracker=CSVTracker(folder + f"/{distributed.rank()}.csv"),
    )
    comparing = Compares()
    config = TrainConfig(epochs=3, learning_rate=0.02, precision="fp32", accumulate=2)
    compared = fit(model, batches, loss=comparing, config=config, progress=False)
    found = evaluate(model, data.Batches(images(13), 5))
    state = torch.cat([value.double().flatten() for value in model.state_dict().values()])
    print(json.dumps({
        "rank": distributed.rank(), "rows": history.rows, "device": history.device, "state": state.tolist(),
        "compared": [row["train_loss"] for row in compared.rows],
        "centers": comparing.center.centers.flatten().tolist(), "factor": comparing.factor.item(),
        "logits": found.logits.tolist(), "labels": found.labels.tolist(), "confusion": found.confusion.tolist(),
    }), flush=True)

try:
    with distributed.joined(timeout_seconds=60):
        run(sys.argv[1], sys.argv[2] if sys.argv[2] != "lives" else "")
except LabError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""


def pair(folder: Path, *, dies: bool) -> list[forked.Job]:
    """Two jobs that run the script together."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    two = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    arguments = [str(folder), "dies" if dies else "lives"]
    return [forked.Job(SCRIPT, arguments, {"RANK": rank, "LOCAL_RANK": rank, **two}) for rank in "01"]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[int, str, str]]]:
    """One process alone, two together, and two of which the second dies."""
    folder = tmp_path_factory.mktemp("processes")
    for name in ("one", "two", "dies", "jobs"):
        (folder / name).mkdir()
    alone = forked.Job(SCRIPT, [str(folder / "one"), "lives"])
    jobs = [alone, *pair(folder / "two", dies=False), *pair(folder / "dies", dies=True)]
    return folder, forked.run(folder / "jobs", jobs)


@pytest.fixture(scope="module")
def runs(ended):
    folder, found = ended
    assert [status for status, _, _ in found[:3]] == [0, 0, 0], [said for _, _, said in found[:3]]
    one, first, second = (json.loads(out.splitlines()[-1]) for _, out, _ in found[:3])
    return folder, one, first, second


def test_two_processes_give_the_curve_of_one(runs):
    _, one, first, second = runs
    for row, a, b in zip(one["rows"], first["rows"], second["rows"], strict=True):
        for name in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy"):
            assert a[name] == pytest.approx(row[name], abs=1e-5)
            assert b[name] == pytest.approx(row[name], abs=1e-5)


def test_weights_and_running_statistics_are_those_of_one(runs):
    _, one, first, second = runs
    assert first["state"] == pytest.approx(one["state"], abs=1e-4)
    assert second["state"] == first["state"]


def test_a_loss_that_compares_rows_sees_those_of_all_processes(runs):
    _, one, first, second = runs
    for found in (first, second):
        assert found["compared"] == pytest.approx(one["compared"], abs=1e-5)
        assert found["centers"] == pytest.approx(one["centers"], abs=1e-4)
        assert found["factor"] == pytest.approx(one["factor"], abs=1e-5)
    assert one["factor"] != 1.0
    assert first["centers"] == second["centers"]


def test_every_test_image_counts_once_in_its_place(runs):
    _, one, first, second = runs
    for found in (first, second):
        assert found["labels"] == one["labels"]
        assert torch.tensor(found["logits"]).allclose(torch.tensor(one["logits"]), atol=1e-3)
        assert sum(map(sum, found["confusion"])) == 13


def test_one_process_writes(runs):
    folder, _, first, _ = runs
    assert len((folder / "two" / "0.csv").read_text().splitlines()) == 4
    assert (folder / "two" / "1.csv").read_text() == ""
    assert first["device"].startswith("2 processes, each on ")


def test_where_one_process_dies_the_other_says_so_and_how_to_go_on(ended):
    (status, _, said), (killed, _, _) = ended[1][3:]
    assert killed == 3
    assert status == 2
    assert "Process 0 lost another process of this run" in said
    assert "--resume" in said
    assert "Traceback" not in said


@pytest.mark.weekly
@pytest.mark.exhaustive
def test_under_torchrun_too_a_killed_process_ends_the_other_with_a_sentence(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*torchrun, str(script), str(tmp_path), "killed"],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds(1800),
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode != 0
    assert re.search("Process 0 (was told to stop|lost another process)", done.stderr)
    assert "--resume" in done.stderr

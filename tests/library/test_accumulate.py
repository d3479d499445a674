"""Accumulated gradients: a step on several batches is the step on one batch of all their images."""

from __future__ import annotations

import json
import math
import os
import socket

import pytest
import torch
import torch.nn.functional as F
from helpers import forked
from torch import nn

from resnet_labs.checkpoint import load, save
from resnet_labs.errors import InputError
from resnet_labs.losses import CenterLoss
from resnet_labs.train import NonFiniteLoss, TrainConfig, fit


def network():
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3)).double()


def batches(size, *, count=44, soft=False):
    generator = torch.Generator().manual_seed(0)
    images = torch.rand((count, 1, 6, 6), dtype=torch.float64, generator=generator)
    labels = torch.rand((count, 3), dtype=torch.float64, generator=generator).softmax(1)
    labels = labels if soft else labels.argmax(1)
    return list(zip(images.split(size), labels.split(size), strict=True))


def weights(model):
    return torch.cat([value.detach().double().flatten() for value in model.state_dict().values()])


def settings(**changes):
    return TrainConfig(**{"epochs": 3, "learning_rate": 0.1, "precision": "fp32", "channels_last": False} | changes)


def run(size, accumulate, *, loss=F.cross_entropy, count=44, soft=False, **changes):
    model = network()
    config = settings(accumulate=accumulate, **changes)
    history = fit(model, batches(size, count=count, soft=soft), loss=loss, config=config, progress=False)
    return model, history


CASES = {
    "plain": {},
    "equal groups": {"count": 48},
    "last group of one short batch": {"count": 41},
    "clipping": {"clip_norm": 0.05},
    "schedule and warm-up": {"schedule": "cosine", "warmup_epochs": 1},
    "adam with decay": {"optimizer": "adamw", "learning_rate": 0.01, "weight_decay": 0.1},
    "soft labels": {"soft": True},
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize(("size", "accumulate"), [(4, 2), (4, 5), (1, 8), (6, 4)])
def test_small_batches_together_are_one_large_batch(case, size, accumulate):
    small, large = run(size, accumulate, **case), run(size * accumulate, 1, **case)
    assert (weights(small[0]) - weights(large[0])).abs().max() < 1e-12
    for name in ("train_loss", "train_accuracy", "learning_rate"):
        assert small[1].column(name) == pytest.approx(large[1].column(name), rel=1e-12)


def test_more_than_an_epoch_has_is_one_step_an_epoch():
    small, _ = run(8, 1000)
    large, _ = run(44, 1)
    assert (weights(small) - weights(large)).abs().max() < 1e-12


def test_gradients_are_clipped_once_and_together():
    model = network()
    before = weights(model)
    config = settings(epochs=1, learning_rate=1.0, clip_norm=0.01, accumulate=3)
    fit(model, batches(16, count=48), loss=lambda *given: 1000 * F.cross_entropy(*given), config=config, progress=False)
    assert (weights(model) - before).norm().item() == pytest.approx(0.01, rel=1e-3)


def test_a_module_s_own_parameters_and_buffers_train_along():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones((), dtype=torch.float64))
            self.register_buffer("num_calls", torch.zeros((), dtype=torch.int64))

        def forward(self, outputs, labels):
            self.num_calls += 1
            return F.cross_entropy(outputs * self.scale, labels)

    losses = Scaled(), Scaled()
    small, large = run(4, 4, loss=losses[0]), run(16, 1, loss=losses[1])
    assert (weights(small[0]) - weights(large[0])).abs().max() < 1e-12
    assert losses[0].scale.item() == pytest.approx(losses[1].scale.item(), rel=1e-12)
    assert losses[0].scale.item() != 1
    assert [loss.num_calls.item() for loss in losses] == [33, 9]


def test_center_loss_runs_with_accumulated_gradients():
    centers = CenterLoss(3, 3).double()
    model, history = run(4, 3, loss=lambda logits, labels: F.cross_entropy(logits, labels) + centers(logits, labels))
    assert weights(model).isfinite().all()
    assert history.column("train_loss")[-1] < history.column("train_loss")[0]
    assert centers.centers.abs().sum() > 0


def test_loss_scaling_works_on_the_sum_and_skips_what_overflows(monkeypatch):
    made = []

    class Scaler(torch.amp.GradScaler):
        def __init__(self, *_, **__):
            super().__init__("cpu", enabled=True, init_scale=2.0**20)
            self.calls = []
            made.append(self)

        def step(self, optimizer):
            self.calls.append("step")
            return super().step(optimizer)

        def update(self):
            self.calls.append("update")
            super().update()

    plain, _ = run(4, 4, clip_norm=0.05)
    monkeypatch.setattr(torch.amp, "GradScaler", Scaler)
    scaled, _ = run(4, 4, clip_norm=0.05)
    assert (weights(scaled) - weights(plain)).abs().max() < 1e-12
    assert made[-1].calls == ["step", "update"] * 9

    calls = []

    def huge_gradient(outputs, labels):
        calls.append(1)
        value = F.cross_entropy(outputs, labels)
        if len(calls) == 2:
            outputs.register_hook(lambda gradient: gradient * math.inf)
        return value

    model = network()
    before = weights(model)
    fit(model, batches(4, count=16), loss=huge_gradient, config=settings(epochs=1, accumulate=4), progress=False)
    assert len(calls) == 4
    assert torch.equal(weights(model), before)
    assert made[-1].get_scale() == 2.0**19


def test_step_of_a_loss_that_is_not_finite_counts_steps_not_batches():
    calls = []

    def loss(outputs, labels):
        calls.append(1)
        return F.cross_entropy(outputs, labels) * (math.nan if len(calls) == 9 else 1.0)

    with pytest.raises(NonFiniteLoss, match=r"loss is nan at epoch 1, step 3\."):
        fit(network(), batches(4), loss=loss, config=settings(accumulate=4), progress=False)


class Interrupted(Exception):
    pass


class StopsIn:
    def __init__(self, epoch):
        self.epoch = epoch

    def log(self, row):
        if row["epoch"] == self.epoch:
            raise Interrupted


def interrupted(path, **changes):
    with pytest.raises(Interrupted):
        fit(
            network(),
            batches(changes.pop("size", 4)),
            loss=F.cross_entropy,
            config=settings(**changes),
            checkpoint=path,
            tracker=StopsIn(3),
            progress=False,
        )


def test_resumed_run_ends_bit_by_bit_like_the_whole_one(tmp_path):
    changes = {"accumulate": 4, "schedule": "cosine", "warmup_epochs": 1, "clip_norm": 0.05, "epochs": 4}
    whole, expected = run(4, **changes)
    interrupted(tmp_path / "run.pt", **changes)
    resumed = network()
    history = fit(
        resumed,
        batches(4),
        loss=F.cross_entropy,
        config=settings(**changes),
        checkpoint=tmp_path / "run.pt",
        progress=False,
    )
    assert torch.equal(weights(resumed), weights(whole))
    assert history.column("train_loss") == expected.column("train_loss")


def test_a_run_goes_on_with_its_steps_made_of_smaller_batches(tmp_path):
    whole, _ = run(16, 1, schedule="cosine")
    interrupted(tmp_path / "run.pt", size=16, schedule="cosine")
    resumed = network()
    config = settings(accumulate=4, schedule="cosine")
    fit(resumed, batches(4), loss=F.cross_entropy, config=config, checkpoint=tmp_path / "run.pt", progress=False)
    assert (weights(resumed) - weights(whole)).abs().max() < 1e-12


def test_other_steps_are_another_run(tmp_path):
    interrupted(tmp_path / "run.pt", size=16)
    with pytest.raises(InputError, match=r"is from another run: steps per epoch differ\. Give another checkpoint path"):
        fit(
            network(),
            batches(4),
            loss=F.cross_entropy,
            config=settings(accumulate=2),
            checkpoint=tmp_path / "run.pt",
            progress=False,
        )


def test_a_checkpoint_from_before_there_was_accumulation_goes_on(tmp_path):
    whole, _ = run(16, 1)
    interrupted(tmp_path / "run.pt", size=16)
    state = load(tmp_path / "run.pt")
    del state["config"]["accumulate"]
    save(tmp_path / "run.pt", state | {"loss": {}})
    resumed = network()
    fit(resumed, batches(16), loss=F.cross_entropy, config=settings(), checkpoint=tmp_path / "run.pt", progress=False)
    assert torch.equal(weights(resumed), weights(whole))


@pytest.mark.parametrize("value", [0, -2])
def test_less_than_one_batch_a_step_is_refused(value):
    with pytest.raises(InputError, match=rf"^accumulate is {value}\. It must be at least 1\.$"):
        settings(accumulate=value)


SCRIPT = """
import json, sys
import torch
import torch.nn.functional as F
sys.path.insert(0, sys.argv[1])
from torch import nn
from test_accumulate import batches, network, settings, weights
from resnet_labs import distributed
from resnet_labs.train import fit

class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones((), dtype=torch.float64))
    def forward(self, outputs, labels):
        return F.cross_entropy(outputs * self.scale, labels)

with distributed.joined(timeout_seconds=60):
    model, loss = network(), Scaled()
    fit(model, batches(8, count=41), loss=loss, config=settings(accumulate=4, clip_norm=0.05), progress=False)
    print(json.dumps([*weights(model).tolist(), loss.scale.item()]), flush=True)
"""


@pytest.mark.slow
def test_two_processes_take_the_steps_of_one(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    two = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    environments = [{}, *({"RANK": rank, "LOCAL_RANK": rank, **two} for rank in "01")]
    found = forked.run(tmp_path, [forked.Job(SCRIPT, [os.path.dirname(__file__)], each) for each in environments])
    assert [status for status, _, _ in found] == [0, 0, 0], [said for _, _, said in found]
    alone, first, second = (torch.tensor(json.loads(out.splitlines()[-1]), dtype=torch.float64) for _, out, _ in found)
    assert torch.equal(first, second)
    assert (first - alone).abs().max() < 1e-12
    assert alone[-1] != 1

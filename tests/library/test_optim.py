"""Schedules equal torch's; groups spare what must not decay."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from resnet_labs import optim
from resnet_labs.errors import InputError


# torch 2.6's own SequentialLR calls its schedules in a way that torch warns of.
@pytest.mark.filterwarnings("ignore:The epoch parameter in `scheduler.step:UserWarning")
def test_cosine_with_warm_up_equals_torch_step_by_step():
    steps, warm = 20, 5
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = torch.optim.lr_scheduler.SequentialLR(
        optimizer,
        [
            torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1 / warm, end_factor=1.0, total_iters=warm - 1),
            torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps - warm),
        ],
        milestones=[warm],
    )
    for step in range(steps):
        ours = optim.learning_rate_factor(step, num_steps=steps, warmup_steps=warm, schedule="cosine")
        assert ours == pytest.approx(optimizer.param_groups[0]["lr"], abs=1e-12)
        optimizer.step()
        if step + 1 < steps:
            schedule.step()


def test_schedule_ends():
    factor = optim.learning_rate_factor
    assert factor(0, num_steps=4) == factor(3, num_steps=4) == 1.0
    assert factor(0, num_steps=4, schedule="cosine") == 1.0
    assert factor(4, num_steps=4, schedule="cosine") == pytest.approx(0.0)
    assert factor(2, num_steps=4, schedule="cosine") == pytest.approx(0.5)
    assert factor(0, num_steps=4, warmup_steps=4) == 0.25
    assert all(0 <= factor(s, num_steps=3, warmup_steps=3, schedule="cosine") <= 1 for s in range(4))


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(InputError, match="Did you mean 'cosine'"):
        optim.learning_rate_factor(0, num_steps=1, schedule="cosinus")
    groups = optim.parameter_groups([nn.Linear(1, 1)], weight_decay=0.0)
    with pytest.raises(InputError, match="Did you mean 'adamw'"):
        optim.make_optimizer("adamwx", groups, learning_rate=0.1)


def test_biases_and_norms_do_not_decay_and_shared_parameters_count_once():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(2, 2))
    model[2].weight = nn.Parameter(torch.zeros(2, 2))
    groups = optim.parameter_groups([model, nn.ModuleList([model[2]])], weight_decay=0.1)
    assert [group["weight_decay"] for group in groups] == [0.1, 0.0]
    assert [p.ndim for p in groups[0]["params"]] == [4, 2]
    assert [p.ndim for p in groups[1]["params"]] == [1, 1, 1, 1]


def test_frozen_parameters_are_left_out():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[0].requires_grad_(False)
    groups = optim.parameter_groups([model], weight_decay=0.1)
    assert sum(len(group["params"]) for group in groups) == 2
    with pytest.raises(InputError, match="Nothing to train: every parameter is frozen"):
        optim.parameter_groups([model.requires_grad_(False)], weight_decay=0.1)


@pytest.mark.parametrize(
    ("name", "kind"), [("sgd", torch.optim.SGD), ("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)]
)
def test_optimizer_takes_torch_s_steps(name, kind):
    ours, theirs = nn.Linear(3, 3).double(), nn.Linear(3, 3).double()
    theirs.load_state_dict(ours.state_dict())
    groups = optim.parameter_groups([ours], weight_decay=0.1)
    extra = {"momentum": 0.9} if name == "sgd" else {}
    pair = (
        optim.make_optimizer(name, groups, learning_rate=0.1),
        kind(
            [{"params": [theirs.weight], "weight_decay": 0.1}, {"params": [theirs.bias], "weight_decay": 0.0}],
            lr=0.1,
            **extra,
        ),
    )
    x = torch.randn(4, 3, dtype=torch.float64)
    for _ in range(5):
        for model, optimizer in zip((ours, theirs), pair, strict=True):
            optimizer.zero_grad()
            model(x).square().sum().backward()
            optimizer.step()
    assert math.isclose((ours.weight - theirs.weight).abs().max().item(), 0, abs_tol=1e-12)
    assert math.isclose((ours.bias - theirs.bias).abs().max().item(), 0, abs_tol=1e-12)

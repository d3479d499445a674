"""What lab 06 compares with, and what it says of chance, of losses and of the report, is true."""

from __future__ import annotations

import re

import pytest
import torch
from helpers.notebooks import shown
from torch import nn

from resnet_labs import metrics, reports
from resnet_labs.checks.lab06 import reference
from resnet_labs.losses import cross_entropy
from resnet_labs.optim import learning_rate_factor

SOURCE = shown("lab06_recipe")
STATED = reports.load_report("r2")["experiments"]


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_the_loss_of_the_checks_is_the_library_s(smoothing):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(6, 5, generator=generator, dtype=torch.float64)
    soft = torch.randn(6, 5, generator=generator, dtype=torch.float64).softmax(1)
    for labels in (torch.tensor([0, 4, 2, 2, 1, 3]), soft):
        ours = reference.losses(logits, reference.targets(labels, 5, smoothing)).mean()
        torch.testing.assert_close(ours, cross_entropy(logits, labels, label_smoothing=smoothing))


@pytest.mark.parametrize(("num_steps", "warmup_steps"), [(12, 4), (9, 1), (8, 0)])
def test_the_schedule_of_the_checks_is_the_library_s_and_every_wrong_one_differs(num_steps, warmup_steps):
    ours = reference.curve(reference.factor, num_steps, warmup_steps)
    settings = {"num_steps": num_steps, "warmup_steps": warmup_steps, "schedule": "cosine"}
    assert ours.tolist() == [learning_rate_factor(step, **settings) for step in range(num_steps)]
    if warmup_steps == 4:
        for code, of in reference.WRONG_FACTORS.items():
            assert not torch.allclose(ours, reference.curve(of, num_steps, warmup_steps)), code


def test_wrong_ways_to_clip_differ_from_torch_s():
    generator = torch.Generator().manual_seed(0)
    gradients = [torch.randn(4, 3, generator=generator, dtype=torch.float64), torch.tensor([2.0, -1.0]).double()]
    parameters = [nn.Parameter(torch.zeros_like(gradient)) for gradient in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient.clone()
    norm = nn.utils.clip_grad_norm_(parameters, 1.5)
    torch.testing.assert_close(norm, reference.total_norm(gradients))
    right = reference.flat([parameter.grad for parameter in parameters])
    agree = [code for code, wrong in reference.wrong_clips(gradients, 1.5).items() if torch.allclose(wrong, right)]
    assert agree == ["always-scaled"]  # which differs below the limit alone


def test_the_lowest_smoothed_loss_is_the_one_that_the_lab_names():
    targets = reference.targets(torch.arange(10), 10, 0.1)
    lowest = -(targets * targets.log()).sum(1).mean()
    assert f"is about {lowest:.3f}, on any" in SOURCE
    assert f"{(targets[0, 0] / targets[0, 1]).log():.4f}" in SOURCE


def test_the_report_s_first_model_is_at_chance():
    low, high = metrics.wilson_interval(100, 10_000)
    assert low < STATED["model_1"]["fact"]["kaggle_accuracy"] == 1 / 100 < high


def test_the_knobs_are_the_report_s_in_report_mode():
    def knob(model, name):
        block = re.search(rf"^{model} = (.*?)^}}", SOURCE, flags=re.MULTILINE | re.DOTALL)[1]
        return re.search(rf'"{name}": (.+?),(?:  #.*)?$', block, flags=re.MULTILINE)[1].split(" else ")[-1]

    for model in ("model_1", "model_2", "model_3"):
        assert float(knob(model, "learning_rate")) == STATED[model]["learning_rate"]
        assert int(knob(model, "batch_size")) == STATED[model]["batch_size"]
    for model in ("model_1", "model_2"):
        assert int(knob(model, "epochs")) == STATED[model]["epochs"]
    assert float(knob("model_3", "label_smoothing")) == STATED["model_3"]["label_smoothing"]


def test_the_claims_that_the_lab_measures_are_answered():
    answers = SOURCE.split("## Report against ours")[1].split("## Break it")[0]
    named = re.findall(r"\*\*(r2\.c\d+)\*\*", answers)
    assert {f"r2.c{number}" for number in range(1, 9)} <= {*named}
    assert {*named} <= {claim["id"] for claim in reports.load_report("r2")["claims"]}

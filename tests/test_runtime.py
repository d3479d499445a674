"""Fast mode, devices, seeds, the environment line."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from resnet_labs import runtime
from resnet_labs.runtime import InputError


def test_one_seed_fixes_every_generator():
    def draw():
        runtime.seed_everything(7)
        return random.random(), np.random.rand(), torch.rand(1).item()

    assert draw() == draw()


@pytest.mark.parametrize(("value", "fast"), [("1", True), ("0", False)])
def test_fast_mode_is_what_the_variable_says(monkeypatch, value, fast):
    monkeypatch.setenv("RESNET_LABS_FAST", value)
    assert runtime.fast_mode() is fast


@pytest.mark.parametrize(("kind", "fast"), [("cpu", True), ("cuda", False)])
def test_fast_mode_is_the_default_without_a_gpu(monkeypatch, kind, fast):
    monkeypatch.delenv("RESNET_LABS_FAST", raising=False)
    monkeypatch.setattr(runtime, "default_device", lambda: torch.device(kind))
    assert runtime.fast_mode() is fast


def test_fast_mode_refuses_other_words(monkeypatch):
    monkeypatch.setenv("RESNET_LABS_FAST", "yes")
    with pytest.raises(InputError, match=r"RESNET_LABS_FAST is 'yes'\. Set it to 1"):
        runtime.fast_mode()


def test_environment_line_names_what_a_number_depends_on(monkeypatch):
    monkeypatch.setenv("RESNET_LABS_FAST", "1")
    line = runtime.environment_line()
    assert f"torch {torch.__version__.split('+')[0]}" in line
    assert "fast mode" in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("wanted", "precision", "layout"),
    [
        ("auto", "fp32", torch.contiguous_format),
        ("auto", "bf16", torch.channels_last),
        (True, "fp32", torch.channels_last),
        (False, "bf16", torch.contiguous_format),
    ],
)
def test_channels_last_goes_with_half_precision_unless_said_otherwise(wanted, precision, layout):
    assert runtime.choose_layout(wanted, torch.device("cpu"), precision) == layout


def test_autocast_runs_in_the_chosen_format():
    x = torch.ones(2, 2)
    for precision, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        with runtime.autocast(torch.device("cpu"), precision):
            assert (x @ x).dtype == dtype


def test_error_holds_problem_and_mend():
    error = InputError("It is broken.", "Mend it.")
    assert (error.problem, error.mend, str(error)) == ("It is broken.", "Mend it.", "It is broken. Mend it.")
    assert isinstance(error, ValueError)


def test_colab_is_seen_by_its_module(monkeypatch):
    assert not runtime.on_colab()
    monkeypatch.setitem(runtime.sys.modules, "google.colab", object())
    assert runtime.on_colab()


def test_run_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("RESNET_LABS_RUN", str(tmp_path))
    assert runtime.run_folder() == tmp_path
    monkeypatch.delenv("RESNET_LABS_RUN")
    assert str(runtime.run_folder()) == "runs"

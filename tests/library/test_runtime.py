"""Fast mode, devices, seeds, the environment line."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from resnet_labs import runtime
from resnet_labs.errors import InputError


def test_one_seed_fixes_every_generator():
    def draw():
        runtime.seed_everything(7)
        return random.random(), np.random.rand(), torch.rand(1).item()

    assert draw() == draw()


@pytest.mark.parametrize(("value", "fast"), [("1", True), ("0", False)])
def test_fast_mode_is_what_the_variable_says(monkeypatch, value, fast):
    monkeypatch.setenv("RESNET_LABS_FAST", value)
    assert runtime.fast_mode() is fast


@pytest.mark.parametrize("value", ["", None])
def test_fast_mode_is_the_default_on_every_device_and_report_mode_is_asked_for(monkeypatch, value):
    monkeypatch.delenv("RESNET_LABS_FAST", raising=False)
    if value is not None:
        monkeypatch.setenv("RESNET_LABS_FAST", value)
    for kind in ("cpu", "cuda", "mps"):
        monkeypatch.setattr(runtime, "default_device", lambda kind=kind: torch.device(kind))
        assert runtime.fast_mode() is True
        assert runtime.fast_mode(report=True) is False


@pytest.mark.parametrize(("value", "fast"), [("1", True), ("0", False)])
def test_the_variable_overrides_what_the_notebook_asks_for(monkeypatch, value, fast):
    monkeypatch.setenv("RESNET_LABS_FAST", value)
    assert runtime.fast_mode(report=fast) is fast


def test_fast_mode_refuses_other_words(monkeypatch):
    monkeypatch.setenv("RESNET_LABS_FAST", "yes")
    with pytest.raises(InputError, match=r"RESNET_LABS_FAST is 'yes'\. Set it to 1"):
        runtime.fast_mode()


def test_environment_line_names_what_a_number_depends_on():
    line = runtime.environment_line()
    assert f"torch {torch.__version__.split('+')[0]}" in line
    assert runtime.device_name() in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("wanted", "device", "precision", "layout"),
    [
        ("auto", "cpu", "fp32", torch.channels_last),
        ("auto", "cpu", "bf16", torch.channels_last),
        ("auto", "cuda", "fp32", torch.contiguous_format),
        ("auto", "cuda", "bf16", torch.channels_last),
        ("auto", "mps", "fp32", torch.contiguous_format),
        (True, "cuda", "fp32", torch.channels_last),
        (False, "cpu", "bf16", torch.contiguous_format),
    ],
)
def test_channels_last_is_taken_where_it_pays_unless_said_otherwise(wanted, device, precision, layout):
    assert runtime.choose_layout(wanted, torch.device(device), precision) == layout


def test_autocast_runs_in_the_chosen_format():
    x = torch.ones(2, 2)
    for precision, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        with runtime.autocast(torch.device("cpu"), precision):
            assert (x @ x).dtype == dtype


def test_error_holds_problem_and_mend():
    error = InputError("It is broken.", "Mend it.")
    assert (error.problem, error.fix, str(error)) == ("It is broken.", "Mend it.", "It is broken. Mend it.")
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


EPYC = "processor : 0\nvendor_id : AuthenticAMD\ncpu family : 25\nmodel : 17\nmodel name : AMD EPYC\nstepping : 1\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (EPYC, "AMD EPYC (family 25, model 17)"),
        (f"{EPYC}\n{EPYC}\n", "AMD EPYC (family 25, model 17)"),
        (
            "cpu family\t: 6\nmodel\t\t: 140\nmodel name\t: 11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz\n",
            "11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz (family 6, model 140)",
        ),
        # big and little cores of one chip
        (
            "processor : 0\nCPU implementer : 0x41\nCPU part : 0xd05\n\n"
            "processor : 1\nCPU implementer : 0x41\nCPU part : 0xd0a\n",
            "aarch64 (implementer 0x41, part 0xd05) / aarch64 (implementer 0x41, part 0xd0a)",
        ),
        ("processor : 0\nhart : 0\n", "aarch64"),
        ("", "aarch64"),
    ],
)
def test_a_processor_is_told_by_name_and_model(monkeypatch, text, name):
    monkeypatch.setattr(runtime.platform, "machine", lambda: "aarch64")
    assert runtime._named(text) == name


def test_other_systems_are_asked_for_what_they_have(monkeypatch):
    def absent(*arguments, **options):
        raise FileNotFoundError

    monkeypatch.setattr(runtime.Path, "read_text", absent)
    monkeypatch.setattr(runtime.sys, "platform", "darwin")
    monkeypatch.setattr(runtime.subprocess, "check_output", lambda *arguments, **options: "Apple M2\n")
    assert runtime._processor.__wrapped__() == "Apple M2"
    monkeypatch.setattr(runtime.subprocess, "check_output", absent)
    monkeypatch.setattr(runtime.platform, "processor", lambda: "arm")
    assert runtime._processor.__wrapped__() == "arm"
    monkeypatch.setattr(runtime.platform, "processor", lambda: "")
    monkeypatch.setattr(runtime.platform, "machine", lambda: "arm64")
    assert runtime._processor.__wrapped__() == "arm64"


def test_the_machine_is_told_by_what_its_sums_depend_on(monkeypatch):
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    cpu = torch.device("cpu")
    assert runtime.machine(cpu) == {
        "device": "cpu",
        "processor": runtime._processor(),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
    }
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    assert runtime.machine(cpu)["onednn"] == "AVX2"
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "a GPU")
    assert runtime.machine(torch.device("cuda"))["gpu"] == "a GPU"


def test_the_device_s_name_holds_processor_instructions_and_threads(monkeypatch):
    monkeypatch.setattr(runtime, "_processor", lambda: "AMD EPYC (family 25, model 17)")
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert runtime.device_name(torch.device("cpu")) == "AMD EPYC (family 25, model 17), AVX2, 1 thread"
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert runtime.device_name(torch.device("cpu")).endswith(", AVX2, 2 threads")
    assert runtime.device_name(torch.device("mps")) == "GPU of AMD EPYC (family 25, model 17)"


@pytest.mark.parametrize(
    ("kind", "capability", "allowed", "asked", "ran"),
    [
        ("cpu", None, True, "fp32", "fp32"),
        ("cuda", (8, 0), True, "fp32", "tf32"),
        ("cuda", (8, 0), False, "fp32", "fp32"),
        ("cuda", (7, 5), True, "fp32", "fp32"),
        ("cuda", (9, 0), True, "bf16", "bf16"),
    ],
)
def test_convolutions_of_a_newer_gpu_run_in_tf32_unless_forbidden(monkeypatch, kind, capability, allowed, asked, ran):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", allowed)
    assert runtime.format_that_ran(asked, torch.device(kind)) == ran


def test_versions_name_every_package_that_makes_figures():
    packages = {"torch", "torchvision", "numpy", "scipy", "scikit-learn", "umap-learn", "resnet-labs", "python"}
    assert {*runtime.versions()} == packages

"""The numbers check sees planted faults, names them, and says what avoids them."""

from __future__ import annotations

import json
import math
import os
import tempfile

import pytest
import torch
from helpers import planted_faults
from helpers.planted_faults import HOSTS, OPERATIONS, RIGHT, VALUES, WRONG
from helpers.time_limits import seconds

from resnet_labs import cli, machine_record, runtime
from resnet_labs.doctor import accuracy, child, numbers, verdicts
from resnet_labs.doctor import operations as real
from resnet_labs.doctor.jobs import Job, Setting, all_jobs
from resnet_labs.doctor.numbers import Outcome

TABLE = planted_faults.__name__


def one(operation, *, layout="contiguous", precision="fp32", threads=1):
    """Return the jobs of an operation in one setting."""
    setting = Setting(operation, "cpu", layout, precision, threads)
    return [Job(setting, number) for number in range(len(OPERATIONS[operation].cases))]


def troubles(jobs, limit=600.0):
    return {outcome.job: outcome.trouble for outcome in numbers.outcomes(jobs, table=TABLE, seconds=seconds(limit))}


@pytest.mark.slow
def test_wrong_values_gradients_nan_and_exceptions_are_seen_in_every_format_and_the_rest_goes_on():
    jobs = [
        job
        for job in all_jobs({name: OPERATIONS[name] for name in OPERATIONS if name.split(": ")[1] in VALUES}, "cpu")
        if job.setting.threads == 1
    ]
    found = troubles(jobs)
    assert set(found) == set(jobs)
    assert {job.setting.layout for job in jobs} == {"contiguous", "channels-last", "sliced"}
    assert {job.setting.precision for job in jobs} == {"fp32", "bf16"}
    assert [job for job in jobs if job.case == WRONG and not found[job]] == []
    assert [found[job] for job in jobs if job.case != WRONG and found[job]] == []
    for job in jobs:
        if job.case == WRONG:
            kind = job.setting.operation.split(": ")[1]
            words = {
                "wrong value": "output is off by ",
                "nan": "is off by inf",
                "exception": "raises RuntimeError: planted",
            }
            assert words.get(kind, "gradient of") in found[job]


@pytest.mark.exhaustive
def test_a_dead_child_is_seen_by_how_it_died_and_the_next_operation_still_runs():
    # A child takes seconds to start, so two ways to die have to do: by a signal, and as if all were well.
    how = {"abort": "(SIGABRT)", "quiet exit": "(exit status 0)"}
    planted = {kind: one(f"{host}: {kind}") for kind, host in zip(how, HOSTS, strict=False)}
    after = one("linear: talks")
    found = troubles([job for jobs in planted.values() for job in jobs] + after)
    for kind, jobs in planted.items():
        assert found[jobs[RIGHT]] == ""
        assert how[kind] in found[jobs[WRONG]]
        assert jobs[2] not in found  # passed over
    assert [found[job] for job in after] == ["", "", ""]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (-6, "kills the process (SIGABRT)"),
        (-11, "kills the process (SIGSEGV)"),
        (3, "ends the process (exit status 3)"),
    ],
)
def test_how_a_process_died_is_told_by_its_status(status, said):
    assert numbers.process._told(status) == said


@pytest.mark.parametrize(
    ("kind", "host"),
    [
        ("hang", HOSTS[1]),
        pytest.param("busy loop", HOSTS[2], marks=[pytest.mark.weekly, pytest.mark.exhaustive]),
    ],
)
def test_a_child_that_hangs_is_stopped(kind, host):
    guilty = one(f"{host}: {kind}")[WRONG]
    assert troubles([guilty], limit=4) == {guilty: f"hangs: not done after {seconds(4):g} s"}


def test_a_fault_that_kills_a_later_case_is_found_by_looking_back(monkeypatch):
    jobs = one("linear: talks")

    def results(run, table, seconds):
        for job in run:
            if (job == jobs[2] and len(run) > 1) or run == [jobs[1]]:
                raise numbers.process.Died("kills the process (SIGSEGV)")
            yield {"error": 0.0, "part": "output", "allowed": 1.0}

    monkeypatch.setattr(numbers.process, "results", results)
    assert list(numbers.outcomes(jobs))[-1] == Outcome(jobs[1], "kills the process (SIGSEGV)")


def test_a_child_that_does_not_start_is_told(capsys):
    with pytest.raises(ValueError, match=r"does not start: .*no_such_table"):
        list(numbers.outcomes(one("linear: talks"), table="no_such_table"))


LIMITED = {
    "only in bf16": '`TrainConfig(precision="fp32")`',
    "only in channels-last": "`TrainConfig(channels_last=False)`",
    "only with threads": "set OMP_NUM_THREADS=1 before Python starts",
    "wrong value": "no setting avoids it here",
}


@pytest.mark.parametrize(("kind", "avoid"), LIMITED.items())
def test_what_avoids_a_fault_is_read_off_the_settings_that_are_right(kind, avoid):
    name = f"convolution 3x3: {kind}"
    jobs = [
        job
        for threads in (1, 2)
        for precision in ("fp32", "bf16")
        for layout in ("contiguous", "channels-last")
        for job in one(name, layout=layout, precision=precision, threads=threads)
    ]
    before = torch.get_num_threads()
    found = {job: numbers._trouble(child.run(OPERATIONS[name], job.case, **vars(job.setting))) for job in jobs}
    torch.set_num_threads(before)
    told = verdicts.verdicts(found, OPERATIONS)
    assert told
    assert {verdict.case for verdict in told} == {"planted"}
    assert all(f"To avoid it: {avoid}" in str(verdict) for verdict in told)
    assert all(str(verdict).startswith(f"[wrong]   {name} (cpu, ") for verdict in told)


def test_a_fault_of_an_accelerator_is_avoided_on_the_cpu_and_one_of_a_sliced_input_by_contiguous():
    mps, cpu = (Setting("linear", device, "contiguous", "fp32", 1) for device in ("mps", "cpu"))
    sliced = Setting("linear", "cpu", "sliced", "fp32", 1)
    told = verdicts.verdicts({Job(mps, 0): "is off", Job(cpu, 0): "", Job(sliced, 0): "is off"}, real.OPERATIONS)
    assert [verdict.avoid for verdict in told] == [
        'move the model to the CPU, `model.to("cpu")`',
        "call `.contiguous()` on the input",
    ]


def test_error_is_infinite_for_what_is_not_finite_or_not_of_the_shape():
    exact = torch.ones(3)
    assert accuracy.error(torch.tensor([1.0, torch.inf, 1.0]), exact, 1) == math.inf
    assert accuracy.error(torch.tensor([1.0, torch.nan, 1.0]), exact, 1) == math.inf
    assert accuracy.error(torch.ones(4), exact, 1) == math.inf
    assert accuracy.error(torch.ones(3), torch.zeros(3), 1) == math.inf
    assert accuracy.error(torch.zeros(3), torch.zeros(3), 1) == 0
    assert accuracy.error(torch.tensor([1.0, 1.5, 1.0]), exact, 1) == 0.5


def test_tolerances_lie_far_under_a_fault_and_grow_with_the_roundoff():
    single = [accuracy.tolerance(precision, "cpu", 1) for precision in ("fp32", "fp16", "bf16")]
    assert single == sorted(single)
    assert single[0] < 1e-4
    assert single[2] < 0.05
    assert accuracy.tolerance("fp32", "cuda", 16) > accuracy.tolerance("fp32", "cpu", 16)
    assert max(accuracy.tolerance("bf16", "cpu", operation.depth) for operation in real.OPERATIONS.values()) <= 0.55


@pytest.mark.parametrize("name", real.OPERATIONS)
def test_every_operation_runs_contiguous_in_fp32_and_is_right(name):
    before = torch.get_num_threads()
    for case in range(len(real.OPERATIONS[name].cases)):
        result = child.run(
            real.OPERATIONS[name], case, device="cpu", layout="contiguous", precision="fp32", threads=before
        )
        assert numbers._trouble(result) == ""


@pytest.fixture
def one_device(monkeypatch):
    monkeypatch.setattr(numbers, "devices", lambda: ["cpu"])
    monkeypatch.setattr(
        numbers, "all_jobs", lambda table, device: [Job(Setting("linear", device, "contiguous", "fp32", 1), 0)]
    )


def test_the_command_says_that_all_is_right(one_device, monkeypatch, capsys):
    monkeypatch.setattr(numbers, "outcomes", lambda jobs, say: [Outcome(job) for job in jobs])
    assert cli.main(["doctor", "--numbers"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("[ok]")


def test_the_command_fails_with_a_line_for_what_is_wrong(one_device, monkeypatch, capsys):
    monkeypatch.setattr(numbers, "outcomes", lambda jobs, say: [Outcome(job, "output is off") for job in jobs])
    assert cli.main(["doctor", "--numbers"]) == 1
    assert "[wrong]   linear (cpu, contiguous, fp32, 1 thread): output is off. Case: " in capsys.readouterr().out


def test_a_data_root_has_no_effect_beside_numbers_and_is_refused(capsys, tmp_path):
    assert cli.main(["doctor", "--numbers", "--data-root", str(tmp_path)]) == 2
    assert "--data-root has no effect" in capsys.readouterr().err


@pytest.fixture
def apple(monkeypatch, tmp_path):
    """A machine with Apple's GPU, on which nothing was checked."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path / "cache"))
    runtime._say_why_not_mps.cache_clear()
    return runtime.device_name(torch.device("mps"))


def test_apples_gpu_is_not_taken_unchecked_and_this_is_said_once(apple, capsys):
    assert runtime.default_device().type == "cpu"
    assert runtime.default_device().type == "cpu"
    assert capsys.readouterr().err.count("`resnet-labs doctor --numbers` runs the check") == 1


@pytest.mark.parametrize(("trouble", "device"), [("", "mps"), ("output is off", "cpu")])
def test_the_check_decides_whether_apples_gpu_is_taken(apple, trouble, device, monkeypatch):
    monkeypatch.setattr(
        numbers, "all_jobs", lambda table, device: [Job(Setting("linear", device, "contiguous", "fp32", 1), 0)]
    )
    # What is wrong on the CPU says nothing of the GPU.
    monkeypatch.setattr(
        numbers,
        "outcomes",
        lambda jobs, say: [Outcome(job, "is off" if job.setting.device == "cpu" else trouble) for job in jobs],
    )
    numbers.check(print)
    assert runtime.default_device().type == device


@pytest.mark.parametrize(
    ("owner", "attribute", "value"),
    [
        (torch, "__version__", "9.9.9"),
        (machine_record.platform, "platform", lambda: "macOS-99"),
        (machine_record, "_FORMAT", 0),
    ],
)
def test_a_record_of_another_torch_system_or_check_does_not_count(apple, owner, attribute, value, monkeypatch):
    machine_record.keep("mps", apple, passed=True)
    assert runtime.default_device().type == "mps"
    assert not machine_record.passed("mps", "another GPU")
    monkeypatch.setattr(owner, attribute, value)
    assert runtime.default_device().type == "cpu"


@pytest.mark.parametrize("text", ["", "[]", "{}", "7", '{"mps": true}', "\x00", json.dumps({"mps": {"passed": True}})])
def test_a_damaged_record_does_not_count(apple, text, tmp_path):
    (tmp_path / "cache" / "numbers").mkdir(parents=True)
    (tmp_path / "cache" / "numbers" / "passed.json").write_text(text)
    assert runtime.default_device().type == "cpu"


def test_without_a_home_or_a_folder_nothing_breaks(apple, monkeypatch, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "file"))
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path / "file" / "below"))
    with pytest.warns(UserWarning, match="cannot be written"):
        numbers._keep("mps", passed=True, say=print)
    assert "could not be kept" in capsys.readouterr().out
    assert runtime.default_device().type == "cpu"
    monkeypatch.delenv("RESNET_LABS_CACHE")
    monkeypatch.setattr(os.path, "expanduser", lambda path: os.fspath(path))  # a user without a home
    with pytest.warns(UserWarning, match="cannot be written"):
        numbers._keep("mps", passed=True, say=print)
    assert runtime.default_device().type == "cpu"

"""Waiting of the host is read from a profiler's trace: made-up ones with and without it, and a real one from here."""

from __future__ import annotations

import pytest

from resnet_labs.gpu_hour import host_sync


def event(name, ts, dur=1, cat="cuda_runtime", tid=7, ph="X"):
    return {"ph": ph, "name": name, "cat": cat, "ts": ts, "dur": dur, "tid": tid}


def step(ts, dur=100):
    return event("training step", ts, dur, "user_annotation")


QUIET = [
    event("cudaDeviceSynchronize", 5),  # the profiler's own, before the first step
    step(10),
    event("cudaLaunchKernel", 20),
    event("cudaMemcpyAsync", 30),
    event("aten::conv2d", 40, cat="cpu_op"),
    event("training step", 12, 300, "gpu_user_annotation"),  # the same mark on the device's clock
    step(120),
    event("cudaLaunchKernel", 130),
    event("cudaStreamSynchronize", 240),  # the losses of the epoch
    {"ph": "M", "name": "process_name"},
]


def test_a_trace_without_waiting_in_a_step():
    assert host_sync.waits({"traceEvents": QUIET}) == (2, [])


@pytest.mark.parametrize(
    ("wait", "cat"),
    [
        ("cudaDeviceSynchronize", "cuda_runtime"),
        ("cudaStreamSynchronize", "cuda_runtime"),
        ("cudaEventSynchronize", "cuda_runtime"),
        ("cudaMemcpy", "cuda_runtime"),
        ("cudaFree", "cuda_runtime"),
        ("cuStreamSynchronize", "cuda_driver"),
        ("cuCtxSynchronize", "cuda_driver"),
    ],
)
@pytest.mark.parametrize("when", [10, 50, 110, 121])
@pytest.mark.parametrize("thread", [7, 8])  # the backward pass has a thread of its own
def test_waiting_in_a_step_is_found_wherever_it_is(wait, cat, when, thread):
    trace = {"traceEvents": [event(wait, when, cat=cat, tid=thread), *QUIET]}
    assert host_sync.waits(trace) == (2, [wait])


@pytest.mark.parametrize("when", [9, 115, 221])
def test_waiting_between_steps_is_none_of_a_step(when):
    assert host_sync.waits({"traceEvents": [event("cudaStreamSynchronize", when), *QUIET]}) == (2, [])


@pytest.mark.parametrize("cat", ["cpu_op", "kernel", "cuda_driver", ""])
def test_an_event_of_that_name_of_another_kind_is_no_waiting(cat):
    assert host_sync.waits({"traceEvents": [event("cudaStreamSynchronize", 50, cat=cat), *QUIET]}) == (2, [])


def test_every_waiting_counts_and_they_come_in_their_order():
    more = [event("cudaFree", 150), event("cudaStreamSynchronize", 60), event("cudaStreamSynchronize", 61)]
    assert host_sync.waits({"traceEvents": [*more, *QUIET]})[1] == ["cudaStreamSynchronize"] * 2 + ["cudaFree"]


def test_a_trace_without_marks_proves_nothing():
    assert host_sync.waits({"traceEvents": [event("cudaStreamSynchronize", 50)]}) == (0, [])


def test_a_real_trace_has_the_steps_that_were_marked():
    assert host_sync.measure(is_dry=True) == {"steps": 1, "waits": [], "stand_in": "a CPU"}

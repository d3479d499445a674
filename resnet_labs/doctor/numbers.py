"""Check that this machine computes right: every operation of the labs in child processes, against float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from resnet_labs import machine_record, runtime
from resnet_labs.doctor import process
from resnet_labs.doctor.jobs import Job, all_jobs, devices
from resnet_labs.doctor.operations import OPERATIONS
from resnet_labs.doctor.verdicts import Verdict, verdicts

TABLE = "resnet_labs.doctor.operations"
SECONDS_FOR_A_CASE = 60.0
LOOK_BACK = 4  # if a case writes over memory, a later case of the process may be the one that dies

Say = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """How a job ended: `trouble` is empty if the result is right, and otherwise says what is wrong."""

    job: Job
    trouble: str = ""


def check(say: Say) -> list[Verdict]:
    """Check every device of this machine, report progress, and store whether Apple's GPU passed.

    Returns:
        What is wrong: one verdict per operation, memory layout and number format.
    """
    found = []
    for device in devices():
        ended = list(outcomes(all_jobs(OPERATIONS, device), say=say))
        if device == "mps":
            _keep(device, passed=not any(outcome.trouble for outcome in ended), say=say)
        found += ended
    return verdicts({outcome.job: outcome.trouble for outcome in found}, OPERATIONS)


def _keep(device: str, *, passed: bool, say: Say) -> None:
    try:
        machine_record.keep(device, runtime.device_name(torch.device(device)), passed=passed)
    except OSError as error:
        say(f"The result could not be kept, so `default_device()` keeps using the CPU: {error}.")


def outcomes(
    jobs: Sequence[Job], *, table: str = TABLE, seconds: float = SECONDS_FOR_A_CASE, say: Say = lambda line: None
) -> Iterator[Outcome]:
    """Yield how the jobs ended. If one kills its process or hangs, a new process continues after it.

    The other cases of its operation in that setting are then skipped.

    Args:
        jobs: in the order in which they run.
        table: the module whose `OPERATIONS` they are cases of.
        seconds: the limit for one job.
        say: receives a line at every change of device, number of threads, number format or layout.
    """
    waiting, place = list(jobs), ""
    while waiting:
        num_ended = 0
        try:
            for result in process.results(waiting, table, seconds):
                outcome = Outcome(waiting[num_ended], _trouble(result))
                num_ended += 1
                if str(outcome.job.setting) != place:
                    place = str(outcome.job.setting)
                    say(f"{place}: {len(waiting) - num_ended} cases to go")
                yield outcome
            waiting = waiting[num_ended:]
        except process.Died as died:
            last = waiting[num_ended]
            # The first job of a process cannot be the victim of another.
            suspects = waiting[max(0, num_ended - LOOK_BACK) : num_ended + 1] if num_ended else []
            guilty, how = _guilty(suspects, table, seconds) or (last, str(died))
            say(f"{guilty.setting}: {guilty.setting.operation} {how}; a new process continues")
            yield Outcome(guilty, how)
            passed_over = {guilty.setting, last.setting}
            waiting = [job for job in waiting[num_ended + 1 :] if job.setting not in passed_over]


def _guilty(suspects: Sequence[Job], table: str, seconds: float) -> tuple[Job, str] | None:
    """Return the last of the jobs that also dies in a process of its own, and how; None if none does."""
    for job in reversed(suspects):
        try:
            list(process.results([job], table, seconds))
        except process.Died as died:
            return job, str(died)
    return None


def _trouble(result: dict[str, Any]) -> str:
    if "raised" in result:
        return f"raises {result['raised']}"
    if result["error"] <= result["allowed"]:
        return ""
    return f"{result['part']} is off by {result['error']:.2g} of its size, where {result['allowed']:.1g} is allowed"

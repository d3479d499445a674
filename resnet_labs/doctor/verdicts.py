"""What the numbers check found: one line per operation, layout and number format, with a way to avoid it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from resnet_labs.doctor.jobs import Job, Setting
from resnet_labs.doctor.operations import Operation

_NO_HELP = "no setting avoids it here: install another version of torch, or use another machine"


@dataclass(frozen=True)
class Verdict:
    """Something that this machine computes wrong: where, in which case, how, and the setting that avoids it."""

    setting: Setting
    threads: tuple[int, ...]
    case: str
    trouble: str
    avoid: str

    def __str__(self) -> str:
        counts = " or ".join(map(str, self.threads))
        setting = self.setting
        threads = f", {counts} thread{'s' if self.threads != (1,) else ''}" if setting.device == "cpu" else ""
        place = f"{setting.device}, {setting.layout}, {setting.precision}{threads}"
        return f"[wrong]   {setting.operation} ({place}): {self.trouble}. Case: {self.case}. To avoid it: {self.avoid}."


def verdicts(troubles: Mapping[Job, str], table: Mapping[str, Operation]) -> list[Verdict]:
    """Return the first wrong case of each operation, device, layout and number format.

    Args:
        troubles: for every job that ran, what is wrong with it, "" if nothing is.
        table: the operations of the jobs.
    """
    wrong = {job: trouble for job, trouble in troubles.items() if trouble}
    bad = {job.setting for job in wrong}
    fine = {job.setting for job in troubles} - bad
    found: dict[Setting, Verdict] = {}
    for job, trouble in wrong.items():
        setting = job.setting
        threads = tuple(
            sorted(other.threads for other in bad if replace(other, threads=0) == replace(setting, threads=0))
        )
        avoid = _avoid(setting, bad, fine)
        case = table[setting.operation].cases[job.case].text
        found.setdefault(replace(setting, threads=0), Verdict(setting, threads, case, trouble, avoid))
    return list(found.values())


def _avoid(setting: Setting, bad: set[Setting], fine: set[Setting]) -> str:
    """Return a change of one setting with which the operation was right for every number of threads."""

    def right(**change: str) -> bool:
        changed = replace(setting, **change, threads=0)
        return changed in {replace(s, threads=0) for s in fine} - {replace(s, threads=0) for s in bad}

    if setting.layout == "channels-last" and right(layout="contiguous"):
        return "`TrainConfig(channels_last=False)`"
    if setting.layout == "sliced" and right(layout="contiguous"):
        return "call `.contiguous()` on the input"
    if setting.precision != "fp32" and right(precision="fp32"):
        return '`TrainConfig(precision="fp32")`'
    if setting.threads > 1 and replace(setting, threads=1) in fine:
        return "set OMP_NUM_THREADS=1 before Python starts"
    if setting.device != "cpu" and right(device="cpu"):
        return 'move the model to the CPU, `model.to("cpu")`'
    return _NO_HELP

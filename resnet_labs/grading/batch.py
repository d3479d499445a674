"""Many submissions, side by side, on one machine or several: each result is written whole as soon as it is there."""

from __future__ import annotations

import hashlib
import json
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import joblib
from joblib.externals.loky.process_executor import BrokenProcessPool

from resnet_labs import __version__, files
from resnet_labs.errors import InputError
from resnet_labs.grading import result, submissions
from resnet_labs.grading.bundle import Bundle
from resnet_labs.grading.reading import Rejected
from resnet_labs.grading.sandbox import Limits, Tier
from resnet_labs.grading.submissions import Submission

_ATTEMPTS = 3  # the first end may be that of another submission beside it
_ROOM = 64 * files.MEBIBYTE


def grade(
    found: Sequence[Submission],
    bundle: Bundle,
    out: Path,
    *,
    tier: Tier,
    limits: Limits,
    jobs: int = 1,
    scheduler: str | None = None,
    backend: str = "loky",
    resume: bool = False,
    say: Callable[[dict[str, Any]], None] = lambda one: None,
) -> list[dict[str, Any]]:
    """Grade submissions; write `results/<student>.json` for each.

    Args:
        found: of `submissions.find`.
        bundle: of the lab.
        out: the folder for results.
        tier: the sandbox.
        limits: of each submission.
        jobs: how many at a time.
        scheduler: the address of a dask scheduler; by default workers of this machine.
        backend: "loky" or "dask".
        resume: whether results with the same submission, bundle, version, limits and tier are kept.
        say: is called with each new result.

    Returns:
        One result for each submission, in their order.

    Raises:
        InputError: the results cannot be written.
    """
    folder = out / "results"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files.check_room(folder, _ROOM)
    except OSError as error:
        raise files.unwritable(f"The folder {str(out)!r}", error) from error
    work = _Work(bundle, folder, tier, limits, say)
    waiting = [each for each in found if not (resume and work.is_done(each))]
    with _backend(backend, scheduler, jobs), warnings.catch_warnings():
        # Where a disk is full or the user stops it, joblib tells of submissions that were begun.
        warnings.filterwarnings("ignore", ".*have been cancelled", UserWarning)
        work.run(waiting, jobs)
    return [read(folder, each.student) for each in found]


def read(folder: Path, student: str) -> dict[str, Any]:
    """Read a student's result; an empty dict if there is none or it is damaged."""
    try:
        data = json.loads((folder / f"{student}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) and data.get("schema") == result.SCHEMA else {}


class _Work:
    """What all submissions of a batch share."""

    def __init__(
        self, bundle: Bundle, folder: Path, tier: Tier, limits: Limits, say: Callable[[dict[str, Any]], None]
    ) -> None:
        self.bundle, self.folder, self.tier, self.limits, self.say = bundle, folder, tier, limits, say

    def is_done(self, one: Submission) -> bool:
        before = read(self.folder, one.student)
        if not before or before["status"] == "grader error":
            return False
        try:
            content = submissions.content(one)
        except Rejected as problem:
            return bool(before["problem"] and before["problem"]["sentence"] == problem.sentence)
        return before["key"] == result.key(content, self.bundle, self.tier, self.limits)

    def run(self, waiting: list[Submission], jobs: int) -> None:
        """Grade what is waiting; what a worker had when it ended is graded once more, on its own."""
        left, ended = {each.student: each for each in waiting}, Counter[str]()
        while left:
            alone = next((student for student in left if ended[student]), None)
            part = list(left.values()) if alone is None else [left[alone]]
            running: set[str] = set()
            # Never one job, since joblib would then grade in this very process.
            parallel = joblib.Parallel(max(2, jobs), return_as="generator_unordered", pre_dispatch=jobs, batch_size=1)
            try:
                with closing(parallel(self.jobs(part, running))) as finished:
                    for one in finished:
                        running.discard(one["student"])
                        self.write(one)
                        del left[one["student"]]
            except (BrokenProcessPool, _killed_worker()):
                ended.update(running)
            for student in [each for each in left if ended[each] >= _ATTEMPTS]:
                self.write(self.facts(student, b"", left.pop(student).name) | result.lost())

    def jobs(self, waiting: list[Submission], running: set[str]) -> Iterator[Any]:
        """Yield the calls, reading each submission when its turn comes."""
        for one in waiting:
            running.add(one.student)
            try:
                content = submissions.content(one)
            except Rejected as problem:
                yield joblib.delayed(_given)(self.facts(one.student, b"", one.name) | result.rejected(problem))
                continue
            facts = self.facts(one.student, content, one.name)
            small = result.slim(self.bundle, one.student)
            yield joblib.delayed(result.grade)(small, one.student, content, self.tier, self.limits, facts)

    def facts(self, student: str, content: bytes, name: str = "") -> dict[str, Any]:
        about = {"schema": result.SCHEMA, "student": student, "file": name, "lab": self.bundle.lab}
        about |= {"bundle": self.bundle.digest, "version": __version__, "tier": self.tier.name, "seconds": 0}
        about |= {"limits": asdict(self.limits), "submission": hashlib.sha256(content).hexdigest() if content else ""}
        return about | {"key": result.key(content, self.bundle, self.tier, self.limits)}

    def write(self, one: dict[str, Any]) -> None:
        target = self.folder / f"{one['student']}.json"
        try:
            with files.replacing(target, "w", encoding="utf-8") as file:
                json.dump(one, file, indent=1)
        except OSError as error:
            raise files.unwritable(f"The file {str(target)!r}", error, "; what was finished is kept") from error
        self.say(one)


def _given(one: dict[str, Any]) -> dict[str, Any]:
    return one


def _killed_worker() -> type[Exception]:
    """Return dask's error for a worker that ended too often, if dask runs the batch."""
    if "distributed" not in sys.modules:
        return BrokenProcessPool
    from distributed.scheduler import KilledWorker

    return KilledWorker


@contextmanager
def _backend(name: str, scheduler: str | None, jobs: int) -> Iterator[None]:
    """Let joblib's calls go to workers of this machine, or to a dask scheduler's."""
    if name == "loky":
        with joblib.parallel_config(backend="loky"):
            yield
        return
    import distributed

    try:
        if scheduler is None:
            client = distributed.Client(n_workers=jobs, threads_per_worker=1, dashboard_address=None)
        else:
            client = distributed.Client(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        raise InputError(f"There is no dask scheduler at {scheduler!r}.", "Start one with `dask scheduler`.") from error
    with client, joblib.parallel_config(backend="dask"):
        yield

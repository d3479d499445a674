"""The pytest plugin that grades one assembled notebook through nbval, whose unsafe behaviours it overrides.

nbval collects and runs; here, comments and tags of cells mean nothing, a check without a reference is an error, a cell
that overran has failed, a dead kernel is noticed at once, output is limited, verdicts are made from data with a
tolerance, and nothing of a hidden check is printed.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

from resnet_labs.errors import LabError
from resnet_labs.grading import sheet
from resnet_labs.grading.kernel import NoKernel, Ran, SandboxKernel
from resnet_labs.grading.probe import MIME


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the sheet."""
    parser.getgroup("grading").addoption("--grading-sheet", type=Path, help="tier, limits, probes; see sheet.py")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: Any) -> Generator[None, list[Any], list[Any]]:
    """Let nbval collect the notebook, and take over what it made."""
    found = yield
    for each in found:
        if isinstance(each, IPyNbFile):
            each.__class__ = LabFile
    return found


class LabFile(IPyNbFile):
    """An assembled notebook, and the kernels that it needs one after the other."""

    def collect(self) -> Iterator[LabCell]:
        """Yield one item for each code cell; only our own metadata says what it is."""
        self.sheet = sheet.read(self.config.option.grading_sheet)
        self.nb = nbformat.read(str(self.path), as_version=4)
        self.before: list[LabCell] = []  # cells that a fresh kernel needs
        self.failed: dict[str, Ran] = {}  # exercises whose answer ended the kernel
        self.broken = ""  # why nothing can be graded
        self.kernel: Any = None
        code = [cell for cell in self.nb.cells if cell.cell_type == "code"]
        for number, cell in enumerate(code):
            about = cell.metadata.get("lab", {})
            name = f"{about.get('role')} {about.get('id')} {number}"
            yield LabCell.from_parent(self, name=name, cell_num=number, cell=cell, options=defaultdict(bool))

    def setup(self) -> None:
        """Set the clock; a kernel is started when a cell needs it."""
        self.deadline = time.monotonic() + self.sheet.limits.total_seconds

    def run(self, cell: LabCell) -> Ran:
        """Run a cell, in a fresh kernel if the last one is gone."""
        if not self.ready():
            return Ran("not run", lost=True)
        ran = self.one(cell)
        if cell.role != "probe" and not ran.lost:
            self.before.append(cell)
        return ran

    def one(self, cell: LabCell) -> Ran:
        """Run a cell in the kernel that there is; note an answer that ended it."""
        seconds = min(self.sheet.limits.cell_seconds, self.deadline - time.monotonic())
        if seconds <= 0:
            return Ran("not run", lost=self.kernel is None)
        ran = self.kernel.execute(cell.cell.source, seconds)
        if ran.lost:
            self.kernel = None
            if cell.role == "answer":
                ran.status = "died" if ran.status in ("ok", "error") else ran.status
                self.failed[cell.exercise] = ran
        if cell.role == "prelude" and ran.status != "ok":
            self.broken = f"the lab's own cell failed: {ran.status} {ran.error}"
        return ran

    def ready(self) -> bool:
        """Whether there is a kernel in which the cells before have run."""
        while self.kernel is None and not self.broken and time.monotonic() < self.deadline:
            try:
                self.kernel = SandboxKernel(self.sheet.tier, self.sheet.limits, self.sheet.withheld)
            except (NoKernel, LabError, OSError) as error:
                self.broken = str(error)
                return False
            again, self.before = self.before, []
            for number, cell in enumerate(again):
                if self.one(cell).lost:
                    self.before += again[number + 1 :]
                    break
                self.before.append(cell)
        return self.kernel is not None and not self.broken

    def teardown(self) -> None:
        """End the kernel."""
        if self.kernel is not None:
            self.kernel.stop()


class LabCell(IPyNbCell):
    """One code cell: the lab's prelude, an answer, or a probe, which is judged."""

    @property
    def role(self) -> str:
        """What the cell is."""
        return str(self.cell.metadata["lab"]["role"])

    @property
    def exercise(self) -> str:
        """Such as "02.1"."""
        return str(self.cell.metadata["lab"]["id"])

    def setup(self) -> None:
        """Nothing: nbval would expect failures after a cell that overran, and so pass them."""

    def runtest(self) -> None:
        """Run the cell; a probe's result goes to the sheet's results, whatever becomes of it."""
        if self.role == "probe":
            self.judge()
            return
        ran = self.parent.run(self)
        if self.role == "answer" and ran.status != "ok":
            self.parent.sheet.write({"answer": self.exercise, "status": ran.status, "error": ran.error})
        if ran.status != "ok":
            self.raise_cell_error(ran.status)

    def judge(self) -> None:
        """Run the probe, once more if it does not pass, and keep the better result."""
        file = self.parent
        best = self.attempt()
        if best["status"] not in ("passed", "grader error", "not run") and self.exercise not in file.failed:
            again = self.attempt()
            differs = again["status"] != "not run" and again["passed"] != best["passed"]
            best = max(best, again, key=lambda each: sum(each["passed"])) | {"flaky": differs}
        file.sheet.write(best)
        if best["status"] != "passed":
            self.raise_cell_error(best["status"])

    def attempt(self) -> dict[str, Any]:
        """Run the probe once; return what is known of it, as data."""
        file = self.parent
        if self.exercise in file.failed:
            ran = Ran(file.failed[self.exercise].status, lost=True)
        else:
            ran = file.run(self)
        payload = ran.payloads[0] if len(ran.payloads) == 1 else None
        outputs = self.cell.outputs
        reference = outputs[0].data.get(MIME) if outputs and self.cell.execution_count is not None else None
        key = self.cell.metadata["lab"].get("probe")
        found = sheet.verdict(key, payload if ran.status == "ok" else None, reference, record=file.sheet.record)
        if file.broken:
            found |= {"status": "grader error", "reason": file.broken}
        elif ran.status not in ("ok", "error") and found["status"] != "grader error":
            found |= {"status": ran.status}
        elif len(ran.payloads) > 1:
            found |= {"reason": "there is more than one result"}
        return found | {
            "probe": self.exercise,
            "seconds": round(ran.seconds, 3),
            "memory": file.kernel.box.group.peak() if file.kernel and file.kernel.box.group else 0,
            "observed": payload,
            "in_answer": self.exercise in file.failed,
            "flaky": False,
        }

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
        """Return which cell failed and how, never its source, outputs or traceback."""
        error = excinfo.value
        if isinstance(error, NbCellError):
            return f"{self.role} {self.exercise}: {error}"
        return f"{self.role} {self.exercise}: grader error: {type(error).__name__}: {sheet.plain(str(error))}"

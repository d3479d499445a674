"""Executes a lab's notebook, shows how far it is, and keeps what came out."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from resnet_labs import progress
from resnet_labs.errors import InputError
from resnet_labs.labs import LABS, Lab


class LabFailed(Exception):
    """A lab's notebook stopped.

    Attributes:
        kind: the exception's class in the notebook, "DeadKernel" or "Interrupted".
        kept: the folder with what ran.
    """

    def __init__(self, kind: str, message: str, kept: Path) -> None:
        super().__init__(message)
        self.kind = kind
        self.kept = kept


def execute(lab: Lab, *, report: bool, root: Path | None, runs: Path = Path("runs")) -> Path:
    """Execute a lab's solution notebook and show how far it is; return the folder that it left.

    Args:
        lab: the lab.
        report: the report's own experiment on its own data, in place of the fast one.
        root: the folder with the data sets.
        runs: the folder that gets a folder for this run, with notebook.ipynb, figures/ and results.jsonl.

    Raises:
        InputError: the lab is not written yet, or the folder cannot be written.
        LabFailed: a cell failed, or SIGINT or SIGTERM came; what ran before is kept.
    """
    if lab.notebook is None:
        written = ", ".join(each.slug for each in LABS if each.notebook)
        raise InputError(f"Lab {lab.number} {lab.slug} is not written yet.", f"Written are: {written}.")
    folder = (runs / f"{lab.number}_{lab.slug}" / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")).absolute()
    try:
        (folder / "figures").mkdir(parents=True)
    except OSError as error:
        raise InputError(
            f"{str(folder)!r} cannot be made: {error.strerror}.", "Run in a folder of your own."
        ) from error
    notebook = nbformat.read(lab.notebook, as_version=4)
    environment = {
        **os.environ,
        "RESNET_LABS_FAST": "0" if report else "1",
        "RESNET_LABS_RUN": str(folder),
    }
    if root is not None:
        environment["RESNET_LABS_DATA"] = str(root.absolute())
    client = _Client(
        notebook,
        kernel_name="python3",
        timeout=None,
        extra_arguments=["--log-level=ERROR"],  # the kernel warns of its own loopback connection
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        how_far = progress.Progress(notebook.cells, progress.measured(lab.stem))
        with closing(progress.shown(lab.stem, how_far)) as client.shown:
            client.execute(env=environment)
    except CellExecutionError as error:
        raise LabFailed(error.ename, error.evalue, folder) from error
    except (asyncio.CancelledError, DeadKernelError) as error:
        if client.interrupted:
            raise LabFailed("Interrupted", "interrupted.", folder) from error
        raise LabFailed("DeadKernel", "The notebook's kernel died, most likely for want of memory.", folder) from error
    finally:
        nbformat.write(notebook, folder / "notebook.ipynb")
        _keep_figures(notebook, folder / "figures")
    return folder


class _Client(NotebookClient):
    """Executes a notebook and tells the display what happens."""

    shown: progress.Bar | progress.Lines
    interrupted = False

    async def async_start_new_kernel(self, **kwargs: Any) -> None:
        """Start the kernel; from here on, a signal cancels the run, where nbclient's handler ends the kernel alone."""
        loop, run = asyncio.get_running_loop(), asyncio.current_task()
        assert run is not None
        with suppress(RuntimeError, NotImplementedError):  # not in the main thread, or no signals on this system
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._interrupt, run)
        await super().async_start_new_kernel(**kwargs)

    def _interrupt(self, run: asyncio.Task[Any]) -> None:
        self.interrupted = True  # nbclient takes any cancellation for a dead kernel
        self.shutdown_kernel = "immediate"
        run.cancel()

    async def async_execute_cell(
        self, cell: Any, cell_index: int, execution_count: int | None = None, store_history: bool = True
    ) -> Any:
        self.shown.begin(cell_index)
        ticking = asyncio.create_task(self._tick())
        try:
            done = await super().async_execute_cell(cell, cell_index, execution_count, store_history)
        finally:
            ticking.cancel()
        self.shown.end()
        return done

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            self.shown.tick()

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        if msg["msg_type"] == "stream":
            self.shown.heard(msg["content"]["text"])
        return super().process_message(msg, cell, cell_index)


def _keep_figures(notebook: Any, folder: Path) -> None:
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            picture = output.get("data", {}).get("image/png")
            if picture:
                (folder / f"{number:02d}-{cell.get('id', 'figure')}.png").write_bytes(base64.b64decode(picture))

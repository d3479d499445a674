"""Executes a lab's notebook, shows its progress, and keeps its output."""

from __future__ import annotations

import asyncio
import atexit
import base64
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from resnet_labs import files, progress
from resnet_labs.errors import InputError
from resnet_labs.labs import LABS, Lab

_ROOM = 8 * files.MEBIBYTE  # for notebook, figures and results lines; the largest lab's take 2
_LONGEST_SOCKET = 90  # characters of a path; the shortest limit of a system is 104, and a number is added


class LabFailed(Exception):
    """A lab's notebook stopped.

    Attributes:
        kind: the exception's class in the notebook, "DeadKernel" or "Interrupted".
        kept: the folder with what ran before.
    """

    def __init__(self, kind: str, message: str, kept: Path) -> None:
        super().__init__(message)
        self.kind = kind
        self.kept = kept


def execute(lab: Lab, *, report: bool, root: Path | None, runs: Path = Path("runs")) -> Path:
    """Execute a lab's solution notebook and show its progress; return the folder with its output.

    Args:
        lab: the lab.
        report: the report's own experiment on its own data, in place of the fast one.
        root: the folder with the data sets.
        runs: the folder in which this run gets a folder, with notebook.ipynb, figures/ and results.jsonl.

    Raises:
        InputError: the lab is not written yet, or the folder cannot be written or is full, before the run or after it.
        LabFailed: a cell failed, or SIGINT or SIGTERM came; what ran before is kept.
    """
    if lab.notebook is None:
        written = ", ".join(each.slug for each in LABS if each.notebook)
        raise InputError(f"Lab {lab.number} {lab.slug} is not written yet.", f"Written labs: {written}.")
    folder = _new_folder(runs / f"{lab.number}_{lab.slug}")
    notebook = nbformat.read(lab.notebook, as_version=4)
    environment = {
        **os.environ,
        "RESNET_LABS_FAST": "0" if report else "1",
        "RESNET_LABS_RUN": str(folder),
    }
    if root is not None:
        environment["RESNET_LABS_DATA"] = str(root.absolute())
    with _keeping(notebook, folder):
        how_far = progress.Progress(notebook.cells, progress.measured(lab.stem))
        with closing(progress.shown(lab.stem, how_far)) as shown:
            run(notebook, folder, environment=environment, shown=shown)
    return folder


def run(notebook: Any, folder: Path, *, environment: Mapping[str, str], shown: progress.Bar | progress.Lines) -> None:
    """Execute a notebook's cells, which get their outputs.

    Args:
        notebook: the notebook, as nbformat reads it.
        folder: where its kernel works.
        environment: the kernel's environment variables.
        shown: shows how far it is.

    Raises:
        LabFailed: a cell failed, or SIGINT or SIGTERM came; the cells before have their outputs.
    """
    # Else ipykernel 6, loaded here and by the kernel, prints its debugger's warning about frozen modules.
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    client = _Client(
        notebook,
        timeout=None,
        extra_arguments=["--log-level=ERROR"],  # the kernel warns about its own loopback connection
        resources={"metadata": {"path": str(folder)}},
    )
    client.shown = shown
    with TemporaryDirectory() as client.connections:
        try:
            client.execute(env={**environment, "PYDEVD_DISABLE_FILE_VALIDATION": "1"})
        except CellExecutionError as error:
            raise LabFailed(error.ename, error.evalue, folder) from error
        except (asyncio.CancelledError, RuntimeError) as error:
            if client.interrupted:
                raise LabFailed("Interrupted", "interrupted.", folder) from error
            if not client.began:
                atexit.unregister(client._cleanup_kernel)  # which nbclient leaves behind, and which would fail
                raise LabFailed("DeadKernel", f"The notebook's kernel did not start: {error}.", folder) from error
            if isinstance(error, RuntimeError) and not isinstance(error, DeadKernelError):
                raise
            died = "The notebook's kernel died, most likely because memory ran out."
            raise LabFailed("DeadKernel", died, folder) from error


def _new_folder(parent: Path) -> Path:
    """Make a folder named after the time, unique even if another run starts in the same second."""
    try:
        files.check_room(parent, _ROOM)
        parent.mkdir(parents=True, exist_ok=True)
        now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        for name in (now, *(f"{now}-{number}" for number in range(2, 100))):
            with suppress(FileExistsError):
                (parent / name).mkdir()
                (parent / name / "figures").mkdir()
                return (parent / name).absolute()
    except OSError as error:
        kept = "; `resnet-labs run` writes into the folder in which it is started"
        raise files.unwritable(f"The folder {str(parent)!r}", error, kept) from error
    raise InputError(f"A hundred runs began in {str(parent)!r} in this second.", "Start them one after the other.")


@contextmanager
def _keeping(notebook: Any, folder: Path) -> Iterator[None]:
    """Write notebook and figures whatever happens in the block; report what cannot be written as well.

    Their room is held during the block: the lab itself, or another program, may fill the disk.
    """
    try:
        with ExitStack() as held:
            with suppress(OSError):
                held.enter_context(files.room(folder, _ROOM))
            yield
    finally:
        happened = sys.exception()
        before = f"{happened} " if isinstance(happened, LabFailed) else ""
        target, lines = folder / "notebook.ipynb", folder / "results.jsonl"
        what = f"The run's notebook {str(target)!r}"
        kept = f"the run's results lines are in {str(lines)!r}" if lines.is_file() else "nothing of the run is kept"
        try:
            with files.replacing(target, "w", encoding="utf-8") as file:
                nbformat.write(notebook, file)
            what, kept = f"The run's figures in {str(folder)!r}", f"all of them are in {str(target)!r}"
            _keep_figures(notebook, folder / "figures")
        except OSError as error:
            raise files.unwritable(before + what, error, f"; {kept}") from error


class _Client(NotebookClient):
    """Executes a notebook and reports to the display."""

    shown: progress.Bar | progress.Lines
    connections: str
    began = False
    interrupted = False

    def create_kernel_manager(self) -> Any:
        """Return the manager of a kernel of the running Python, whatever kernels are installed.

        The connection file is in a folder of this run: the usual one is in the home folder, which not every user has.
        """
        specs = KernelSpecManager(kernel_dirs=[])  # it then knows only ipykernel's own, whose Python is this one
        file, sockets = (os.path.join(self.connections, name) for name in ("kernel.json", "kernel"))
        own: dict[str, Any] = {"kernel_name": NATIVE_KERNEL_NAME, "kernel_spec_manager": specs, "connection_file": file}
        if os.name == "posix" and len(sockets) < _LONGEST_SOCKET:
            own |= {
                "transport": "ipc",
                "ip": sockets,
            }  # a free port may be taken before the kernel binds it
        self.km = AsyncKernelManager(**own)
        return self.km

    async def async_start_new_kernel(self, **kwargs: Any) -> None:
        """Start the kernel; from here on, a signal cancels the run, where nbclient's handler only ends the kernel."""
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
        self.began = True
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
                with files.replacing(folder / f"{number:02d}-{cell.get('id', 'figure')}.png") as file:
                    file.write(base64.b64decode(picture))

"""A run in Weights & Biases' offline file, written by a separate process."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from resnet_labs.errors import InputError
from resnet_labs.tracking.csv_file import Row


class WandbView:
    """Sends settings and rows to `wandb_process`, which writes them.

    The package replaces `sys.exit` and the exception hook of its process, reads the user's account and keeps threads
    running, so it is not loaded in the process that trains. Its own process finishes the file and ends when its input
    ends, even if the training is killed.

    Offline files cannot be continued, and if two have the same id, the one uploaded last replaces the other: a resumed
    run is written again from its first epoch, under its old id.
    """

    def __init__(self, folder: Path, settings: dict[str, Any], earlier: list[Row], epoch: int) -> None:
        name = None
        for old in sorted((folder / "wandb").glob("offline-run-*-*")):
            name = old.name.split("-", 3)[3] if earlier else None
            shutil.rmtree(old)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - open while the process runs
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name("wandb_process.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C stops the training; this process stops at the end of its input
        )
        self._send({"folder": str(folder.resolve()), "id": name, "settings": settings})
        assert self._process.stdout is not None
        if "ready\n" not in self._process.stdout:
            self._wait()
            raise self._failure()
        for row in earlier:
            self._send(row)

    def log(self, row: Row) -> None:
        """Send the figures of one epoch."""
        self._send(row)

    def close(self) -> None:
        """Let the process finish its file, and wait until it has ended."""
        if not self._errors.closed:
            failed = self._wait()
            if failed:
                raise self._failure()
            self._errors.close()

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
            if self._process.poll() is None:
                return
        self._wait()
        raise self._failure()

    def _wait(self) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        return self._process.wait()

    def _failure(self) -> InputError:
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").split("\n")
        self._errors.close()
        last = next((line for line in reversed(said) if line.strip()), "without a word")
        return InputError(
            f"Weights & Biases stopped: {last.rstrip('. ')}.",
            "Fix that, or track without 'wandb'; the CSV file has every epoch.",
        )

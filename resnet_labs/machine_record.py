"""What `resnet-labs doctor --numbers` found on this machine, kept for the choice of a device."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import torch

_FORMAT = 1  # goes up when the check looks at more


def passed(device: str, name: str) -> bool:
    """Return whether the numbers check passed on that kind of device, of that name, on this system with this torch."""
    try:
        found = json.loads(_file().read_text(encoding="utf-8"))
        return bool(found[device] == {**_conditions(name), "passed": True})
    except (OSError, RuntimeError, ValueError, KeyError, TypeError):  # no home, no file, or another one
        return False


def keep(device: str, name: str, *, passed: bool) -> None:
    """Write down whether the check passed.

    Raises:
        OSError: the folder cannot be written.
        RuntimeError: there is no home folder.
    """
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps({device: {**_conditions(name), "passed": passed}}), encoding="utf-8")
    part.replace(file)


def _file() -> Path:
    folder = os.environ.get("RESNET_LABS_CACHE") or Path.home() / ".cache" / "resnet-labs"
    return Path(folder).expanduser() / "numbers.json"


def _conditions(name: str) -> dict[str, str | int]:
    return {"format": _FORMAT, "torch": torch.__version__, "system": platform.platform(), "device": name}

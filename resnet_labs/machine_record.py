"""What `resnet-labs doctor --numbers` found on this machine, kept for the choice of a device."""

from __future__ import annotations

import json
import platform
from contextlib import suppress

import torch

from resnet_labs import cache
from resnet_labs.files import replacing

_FILE = "passed.json"
_FORMAT = 1  # increased when the check covers more


def passed(device: str, name: str) -> bool:
    """Return whether the numbers check passed on that kind of device, of that name, on this system with this torch."""
    for folder in cache.folders("numbers"):
        with suppress(OSError, ValueError, KeyError, TypeError):  # no file, or one in another format
            found = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            return bool(found[device] == {**_conditions(name), "passed": True})
    return False


def keep(device: str, name: str, *, passed: bool) -> None:
    """Record whether the check passed.

    Raises:
        OSError: the folder cannot be written.
    """
    with replacing(cache.folder("numbers") / _FILE, "w", shared=True, encoding="utf-8") as record:
        json.dump({device: {**_conditions(name), "passed": passed}}, record)


def _conditions(name: str) -> dict[str, str | int]:
    return {"format": _FORMAT, "torch": torch.__version__, "system": platform.platform(), "device": name}

"""How well this machine can shut a student's code in, and what to do about it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from resnet_labs.errors import InputError
from resnet_labs.grading.sandbox import child
from resnet_labs.grading.sandbox.limits import Limits

_SWITCH = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
_FIX = "Install bubblewrap (`apt-get install bubblewrap`), or grade on Linux 6.12 or newer as an ordinary user"


@dataclass(frozen=True)
class Tier:
    """A way to run a student's code.

    Attributes:
        name: as `doctor` and the results say it.
        mounts: whether bubblewrap gives it a file system, processes and a network of its own.
        group: what limits all its processes together: "cgroup", "systemd" or nothing.
        landlock: whether Landlock alone keeps it from files and other processes.
    """

    name: str
    mounts: bool
    group: str = ""
    landlock: bool = False


TRUSTED = Tier("trusted: no sandbox", mounts=False)
TIERS = (
    Tier("bubblewrap and cgroup", mounts=True, group="cgroup"),
    Tier("bubblewrap and cgroup", mounts=True, group="systemd"),
    Tier("bubblewrap and rlimits", mounts=True),
    Tier("Landlock and rlimits (degraded)", mounts=False, landlock=True),
)


def chosen() -> Tier:
    """Return the best tier of this machine.

    Raises:
        InputError: it has none.
    """
    tier, fix = detect()
    if tier is None:
        raise InputError("This machine has no sandbox, so the code of students is not run here.", fix)
    return tier


@cache
def detect() -> tuple[Tier | None, str]:
    """Return the best tier of this machine, None if it has none, and how to get a better one (empty for the best)."""
    found = next((tier for tier in TIERS if _works(tier)), None)
    return found, "" if found in TIERS[:2] else " ".join(_fixes(found))


def _works(tier: Tier) -> bool:
    """Whether a Python starts in the sandbox, by the same command as a kernel."""
    from resnet_labs.grading.sandbox.launch import Box

    if (tier.mounts and shutil.which("bwrap") is None) or (
        tier.landlock and (child.landlock_abi() < 6 or not child.has_seccomp())
    ):
        return False
    try:
        with Box(tier, Limits()) as box:
            command, environment = box.command([sys.executable, "-s", "-P", "-c", "pass"])
            done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False, cwd="/")
    except (OSError, subprocess.TimeoutExpired, InputError):
        return False
    return done.returncode == 0


def _fixes(tier: Tier | None) -> Iterator[str]:
    if tier is not None and tier.mounts:
        yield "For one limit on all processes together, run it as root, or as a user of systemd."
        return
    if shutil.which("bwrap") is None:
        yield f"{_FIX}."
    elif os.geteuid() != 0 and _SWITCH.exists() and _SWITCH.read_text().strip() == "1":
        yield f"Let bubblewrap make namespaces: `sudo sysctl -w kernel.{_SWITCH.name}=0`."
    else:
        yield "Let bubblewrap make namespaces; `bwrap --unshare-all --ro-bind / / --proc /proc true` must work."

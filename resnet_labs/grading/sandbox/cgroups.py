"""Limits for all processes of a kernel together, by Linux control groups of version 1 and 2."""

from __future__ import annotations

import os
import subprocess
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from resnet_labs.grading.sandbox.limits import Limits

_MOUNTS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Group:
    """The control groups of one kernel: one folder in version 2, one for each controller in version 1."""

    folders: tuple[Path, ...]

    @property
    def command(self) -> list[str]:
        """What stands before a command, so that it starts in the group and not beside it."""
        script = "".join(f'echo $$ > "${number}"; ' for number in range(1, len(self.folders) + 1))
        script += f'shift {len(self.folders)}; exec "$@"'
        return ["/bin/sh", "-ec", script, "sh", *(str(folder / "cgroup.procs") for folder in self.folders)]

    def ran_out_of_memory(self) -> bool:
        """Whether the system ended one of its processes for memory."""
        return any(count > 0 for count in self._counts("memory.events", "memory.oom_control"))

    def _counts(self, *names: str) -> list[int]:
        found = []
        for folder in self.folders:
            for name in names:
                with suppress(OSError, ValueError):
                    lines = (folder / name).read_text().splitlines()
                    found += [int(line.split()[1]) for line in lines if line.startswith("oom_kill ")]
        return found

    def peak(self) -> int:
        """Return the most bytes of memory that it held at once; 0 if the system does not say."""
        for folder in self.folders:
            for name in ("memory.peak", "memory.max_usage_in_bytes"):
                with suppress(OSError, ValueError):
                    return int((folder / name).read_text())
        return 0

    def remove(self) -> None:
        """Remove the folders once their processes have ended."""
        for folder in self.folders:
            with suppress(OSError):
                (folder / "cgroup.kill").write_text("1")
            for _ in range(100):
                with suppress(OSError):
                    folder.rmdir()
                if not folder.exists():
                    break
                time.sleep(0.02)


def make(limits: Limits, mounts: Path = _MOUNTS) -> Group | None:
    """Return a new group with the limits of memory and processes; None if this process may not make one."""
    name = f"resnet-labs-{uuid.uuid4().hex[:12]}"
    for parent in _parents(mounts):
        if group := _made([parent / name], _version_2(limits)):
            return group
    parents = [_own(mounts / controller, controller) for controller in ("memory", "pids")]
    for places in (parents, [mounts / "memory", mounts / "pids"]):
        if group := _made([place / name for place in places], _version_1(limits)):
            return group
    return None


def _version_2(limits: Limits) -> list[list[tuple[str, int, bool]]]:
    wanted = [("memory.max", limits.memory, True), ("memory.swap.max", 0, False)]
    return [[*wanted, ("pids.max", limits.processes, True)]]


def _version_1(limits: Limits) -> list[list[tuple[str, int, bool]]]:
    memory = [("memory.limit_in_bytes", limits.memory, True), ("memory.memsw.limit_in_bytes", limits.memory, False)]
    return [memory, [("pids.max", limits.processes, True)]]


def _made(folders: list[Path], settings: list[list[tuple[str, int, bool]]]) -> Group | None:
    group = Group(tuple(folders))
    try:
        for folder, wanted in zip(folders, settings, strict=True):
            folder.mkdir()
            for name, value, needed in wanted:
                if needed or (folder / name).exists():
                    with open(folder / name, "r+") as file:  # never creates one: outside a cgroup there is none
                        file.write(str(value))
    except OSError:
        group.remove()
        return None
    return group


def _parents(mounts: Path) -> list[Path]:
    found = []
    for parent in (_own(mounts, ""), mounts):
        with suppress(OSError):
            control = parent / "cgroup.subtree_control"
            if not {"memory", "pids"} <= set(control.read_text().split()):
                control.write_text("+memory +pids")
            found.append(parent)
    return found


def _own(mount: Path, controller: str) -> Path:
    """Return the folder of the group that this process is in."""
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controller in controllers.split(","):
                return mount / path.lstrip("/")
    return mount


@cache
def scope() -> bool:
    """Whether systemd makes a group for a command of this user."""
    try:
        done = subprocess.run([*_scope_command(Limits()), "true"], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _scope_command(limits: Limits) -> list[str]:
    user = [] if os.geteuid() == 0 else ["--user"]
    wanted = [f"MemoryMax={limits.memory}", "MemorySwapMax=0", f"TasksMax={limits.processes}"]
    return ["systemd-run", *user, "--scope", "--quiet", "--collect", *(f"--property={one}" for one in wanted), "--"]


def scope_command(limits: Limits) -> list[str]:
    """Return what stands before a command so that systemd makes a group for it; empty if it cannot."""
    return _scope_command(limits) if scope() else []

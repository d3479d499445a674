"""One kernel's box: its folder for sockets, its limits, and the command that starts a process in it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from resnet_labs.errors import InputError
from resnet_labs.grading.sandbox import cgroups, child, library, mounts
from resnet_labs.grading.sandbox.limits import Limits
from resnet_labs.grading.sandbox.tiers import Tier

_CHILD = Path(child.__file__)
_LIBRARIES = 4 << 30  # address space that torch maps but does not use
_OPEN = ["--perms", "1777", "--tmpfs"]


class Box:
    """Everything that one kernel needs on this side; `close` removes it.

    Attributes:
        sockets: the folder for its sockets, as seen here.
        seen_sockets: the same, as seen inside.
    """

    def __init__(self, tier: Tier, limits: Limits, withheld: Iterable[str] = ()) -> None:
        self.tier, self.limits, self.withheld = tier, limits, tuple(withheld)
        self.top = Path(tempfile.mkdtemp(prefix="rl"))  # short, since a socket's path has at most 107 bytes
        self.sockets, self.home, self.connection = self.top / "s", self.top / "home", self.top / "c.json"
        self.sockets.mkdir(mode=0o700)
        self.home.mkdir(mode=0o700)
        self.group = cgroups.make(limits) if tier.group == "cgroup" else None
        # Root is exempt from the limit of processes, so without a group the kernel gets a user of its own.
        shut_in = tier.mounts or tier.landlock
        self.uid = (
            0x50000000 + int.from_bytes(os.urandom(3)) if shut_in and not tier.group and not os.getuid() else None
        )
        self.seen_sockets = "/run/kernel" if tier.mounts else str(self.sockets)
        if tier.group == "cgroup" and self.group is None:
            self.close()
            raise InputError("The system gives no control group.", "Look at `resnet-labs doctor`.")

    def __enter__(self) -> Box:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Remove its folder and its control group."""
        if self.group is not None:
            self.group.remove()
        shutil.rmtree(self.top, ignore_errors=True)

    def connect(self, facts: dict[str, Any]) -> str:
        """Write a kernel's connection file; return its path as seen inside."""
        self.connection.write_text(json.dumps(facts | {"ip": f"{self.seen_sockets}/s"}), encoding="utf-8")
        return "/opt/connection.json" if self.tier.mounts else str(self.connection)

    def written(self) -> int:
        """Return the bytes on this machine's disk that the kernel has written."""
        paths = [Path(place, name) for place, _, names in os.walk(self.top) for name in names]
        return sum(path.lstat().st_blocks * 512 for path in paths if os.path.lexists(path))

    def command(self, inside: list[str]) -> tuple[list[str], dict[str, str]]:
        """Return the command that runs `inside` in the box, and its environment."""
        copy = library.build(self.withheld)
        if self.uid is not None:
            for path in (self.sockets, self.home, self.connection):
                if path.exists():
                    os.chown(path, self.uid, self.uid)
        if self.tier.mounts:
            return self._bubblewrap(inside, copy), {}
        environment = mounts.environment(str(self.home), str(self.home), str(copy))
        if not self.tier.landlock:
            return inside, environment
        if self.uid is not None:
            self.top.chmod(0o755)
        return [sys.executable, "-I", "-S", str(_CHILD), json.dumps(self._landlock(copy)), *inside], environment

    def _rlimits(self, processes: int) -> dict[str, int]:
        found = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": self.limits.files, "RLIMIT_NOFILE": 512}
        found["RLIMIT_CPU"] = int(self.limits.total_seconds) + 1
        if not self.tier.group:
            space = self.limits.memory + _LIBRARIES
            found |= {"RLIMIT_DATA": self.limits.memory, "RLIMIT_AS": space, "RLIMIT_NPROC": processes}
        return found

    def _bubblewrap(self, inside: list[str], copy: Path) -> list[str]:
        own = ["--unshare-user", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"]
        if self.uid is not None:
            own = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        command = ["bwrap", *own, "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
        command += ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--hostname", "lab"]
        for place in mounts.SYSTEM:
            if os.path.islink(place):
                command += ["--symlink", os.readlink(place), place]
            elif os.path.isdir(place):
                command += ["--ro-bind", place, place]
        for place in mounts.SYSTEM_FILES:
            command += ["--ro-bind-try", place, place]
        command += ["--dev", "/dev"]
        for place in ("/tmp", "/dev/shm"):  # before Python's own folders, which may lie under them
            command += self._empty(place)
        roots = mounts.python_roots()
        above = dict.fromkeys(part for root in roots for part in reversed(root.parents[:-1]))
        for folder in (*above, "/opt", "/run"):  # bubblewrap would make them for its own user alone
            command += ["--perms", "0755", "--dir", str(folder)]
        for root in roots:
            command += ["--ro-bind", str(root), str(root)]
        for path in mounts.hidden(self.withheld):
            size = ["--size", "4096", "--tmpfs", str(path), "--remount-ro", str(path)]
            command += size if path.is_dir() else ["--ro-bind", "/dev/null", str(path)]
        command += ["--proc", "/proc", *self._empty("/lab")]
        command += ["--ro-bind", str(copy), "/opt/library", "--ro-bind", str(_CHILD), "/opt/child.py"]
        if self.connection.exists():
            command += ["--ro-bind", str(self.connection), "/opt/connection.json"]
        command += ["--bind", str(self.sockets), self.seen_sockets]
        command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/lab", "--clearenv"]
        for name, value in mounts.environment("/lab", "/tmp", "/opt/library").items():
            command += ["--setenv", name, value]
        wanted: dict[str, Any] = {"rlimits": self._rlimits(self.limits.processes), "uid": self.uid}
        wanted |= {"readable": None, "listable": None}
        wanted |= {"writable": ["/lab", "/tmp", "/dev"], "sockets": [self.seen_sockets]}
        command += ["--", sys.executable, "-I", "-S", "/opt/child.py", json.dumps(wanted), *inside]
        if self.group is not None:
            return [*self.group.command, *command]
        return [*(cgroups.scope_command(self.limits) if self.tier.group == "systemd" else []), *command]

    def _empty(self, place: str) -> list[str]:
        return ["--size", str(self.limits.files), *_OPEN, place]

    def _landlock(self, copy: Path) -> dict[str, Any]:
        unseen = mounts.hidden(self.withheld)
        parts = [part for root in (*mounts.python_roots(), Path("/usr")) for part in mounts.without(root, unseen)]
        read = [*map(Path, mounts.SYSTEM[1:]), *map(Path, mounts.SYSTEM_FILES), copy, self.connection]
        read += [Path("/proc/self"), Path("/proc/cpuinfo"), Path("/proc/meminfo"), Path("/sys/devices/system/cpu")]
        devices = [f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts")]
        return {
            "rlimits": self._rlimits(self.limits.processes + (0 if self.uid else _running())),
            "uid": self.uid,
            "readable": [str(path) for path in [*read, *(path for path, whole in parts if whole)]],
            "listable": [str(path) for path, whole in parts if not whole],
            "writable": [str(self.home), *devices],
            "sockets": [str(self.sockets)],
        }


def _running() -> int:
    """Return how many threads this user has now: the system counts them all against the limit."""
    count = 0
    for task in Path("/proc").glob("[0-9]*/task/*"):
        try:
            count += task.stat().st_uid == os.getuid()
        except OSError:
            continue
    return count

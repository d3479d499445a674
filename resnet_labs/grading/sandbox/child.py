"""Runs in the sandbox before the kernel: `python child.py CONFINEMENT COMMAND...` limits itself and becomes COMMAND.

It knows only the standard library, since it runs where nothing of ours is mounted. CONFINEMENT is JSON: `rlimits`
(name to value), `uid` (or null), `writable` and `sockets` (paths), and `readable` and `listable` (paths, or null if
mounts decide what is seen).
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import resource
import signal
import struct
import sys
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)
_NO_NEW_PRIVILEGES, _SECCOMP, _DEATH_SIGNAL = 38, 22, 1
_ABI_WITH_SCOPES = 6  # Linux 6.12: signals and abstract sockets stay inside

# Landlock's rights to files: bits 0 to 12 are ABI 1; 13 is ABI 2, 14 ABI 3, 15 ABI 5.
_EXECUTE, _WRITE, _READ, _READ_FOLDER, _REMOVE_FILE, _MAKE_SOCKET = 1, 2, 4, 8, 1 << 5, 1 << 9
_ALL = {0: 0, 1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_FILE_ONLY = _EXECUTE | _WRITE | _READ | 1 << 14 | 1 << 15

# What a lab never needs, by number on x86-64 and on 64-bit ARM.
_REFUSED = {
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_by_handle_at": (304, 265),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
}
_SOCKET, _CONNECT, _CLONE, _CLONE3 = (41, 198), (42, 203), (56, 220), (435, 435)
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_NEW_USER_NAMESPACE = 0x10000000
_UNIX, _NETLINK = 1, 16  # ZeroMQ lists the interfaces by netlink, or it aborts
_PERMISSION, _NO_CALL, _FAMILY = 1, 38, 97  # EPERM, ENOSYS, EAFNOSUPPORT


def confine(wanted: dict[str, Any]) -> None:
    """Give up everything but what `wanted` names; it cannot be undone."""
    for name, value in wanted["rlimits"].items():
        hard = resource.getrlimit(getattr(resource, name))[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(getattr(resource, name), (value, value))
    if wanted["uid"] is not None:
        os.setgroups([])
        os.setresgid(wanted["uid"], wanted["uid"], wanted["uid"])
        os.setresuid(wanted["uid"], wanted["uid"], wanted["uid"])
    os.umask(0o077)
    _prctl(_NO_NEW_PRIVILEGES, 1)
    _prctl(_DEATH_SIGNAL, signal.SIGKILL)
    _landlock(wanted["readable"], wanted["listable"], wanted["writable"], wanted["sockets"])
    _seccomp(connects=wanted["readable"] is None)


def landlock_abi() -> int:
    """Return the version of Landlock that this kernel offers; 0 if none."""
    return max(0, _LIBC.syscall(444, None, 0, 1))


def has_seccomp() -> bool:
    """Whether the numbers of this machine's system calls are known here."""
    return platform.machine() in _MACHINES


def _prctl(*arguments: int) -> None:
    if _LIBC.prctl(*(ctypes.c_ulong(each) for each in (*arguments, *[0] * (5 - len(arguments))))):
        raise OSError(ctypes.get_errno(), "prctl")


def _landlock(readable: list[str] | None, listable: list[str] | None, writable: list[str], sockets: list[str]) -> None:
    abi = landlock_abi()
    if readable is not None and abi < _ABI_WITH_SCOPES:
        raise OSError(_NO_CALL, "Landlock")
    if not abi:
        return
    every = _ALL.get(abi, (1 << 16) - 1)
    reading = _EXECUTE | _READ | _READ_FOLDER
    handled = every if readable is not None else every & ~reading
    scopes = 3 if readable is not None else 0
    network = 3 if readable is not None else 0
    attributes = struct.pack("=QQQ", handled, network, scopes)
    size = 24 if abi >= _ABI_WITH_SCOPES else 16 if abi >= 4 else 8
    ruleset = _LIBC.syscall(444, attributes, size, 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "Landlock")
    rules = [(path, reading) for path in readable or ()] + [(path, _READ_FOLDER) for path in listable or ()]
    rules += [(path, every) for path in writable] + [(path, _MAKE_SOCKET | _REMOVE_FILE) for path in sockets]
    for path, rights in rules:
        try:
            handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue  # not on this machine
        rights &= handled & (-1 if os.path.isdir(path) else _FILE_ONLY)
        if rights and _LIBC.syscall(445, ruleset, 1, struct.pack("=Qi", rights, handle), 0):
            raise OSError(ctypes.get_errno(), f"Landlock: {path}")
        os.close(handle)
    if _LIBC.syscall(446, ruleset, 0):
        raise OSError(ctypes.get_errno(), "Landlock")
    os.close(ruleset)


def _seccomp(*, connects: bool) -> None:
    if not has_seccomp():
        return
    column, architecture = _MACHINES[platform.machine()]
    load, equal, at_least, any_bit, answer = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, kill, refuse = 0x7FFF0000, 0x80000000, 0x00050000
    number, machine, first = 0, 4, 16  # offsets into seccomp_data

    program = [(load, 0, 0, machine), (equal, 1, 0, architecture), (answer, 0, 0, kill), (load, 0, 0, number)]
    program += [(at_least, 0, 1, 0x40000000), (answer, 0, 0, refuse | _PERMISSION)]  # the x32 calls
    # Without mounts, sockets of the user's other programs are in reach, such as a session bus; the kernel only binds.
    for numbers in (*_REFUSED.values(), *(() if connects else (_CONNECT,))):
        program += [(equal, 0, 1, numbers[column]), (answer, 0, 0, refuse | _PERMISSION)]
    # The C library falls back to clone, whose flags can be seen.
    program += [(equal, 0, 1, _CLONE3[column]), (answer, 0, 0, refuse | _NO_CALL)]
    program += [(equal, 0, 3, _CLONE[column]), (load, 0, 0, first), (any_bit, 0, 5, _NEW_USER_NAMESPACE)]
    program += [(answer, 0, 0, refuse | _PERMISSION)]
    program += [(equal, 0, 3, _SOCKET[column]), (load, 0, 0, first), (equal, 1, 0, _UNIX), (equal, 0, 1, _NETLINK)]
    program += [(answer, 0, 0, allow), (answer, 0, 0, refuse | _FAMILY)]
    code = b"".join(struct.pack("=HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(code)
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    held = ctypes.create_string_buffer(header)
    if _LIBC.prctl(_SECCOMP, ctypes.c_ulong(2), ctypes.c_ulong(ctypes.addressof(held)), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


if __name__ == "__main__":
    confine(json.loads(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])

"""How much a submission may use."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Limits of one submission's kernel.

    Attributes:
        cell_seconds: for one cell, an answer's or a probe's.
        total_seconds: for all cells and kernels of a submission.
        start_seconds: for the start of a kernel.
        memory: bytes of all its processes together; where the tier has no cgroup, of each.
        processes: processes and threads.
        output: bytes that one cell may send to the grader.
        files: bytes of files it may write, in memory where the tier has mounts.
    """

    cell_seconds: float = 30
    total_seconds: float = 300
    start_seconds: float = 60
    memory: int = 3072 * MEBIBYTE
    processes: int = 128
    output: int = 4 * MEBIBYTE
    files: int = 64 * MEBIBYTE

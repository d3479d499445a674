"""Measure how long labs take: `python -m resnet_labs.labkit.timings [LAB ...]` runs each in fast mode.

Run it on a quiet machine with two cores and AVX2, or with `ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2` if the
processor has more. Copy `minutes` and `steps` of each line into `resnet_labs/labs.py`, and the minutes also into the
lab's title. The seconds of every cell are stored in `resnet_labs/cell_seconds.json`; `resnet-labs run` shows its
progress by them.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from resnet_labs import lab_time, runtime
from resnet_labs.errors import InputError
from resnet_labs.labkit import _cell_seconds
from resnet_labs.labs import LABS, Lab, find
from resnet_labs.recipes.stand_in_network import stand_in_network


class _Failed(Exception):
    pass


def main(names: Sequence[str]) -> int:
    """Print a line for each lab; return 0, or 1 if a lab failed, or 2 if there is no such lab."""
    try:
        chosen = [find(name) for name in names] or [lab for lab in LABS if lab.fast_work is not None]
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    device = runtime.default_device()
    print(runtime.environment_line(), flush=True)
    stand_in_network()  # made once on every machine, and not counted
    for lab in chosen:
        steps = [] if lab.fast_work is None else [lab_time.step_seconds(lab.fast_work, device)]
        try:
            whole = run(lab)
        except _Failed as failure:
            print(failure, file=sys.stderr)
            return 1
        if lab.fast_work is None:  # it trains nothing
            print(f"{lab.number} {lab.slug:22} took {whole:6.1f} s   minutes={math.ceil(whole / 30) / 2:g}", flush=True)
            continue
        steps.append(lab_time.step_seconds(lab.fast_work, device))
        step = sum(steps) / len(steps)
        predicted = lab_time.seconds(lab.fast_work, device, step)
        count = max(0.0, whole - lab_time.OTHER_SECONDS) / step
        print(
            f"{lab.number} {lab.slug:22} predicted {predicted:6.1f} s, took {whole:6.1f} s   {1000 * step:.1f} ms   "
            f"minutes={math.ceil(whole / 30) / 2:g}   steps={float(f'{count:.2g}'):.0f}",
            flush=True,
        )
    return 0


def run(lab: Lab) -> float:
    """Return the wall time of the command `resnet-labs run`, in seconds; store the seconds of the lab's cells."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "resnet_labs.cli", "run", lab.number]
        started = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started
        if done.returncode:
            raise _Failed(f"Lab {lab.number} failed: {done.stderr.strip()}")
        (notebook,) = Path(folder).rglob("notebook.ipynb")
        _cell_seconds.store(lab.stem, notebook)
    return seconds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

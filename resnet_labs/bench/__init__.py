"""Our speed against the installed peers, as ratios: the benchmarks of `resnet-labs bench`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from resnet_labs.bench.fresh import imports, memory
from resnet_labs.bench.pipelines import batches, cached
from resnet_labs.bench.rows import Effort, Row, write
from resnet_labs.bench.training import fit_digits, resnet50, step, step_equal, tiny_maps
from resnet_labs.bench.triplets import triplet
from resnet_labs.errors import InputError, nearest

__all__ = ["BENCHMARKS", "Effort", "Row", "run", "write"]

BENCHMARKS: dict[str, Callable[[Effort], Iterator[Row]]] = {
    "step": step,
    "tiny-maps": tiny_maps,
    "step-equal": step_equal,
    "fit": fit_digits,
    "batches": batches,
    "triplet": triplet,
    "cached": cached,
    "import": imports,
    "memory": memory,
    "resnet50": resnet50,
}


def run(names: list[str] | None = None, *, say: Callable[[Row], object] | None = None) -> list[Row]:
    """Run benchmarks and return their rows; those whose peer is absent say so.

    Args:
        names: names from `BENCHMARKS`; None runs all, in about ten minutes on two cores.
        say: is called with each row once it is measured.

    Returns:
        The rows, in the order of the names.

    Raises:
        InputError: an unknown name.

    Example:
        >>> sorted(BENCHMARKS)[:3]
        ['batches', 'cached', 'fit']
    """
    chosen = list(BENCHMARKS) if names is None else names
    for name in chosen:
        if name not in BENCHMARKS:
            raise InputError(f"There is no benchmark {name!r}.", nearest(name, BENCHMARKS))
    rows = []
    for name in chosen:
        for row in BENCHMARKS[name](Effort()):
            rows.append(row)
            if say is not None:
                say(row)
    return rows

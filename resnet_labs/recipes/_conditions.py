"""The conditions under which every recipe runs, so that one command gives one experiment everywhere.

Every recipe's number format is fp32, the one that all processors and GPUs have. `auto` is bf16 on some and fp32 on
others, so the same command would give two experiments. Lines older than this rule are shown with their number format.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from resnet_labs import checkpoint
from resnet_labs.recipes._recipe import Recipe, Run
from resnet_labs.results import Result
from resnet_labs.train import Stopped


def run_once(recipe: Recipe, run: Run) -> Result:
    """Run a recipe on one thread and without TF32, then restore both settings.

    Sums of floats depend on how many threads share them. The number format is in the recipe's own settings.
    """
    with _fixed():
        try:
            return recipe.run(recipe, run)
        except Stopped as stopped:  # its model is gone with the recipe
            kept = run.checkpoint is not None and checkpoint.exists(run.checkpoint)
            stopped.tell(f"Its last whole state is in {str(run.checkpoint)!r}." if kept else "")
            raise


@contextmanager
def _fixed() -> Iterator[None]:
    threads, tf32 = torch.get_num_threads(), torch.backends.cudnn.allow_tf32
    torch.set_num_threads(1)
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.backends.cudnn.allow_tf32 = tf32

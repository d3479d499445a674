"""UMAP, whose functions are compiled, and the folder for the compiled code."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from resnet_labs import cache
from resnet_labs.errors import InputError


def umap_class() -> Any:
    """Return `umap.UMAP`.

    numba keeps compiled code beside the packages or in the user's home folder, and refuses to load them if neither is
    writable; then it gets a folder of ours.

    Raises:
        InputError: there is no writable folder at all.
    """
    with refusals():
        try:
            return _load()
        except RuntimeError as error:
            if not _without_folder(error):
                raise
        from numba.core import config

        config.CACHE_DIR = str(cache.folder("numba"))  # type: ignore[attr-defined]
        return _load()


def _load() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about packages that it does not need
        from umap import UMAP, umap_
    # Before 0.5.12 it compares with infinity under fast math, on which numba relies from 0.62 on: widths of
    # neighbourhoods silently became infinite, and classes ran into each other. 0.5.12 uses this number too.
    umap_.NPY_INFINITY = np.finfo(np.float32).max
    return UMAP


def _without_folder(error: RuntimeError) -> bool:
    return "cannot cache function" in str(error)


@contextmanager
def refusals() -> Iterator[None]:
    """Make the error that compiled code cannot be kept."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not _without_folder(error):
            raise
        why = error.strerror if isinstance(error, OSError) else "no folder can be written"
        raise InputError(
            f"UMAP's compiled code cannot be kept: {why}.",
            "Set NUMBA_CACHE_DIR to a folder that can be written and has room, or use method='tsne'.",
        ) from error

"""Image files with labels: named first, chosen next, decoded last, so that only chosen files are decoded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from jaxtyping import Int64
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Listing:
    """One split as files; the fields are those of `ImageData`, with paths in place of pixels."""

    paths: tuple[Path, ...]
    labels: Int64[Tensor, " N"]
    classes: tuple[str, ...]
    source: str

    def subset(self, indices: Int64[Tensor, " K"]) -> Listing:
        """Return the files at these indices, in this order."""
        return replace(self, paths=tuple(self.paths[i] for i in indices.tolist()), labels=self.labels[indices])

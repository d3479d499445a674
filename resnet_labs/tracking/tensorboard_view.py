"""A run in TensorBoard's event files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from resnet_labs.tracking.csv_file import Row


class TensorBoardView:
    """Every column is a scalar over epochs, the settings are hyperparameters."""

    def __init__(self, folder: Path, settings: dict[str, Any], earlier: list[Row], epoch: int) -> None:
        from tensorboard.plugins.hparams.summary_v2 import hparams_pb
        from torch.utils.tensorboard import SummaryWriter

        # Earlier rows are in earlier files; readers drop everything in those from this epoch on.
        self._writer = SummaryWriter(str(folder), purge_step=epoch)
        known = {key: value if isinstance(value, bool | int | float) else str(value) for key, value in settings.items()}
        self._writer.file_writer.add_summary(hparams_pb(known))  # type: ignore[attr-defined]

    def log(self, row: Row) -> None:
        """Write the figures of one epoch; they are on disk before the next begins."""
        for name, value in row.items():
            if name != "epoch":
                self._writer.add_scalar(name, value, int(row["epoch"]))
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()

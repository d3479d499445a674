"""Where a run's curves go, epoch by epoch: always a CSV file, and by name TensorBoard and Weights & Biases."""

from __future__ import annotations

from resnet_labs.tracking.comparison import Run, as_text, compare, runs
from resnet_labs.tracking.csv_file import CSVTracker
from resnet_labs.tracking.run import NAMES, RunTracker, Tracker, check_names, tracker
from resnet_labs.tracking.seeds import paired

__all__ = [
    "NAMES",
    "CSVTracker",
    "Run",
    "RunTracker",
    "Tracker",
    "as_text",
    "check_names",
    "compare",
    "paired",
    "runs",
    "tracker",
]

"""The results page of lines that no run made."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from resnet_labs import results
from resnet_labs.labkit import results_page
from resnet_labs.results import Result


def line(seed: int = 0, **changes: Any) -> Result:
    made = Result(
        experiment="r1.digits",
        data={"name": "mnist", "source": "MNIST, all of it", "train": 60_000, "test": 10_000},
        seed=seed,
        settings={"network": "resnet18", "learning_rate": 0.5, "size": None},
        metrics={
            "accuracy_before": 0.125,
            "accuracy": 0.75 + seed / 8,
            "macro_precision": 0.5,
            "macro_recall": 0.5,
            "macro_f_score": 0.5,
        },
        seconds=12.25 + seed,
        device="a device",
        precision="fp32",
        versions={"torch": "9.9"},
        command="resnet-labs reproduce r1.digits",
        commit="abc",
        date="2026-11-21",
    )
    return dataclasses.replace(made, **changes)


def page(folder: Path, *lines: Result, name: str = "r1.digits") -> str:
    for one in lines:
        results.append(folder / f"{name}.jsonl", one)
    return results_page.made(folder).page

"""Results lines that no run made."""

from __future__ import annotations

from resnet_labs import results

METRICS = {
    "accuracy_before": 0.1,
    "accuracy": 0.98,
    "accuracy_low": 0.97,
    "accuracy_high": 0.99,
    "macro_precision": 0.98,
    "macro_recall": 0.98,
    "macro_f_score": 0.98,
}


def result(seed=0, **changes):
    given = {
        "experiment": "r1.digits",
        "data": {"name": "mnist", "source": "made here", "train": 10, "test": 5},
        "seed": seed,
        "settings": {"epochs": 1},
        "metrics": METRICS,
        "seconds": 1.5,
        "device": "a processor",
        "precision": "fp32",
    }
    return results.Result(**(given | changes))

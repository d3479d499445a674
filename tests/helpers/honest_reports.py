"""Honest reports by simulated training, and the same with one planted fault.

`python tests/helpers/honest_reports.py [NUMBER]` prints how many honest reports the audit accuses, and the share of
planted faults that it finds, a row for each kind.
"""

from __future__ import annotations

import copy
import math
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml

from resnet_labs.reports.audit import reading
from resnet_labs.reports.audit.examine import examine
from resnet_labs.reports.audit.trace import ACCUSING, Trace

Draw = np.random.Generator
Report = dict[str, Any]
Printer = Callable[[float], str]


@dataclass(frozen=True)
class Trained:
    """What one simulated training leaves: labels, predictions and an exact log."""

    labels: np.ndarray
    ranks: np.ndarray  # of the true class, from 0
    predictions: np.ndarray
    before: float
    log: dict[str, list[float]]
    batches: dict[str, int]
    sizes: dict[str, int]


def trained(draw: Draw, classes: int, unlike: bool) -> Trained:
    """Train softmax regression by SGD on drawn points, as people train networks."""
    sizes = {"train": int(draw.integers(60, 900)), "test": int(draw.integers(40, 700))}
    shares = draw.dirichlet(np.full(classes, 6.0)) if unlike else np.full(classes, 1 / classes)
    width, spread = int(draw.integers(3, 12)), draw.uniform(0.3, 2.5)
    centers = draw.normal(size=(classes, width))
    sets = {}
    for part, number in sizes.items():
        labels = draw.choice(classes, number, p=shares) if unlike else np.arange(number) % classes
        sets[part] = (centers[labels] + spread * draw.normal(size=(number, width)), labels)
    batches = {"train": int(draw.choice([8, 16, 20, 32, 50, 64])), "test": int(draw.choice([1, 16, 32, 100]))}
    weights, rate = 0.01 * draw.normal(size=(width, classes)), 10 ** draw.uniform(-2, -0.3)
    log: dict[str, list[float]] = {f"{part}_{what}": [] for part in sizes for what in ("loss", "accuracy")}
    before = float((sets["test"][0] @ weights).argmax(1).__eq__(sets["test"][1]).mean())
    mean = str(draw.choice(["mean", "sum over batches", "sum over images"]))
    for _ in range(int(draw.integers(2, 15))):
        order = draw.permutation(sizes["train"])
        losses, right = [], 0
        for start in range(0, sizes["train"], batches["train"]):
            points, labels = (each[order[start : start + batches["train"]]] for each in sets["train"])
            chances = _softmax(points @ weights)
            losses.append((-np.log(chances[range(len(labels)), labels] + 1e-30)).tolist())
            right += int((chances.argmax(1) == labels).sum())
            chances[range(len(labels)), labels] -= 1
            weights -= rate * points.T @ chances / len(labels)
        log["train_loss"].append(_united(losses, mean))
        log["train_accuracy"].append(right / sizes["train"])
        chances = _softmax(sets["test"][0] @ weights)
        own = -np.log(chances[range(sizes["test"]), sets["test"][1]] + 1e-30)
        split = [own[start : start + batches["test"]].tolist() for start in range(0, sizes["test"], batches["test"])]
        log["test_loss"].append(_united(split, mean))
        log["test_accuracy"].append(float((chances.argmax(1) == sets["test"][1]).mean()))
    labels = sets["test"][1]
    ranks = (chances > chances[range(len(labels)), labels][:, None]).sum(1)
    return Trained(labels, ranks, chances.argmax(1), before, {**log, "unit": [mean]}, batches, sizes)  # type: ignore[dict-item]


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)


def _united(losses: list[list[float]], unit: str) -> float:
    means = [sum(each) / len(each) for each in losses]
    if unit == "mean":
        return sum(means) / len(means)
    return sum(means) if unit == "sum over batches" else sum(map(sum, losses))


def printer(draw: Draw) -> Printer:
    """Return one of the ways in which people print a figure."""
    decimals = int(draw.choice([2, 3, 4, 4, 5, 6, 8]))
    ways: list[Printer] = [
        lambda value: f"{value:.{decimals}f}",
        lambda value: str(round(value, decimals)),
        lambda value: f"{math.floor(value * 10**decimals + 1e-9) / 10**decimals:.{decimals}f}",  # cut off
        lambda value: f"{np.float32(value):.{decimals}f}",
        lambda value: f"{100 * value:.{max(0, decimals - 2)}f}",  # per cent, as the form wants it: moved by hand
    ]
    way = int(draw.integers(len(ways)))
    if way == 4:
        places = max(0, decimals - 2)
        return lambda value: f"{round(100 * value, places) / 100:.{places + 2}f}"
    return ways[way]


def honest(seed: int) -> Report:
    """Return a report of one or two simulated trainings, in one of several formats; figures are texts."""
    draw = np.random.default_rng(seed)
    classes, unlike = int(draw.choice([2, 2, 3, 5, 10])), bool(draw.integers(2))
    show, show_log = printer(draw), printer(draw)
    experiments = {}
    for name in ("small", "large")[: int(draw.integers(1, 3))]:
        run = trained(draw, classes, unlike)
        matrix = np.zeros((classes, classes), dtype=int)
        np.add.at(matrix, (run.labels, run.predictions), 1)
        experiments[name] = _experiment(draw, run, matrix, classes, show, show_log)
    return {"id": f"s{seed}", "title": "Simulated", "experiments": experiments}


def _experiment(
    draw: Draw,
    run: Trained,
    matrix: np.ndarray,
    classes: int,
    show: Callable[[float], str],
    show_log: Callable[[float], str],
) -> Report:
    def sometimes() -> bool:
        return bool(draw.random() < 0.7)

    right, truth, said = matrix.diagonal(), matrix.sum(1), matrix.sum(0)
    precision, recall = right / np.maximum(said, 1), right / np.maximum(truth, 1)
    f_score = 2 * right / np.maximum(truth + said, 1)
    scores: Report = {"accuracy": show(right.sum() / matrix.sum())}
    if sometimes():
        scores["accuracy_before"] = show(run.before)
    if sometimes():
        averaging = "positive" if classes == 2 and draw.integers(2) else "macro"
        for name, values in (("precision", precision), ("recall", recall), ("f_score", f_score)):
            scores[name] = show(values[-1] if averaging == "positive" else values.mean())
        scores["averaging"] = averaging
    if sometimes() and (truth > 0).all():
        scores["classwise"] = [show(value) for value in recall]
    if sometimes():
        scores["confusion"] = matrix.tolist()
    if classes > 2 and sometimes():
        scores["top_k"] = {2: show(float((run.ranks < 2).mean()))}
    made: Report = {"classes": classes, "outputs": classes, "loss": "cross_entropy", "scores": {"test": scores}}
    if sometimes():
        made["images"] = dict(run.sizes)
    if sometimes():
        made["batch_size"] = dict(run.batches)
    if sometimes():
        made["epochs"] = len(run.log["test_loss"])
    if sometimes():
        made |= {"network": "resnet18", "blocks": 8, "printed_blocks": 8, "block_convolutions": [3, 3]}
    if sometimes():
        columns = {key: values for key, values in run.log.items() if key != "unit" and sometimes()}
        if columns:
            made["log"] = {"unit": run.log["unit"][0]} | {
                key: [show_log(value) if key.endswith("accuracy") else f"{value:.5f}" for value in values]
                for key, values in columns.items()
            }
    return made


# --- faults -------------------------------------------------------------------------------------------------------

Fault = Callable[[Report, Draw], bool]  # changes an experiment; False if it has no place for the fault


def _shifted(text: str, draw: Draw) -> str:
    decimals = len(text.partition(".")[2])
    value = float(text) + float(draw.choice([-1, 1])) * draw.uniform(0.002, 0.02)
    return f"{min(max(value, 0.0), 1.0):.{decimals}f}"


def another_accuracy(each: Report, draw: Draw) -> bool:
    scores = each["scores"]["test"]
    before = scores["accuracy"]
    scores["accuracy"] = _shifted(before, draw)
    return scores["accuracy"] != before


def recall_called_accuracy(each: Report, draw: Draw) -> bool:
    scores = each["scores"]["test"]
    if scores.get("averaging") != "macro" or scores["recall"] == scores["accuracy"]:
        return False
    scores["also_accuracy"] = [scores["recall"]]
    return True


def another_class_figure(each: Report, draw: Draw) -> bool:
    values = each["scores"]["test"].get("classwise")
    if not values:
        return False
    number = int(draw.integers(len(values)))
    before = values[number]
    values[number] = _shifted(before, draw)
    return values[number] != before


def another_f_score(each: Report, draw: Draw) -> bool:
    scores = each["scores"]["test"]
    if "f_score" not in scores:
        return False
    decimals = len(scores["f_score"].partition(".")[2])
    scores["f_score"] = f"{min(1.0, float(scores['f_score']) + 0.03):.{decimals}f}"
    return True


def another_size(each: Report, draw: Draw) -> bool:
    if "images" not in each:
        return False
    each["images"]["test"] = int(each["images"]["test"] * draw.uniform(1.05, 3)) + 1
    return True


def other_epochs(each: Report, draw: Draw) -> bool:
    if "log" not in each or "epochs" not in each:
        return False
    each["epochs"] += int(draw.integers(1, 10))
    return True


def top_two_below_one(each: Report, draw: Draw) -> bool:
    scores = each["scores"]["test"]
    if "top_k" not in scores or float(scores["accuracy"]) < 0.05:
        return False
    decimals = len(scores["accuracy"].partition(".")[2])
    scores["top_k"] = {2: f"{float(scores['accuracy']) - 0.03:.{decimals}f}"}
    return True


def another_matrix(each: Report, draw: Draw) -> bool:
    matrix = each["scores"]["test"].get("confusion")
    if not matrix:
        return False
    number = int(draw.integers(len(matrix)))
    matrix[number][number] += int(draw.integers(3, 20))
    return True


def sum_called_mean(each: Report, draw: Draw) -> bool:
    log = each.get("log", {})
    if log.get("unit", "mean") == "mean" or "test_loss" not in log:
        return False
    log["unit"] = "mean"
    return True


def mean_called_sum(each: Report, draw: Draw) -> bool:
    log = each.get("log", {})
    if log.get("unit") != "mean" or "test_loss" not in log:
        return False
    log["unit"] = "sum over images"
    return True


def other_blocks(each: Report, draw: Draw) -> bool:
    if "blocks" not in each:
        return False
    each["blocks"] = int(draw.choice([4, 6, 9, 16]))
    return True


def more_classes(each: Report, draw: Draw) -> bool:
    each["classes"] = each["outputs"] + int(draw.integers(1, 50))
    return True


def figure_of_another_run(each: Report, draw: Draw) -> bool:
    log = each.get("log", {})
    if "test_accuracy" not in log:
        return False
    decimals = len(log["test_accuracy"][0].partition(".")[2])
    values = [float(value) for value in log["test_accuracy"]]
    log["test_accuracy"] = [f"{min(1.0, max(0.0, value - 0.05)):.{decimals}f}" for value in values]
    return float(each["scores"]["test"]["accuracy"]) > max(values) - 0.03


FAULTS: dict[str, Fault] = {
    function.__name__: function
    for function in (
        another_accuracy,
        recall_called_accuracy,
        another_class_figure,
        another_f_score,
        another_size,
        other_epochs,
        top_two_below_one,
        another_matrix,
        sum_called_mean,
        mean_called_sum,
        other_blocks,
        more_classes,
        figure_of_another_run,
    )
}


def faulty(seed: int, fault: str) -> Report | None:
    """Return an honest report with one fault, None if it has no place for it."""
    report, draw = copy.deepcopy(honest(seed)), np.random.default_rng(seed + 10**6)
    return report if any(FAULTS[fault](each, draw) for each in report["experiments"].values()) else None


class _Dumper(yaml.SafeDumper):
    pass


def accusations(report: Report) -> list[Trace]:
    """Return what the audit holds against a report, as it stands in a file."""
    text = yaml.dump(_plain(report), Dumper=_Dumper, sort_keys=False)
    return [trace for trace in examine(reading.parse(text, "it")) if trace.kind in ACCUSING]


class _Number(str):
    """A number that is written as it was printed."""


_Dumper.add_representer(_Number, lambda dumper, data: dumper.represent_scalar("tag:yaml.org,2002:float", str(data)))


def _plain(given: Any) -> Any:
    if isinstance(given, dict):
        return {key: _plain(each) for key, each in given.items()}
    if isinstance(given, list):
        return [_plain(each) for each in given]
    return _Number(given) if isinstance(given, str) and given.replace(".", "", 1).isdigit() else given


def main() -> None:
    """Print the table."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    accused: Counter[str] = Counter()
    for seed in range(number):
        for trace in accusations(honest(seed)):
            accused[trace.kind] += 1
            print(f"seed {seed}: {trace}")
    print(f"{number} honest reports: {dict(accused)}")
    for fault in FAULTS:
        found = planted = seed = 0
        while planted < number and seed < 20 * number:
            report = faulty(seed, fault)
            seed += 1
            if report is not None:
                planted += 1
                found += bool(accusations(report))
        print(f"{fault:24}{planted:6}{found / max(1, planted):8.1%}", flush=True)


if __name__ == "__main__":
    main()

"""Compute the results page's figures again, from the stored lines with numpy and scipy alone.

Nothing of the package is used: the kinds of figures, the lines of each row and the intervals are written here a second
time, so that a mistake must be made twice to stay unseen.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import optimize, stats

Line = dict[str, Any]
Lines = dict[str, list[Line]]

LABELS = {
    "accuracy before training": "accuracy_before",
    "accuracy after training": "accuracy",
    "validation accuracy": "validation_accuracy",
    "test accuracy": "accuracy",
    "top-1 accuracy": "accuracy",
    "macro precision": "macro_precision",
    "macro recall": "macro_recall",
    "macro F score": "macro_f_score",
}
REAL = ("accuracy_gap", "loss_gap", "gain_", "silhouette", "log10_")
POSITIVE = (
    "train_loss",
    "between_",
    "within_classes",
    "separation",
    "largest_gradient_norm",
    "reconstruction",
    "seconds",
)
COUNT = ("classes_at_zero", "dead_outputs")
FRACTION = ("macro_", "accuracy_class_", "largest_share")
NO_SETTINGS = ("figure", "report", "ours", "seeds", "images", "images tested", "data")


class Cell(NamedTuple):
    """A printed mean with its interval, if there is one, and the lines behind it."""

    experiment: str
    metric: str
    lines: list[Line]
    text: str


class Row(NamedTuple):
    """A printed row of a table of paired differences."""

    experiment: str
    first: np.ndarray
    second: np.ndarray
    shares: list[tuple[np.ndarray, int]]
    cells: tuple[str, ...]


def read(evidence: Path) -> Lines:
    return {
        path.stem: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for path in sorted(evidence.glob("*.jsonl"))
    }


def images(line: Line, metric: str) -> int:
    if metric.startswith("purity_"):
        return line["settings"]["pictured"]
    if metric.startswith("old_task_"):
        return int(line["metrics"]["old_task_images"])
    for part in ("train", "validation"):
        if metric.startswith(f"{part}_"):
            return line["data"][part]
    return next(line["data"][part] for part in ("test", "validation", "train") if part in line["data"])


def parts(metric: str) -> list[str]:
    """Return the two shares whose difference a figure is, else the figure alone."""
    if metric == "accuracy_gap":
        return ["train_accuracy", "accuracy"]
    if metric.startswith("gain_"):
        return [metric.replace("gain", start) for start in ("pretrained", "random")]
    return metric.split(" - ")


def shares(lines: list[Line], metric: str) -> list[tuple[np.ndarray, int]]:
    """Return the shares that a figure is made of, each with its number of images; none if it is made of others."""
    names = parts(metric)
    if not all(is_share(name) for name in names):
        return []
    return [(np.array([x["metrics"][name] for x in lines]), images(lines[0], name)) for name in names]


def is_share(metric: str) -> bool:
    return " - " not in metric and not metric.startswith((*REAL, *POSITIVE, *COUNT, *FRACTION))


def aggregate(metric: str, lines: list[Line]) -> str:
    """Return the mean and the interval as the page prints them."""
    values = np.array([value(line, metric) for line in lines])
    seeds = len(values)
    mean = math.fsum(values) / seeds
    if seeds == 1:
        return f"{mean:.4f}"
    equal = np.ptp(values) == 0
    if metric.startswith(COUNT):
        return f"{mean:.4f} (in every run)" if equal else f"{mean:.4f} ({values.min():g} to {values.max():g})"
    of_one = equal and metric.startswith("purity_") and metric.endswith("_before")
    if metric.startswith("old_task_accuracy"):
        of_one = equal and all(x["metrics"]["old_task_accuracy_before"] == values[0] for x in lines)
    if of_one:
        return f"{mean:.4f} (one network, measured {seeds} times)"
    t, error = stats.t.ppf(0.975, seeds - 1), values.std(ddof=1) / np.sqrt(seeds)
    if is_share(metric):
        spread = stats.norm.ppf(0.975) ** 2 / images(lines[0], metric)
        if not equal:
            spread += (t * error) ** 2 / (mean * (1 - mean))
        # (x - mean)^2 = x (1 - x) spread
        low, high = np.sort(np.roots([1 + spread, -(2 * mean + spread), mean**2]).real)
    elif len(parts(metric)) == 2 and shares(lines, metric):
        row = Row("", *(share for share, _ in shares(lines, metric)), shares(lines, metric), ())
        low, high = mean + np.array([-1, 1]) * half_width(row, 0.025)
    elif equal:
        return f"{mean:.4f} (in every run)"
    elif metric.startswith(FRACTION):
        low, high = 1 / (1 + np.exp(-(np.log(mean / (1 - mean)) + np.array([-1, 1]) * t * error / (mean * (1 - mean)))))
    elif metric.startswith(POSITIVE):
        low, high = np.exp(np.log(mean) + np.array([-1, 1]) * t * error / mean)
    else:
        low, high = stats.t.interval(0.95, seeds - 1, loc=mean, scale=error)
    return f"{mean:.4f} [{max(low, 0) if is_share(metric) else low:.4f}, {high:.4f}]"


def tables(page: str) -> Iterator[tuple[str, dict[str, str], list[str], list[list[str]]]]:
    """Yield the experiment, the marks of stand-ins with their descriptions, the head and the rows of each table."""
    experiment, marks = "", {}
    for block in page.split("\n\n"):
        lines = block.strip().split("\n")
        if found := re.search(r"^\((\S+)\)=$", block, re.MULTILINE):
            experiment, marks = found[1], {}
        elif found := re.match(r"\*\*(Stand-in(?: \d+)?)\*\*: (.*)\.$", lines[0]):
            marks = ({} if found[1] == "Stand-in" else marks) | {found[1].lower(): found[2]}
        elif lines[0].startswith("| "):
            head, _, *rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
            yield experiment, marks, head, rows


def cells(page: str, stored: Lines) -> Iterator[Cell]:
    """Yield every printed aggregate with its lines."""
    for experiment, marks, head, rows in tables(page):
        if head[0] == "first":
            continue
        for row in rows:
            facts = dict(zip(head, row, strict=True))
            mark = facts["data"].strip("*")
            seeds = [int(seed) for seed in facts["seeds"].split(", ")]
            about = [x for x in stored[experiment] if all(said(x, name, facts[name]) for name in head)]
            about = about or elsewhere(row[0], experiment, stored)
            about = [x for x in about if x.get("stand_in", "") == marks.get(mark, "")]
            latest = {x["seed"]: x for x in about}
            about = [latest[seed] for seed in seeds]
            if "figure" in head:
                metric = LABELS.get(row[0]) or ("top5" if "top5" in about[0]["metrics"] else "top5_accuracy")
                yield Cell(experiment, metric, about, facts["ours"])
            else:
                for name in head:
                    metric = metric_of(name)
                    if value(about[0], metric) is not None:
                        yield Cell(experiment, metric, about, facts[name])


def stray(page: str) -> list[str]:
    """Return figures in a section's sentences and alternative texts that its tables lack."""
    found = []
    parts = re.split(r"\n### |\n## (?=r\d)|\n(?=<details><summary>.*: search)", page.split("\n(", 1)[-1])
    for block in parts:
        rows = "\n".join(line for line in block.split("\n") if line.startswith("| "))
        said = "\n".join(
            line
            for line in block.split("\n")
            if re.search(r"Highest: |Best accuracy|\bours\b|^!\[|, the report \d", line)
        )
        spans = re.findall(r"\d\.\d{4}(?: \[[^]]*\]| \([\d.-]+ to [\d.-]+\))?", said)
        known = " ".join([rows, *re.findall(r"the report's \d[.]\d+", block)])
        found += [one for one in spans if re.sub(r"\((\S+) to (\S+)\)", r"[\1, \2]", one) not in known]
    return found


def said(line: Line, name: str, cell: str) -> bool:
    """Return whether a line has the setting that a cell names."""
    if name == "computed on":
        return cell.startswith(f"{line['device']}, {line['precision']}")
    known = {key.replace("_", " "): value for key, value in line["settings"].items()}
    if name in NO_SETTINGS or cell == "—" or value(line, metric_of(name)) is not None:
        return True
    return cell == ("unchanged" if known.get(name) is None else str(known[name]))


def metric_of(words: str) -> str:
    """Return the name of a figure from the words at the head of its column."""
    return words.replace(" ", "_").replace("_-_", " - ")


def elsewhere(name: str, experiment: str, stored: Lines) -> list[Line]:
    """Return the lines of another experiment of the report, by the last word of its id."""
    plain, report = name.replace(" ", "_"), experiment.split(".")[0]
    return next((stored[key] for key in stored if key.split(".")[0] == report and key.endswith(f".{plain}")), [])


def side(name: str, other: str, experiment: str, data: str, stored: Lines) -> tuple[list[Line], str]:
    """Return the lines that a name in a table of differences means, and the figure's name if it is one."""
    plain = name.replace(" ", "_")
    own = [x for x in stored[experiment] if data in ("", x["data"]["name"])]
    if plain in own[0]["metrics"]:
        return own, plain
    if arm := [x for x in own if x["settings"].get("arm") == name]:
        return arm, ""
    if found := elsewhere(name, experiment, stored):
        return [x for x in found if data in ("", x["data"]["name"])], ""
    settings = dict(part.rsplit(" ", 1) for part in name.split(", ")) if "new one" not in name else {"views": name[6:]}
    shared = {part.rsplit(" ", 1)[0]: part.rsplit(" ", 1)[1] for part in other.split(", ")[1:]}
    wanted = {**shared, **settings}
    return [x for x in own if all(str(x["settings"].get(k.replace(" ", "_"))) == v for k, v in wanted.items())], ""


def row_of(experiment: str, paired: list[list[Line]], metrics: list[str], cells: Iterable[str] = ()) -> Row:
    """Return the comparison of two sides whose lines are in the order of their seeds."""
    sides = list(zip(paired, metrics, strict=True))
    both = [shares(lines, metric) for lines, metric in sides]
    values = [np.array([value(x, metric) for x in lines]) for lines, metric in sides]
    return Row(experiment, *values, both[0] + both[1] if all(both) else [], tuple(cells))


def value(line: Line, metric: str) -> float | None:
    """Return a figure of a line, or the difference of two; None if it lacks one."""
    found = [line["seconds"] if name == "seconds" else line["metrics"].get(name) for name in metric.split(" - ")]
    return None if None in found else found[0] - sum(found[1:])


def differences(page: str, stored: Lines) -> Iterator[list[Row]]:
    """Yield the rows of each table of paired differences."""
    for experiment, _, head, rows in tables(page):
        if head[0] != "first":
            continue
        found = []
        for row in rows:
            name, data = re.fullmatch(r"(.*?)(?: \((\w+)\))?", row[0]).groups(default="")
            first, metric_first = side(name, row[1], experiment, data, stored)
            second, metric_second = side(row[1], name, experiment, data, stored)
            metrics = [one or row[2].replace(" ", "_") for one in (metric_first, metric_second)]
            seeds = sorted({x["seed"] for x in first} & {x["seed"] for x in second})
            paired = [[next(x for x in some if x["seed"] == seed) for seed in seeds] for some in (first, second)]
            found.append(row_of(experiment, paired, metrics, row))
        yield found


def errors(row: Row) -> tuple[float, float]:
    """Return the standard errors from seeds and from images."""
    gap = row.first - row.second
    by_images = np.sqrt(sum(share.mean() * (1 - share.mean()) / count for share, count in row.shares))
    return (0.0 if np.ptp(gap) < 1e-15 else gap.std(ddof=1) / np.sqrt(len(gap))), by_images


def half_width(row: Row, tail: float) -> float:
    by_seeds, by_images = errors(row)
    return float(np.hypot(stats.t.isf(tail, len(row.first) - 1) * by_seeds, stats.norm.isf(tail) * by_images))


def p_value(row: Row) -> float:
    gap = abs((row.first - row.second).mean())
    if gap < 1e-12:
        return 1.0
    return 2 * np.exp(optimize.brentq(lambda log: half_width(row, np.exp(log)) - gap, -200, np.log(0.4999999)))


def judged(rows: list[Row]) -> list[tuple[str, str, bool]]:
    """Return for each row its interval and level as the page prints them, and whether it is real."""
    p_values = np.array([p_value(row) for row in rows])
    order = np.argsort(p_values, kind="stable")
    levels, stopped = np.empty(len(rows)), None
    for rank, i in enumerate(order):
        level = stopped or 0.05 / (len(rows) - rank)
        stopped = stopped or (level if p_values[i] > level else None)
        levels[i] = level
    said = []
    for row, p, level in zip(rows, p_values, levels, strict=True):
        gap, half = (row.first - row.second).mean(), half_width(row, level / 2)
        most = len(row.shares) / 2 or np.inf
        ends = np.clip([gap - half, gap + half], -most, most)
        said.append((f"{gap:+.4f} [{ends[0]:+.4f}, {ends[1]:+.4f}]", f"{100 * (1 - level):.4g} %", p <= level))
    return said

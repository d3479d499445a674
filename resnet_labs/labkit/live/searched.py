"""The views of stored searches: the margin of the triplet loss, and the learning rate."""

from __future__ import annotations

from itertools import product

from resnet_labs import reports
from resnet_labs.labkit.live.view import Control, Frame, View, axis, lines
from resnet_labs.results import Result

_SEARCH = "r4.c3.searched.digits.choice"
_MINING = ("hard", "semihard", "all")
_FLOOR = 1e-4  # some losses are zero, which a logarithmic axis does not have


def searched() -> list[Result]:
    """Return the stored runs of the search on digits, one for each loss, rate and margin or weight."""
    return [run for run in reports.evidence(_SEARCH) if run.seed == 0]


def margin() -> View:
    """Margin, mining and rate against the training loss of triplets."""
    runs = {
        (run.settings["margin"], run.settings["mining"], run.settings["learning_rate"]): run
        for run in searched()
        if run.settings["loss"] == "triplet"
    }
    margins, _, rates = (sorted(set(values)) for values in zip(*runs, strict=True))
    frames: dict[tuple[int, ...], Frame] = {}
    every = [value for run in runs.values() for value in _drawn(run)]
    for (a, size), (b, mining), (c, rate) in product(enumerate(margins), enumerate(_MINING), enumerate(rates)):
        run = runs[size, mining, rate]
        losses = _epochs(run, "train_loss")
        says = (
            f"Margin {size:g}, {mining} triplets, rate {rate:g}: the loss ends at {losses[-1]:.2g}, "
            f"{'below' if losses[-1] < size else 'not below'} the margin. A share of {run.metrics['accuracy']:.3f} of "
            f"the validation images is right, and images of two classes are {run.metrics['separation']:.1f} times as "
            "far apart as images of one."
        )
        drawn = [(0, _drawn(run)), (1, [size] * len(losses))]
        right = [(2, _epochs(run, "accuracy"))]
        frames[a, b, c] = Frame([lines(drawn, (0, 1)), lines(right, (0, 2))], says)
    best = max(runs, key=lambda key: runs[key].metrics["accuracy"])
    epochs = len(_epochs(runs[best], "train_loss"))
    return View(
        name="margin",
        title="Margin of the triplet loss",
        text=f"""\
[Lab 07](../labs/solutions/lab07_losses.ipynb).
A loss that stays at the margin means that the network maps all images to nearly one point. At which margins and
rates does it happen, and with which mining? The view opens at the best of {len(runs)} runs. Each is one seed on
{runs[best].data["train"]} digits, judged on other training images. Losses below {_FLOOR:g} are drawn there.""",
        controls=[
            Control("margin", [f"{size:g}" for size in margins], start=margins.index(best[0])),
            Control("mining", _MINING, slider=False, start=_MINING.index(best[1])),
            Control("learning rate", [f"{rate:g}" for rate in rates], start=rates.index(best[2])),
        ],
        frames=frames,
        series=("triplet loss", "the margin", "right validation images"),
        styles=("0", "6d", "2"),
        axes=[
            axis("epoch", 1, epochs, ticks=[1, epochs // 2, epochs]),
            axis("triplet loss (distance)", min([*every, *margins]), max([*every, *margins]), log=True),
            axis("validation accuracy (fraction)", 0, 1),
        ],
    )


def rate() -> View:
    """A learning-rate search, by loss."""
    kinds: dict[str, dict[str, list[Result]]] = {}
    names = {"triplet": "triplets", "center": "center loss", "cross_entropy": "cross-entropy"}
    found = searched()
    for run in found:
        knobs = run.settings
        kind = " ".join(filter(None, (knobs.get("mining"), names[knobs["loss"]])))
        knob = next((f"{name} {knobs[name]:g}" for name in ("margin", "weight") if knobs.get(name) is not None), kind)
        kinds.setdefault(kind, {}).setdefault(knob, []).append(run)
    series = sorted({knob for arms in kinds.values() for knob in arms})
    rates = sorted({run.settings["learning_rate"] for run in found})
    every = [value for run in found for value in _drawn(run)]
    frames: dict[tuple[int, ...], Frame] = {}
    styles: dict[str, str] = {}
    for (a, arms), (b, chosen) in product(enumerate(kinds.values()), enumerate(rates)):
        across, within, quoted = [], [], []
        for number, (knob, runs) in enumerate(sorted(arms.items())):
            by_rate = {run.settings["learning_rate"]: run for run in runs}
            styles[knob] = str(number % 8)
            across.append((series.index(knob), [by_rate[rate].metrics["accuracy"] for rate in rates]))
            within.append((series.index(knob), _drawn(by_rate[chosen])))
            arm = f" with {knob}" if len(arms) > 1 else ""
            quoted.append(f"{by_rate[chosen].metrics['accuracy']:.3f}{arm}")
        says = f"Rate {chosen:g}, validation accuracy: {', '.join(quoted)}."
        panels = [lines(across, (0, 1), x=rates, marked=True), lines(within, (2, 3))]
        frames[a, b] = Frame(panels, says, chosen)
    epochs = len(_epochs(found[0], "train_loss"))
    return View(
        name="rate",
        title="A search for the learning rate",
        text=f"""\
[Lab 07](../labs/solutions/lab07_losses.ipynb).
Losses can be compared only if each has a rate that suits it. These are the {len(found)} runs of a
search on {found[0].data["train"]} digits: one picture has all rates, the other the training loss at the rate that you
choose. Each run is one seed, so small differences may be chance. Losses below {_FLOOR:g} are drawn there.""",
        controls=[
            Control("loss", list(kinds), slider=False),
            Control("learning rate", [f"{value:g}" for value in rates], start=len(rates) // 2),
        ],
        frames=frames,
        series=series,
        styles=[styles[knob] for knob in series],
        axes=[
            axis("learning rate", rates[0], rates[-1], log=True),
            axis("validation accuracy (fraction)", 0, 1),
            axis("epoch", 1, epochs, ticks=[1, epochs // 2, epochs]),
            axis("training loss", min(every), max(every), log=True),
        ],
    )


def _epochs(run: Result, name: str) -> list[float]:
    found = [run.metrics.get(f"{name}_epoch_{epoch}") for epoch in range(1, run.settings["epochs"] + 1)]
    return [value for value in found if value is not None]


def _drawn(run: Result) -> list[float]:
    return [max(value, _FLOOR) for value in _epochs(run, "train_loss")]

"""Which runs are compared seed by seed: the rules, and the pairs that they find in results lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from resnet_labs import results
from resnet_labs.results import PARTS, Result

Measured = Mapping[str, Sequence[Result]]


@dataclass(frozen=True, kw_only=True)
class _Setting:
    """Each value of a setting against one of them, in runs that have the settings `within` in common."""

    knob: str
    base: Any
    within: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ("accuracy",)


@dataclass(frozen=True)
class _Experiments:
    """Experiments against others."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Arms:
    """The arms of an experiment against others, by the first word of their name."""

    against: Mapping[str, str]


@dataclass(frozen=True)
class _OtherArms:
    """Each other arm of an experiment against one of them."""

    base: str
    metrics: tuple[str, ...] = ("accuracy",)


@dataclass(frozen=True)
class _Figures:
    """Figures of one line against others."""

    pairs: tuple[tuple[str, str], ...]


_MODEL = "r2.model_{}".format
_HEAD = "r0.transfer_table.{}".format
_LOSS = "r4.losses.{}".format

# The experiment whose table the differences follow -> what is compared
COMPARED: dict[str, _Setting | _Experiments | _Arms | _OtherArms | _Figures] = {
    "r0.transfer_table.linear_probe_pretrained": _Experiments(
        tuple(
            (_HEAD(row), _HEAD("linear_probe_pretrained"))
            for row in ("linear_probe_random", "last_block", "full_fine_tuning")
        )
    ),
    "r0.c1.digits": _Setting(knob="residual", base=False, within=("depth",)),
    "r0.c7": _Setting(knob="method", base="linear_probe", within=("limit",)),
    "r0.c8": _Figures(
        (("purity_layer3_before", "purity_layer3_random"), ("purity_layer3_after", "purity_layer3_before"))
    ),
    "r1.c6": _Setting(knob="network", base="resnet18"),
    "r1.c6.fine_tuned": _Setting(knob="depth", base=8),
    "r2.c1.batches": _OtherArms("large batch"),
    "r2.model_3": _Experiments(((_MODEL(2), _MODEL(1)), (_MODEL(3), _MODEL(2)))),
    "r2.c3.ablation": _Arms({"with": _MODEL(1), "without": _MODEL(3)}),
    "r3.c4": _OtherArms("frozen", metrics=("accuracy", "old_task_accuracy")),
    "r3.c5": _Setting(knob="views", base=0, metrics=("accuracy", "accuracy_gap", "loss_gap")),
    "r3.c5.views": _Setting(knob="views", base=1),
    "r4.losses.triplet": _Experiments(
        ((_LOSS("triplet"), _LOSS("cross_entropy")), (_LOSS("center"), _LOSS("cross_entropy")))
    ),
    **dict.fromkeys(("r4.c3.searched.digits", "r4.c3.searched.photographs"), _OtherArms("hard triplets")),
    "r4.c2": _Setting(knob="learning_rate", base=0.001),
    "r4.c4": _Setting(knob="weight", base=0.0, metrics=("between_centers", "between_classes", "separation")),
    "r4.c6": _Setting(knob="mining", base="hard"),
    **dict.fromkeys(("r4.c8", "r4.c8.digits"), _Figures((("conv_net", "mlp"), ("conv_net_shuffled", "conv_net")))),
    **dict.fromkeys(
        ("r4.c9", "r4.c9.digits"),
        _Figures(
            (
                ("without_relu", "as_reported"),
                ("as_reported_more_epochs", "as_reported"),
                ("conv_net", "as_reported"),
                ("conv_net", "without_relu"),
            )
        ),
    ),
}


class Pair(NamedTuple):
    """Names, figures and runs of two sides."""

    names: tuple[str, str]
    metrics: tuple[str, str]
    runs: tuple[Sequence[Result], Sequence[Result]]


def pairs(experiment: str, measured: Measured) -> Iterator[Pair]:
    """Yield what is compared below an experiment's table: runs on the same images, computed the same way."""
    for pair in _pairs(experiment, measured):
        whole = all(name in run.metrics for runs, name in zip(pair.runs, pair.metrics, strict=True) for run in runs)
        if whole and same_images(*pair.runs):
            yield pair


def _pairs(experiment: str, measured: Measured) -> Iterator[Pair]:
    rule = COMPARED.get(experiment)
    runs = measured.get(experiment, ())
    match rule:
        case _Setting():
            for metric in rule.metrics:
                yield from _by_setting(rule, results.alike(runs), metric)
        case _Experiments():
            for first, second in rule.pairs:
                names = _short(first), _short(second)
                yield from _like(names, measured.get(first, ()), measured.get(second, ()))
        case _Arms():
            for arm in dict.fromkeys(str(run.settings.get("arm", "")) for run in runs):
                if model := rule.against.get(arm.partition(" ")[0]):
                    own = [run for run in runs if run.settings.get("arm") == arm]
                    yield from _like((arm, _short(model)), own, measured.get(model, ()))
        case _OtherArms():
            arms = dict.fromkeys(str(run.settings.get("arm", "")) for run in runs)
            sides = {arm: [run for run in runs if run.settings.get("arm") == arm] for arm in arms}
            for metric in rule.metrics:
                for arm in sides:
                    if arm != rule.base:
                        yield from _like((arm, rule.base), sides[arm], sides.get(rule.base, ()), metric)
        case _Figures():
            for group in results.alike(runs):
                for figures in rule.pairs:
                    yield Pair((plain(figures[0]), plain(figures[1])), figures, (group, group))


def _by_setting(rule: _Setting, groups: Sequence[Sequence[Result]], metric: str) -> Iterator[Pair]:
    for group in groups:
        settings = group[0].settings
        if settings.get(rule.knob) == rule.base:
            continue
        for base in groups:
            same = all(base[0].settings.get(name) == settings.get(name) for name in rule.within)
            if same and base[0].settings.get(rule.knob) == rule.base and computed_alike(group, base):
                where = "".join(f", {plain(name)} {settings.get(name)}" for name in rule.within)
                names = (f"{plain(rule.knob)} {settings.get(rule.knob)}{where}", f"{plain(rule.knob)} {rule.base}")
                yield Pair(names, (metric, metric), (group, base))
                break


def _like(
    names: tuple[str, str], first: Sequence[Result], second: Sequence[Result], metric: str = "accuracy"
) -> Iterator[Pair]:
    groups = results.alike(second)
    for group in results.alike(first):
        base = next((base for base in groups if computed_alike(group, base)), None)
        if base:
            yield Pair(names, (metric, metric), (group, base))


def computed_alike(first: Sequence[Result], second: Sequence[Result]) -> bool:
    """Return whether two groups of runs agree in number format, machine, versions and numbers of images.

    Equals: `results.sameness` of both, but for experiment and settings.
    """
    one, other = (results.sameness(runs[0]) for runs in (first, second))
    return all(one[name] == other[name] for name in one if name not in ("experiment", "settings"))


def same_images(first: Sequence[Result], second: Sequence[Result]) -> bool:
    """Return whether no seed was judged on other images, as far as the lines hold checksums.

    Equals: equal checksums of the judged part for every seed that both have.
    """

    def judged(run: Result) -> str | None:
        return next((run.data.get("checksum", {}).get(part) for part in PARTS if part in run.data), None)

    return all(judged(one) == judged(other) for one in first for other in second if one.seed == other.seed)


def _short(experiment: str) -> str:
    return plain(experiment.split(".")[-1])


def plain(name: str) -> str:
    """Return a results line's name in words."""
    return name.replace("_", " ")

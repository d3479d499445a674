"""Read a report's file; what is wrong is named with its field, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from resnet_labs.errors import InputError
from resnet_labs.reports.audit import fields
from resnet_labs.reports.audit.fields import Wrong
from resnet_labs.reports.audit.form import LOSSES, SPLITS, UNITS, Experiment, Log, Report, Scores
from resnet_labs.reports.audit.printed import Loader, Printed

MOST_BYTES = 4 * 2**20


def read(path: Path) -> Report:
    """Return the report in a file.

    Raises:
        InputError: it cannot be read, or is not as `audit/form.py` says; the message names file and field.
    """
    try:
        if path.is_dir():
            raise Wrong("it", "is a folder", "Give the YAML file of a report.")
        if path.stat().st_size > MOST_BYTES:
            raise Wrong("it", f"is larger than {MOST_BYTES // 2**20} MiB", "Leave out what the audit does not read.")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8 text.", "Save it in that encoding.") from None
    except FileNotFoundError:
        raise InputError(f"There is no file {str(path)!r}.", "Give a report (r0 to r4) or a YAML file.") from None
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror}.", "Give a YAML file.") from None
    except Wrong as wrong:
        raise InputError(f"{path.name}: {wrong}", wrong.fix) from None
    return parse(text, path.name)


def parse(text: str, name: str) -> Report:
    """Return the report in a YAML text; `name` stands before every message."""
    try:
        loaded = _loaded(text)
    except Wrong as wrong:
        raise InputError(f"{name}: {wrong}", wrong.fix) from None
    return report(loaded, name)


def report(given: Any, name: str) -> Report:
    """Return the report in what a YAML text holds; `name` stands before every message."""
    try:
        return _report(given)
    except Wrong as wrong:
        raise InputError(f"{name}: {wrong}", wrong.fix) from None


def _loaded(text: str) -> Any:
    loader = Loader(text)
    try:
        node = loader.get_single_node()
        _once(node)
        return None if node is None else loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise Wrong(f"it{where}", f"is no YAML: {problem}", "A YAML file has `name: value` in each line.") from None
    except RecursionError:
        raise Wrong("it", "is nested too deeply", "The docstring of audit/form.py shows the form.") from None


def _once(node: yaml.Node | None, place: str = "") -> None:
    """Raise Wrong if a mapping names a key twice; YAML would keep the last without a word."""
    if isinstance(node, yaml.MappingNode):
        keys = [str(key.value) for key, _ in node.value]
        if len({*keys}) < len(keys):
            twice = next(key for key in keys if keys.count(key) > 1)
            raise Wrong(place or "it", f"names {twice} twice", "Keep one of the two.")
        for key, value in node.value:
            _once(value, f"{place}.{key.value}" if place else str(key.value))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            if not isinstance(value, yaml.ScalarNode):
                _once(value, f"{place}[{number}]")


def _report(given: Any) -> Report:
    if given is None:
        raise Wrong("the file", "is empty", "The docstring of audit/form.py shows the form.")
    known = ("id", "title", "experiments", "comparisons", "twice", "alike", "same_images", "claims")
    fields.mapping(given, "", required=known[:3], optional=known[3:])
    experiments = fields.mapping(given["experiments"], "experiments")
    if not experiments:
        raise Wrong("experiments", "is empty", "Give at least one.")
    made = {str(name): _experiment(each, f"experiments.{name}") for name, each in experiments.items()}
    groups = {name: _groups(given.get(name, []), name, made) for name in ("alike", "same_images")}
    return Report(
        fields.text(given["id"], "id"),
        fields.text(given["title"], "title"),
        made,
        tuple(_comparison(each, place, made) for place, each in fields.items(given, "comparisons")),
        tuple(_twice(each, place) for place, each in fields.items(given, "twice")),
        **groups,
        claims=tuple(_claim(each, place, made) for place, each in fields.items(given, "claims")),
    )


def _experiment(given: Any, place: str) -> Experiment:
    return Experiment(**fields.record(given, place, _FIELDS))


def _scores(given: Any, place: str) -> dict[str, Scores]:
    fields.mapping(given, place, optional=SPLITS)
    made = {}
    for split, figures in given.items():
        made[split] = Scores(**fields.record(figures, f"{place}.{split}", _SCORES))
    return made


def _log(given: Any, place: str) -> Log:
    columns = [f"{split}_{what}" for split in SPLITS for what in ("loss", "accuracy")]
    fields.mapping(given, place, required=("unit",), optional=("epoch", *columns))
    unit = fields.choice(*UNITS)(given["unit"], f"{place}.unit")
    made: dict[str, tuple[Printed | None, ...]] = {}
    for name in columns:
        if name in given:
            reader = fields.fraction if name.endswith("accuracy") else fields.number
            made[name] = fields.sequence(fields.or_null(reader))(given[name], f"{place}.{name}")
    if not made:
        raise Wrong(place, "has no column", f"Give one of {', '.join(columns)}.")
    rows = len(next(iter(made.values())))
    epoch = fields.sequence(fields.count)(given.get("epoch", [*range(1, rows + 1)]), f"{place}.epoch")
    for name, values in made.items():
        if len(values) != len(epoch):
            problem = f"has {len(values)} rows, and there are {len(epoch)} epochs"
            raise Wrong(f"{place}.{name}", problem, "Write null where an epoch has no value.")
    steps = {later - earlier for earlier, later in pairwise(epoch)}
    if steps and min(steps) < 1:
        raise Wrong(f"{place}.epoch", "does not rise", "Give each epoch once, in order.")
    if len(steps) == 1 and min(steps) >= 50:
        problem = f"goes in steps of {min(steps)}, which look like training steps"
        raise Wrong(f"{place}.epoch", problem, "Number the epochs from 1, or give only the rows at their ends.")
    return Log(unit, epoch, made)


def _comparison(given: Any, place: str, experiments: Mapping[str, Experiment]) -> dict[str, str]:
    fields.mapping(given, place, required=("better", "worse"), optional=("images",))
    for side in ("better", "worse"):
        _known(given[side], f"{place}.{side}", experiments)
    images = fields.choice(*SPLITS)(given.get("images", "test"), f"{place}.images")
    return {"better": given["better"], "worse": given["worse"], "images": images}


def _twice(given: Any, place: str) -> dict[str, Any]:
    fields.mapping(given, place, required=("what", "values"), optional=("unless",))
    fields.text(given["what"], f"{place}.what")
    values = fields.sequence(lambda value, _: value)(given["values"], f"{place}.values")
    if len(values) < 2:
        raise Wrong(f"{place}.values", "has one value", "Give the values of all places.")
    return {**given, "values": values}


def _groups(given: Any, name: str, experiments: Mapping[str, Experiment]) -> tuple[tuple[str, ...], ...]:
    made = []
    for place, group in fields.items({name: given}, name):
        names = fields.sequence(lambda value, at: _known(value, at, experiments))(group, place, at_itself=True)
        if len(names) < 2:
            raise Wrong(place, "has one experiment", "Give at least two.")
        made.append(names)
    return tuple(made)


def _claim(given: Any, place: str, experiments: Mapping[str, Experiment]) -> dict[str, Any]:
    fields.mapping(given, place, required=("id", "text", "certainty", "rule"))
    fields.text(given["id"], f"{place}.id")
    fields.text(given["text"], f"{place}.text")
    fields.choice("says", "suggests", "expects")(given["certainty"], f"{place}.certainty")
    rule = fields.mapping(given["rule"], f"{place}.rule", optional=("better", "checks", "none"))
    if len(rule) != 1:
        raise Wrong(f"{place}.rule", f"has {len(rule)} parts", "Give one of better, checks and none.")
    if "none" in rule:
        fields.text(rule["none"], f"{place}.rule.none")
    for kind in ("better", "checks"):
        if kind in rule:
            at = f"{place}.rule.{kind}"
            names = fields.sequence(lambda value, at: _known(value, at, experiments))(rule[kind], at, at_itself=True)
            if kind == "better" and len(names) != 2:
                raise Wrong(at, f"names {len(names)} experiments", "Give two: the better one first.")
    return given


def _known(name: Any, place: str, experiments: Mapping[str, Experiment]) -> str:
    if name not in experiments:
        raise Wrong(place, f"names {name!r}", f"Experiments: {', '.join(experiments)}.")
    return name


_COUNTS = fields.by(SPLITS, fields.count_or_none)
_FIELDS: dict[str, fields.Reader] = {
    "dataset": fields.text,
    "classes": fields.at_least(2),
    "images": _COUNTS,
    "class_images": _COUNTS,
    "folds": fields.by(SPLITS, fields.sequence(fields.count)),
    "split": fields.by(SPLITS, fields.fraction),
    "pixels": fields.count,
    "network": fields.text,
    "outputs": fields.count,
    "blocks": fields.count,
    "printed_blocks": fields.count,
    "block_convolutions": fields.sequence(fields.count),
    "maps": fields.by(("layer1", "layer2", "layer3", "layer4", "avgpool"), fields.sequence(fields.count)),
    "loss": fields.choice(*LOSSES),
    "batch_size": _COUNTS,
    "epochs": fields.count,
    "trains": fields.choice("all", "head"),
    "mixup": fields.flag,
    "hardware": fields.text,
    "seconds": fields.positive,
    "scores": _scores,
    "log": _log,
}
_SCORES: dict[str, fields.Reader] = {
    **dict.fromkeys(("accuracy", "accuracy_before", "precision", "recall", "f_score"), fields.fraction),
    "also_accuracy": fields.sequence(fields.fraction),
    "top_k": fields.top_k,
    "averaging": fields.choice("macro", "positive"),
    "classwise": fields.sequence(fields.fraction),
    "confusion": fields.confusion,
    "interval": fields.sequence(fields.fraction),
}

"""Figures that prose quotes from stored results lines, the reports' facts and logs, and the claims' verdicts.

A quotation has a source, a figure and, if wanted, an aggregate and a format: `SOURCE: FIGURE [AGGREGATE] [as FORMAT]`.

- `r4.c9 data=digits: without_relu` is the mean over the seeds of a figure of an experiment's stored lines. Settings
  (`depth=56 residual=false`), the data set (`data=`) and the seed choose the runs; what is left must differ in the seed
  alone. If it was run again, the later runs count. `depth=any` takes runs of all depths, of which there is no mean.
  The figure may be a difference (`train_accuracy - accuracy`), `seconds`, a setting, or the number of images of a part
  (`test`).
- `A less B: accuracy` and `A over B: seconds` compare two such sources, seed by seed.
- `r4: losses.triplet.top1` is a figure of a report.
- `r4_log_triplet epoch=1: test_acc` is one of a report's training log.
- `r4.c9: verdict` is one of `verdict`, `because`, `briefly` (the same without intervals), `claim` and `certainty` of a
  claim.
- `claims: refuted`, `experiments: on_stand_ins`, `labs: count`: how many there are; `_counted` has the names.

Aggregates: `mean` (the default), `interval`, `summary` (both), `min`, `max`, `range`, `seeds` (each value), `count`,
and, of comparisons and differences, `above` (in how many seeds the first is above the second). Formats: `.3` (digits),
`%` or `%.2`, `points` or `points.0` (of a hundred), `,` (whole); a `+` before it shows the sign.
"""

from __future__ import annotations

import re
import shlex
from statistics import fmean
from typing import Any

import yaml

from resnet_labs import reports, results
from resnet_labs.errors import InputError, nearest
from resnet_labs.labkit import _counted
from resnet_labs.labkit._quoted_runs import Values, compared, values
from resnet_labs.reports import schema, verdicts
from resnet_labs.reports.compared import plain
from resnet_labs.reports.findings import Lines

AGGREGATES = ("mean", "interval", "summary", "min", "max", "range", "seeds", "count", "above")
_ABOUT_CLAIMS = ("verdict", "because", "briefly", "claim", "certainty")
_FORMAT = re.compile(r"(\+?)(?:\.(\d)|(%|points|,)(?:\.(\d))?)")


def quoted(text: str, lines: Lines = reports.evidence) -> str:
    """Return what a quotation says.

    Args:
        text: the quotation.
        lines: returns the results lines of an experiment.

    Raises:
        InputError: a name is not known, no line fits, or several that must not be taken together.

    Example:
        >>> quoted("r1: digits.accuracy_after_training as %.2")
        '97.45 %'
    """
    source, figure, aggregate, form = _parts(text)
    if figure in _ABOUT_CLAIMS and re.fullmatch(r"r\d+\.c\d+", source):
        return _of_claim(source, figure, lines)
    if source in _counted.NAMES:
        return f"{_counted.counted(source, figure, lines):,}"
    found = _found(source, figure, lines)
    if isinstance(found, str):
        return found
    return _said(found, aggregate, form or found.form)


def _parts(text: str) -> tuple[str, str, str, str]:
    """Return the source, the figure, the aggregate and the format of a quotation."""
    source, colon, rest = " ".join(text.split()).partition(":")
    rest, shown, form = f"{rest} ".partition(" as ")
    form = form.strip()
    if shown and not _FORMAT.fullmatch(form):
        raise InputError(f"There is no format {form!r}.", "Formats are `.3`, `%`, `%.2`, `points` and `+points.0`.")
    if not source.strip() or (colon and not rest.strip()):
        raise InputError(f"{text.strip()!r} names no {'figure' if source.strip() else 'source'}.", _HELP)
    if not colon:
        raise InputError(f"{text.strip()!r} has no colon.", _HELP)
    words = rest.split()
    if len(words) > 1 and words[-2] != "-":
        if words[-1] not in AGGREGATES:
            raise InputError(f"There is no aggregate {words[-1]!r}.", nearest(words[-1], AGGREGATES))
        return source.strip(), " ".join(words[:-1]), words[-1], form
    return source.strip(), " ".join(words), "", form


_HELP = "Write `SOURCE: FIGURE`; the docstring of resnet_labs/labkit/quoted.py has the rules."


def _of_claim(number: str, what: str, lines: Lines) -> str:
    facts = reports.claim_facts(number)
    if what in ("claim", "certainty"):
        return str(facts["text" if what == "claim" else what])
    found = verdicts.verdict(number, lines)
    if what == "verdict":
        return found.kind
    return found.because if what == "because" else _briefly(found.because)


def _briefly(because: str) -> str:
    """Return the reason of a verdict without intervals, seeds, replaced data, and without its figure if it is one."""
    figures = {*re.findall(r"\(([\w -]+), \d+ seeds\)", because)}
    text = re.sub(r"(?<=\d) \[[^]]*\]|,? \(\d+ seeds\)| over \d+ seeds", "", because)
    text = re.sub(r" \(([\w -]+), \d+ seeds\)", r" (\1)" if len(figures) > 1 else "", text)
    text = re.sub(r" in place of [^,;):]*", "", text)
    return re.sub(r"\br\d\.(?!c\d)\w+\.(\w+)(?= (?:less|is)\b|[;.]| by\b)", lambda name: plain(name[1]), text)


def _found(source: str, figure: str, lines: Lines) -> Values | str:
    for word in ("less", "over"):
        if f" {word} " in source:
            sides = [_arm(side) for side in source.split(f" {word} ", 1)]
            return compared(word, *(values(name, chosen, figure, lines) for name, chosen in sides))
    name, chosen = _arm(source)
    if name in reports.REPORTS:
        return _of_report(name, figure)
    if "_log_" in name:
        return _of_log(name, chosen, figure)
    return values(name, chosen, figure, lines)


def _arm(source: str) -> tuple[str, dict[str, Any]]:
    """Return the name of a source and the settings that choose its runs."""
    try:
        name, *words = shlex.split(source)
    except ValueError as error:
        raise InputError(f"{source!r} has an open quotation mark.", 'Close it, as in `arm="with mixup"`.') from error
    chosen = {}
    for word in words:
        setting, sign, value = word.partition("=")
        if not sign:
            raise InputError(f"{word!r} chooses no runs.", "Write `SETTING=VALUE`, as in `depth=56`.")
        chosen[setting] = yaml.safe_load(value)
    return name, chosen


def _of_report(report: str, place: str) -> Values | str:
    try:
        value = schema.lookup(reports.load_report(report), place)
    except (KeyError, TypeError):
        raise InputError(f"{report}.yaml has no figure {place!r}.", "Write its place, as in `digits.epochs`.") from None
    if value is None:
        raise InputError(f"{report}.yaml leaves {place} out, as the report does.", "Quote a figure that it has.")
    if isinstance(value, dict):
        raise InputError(f"{place} of {report}.yaml is not a figure.", nearest("", list(value)))
    if isinstance(value, list):
        return Values(dict(enumerate(value)), whole=f"{len(value)} values of {place}")
    return value if isinstance(value, str) else Values({0: value})


def _of_log(name: str, chosen: dict[str, Any], column: str) -> Values:
    log = reports.training_log(name)
    if column not in log:
        raise InputError(f"{name} has no column {column!r}.", nearest(column, log))
    by_epoch = dict(enumerate(log[column], 1))
    if not chosen:
        return Values(by_epoch, whole=f"{len(by_epoch)} epochs")
    if [*chosen] != ["epoch"] or chosen["epoch"] not in by_epoch:
        raise InputError(f"{name} has no such row.", f"Choose by `epoch=1` to `epoch={len(by_epoch)}`.")
    return Values({0: by_epoch[chosen["epoch"]]})


def _said(found: Values, aggregate: str, form: str) -> str:
    several = list(found.by_seed.values())
    if aggregate == "count":
        return str(len(several))
    if aggregate in ("min", "max"):
        return number(min(several) if aggregate == "min" else max(several), form)
    if aggregate == "range":
        return f"{number(min(several), form)} to {number(max(several), form)}"
    if found.whole:
        raise InputError(
            f"There is no {aggregate or 'mean'} over {found.whole}.",
            "Choose one, such as by `epoch=1`, or write `min`, `max`, `range` or `count`.",
        )
    if aggregate == "above":
        if not found.compares:
            raise InputError("`above` needs a comparison.", "Write `A less B: FIGURE above` or `FIRST - SECOND above`.")
        return f"{sum(one > found.compares - 1 for one in several)} of {len(several)}"
    if aggregate == "seeds":
        *most, last = (number(one, form) for one in several)
        return f"{', '.join(most)} and {last}" if most else last
    if aggregate in ("interval", "summary"):
        return _interval(found, aggregate, form)
    if len({*several}) == 1:
        return number(several[0], form)
    return number(fmean(several), form or ".4")


def _interval(found: Values, aggregate: str, form: str) -> str:
    summary = results.summarise(found.runs, found.metric) if found.runs and " - " not in found.metric else None
    if summary is None or summary.low is None or summary.high is None:
        raise InputError("This figure has no interval.", "Write `mean`, `range` or `seeds`.")
    ends = f"[{number(summary.low, form)}, {number(summary.high, form)}]"
    return ends if aggregate == "interval" else f"{number(summary.mean, form)} {ends}"


def number(value: float, form: str = "") -> str:
    """Return a number in a quotation's format, by default as it was written, with commas in thousands."""
    if not form:
        return f"{value:,}" if isinstance(value, int) else str(value)
    found = _FORMAT.fullmatch(form)
    assert found is not None  # `_parts` refused others
    sign, digits, unit, unit_digits = found.groups()
    if not unit:
        return f"{value:{sign}.{digits}f}"
    if unit == ",":
        return f"{value:{sign},.0f}"
    return f"{100 * value:{sign}.{unit_digits or 1}f}" + (" %" if unit == "%" else "")

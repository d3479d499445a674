"""Write the book's ledger and its form for one's own report.

`python -m resnet_labs.labkit.ledger_page` writes book/ledger.md and book/own_report.md; `--check` only says whether
they are up to date. Their filter and their form need no kernel and no network: they are in book/_static.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, get_args

from resnet_labs import reports
from resnet_labs.labkit._generated import settle
from resnet_labs.reports import REPORTS, load_report
from resnet_labs.reports.audit import judge, written
from resnet_labs.reports.schema import CERTAINTIES
from resnet_labs.reports.verdicts import Kind

BOOK = Path(__file__).parents[2] / "book"
COMMAND = "python -m resnet_labs.labkit.ledger_page"
_GENERATED = f"<!-- Generated from resnet_labs/reports: edit nothing here, run {COMMAND} -->"

_LEDGER = """\
{generated}

# The ledger

Every {{term}}`claim` of the [five reports](reports.md), in our words, with how sure the report is of it (it says,
suggests or expects), our {{term}}`verdict`, and what it rests on. {counted} The rules of the verdicts are in
`resnet_labs/reports/rN.yaml`; the checks that read the reports' own figures are in `resnet_labs/reports/audit`.
`resnet-labs audit` prints the same in a terminal.

- *confirmed* and *refuted*: by counting, or by runs on the report's own data and settings. A claim about methods in
  general may be decided on stand-ins, which are then named.
- *inconsistent with itself*: two statements or figures of the report cannot both be true.
- *not shown*: what is known does not decide it, or was measured on stand-ins.
- *not testable*: nothing that the report gives could decide it.

The differences of one claim are judged together, at 5 %. Those below a table of the [results](results.md) are judged
with all others of that table. A table with many differences asks more of each, so one difference can be decided here
and undecided there.

{filter}

{rows}

## What else the figures say

{traces}
<script defer src="../_static/ledger.js"></script>
"""

_FORM = """\
{generated}

# Audit a report of your own

Fill in what a report states, and leave empty what it does not. The text below is the report in the audit's form; save
it as a file and run `resnet-labs audit my-report.yaml`. Nothing leaves this page. What you type is not checked here:
the audit names each field that is wrong.

Write fractions from 0 to 1 with a decimal point and with all decimals that are printed, zeros at the end included:
`0.9740`, not `97.4 %`. More fields, several experiments, comparisons and claims: see the form in
`resnet_labs/reports/audit/form.py`.

<form id="own-report" autocomplete="off">
{fields}
</form>
<p><button type="button" id="own-report-save">Save as my-report.yaml</button></p>
<p><label for="own-report-text">my-report.yaml</label></p>
<textarea id="own-report-text" rows="24" readonly spellcheck="false">The form needs JavaScript.</textarea>
<script defer src="../_static/own_report.js"></script>
"""


def ledger() -> str:
    """Return the ledger."""
    claims = {name: judge.judged(name) for name in REPORTS}
    kinds = Counter(each.verdict.kind for found in claims.values() for each in found)
    listed = ", ".join(f"{kinds[kind]} {kind}" for kind in get_args(Kind))
    return _LEDGER.format(
        generated=_GENERATED,
        counted=f"Of {sum(kinds.values())} claims, these are: {listed}.",
        filter="\n".join(_filter()),
        rows="\n\n".join("\n".join(_table(name, found)) for name, found in claims.items()),
        traces="\n\n".join("\n".join(_traces(name)) for name in REPORTS),
    )


def _filter() -> Iterator[str]:
    yield '<form id="ledger-filter" autocomplete="off" hidden>'
    for name, label, values in (
        ("report", "report", REPORTS),
        ("verdict", "verdict", get_args(Kind)),
        ("certainty", "the report", CERTAINTIES),
    ):
        options = "".join(f'<option value="{value}">{value}</option>' for value in values)
        yield f'<label>{label} <select name="{name}"><option value="">all</option>{options}</select></label>'
    yield '<label>words <input name="words" type="search"></label>'
    yield '<output id="ledger-count" aria-live="polite"></output>'
    yield "</form>"


def _table(name: str, found: Sequence[judge.Judged]) -> Iterator[str]:
    yield f"## {name}: {load_report(name)['title']}\n"
    yield '<table class="ledger">'
    yield "<thead><tr><th>claim</th><th>the report</th><th>verdict</th><th>because</th></tr></thead>"
    yield "<tbody>"
    for each in found:
        kind = each.verdict.kind
        facts = f'data-report="{name}" data-verdict="{kind}" data-certainty="{each.certainty}"'
        because = [_inline(each.verdict.because)]
        because += [f"<br><small>Besides: {_inline(note)}.</small>" for note in each.notes]
        if lines := _lines(load_report(name), each.claim):
            because.append(f"<br><small>Lines: {lines}</small>")
        yield (
            f'<tr id="{each.claim.replace(".", "-")}" {facts}><td>{each.claim}</td>'
            f"<td>{each.certainty}: {_inline(each.text)}</td><td>{kind}</td><td>{''.join(because)}</td></tr>"
        )
    yield "</tbody>\n</table>"


def _lines(report: Mapping[str, Any], claim: str) -> str:
    """Return links to the stored lines that a claim's rule reads."""
    rule = next(each["rule"] for each in report["claims"] if each["id"] == claim)
    parts = [part for kind in ("compare", "contains", "seeds") for part in rule.get(kind, [])]
    sides = [{**part, **part.get(side, {})} for part in parts for side in ("higher", "lower")]
    names = dict.fromkeys(side["evidence"] for side in sides if "evidence" in side)
    return ", ".join(
        f'<a href="results.html#{name.lower().replace(".", "-").replace("_", "-")}">{name}</a>'
        for name in names
        if reports.evidence(name)
    )


def _traces(name: str) -> Iterator[str]:
    yield f"### {name}\n"
    yield "<ul>"
    for trace in judge.traces_of(name):
        assumed = f" (if {trace.assumes})" if trace.assumes else ""
        said = _inline(f"{trace.place}: {trace.says}{assumed}.")
        kind = "" if trace.kind == "follows" else f"<b>{trace.kind}</b>, "
        yield f'<li data-report="{name}">{kind}{said}</li>'
    yield "</ul>"


def form() -> str:
    """Return the page with the form for one's own report."""
    return _FORM.format(generated=_GENERATED, fields="\n".join(_fields()))


def _fields() -> Iterator[str]:
    for place, label, example in written.FIELDS:
        key = place.rpartition(".")[2]
        kind = "text" if key in written.TEXTS else "list" if key in written.LISTS else "number"
        yield (
            f'<p><label for="own-{place}">{escape(label)}</label><br><input id="own-{place}" data-place="{place}" '
            f'data-kind="{kind}" placeholder="such as {escape(example)}"></p>'
        )


def _inline(text: str) -> str:
    """Return a text for HTML inside Markdown, where some signs would still be read as Markdown."""
    return escape(text).translate({ord(sign): f"&#{ord(sign)};" for sign in "*_`[]{}$|\\~"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Write both pages, or with `--check` only compare; return 0 if they are up to date, 1 if one is stale."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Write the book's ledger.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a page is stale")
    options = parser.parse_args(arguments)
    texts = {BOOK / "ledger.md": ledger(), BOOK / "own_report.md": form()}
    return settle(texts, COMMAND, root=BOOK.parent, check=options.check)


if __name__ == "__main__":
    sys.exit(main())

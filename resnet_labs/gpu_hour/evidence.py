"""What was measured, into the evidence; and which verdicts that changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from resnet_labs import recipes, reports, results
from resnet_labs.errors import InputError
from resnet_labs.reports import EVIDENCE
from resnet_labs.reports.verdicts import verdict
from resnet_labs.results import Result


def keep(folder: Path, *, say: Callable[[str], object]) -> None:
    """Append the lines below a folder to the evidence, each once, and say which verdicts change.

    Args:
        folder: where the lines of the GPU hour are.
        say: receives a sentence for each experiment, each kind of line that is left out, and each verdict that changes.

    Raises:
        InputError: there is no line, or the evidence cannot be written.
    """
    lines = [line for path in sorted(folder.rglob("results.jsonl")) for line in results.read(path)]
    if not lines:
        raise InputError(
            f"There is no results line below {str(folder)!r}.", "Give the folder of the lines with --runs."
        )
    numbers = [claim["id"] for name in reports.REPORTS for claim in reports.load_report(name)["claims"]]
    before = {number: verdict(number) for number in numbers}
    added: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for line in lines:
        reason = _left_out(line)
        if reason:
            left_out[f"{line.experiment}: {reason}"] += 1
            continue
        results.append(EVIDENCE / f"{line.experiment}.jsonl", line)
        added[line.experiment] += 1
    for name, count in added.items():
        say(f"{name}: {count} lines added")
    for words, count in left_out.items():
        say(f"{words}; {count} lines left out")
    for number in numbers:
        now = verdict(number)
        if now != before[number]:
            say(f"{number}: {before[number].kind} -> {now.kind}; {now.because}")


def _left_out(line: Result) -> str:
    """Return why a line cannot become evidence, empty if it can."""
    if recipes.recipe_of(line) is None:
        return "no recipe of the reports made it"
    if not line.commit or line.commit.endswith("+"):
        return "it was measured outside a checkout, or in one with changes, so that no commit names its source"
    target = EVIDENCE / f"{line.experiment}.jsonl"
    known = [asdict(one) for one in results.read(target)] if target.is_file() else []
    return "it is there already" if asdict(line) in known else ""

"""The results page shows each claim with how certain the report is of it, and the verdict that follows."""

from __future__ import annotations

import re
from pathlib import Path

from helpers.results_page import line, page

from resnet_labs import reports
from resnet_labs.labkit.results_page import PAGE, escaped
from resnet_labs.reports import compare
from resnet_labs.reports.verdicts import verdict


def test_every_claim_is_on_the_page_with_certainty_and_verdict() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in reports.REPORTS:
        for claim in reports.load_report(name)["claims"]:
            (row,) = re.findall(rf"^- \*\*{re.escape(claim['id'])}\*\*, (.+)$", text, re.MULTILINE)
            assert row.startswith(f"the report {claim['certainty']}: {escaped(claim['text'])}. **")
            assert row.replace("**", "").endswith(escaped(str(verdict(claim["id"]))))


def test_verdicts_follow_the_lines_of_the_page(tmp_path: Path) -> None:
    row = r"- \*\*r1\.c3\*\*, .+ \*\*Not shown\*\*: (.+)"
    assert re.search(row, page(tmp_path))[1].startswith("no run of r1.digits is stored")
    assert "which includes the report's 0.9745" in re.search(row, page(tmp_path, line(0), line(1)))[1]


def test_figures_that_a_report_calls_approximate_are_called_so(tmp_path: Path) -> None:
    run = line(experiment="r2.model_2")
    assert "| test accuracy | about 0.2 | " in page(tmp_path, run, name="r2.model_2")
    assert re.search(r"^test accuracy +~0\.20 ", compare.as_text([run]), re.MULTILINE)
    assert not compare.compare([line()])[1].about

"""The ledger has every claim with its verdict, and its filter and form work without a kernel and without a network."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from helpers.places import ROOT

from resnet_labs.labkit import ledger_page
from resnet_labs.reports import REPORTS, load_report
from resnet_labs.reports.audit import reading, written

BOOK = ROOT / "book"
ROW = re.compile(r'<tr id="([^"]+)" data-report="(r\d)" data-verdict="([^"]+)" data-certainty="(\w+)">(.*)</tr>')


def test_the_committed_pages_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert ledger_page.main(["--check"]) == 0, capsys.readouterr().err


def test_a_stale_page_is_named_and_writing_corrects_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ledger_page, "BOOK", tmp_path / "book")
    monkeypatch.setattr(ledger_page, "ledger", lambda: "# The ledger\n")
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "ledger.md").write_text("typed by hand", encoding="utf-8")
    assert ledger_page.main(["--check"]) == 1
    assert "book/ledger.md is stale; run `python -m resnet_labs.labkit.ledger_page`." in capsys.readouterr().err
    assert ledger_page.main([]) == 0
    assert ledger_page.main(["--check"]) == 0


def test_every_claim_is_a_row_with_its_certainty_and_its_text() -> None:
    rows = ROW.findall((BOOK / "ledger.md").read_text(encoding="utf-8"))
    claims = [claim for name in REPORTS for claim in load_report(name)["claims"]]
    assert [row[0] for row in rows] == [claim["id"].replace(".", "-") for claim in claims]
    for (_, report, verdict, certainty, cells), claim in zip(rows, claims, strict=True):
        assert (report, certainty) == (claim["id"][:2], claim["certainty"])
        assert f"<td>{certainty}: {claim['text']}</td><td>{verdict}</td>" in unescape(cells)


def test_links_to_stored_lines_have_their_anchors() -> None:
    anchors = {name.lower().replace(".", "-").replace("_", "-") for name in _labels()}
    wanted = set(re.findall(r'href="results\.html#([^"]+)"', (BOOK / "ledger.md").read_text(encoding="utf-8")))
    assert wanted
    assert wanted <= anchors


def _labels() -> list[str]:
    return re.findall(r"^\((r[^)]+)\)=$", (BOOK / "results.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_no_page_takes_anything_from_a_network() -> None:
    for name in ("ledger.js", "own_report.js"):
        script = (BOOK / "_static" / name).read_text(encoding="utf-8")
        assert not re.search(r"https?:|fetch\(|XMLHttpRequest|import\b|WebSocket", script)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        if chromium is None and not Path(running.chromium.executable_path).is_file():
            pytest.skip("no Chromium")
        opened = running.chromium.launch(executable_path=chromium)
        yield opened
        opened.close()


def page(browser: Any, name: str, script: str) -> Any:
    """Return a page with the HTML of a book page and its script, offline."""
    text = (BOOK / name).read_text(encoding="utf-8")
    html = "\n".join(re.findall(r"^ *<(?!script|!--).*$", text, re.MULTILINE))
    source = (BOOK / "_static" / script).read_text(encoding="utf-8")
    context = browser.new_context(offline=True)
    opened = context.new_page()
    opened.set_content(f"<!doctype html><body>{html}<script>{source}</script></body>")
    return opened


@pytest.mark.browser
def test_the_filter_shows_the_claims_that_are_asked_for(browser: Any) -> None:
    opened = page(browser, "ledger.md", "ledger.js")
    count = opened.locator("#ledger-count")
    rows = ROW.findall((BOOK / "ledger.md").read_text(encoding="utf-8"))
    assert count.inner_text() == f"{len(rows)} of {len(rows)} claims"
    opened.select_option("[name=report]", "r4")
    opened.select_option("[name=verdict]", "not testable")
    wanted = [row[0] for row in rows if row[1:3] == ("r4", "not testable")]
    shown = opened.eval_on_selector_all("tbody tr:not([hidden])", "rows => rows.map(row => row.id)")
    assert shown == wanted
    opened.select_option("[name=report]", "")
    opened.select_option("[name=verdict]", "")
    opened.fill("[name=words]", "Tiny IMAGENET results")
    assert "r4-c10" in opened.eval_on_selector_all("tbody tr:not([hidden])", "rows => rows.map(row => row.id)")
    opened.fill("[name=words]", "nothing says this")
    assert count.inner_text() == f"0 of {len(rows)} claims"


@pytest.mark.browser
def test_the_form_writes_the_same_yaml_as_the_package(browser: Any) -> None:
    opened = page(browser, "own_report.md", "own_report.js")
    values = {place: example for place, _, example in written.FIELDS}
    values |= {"network": 'ResNet-18 "mine" \\ größer', "epochs": ""}
    for place, value in values.items():
        opened.fill(f'[data-place="{place}"]', value)
    text = opened.input_value("#own-report-text")
    assert text == written.as_yaml("my-report", "My report", "mine", values)
    assert reading.parse(text, "my-report.yaml").experiments["mine"].scores["test"].accuracy.text == "0.97450"
    with opened.expect_download() as saved:
        opened.click("#own-report-save")
    assert saved.value.suggested_filename == "my-report.yaml"
    assert Path(saved.value.path()).read_text(encoding="utf-8") == f"{text}\n"

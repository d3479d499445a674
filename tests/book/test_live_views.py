"""Live views: their data come from results lines, every position of the controls shows something, and it is usable."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import fields
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from helpers.accessibility import FAULTS
from helpers.places import ROOT
from helpers.time_limits import seconds

from resnet_labs import data
from resnet_labs.labkit.live import page
from resnet_labs.labkit.live.measure import VIEWS
from resnet_labs.labkit.live.view import View, axis
from resnet_labs.results import Result

STORED = ROOT / "book" / "live"
STATIC = ROOT / "book" / "_static"


@pytest.fixture(scope="module")
def views() -> dict[str, View]:
    return {view.name: view for view in page.views()}


def shown(view: View) -> dict[str, Any]:
    found = re.search(r'<script type="application/json">(.*)</script>', view.html())
    assert found
    return json.loads(found[1])


def test_the_page_is_up_to_date():
    assert page.main(["--check"]) == 0


@pytest.mark.parametrize("name", VIEWS)
def test_every_run_has_a_results_line_with_its_seed_and_a_clean_commit(name):
    lines = json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))["lines"]
    runs = [Result(**{field.name: line[field.name] for field in fields(Result)}) for line in lines]
    assert runs
    for run in runs:
        assert run.command == f"python -m resnet_labs.labkit.live.measure {name}"
        assert re.fullmatch(r"[0-9a-f]{12}", run.commit)
        assert run.data["checksum"]
        assert run.precision == "fp32"
    told = [json.dumps([run.experiment, run.seed, run.settings], sort_keys=True) for run in runs]
    assert len(set(told)) == len(told)


def test_every_position_of_the_controls_shows_something_and_a_view_is_small(views):
    for view in views.values():
        html = view.html()
        assert len(html.encode()) < 300_000, view.name
        assert "\n\n" not in html
        places = set(product(*(range(len(control.values)) for control in view.controls)))
        assert set(view.frames) == places, view.name
        data = shown(view)
        assert set(data["frames"]) == {" ".join(map(str, place)) for place in places}
        for frame in data["frames"].values():
            assert frame["says"].endswith(".")
            assert frame["panels"]
            assert max(frame["panels"]) < len(data["panels"])


def test_no_line_leaves_its_axes(views):
    for view in views.values():
        data = shown(view)
        for panel in data["panels"]:
            if panel["kind"] != "lines":
                continue
            (x_low, x_high), (y_low, y_high) = (data["axes"][number]["ends"] for number in panel["axes"])
            for line in panel["lines"]:
                xs = line.get("x", range(1, len(line["y"]) + 1))
                assert len(xs) == len(line["y"])
                assert x_low <= min(xs)
                assert max(xs) <= x_high
                assert y_low * 0.999 <= min(line["y"])
                assert max(line["y"]) <= y_high * 1.001


def test_the_sentences_say_what_the_stored_figures_say(views):
    curves = json.loads((STORED / "depth.json").read_text(encoding="utf-8"))["data"]["curves"]
    plain = fmean(curve["loss"][-1] for curve in curves if curve["depth"] == 56 and not curve["residual"])
    assert f"56 layers, training loss in the last epoch: plain {plain:.2g}" in views["depth"].frames[3, 0].says
    stored = json.loads((STORED / "confusion.json").read_text(encoding="utf-8"))
    for place, line in enumerate(stored["lines"]):
        right = round(line["metrics"]["accuracy"] * 359)
        said = views["confusion"].frames[(place,)].says
        assert said.startswith(f"Trained on {line['data']['train']} images: {right} of 359 ")


def test_the_margin_view_agrees_with_the_stored_lines(views):
    stored = ROOT / "resnet_labs" / "reports" / "evidence" / "r4.c3.searched.digits.choice.jsonl"
    runs = [json.loads(line) for line in stored.read_text(encoding="utf-8").splitlines()]
    view = views["margin"]
    sizes, minings, rates = (control.values for control in view.controls)
    for run in runs:
        knobs = run["settings"]
        if knobs["loss"] != "triplet":
            continue
        place = (
            sizes.index(f"{knobs['margin']:g}"),
            minings.index(knobs["mining"]),
            rates.index(f"{knobs['learning_rate']:g}"),
        )
        ended = run["metrics"]["train_loss_epoch_12"]
        word = "below" if ended < knobs["margin"] else "not below"
        assert f"ends at {ended:.2g}, {word} the margin. " in view.frames[place].says


def test_the_images_are_the_digits():
    stored = json.loads((STORED / "confusion.json").read_text(encoding="utf-8"))["data"]
    test_set = data.load("digits", split="test")
    assert stored["labels"] == test_set.labels.tolist()
    first = "".join(f"{round(value / 17):x}" for value in test_set.images[0].flatten().tolist())
    assert stored["images"][:64] == first
    assert len(stored["images"]) == 64 * len(test_set)


def test_axes_end_at_ticks():
    assert axis("y", 0.03, 0.97)["ends"] == [0.0, 1.0]
    assert [name for _, name in axis("y", 0.003, 2.0, log=True)["ticks"]] == ["0.001", "0.01", "0.1", "1", "10"]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A function that opens all views as a file in Chromium."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("there is no Chromium on this machine")
    api = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")
    place = tmp_path_factory.mktemp("live") / "live.html"
    css = "--pst-color-border: #666; --pst-color-primary: #05a; --pst-color-text-base: "
    style = f":root {{ {css} #222 }} [data-theme=dark] {{ {css} #eee; background: #111; color: #eee }}"
    place.write_text(
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>Views</title><style>{style}"
        f"{(STATIC / 'live.css').read_text(encoding='utf-8')}</style></head><body>"
        f"<main class='bd-article'><h1>Views</h1>{''.join(view.html() for view in page.views())}</main>"
        f"<script>{(STATIC / 'live.js').read_text(encoding='utf-8')}</script></body></html>",
        encoding="utf-8",
    )
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])

        def open_it(theme: str = "light", width: int = 1280) -> tuple[Any, list[str]]:
            tab = browser.new_page(viewport={"width": width, "height": 900})
            tab.set_default_timeout(seconds(30_000))
            errors: list[str] = []
            tab.on("pageerror", lambda error: errors.append(str(error)))
            tab.goto(Path(place).as_uri())
            tab.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
            return tab, errors

        yield open_it
        browser.close()


@pytest.mark.browser
def test_every_slider_moves_by_keyboard_says_where_it_is_and_changes_the_picture(opened, views):
    tab, errors = opened()
    for view in views.values():
        figure = tab.locator(f"#live-{view.name}")
        for number, control in enumerate(view.controls):
            at = figure.locator(f"#live-{view.name}-{number}")
            if not control.slider:
                continue
            before = figure.locator("figcaption").inner_text()
            at.focus()
            forward = control.start + 1 < len(control.values)
            tab.keyboard.press("ArrowRight" if forward else "ArrowLeft")
            now = control.values[control.start + (1 if forward else -1)]
            assert at.get_attribute("aria-valuetext") == now
            assert at.locator("xpath=following-sibling::output").inner_text() == now
            said = figure.locator("figcaption").inner_text()
            assert said != before
            for picture in figure.locator("svg").all():
                assert picture.get_attribute("aria-label").endswith(said)
            tab.keyboard.press("ArrowLeft" if forward else "ArrowRight")
            assert figure.locator("figcaption").inner_text() == before
    assert errors == []
    tab.close()


@pytest.mark.browser
def test_a_cell_of_the_matrix_shows_its_images_by_keyboard(opened, views):
    tab, errors = opened()
    figure = tab.locator("#live-confusion")
    assert figure.locator("table button[tabindex='0']").count() == 1  # one stop for Tab
    figure.locator("table button[tabindex='0']").focus()
    told = [tab.evaluate("document.activeElement.ariaLabel")]
    for key in ("ArrowDown", "ArrowRight", "ArrowDown"):
        tab.keyboard.press(key)
        told.append(tab.evaluate("document.activeElement.ariaLabel"))
    assert len(set(told)) > 1
    tab.keyboard.press("Enter")
    count = int(told[-1].split(":")[0])
    images = figure.locator("canvas")
    assert images.count() == count
    true, said = re.search(r"true (\d), read as (\d)", told[-1]).groups()
    assert images.first.get_attribute("aria-label") == f"true {true}, read as {said}"
    assert errors == []
    tab.close()


@pytest.mark.browser
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_the_views_keep_nobody_out(opened, theme, width):
    tab, errors = opened(theme, width)
    assert tab.evaluate(FAULTS) == []
    assert tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert errors == []
    tab.close()

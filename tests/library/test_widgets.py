"""The frame slider in a real browser, in all the ways a page can take it in; the explorer on the ipywidgets here."""

from __future__ import annotations

import base64
import html
import re
import shutil
import sys
from collections.abc import Iterator
from typing import Any

import nbformat
import numpy as np
import pytest
from helpers.time_limits import seconds
from matplotlib.figure import Figure
from nbclient import NotebookClient

from resnet_labs import plotting
from resnet_labs.errors import InputError
from resnet_labs.widgets import explorer, frame_slider

LABELS = ["8 layers", "20 layers", "56 layers"]
ALT = "Training error over epochs"
SHOWN = "all => all.filter(one => one.checkVisibility()).map(one => one.alt)"
# As JupyterLab does with an output: the HTML, then every script anew, because inserted ones do not run.
INSERT = """([place, text]) => {
    place.innerHTML = text;
    for (const old of place.querySelectorAll('script')) {
        const script = document.createElement('script');
        script.textContent = old.textContent;
        old.replaceWith(script);
    }
}"""


def picture(height: float = 1.0, width: float = 2.0) -> Figure:
    figure = Figure(figsize=(width, height))
    figure.subplots().plot([0, height])
    return figure


def slider(*, name: str = "depth", alt: Any = ALT, labels: Any = LABELS) -> Any:
    return frame_slider([picture(n) for n in (1, 2, 3)], labels, name=name, alt=alt)


def tags(text: str, name: str) -> list[dict[str, str]]:
    """Return the attributes of each such element, unescaped."""
    found = re.findall(rf"<{name}\b((?:\s+[\w-]+(?:=\"[^\"]*\")?)*)\s*>", text)
    return [{key: html.unescape(value) for key, value in re.findall(r'([\w-]+)(?:="([^"]*)")?', one)} for one in found]


def test_slider_has_a_name_a_value_and_an_alternative_text_for_each_frame():
    text = slider()._repr_html_()
    (knob,), (label,), frames = tags(text, "input"), tags(text, "label"), tags(text, "img")
    assert label["for"] == knob["id"]
    assert "depth</label>" in text
    assert (knob["type"], knob["min"], knob["max"], knob["value"]) == ("range", "0", "2", "0")
    assert knob["aria-valuetext"] == "8 layers"
    assert [frame["alt"] for frame in frames] == [f"{ALT}: {label}" for label in LABELS]


def test_a_page_without_scripts_shows_the_first_frame():
    assert ["hidden" in frame for frame in tags(slider().html, "img")] == [False, True, True]
    assert "<script" not in slider().html


def test_each_frame_may_have_its_own_alternative_text():
    assert [frame["alt"] for frame in tags(slider(alt=["one", "two", "three"]).html, "img")] == ["one", "two", "three"]


def test_the_same_arguments_give_the_same_html_and_others_another_id():
    texts = [slider().html, slider(name="width").html, slider(alt="Gradient norms").html, slider(labels="abc").html]
    assert slider().html == texts[0]
    assert len({tags(text, "input")[0]["id"] for text in texts}) == 4


def test_texts_are_escaped():
    nasty = """<b>"a" & 'b'</b><script>alert(1)</script>"""
    text = slider(name=nasty, alt=nasty, labels=[nasty, "2", "3"]).html
    assert "<b>" not in text
    assert "<script" not in text
    assert tags(text, "img")[0]["alt"] == f"{nasty}: {nasty}"
    assert tags(text, "img")[0]["data-label"] == nasty
    assert tags(text, "input")[0]["aria-valuetext"] == nasty


def test_a_png_is_taken_as_it_is_and_its_size_reserved():
    given = tags(slider().html, "img")[1]["src"]
    png = base64.b64decode(given.split(",", 1)[1])
    text = frame_slider([png], ["only"], name="depth", alt=ALT).html
    (frame,) = tags(text, "img")
    assert frame["src"] == given
    assert (frame["width"], frame["height"]) == ("200", "200")
    assert "width:200px" in text


def test_the_place_is_as_large_as_the_largest_frame():
    text = frame_slider([picture(1, 4), picture(3, 2)], ["a", "b"], name="depth", alt=ALT).html
    assert 'class="frame-slider" style="width:400px;max-width:100%"' in text
    assert "aspect-ratio:400/300" in text


def test_slider_says_what_it_is_where_no_html_shows():
    assert repr(slider()) == "FrameSlider(name='depth', labels=('8 layers', '20 layers', '56 layers'))"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"frames": []}, "frame_slider has no frames. Give it at least one figure."),
        ({"labels": ["a"]}, "2 frames have 1 labels. Give one label for each frame."),
        ({"labels": ["a", "a"]}, "the label 'a' appears twice. Let each label say what sets its frame apart."),
        ({"alt": ["a"]}, "2 frames have 1 texts in alt. Give one text, or one for each frame."),
        ({"labels": ["a", " "]}, "a text in labels is blank. Write what a reader or listener should know."),
        ({"name": ""}, "a text in name is blank. Write what a reader or listener should know."),
        ({"alt": ""}, "a text in alt is blank. Write what a reader or listener should know."),
        (
            {"frames": [picture(), 3]},
            "frame 1 is int, and cannot be drawn. Give a matplotlib figure, or the bytes of a PNG.",
        ),
        (
            {"frames": [b"GIF89a", picture()]},
            "frame 0 is bytes, but no PNG, and cannot be drawn. Give a matplotlib figure, or the bytes of a PNG.",
        ),
    ],
)
def test_bad_input_is_refused_with_its_mend(changed, message):
    arguments = {"frames": [picture(), picture()], "labels": ["a", "b"], "name": "depth", "alt": ALT} | changed
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        frame_slider(arguments.pop("frames"), arguments.pop("labels"), **arguments)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("there is no Chromium on this machine")
    api = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context()
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("request", lambda asked: asked.url.startswith(("file:", "data:", "about:")) or wrong.append(asked.url))
    yield page
    context.close()
    assert wrong == []


def moves(place: Any, name: str = "depth") -> None:
    """Press keys on one slider, and look at what shows after each."""
    box = place.locator(f".frame-slider:has(label:text-is('{name}'))")
    knob = box.get_by_role("slider", name=name, exact=True)
    for key, number in {"ArrowRight": 1, "End": 2, "ArrowLeft": 1, "Home": 0, "PageUp": 1}.items():
        knob.press(key)
        assert box.locator("img").evaluate_all(SHOWN) == [f"{ALT}: {LABELS[number]}"], key
        assert box.locator("span").inner_text() == LABELS[number]
        assert knob.get_attribute("aria-valuetext") == LABELS[number]


@pytest.mark.browser
def test_keys_and_mouse_move_one_of_two_sliders_on_a_page(page, tmp_path):
    (tmp_path / "page.html").write_text(f"<!doctype html>{slider().html}{slider(name='width').html}", encoding="utf-8")
    page.goto((tmp_path / "page.html").as_uri())
    assert page.locator("img").evaluate_all(SHOWN) == [f"{ALT}: 8 layers"] * 2
    moves(page)
    assert page.locator("img").evaluate_all(SHOWN) == [f"{ALT}: 20 layers", f"{ALT}: 8 layers"]
    knob = page.get_by_label("width")
    box = knob.bounding_box()
    knob.click(position={"x": box["width"] - 2, "y": box["height"] / 2})
    assert page.locator("img").evaluate_all(SHOWN) == [f"{ALT}: 20 layers", f"{ALT}: 56 layers"]
    assert page.get_by_label("width").bounding_box() == box


@pytest.mark.browser
def test_slider_works_in_a_frame_of_its_own_as_on_colab(page):
    page.set_content(f'<iframe width="600" height="500" srcdoc="{html.escape(slider().html)}"></iframe>')
    moves(page.frame_locator("iframe"))


@pytest.mark.browser
def test_slider_works_where_html_is_inserted_later_as_in_jupyterlab(page):
    page.set_content("<div id=first></div><div id=second></div>")
    page.evaluate(INSERT, [page.query_selector("#first"), slider().html])
    page.evaluate(
        "([place, text]) => { place.innerHTML = text; }", [page.query_selector("#second"), slider(name="w").html]
    )
    moves(page)
    moves(page, "w")


@pytest.mark.browser
def test_keys_on_the_slider_are_not_taken_by_the_notebook(page):
    page.set_content(slider().html)
    page.evaluate("document.addEventListener('keydown', () => console.error('the notebook took it'))")
    moves(page)


@pytest.mark.browser
def test_layout_does_not_jump_and_fits_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    wide = frame_slider([picture(1, 9), picture(2, 4), picture(3, 9)], LABELS, name="depth", alt=ALT).html
    page.set_content(f"{wide}<p>below</p>")
    before = [page.locator(part).last.bounding_box() for part in ("input", "p")]
    moves(page)
    assert [page.locator(part).last.bounding_box() for part in ("input", "p")] == before
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_explorer_draws_at_once_and_again_when_a_slider_moves():
    asked = []

    def draw(depth: int, kind: str | None) -> str:
        asked.append((depth, kind))
        return f"<{depth} {kind}>"

    box = explorer(draw, depth=[8, 20], kind=["plain", None])
    *sliders, shown = box.children
    assert [slider.description for slider in sliders] == ["depth", "kind"]
    assert shown.value == "<pre>&lt;8 plain&gt;</pre>"
    sliders[0].index = 1
    sliders[1].value = "None"
    assert shown.value == "<pre>&lt;20 None&gt;</pre>"
    assert asked == [(8, "plain"), (20, "plain"), (20, None)]


def test_explorer_shows_a_figure_with_the_chosen_values_as_its_alternative_text():
    box = explorer(lambda depth, draw: picture(depth), depth=[1, 2], draw=np.array([0.5, 1.0]).tolist())
    *sliders, shown = box.children
    (first,) = tags(shown.value, "img")
    assert (first["alt"], first["height"]) == ("depth 1, draw 0.5", "100")
    sliders[0].index = 1
    (second,) = tags(shown.value, "img")
    assert (second["alt"], second["height"]) == ("depth 2, draw 0.5", "200")


def test_explorer_outlives_an_error_of_draw():
    def draw(divisor: int) -> str:
        return str(12 // divisor) if divisor < 9 else None

    box = explorer(draw, divisor=[1, 0, 9, 4])
    knob, shown = box.children
    knob.index = 1
    assert shown.value.startswith('<pre role="alert">ZeroDivisionError: ')
    knob.index = 2
    assert "InputError: what draw returned is NoneType, and cannot be drawn. Give a matplotlib figure" in shown.value
    knob.index = 3
    assert shown.value == "<pre>3</pre>"
    with pytest.raises(ZeroDivisionError):
        explorer(draw, divisor=[0, 1])


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({}, "explorer has nothing to choose. Name at least one choice: `depth=[8, 20]`."),
        ({"depth": [8]}, "explorer's choice depth is [8]. Give it at least two values, each of them once."),
        (
            {"depth": [8, 20, 8]},
            "explorer's choice depth is [8, 20, 8]. Give it at least two values, each of them once.",
        ),
    ],
)
def test_explorer_refuses_what_cannot_be_chosen(choices, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        explorer(lambda depth: str(depth), **choices)


def test_explorer_says_how_to_get_ipywidgets(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    message = "explorer needs ipywidgets, which is not installed. `pip install ipywidgets`."
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        explorer(lambda depth: str(depth), depth=[8, 20])


@pytest.mark.slow
def test_a_notebook_without_a_screen_runs_both_and_gives_the_same_html():
    source = (
        "from matplotlib.figure import Figure\n"
        "from resnet_labs.widgets import explorer, frame_slider\n"
        "def picture(height=1.0, width=2.0):\n"
        "    figure = Figure(figsize=(width, height))\n"
        "    figure.subplots().plot([0, height])\n"
        "    return figure\n"
        f"display(frame_slider([picture(n) for n in (1, 2, 3)], {LABELS}, name='depth', alt={ALT!r}))\n"
        "explorer(picture, height=[1, 2], width=[2, 3])"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=round(seconds(1800)), kernel_name="python3").execute()
    first, second = (output["data"] for output in notebook.cells[0].outputs)
    assert first["text/html"] == slider().html
    assert "application/vnd.jupyter.widget-view+json" in second


def test_frames_of_plotting_bring_their_own_alternative_text():
    frames = [plotting.curves({"plain": errors}, y="error (fraction)") for errors in ([0.9, 0.4], [0.9, 0.6])]
    text = frame_slider(frames, ["8 layers", "20 layers"], name="depth").html
    assert [frame["alt"] for frame in tags(text, "img")] == [frame.alt for frame in frames]
    with pytest.raises(InputError, match="a text in alt is blank"):
        frame_slider([picture()], ["8 layers"], name="depth")
    box = explorer(lambda depth: frames[depth], depth=[0, 1])
    assert html.escape(f"depth 0: {frames[0].alt}") in box.children[-1].value

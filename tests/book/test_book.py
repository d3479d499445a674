"""The book is built once, served from loopback, and every page is opened in a real browser."""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
import yaml
from helpers.accessibility import BAD_PAGE, BAD_RULES, FAULTS
from helpers.notebooks import in_turn
from helpers.places import ROOT
from helpers.time_limits import seconds

from resnet_labs.labkit import api_docs
from resnet_labs.labkit.book.executed import FOLDER

TOC = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
PAGES = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"])]
BELOW = [part["file"] for each in TOC["parts"] for chapter in each["chapters"] for part in chapter.get("sections", [])]
LABS = [page for page in PAGES if page.startswith("labs/")]
SHOWN = '<div class="cell_output'
LIGHT = 800_000  # bytes of the front page with all that it loads, as files
HEAVY = 3_000_000  # of a lab, with its pictures and the formulas' script and fonts
DESKTOP: dict[str, Any] = {"width": 1280, "scheme": "light"}
PHONE: dict[str, Any] = {"width": 390, "scheme": "dark"}
WEEKLY = [pytest.mark.exhaustive, pytest.mark.weekly]
# Each theme and each width on every push; the other two pairs every week.
VIEWS = [
    pytest.param(DESKTOP, id="light desktop"),
    pytest.param(PHONE, id="dark phone"),
    pytest.param(DESKTOP | {"scheme": "dark"}, id="dark desktop", marks=WEEKLY),
    pytest.param(PHONE | {"scheme": "light"}, id="light phone", marks=WEEKLY),
]
COLOR = re.compile(r"\x1b\[[\d;]*m")
# What Sphinx says of a page, with its path, or of the whole book.
WARNING = re.compile(r"^(?:(?P<place>/[^:\n]+):(?:\d+:)? )?(?:WARNING|ERROR|CRITICAL): .*", re.MULTILINE)
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

# Which words in tables stand on more than one line?
BROKEN_WORDS = """cells => cells.flatMap(cell => {
    const broken = [], walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) for (const word of walker.currentNode.data.matchAll(/\\S+/g)) {
        const range = document.createRange();
        range.setStart(walker.currentNode, word.index);
        range.setEnd(walker.currentNode, word.index + word[0].length);
        if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) broken.push(word[0]);
    }
    return broken;
})"""

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass
class Findings:
    """What is wrong with a page."""

    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    nameless: list[str] = field(default_factory=list)
    raw_math: int = 0
    theme: str = ""
    links: list[str] = field(default_factory=list)
    overflow: int = 0
    num_bytes: int = 0
    faults: list[str] = field(default_factory=list)
    broken_words: list[str] = field(default_factory=list)


Visit = Callable[..., Findings]
Execute = Callable[[Path], nbformat.NotebookNode]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("there is no Chromium on this machine")
    api = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


def build(source: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", ".", "--toc", "book/_toc.yml"]
    return subprocess.run(
        [*command, "--path-output", "book", "--all", "-W", "-n", "--keep-going"],
        cwd=source,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=seconds(1800),
    )


@dataclass
class Site:
    """The built book, and what is wrong with single pages; the empty name is the book as a whole."""

    html: Path
    faults: dict[str, str] = field(default_factory=dict)

    def add(self, page: str, fault: str) -> None:
        self.faults[page] = f"{self.faults.get(page, '')}{fault}\n"


def make_site(root: Path, pages: Sequence[str], execute: Execute, kept: Path, source: Path) -> Site:
    """Build a copy of the book under `source`; a notebook that fails is built without outputs."""
    site = Site(source / "book" / "_build" / "html")
    for name in ("README.md", "CONTRIBUTING.md", "_config.yml"):
        shutil.copy(root / name, source)
    for name in ("book", "labs"):
        shutil.copytree(root / name, source / name, ignore=shutil.ignore_patterns("_build", ".ipynb_checkpoints"))
    kept.mkdir(exist_ok=True)
    (source / FOLDER).parent.mkdir(exist_ok=True)
    (source / FOLDER).symlink_to(kept)
    # One at a time, since another worker uses the other core. It begins with the first, in test_solutions.py.
    labs = [page for page in pages if page.startswith("labs/")]
    for page in sorted(labs, key=lambda page: in_turn(Path(page).name), reverse=True):
        try:
            execute(root / f"{page}.ipynb")
        except AssertionError as failure:
            site.add(page, str(failure))
    done = build(source)
    told = COLOR.sub("", done.stdout + done.stderr)
    for line in WARNING.finditer(told):
        place = Path(line["place"] or "").with_suffix("")
        page = place.relative_to(source).as_posix() if place.is_relative_to(source) else ""
        site.add(page if page in pages else "", line[0])
    if done.returncode != 0 and (not WARNING.search(told) or not site.html.is_dir()):
        site.add("", told[-12000:])
    return site


@pytest.fixture(scope="module")
def site(executed: Execute, kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The book, from notebooks that this test run has executed; `RESNET_LABS_BOOK` names a folder that keeps it."""
    made = make_site(ROOT, PAGES, executed, kept, tmp_path_factory.mktemp("book"))
    if os.environ.get("RESNET_LABS_BOOK"):
        shutil.copytree(made.html, os.environ["RESNET_LABS_BOOK"], dirs_exist_ok=True)
    return made


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def host(site: Site) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(site.html))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def visit(browser: Any, host: str) -> Visit:
    """Looking at a page; what was found is kept for the next test that asks the same."""
    return functools.cache(functools.partial(look, browser, host))


def look(browser: Any, host: str, path: str, *, width: int, scheme: str) -> Findings:
    found = Findings()
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.on("request", lambda one: one.url.startswith(host) or found.outside.append(one.url))
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.on("console", lambda message: message.type == "error" and found.errors.append(message.text))
    page.on("response", lambda answer: answer.status >= 400 and found.missing.append(answer.url))
    sizes: dict[str, int] = {}
    page.on("response", lambda answer: sizes.update({answer.url: int(answer.headers.get("content-length", 0))}))
    page.goto(f"{host}/{path}", wait_until="load")
    page.evaluate("new Promise(done => requestIdleCallback(done))")  # what scripts ask for, they have asked for
    if page.locator(".math").count():
        page.wait_for_function("window.MathJax?.startup?.promise?.then(() => true)", timeout=seconds(300_000))
    alts = page.eval_on_selector_all("img", "all => all.map(one => one.getAttribute('alt') ?? '')")
    found.nameless = [alt for alt in alts if not alt.strip() or re.search(r"\.(png|svg|jpe?g|gif|webp)\b", alt)]
    found.raw_math = page.locator(".math").count() - page.locator(".math mjx-container").count()
    found.theme = page.evaluate("document.documentElement.dataset.theme ?? ''")
    found.links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
    found.overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found.broken_words = page.eval_on_selector_all("td, th", BROKEN_WORDS)
    found.num_bytes = sum(sizes.values())
    found.faults = page.evaluate(FAULTS)
    if os.environ.get("RESNET_LABS_SCREENSHOTS"):
        name = f"{path.removesuffix('.html').replace('/', '-')}-{scheme}-{width}.png"
        page.screenshot(path=Path(os.environ["RESNET_LABS_SCREENSHOTS"], name), full_page=True)
    context.close()
    return found


TITLE = nbformat.v4.new_markdown_cell("# Page")


def plant(root: Path, *sources: str) -> list[str]:
    """Write a small book of an index and notebooks of one cell each; return its pages."""
    shutil.copy(ROOT / "_config.yml", root)
    shutil.copytree(ROOT / "book" / "_static", root / "book" / "_static")
    for file in (ROOT / "book").glob("*.bib"):
        shutil.copy(file, root / "book")
    for name in ("README.md", "CONTRIBUTING.md", "book/references.bib"):
        (root / name).write_text("", encoding="utf-8")
    (root / "book" / "index.md").write_text("# Index\n", encoding="utf-8")
    (root / "labs").mkdir()
    labs = [f"labs/lab{number}" for number, _ in enumerate(sources)]
    for page, source in zip(labs, sources, strict=True):
        cells = [TITLE, nbformat.v4.new_code_cell(source)]
        python = {"language_info": {"name": "python"}}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=python), root / f"{page}.ipynb")
    toc = {"format": "jb-book", "root": "book/index", "chapters": [{"file": page} for page in labs]}
    (root / "book" / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    return ["book/index", *labs]


@pytest.mark.exhaustive
def test_a_notebook_that_fails_as_the_book_is_built_is_named_and_the_others_are_shown(tmp_path: Path) -> None:
    shows = "import os\nprint('fast', os.environ['RESNET_LABS_FAST'], 6 * 7)"
    plant(tmp_path, "raise LookupError('thrown')", shows)
    done = build(tmp_path)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert re.search(r"labs/lab0\.ipynb: WARNING: lab0 failed\.", said)
    assert "LookupError: thrown" in said
    assert "This notebook failed" in (tmp_path / "book/_build/html/labs/lab0.html").read_text(encoding="utf-8")
    assert "lab1.ipynb: WARNING" not in said
    assert "fast 1 42" in (tmp_path / "book/_build/html/labs/lab1.html").read_text(encoding="utf-8")
    (tmp_path / "labs" / "lab0.ipynb").write_bytes((tmp_path / "labs" / "lab1.ipynb").read_bytes())
    done = build(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lab0 ran" in done.stdout
    assert "lab1 ran" not in done.stdout  # its outputs are kept


@pytest.mark.exhaustive
def test_a_broken_notebook_and_a_broken_page_leave_the_rest_of_the_book(
    tmp_path: Path, executed: Execute, kept: Path
) -> None:
    root, source = tmp_path / "root", tmp_path / "source"
    root.mkdir()
    source.mkdir()
    pages = plant(root, "print(6 * 7)", "raise LookupError('thrown')")
    (root / "book" / "index.md").write_text("# Index\n\n[nowhere](gone.md)\n", encoding="utf-8")
    site = make_site(root, pages, executed, kept, source)
    assert set(site.faults) == {"book/index", "labs/lab1"}, site.faults
    assert "gone" in site.faults["book/index"]
    assert "thrown" in site.faults["labs/lab1"]
    shown = [page for page in pages if SHOWN in (site.html / f"{page}.html").read_text(encoding="utf-8")]
    assert shown == ["labs/lab0"]


def test_the_book_as_a_whole_is_built_without_a_warning(site: Site) -> None:
    assert site.faults.get("", "") == ""


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_built_without_a_warning_and_shows_what_ran(site: Site, page: str) -> None:
    assert site.faults.get(page, "") == ""
    text = (site.html / f"{page}.html").read_text(encoding="utf-8")
    assert (SHOWN in text) == (page in LABS)


@pytest.mark.parametrize("seen", VIEWS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_without_an_error_and_asks_nobody_else(visit: Visit, page: str, seen: dict[str, Any]) -> None:
    found = visit(f"{page}.html", **seen)
    assert found.errors == []
    assert found.outside == []
    assert found.missing == []
    assert found.nameless == []
    assert found.raw_math == 0
    assert found.theme == seen["scheme"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_a_phone(visit: Visit, page: str) -> None:
    assert visit(f"{page}.html", **PHONE).overflow <= 0


@pytest.mark.parametrize("seen", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("page", PAGES)
def test_no_word_of_a_table_is_broken(visit: Visit, page: str, seen: dict[str, Any]) -> None:
    assert [word for word in visit(f"{page}.html", **seen).broken_words if "-" not in word.strip("-")] == []


@pytest.mark.parametrize("seen", VIEWS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_keeps_nobody_out(visit: Visit, page: str, seen: dict[str, Any]) -> None:
    assert visit(f"{page}.html", **seen).faults == []


@pytest.mark.parametrize("page", [*BELOW, "search"])
def test_a_page_that_the_menu_hides_keeps_nobody_out(visit: Visit, page: str) -> None:
    assert visit(f"{page}.html", **PHONE).faults == []


def test_the_rules_find_what_they_are_for(visit: Visit, site: Site) -> None:
    (site.html / "closed.html").write_text(BAD_PAGE, encoding="utf-8")
    faults = visit("closed.html", **DESKTOP).faults
    assert [rule for rule in BAD_RULES if not any(fault.startswith(rule) for fault in faults)] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_light(visit: Visit, page: str) -> None:
    seen = visit(f"{page}.html", **DESKTOP).num_bytes
    assert 100_000 < seen < (LIGHT if page == PAGES[0] else HEAVY)


def test_every_slider_moves_by_keyboard_and_says_where_it_is(browser: Any, host: str, site: Site) -> None:
    context = browser.new_context()
    stuck, moved = [], 0
    for name in PAGES:
        if 'type="range"' not in (site.html / f"{name}.html").read_text(encoding="utf-8"):
            continue
        page = context.new_page()
        page.goto(f"{host}/{name}.html", wait_until="load")
        for slider in page.locator("input[type=range]").all():
            if not slider.is_visible():
                continue
            before = slider.get_attribute("aria-valuetext")
            slider.focus()
            page.keyboard.press("ArrowRight")
            if slider.get_attribute("aria-valuetext") == before:
                page.keyboard.press("ArrowLeft")
            moved += 1
            if slider.get_attribute("aria-valuetext") in (None, "", before):
                stuck.append(f"{name}: {before}")
        page.close()
    assert stuck == []
    assert moved > 5
    context.close()


@pytest.mark.parametrize("kind", ["pages of a server", "files"])
def test_search_shows_excerpts(browser: Any, host: str, site: Site, kind: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{host if kind != 'files' else site.html.as_uri()}/{PAGES[0]}.html", wait_until="load")
    page.keyboard.press("Control+k")
    page.keyboard.type("vanishing gradient")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.search-summary')?.innerText", timeout=seconds(60_000))
    without = page.locator("#search-results li:not(:has(p.context))")  # excerpts come after their result
    without.first.wait_for(state="detached", timeout=seconds(60_000))
    assert "gradient" in " ".join(page.locator("#search-results li p.context").all_inner_texts())
    context.close()


def test_the_menu_opens_on_a_phone(browser: Any, host: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{host}/{PAGES[0]}.html", wait_until="networkidle")
    entry = page.locator("nav.bd-links a").last
    assert not entry.is_visible()
    page.locator(".primary-toggle:visible").first.click()
    entry.wait_for(state="visible", timeout=seconds(60_000))
    context.close()


@pytest.mark.parametrize("page", PAGES)
def test_every_link_inside_the_book_leads_somewhere(visit: Visit, host: str, site: Site, page: str) -> None:
    inside = [link for link in visit(f"{page}.html", **DESKTOP).links if link.startswith(host)]
    assert inside
    broken = []
    for link in inside:
        parts = urlsplit(link)
        target = site.html / unquote(parts.path).lstrip("/")
        anchor = unquote(parts.fragment)
        if not target.is_file() or (anchor and f'id="{anchor}"' not in target.read_text(encoding="utf-8")):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", api_docs.PAGES)
def test_every_public_name_is_on_its_page_and_the_overview_leads_there(site: Site, page: str) -> None:
    text, overview = ((site.html / f"book/{name}.html").read_text(encoding="utf-8") for name in (page, "api"))
    names = [f"resnet_labs.{module}.{name}" for module in api_docs.PAGES[page] for name in api_docs.public(module)]
    assert [name for name in names if f'id="{name}"' not in text] == []
    assert [name for name in names if f'href="{page}.html#{name}"' not in overview] == []


def test_a_page_on_the_library_fits_a_phone(visit: Visit) -> None:
    assert visit(f"book/{next(iter(api_docs.PAGES))}.html", **PHONE).overflow <= 0


def test_the_picture_of_the_front_page_moves_without_a_kernel(browser: Any, host: str) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{host}/book/index.html", wait_until="networkidle")
    frames = page.locator(".front-picture .frame")
    shown = [frames.nth(number).is_visible() for number in range(frames.count())]
    assert shown == [False] * (len(shown) - 1) + [True]  # nothing moves by itself for those who ask for that
    page.get_by_role("button", name="Play").click()
    frames.first.wait_for(state="visible", timeout=seconds(60_000))
    frames.last.wait_for(state="visible", timeout=seconds(60_000))
    page.locator(".front-picture input").press("Home")
    assert frames.first.is_visible()
    assert page.locator(".front-picture input").get_attribute("aria-valuetext") == "8 layers"
    context.close()


def test_the_front_door_leads_to_the_index(browser: Any, host: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(host)
    page.wait_for_url(f"{host}/book/index.html", timeout=seconds(60_000))
    context.close()


@pytest.mark.parametrize("lab", LABS)
def test_a_lab_has_one_door_to_colab_which_leads_to_the_student_s_notebook(visit: Visit, lab: str) -> None:
    version = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"]
    (door,) = (link for link in visit(f"{lab}.html", **DESKTOP).links if "colab.research" in link)
    assert door.endswith(f"/blob/v{version}/{lab.replace('/solutions', '')}.ipynb")


@pytest.mark.parametrize("lab", LABS)
def test_a_lab_s_page_folds_its_solutions_and_offers_the_student_s_files(site: Site, lab: str) -> None:
    text = (site.html / f"{lab}.html").read_text(encoding="utf-8")
    assert "SOLUTION" not in text
    assert text.count("Show a solution") >= 3
    assert "raise NotImplementedError" in re.sub(r"<[^>]+>", "", text)
    assert "<summary>Sample answers</summary>" in text
    assert "What it found." in text
    downloads = re.findall(r'href="([^"]+_downloads[^"]+)"', text)
    assert {Path(file).suffix for file in downloads} >= {".ipynb", ".py"}
    for file in downloads:
        assert "BEGIN SOLUTION" not in (site.html / lab).parent.joinpath(file).read_text(encoding="utf-8")


def test_the_inspection_notices_what_it_looks_for(visit: Visit, site: Site) -> None:
    (site.html / "bad.html").write_text(
        "<img src='http://picture.invalid/a.png' alt='../a.png'><img src='gone.png'><p style='width:3000px'>wide</p>"
        "<script>window.MathJax = {startup: {promise: Promise.resolve()}}; console.error('said')</script>"
        "<script>addEventListener('load', () => setTimeout(() => fetch('http://late.invalid/')))</script>"
        "<script>throw new Error('thrown')</script><span class='math'>\\(x\\)</span>"
        "<table><tr><td><p style='width:1em; overflow-wrap:anywhere'>0.9634</p><p>two words</p></td></tr></table>",
        encoding="utf-8",
    )
    found = visit("bad.html", **PHONE)
    assert "said" in found.errors
    assert any("thrown" in error for error in found.errors)
    assert found.outside == ["http://picture.invalid/a.png", "http://late.invalid/"]
    assert any(url.endswith("/gone.png") for url in found.missing)
    assert found.nameless == ["../a.png", ""]
    assert found.raw_math == 1
    assert found.overflow > 2000
    assert found.broken_words == ["0.9634"]

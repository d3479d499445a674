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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
import yaml

ROOT = Path(__file__).parents[1]
TOC = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
PAGES = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"])]
LABS = [page for page in PAGES if page.startswith("labs/")]
FORCE = "execute_notebooks: force"
# sphinx-thebe's settings are written twice by Jupyter Book 1, even where thebe is off.
KNOWN = "Identifier 'THEBE_JS_URL' has already been declared"
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
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
    broken_words: list[str] = field(default_factory=list)


Visit = Callable[..., Findings]


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
        env={**os.environ, "RESNET_LABS_FAST": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.fixture(scope="module")
def site(executed: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book, from notebooks that this test run has executed; `RESNET_LABS_BOOK` names a folder that keeps it."""
    source = tmp_path_factory.mktemp("book")
    shutil.copy(ROOT / "README.md", source)
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    assert config.count(FORCE) == 1
    (source / "_config.yml").write_text(config.replace(FORCE, 'execute_notebooks: "off"'), encoding="utf-8")
    for name in ("book", "labs"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("_build", ".ipynb_checkpoints"))
    # The last first: test_solutions.py, in another worker, begins with the first.
    for page in reversed(LABS):
        shutil.copy(executed(ROOT / f"{page}.ipynb"), source / f"{page}.ipynb")
    done = build(source)
    assert done.returncode == 0, (done.stdout + done.stderr)[-12000:]
    html = source / "book" / "_build" / "html"
    if os.environ.get("RESNET_LABS_BOOK"):
        shutil.copytree(html, os.environ["RESNET_LABS_BOOK"], dirs_exist_ok=True)
    return html


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def host(site: Path) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(site))
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


def look(browser: Any, host: str, path: str, *, width: int = 1280, scheme: str = "light") -> Findings:
    found = Findings()
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)

    def allow(route: Any) -> None:
        if route.request.url.startswith(host):
            route.continue_()
        else:
            found.outside.append(route.request.url)
            route.abort()

    context.route("**/*", allow)
    page = context.new_page()
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.on("console", lambda message: message.type == "error" and found.errors.append(message.text))
    page.on("response", lambda answer: answer.status >= 400 and found.missing.append(answer.url))
    page.goto(f"{host}/{path}", wait_until="networkidle")
    if page.locator(".math").count():
        page.wait_for_function("window.MathJax?.startup?.promise?.then(() => true)", timeout=30_000)
    alts = page.eval_on_selector_all("img", "all => all.map(one => one.getAttribute('alt') ?? '')")
    found.nameless = [alt for alt in alts if not alt.strip() or re.search(r"\.(png|svg|jpe?g|gif|webp)\b", alt)]
    found.raw_math = page.locator(".math").count() - page.locator(".math mjx-container").count()
    found.theme = page.evaluate("document.documentElement.dataset.theme ?? ''")
    found.links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
    found.overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found.broken_words = page.eval_on_selector_all("td, th", BROKEN_WORDS)
    if os.environ.get("RESNET_LABS_SCREENSHOTS"):
        name = f"{path.removesuffix('.html').replace('/', '-')}-{scheme}-{width}.png"
        page.screenshot(path=Path(os.environ["RESNET_LABS_SCREENSHOTS"], name), full_page=True)
    context.close()
    return found


def test_a_book_without_outputs_is_executed_as_it_is_built(tmp_path: Path) -> None:
    shutil.copy(ROOT / "_config.yml", tmp_path)
    shutil.copytree(ROOT / "book" / "_static", tmp_path / "book" / "_static")
    (tmp_path / "book" / "_toc.yml").write_text("{format: jb-book, root: page}", encoding="utf-8")
    title = nbformat.v4.new_markdown_cell("# Page")
    shown = nbformat.v4.new_code_cell("import os\nprint('fast', os.environ['RESNET_LABS_FAST'], 6 * 7)")
    nbformat.write(nbformat.v4.new_notebook(cells=[title, shown]), tmp_path / "page.ipynb")
    done = build(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fast 1 42" in (tmp_path / "book" / "_build" / "html" / "page.html").read_text(encoding="utf-8")
    fails = nbformat.v4.new_code_cell("raise LookupError('thrown')")
    nbformat.write(nbformat.v4.new_notebook(cells=[title, fails]), tmp_path / "page.ipynb")
    assert build(tmp_path).returncode != 0


@pytest.mark.parametrize("page", PAGES)
def test_the_book_is_built_without_a_warning_and_shows_what_ran(site: Path, page: str) -> None:
    text = (site / f"{page}.html").read_text(encoding="utf-8")
    assert ('<div class="cell_output' in text) == (page in LABS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_without_an_error_and_asks_nobody_else(visit: Visit, page: str, scheme: str) -> None:
    found = visit(f"{page}.html", scheme=scheme)
    assert [error for error in found.errors if KNOWN not in error] == []
    assert found.outside == []
    assert found.missing == []
    assert found.nameless == []
    assert found.raw_math == 0
    assert found.theme == scheme


@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_a_phone(visit: Visit, page: str) -> None:
    assert visit(f"{page}.html", width=390).overflow <= 0


@pytest.mark.parametrize("seen", [{"scheme": "light"}, {"width": 390}], ids=["desktop", "phone"])
@pytest.mark.parametrize("page", PAGES)
def test_no_word_of_a_table_is_broken(visit: Visit, page: str, seen: dict[str, Any]) -> None:
    assert [word for word in visit(f"{page}.html", **seen).broken_words if "-" not in word.strip("-")] == []


def test_the_menu_opens_on_a_phone(browser: Any, host: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{host}/{PAGES[0]}.html", wait_until="networkidle")
    entry = page.locator("nav.bd-links a").last
    assert not entry.is_visible()
    page.locator(".primary-toggle:visible").first.click()
    entry.wait_for(state="visible", timeout=5000)
    context.close()


@pytest.mark.parametrize("page", PAGES)
def test_every_link_inside_the_book_leads_somewhere(visit: Visit, host: str, site: Path, page: str) -> None:
    inside = [link for link in visit(f"{page}.html", scheme="light").links if link.startswith(host)]
    assert inside
    broken = []
    for link in inside:
        parts = urlsplit(link)
        target = site / unquote(parts.path).lstrip("/")
        anchor = unquote(parts.fragment)
        if not target.is_file() or (anchor and f'id="{anchor}"' not in target.read_text(encoding="utf-8")):
            broken.append(link)
    assert broken == []


def test_the_front_door_leads_to_the_index(visit: Visit, host: str) -> None:
    links = visit("").links
    assert any(link.startswith(f"{host}/{page}.html") for link in links for page in PAGES[1:])


def test_a_lab_opens_in_colab_at_the_version_of_the_book(visit: Visit) -> None:
    lab = LABS[0]
    version = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"]
    colab = [link for link in visit(f"{lab}.html", scheme="light").links if "colab" in link]
    assert any(link.endswith(f"/blob/v{version}/{lab}.ipynb") for link in colab)


def test_the_inspection_notices_what_it_looks_for(visit: Visit, site: Path) -> None:
    (site / "bad.html").write_text(
        "<img src='http://picture.invalid/a.png' alt='../a.png'><img src='gone.png'><p style='width:3000px'>wide</p>"
        "<script>window.MathJax = {startup: {promise: Promise.resolve()}}; console.error('said')</script>"
        "<script>throw new Error('thrown')</script><span class='math'>\\(x\\)</span>"
        "<table><tr><td><p style='width:1em; overflow-wrap:anywhere'>0.9634</p><p>two words</p></td></tr></table>",
        encoding="utf-8",
    )
    found = visit("bad.html", width=390)
    assert "said" in found.errors
    assert any("thrown" in error for error in found.errors)
    assert found.outside == ["http://picture.invalid/a.png"]
    assert any(url.endswith("/gone.png") for url in found.missing)
    assert found.nameless == ["../a.png", ""]
    assert found.raw_math == 1
    assert found.overflow > 2000
    assert found.broken_words == ["0.9634"]

"""PDFs of the book and of each lab, printed by Chromium from one HTML page that holds the whole book."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from resnet_labs.errors import InputError

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
_PAGE: dict[str, Any] = {
    "format": "A4",
    "margin": {"top": "18mm", "bottom": "18mm", "left": "16mm", "right": "16mm"},
    "print_background": True,
    "display_header_footer": True,
    "header_template": "<span></span>",
    "footer_template": '<p style="width:100%; font-size:8px; text-align:center"><span class="pageNumber"></span></p>',
    "outline": True,
    "tagged": True,
}
_WIDTH = 672  # of A4 less its margins, in CSS pixels
# Hints are folded on the screen; on paper nobody can open them. A table that is wider than the paper becomes smaller:
# else Chromium makes everything smaller. A file beside the page is not in the PDF.
_PREPARE = """() => {
    for (const each of document.querySelectorAll("details")) each.open = true;
    for (const each of document.querySelectorAll("details.hide > summary *"))
        each.textContent = each.textContent.trim().replace(/^Hide (the|code cell) /, "");
    for (const each of document.querySelectorAll("a[href]:not([href^='#'])"))
        if (each.protocol === "file:") each.removeAttribute("href");
    for (const each of document.querySelectorAll("table")) {
        const room = each.parentElement.clientWidth;
        if (each.offsetWidth > room) each.style.zoom = room / each.offsetWidth;
    }
}"""
# Leave one part of the book, and no link into what is gone.
_ONLY = """name => {
    const part = document.getElementById(`document-${name}`).nextElementSibling;
    document.body.replaceChildren(part);
    for (const link of document.querySelectorAll("a[href^='#']"))
        if (!document.getElementById(decodeURIComponent(link.hash.slice(1)))) link.removeAttribute("href");
    document.title = part.querySelector("h1, h2").firstChild.textContent;
}"""


def print_book(page: Path, labs: list[str], folder: Path) -> list[Path]:
    """Print the whole book as resnet_labs.pdf, and each lab under its own name.

    Args:
        page: the HTML page that holds the whole book.
        labs: the labs' names in the book, such as `labs/solutions/lab02_digits`.
        folder: where the PDFs go.

    Returns:
        The PDFs.

    Raises:
        InputError: Chromium or the package that drives it is missing.
    """
    made = []
    with _browser() as browser:
        for name in ("", *labs):
            opened = browser.new_page(viewport={"width": _WIDTH, "height": 900})
            opened.emulate_media(media="print")
            opened.goto(page.as_uri(), wait_until="load")
            opened.evaluate(_PREPARE)
            if name:
                opened.evaluate(_ONLY, name)
            made.append(folder / f"{Path(name).name or 'resnet_labs'}.pdf")
            opened.pdf(path=made[-1], **_PAGE)
            opened.close()
    return made


@contextmanager
def _browser() -> Iterator[Any]:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise InputError("There is no Chromium here, which prints the PDFs.", "Install it, and run the command again.")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise InputError("The package playwright is missing, which drives Chromium.", "Run `make setup`.") from error
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield running
        running.close()

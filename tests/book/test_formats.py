"""A small book with everything that pages hold, as EPUB and as PDF: both are opened, and read."""

from __future__ import annotations

import posixpath
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import nbformat
import pytest
import yaml
from helpers.places import ROOT
from helpers.time_limits import seconds

from resnet_labs.labkit.book import epub, formats
from resnet_labs.labkit.book.executed import FOLDER

FORMATS = Path("book", "_build", "formats")
HTML = "{http://www.w3.org/1999/xhtml}"
DC = "{http://purl.org/dc/elements/1.1/}"
SVG = "{http://www.w3.org/2000/svg}"
XMLNS = 'xmlns="http://www.w3.org/2000/svg"'
OPF = "{http://www.idpf.org/2007/opf}"
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TEXT = """\
# Lab 01. First

See [the second lab](lab02_second.ipynb), {ref}`its end <end>` and [the index](../../book/index.md).
In HTML: <a href="lab02_second.html#end">its end</a> and <a href="../../book/index.html">the index</a>.
To keep: {download}`a file <lab02_second.ipynb>`.

Inline $\\max\\big(0, x\\big)$ and $\\\\frac{1}{n} \\\\sum_i x_i^2$, and a block:

$$k \\\\cdot k \\\\cdot C \\\\cdot D$$

<details><summary>Hint 01.1a: it is <code>x < y</code></summary>

Fold me &amp; unfold me.<br>A second&nbsp;line.

</details>
"""
LIVE = (
    "<style scoped>.x > p {color: red}</style><div class=x><p>live & free<p>unclosed"
    f"<img alt='a dot' src='data:image/png;base64,{DOT}'>"
    "<input type=range disabled><svg width=9 height=9 viewBox='0 0 9 9'><linearGradient id=g /></svg></div>"
    "<script>if (1 < 2 && 3) document.title = 'ran'</script>"
)


def notebook(path: Path, text: str, *sources: str) -> None:
    cells = [nbformat.v4.new_markdown_cell(text)]
    for source in sources:
        alt = {"mystnb": {"image": {"alt": "One dot"}}}
        cells.append(nbformat.v4.new_code_cell(source, metadata=alt))
    python = {"language_info": {"name": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=python), path)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("small")
    for name in ("_config.yml", "pyproject.toml"):
        shutil.copy(ROOT / name, root)
    shutil.copytree(ROOT / "book" / "_static", root / "book" / "_static")
    for file in (ROOT / "book").glob("*.bib"):
        shutil.copy(file, root / "book")
    (root / "book" / "index.md").write_text(
        "# The index\n\nWords of the index. [First](../labs/solutions/lab01_first.ipynb)\n\n"
        "![A verdict](_static/results/verdicts.svg)\n",
        encoding="utf-8",
    )
    (root / "labs" / "solutions").mkdir(parents=True)
    first, second = (root / "labs" / "solutions" / f"{name}.ipynb" for name in ("lab01_first", "lab02_second"))
    live = f"from IPython.display import HTML\nHTML({LIVE!r})"
    dot = f"import base64\nfrom IPython.display import Image\nImage(base64.b64decode({DOT!r}))"
    table = "import pandas\npandas.DataFrame({'loss': [0.25], 'name': ['a < b']})"
    notebook(first, TEXT.replace("\\\\", "\\"), "print('\\x1b[31mred\\x1b[0m and \\x07 a bell')", live)
    notebook(second, "# Lab 02. Second\n\nWords of the second lab.\n\n(end)=\n## End\n", dot, table)
    toc = {
        "format": "jb-book",
        "root": "book/index",
        "parts": [
            {"caption": "Labs", "chapters": [{"file": f"labs/solutions/{path.stem}"} for path in (first, second)]}
        ],
    }
    (root / "book" / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    return root


def make(root: Path, form: str) -> tuple[int, str]:
    command = [sys.executable, "-m", formats.__name__, form]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=seconds(1800))
    return done.returncode, re.sub(r"\x1b\[[\d;]*m", "", done.stderr)


@pytest.fixture(scope="module")
def opened(book: Path) -> Iterator[zipfile.ZipFile]:
    assert make(book, "epub") == (0, "")
    with zipfile.ZipFile(book / FORMATS / "resnet_labs.epub") as file:
        yield file


@pytest.fixture(scope="module")
def pages(opened: zipfile.ZipFile) -> dict[str, ElementTree.Element]:
    return {name: ElementTree.fromstring(opened.read(name)) for name in opened.namelist() if name.endswith(".xhtml")}


pytestmark = pytest.mark.exhaustive


def words(page: ElementTree.Element) -> str:
    return " ".join("".join(page.itertext()).split())


def test_the_epub_begins_as_readers_expect(opened: zipfile.ZipFile) -> None:
    first = opened.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    assert opened.read("mimetype") == b"application/epub+zip"
    assert opened.testzip() is None
    assert b'full-path="content.opf"' in opened.read("META-INF/container.xml")


def listed(opened: zipfile.ZipFile) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Return what the manifest says of each file, and the files of the spine in order."""
    content = ElementTree.fromstring(opened.read("content.opf"))
    items = {item.attrib["id"]: item.attrib for item in content.iter(f"{OPF}item")}
    spine = [items[item.attrib["idref"]]["href"] for item in content.iter(f"{OPF}itemref")]
    return {item["href"]: item for item in items.values()}, spine


def test_its_spine_is_the_book_in_order_and_everything_listed_is_there(opened: zipfile.ZipFile) -> None:
    items, spine = listed(opened)
    assert set(items) <= set(opened.namelist())
    assert spine == ["book/index.xhtml", *(f"labs/solutions/{lab}.xhtml" for lab in ("lab01_first", "lab02_second"))]
    assert set(items["labs/solutions/lab01_first.xhtml"]["properties"].split()) == {"mathml", "svg"}
    for name in ("nav.xhtml", "toc.ncx"):
        assert "The index Lab 01. First Lab 02. Second" in words(ElementTree.fromstring(opened.read(name)))
    content = ElementTree.fromstring(opened.read("content.opf"))
    assert content.findtext(f".//{DC}title") == "resnet_labs"


def test_pages_show_text_outputs_and_formulas_and_run_nothing(pages: dict[str, ElementTree.Element]) -> None:
    first, second = (pages[f"labs/solutions/{lab}.xhtml"] for lab in ("lab01_first", "lab02_second"))
    for said in ("red and a bell", "live & free", "x < y", "Fold me & unfold me.", "A second line."):
        assert said in words(first), said
    assert "a < b" in words(second)
    names = {element.tag.split("}")[1] for element in first.iter()}
    assert {"math", "mfrac", "details", "linearGradient"} <= names
    assert first.find(f".//{SVG}linearGradient") is not None
    assert not any(element.tag == f"{HTML}script" for page in pages.values() for element in page.iter())
    assert any("viewBox" in element.attrib for element in first.iter())
    assert all("MathJax" not in words(page) for page in pages.values())


def test_every_picture_is_inside_and_has_words(opened: zipfile.ZipFile, pages: dict[str, ElementTree.Element]) -> None:
    shown = [(name, each.attrib) for name, page in pages.items() for each in page.iter(f"{HTML}img")]
    files = [
        posixpath.normpath(posixpath.join(posixpath.dirname(name), each["src"]))
        for name, each in shown
        if not each["src"].startswith("data:")
    ]
    assert len(files) >= 2
    assert set(files) <= set(opened.namelist())
    assert {each["alt"] for _, each in shown} == {"A verdict", "a dot", "One dot"}


def broken_links(opened: zipfile.ZipFile, pages: dict[str, ElementTree.Element]) -> Iterator[str]:
    there = set(opened.namelist())
    ids = {name: {each.get("id") for each in page.iter()} for name, page in pages.items()}
    for name, page in pages.items():
        for link in page.iter(f"{HTML}a"):
            parts = urlsplit(link.attrib.get("href", ""))
            path, fragment = unquote(parts.path), unquote(parts.fragment)
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            if not parts.scheme and (target not in there or (fragment and fragment not in ids.get(target, ()))):
                yield f"{name}: {link.attrib['href']}"


def test_every_link_inside_leads_somewhere(opened: zipfile.ZipFile, pages: dict[str, ElementTree.Element]) -> None:
    assert [*broken_links(opened, pages)] == []
    links = [link.get("href") for link in pages["labs/solutions/lab01_first.xhtml"].iter(f"{HTML}a")]
    assert {"lab02_second.xhtml", "lab02_second.xhtml#end", "../../book/index.xhtml"} <= set(links)
    assert not any(link and link.endswith(".html") for link in links)
    links[0] = pages["book/index.xhtml"].find(f".//{HTML}a")
    links[0].set("href", "gone.xhtml")
    assert [*broken_links(opened, pages)] == ["book/index.xhtml: gone.xhtml"]


@pytest.mark.parametrize(
    ("page", "xml"),
    [
        ("<p>a<br>b", "<p>a<br/>b</p>"),
        ("<input disabled value=1>", '<input disabled="" value="1"/>'),
        ("<p>&nbsp;&copy;&lt;</p>", "<p>\xa0©&lt;</p>"),
        ("<p>a\x07b</p>", "<p>ab</p>"),
        ("<p>a</p><script>1 < 2 && 3</script>", "<p>a</p>"),
        ("<svg viewBox='0 0 1 1'><clipPath /></svg>", f'<svg viewBox="0 0 1 1" {XMLNS}><clipPath></clipPath></svg>'),
        ("<details open><summary>a & b</summary></details>", '<details open=""><summary>a &amp; b</summary></details>'),
    ],
)  # fmt: skip
def test_html_of_any_kind_becomes_xml(page: str, xml: str) -> None:
    assert epub.as_xml(f"<html>{page}</html>") == f"<html>{xml}</html>"


@pytest.mark.browser
def test_the_pdfs_hold_the_text_their_pages_and_an_outline(book: Path) -> None:
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        pytest.skip("there is no Chromium on this machine")
    pypdf = pytest.importorskip("pypdf", reason="the pypdf package is not installed")
    assert make(book, "pdf") == (0, "")
    names = ["lab01_first.pdf", "lab02_second.pdf", "resnet_labs.pdf"]
    made = sorted((book / FORMATS).glob("*.pdf"))
    assert [path.name for path in made] == names
    first, second, whole = map(pypdf.PdfReader, made)
    texts = [
        " ".join(" ".join(page.extract_text() for page in reader.pages).split()) for reader in (whole, first, second)
    ]
    for said in (
        "Words of the index",
        "Fold me & unfold me",
        "a bell",
        "live & free",
        "Words of the second lab",
    ):
        assert said in texts[0], said
    assert "Fold me & unfold me" in texts[1]  # hints are unfolded
    assert "Words of the index" not in texts[1]
    assert "Words of the second lab" not in texts[1]
    assert "a < b" in texts[2]
    assert len(whole.pages) >= 3  # each part begins on a page of its own
    assert (len(first.pages), len(second.pages)) == (1, 1)
    assert {"Lab 01. First", "Lab 02. Second", "End"} <= set(titles(whole.outline))
    assert len(second.pages[0].images) >= 1
    outside = {uri for reader in (whole, first, second) for page in reader.pages for uri in links(page)}
    assert not any(uri.startswith("file:") for uri in outside)
    inside = [each for page in whole.pages for each in page.get("/Annots") or [] if "/Dest" in each.get_object()]
    assert len(inside) >= 6


def titles(outline: list[Any]) -> Iterator[str]:
    for entry in outline:
        if isinstance(entry, list):
            yield from titles(entry)
        else:
            yield entry.title


def links(page: Any) -> Iterator[str]:
    for each in page.get("/Annots") or []:
        action = each.get_object().get("/A")
        if action is not None and "/URI" in action.get_object():
            yield str(action.get_object()["/URI"])


def test_a_lab_that_fails_gives_status_1_and_the_rest_of_the_book(book: Path, tmp_path: Path) -> None:
    shutil.copytree(book, tmp_path / "book")
    broken = tmp_path / "book" / "labs" / "solutions" / "lab02_second.ipynb"
    notebook(broken, "# Lab 02. Second\n\n(end)=\n## End\n", "raise LookupError('thrown')")
    status, said = make(tmp_path / "book", "epub")
    assert status == 1
    assert "lab02_second.ipynb: WARNING: lab02_second failed. LookupError: thrown" in said
    with zipfile.ZipFile(tmp_path / "book" / FORMATS / "resnet_labs.epub") as file:
        assert "This notebook failed" in file.read("labs/solutions/lab02_second.xhtml").decode()
        assert "live &amp; free" in file.read("labs/solutions/lab01_first.xhtml").decode()


@pytest.mark.browser
@pytest.mark.weekly
def test_the_whole_book_is_an_epub_and_ten_pdfs(
    tmp_path: Path, kept: Path, executed: Callable[[Path], nbformat.NotebookNode]
) -> None:
    pypdf = pytest.importorskip("pypdf", reason="the pypdf package is not installed")
    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [toc["root"]]
    for entry in (entry for part in toc["parts"] for entry in part["chapters"]):
        chapters += [entry["file"], *(section["file"] for section in entry.get("sections", []))]
    labs = [name for name in chapters if name.startswith("labs/")]
    for name in labs:
        executed(ROOT / f"{name}.ipynb")
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "_config.yml", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("book", "labs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("_build"))
    (tmp_path / FOLDER).parent.mkdir()
    (tmp_path / FOLDER).symlink_to(kept)
    assert make(tmp_path, "epub") == (0, "")
    with zipfile.ZipFile(tmp_path / FORMATS / "resnet_labs.epub") as file:
        items, spine = listed(file)
        assert set(items) <= set(file.namelist())
        assert spine[: len(chapters)] == [f"{name}.xhtml" for name in chapters]
        assert [*broken_links(file, {name: ElementTree.fromstring(file.read(name)) for name in spine})] == []
    assert make(tmp_path, "pdf") == (0, "")
    for name in labs:
        reader = pypdf.PdfReader(tmp_path / FORMATS / f"{Path(name).name}.pdf")
        assert f"Lab {Path(name).name[3:5]}." in reader.pages[0].extract_text()
        assert len(reader.pages) > 3
    whole = pypdf.PdfReader(tmp_path / FORMATS / "resnet_labs.pdf")
    assert {f"Lab {Path(name).name[3:5]}" for name in labs} <= {title.split(".")[0] for title in titles(whole.outline)}

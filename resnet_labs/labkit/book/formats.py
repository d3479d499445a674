"""The book as EPUB and PDF: `python -m resnet_labs.labkit.book.formats {epub,pdf}` in the repository's root.

Both are built from the same pages and the same executed labs as the web pages, and end up under book/_build/formats.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_book.config import get_final_config
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from resnet_labs.errors import InputError
from resnet_labs.labkit.address import read_address
from resnet_labs.labkit.book import pdf

_ROOM = Path("book", "_build")
_NAME = "resnet_labs"
_BUILDERS = {"epub": "epub", "pdf": "singlehtml"}
# What only serves web pages: the theme with its buttons, folding, copying, live kernels, and MathJax.
_ONLY_WEB = {
    *("sphinx_book_theme", "sphinx_togglebutton", "sphinx_copybutton", "sphinx_thebe", "sphinx_comments"),
    *("sphinx.ext.intersphinx", "sphinx_jupyterbook_latex", "sphinx_multitoc_numbering", "sphinx-mathjax-offline"),
    "resnet_labs.labkit.pages",
}
_PAGED = ("resnet_labs.labkit.book.mathml", "resnet_labs.labkit.book.epub")


def _make(root: Path, form: str) -> tuple[list[Path], int]:
    """Build the book in one form.

    Args:
        root: the repository.
        form: "epub" or "pdf".

    Returns:
        The files, and Sphinx's status: 1 if it warned, for example of a lab that failed, else 0.

    Raises:
        InputError: something that prints the PDFs is missing.
    """
    out, done = root / _ROOM / _BUILDERS[form], root / _ROOM / "formats"
    done.mkdir(parents=True, exist_ok=True)
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            srcdir=root,
            confdir=None,
            outdir=out,
            doctreedir=root / _ROOM / ".doctrees-formats",
            buildername=_BUILDERS[form],
            confoverrides=_settings(root),
            freshenv=True,
            warningiserror=True,
            keep_going=True,
        )
        app.build(force_all=True)
    if form == "epub":
        made = [done / f"{_NAME}.epub"]
        (out / f"{_NAME}.epub").replace(made[0])
    else:
        labs = sorted(page for page in app.env.all_docs if page.startswith("labs/"))
        # Sphinx writes this page as if it lay beside its pictures, wherever the root page lies.
        page = out / f"{_NAME}.html"
        page.write_text(
            _inside(app, (out / f"{app.config.root_doc}.html").read_text(encoding="utf-8")), encoding="utf-8"
        )
        made = pdf.print_book(page, labs, done)
    return made, app.statuscode


def _inside(app: Sphinx, text: str) -> str:
    """Return the page that holds the whole book with links to its parts in place of links to web pages."""
    names = {name.rpartition("/")[2]: name for name in app.env.all_docs}

    def link(found: re.Match[str]) -> str:
        target = found[2] or f"#document-{names[found[1]]}" if found[1] in names else ""
        return f'href="{target}"' if target else found[0]

    root = f'<body><span id="document-{app.config.root_doc}"></span>'  # Sphinx marks the other parts alone
    return re.sub(r'href="(?:[\w./-]*/)?([\w-]+)\.html(#[^"]*)?"', link, text.replace("<body>", root, 1))


def _settings(root: Path) -> dict[str, Any]:
    """Return the book's settings for Sphinx, less what only serves web pages."""
    given = {"external_toc_path": str(root / "book" / "_toc.yml"), "latex_individualpages": False}
    settings, _ = get_final_config(user_yaml=root / "_config.yml", sourcedir=root, cli_config=given)
    del settings["comments_config"]
    address = read_address(root)
    return settings | {
        "extensions": [name for name in settings["extensions"] if name not in _ONLY_WEB] + [*_PAGED],
        "project": _NAME,
        "version": address.version,
        "language": "en",
        "html_math_renderer": "mathml",
        "html_theme": "basic",
        "html_theme_options": {"nosidebar": True},
        "html_static_path": ["book/_static/paged.css"],
        "html_css_files": ["paged.css"],
        "html_js_files": [],
        "html_show_sphinx": False,
        "html_copy_source": False,
        "html_domain_indices": False,
        "html_permalinks": False,
        "epub_basename": _NAME,
        "epub_description": "Student reports on residual networks, rebuilt as labs.",
        "epub_contributor": settings["author"],
        "epub_identifier": address.repository,
        "epub_scheme": "URL",
        "epub_uid": "book",
        "epub_show_urls": "no",
        "epub_tocdepth": 2,
        "epub_tocscope": "includehidden",
        "epub_use_index": False,
        "suppress_warnings": [*settings["suppress_warnings"], "epub.unknown_project_files"],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Build what is asked for; return 1 if Sphinx warned, 2 if something is missing."""
    parser = argparse.ArgumentParser(prog="python -m resnet_labs.labkit.book.formats", description="EPUB and PDF.")
    parser.add_argument("form", choices=sorted(_BUILDERS))
    try:
        made, status = _make(Path.cwd(), parser.parse_args(arguments).form)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    for path in made:
        print(f"{path.relative_to(Path.cwd())}: {path.stat().st_size / 1e6:.1f} MB")
    return status


if __name__ == "__main__":
    sys.exit(main())

"""An extension of Sphinx: the book's notebooks are shown with their kept outputs, and executed where there are none.

Jupyter Book's own cache cannot do this: its key knows a notebook's cells, but not resnet_labs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from resnet_labs.labkit.book.executed import FOLDER, execute_all, place, with_outputs

_log = logging.getLogger(__name__)
_FAILED = "```{warning}\nThis notebook failed when the book was built: its outputs are missing.\n```"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    places: dict[Path, Path] = {}  # notebooks and the files that keep their outputs

    def execute(app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
        notebooks = {path: page for page in pages if (path := Path(env.doc2path(page))).suffix == ".ipynb"}
        places.update({notebook: place(notebook, Path(app.srcdir) / FOLDER) for notebook in notebooks})
        for notebook, said in execute_all(places).items():
            _log.warning("%s", said.strip(), location=notebooks[notebook])

    def show(app: Sphinx, page: str, source: list[str]) -> None:
        path = Path(app.env.doc2path(page))
        if path in places:
            notebook = with_outputs(path, places[path])
            if notebook is None:
                notebook = nbformat.reads(source[0], as_version=4)
                notebook.cells.insert(1, nbformat.v4.new_markdown_cell(_FAILED))
            source[0] = nbformat.writes(notebook)

    app.connect("env-before-read-docs", execute)
    app.connect("source-read", show)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

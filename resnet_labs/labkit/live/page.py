"""Write the page of live views, book/live.md.

`python -m resnet_labs.labkit.live.page` writes it from book/live/*.json, which `measure` makes, and from the stored
results lines; `--check` only says whether it is up to date.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from resnet_labs.labkit._generated import settle
from resnet_labs.labkit.live import searched, trained
from resnet_labs.labkit.live.measure import STORED
from resnet_labs.labkit.live.view import View

_PAGE = STORED.parent / "live.md"
_COMMAND = "python -m resnet_labs.labkit.live.page"
_TEXT = """\
<!-- Generated from book/live/*.json and resnet_labs/reports/evidence: edit nothing here, run {command} -->

# Live views

Six experiments of the labs to look into, without a kernel: everything that a view can show is in this page. Sliders
move with the mouse, or with Tab and the arrow keys. The sentence below each picture says what is seen.

Every run has a results line with its seed, settings, versions and commit. The lines of the trained networks are beside
the data in `book/live`, made by `python -m resnet_labs.labkit.live.measure`; those of the searches are in
`resnet_labs/reports/evidence`. The images are scikit-learn's digits and procedural ones: stand-ins for the reports' own
data, which may not be given away.

<link rel="stylesheet" href="../_static/live.css">

{views}

<script defer src="../_static/live.js"></script>
"""


def views() -> list[View]:
    """Return the views in the order of the page."""
    makers = (
        trained.depth,
        trained.confusion,
        trained.embeddings,
        trained.mixing,
        searched.margin,
        searched.rate,
    )
    return [make() for make in makers]


def page() -> str:
    """Return the page."""
    shown = "\n\n".join(f"## {view.title}\n\n{view.text}\n\n{view.html()}" for view in views())
    return _TEXT.format(command=_COMMAND, views=shown)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 if the page is stale")
    check = parser.parse_args(arguments).check
    return settle({_PAGE: page()}, _COMMAND, root=STORED.parents[1], check=check)


if __name__ == "__main__":
    sys.exit(main())

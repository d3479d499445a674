"""Write the book's results page and its pictures from the results lines and the reports' figures.

`python -m resnet_labs.labkit.results_page` writes book/results.md and book/_static/results; `--check` only says whether
they are up to date.
"""

from resnet_labs.labkit.results_page.command import EVIDENCE, PAGE, PICTURES, main
from resnet_labs.labkit.results_page.page import Made, made
from resnet_labs.labkit.results_page.text import escaped

__all__ = ["EVIDENCE", "PAGE", "PICTURES", "Made", "escaped", "made", "main"]

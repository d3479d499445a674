"""A lab's page in the book shows the student's stub, folds the solution behind it, and names its pictures."""

from __future__ import annotations

import nbformat
import pytest
from helpers.places import SOLUTIONS
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from resnet_labs.labkit.lab_page import as_page

ANSWER = """\
def shares(labels):
    \"\"\"Return the shares.\"\"\"
    ### BEGIN SOLUTION
    return labels / labels.sum()
    ### END SOLUTION


# total: their sum
### BEGIN SOLUTION
total = 1
### END SOLUTION"""


def page(*cells):
    notebook = new_notebook(cells=list(cells), metadata={"resnet_labs": {"generated_from": "labs/solutions/lab02.py"}})
    return nbformat.reads(as_page(nbformat.writes(notebook)), as_version=4)


def answer(text=ANSWER):
    return new_code_cell(text, metadata={"tags": ["answer"], "exercise": "02.4"}, id="answer-02-4")


def test_the_stub_comes_first_and_the_solution_is_folded_without_marks():
    stub, solution = page(answer()).cells
    assert stub.cell_type == "markdown"
    assert stub.source.startswith("```python\ndef shares(labels):")
    assert stub.source.endswith("\n```")
    assert "labels / labels.sum()" not in stub.source
    assert stub.source.count("raise NotImplementedError") == 2
    assert "it sets total" in stub.source
    assert "SOLUTION" not in stub.source + solution.source
    left = [line for line in ANSWER.splitlines() if "SOLUTION" not in line]
    assert solution.source.splitlines() == left
    assert "hide-input" in solution.metadata.tags
    assert "solution" in solution.metadata.mystnb.code_prompt_show


def test_other_cells_stay_as_they_are():
    cells = [new_markdown_cell("# Lab"), new_code_cell("1 + 1", metadata={"tags": ["check"]}), new_markdown_cell("x")]
    assert [cell.source for cell in page(*cells).cells] == ["# Lab", "1 + 1", "x"]


def test_a_picture_gets_the_alternative_text_that_its_figure_gave():
    told = {"image/png": {"alt": "Line chart of loss."}}
    cell = new_code_cell("draw()", outputs=[new_output("display_data", {"image/png": "aGk="}, metadata=told)])
    silent = new_code_cell("draw()", outputs=[new_output("display_data", {"image/png": "aGk="})])
    shown, unnamed = page(cell, silent).cells
    assert shown.metadata.mystnb.image.alt == "Line chart of loss."
    assert "mystnb" not in unnamed.metadata


@pytest.mark.parametrize(
    ("link", "role"),
    [
        ('[nats](../../book/glossary.md#term-nats "The unit")', "{term}`nats <nats>`"),
        ('[The stem](../../book/glossary.md#term-stem "First\nlayers")', "{term}`The stem <stem>`"),
        ("[plain](https://example.org/glossary.md#term-nats)", "[plain](https://example.org/glossary.md#term-nats)"),
        ("[the notebook](../lab02_digits.ipynb)", "[the notebook](path:../lab02_digits.ipynb)"),
        ("[the script](../lab02_digits.py)", "[the script](path:../lab02_digits.py)"),
        ("[a page](../../book/glossary.md)", "[a page](../../book/glossary.md)"),
    ],
)
def test_links_lead_to_terms_and_downloads_in_the_book(link, role):
    assert page(new_markdown_cell(f"In {link}.")).cells[0].source == f"In {role}."


def test_a_notebook_that_no_lab_made_is_left_alone():
    text = nbformat.writes(new_notebook(cells=[answer()]))
    assert as_page(text) == text


def test_the_labs_own_answers_are_folded_and_their_marks_are_gone():
    for path in sorted(SOLUTIONS.glob("lab*.ipynb")):
        text = path.read_text(encoding="utf-8")
        before, after = (nbformat.reads(each, as_version=4) for each in (text, as_page(text)))
        answers = [cell for cell in before.cells if "answer" in cell.metadata.get("tags", [])]
        folded = [cell for cell in after.cells if "answer" in cell.metadata.get("tags", [])]
        assert len(folded) == len(answers) >= 3
        assert "BEGIN SOLUTION" in text
        assert not any("SOLUTION" in cell.source for cell in after.cells)
        assert all("hide-input" in cell.metadata.tags for cell in folded)

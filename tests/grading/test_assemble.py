"""Answers are found whatever an editor or a student did to the cells, and nothing else of a submission counts."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from helpers.submitted import assembled, bundle, cell, code, solution, solved, sources, untouched, without_ids

from resnet_labs.grading.assemble import assemble
from resnet_labs.grading.reading import Rejected

ALL = ("def adapt(", "def train_step(", "def precision_recall_f(", "def class_shares(", "matches = ")


def place(notebook, id):
    return next(number for number, each in enumerate(notebook["cells"]) if each.get("id") == id)


def kinds(made, exercise=None):
    return {note.kind for note in made.notes if exercise is None or note.exercise == exercise}


def texts(made):
    return " ".join(note.text for note in made.notes)


def test_the_solution_is_taken_whole_without_a_note():
    made = assembled(solved())
    assert all(text in sources(made) for text in ALL)
    assert not made.refused
    assert not made.notes
    assert [each["metadata"]["lab"]["role"] for each in made.notebook["cells"]] == ["prelude"] + ["answer"] * 5 + [
        "probe"
    ] * 4


def test_the_untouched_notebook_has_no_answers():
    made = assembled(untouched())
    assert set(made.refused) == {"02.1", "02.2", "02.3", "02.4"}
    assert set(made.refused.values()) == {"There is no answer."}
    assert sources(made) == sources(made, "probe") == ""


def lost_ids(notebook):
    for each in notebook["cells"]:
        each.pop("id", None)


def lost_metadata(notebook):
    for each in notebook["cells"]:
        each["metadata"] = {}


def sources_as_lines(notebook):
    for each in notebook["cells"]:
        each["source"] = each["source"].splitlines(keepends=True)


def reversed_order(notebook):
    notebook["cells"].reverse()


def no_check_cells(notebook):
    notebook["cells"] = [each for each in notebook["cells"] if not each["id"].startswith("check")]


def no_markdown(notebook):
    notebook["cells"] = [each for each in notebook["cells"] if each["cell_type"] == "code"]


def as_markdown(notebook):
    cell(notebook, "answer-02-1")["cell_type"] = "markdown"


def as_raw(notebook):
    for each in notebook["cells"]:
        each["cell_type"] = "raw" if each["id"].startswith("answer-02-2") else each["cell_type"]


def duplicated(notebook):
    for id in ("answer-02-1", "check-02-1"):
        notebook["cells"].append(dict(cell(notebook, id)))


def stub_kept_after_the_answer(notebook):
    notebook["cells"].append(dict(cell(untouched(), "answer-02-1")))


def emptied_copy_after_the_answer(notebook):
    notebook["cells"].append(dict(cell(notebook, "answer-02-3")) | {"source": "\n"})


def answered_in_a_new_cell(notebook):
    own = cell(notebook, "answer-02-3")
    notebook["cells"].insert(place(notebook, "answer-02-3") + 1, code(own["source"]))
    own["source"] = cell(untouched(), "answer-02-3")["source"]


def answered_in_the_check_cell(notebook):
    own, check = cell(notebook, "answer-02-2"), cell(notebook, "check-02-2")
    check["source"] = own["source"] + "\n" + check["source"]
    notebook["cells"].remove(own)


def merged_with_the_check(notebook):
    own, check = cell(notebook, "answer-02-2"), cell(notebook, "check-02-2")
    own["source"] += "\n\n" + check["source"]
    notebook["cells"].remove(check)


def all_in_one_cell(notebook):
    answers = [each for each in notebook["cells"] if each["id"].startswith("answer")]
    answers[0]["source"] = "\n\n".join(each["source"] for each in answers)
    for each in answers[1:]:
        notebook["cells"].remove(each)


def split_in_two(notebook):
    own = cell(notebook, "answer-02-4-2")
    head, _, tail = own["source"].partition("sizes = ")
    own["source"] = head
    notebook["cells"].insert(place(notebook, "answer-02-4-2") + 1, code("sizes = " + tail))


def moved_to_the_end(notebook):
    own = cell(notebook, "answer-02-1")
    notebook["cells"].remove(own)
    notebook["cells"].append(own)


def ids_exchanged(notebook):
    one, other = cell(notebook, "answer-02-1"), cell(notebook, "answer-02-3")
    one["source"], other["source"] = other["source"], one["source"]


def marks_of_nbval(notebook):
    for each in notebook["cells"]:
        if each["cell_type"] == "code":
            each["source"] = "# NBVAL_SKIP\n# NBVAL_IGNORE_OUTPUT\n" + each["source"]
            each["metadata"]["tags"] = ["nbval-skip", "raises-exception", "otter_ignore"]


def points_of_a_hundred(notebook):
    for each in notebook["cells"]:
        each["metadata"]["points"] = 100
        if isinstance(each["metadata"].get("lab"), dict):
            each["metadata"]["lab"] |= {"points": "100", "role": "probe", "rtol": 1e9, "probe": {"points": "100"}}


def saved_outputs(notebook):
    for each in notebook["cells"]:
        if each["cell_type"] == "code":
            data = {"application/vnd.resnet-labs.probe+json": {"cases": []}, "text/html": "<script>alert(1)</script>"}
            each["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
            each["execution_count"] = 49


def another_kernel(notebook):
    notebook["metadata"]["kernelspec"] = {"name": "bash", "display_name": "Bash", "language": "bash"}


def cells_without_type(notebook):
    for each in notebook["cells"]:
        if each["cell_type"] == "markdown":
            del each["cell_type"]


def timed(notebook):
    own = cell(notebook, "answer-02-1")
    own["source"] = "%%time\n" + own["source"]


def with_a_line_magic(notebook):
    own = cell(notebook, "answer-02-1")
    own["source"] = "%matplotlib inline\n!ls\n" + own["source"]


def odd_cells_between(notebook):
    hostile = ["import sys; sys.exit()", "raise SystemExit", "torch.allclose = lambda *a: True", "%run evil.py", "((("]
    notebook["cells"] = [
        each for own in notebook["cells"] for each in (own, code(hostile[len(own["source"]) % len(hostile)]))
    ]


KEEPING = [
    lost_ids,
    lost_metadata,
    without_ids,
    sources_as_lines,
    reversed_order,
    no_check_cells,
    no_markdown,
    as_markdown,
    as_raw,
    duplicated,
    stub_kept_after_the_answer,
    emptied_copy_after_the_answer,
    answered_in_a_new_cell,
    answered_in_the_check_cell,
    merged_with_the_check,
    all_in_one_cell,
    split_in_two,
    moved_to_the_end,
    ids_exchanged,
    marks_of_nbval,
    points_of_a_hundred,
    saved_outputs,
    another_kernel,
    cells_without_type,
    timed,
    with_a_line_magic,
    odd_cells_between,
]


@pytest.mark.parametrize("change", KEEPING, ids=lambda change: change.__name__)
def test_every_answer_is_found(change):
    made = assembled(solved(), change=change)
    assert not made.refused
    for text in ALL:
        assert sources(made).count(text) == 1
    whole = json.dumps(made.notebook["metadata"]) + "".join(str(each["outputs"]) for each in made.notebook["cells"])
    assert "script" not in whole
    assert "bash" not in whole
    assert {frozenset(each["metadata"]) for each in made.notebook["cells"]} == {frozenset({"lab"})}
    assert {frozenset(each["metadata"]["lab"]) for each in made.notebook["cells"]} == {frozenset({"id", "role"})}


NOTES = {
    lost_metadata: "",
    without_ids: "was found in cell",
    no_check_cells: "The check cell is missing",
    as_markdown: "is of type 'markdown'",
    duplicated: "they are the same",
    answered_in_a_new_cell: "precision_recall_f was found in cell",
    answered_in_the_check_cell: "The check cell was changed",
    merged_with_the_check: "The check cell is missing",
    all_in_one_cell: "train_step was found in cell",
    split_in_two: "sizes was found in cell",
    ids_exchanged: "adapt was found in cell",
    odd_cells_between: "are no answer of this lab and did not run",
}


@pytest.mark.parametrize("change", NOTES, ids=lambda change: change.__name__)
def test_what_is_unusual_is_noted(change):
    assert NOTES[change] in texts(assembled(solved(), change=change))


def test_of_two_different_copies_the_last_with_an_answer_counts_and_a_person_looks():
    notebook = solved()
    notebook["cells"].insert(0, dict(cell(notebook, "answer-02-1")) | {"source": "def adapt(*a):\n    return 'first'"})
    made = assembled(notebook)
    assert "'first'" not in sources(made)
    assert "nn.Conv2d(" in sources(made)
    assert "flagged" in kinds(made, "02.1")


def test_a_definition_that_is_broken_on_purpose_elsewhere_does_not_count():
    notebook = solved()
    notebook["cells"].append(code("def adapt(network, *rest):\n    return 'broken on purpose'"))
    made = assembled(without_ids(notebook))
    assert "broken on purpose" not in sources(made)
    assert "nn.Conv2d(" in sources(made)


@pytest.mark.parametrize("how", ["deleted", "emptied", "untouched"])
def test_a_missing_answer_costs_its_own_exercise(how):
    notebook = solved()
    own = cell(notebook, "answer-02-2")
    if how == "deleted":
        notebook["cells"].remove(own)
    else:
        own["source"] = "" if how == "emptied" else cell(untouched(), "answer-02-2")["source"]
    made = assembled(notebook)
    assert made.refused == {"02.2": "There is no answer."}
    assert [
        each["metadata"]["lab"]["id"] for each in made.notebook["cells"] if each["metadata"]["lab"]["role"] == "probe"
    ] == [
        "02.1",
        "02.3",
        "02.4",
    ]


def test_an_answer_under_another_name_is_found_by_its_place():
    notebook = without_ids(solved())
    for each in notebook["cells"]:
        each["source"] = each["source"].replace("def train_step(", "def my_step(")
    made = assembled(notebook)
    assert "def my_step(" in made.answers["02.2"]
    assert "found by its place" in texts(made)


def test_an_answer_with_a_syntax_error_is_taken_as_it_is():
    notebook = solved()
    cell(notebook, "answer-02-3")["source"] = "def precision_recall_f(confusion:\n    return 1"
    made = assembled(notebook)
    assert not made.refused
    assert "confusion:" in sources(made)


def test_imports_functions_and_constants_that_an_answer_needs_come_along_and_nothing_else_does():
    notebook = solved()
    setup = next(each for each in notebook["cells"] if "import torch\n" in each["source"])
    setup["source"] += "\nimport numpy as np\nopen('/tmp/mark', 'w')"
    notebook["cells"].insert(
        5, code("STRIDE = 2\n\ndef stem(channels):\n    return nn.Conv2d(channels, WIDTH, 7, STRIDE, 3)\n\nboom()")
    )
    notebook["cells"].append(code("WIDTH = int(np.sqrt(4096))\nwhile True: pass"))
    own = cell(notebook, "answer-02-1")
    own["source"] = re.sub(r"nn\.Conv2d\([^)]*\)", "stem(in_channels)", own["source"], count=1)
    made = assembled(notebook)
    taken = sources(made)
    assert "def stem(channels)" in taken
    assert "WIDTH = int(np.sqrt(4096))" in taken
    assert "import numpy as np" in taken
    assert taken.index("STRIDE = 2") < taken.index("def stem") < taken.index("def adapt")
    assert not {"boom", "while True", "open("} & set(taken.split())
    assert "STRIDE, WIDTH, np, stem was taken" in texts(made)


LONG = "\nx = '" + "a" * 70_000 + "'"


def test_an_answer_that_is_too_long_scores_nothing_and_does_not_run():
    notebook = solved()
    cell(notebook, "answer-02-1")["source"] += LONG
    made = assembled(notebook)
    assert made.refused == {"02.1": "The answer is longer than 64 KiB."}
    assert "def adapt(" not in sources(made)
    assert "def train_step(" in sources(made)


def test_more_code_than_any_notebook_has_is_rejected():
    notebook = solved()
    notebook["cells"] += [code(LONG)] * 40
    with pytest.raises(Rejected, match="2 MiB of code"):
        assembled(notebook)


@pytest.mark.parametrize("lost", [False, True])
def test_a_notebook_of_another_lab_is_named_and_not_scored(lost):
    other = json.dumps(solved("03")).encode()
    if lost:
        notebook = solved("03")
        notebook["metadata"] = {}
        other = json.dumps(notebook).encode()
    with pytest.raises(Rejected) as caught:
        assemble(bundle("02"), "ann", other)
    assert caught.value.code == "wrong-lab"
    assert "lab 03" in caught.value.sentence


def test_another_release_and_an_unknown_notebook_are_named_and_not_scored():
    notebook = solved()
    notebook["metadata"]["resnet_labs"]["release"] = "0123456789ab"
    with pytest.raises(Rejected) as caught:
        assembled(notebook)
    assert caught.value.code == "other-release"
    with pytest.raises(Rejected) as caught:
        assembled({"cells": [code("print(1)")], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    assert caught.value.code == "unknown-notebook"


def test_a_renamed_notebook_without_any_metadata_is_graded_and_flagged():
    notebook = without_ids(solved())
    notebook["metadata"] = {}
    made = assembled(notebook)
    assert not made.refused
    assert "flagged" in kinds(made)


def test_neighbours_get_different_inputs_and_a_second_attempt_may_too():
    made = bundle("02")
    variants = [made.variant(f"student{number}") for number in range(200)]
    assert set(variants) == set(range(8))
    assert made.variant("ann") == made.variant("ann")
    assert {replace(made, attempt=attempt).variant("ann") for attempt in range(1, 60)} == set(range(8))
    assert bundle("03").secret == made.secret
    assert [bundle("03").variant(f"student{number}") for number in range(200)] != variants
    probes = {
        sources(assemble(made, f"student{number}", json.dumps(solved()).encode()), "probe") for number in range(25)
    }
    assert len(probes) == 8


@pytest.mark.parametrize("lab", [f"0{number}" for number in range(1, 9)])
def test_the_solution_of_every_lab_is_taken_whole(lab):
    made = assembled(without_ids(solved(lab)), lab)
    assert not made.refused
    assert {note.kind for note in made.notes} <= {"found", "flagged"}
    assert not any("no answer" in note.text for note in made.notes)
    whole = assembled(solved(lab), lab)
    assert not whole.notes
    assert sources(whole) == "\n\n".join(source for _, source in solution(lab).answers)

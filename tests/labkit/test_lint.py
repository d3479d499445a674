"""A malformed lab is refused with the cell and the mend; a good one passes."""

from __future__ import annotations

import contextlib
import os
import shutil

import nbformat
import pytest
from helpers.places import ROOT

from resnet_labs.labkit.build import build
from resnet_labs.labkit.lint import lint, main


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    (folder / "labs" / "solutions").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "labkit" / "lab02_minimal.txt", folder / "labs/solutions/lab02_minimal.py")
    shutil.copy(ROOT / "pyproject.toml", folder)
    build(folder)
    return folder


@pytest.fixture
def repository(built, tmp_path):
    return shutil.copytree(built, tmp_path, dirs_exist_ok=True)


@pytest.fixture
def lab(repository):
    return repository / "labs" / "solutions" / "lab02_minimal.py"


def problems(lab, old, new):
    text = lab.read_text()
    assert old in text
    lab.write_text(text.replace(old, new, 1))
    with contextlib.suppress(ValueError):
        build(lab.parents[2])
    return [str(problem) for problem in lint(lab)]


def test_a_good_lab_has_no_problem(lab, capsys):
    assert lint(lab) == []
    assert main([str(lab)]) == 0
    assert capsys.readouterr().out == ""


TITLE = "# # Lab 02. Digits\n"
RULES = {
    "no title": (TITLE, "# # Digits\n", "Begin the lab with `# Lab 02. Title`"),
    "no question": ("read digits?", "read digits.", "Ask the lab's question"),
    "no badge": ("# {{colab}}\n#\n", "", "Put `{{colab}}` below the title"),
    "no minutes": ("Minutes: 1 in", "Minutes: some in", "Write `Minutes: 1 in fast mode on two cores with AVX2`"),
    "no minutes of work": ("Work: about {{work}} minutes. ", "", "Write `Work: about {{work}} minutes.`"),
    "no finding": ("{{found}}", "much", "{{found}} is missing in the section 'Lab 02. Digits'"),
    "finding for students": (' tags=["solution"]\n# **What', "\n# **What", "{{found}} is missing in the section"),
    "no sample answers": ("<summary>Sample answers</summary>", "<summary>Answers</summary>",
                          "Sample answers</summary> is missing"),
    "term without a link": ("# A block adds", "# The stem, and {{term stem}}. A block adds",
                            "the first use of 'stem' has no link"),
    "claim without a link": ("# A block adds", "# As r1.c6 says. A block adds", "use of 'r1.c6' has no link."),
    "command without a link": ("# A block adds", "# `resnet-labs reproduce r1.c6` adds", "Write `{{term reproduce}}`"),
    "unknown term": ("# A block adds", "# A {{term heart}}. A block adds", "The glossary has no entry 'heart'"),
    "no needs": ("Needs: lab 01. ", "", "Say what the lab needs"),
    "no version": ("resnet_labs {{version}}.", "resnet_labs 0.1.", "Write `Written for resnet_labs {{version}}.`"),
    "prediction without a place": (' tags=["reflection"]\n# ## Pre', "\n# ## Pre", "no place for the learner's"),
    "setup without install": ("{{install}}\n", "", "the setup cell has no line `{{install}}`"),
    "setup without start": ('checks.start("02"', 'checks.start("03"', 'no line `checks.start("02", written_for='),
    "minutes of other machines": ("two cores with AVX2", "a T4", "Write `Minutes: 1 in fast mode on two cores"),
    "knobs without a mode": ('lab_mode.fast("02", report=report_mode)', "True", "the knobs are not in one cell that"),
    "knobs of another lab": ('lab_mode.fast("02"', 'lab_mode.fast("03"', "the knobs are not in one cell"),
    "report mode by default": ("report_mode = False", "report_mode = True", "the knobs are not in one cell"),
    "mode below other knobs": ("report_mode = False", "epochs = 2\nreport_mode = False", "the knobs are not in"),
    "knobs without a tag": ('tags=["knobs"]', 'tags=["gpu"]', "the knobs' cell has no tag"),
    "two cells of knobs": ("epochs = 2 if", '# %% tags=["knobs"]\nepochs = 2 if', "the knobs are not in one cell that"),
    "long idea": ("A block adds", "A block adds " + "word " * 250, "the idea has 2"),
    "idea without formula": ("$y = x + F(x)$", "y = x + F(x)", "Give the idea's formula"),
    "idea without source": ("# Source: He", "# He", "Name where the idea comes from"),
    "idea without picture": ("![The input goes round two convolutions and is added](../book/_static/block.svg)", "-",
                             "the idea has no picture"),
    "section missing": ("# ## Break it", "# Break it", "'Reflect' is where 'Break it' belongs"),
    "section twice": ("# ## Reflect", "# ## Idea", "'Idea' is where 'Reflect' belongs"),
    "section unknown": ("# ## Sources", "# ## Links", "no section is called 'Links'"),
    "sections swapped": ("# ## Experiment", "# ## Break it", "'Break it' is where 'Experiment' belongs"),
    "exercise out of order": ("Exercise 02.2. ", "Exercise 02.4. ", "Call it `Exercise 02.2. Title`"),
    "experiment without code": ('tags=["experiment"]', 'tags=["gpu"]', "no code cell is tagged 'experiment'"),
    "report without code": ('tags=["report"]', 'tags=["gpu"]', "no code cell is tagged 'report'"),
    "break it without code": ('tags=["break"]', 'tags=["gpu"]', "no code cell is tagged 'break'"),
    "wrong exercise": ('["check"] exercise="02.1"', '["check"] exercise="02.2"', 'Write exercise="02.1"'),
    "no points": (' points=2', "", "a check cell with points=None. Give it a whole number"),
    "points zero": ("points=2", "points=0", "a check cell with points=0"),
    "points true": ("points=2", "points=true", "a check cell with points=True"),
    "no check": ('["check"] exercise="02.1"', '["exercise"] exercise="02.1"', "exercise 02.1 lacks an answer cell or"),
    "one hint": ("<details><summary>Hint 02.1b: the output has 1000 columns</summary>\n#\n# Look at `model.fc`.\n#\n"
                 "# </details>", "-", "exercise 02.1 has 1 hints"),
    "hint not closed": ("# </details>\n", "#\n", "a hint of exercise 02.1 has no end. Close it with"),
    "hint without symptom": ("Hint 02.1b: the output has 1000 columns", "Hint 2", "Call it `Hint 02.1b: what the"),
    "no expected range": ("**Expected:** 11.17", "11.17", "Give the range to expect"),
    "answer outside": ('tags=["break"]', 'tags=["break", "check"]', "an answer, check or hint outside an exercise"),
    "unknown tag": ('tags=["knobs"]', 'tags=["knobs", "raises-exception"]', "no tag is called 'raises-exception'"),
    "no tag": ('# %% tags=["report"]', "# %%", "a code cell without a tag"),
    "test turned off": ("check_of_a", "# NBVAL_SKIP\ncheck_of_a", "a comment that turns a test off"),
    "absolute path": ("check_of_a", 'open("/home/me/a.txt")\ncheck_of_a', "an absolute path"),
    "home path": ("check_of_a", "open('~/a.txt')\ncheck_of_a", "an absolute path"),
    "windows path": ("check_of_a", "open(r'C:\\\\a.txt')\ncheck_of_a", "an absolute path"),
    "directive": ("# *Your answer:*", "# ```{note}\n# x\n# ```", "'```{note}' is MyST. Use `<details>`"),
    "colon fence": ("# *Your answer:*", "# :::note", "is MyST"),
    "role": ("# *Your answer:*", "# {cite}`he`", "'{cite}`' is MyST"),
    "picture without alt": ("![The input goes round two convolutions and is added]", "![]",
                            "the alternative text '' does"),
    "picture with a path": ("![The input goes", "![a/block.svg The input goes", "the alternative text 'a/block.svg"),
    "img without alt": ("# *Your answer:*", '# <img src="a.png">', "the alternative text '' does not say"),
    "alt before the drawing": ('# %% tags=["experiment"]',
                               '# %% tags=["experiment"] mystnb={"image": {"alt": "Training loss falls steeply"}}',
                               "written before the picture is drawn. Draw with `resnet_labs.plotting`"),
    "alt of a slider": ("check_of_a_mutation = True", 'widgets.frame_slider([], alt="A kernel slides")',
                        "written before the picture is drawn"),
    "drawing of another kind": ("check_of_a_mutation = True", "import matplotlib.pyplot as plt\n\nplt.plot([1])",
                                "a picture without alternative text"),
    "long code": ("check_of_a_mutation = True", f"check_of_a_mutation = {'1 + ' * 16}1",
                  "a line of 87 characters. Break it: code has at most 85"),
    "long comment": ("check_of_a_mutation", f"# {'word ' * 17}\ncheck_of_a_mutation", "a line of 87 characters"),
    "long string": ("check_of_a_mutation", f'said = """\n{"word " * 18}\n"""\ncheck_of_a_mutation', "of 90 characters"),
    "long Markdown": ("# *Your answer:*", f"# {'word ' * 24}", "a line of 122 characters. Break it: Markdown has"),
    "printed columns": ('print(f"Ours {share:.4f}', 'print(f"Ours {share:8.4f}', "a table is printed as text. Show it"),
    "printed format": ('print(f"Ours {share:.4f}, theirs 0.1135")', 'print("{:>9}".format(share))', "printed as text"),
    "printed comparison": ('print(f"Ours {share:.4f}, theirs 0.1135")', "print(compare.as_text([]))",
                           "a table is printed as text"),
    "leak": ("check_of_a_mutation = True", "def broken(model):\n    model.fc = new_last_layer(model, num_classes)",
             "(cell 10): `model.fc = new_last_layer(model, num_classes)` is also in the student notebook"),
    "marker": ("    ### END SOLUTION\n", "", "(cell 10): `### BEGIN SOLUTION` has no `### END SOLUTION`. Write"),
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_a_lab_that_breaks_a_rule_is_refused_with_place_and_mend(lab, rule):
    old, new, message = RULES[rule]
    found = problems(lab, old, new)
    assert [it for it in found if message in it], found
    assert all(it.startswith("lab02_minimal.py, line ") and "(cell " in it for it in found)


def test_each_wrong_section_brings_few_messages(lab):
    assert len(problems(lab, "# ## Break it", "# Break it")) == 1


def test_a_lab_has_three_to_five_exercises(lab):
    text = lab.read_text()
    begin, end = text.index("# %% [markdown]\n# ## Exercise 02.3"), text.index("# %% [markdown]\n# ## Experiment")
    lab.write_text(text[:begin] + text[end:])
    build(lab.parents[2])
    assert any("2 exercises. A lab has three to five." in str(problem) for problem in lint(lab))


@pytest.mark.parametrize(
    "text",
    [
        "The {{term stem}}, and the stem.",
        "{{term stem as Stems}} have `stem.weight`.",
        "By `stem.weight` the {{term stem}}.",
        "{{term claim as r1.c6}}, r1.c7.",
        "{{term reproduce as `resnet-labs reproduce r1.c6`}}.",
        "$head$ and [a figure](../book/head.svg).",
    ],
)
def test_words_that_are_linked_first_have_no_problem(lab, text):
    assert problems(lab, "# A block adds", f"# {text} A block adds") == []


@pytest.mark.parametrize(
    "code",
    [
        f"check_of_a_mutation = {'1 + ' * 15}123",
        'print(f"{0.5:.4f} and {3:,} of {7}")',
        "widgets.frame_slider([], [])",
        'show("alt", f"{3:12}")',
    ],
)
def test_code_that_keeps_the_rules_has_no_problem(lab, code):
    assert problems(lab, "check_of_a_mutation = True", code) == []


def test_short_lines_and_imports_of_an_answer_may_stand_elsewhere(lab):
    assert problems(lab, "check_of_a_mutation = True", "def f(model):\n    return model") == []


def test_a_stale_pair_is_found_whatever_its_time(repository, lab):
    student = repository / "labs" / "lab02_minimal.py"
    lab.write_text(lab.read_text().replace("Write one step.", "Write a step."))
    os.utime(lab, (0, 0))
    os.utime(student, (2**31, 2**31))
    found = [str(problem) for problem in lint(lab)]
    assert "labs/lab02_minimal.py: is not what its source gives. Run `python -m resnet_labs.labkit.build`." in found
    assert len(found) == 3
    student.unlink()
    assert "labs/lab02_minimal.py: is missing. Run `python -m resnet_labs.labkit.build`." in map(str, lint(lab))


def test_outputs_in_a_notebook_are_named(repository, lab):
    path = repository / "labs" / "lab02_minimal.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.outputs = [nbformat.v4.new_output("stream", text="hello")]
    nbformat.write(notebook, path)
    wanted = "labs/lab02_minimal.ipynb: holds outputs. Run `python -m resnet_labs.labkit.build`."
    assert [str(problem) for problem in lint(lab)] == [wanted]


def test_the_command_prints_problems_and_ends_with_one(repository, lab, monkeypatch, capsys):
    monkeypatch.chdir(repository)
    assert main([]) == 0
    lab.write_text(lab.read_text().replace(" points=2", ""))
    assert main([]) == 1
    assert "(cell 11): a check cell with points=None." in capsys.readouterr().out
    assert main(["labs/solutions/lab09_none.py"]) == 2
    assert "There is no labs/solutions/lab09_none.py." in capsys.readouterr().err


def test_the_repositorys_own_labs_have_no_problem():
    found = [str(problem) for path in sorted((ROOT / "labs/solutions").glob("lab*.py")) for problem in lint(path)]
    assert found == []

"""One source gives the solution notebook and the student pair, the same bytes every time."""

from __future__ import annotations

import os
import shutil

import jupytext
import nbformat
import pytest
from helpers.places import ROOT

from resnet_labs.checks._waiting import _stubs
from resnet_labs.errors import InputError
from resnet_labs.labkit import build as build_module
from resnet_labs.labkit.build import build, main, orphans, outputs

SOURCE = "labs/solutions/lab02_minimal.py"


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "labs" / "solutions").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "labkit" / "lab02_minimal.txt", tmp_path / SOURCE)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def edit(repository, old, new):
    source = repository / SOURCE
    text = source.read_text()
    assert old in text
    source.write_text(text.replace(old, new, 1))


def read(path):
    return nbformat.read(path, as_version=4)


def code(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


def test_three_files_are_written_once_and_then_stay_as_they_are(repository):
    names = {path.name for path in build(repository)}
    assert names == {"lab02_minimal.ipynb", "lab02_minimal.py"}
    made = [repository / "labs" / name for name in ("lab02_minimal.py", "lab02_minimal.ipynb")]
    made.append(repository / "labs" / "solutions" / "lab02_minimal.ipynb")
    before = [path.read_bytes() for path in made]
    assert build(repository) == []
    for path in made:
        path.unlink()
    build(repository)
    assert [path.read_bytes() for path in made] == before


def test_the_notebooks_are_valid_without_outputs_and_say_what_they_come_from(repository):
    build(repository)
    for folder in ("labs", "labs/solutions"):
        notebook = read(repository / folder / "lab02_minimal.ipynb")
        nbformat.validate(notebook)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        assert notebook.metadata.resnet_labs.generated_from == SOURCE
        assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if "outputs" in cell)
        assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    assert "generated_from: labs/solutions/lab02_minimal.py" in (repository / "labs" / "lab02_minimal.py").read_text()


def test_students_get_a_stub_where_the_answer_stood_at_its_indentation(repository):
    build(repository)
    text = code(read(repository / "labs" / "lab02_minimal.ipynb"))
    assert "new_last_layer" not in text
    assert "SOLUTION" not in text
    note = "# Your code here: replace the next line."
    assert f'    {note}\n    raise NotImplementedError("exercise 02.1 is not written yet")' in text
    assert f'\n{note}\nraise NotImplementedError("exercise 02.3 is not written yet; it sets share")' in text
    assert "new_last_layer" in code(read(repository / "labs" / "solutions" / "lab02_minimal.ipynb"))


def test_script_and_notebook_of_the_student_pair_say_the_same(repository):
    build(repository)
    script = jupytext.read(repository / "labs" / "lab02_minimal.py")
    notebook = read(repository / "labs" / "lab02_minimal.ipynb")
    assert [cell.source for cell in script.cells] == [cell.source for cell in notebook.cells]
    assert [cell.metadata for cell in script.cells] == [cell.metadata for cell in notebook.cells]
    assert script.metadata.kernelspec == notebook.metadata.kernelspec
    compile((repository / "labs" / "lab02_minimal.py").read_text(), "student", "exec")


def test_stubs_are_what_the_waiting_cells_look_for(repository):
    import ast

    build(repository)
    stubs = list(_stubs(ast.parse(code(read(repository / "labs" / "lab02_minimal.ipynb")))))
    found = {exercise: names for exercise, names, _ in stubs}
    assert found == {"02.1": frozenset(), "02.2": frozenset(), "02.3": frozenset({"share"})}


def test_metadata_survives_and_ids_follow_exercise_and_text(repository):
    build(repository)
    notebook = read(repository / "labs" / "lab02_minimal.ipynb")
    check = next(cell for cell in notebook.cells if cell.id == "check-02-1")
    assert check.metadata == {"tags": ["check"], "exercise": "02.1", "points": 2}
    before = {cell.id for cell in notebook.cells}
    edit(repository, "Write one step.", "Write one step, please.")
    edit(repository, 'tags=["experiment"]', 'tags=["experiment", "gpu"]')
    build(repository)
    after = {cell.id for cell in read(repository / "labs" / "lab02_minimal.ipynb").cells}
    assert len(before - after) == 1


def test_equal_cells_have_different_ids(repository):
    edit(
        repository,
        "# %% [markdown]\n# ## Sources",
        '# %% tags=["break"]\n1\n\n# %% tags=["break"]\n1\n\n# %% [markdown]\n# ## Sources',
    )
    build(repository)
    ids = [cell.id for cell in read(repository / "labs" / "lab02_minimal.ipynb").cells if cell.source == "1"]
    assert ids[1] == f"{ids[0]}-2"


def test_placeholders_are_filled_in_all_three(repository):
    for text in outputs(repository / SOURCE, repository).values():
        assert "{{" not in text
        assert "/labs/lab02_minimal.ipynb)" in text
        assert "Written for resnet_labs 0.1." in text
        assert "@v0.1.0" in text


def test_a_cell_tagged_solution_reaches_no_student(repository):
    edit(
        repository,
        "# %% [markdown]\n# ## Sources",
        '# %% tags=["solution"]\nsecret = 1\n\n# %% [markdown]\n# ## Sources',
    )
    build(repository)
    assert "secret" not in (repository / "labs" / "lab02_minimal.py").read_text()
    assert "secret" in (repository / "labs" / "solutions" / "lab02_minimal.ipynb").read_text()


def test_two_blocks_in_one_cell_become_two_stubs(repository):
    block = "### BEGIN SOLUTION\nshare = 1135 / 10_000\n### END SOLUTION"
    other = "### BEGIN SOLUTION\n_count, digit = 7, 1\n### END SOLUTION"
    edit(repository, block, f"{block}\n# digit: which one\n{other}")
    build(repository)
    text = (repository / "labs" / "lab02_minimal.py").read_text()
    assert '02.3 is not written yet; it sets share")' in text
    assert '02.3 is not written yet; it sets digit")' in text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    ### END SOLUTION\n", "", r"lab02_minimal.py, line \d+ \(cell 10\): `### BEGIN SOLUTION` has no `### END"),
        ("    ### BEGIN SOLUTION\n", "", r"\(cell 10\): `### END SOLUTION` has no partner"),
        (
            "    ### BEGIN",
            "    ### BEGIN SOLUTION\n    ### BEGIN",
            r"\(cell 10\): `### BEGIN SOLUTION` has no partner",
        ),
        ("### BEGIN SOLUTION\n    model", "# BEGIN SOLUTION\n    model", r"'# BEGIN SOLUTION' looks like a marker"),
        (
            "epochs = 2",
            "### BEGIN SOLUTION\nepochs = 2",
            r"\(cell 7\): `### BEGIN SOLUTION` is outside an answer cell",
        ),
        ("# Write one step.", "# ### END SOLUTION", r"is outside an answer cell"),
        (
            '# %% [markdown] tags=["hint"]',
            '# %% tags=["answer"] exercise="02.1"\npass\n\n# %% [markdown] tags=["hint"]',
            r"\(cell 12\): an answer cell has no `### BEGIN SOLUTION`",
        ),
        ("share = 1135 / 10_000", "print(0.1135)", r"the answer sets no name. An answer outside a function sets"),
        ("share = 1135 / 10_000", "%time share = 1", r"An answer cell is plain Python, without magics"),
        ("{{install}}", "x = {{install}}", r"\(cell 5\): {{install}} shares its line. Put it"),
        ("# %% [markdown]\n# # Lab 02", "x = 1\n\n# %% [markdown]\n# # Lab 02", "text before its first cell"),
    ],
)
def test_a_wrong_source_is_refused_with_file_line_and_cell(repository, old, new, message):
    edit(repository, old, new)
    with pytest.raises(InputError, match=message):
        build(repository)
    assert not (repository / "labs" / "lab02_minimal.py").exists()


def test_the_line_that_is_named_is_the_line_of_the_file(repository):
    edit(repository, "epochs = 2 if fast else 20", "### BEGIN SOLUTION")
    lines = (repository / SOURCE).read_text().splitlines()
    with pytest.raises(InputError, match=rf"line {lines.index('### BEGIN SOLUTION') + 1} \(cell 7\)"):
        build(repository)


def test_a_bad_name_is_refused(repository):
    (repository / SOURCE).rename(repository / "labs/solutions/lab2.py")
    with pytest.raises(InputError, match=r"lab2.py is not the name of a lab. Call it labNN_slug.py"):
        build(repository)


def test_check_names_each_stale_file_whatever_its_time_and_writes_nothing(repository, monkeypatch, capsys):
    monkeypatch.chdir(repository)
    assert main([]) == 0
    assert main(["--check"]) == 0
    edit(repository, "0.1135", "0.1136")
    os.utime(repository / SOURCE, (0, 0))
    capsys.readouterr()
    assert main(["--check"]) == 1
    printed = capsys.readouterr().out
    for name in ("labs/lab02_minimal.py", "labs/lab02_minimal.ipynb", "labs/solutions/lab02_minimal.ipynb"):
        assert f"{name} is stale. Run `{build_module.COMMAND}`." in printed
    assert "0.1136" not in (repository / "labs/lab02_minimal.py").read_text()
    assert main([]) == 0
    assert main(["--check"]) == 0


def test_a_notebook_that_was_run_and_saved_is_stale(repository):
    build(repository)
    path = repository / "labs" / "lab02_minimal.ipynb"
    notebook = read(path)
    notebook.cells[3].execution_count = 1
    nbformat.write(notebook, path)
    assert build(repository, check=True) == [path]


def test_a_file_whose_source_is_gone_is_named(repository, monkeypatch, capsys):
    monkeypatch.chdir(repository)
    lost = repository / "labs" / "lab07_gone.ipynb"
    lost.write_text("{}")
    assert orphans(repository) == [lost]
    assert main([]) == 1
    assert "labs/lab07_gone.ipynb has no source. Run `git rm labs/lab07_gone.ipynb`." in capsys.readouterr().out


def test_outside_a_repository_the_command_says_where_to_run_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["--check"]) == 2
    assert "Run the command in the repository's root." in capsys.readouterr().err


def test_the_repositorys_own_generated_files_are_fresh():
    assert [path.relative_to(ROOT).as_posix() for path in build(ROOT, check=True)] == []
    assert orphans(ROOT) == []

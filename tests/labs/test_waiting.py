"""An untouched lab stops at its first answer cell; what needs an answer waits, what needs none runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib import metadata

import pytest
from helpers.places import ROOT
from helpers.time_limits import seconds
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from resnet_labs.checks import _waiting
from resnet_labs.checks._waiting import NotAnswered, WaitForAnswers
from resnet_labs.errors import InputError
from resnet_labs.labkit.build import build

FIRST = 'def adapt(model):\n    x = 1\n    raise NotImplementedError("exercise 02.1 is not written yet")'
SECOND = 'def step(model):\n    raise NotImplementedError("exercise 02.2 is not written yet")'
VALUE = 'raise NotImplementedError("exercise 02.3 is not written yet; it sets share, digit")'


@pytest.fixture
def small_repository(tmp_path):
    (tmp_path / "labs" / "solutions").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "labkit" / "lab02_minimal.txt", tmp_path / "labs" / "solutions" / "lab02_minimal.py")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run one cell as a notebook would; return what it printed and the error it ended with."""
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    shell.ast_transformers.append(WaitForAnswers(shell.user_ns))

    def run_cell(text):
        result = shell.run_cell(text)
        printed = capsys.readouterr().out
        return printed, result.error_in_exec or result.error_before_exec

    run_cell.namespace = shell.user_ns
    yield run_cell
    shell.restore_sys_module_state()


def test_the_first_stub_raises_and_says_which_line_to_replace(run):
    printed, error = run(FIRST)
    assert isinstance(error, NotAnswered)
    assert "Exercise 02.1 is not written yet." in str(error)
    assert "Replace line 3 of this cell, `raise NotImplementedError(" in str(error)
    assert "Traceback" not in printed
    assert "Exercise 02.1 is not written yet." in printed


def test_later_stubs_and_cells_that_need_them_print_one_line(run):
    run(FIRST)
    assert run(SECOND) == ("02.2 is not written yet either.\n", None)
    assert run(VALUE) == ("02.3 is not written yet either.\n", None)
    needs = "Not run: it needs `{}` from exercise {}, which is not written yet.\n"
    assert run("check(adapt)") == (needs.format("adapt", "02.1"), None)
    assert run("def use():\n    return [step(x) for x in range(3)]") == (needs.format("step", "02.2"), None)
    assert run("print(share)") == (needs.format("share", "02.3"), None)
    assert run("digit += 1") == (needs.format("digit", "02.3"), None)
    assert run("history = adapt(1)") == (needs.format("adapt", "02.1"), None)
    assert run("history.loss") == (needs.format("history", "02.1"), None)
    assert run("%time history.loss")[0].startswith(needs.format("history", "02.1"))
    assert run("%%time\nhistory.loss")[0].startswith(needs.format("history", "02.1"))


def test_cells_that_need_no_answer_run(run):
    run(FIRST)
    assert run("print(1 + 1)") == ("2\n", None)
    assert run("%env RESNET_LABS_NOTHING=1")[1] is None
    assert run("!true")[1] is None
    assert run("def other(adapt):\n    return adapt\nprint(other(3))") == ("3\n", None)
    assert run("print([adapt for adapt in range(2)])") == ("[0, 1]\n", None)
    assert run("async def later():\n    return 5\nprint(await later())") == ("5\n", None)


def test_an_answer_frees_its_cells_one_after_the_other(run):
    run(FIRST)
    run("import math\nhistory = adapt(2)")
    assert run("def adapt(model):\n    return model + 1") == ("", None)
    waits = "Not run: it needs `history` from exercise 02.1, whose cells have not all run yet.\n"
    assert run("print(history)") == (waits, None)
    assert run("import math\nhistory = adapt(2)") == ("", None)
    assert run("print(history, math.pi > 3)") == ("3 True\n", None)


def test_exercises_may_be_done_in_any_order(run):
    run(FIRST)
    run(SECOND)
    assert run("def step(model):\n    return 7") == ("", None)
    assert run("print(step(0))") == ("7\n", None)
    assert run("adapt")[0].startswith("Not run: it needs `adapt`")
    assert isinstance(run(FIRST)[1], NotAnswered)


def test_the_second_exercise_raises_once_the_first_is_written(run):
    run(FIRST)
    run("def adapt(model):\n    return 1")
    assert isinstance(run(SECOND)[1], NotAnswered)
    assert isinstance(run(SECOND)[1], NotAnswered)


def test_a_cell_that_was_not_run_keeps_imports_that_are_there_already(run):
    run("import math")
    run(FIRST)
    run("import math\nimport json\nadapt(1)")
    assert run("print(math.floor(1.5))") == ("1\n", None)
    assert "needs `json`" in run("json.dumps(1)")[0]


def test_a_cell_that_changes_an_object_it_did_not_make_waits_and_can_be_run_again(run):
    run("class Net: pass\nnet = Net()")
    run(FIRST)
    run("net.head = adapt(1)")
    assert "needs `net`" in run("print(net.head)")[0]
    run("def adapt(model):\n    return model")
    assert run("net.head = adapt(1)") == ("", None)
    assert run("print(net.head)") == ("1\n", None)


def test_a_value_answer_may_read_what_it_replaces(run):
    run("share = 2")
    run(VALUE)
    assert run("digit = 1\nshare = share / 2") == ("", None)
    assert run("print(digit, share)") == ("1 1.0\n", None)


def test_a_failed_check_shows_its_message_and_the_line_of_the_cell_it_comes_from(run):
    run("from resnet_labs.checks._engine import Probe")
    run("def adapt(model):\n    wide = model + 1\n    return wide.missing")
    printed, error = run("Probe('02.1').call(adapt, 3)")
    assert error.code == "02.1/raises"
    assert "Got:      AttributeError: 'int' object has no attribute 'missing'\n" in printed
    assert "  in adapt, line 3 of your code: return wide.missing\n" in printed
    assert "Traceback" not in printed
    assert len(printed.splitlines()) == 7


def test_somebody_elses_not_implemented_error_is_no_stub(run):
    assert run('def later():\n    raise NotImplementedError("some day")\nprint("here")') == ("here\n", None)


def test_start_prints_the_environment_and_watches_once(monkeypatch, capsys):
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    version = metadata.version("resnet-labs").rsplit(".", 1)[0]
    _waiting.start("02", written_for=version)
    _waiting.start("02", written_for=version)
    assert capsys.readouterr().out.startswith("Lab 02: python 3.")
    assert len(shell.ast_transformers) == 1


def test_start_works_outside_ipython(capsys):
    _waiting.start("02", written_for=metadata.version("resnet-labs").rsplit(".", 1)[0])
    assert "Lab 02: " in capsys.readouterr().out


def test_start_refuses_another_version_and_gives_the_line_that_mends_it():
    with pytest.raises(
        InputError, match=r"written for resnet_labs 9\.7, but .* Run `%pip install git\+https.*@v9\.7\.0`"
    ):
        _waiting.start("02", written_for="9.7")


def test_an_untouched_student_notebook_fails_in_its_first_answer_cell_only(small_repository):
    build(small_repository)
    notebook = small_repository / "labs" / "lab02_minimal.ipynb"
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:jaxtyping", "-c", "/dev/null", "--rootdir", notebook.parent]
    nbval = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout", str(round(seconds(1800))), notebook]
    command = [sys.executable, "-m", "pytest", *options, *nbval]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds(1800), check=False)
    assert "1 failed" in done.stdout, done.stdout + done.stderr
    assert " xfailed" not in done.stdout
    assert "Exercise 02.1 is not written yet." in done.stdout
    assert "Exercise 02.2" not in done.stdout
    assert done.returncode == 1

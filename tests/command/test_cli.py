"""The command: what it prints, its exit status, and one sentence with the mend for bad input."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import warnings
from contextlib import suppress

import nbformat
import pytest
from helpers.recipes import small_recipe
from jupyter_client.kernelspec import NoSuchKernel
from PIL import Image

from resnet_labs import bench, cli, labs, recipes
from resnet_labs.errors import InputError
from resnet_labs.labs import LABS, Lab


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESNET_LABS_DATA", raising=False)
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path / "cache"))


def refused(arguments, capsys):
    """Run a command that must be refused; return what it said, which is at most a sentence and the mend."""
    try:
        status = cli.main(arguments)
    except SystemExit as stopped:
        status = stopped.code
    said = capsys.readouterr().err
    assert status == 2
    assert "Traceback" not in said
    assert "bug in resnet-labs" not in said
    return said


def test_list_names_the_labs_and_which_are_written(capsys):
    assert cli.main(["list"]) == 0
    text = capsys.readouterr().out
    assert all(f"{lab.number} {lab.slug}" in text for lab in LABS)
    written = [lab.number for lab in LABS if lab.notebook]
    assert "02" in written
    assert text.count("not written yet") == len(LABS) - len(written)


def test_data_lists_what_is_here_and_how_to_get_the_rest(capsys):
    assert cli.main(["data"]) == 0
    text = capsys.readouterr().out
    assert "digits" in text
    assert "resnet-labs data mnist --download" in text


def test_doctor_says_ok_or_missing_with_the_mend(capsys):
    assert cli.main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith(("[ok]", "[missing]")) for line in lines)
    assert any(line.startswith("[ok]      torch: ") for line in lines)
    assert "[ok]      data folder: your own images, yours to provide" in lines
    missing = [line for line in lines if "data mnist" in line]
    assert "[missing]" in missing[0]
    assert "--download" in missing[0]


def test_doctor_fails_where_a_required_part_is_missing(monkeypatch, capsys):
    def absent(self, name):
        raise NoSuchKernel(name)

    monkeypatch.setattr("jupyter_client.kernelspec.KernelSpecManager.get_kernel_spec", absent)
    assert cli.main(["doctor"]) == 1
    assert "[missing] Jupyter kernel python3: absent. For notebooks" in capsys.readouterr().out


@pytest.mark.parametrize("before", [None, "", "resnet-labs run digits"])
@pytest.mark.parametrize("arguments", [["list"], ["run", "nothing"], ["compare", "nowhere", "--debug"]])
def test_the_process_is_afterwards_as_it_was(before, arguments, monkeypatch):
    monkeypatch.delenv("RESNET_LABS_COMMAND", raising=False)
    if before is not None:
        monkeypatch.setenv("RESNET_LABS_COMMAND", before)
    environment, formats, signals = dict(os.environ), warnings.formatwarning, signal.getsignal(signal.SIGINT)
    with suppress(InputError):
        cli.main(arguments)
    assert dict(os.environ) == environment
    assert (warnings.formatwarning, signal.getsignal(signal.SIGINT)) == (formats, signals)


def test_a_command_within_a_command_gives_the_outer_one_its_name_back(monkeypatch):
    def find(name):
        assert cli.main(["list"]) == 0
        assert os.environ["RESNET_LABS_COMMAND"] == "resnet-labs run 'a b'"
        raise KeyboardInterrupt

    monkeypatch.setattr(labs, "find", find)
    assert cli.main(["run", "a b"]) == 130


@pytest.mark.parametrize("command", ["run", "data"])
def test_unknown_name_gets_the_nearest(command, capsys):
    assert "Did you mean 'digits'?" in refused([command, "digitz"], capsys)


def test_unknown_recipe_gets_the_nearest(capsys):
    assert "Did you mean 'r1.digits'?" in refused(["reproduce", "r1.digit"], capsys)


def test_lab_that_is_not_written_is_refused(capsys, monkeypatch):
    monkeypatch.setattr(labs, "LABS", (Lab("77", "nothing", "Why?", "r1", "digits", "mnist"),))
    assert "Lab 77 nothing is not written yet." in refused(["run", "nothing"], capsys)


def test_unknown_option_gets_the_nearest_and_the_usage_of_its_command(capsys):
    said = refused(["run", "digits", "--reprot"], capsys)
    assert said.startswith("usage: resnet-labs run ")
    assert "resnet-labs run: error: There is no option '--reprot'. Did you mean '--report'?" in said
    assert "There is no option '--sedes'. Did you mean '--seeds'?" in refused(["reproduce", "x", "--sedes=3"], capsys)


def test_bench_prints_each_row_and_appends_it_to_a_file(capsys, monkeypatch, tmp_path):
    row = bench.Row(name="race", what="a lap", peer="them", ours=(1.0,), theirs=(2.0,))
    monkeypatch.setattr(bench, "BENCHMARKS", {"race": lambda effort: iter([row, row])})
    out = tmp_path / "results.jsonl"
    assert cli.main(["bench", "race", "--out", str(out)]) == cli.DONE
    assert capsys.readouterr().out.count("2.00 times them") == 2
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [(line["ratio"], line["command"]) for line in lines] == [(2.0, f"resnet-labs bench race --out {out}")] * 2


def test_unknown_benchmark_gets_the_nearest(capsys):
    assert "Did you mean 'batches'?" in refused(["bench", "batche"], capsys)


def test_download_without_a_name_is_refused(capsys):
    assert "--download needs the name of a data set." in refused(["data", "--download"], capsys)


def test_a_count_that_is_none_is_refused(capsys):
    assert "'0' is not a count" in refused(["reproduce", "r1.digits", "--seeds", "0"], capsys)


def test_data_root_that_is_a_file_is_refused(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert "is a file" in refused(["data", "--data-root", "file"], capsys)


def test_data_root_that_is_empty_is_refused(capsys):
    assert "it is empty; give the folder that holds the data sets" in refused(["data", "--data-root", ""], capsys)


@pytest.mark.parametrize(
    "command", [["data"], ["data", "mnist"], ["doctor"], ["reproduce", "r1.digits"], ["run", "digits", "--report"]]
)
def test_data_root_that_does_not_exist_is_said_to_be_so(command, capsys, tmp_path):
    assert refused([*command, "--data-root", "nowhere"], capsys) == (
        "resnet-labs: The data root 'nowhere' does not exist. "
        "Check its spelling; `resnet-labs data NAME --download --data-root nowhere` makes a new one.\n"
    )
    assert not any(tmp_path.iterdir())


def test_missing_data_say_how_to_get_them(capsys):
    said = refused(["reproduce", "r1.digits", "--data-root", "."], capsys)
    assert "'mnist' is not under '.'. To get it: `resnet-labs data mnist --download --data-root .`." in said


def test_report_mode_without_its_data_is_refused_before_anything_runs(capsys, tmp_path):
    said = refused(["run", "digits", "--report", "--data-root", "."], capsys)
    assert "The data set 'mnist' is not here." in said
    assert "resnet-labs data mnist --download" in said
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    (tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte.gz").write_bytes(b"<html>not found</html>")
    said = refused(["run", "digits", "--report", "--data-root", "."], capsys)
    assert "The data set 'mnist' is not intact: 'MNIST/raw/train-images-idx3-ubyte.gz' is damaged. To get it: " in said
    assert not (tmp_path / "runs").exists()


def test_data_root_without_report_mode_is_refused(capsys):
    assert "--data-root has no effect in fast mode" in refused(["run", "digits", "--data-root", "."], capsys)


def test_truncated_mnist_file_is_named(tmp_path, capsys):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (raw / f"{part}-ubyte.gz").write_bytes(gzip.compress(b"\0" * 1000)[:-12])
    said = refused(["reproduce", "r1.digits", "--data-root", str(tmp_path)], capsys)
    assert "ubyte.gz" in said


def test_folder_of_one_class_and_broken_image_are_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(recipes.RECIPES, "small", (small_recipe(dataset="folder", size=8),))
    (tmp_path / "set" / "cat").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(tmp_path / "set" / "cat" / "a.png")
    assert "cat" in refused(["reproduce", "small", "--data-root", "set"], capsys)
    (tmp_path / "set" / "dog").mkdir()
    for name in "abcdef":
        Image.new("RGB", (8, 8)).save(tmp_path / "set" / "cat" / f"{name}.png")
        Image.new("RGB", (8, 8)).save(tmp_path / "set" / "dog" / f"{name}.png")
    (tmp_path / "set" / "dog" / "broken.png").write_bytes(b"not a picture")
    assert "broken.png" in refused(["reproduce", "small", "--data-root", "set"], capsys)


def test_non_finite_loss_names_epoch_and_step_and_keeps_finished_seeds(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(recipes.RECIPES, "small", (small_recipe(), small_recipe(learning_rate=1e30)))
    said = refused(["reproduce", "small"], capsys)
    assert "at epoch " in said
    assert "step " in said
    assert len((tmp_path / "runs" / "small" / "results.jsonl").read_text().splitlines()) == 1


def test_reproduce_writes_a_line_a_seed_and_resume_repeats_none(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(recipes.RECIPES, "small", (small_recipe(),))
    assert cli.main(["reproduce", "small", "--seeds", "2"]) == 0
    assert cli.main(["reproduce", "small", "--seeds", "3", "--resume"]) == 0
    assert capsys.readouterr().out.count("done before") == 2
    lines = (tmp_path / "runs" / "small" / "results.jsonl").read_text().splitlines()
    assert len(lines) == 3
    assert '"command": "resnet-labs reproduce small --seeds 3 --resume"' in lines[2]


def test_runs_folder_that_is_a_file_is_refused(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(recipes.RECIPES, "small", (small_recipe(),))
    (tmp_path / "file").write_text("")
    assert refused(["reproduce", "small", "--runs", "file"], capsys).splitlines()[-1] == (
        "resnet-labs: The folder 'file/small' cannot be written: Not a directory. "
        "Give another path; a part of this one is a file."
    )


def notebook(tmp_path, *sources):
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    path = tmp_path / "lab.ipynb"
    nbformat.write(made, path)
    return path


@pytest.fixture
def lab_of(tmp_path, monkeypatch):
    def make(*sources):
        path = notebook(tmp_path, *sources)
        monkeypatch.setattr(Lab, "notebook", property(lambda self: path))

    return make


def test_lab_that_stops_keeps_what_ran_and_says_the_sentence(lab_of, capsys, tmp_path):
    lab_of(
        "print('first')",
        "class InputError(ValueError): pass\nraise InputError('The loss is nan at epoch 2, step 3. Lower the rate.')",
    )
    said = refused(["run", "digits"], capsys)
    assert "The loss is nan at epoch 2, step 3. Lower the rate." in said
    (kept,) = (tmp_path / "runs").rglob("notebook.ipynb")
    assert nbformat.read(kept, as_version=4).cells[0].outputs[0].text == "first\n"


def test_failed_check_is_exit_status_one(lab_of, capsys):
    lab_of("class CheckFailed(AssertionError): pass\nraise CheckFailed('02.1 does not hold yet.')")
    assert cli.main(["run", "digits"]) == 1
    assert "02.1 does not hold yet." in capsys.readouterr().err


def test_kernel_that_dies_is_a_sentence(lab_of, capsys):
    lab_of("import os; os._exit(1)")
    assert "kernel died" in refused(["run", "digits"], capsys)


def test_figures_are_kept_beside_the_notebook(lab_of, tmp_path, capsys):
    lab_of("from IPython.display import Image\nimport base64\nImage(base64.b64decode(" + repr(PIXEL) + "))")
    assert cli.main(["run", "digits"]) == 0  # it writes no results line
    (figure,) = (tmp_path / "runs").rglob("*.png")
    assert figure.read_bytes().startswith(b"\x89PNG")


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def test_fault_of_ours_is_said_to_be_one(monkeypatch, capsys):
    monkeypatch.setattr(labs, "find", lambda name: 1 / 0)
    assert cli.main(["run", "digits"]) == 2
    said = capsys.readouterr().err
    assert "ZeroDivisionError" in said
    assert "bug in resnet-labs" in said
    with pytest.raises(ZeroDivisionError):
        cli.main(["run", "digits", "--debug"])


def test_interrupt_is_said_and_has_its_own_status(monkeypatch, capsys):
    def interrupt(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(labs, "find", interrupt)
    assert cli.main(["run", "digits"]) == 130
    assert "what was finished is kept" in capsys.readouterr().err


def test_the_command_runs_as_a_module_without_a_terminal():
    done = subprocess.run(
        [sys.executable, "-m", "resnet_labs.cli", "run", "nothing"],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )
    assert done.returncode == 2
    assert done.stderr.startswith("resnet-labs: There is no lab 'nothing'.")

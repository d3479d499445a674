"""A disk that is full is found before the work, and where it fills up in the middle, what is kept is named."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import nbformat
import pytest
import torch
from helpers.full_disk import full, refused, small_disk
from helpers.recipes import small_recipe
from torch import nn

from resnet_labs import bench, cli, files, notebook, recipes
from resnet_labs.errors import InputError
from resnet_labs.labs import Lab
from resnet_labs.train import TrainConfig, fit

CODES = [errno.ENOSPC, errno.EDQUOT, errno.EFBIG]
FIGURE = """
from IPython.display import Image, display
import base64
print("figure")
display(Image(base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")))
"""
LINE = """
import os
from pathlib import Path
Path(os.environ["RESNET_LABS_RUN"], "results.jsonl").write_text("{}\\n")
"""
# What happens to a lab that appends its line on a full disk.
CUT_LINE = """
import os, resource
from pathlib import Path
from resnet_labs.json_lines import append_line
target = Path(os.environ["RESNET_LABS_RUN"], "results.jsonl")
append_line(target, {"seed": 0})
resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))
append_line(target, {"seed": 1})
"""


# A lab with a large output whose disk is filled while it runs.
FILLS = """
import os
from pathlib import Path
print("all of it " * 200_000)
with open(Path(os.environ["RESNET_LABS_RUN"], "filler"), "wb", buffering=0) as file:
    try:
        while file.write(bytes(1 << 16)):
            pass
    except OSError as error:
        print(error)
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def lab_of(tmp_path, monkeypatch):
    def make(*sources):
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
        nbformat.write(made, tmp_path / "lab.ipynb")
        monkeypatch.setattr(Lab, "notebook", property(lambda self: tmp_path / "lab.ipynb"))

    return make


def refusal(arguments, capsys):
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert "bug in resnet-labs" not in said
    assert "Traceback" not in said
    return said.splitlines()[-1]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("command", [["run", "digits"], ["reproduce", "small"], ["bench", "race", "--out", "new/rows"]])
@pytest.mark.parametrize("call", ["fsync", "posix_fallocate"])
def test_nothing_long_starts_on_a_full_disk(command, code, call, monkeypatch, capsys, tmp_path, lab_of):
    lab_of("1")
    monkeypatch.setattr(notebook._Client, "execute", lambda self, **_: pytest.fail("ran"))
    monkeypatch.setattr(recipes, "find", lambda name: [small_recipe()])
    monkeypatch.setattr("resnet_labs.recipes._series.run_once", lambda *_: pytest.fail("ran"))
    monkeypatch.setattr(bench, "BENCHMARKS", {"race": lambda effort: pytest.fail("ran")})
    monkeypatch.setattr(os, call, refused(code), raising=False)
    said = refusal(command, capsys)
    assert f"cannot be written: {os.strerror(code)}. Free some space, or give another folder" in said
    assert [path.name for path in tmp_path.iterdir()] == ["lab.ipynb"]


def kept_run(path, optimizer):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, 10))
    model[0].requires_grad_(optimizer != "adamw")
    batch = torch.randn(8, 64), torch.arange(8)
    config = TrainConfig(epochs=3, learning_rate=0.01, optimizer=optimizer)
    fit(model, [batch], loss=nn.functional.cross_entropy, config=config, checkpoint=path, progress=False)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_training_asks_for_the_room_that_its_checkpoints_take(tmp_path, monkeypatch, optimizer):
    asked = []
    monkeypatch.setattr(files, "check_room", lambda folder, num_bytes: asked.append(num_bytes))
    path = tmp_path / "run.pt"
    kept_run(path, optimizer)
    (size,) = asked
    assert size / 3 == pytest.approx(path.stat().st_size, rel=0.2)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("call", ["fsync", "posix_fallocate"])
def test_training_does_not_begin_where_its_checkpoint_has_no_room(tmp_path, monkeypatch, code, call):
    monkeypatch.setattr("resnet_labs.train.loop._Run.train_epoch", lambda *_: pytest.fail("trained"))
    monkeypatch.setattr(os, call, refused(code), raising=False)
    with pytest.raises(InputError, match=f"cannot be written: {os.strerror(code)}. Free some space"):
        kept_run(tmp_path / "run.pt", "sgd")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    ("sources", "kept"),
    [((FIGURE,), "nothing of the run is kept"), ((FIGURE, LINE), "the run's results lines are in '{}results.jsonl'")],
    ids=["nothing", "lines"],
)
def test_a_notebook_that_has_no_room_is_named_with_what_is_kept(
    lab_of, sources, kept, code, monkeypatch, capsys, tmp_path
):
    lab_of(*sources)
    with full(monkeypatch, "notebook.ipynb.partial", after=100, code=code):
        said = refusal(["run", "digits"], capsys)
    (folder,) = (tmp_path / "runs" / "02_digits").iterdir()
    kept = kept.format(f"{folder}/")
    assert said == (
        f"resnet-labs: The run's notebook '{folder}/notebook.ipynb' cannot be written: {os.strerror(code)}. "
        f"Free some space, or give another folder; {kept}."
    )
    assert sorted(path.name for path in folder.iterdir()) == [
        "figures",
        *(["results.jsonl"] if LINE in sources else []),
    ]


def test_a_disk_filled_by_the_lab_itself_keeps_room_for_its_notebook(lab_of, tmp_path):
    lab_of(FILLS)
    with small_disk(tmp_path / "runs", "12m"):
        lab = next(lab for lab in notebook.LABS if lab.slug == "digits")
        folder = notebook.execute(lab, report=False, root=None)
        (cell,) = nbformat.read(folder / "notebook.ipynb", as_version=4).cells
    said = "".join(output.text for output in cell.outputs)
    assert said.count("all of it") == 200_000
    assert "No space left on device" in said


@pytest.mark.parametrize("code", CODES)
def test_figures_that_have_no_room_are_in_the_notebook(lab_of, code, monkeypatch, capsys, tmp_path):
    lab_of(FIGURE)
    with full(monkeypatch, "*.png.partial", after=10, code=code):
        said = refusal(["run", "digits"], capsys)
    (folder,) = (tmp_path / "runs" / "02_digits").iterdir()
    assert said.endswith(f"; all of them are in '{folder}/notebook.ipynb'.")
    assert list((folder / "figures").iterdir()) == []
    assert nbformat.read(folder / "notebook.ipynb", as_version=4).cells[0].outputs[0].text == "figure\n"


def test_a_lab_that_failed_says_so_also_where_its_notebook_has_no_room(lab_of, monkeypatch, capsys):
    lab_of("raise LookupError('the reason')")
    with full(monkeypatch, "notebook.ipynb.partial"):
        said = refusal(["run", "digits"], capsys)
    assert "the reason" in said
    assert "No space left on device" in said
    assert "What ran before is in" not in said


def test_a_lab_s_line_that_has_no_room_leaves_the_lines_before(lab_of, capsys, tmp_path):
    pytest.importorskip("resource")
    lab_of(CUT_LINE)
    assert cli.main(["run", "digits"]) == 2
    said = capsys.readouterr().err
    assert "File too large. Free some space, or give another folder; the lines that it had are still there." in said
    (folder,) = (tmp_path / "runs" / "02_digits").iterdir()
    assert (folder / "results.jsonl").read_text() == '{"seed": 0}\n'
    assert (folder / "notebook.ipynb").is_file()


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", [None, "some/file"])
def test_a_disk_that_fills_up_anywhere_else_is_a_sentence(code, name, monkeypatch, capsys):
    def find(_):
        raise OSError(code, os.strerror(code), name)

    monkeypatch.setattr(recipes, "find", find)
    said = refusal(["reproduce", "small"], capsys)
    named = "The output" if name is None else f"'{name}'"
    assert said == (
        f"resnet-labs: {named} cannot be written: {os.strerror(code)}. "
        "Free some space, or give another folder; what was finished is kept."
    )


class Noon(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, zone=None):
        return cls(2026, 1, 1, 12, tzinfo=UTC)


def test_runs_that_begin_in_one_second_have_folders_of_their_own(lab_of, monkeypatch, tmp_path):
    monkeypatch.setattr(notebook, "datetime", Noon)
    lab_of("1")
    monkeypatch.setattr(notebook._Client, "execute", lambda self, **_: None)
    lab = next(lab for lab in notebook.LABS if lab.slug == "digits")
    found = [notebook.execute(lab, report=False, root=None).name for _ in range(3)]
    assert found == ["20260101-120000", "20260101-120000-2", "20260101-120000-3"]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: notebook._new_folder(tmp_path / "runs" / "02_digits"), range(16)))
    assert len(set(made)) == 16
    assert all((folder / "figures").is_dir() for folder in made)


def test_runs_folders_that_cannot_be_made_are_a_sentence(lab_of, capsys, tmp_path):
    lab_of("1")
    (tmp_path / "runs").write_text("")
    assert "a part of this one is a file; `resnet-labs run` writes into" in refusal(["run", "digits"], capsys)
    (tmp_path / "runs").unlink()
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "02_digits").symlink_to("nowhere")
    assert "cannot be written" in refusal(["run", "digits"], capsys)

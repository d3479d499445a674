"""Fast mode is the default on every machine; report mode says first what it needs, and gives way where that is missing.

A notebook is opened here as a learner opens it: its setup cell and its knobs cell, student copies and solutions both.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path

import nbformat
import pytest
import torch
from helpers.places import ROOT
from torch import nn

from resnet_labs import cli, data, lab_mode, lab_time, labs, runtime, weights
from resnet_labs.errors import InputError
from resnet_labs.recipes import stand_in_network

NOTEBOOKS = sorted([*(ROOT / "labs").glob("*.ipynb"), *(ROOT / "labs" / "solutions").glob("*.ipynb")])
NOTEBOOKS = [notebook for notebook in NOTEBOOKS if not notebook.stem.startswith("lab09")]  # it has one mode only
SOLUTIONS = [notebook for notebook in NOTEBOOKS if notebook.parent.name == "solutions"]
EMBEDDED = {"digits", "procedural_source", "procedural_target"}


@pytest.fixture(autouse=True)
def a_fresh_machine(monkeypatch, tmp_path):
    """No variable, no data set, no weights, no network; a step of training takes 50 ms whatever the machine."""
    monkeypatch.delenv("RESNET_LABS_FAST", raising=False)
    for name in ("RESNET_LABS_DATA", "RESNET_LABS_CACHE", "TORCH_HOME"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setattr(torch.hub, "download_url_to_file", no_network)
    monkeypatch.setattr(lab_time, "step_seconds", lambda work, device: 0.05)
    untrained = dict(stand_in_network._network().state_dict())
    monkeypatch.setattr(stand_in_network, "_train", lambda seed: untrained)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def no_network(*arguments, **options):
    raise OSError("no network")


@pytest.fixture
def t4(monkeypatch):
    """A pretended T4: all that asks finds one, and no tensor goes there."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device=None: "Tesla T4")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: (7, 5))
    monkeypatch.setattr(nn.Module, "to", lambda module, *where, **options: module)
    assert runtime.default_device().type == "cuda"


@pytest.fixture
def loaded(monkeypatch):
    """The names of the data sets that are loaded, in order. Of those that do not come with the package: made up."""
    names, load = [], data.load

    def pretended(name, *, split, size=None, limit=None, **options):
        names.append(name)
        if name in EMBEDDED:
            return load(name, split=split, size=size, limit=limit, **options)
        print(f"(loading {name})")
        classes = tuple(f"class {k}" for k in range({"cifar100": 100, "cats_vs_dogs": 2}.get(name, 10)))
        count = len(classes) * (50 if size is None else 10)
        labels = torch.arange(count) % len(classes)
        side = size or 32
        return data.ImageData(torch.zeros(count, 3, side, side, dtype=torch.uint8), labels, classes, "made up")

    monkeypatch.setattr(data, "load", pretended)
    return names


@pytest.fixture
def everything_is_here(monkeypatch):
    known = [here(record) for record in data.available()]
    monkeypatch.setattr(data, "available", lambda root=None: known)
    monkeypatch.setattr(weights.WeightsFile, "here", property(lambda file: True))
    monkeypatch.setattr(weights.loading, "_given", lambda model, source: (str(source), model.state_dict()))


def here(record):
    facts = {**vars(record), "here": True, "how": "", "state": "here"}
    return data.registry.Available(**facts)


def open_lab(notebook, *, report=False):
    """Run the setup and the knobs; return the names that they left."""
    names = {"__name__": "__main__"}
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "code" and {"setup", "knobs"} & {*cell.metadata.get("tags", [])}:
            source = cell.source
            if report and "knobs" in cell.metadata.tags:
                assert source.count("report_mode = False") == 1
                source = source.replace("report_mode = False", "report_mode = True")
            exec(compile(source, notebook.name, "exec"), names)
    return names


def title(notebook):
    return f"{notebook.parent.name}-{notebook.stem}"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=title)
@pytest.mark.usefixtures("t4")
def test_a_lab_opens_on_a_gpu_without_data_in_fast_mode_and_says_how_long_it_takes(notebook, loaded, capsys):
    names = open_lab(notebook)
    said = capsys.readouterr().out
    assert names["fast"] is True
    assert names["device"].type == "cuda"
    assert {*loaded} <= EMBEDDED
    assert "Fast mode" in said
    assert "about " in said
    assert "Tesla T4" in said


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=title)
@pytest.mark.usefixtures("t4")
def test_report_mode_without_its_data_says_so_and_goes_on_in_fast_mode(notebook, loaded, capsys):
    names = open_lab(notebook, report=True)
    said = capsys.readouterr().out
    lab = labs.find(notebook.stem.split("_")[0].removeprefix("lab"))
    assert names["fast"] is True
    assert {*loaded} <= EMBEDDED
    assert f"The data set '{lab.report_data}' is not here. To get it: " in said
    assert "goes on in fast mode" in said
    assert said.index("Report mode") < said.index("goes on in fast mode") < said.index("Fast mode: about")


@pytest.mark.parametrize("notebook", SOLUTIONS, ids=title)
@pytest.mark.usefixtures("everything_is_here")
def test_report_mode_says_what_it_needs_and_how_long_it_takes_before_it_starts(notebook, loaded, capsys):
    names = open_lab(notebook, report=True)
    said = capsys.readouterr().out
    lab = labs.find(notebook.stem.split("_")[0].removeprefix("lab"))
    assert names["fast"] is False
    assert lab.report_data in loaded
    order = [said.index(words) for words in (f"data: {lab.report_data}", "time: about ", "(loading ")]
    assert order == sorted(order)
    for network in lab.report_weights:
        assert f"ImageNet weights of {network}, here" in said
    assert "estimated" in said


@pytest.mark.parametrize("report", [False, True])
def test_a_lab_that_trains_nothing_says_so_and_has_one_mode(report, capsys):
    assert lab_mode.fast("09", report=report) is True
    assert capsys.readouterr().out == "This lab trains nothing, and is the same in both modes.\n"
    lab_mode.fetch(labs.find("09"))


@pytest.mark.usefixtures("everything_is_here")
def test_the_variable_overrides_the_knob_and_says_so_where_they_differ(monkeypatch, capsys):
    monkeypatch.setenv("RESNET_LABS_FAST", "1")
    assert lab_mode.fast("02", report=True) is True
    assert "RESNET_LABS_FAST is 1" in capsys.readouterr().out
    monkeypatch.setenv("RESNET_LABS_FAST", "0")
    assert lab_mode.fast("02", report=False) is False
    assert "RESNET_LABS_FAST is 0" in capsys.readouterr().out
    assert lab_mode.fast("02", report=True) is False
    assert "RESNET_LABS_FAST" not in capsys.readouterr().out


def test_a_stand_in_that_is_here_is_enough(monkeypatch, capsys):
    known = [here(it) if it.name == "tiny_imagenet_10" else it for it in data.available()]
    monkeypatch.setattr(data, "available", lambda root=None: known)
    assert lab_mode.fast("07", report=True) is False
    assert "data: tiny_imagenet_10, in place of stl10" in capsys.readouterr().out
    assert lab_mode.fast("01", report=True) is True


def test_damaged_data_are_as_good_as_none(tmp_path, capsys):
    raw = tmp_path / "RESNET_LABS_DATA" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte.gz").write_bytes(b"<html>not found</html>")
    assert lab_mode.fast("02", report=True) is True
    said = capsys.readouterr().out
    assert "The data set 'mnist' is not intact: '" in said
    assert "train-images-idx3-ubyte.gz' is damaged. To get it: " in said


def test_weights_that_are_missing_are_announced_with_their_size_and_fetched_at_once(monkeypatch, capsys, tmp_path):
    known = [here(record) for record in data.available()]
    monkeypatch.setattr(data, "available", lambda root=None: known)
    fetched = []

    def fetch(url, file, hash_prefix):
        fetched.append(url.rsplit("/", 1)[-1])
        Path(file).touch()

    monkeypatch.setattr(torch.hub, "download_url_to_file", fetch)
    assert lab_mode.fast("03", report=True) is False
    said = capsys.readouterr().out
    assert "ImageNet weights of resnet18, to be downloaded now, 45 MB" in said
    assert "ImageNet weights of resnet50, to be downloaded now, 98 MB" in said
    assert [name.split("-")[0] for name in fetched] == ["resnet18", "resnet50"]
    fetched.clear()
    assert lab_mode.fast("03", report=True) is False
    assert "ImageNet weights of resnet50, here" in capsys.readouterr().out
    assert not fetched


def test_weights_that_cannot_be_fetched_end_in_fast_mode(monkeypatch, capsys):
    known = [here(record) for record in data.available()]
    monkeypatch.setattr(data, "available", lambda root=None: known)
    assert lab_mode.fast("03", report=True) is True
    said = capsys.readouterr().out
    assert "could not be downloaded" in said
    assert "goes on in fast mode" in said


@pytest.fixture
def colab(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))


@pytest.mark.usefixtures("colab")
def test_on_colab_data_are_downloaded_after_their_size_was_said(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(data, "load", lambda name, **options: asked.append((name, options["download"])))
    assert lab_mode.fast("07", report=True) is False
    assert "data: stl10, " in (said := capsys.readouterr().out)
    assert "to be downloaded now, 2640 MB" in said
    assert asked == [("stl10", True)]


@pytest.mark.usefixtures("colab")
def test_on_colab_a_download_that_fails_or_does_not_exist_ends_in_fast_mode(monkeypatch, capsys):
    def refuse(name, **options):
        raise InputError(f"{name!r} could not be downloaded.", "Check the network.")

    monkeypatch.setattr(data, "load", refuse)
    assert lab_mode.fast("02", report=True) is True
    assert "'mnist' could not be downloaded. Check the network." in capsys.readouterr().out
    assert lab_mode.fast("04", report=True) is True  # flowers have no download
    assert "The data set 'flowers' is not here. To get it: put its five folders" in capsys.readouterr().out


def test_the_command_takes_a_stand_in_too_and_refuses_where_weights_cannot_be_fetched(monkeypatch, capsys):
    known = [here(it) if it.name == "flowers" else it for it in data.available()]
    monkeypatch.setattr(data, "available", lambda root=None: known)
    assert cli.main(["run", "flowers", "--report"]) == 2
    assert "could not be downloaded" in capsys.readouterr().err
    assert cli.main(["run", "losses", "--report"]) == 2
    assert "The data set 'stl10' is not here." in capsys.readouterr().err

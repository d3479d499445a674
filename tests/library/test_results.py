"""Results lines: whole, read back as they were, summarised with intervals, beside the report's figures."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from helpers.result_lines import METRICS, result

from resnet_labs import data, metrics, recipes, reports, results, runtime
from resnet_labs.errors import InputError
from resnet_labs.reports import compare
from resnet_labs.results import provenance
from resnet_labs.train import TrainConfig


def test_a_line_is_read_back_as_it_was(tmp_path):
    path = tmp_path / "runs" / "results.jsonl"
    lines = [result(0), result(1, stand_in="digits in place of MNIST")]
    for line in lines:
        results.append(path, line)
    assert results.read(path) == lines
    assert lines[0].versions["torch"]
    assert lines[0].date.count("-") == 2


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"There is no results file .*none.jsonl"):
        results.read(tmp_path / "none.jsonl")


FIRST = {
    "epochs": 1,
    "learning_rate": 0.1,
    "optimizer": "sgd",
    "weight_decay": 0.0,
    "schedule": "constant",
    "warmup_epochs": 0,
    "clip_norm": None,
    "precision": "auto",
    "channels_last": "auto",
    "compile": False,
}


def write_as_first(path, **changes):
    """Write a line as the first version of this project wrote it: no schema, no machine."""
    line = dataclasses.asdict(result(**changes))
    del line["schema"], line["machine"]
    path.write_text(json.dumps(line) + "\n")
    (read,) = results.read(path)
    return read


def test_a_line_says_its_schema_and_an_old_one_is_read_with_defaults(tmp_path):
    assert dataclasses.asdict(result())["schema"] == results.SCHEMA == 2
    old = write_as_first(tmp_path / "old.jsonl")
    assert (old.schema, old.machine) == (1, {})


def test_a_line_of_a_later_schema_asks_for_a_later_version(tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text(json.dumps(dataclasses.asdict(result()) | {"schema": 3, "unheard_of": 1}) + "\n")
    with pytest.raises(InputError, match=r"Line 1 of .* has schema 3.* Update resnet_labs"):
        results.read(path)


def test_an_old_line_gets_the_settings_that_came_later_and_the_number_format_that_ran(tmp_path):
    old = write_as_first(tmp_path / "old.jsonl", settings=FIRST, precision="bf16")
    assert old.settings == FIRST | {"accumulate": 1, "size": None, "limit": None, "validation": None} | {
        "precision": "bf16"
    }
    assert write_as_first(tmp_path / "lab.jsonl", settings={"pixels": 8}).settings == {"pixels": 8}
    given = FIRST | {"accumulate": 4, "size": 32}
    kept = write_as_first(tmp_path / "given.jsonl", settings=given)
    assert (kept.settings["accumulate"], kept.settings["size"]) == (4, 32)


def test_every_setting_of_fit_that_came_later_has_its_default_in_old_lines(tmp_path):
    old = write_as_first(tmp_path / "old.jsonl", settings=FIRST)
    defaults = {field.name: field.default for field in dataclasses.fields(TrainConfig) if field.name != "seed"}
    assert {name: value for name, value in defaults.items() if name not in FIRST}.items() <= old.settings.items()


def images(label=1):
    return data.ImageData(torch.zeros(2, 1, 4, 4, dtype=torch.uint8), torch.tensor([0, label]), ("a", "b"), "made")


def recorded(**changes):
    given = {
        "seed": 3,
        "dataset": "mnist",
        "parts": {"train": images(), "test": images(0)},
        "settings": {"network": "resnet18"},
        "config": TrainConfig(epochs=1, learning_rate=0.1, seed=3),
        "metrics": {"accuracy": 0.5},
        "history": SimpleNamespace(device="a processor, 1 thread", precision="bf16", seconds=1.23456),
    }
    return results.record("r1.digits", **(given | changes))


def test_a_record_is_filled_from_the_run_and_the_machine():
    line = recorded()
    assert line.experiment == "r1.digits"
    assert (line.data["name"], line.data["source"], line.data["train"], line.data["test"]) == ("mnist", "made", 2, 2)
    assert line.data["checksum"] == {"train": images().checksum(), "test": images(0).checksum()}
    assert line.settings["network"] == "resnet18"
    assert line.settings["learning_rate"] == 0.1
    assert "seed" not in line.settings
    assert (line.seed, line.seconds, line.device) == (3, 1.23, "a processor, 1 thread")
    assert line.machine == runtime.machine() | {"processes": 1}
    assert line.versions == runtime.versions()
    assert recorded(seconds=7).seconds == 7


def test_a_record_holds_the_number_format_that_ran_not_the_one_asked_for():
    line = recorded()
    assert (line.settings["precision"], line.precision) == ("bf16", "bf16")
    assert "precision" not in recorded(config=None).settings


def test_settings_given_beside_the_config_may_not_contradict_it():
    with pytest.raises(ValueError, match="learning_rate"):
        recorded(settings={"learning_rate": 0.2})


def test_a_metric_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match=r"metrics \['accuracy'\] are not finite"):
        result(metrics={"accuracy": math.nan})


def ends(summary):
    return summary.low, summary.high


def runs_of(name, values, **changes):
    return [result(seed, metrics=METRICS | {name: value}, **changes) for seed, value in enumerate(values)]


def test_a_share_s_interval_is_for_new_seeds_and_new_images():
    values = [0.97, 0.98, 0.985]
    found = results.summarise(runs_of("accuracy", values), "accuracy")
    low, high = metrics.share_interval(values, 5)  # of the line's five test images
    assert (found.mean, found.low, found.high) == pytest.approx((sum(values) / 3, low, high))
    assert found.num_seeds == 3
    assert str(found) == f"{sum(values) / 3:.4f} [{low:.4f}, {high:.4f}]"
    assert str(results.summarise(runs_of("accuracy", values)[:1], "accuracy")) == "0.9700"


@pytest.mark.parametrize(
    ("name", "images"),
    [("accuracy", 5), ("validation_accuracy", 7), ("train_accuracy", 10), ("purity_layer1_after", 3)],
)
def test_a_share_is_of_the_images_that_its_name_says(name, images):
    data = {"name": "digits", "source": "made", "train": 10, "validation": 7, "test": 5}
    runs = runs_of(name, [0.5, 0.6], data=data, settings={"pictured": 3})
    assert results.images_of(runs[0], name) == images
    assert ends(results.summarise(runs, name)) == metrics.share_interval([0.5, 0.6], images)


@pytest.mark.parametrize(
    ("name", "scale"),
    [("macro_f_score", "fraction"), ("train_loss", "positive"), ("loss_gap", "real"), ("odd", "real")],
)
def test_what_is_no_share_gets_student_s_interval_on_its_scale(name, scale):
    values = [0.5, 0.6, 0.9]
    assert results.images_of(runs_of(name, values)[0], name) is None
    assert ends(results.summarise(runs_of(name, values), name)) == metrics.mean_interval(values, scale=scale)


def test_a_share_of_images_that_the_line_does_not_count_is_a_fraction():
    found = results.summarise(runs_of("purity_layer1_after", [0.5, 0.6]), "purity_layer1_after")
    assert (found.low, found.high) == metrics.mean_interval([0.5, 0.6], scale="fraction")


@pytest.mark.parametrize("name", ["accuracy", "macro_recall", "train_loss", "gain_in_accuracy"])
def test_values_that_cannot_be_what_the_name_says_get_student_s_interval(name):
    assert ends(results.summarise(runs_of(name, [-0.5, 60.0]), name)) == metrics.mean_interval([-0.5, 60.0])


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_equal_shares_have_the_images_interval(share):
    found = results.summarise(runs_of("accuracy", [share] * 3), "accuracy")
    assert (found.low, found.high) == pytest.approx(metrics.wilson_interval(round(share * 5), 5))


@pytest.mark.parametrize(("name", "value"), [("macro_f_score", 0.0182), ("train_loss", 0.0), ("loss_gap", -0.5)])
def test_other_equal_values_have_none_and_say_so(name, value):
    found = results.summarise(runs_of(name, [value] * 3), name)
    assert (found.low, found.high) == (None, None)
    assert str(found) == f"{value:.4f} (in every run)"


def test_counts_have_none():
    assert str(results.summarise(runs_of("classes_at_zero", [9, 9]), "classes_at_zero")) == "9.0000 (in every run)"
    assert str(results.summarise(runs_of("classes_at_zero", [1, 5, 3]), "classes_at_zero")) == "3.0000 (1 to 5)"


def test_one_network_that_was_measured_several_times_is_called_so():
    before = {"purity_layer1_before": 0.4, "silhouette_layer1_before": 0.0123, "accuracy_before": 0.2}
    runs = [result(seed, metrics=METRICS | before | {"accuracy": 0.9 + seed / 100}) for seed in range(3)]
    for name in ("purity_layer1_before", "silhouette_layer1_before"):
        assert str(results.summarise(runs, name)).endswith("(one network, measured 3 times)")
    assert results.summarise(runs, "accuracy").low is not None
    runs[1].metrics["silhouette_layer1_before"] = 0.0124
    runs[2].metrics["purity_layer1_before"] = 0.2
    assert results.summarise(runs, "purity_layer1_before").low is not None
    assert results.summarise(runs, "accuracy_before").low is not None


def test_unlike_runs_are_not_summarised():
    with pytest.raises(ValueError, match="seeds are"):
        results.summarise([], "accuracy")
    with pytest.raises(ValueError, match=r"seeds are \[0, 0\]"):
        results.summarise([result(), result()], "accuracy")
    for change in (
        {"settings": {"epochs": 2}},
        {"experiment": "r1.pets"},
        {"data": {"name": "digits"}},
        {"stand_in": "digits"},
        {"precision": "bf16"},
        {"device": "another"},
        {"machine": {"processor": "another"}},
        {"versions": {"torch": "0.1"}},
    ):
        with pytest.raises(ValueError, match=f"differ in {next(iter(change))}; only"):
            results.summarise([result(0), result(1, **change)], "accuracy")
    with pytest.raises(ValueError, match="metric 'speed' is missing"):
        results.summarise([result()], "speed")


MACHINE = {"device": "cpu", "processor": "a processor", "capability": "AVX2", "threads": 1, "processes": 1}


@pytest.mark.parametrize(
    "change",
    [
        {"machine": MACHINE | {"processor": "another"}},
        {"machine": MACHINE | {"capability": "AVX512"}},
        {"machine": MACHINE | {"threads": 2}},
        {"machine": {}},
        {"precision": "bf16"},
        {"versions": {"torch": "0.1"}},
    ],
)
def test_runs_of_another_machine_number_format_or_version_are_a_group_of_their_own(change):
    runs = [
        result(0, machine=MACHINE),
        result(1, machine=MACHINE, commit="b"),
        result(0, **({"machine": MACHINE} | change)),
    ]
    assert results.alike(runs) == [runs[:2], runs[2:]]


def test_old_lines_which_know_no_machine_are_grouped_by_what_the_device_calls_itself():
    runs = [result(0, schema=1), result(1, schema=1), result(2, schema=1, device="another")]
    assert results.alike(runs) == [runs[:2], runs[2:]]


def test_a_seed_that_was_run_again_begins_a_group_of_its_own():
    runs = [result(0), result(1), result(0), result(1)]
    assert [len(group) for group in results.alike(runs)] == [2, 2]
    assert results.alike(runs)[1] == runs[2:]


def test_a_cut_drawn_by_each_seed_does_not_part_the_runs():
    runs = [result(seed, data=result().data | {"checksum": {"train": str(seed)}}) for seed in (0, 1)]
    assert results.alike(runs) == [runs]
    assert results.summarise(runs, "accuracy").num_seeds == 2


def test_command_line_is_the_one_that_the_user_typed(monkeypatch):
    monkeypatch.setenv("RESNET_LABS_COMMAND", "resnet-labs run digits")
    assert result().command == "resnet-labs run digits"
    monkeypatch.delenv("RESNET_LABS_COMMAND")
    monkeypatch.setattr("sys.argv", ["/somewhere/tool.py", "a b"])
    assert result().command == "tool.py 'a b'"


def test_revision_marks_uncommitted_changes(tmp_path, monkeypatch):
    package = tmp_path / "resnet_labs"
    package.mkdir()
    (package / "results.py").write_text("")
    monkeypatch.setattr(provenance, "__file__", str(package / "results" / "provenance.py"))
    assert results.source_revision() == ""
    for arguments in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    clean = results.source_revision()
    assert len(clean) == 12
    (package / "results.py").write_text("changed")
    assert results.source_revision() == clean + "+"


def test_revision_sees_changed_labs_and_files_that_git_does_not_know(tmp_path, monkeypatch):
    def git(*arguments):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    lab, module = write("labs/solutions/lab02.py", ""), write("resnet_labs/results.py", "")
    evidence = write("resnet_labs/reports/evidence/r1.digits.jsonl", "")
    write(".gitignore", "__pycache__/\n")
    monkeypatch.setattr(provenance, "__file__", str(module.parent / "results" / "provenance.py"))
    git("init", "-q")
    git("add", "-A")
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x")
    clean = results.source_revision()
    # What a run writes, and what makes no line, leaves the revision clean.
    write("runs/results.jsonl", "{}")
    write("resnet_labs/__pycache__/results.pyc", "")
    write("book/index.md", "")
    evidence.write_text("{}")
    assert results.source_revision() == clean
    lab.write_text("changed")
    assert results.source_revision() == clean + "+"
    lab.write_text("")
    assert results.source_revision() == clean
    write("resnet_labs/recipes/own.py", "")
    assert results.source_revision() == clean + "+"


def test_report_stands_beside_ours():
    rows = compare.compare([result(0), result(1)])
    assert [(row.label, row.report) for row in rows] == [
        ("accuracy before training", 0.1135),
        ("accuracy after training", 0.9745),
        ("macro precision", 0.974268),
        ("macro recall", 0.974222),
        ("macro F score", 0.974231),
    ]
    text = compare.as_text([result(0, stand_in="digits in place of MNIST")])
    assert "STAND-IN: digits in place of MNIST" in text
    assert "accuracy after training     0.9745   0.9800" in text
    assert "a processor" in text


def test_image_counts_stand_once_whatever_the_source_is_called():
    given = {"name": "made", "source": "procedural images, size 24", "train": 10, "validation": 5}
    assert compare.provenance([result(data=given)])[0] == (
        "data: procedural images, size 24, 10 training and 5 validation images"
    )
    alone = {"name": "made", "source": "procedural images", "train": 10}
    assert compare.provenance([result(data=alone)])[0] == "data: procedural images, 10 training images"


def test_groups_that_differ_in_the_machine_alone_are_headed_by_it():
    other = MACHINE | {"processor": "another", "threads": 2}
    text = compare.as_text(
        [result(0, machine=MACHINE, device="a processor"), result(0, machine=other, device="another, 2 threads")]
    )
    first, second = text.split("\n\n")
    assert first.startswith("r1.digits, a processor, fp32")
    assert second.startswith("r1.digits, another, 2 threads, fp32")


def test_comparison_without_runs_is_refused():
    with pytest.raises(InputError, match="no run to compare"):
        compare.as_text([])


def test_where_a_report_gives_no_figures_ours_stand_alone():
    rows = compare.compare([result(experiment="r0.c1")])
    assert {row.report for row in rows} == {None}
    assert [row.metric for row in rows] == [name for name in result().metrics if not name.endswith(("_low", "_high"))]


def test_unlike_runs_get_a_block_each_under_what_sets_them_apart():
    text = compare.as_text(
        [result(0, settings={"depth": 8}), result(0, settings={"depth": 20}), result(1, settings={"depth": 8})]
    )
    first, second = text.split("\n\n")
    assert first.startswith("r1.digits, depth 8 ")
    assert second.startswith("r1.digits, depth 20 ")
    assert "seeds 0, 1:" in first
    assert "seeds 0:" in second


@pytest.mark.parametrize(
    ("experiment", "facts"),
    [(name, place) for name, rows in compare._FIGURES.items() for place in [[row[2] for row in rows]]],
)
def test_every_figure_that_is_compared_stands_in_the_report(experiment, facts):
    assert all(0 < compare._stated(experiment, place) < 1 for place in facts)


@pytest.mark.parametrize("name", reports.REPORTS)
def test_every_report_is_packaged_with_numbered_claims(name):
    report = reports.load_report(name)
    assert report["id"] == name
    numbers = [claim["id"] for claim in report["claims"]]
    assert numbers == [f"{name}.c{k}" for k in range(1, len(numbers) + 1)]
    assert all(reports.claim(number) for number in numbers)


def test_a_figure_that_the_report_leaves_out_stays_none():
    assert reports.load_report("r1")["experiments"]["digits"]["learning_rate"] is None


def test_unknown_report_and_claim_name_the_nearest():
    with pytest.raises(InputError, match="no report 'r9'"):
        reports.load_report("r9")
    with pytest.raises(InputError, match=r"no claim 'r1\.c99'"):
        reports.claim("r1.c99")


@pytest.mark.parametrize(
    "path", sorted((Path(reports.__file__).parent / "evidence").glob("*.jsonl")), ids=lambda p: p.stem
)
def test_stored_evidence_carries_its_provenance(path):
    for line in reports.evidence(path.stem):
        assert line.experiment == path.stem
        assert line.commit
        assert not line.commit.endswith("+")
        assert line.command.startswith("resnet-labs ")
        assert line.device
        assert line.versions["torch"]
        assert line.precision != "auto"
        of_a_report = line.data["name"] in {"mnist", "cifar10", "cifar100", "stl10", "flowers", "cats_vs_dogs"}
        assert of_a_report or line.stand_in
        assert recipes.recipe_of(line) is not None, line.settings

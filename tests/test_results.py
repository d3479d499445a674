"""Results lines: whole, read back as they were, summarised with intervals, beside the report's figures."""

from __future__ import annotations

import math
import subprocess

import pytest
from scipy import stats

from resnet_labs import reports, results
from resnet_labs.reports import compare
from resnet_labs.runtime import InputError

METRICS = {
    "accuracy_before": 0.1,
    "accuracy": 0.98,
    "accuracy_low": 0.97,
    "accuracy_high": 0.99,
    "macro_precision": 0.98,
    "macro_recall": 0.98,
    "macro_f_score": 0.98,
}


def result(seed=0, **changes):
    given = {
        "experiment": "r1.digits",
        "data": {"name": "mnist", "source": "made here", "train": 10, "test": 5},
        "seed": seed,
        "settings": {"epochs": 1},
        "metrics": METRICS,
        "seconds": 1.5,
        "device": "a processor",
        "precision": "fp32",
    }
    return results.Result(**(given | changes))


def test_a_line_is_read_back_as_it_was(tmp_path):
    path = tmp_path / "runs" / "results.jsonl"
    lines = [result(0), result(1, stand_in="digits in place of MNIST")]
    for line in lines:
        results.append(path, line)
    assert results.read(path) == lines
    assert lines[0].versions["torch"]
    assert lines[0].date.count("-") == 2


def test_missing_file_and_broken_line_are_named(tmp_path):
    with pytest.raises(InputError, match=r"There is no results file .*none.jsonl"):
        results.read(tmp_path / "none.jsonl")
    path = tmp_path / "results.jsonl"
    results.append(path, result())
    with path.open("a") as file:
        file.write('{"experiment": "r1')
    with pytest.raises(InputError, match="Line 2 of"):
        results.read(path)


def test_a_metric_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match=r"metrics \['accuracy'\] are not finite"):
        result(metrics={"accuracy": math.nan})


def test_summary_is_student_s_interval():
    values = [0.97, 0.98, 0.985]
    runs = [result(seed, metrics=METRICS | {"accuracy": value}) for seed, value in enumerate(values)]
    found = results.summarise(runs, "accuracy")
    low, high = stats.t.interval(0.95, 2, loc=sum(values) / 3, scale=stats.sem(values))
    assert (found.mean, found.low, found.high) == pytest.approx((sum(values) / 3, low, high))
    assert found.num_seeds == 3
    assert str(found) == f"{sum(values) / 3:.4f} [{low:.4f}, {high:.4f}]"
    assert str(results.summarise(runs[:1], "accuracy")) == "0.9700"


def test_unlike_runs_are_not_summarised():
    with pytest.raises(ValueError, match="seeds are"):
        results.summarise([], "accuracy")
    with pytest.raises(ValueError, match=r"seeds are \[0, 0\]"):
        results.summarise([result(), result()], "accuracy")
    with pytest.raises(ValueError, match="differ in experiment, settings or data"):
        results.summarise([result(0), result(1, settings={"epochs": 2})], "accuracy")
    with pytest.raises(ValueError, match="metric 'speed' is missing"):
        results.summarise([result()], "speed")


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
    monkeypatch.setattr(results, "__file__", str(package / "results.py"))
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
    "path", sorted((results.Path(reports.__file__).parent / "evidence").glob("*.jsonl")), ids=lambda p: p.stem
)
def test_stored_evidence_carries_its_provenance(path):
    for line in reports.evidence(path.stem):
        assert line.experiment == path.stem
        assert line.commit
        assert not line.commit.endswith("+")
        assert line.command.startswith("resnet-labs ")
        assert line.device
        assert line.versions["torch"]
        of_a_report = line.data["name"] in {"mnist", "cifar10", "cifar100", "stl10", "flowers", "cats_vs_dogs"}
        assert of_a_report or line.stand_in

"""A foreign report's file: what is wrong is named with its file and its field, and nothing is guessed."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from resnet_labs.errors import InputError
from resnet_labs.reports.audit import reading

GOOD = """\
id: cars
title: Cars
experiments:
  small:
    network: resnet18
    dataset: MNIST
    classes: 3
    images: {train: 60000, test: 10000}
    batch_size: {train: 128}
    epochs: 3
    scores:
      test: {accuracy: 0.97450, top_k: {2: 0.99}, classwise: [0.9, 0.95, 0.97], confusion: [[9, 1, 0], [0, 5, 0], [1, 1, 8]]}
    log: {unit: sum over batches, epoch: [1, 2, 3], train_loss: [900.5, 400.0, 300], train_accuracy: [0.5, 0.7, 0.8]}
  large: {scores: {test: {accuracy: 0.9800}}}
comparisons: [{better: large, worse: small}]
twice: [{what: the best network, values: [resnet152, resnet101]}]
alike: [[small, large]]
claims:
  - {id: cars.c1, text: large is better, certainty: says, rule: {better: [large, small]}}
"""  # noqa: E501


def written(folder: Path, *changes: tuple[str, Any]) -> Path:
    """Write the good report with some places changed; None deletes."""
    report = yaml.safe_load(GOOD)
    for place, value in changes:
        found, (*way, last) = report, place.split("/")
        for key in way:
            found = found[int(key) if isinstance(found, list) else key]
        last_key: Any = int(last) if isinstance(found, list) else last
        if value is None:
            del found[last_key]
        else:
            found[last_key] = copy.deepcopy(value)
    path = folder / "cars.yaml"
    path.write_text(yaml.safe_dump(report, sort_keys=False))
    return path


def test_a_good_report_is_read_with_its_decimals(tmp_path: Path) -> None:
    path = tmp_path / "cars.yaml"
    path.write_text(GOOD)
    report = reading.read(path)
    small = report.experiments["small"]
    assert small.scores["test"].accuracy.decimals == 5
    assert (small.dataset, small.images["test"], small.log.unit) == ("MNIST", 10_000, "sum over batches")
    assert report.experiments["large"].log is None
    assert report.experiments["large"].scores["test"].accuracy.text == "0.9800"


TEST = "experiments/small/scores/test"
WRONG = [
    ("experiments", None, "experiments is missing"),
    ("experiments", {}, "experiments is empty"),
    ("experiments", [1], "experiments is not a mapping"),
    ("title", None, "title is missing"),
    ("id", 7, "id is not text"),
    ("experimets", {}, "experimets is not known"),
    ("experiments/small/netwrok", "resnet18", "experiments.small.netwrok is not known"),
    (f"{TEST}/accuracy", 97.45, "experiments.small.scores.test.accuracy is 97.45"),
    (f"{TEST}/accuracy", 100, "experiments.small.scores.test.accuracy is 100"),
    (f"{TEST}/accuracy", -0.5, "experiments.small.scores.test.accuracy is -0.5"),
    (f"{TEST}/accuracy", 1e9, "experiments.small.scores.test.accuracy is 1000000000.0"),
    (f"{TEST}/accuracy", "0,9745", "experiments.small.scores.test.accuracy is '0,9745'"),
    (f"{TEST}/accuracy", "97.45%", "experiments.small.scores.test.accuracy is '97.45%'"),
    (f"{TEST}/accuracy", "97,45 %", "experiments.small.scores.test.accuracy is '97,45 %'"),
    (f"{TEST}/accuracy", "about 0.97", "experiments.small.scores.test.accuracy is 'about 0.97'"),
    (f"{TEST}/accuracy", float("nan"), "experiments.small.scores.test.accuracy is nan"),
    (f"{TEST}/accuracy", float("inf"), "experiments.small.scores.test.accuracy is inf"),
    (f"{TEST}/accuracy", True, "experiments.small.scores.test.accuracy is True"),
    (f"{TEST}/accuracy", [0.5], "experiments.small.scores.test.accuracy is [0.5]"),
    (f"{TEST}/classwise", [0.9, 95.0, 0.97], "experiments.small.scores.test.classwise[1] is 95.0"),
    (f"{TEST}/classwise", [], "experiments.small.scores.test.classwise is empty"),
    (f"{TEST}/classwise", 0.9, "experiments.small.scores.test.classwise is not a list"),
    (f"{TEST}/confusion", [[1, 2], [3]], "experiments.small.scores.test.confusion is not square"),
    (f"{TEST}/confusion", [[1, 2], [3, -1]], "experiments.small.scores.test.confusion[1][1] is -1"),
    (f"{TEST}/confusion", [[0.5, 0.5], [0, 1]], "experiments.small.scores.test.confusion[0][0] is 0.5"),
    (f"{TEST}/confusion", [[0, 0], [0, 0]], "experiments.small.scores.test.confusion holds no image"),
    (f"{TEST}/top_k", {0: 0.5}, "experiments.small.scores.test.top_k names 0"),
    ("experiments/small/scores/tests", {}, "experiments.small.scores.tests is not known"),
    ("experiments/small/classes", 1, "experiments.small.classes is 1"),
    ("experiments/small/classes", 2.5, "experiments.small.classes is 2.5"),
    ("experiments/small/images/test", "10,000", "experiments.small.images.test is '10,000'"),
    ("experiments/small/images/test", 0, "experiments.small.images.test is 0"),
    ("experiments/small/images/test", 10**12, "experiments.small.images.test is 1000000000000"),
    ("experiments/small/epochs", -3, "experiments.small.epochs is -3"),
    ("experiments/small/log/unit", None, "experiments.small.log.unit is missing"),
    ("experiments/small/log/unit", "sums", "experiments.small.log.unit is 'sums'"),
    ("experiments/small/log/train_accuracy", [50, 70, 80], "experiments.small.log.train_accuracy[0] is 50"),
    ("experiments/small/log/train_accuracy", [0.5, 0.6], "experiments.small.log.train_accuracy has 2 rows"),
    ("experiments/small/log/epoch", [1, 3, 2], "experiments.small.log.epoch does not rise"),
    ("experiments/small/log/epoch", [1, 1, 2], "experiments.small.log.epoch does not rise"),
    ("experiments/small/log/epoch", [100, 200, 300], "experiments.small.log.epoch goes in steps of 100"),
    ("experiments/small/log/epoch", [0.5, 1, 1.5], "experiments.small.log.epoch[0] is 0.5"),
    ("experiments/small/log/train_loss", ["1,5", 1, 2], "experiments.small.log.train_loss[0] is '1,5'"),
    ("experiments/small/log/seconds", [1, 2, 3], "experiments.small.log.seconds is not known"),
    ("comparisons/0/better", "huge", "comparisons[0].better names 'huge'"),
    ("alike", [["small", "huge"]], "alike[0] names 'huge'"),
    ("alike", [["small"]], "alike[0] has one experiment"),
    ("twice", [{"what": "x", "values": [1]}], "twice[0].values has one value"),
    ("claims/0/rule", {"better": ["large", "huge"]}, "claims[0].rule.better names 'huge'"),
    ("claims/0/rule", {"compare": []}, "claims[0].rule.compare is not known"),
    ("claims/0/rule", None, "claims[0].rule is missing"),
    ("claims/0/certainty", "proves", "claims[0].certainty is 'proves'"),
]


@pytest.mark.parametrize(("place", "value", "problem"), WRONG)
def test_what_is_wrong_is_named_with_file_and_field(tmp_path: Path, place: str, value: Any, problem: str) -> None:
    with pytest.raises(InputError, match=re.escape(f"cars.yaml: {problem}")) as caught:
        reading.read(written(tmp_path, (place, value)))
    assert caught.value.fix


@pytest.mark.parametrize(
    ("value", "fix"), [(97.45, "0.9745"), ("97,45 %", "0.9745"), ("0,9745", "0.9745"), (5, "0.05")]
)
def test_the_fix_shows_the_number_to_write(tmp_path: Path, value: Any, fix: str) -> None:
    with pytest.raises(InputError) as caught:
        reading.read(written(tmp_path, (f"{TEST}/accuracy", value)))
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the file is empty"),
        ("[1, 2]", "the file is not a mapping"),
        ("a: [1", "is no YAML"),
        ("id: x\nid: y", "names id twice"),
        ("a: &a [1]\nb: *a", "uses an alias"),
        ("a: !!python/object:os.system x", "is no YAML"),
    ],
)
def test_files_that_are_no_report_are_named(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=re.escape(problem)):
        reading.read(path)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        reading.read(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes("title: café".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        reading.read(tmp_path / "latin.yaml")
    with pytest.raises(InputError, match="folder"):
        reading.read(tmp_path)
    (tmp_path / "big.yaml").write_text("x" * (reading.MOST_BYTES + 1))
    with pytest.raises(InputError, match="MiB"):
        reading.read(tmp_path / "big.yaml")


def test_a_log_with_gaps_is_read_and_null_leaves_a_row_out(tmp_path: Path) -> None:
    changes = [("experiments/small/log/epoch", [1, 2, 9]), ("experiments/small/log/train_loss", [1.5, "", 1.0])]
    report = yaml.safe_load(written(tmp_path, *changes).read_text())
    report["experiments"]["small"]["log"]["train_loss"][1] = None
    (tmp_path / "cars.yaml").write_text(yaml.safe_dump(report))
    log = reading.read(tmp_path / "cars.yaml").experiments["small"].log
    assert log.epoch == (1, 2, 9)
    assert log.columns["train_loss"][1] is None

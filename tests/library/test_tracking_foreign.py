"""A folder of tracked runs with cut and foreign ones in it: the good ones are shown, every other is named."""

from __future__ import annotations

import json
import math
import warnings

import pytest

from resnet_labs import cli, tracking
from resnet_labs.errors import InputError

GOOD = "epoch,train_loss,seconds\n1,2.0,1.0\n2,1.5,1.0\n"


def put(top, name, rows=GOOD, settings='{"lr": 0.1}'):
    folder = top / name
    folder.mkdir(parents=True)
    for file, text in (("metrics.csv", rows), ("settings.json", settings)):
        if text is not None:
            (folder / file).write_bytes(text if isinstance(text, bytes) else text.encode())


ODD = {
    "no settings": {"settings": None},
    "settings cut short": {"settings": '{"lr": 0.'},
    "empty settings": {"settings": ""},
    "settings that are a list": {"settings": "[1]"},
    "settings that are null": {"settings": "null"},
    "settings in UTF-16": {"settings": '{"lr": 1}'.encode("utf-16")},
    "settings nested without end": {"settings": "[" * 100_000},
    "no epochs": {"rows": "a,b\n1,2\n"},
    "a cut row": {"rows": "epoch,train_loss\n1,0.5\n2\n"},
    "words": {"rows": "epoch,train_loss\n1,good\n"},
    "zeros": {"rows": b"\0" * 40 + b"\n"},
    "a picture": {"rows": b"\x89PNG\r\n\x1a\n\0\0"},
    "a column twice": {"rows": "epoch,loss,loss\n1,0.5,0.25\n"},
    "an endless field": {"rows": "epoch,loss\n1," + "1" * 200_000 + "\n"},
    "an empty first line": {"rows": "\n1,2\n"},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_the_good_run_is_shown_and_the_odd_one_named(tmp_path, odd, capsys):
    put(tmp_path, "odd one", **odd)
    put(tmp_path, "good")
    with pytest.warns(UserWarning, match="Left out") as said:
        assert cli.main(["compare", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "good" in shown
    assert "odd" not in shown
    (warning,) = said
    assert str(warning.message).count("odd one") == 1


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_where_no_run_is_good_the_odd_one_is_named_in_a_sentence(tmp_path, odd, capsys):
    put(tmp_path, "odd one", **odd)
    assert cli.main(["compare", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "odd one" in said
    assert said.count("\n") == 1


def test_a_folder_in_place_of_a_file_is_named(tmp_path):
    put(tmp_path, "good")
    (tmp_path / "one" / "metrics.csv").mkdir(parents=True)
    put(tmp_path, "two", settings=None)
    (tmp_path / "two" / "settings.json").mkdir()
    with pytest.warns(UserWarning, match=r"(?s)one.*two"):
        assert [run.name for run in tracking.runs(tmp_path)] == ["good"]


@pytest.mark.parametrize("end", ["2,1", "2", "2,1.5,1.0"])
def test_a_run_whose_last_line_was_cut_is_shown_with_the_epochs_before_and_named(tmp_path, end):
    put(tmp_path, "cut", "epoch,train_loss,seconds\n1,2.0,1.0\n" + end)
    with pytest.warns(UserWarning, match=r"cut.*last line"):
        (run,) = tracking.runs(tmp_path)
    assert [row["epoch"] for row in run.rows] == [1]


@pytest.mark.parametrize("rows", ["", "epoch,train_loss\n", "epoch,trai"])
def test_a_run_that_has_not_begun_is_left_out_without_a_word(tmp_path, rows):
    put(tmp_path, "good")
    put(tmp_path, "begun", rows, settings=None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [run.name for run in tracking.runs(tmp_path)] == ["good"]


@pytest.mark.parametrize("odd", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_is_no_number_is_never_the_best(odd, place):
    losses, accuracies = [3.0, 2.0, 4.0], [0.25, 0.5, 0.125]
    losses[place] = accuracies[place] = float(odd)
    rows = [
        {"epoch": number, "train_loss": loss, "train_accuracy": accuracy}
        for number, (loss, accuracy) in enumerate(zip(losses, accuracies, strict=True), 1)
    ]
    (row,) = tracking.compare([tracking.comparison.Run("run", {}, rows)])
    assert row["best train_loss"] == min(filter(math.isfinite, losses))
    assert row["best train_accuracy"] == max(filter(math.isfinite, accuracies))


@pytest.mark.parametrize("digits", [16, 400, 4000])
def test_whole_numbers_of_any_length_are_shown(tmp_path, digits, capsys):
    put(tmp_path, "long", f"epoch,train_loss,seconds\n1,{'9' * digits},0.5\n2,1.5,{'9' * digits}\n")
    assert cli.main(["compare", str(tmp_path)]) == 0
    assert "long" in capsys.readouterr().out


def test_a_run_of_no_number_at_all_has_no_best():
    rows = [{"epoch": epoch, "train_loss": float("nan")} for epoch in (1, 2)]
    table = tracking.compare([tracking.comparison.Run("run", {}, rows)])
    assert tracking.as_text(table).split() == ["run", "epoch", "train_loss", "best", "train_loss", "run", "2", "nan"]


def test_the_sentence_says_what_to_give(tmp_path):
    put(tmp_path, "one", settings=json.dumps([1]))
    put(tmp_path, "two", rows="a\n1\n")
    with pytest.raises(InputError, match=r"^There is no tracked run under .*one.*two.* Give the folder above"):
        tracking.runs(tmp_path)


FOREIGN_EPOCHS = {
    "Keras": "epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,1.0,0.4,1.1\n1,0.6,0.9,0.5,1.0\n",
    "an early epoch": "epoch,loss\n1,2.0\n",
    "epochs that come later": "epoch,loss\n50,2.0\n",
    "the same columns and one more": "epoch,train_loss,seconds,note\n1,2.0,1.0,7\n",
    "the same columns in another order": "train_loss,epoch,seconds\n2.0,1,1.0\n",
}


@pytest.mark.parametrize("text", FOREIGN_EPOCHS.values(), ids=FOREIGN_EPOCHS)
def test_someone_else_s_epochs_are_never_replaced(tmp_path, text):
    path = tmp_path / "metrics.csv"
    path.write_text(text)
    row = {"epoch": 1, "train_loss": 2.5, "seconds": 1.0}
    with tracking.tracker("csv", tmp_path) as run, pytest.raises(InputError, match=r"columns changed from .*metrics"):
        run.log(row)
    assert path.read_text() == text


def test_a_new_run_with_the_same_columns_replaces_the_old_one(tmp_path):
    put(tmp_path, "run")
    with tracking.tracker("csv", tmp_path / "run") as run:
        run.log({"epoch": 1, "train_loss": 3.5, "seconds": 1.0})
    assert (tmp_path / "run" / "metrics.csv").read_text() == "epoch,train_loss,seconds\n1,3.5,1.0\n"

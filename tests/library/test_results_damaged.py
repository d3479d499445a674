"""Results files as a kill, a full disk, an editor or another program leaves them: what is whole is read and kept."""

from __future__ import annotations

import dataclasses
import json
import warnings

import pytest
from helpers import result_lines
from helpers.recipes import small_recipe

from resnet_labs import cli, recipes, results
from resnet_labs.errors import InputError
from resnet_labs.reports import compare


def result(*arguments, **changes):
    """Return a line that is the same whenever and wherever it is made."""
    fixed = {"command": "resnet-labs run digits", "commit": "0123456789ab", "date": "2026-11-21"}
    return result_lines.result(*arguments, **(fixed | changes))


WHOLE = json.dumps(dataclasses.asdict(result(0)), ensure_ascii=False).encode()
OTHER = json.dumps(dataclasses.asdict(result(1))).encode()
ACCENTED = json.dumps(dataclasses.asdict(result(1, device="é")), ensure_ascii=False).encode()


def written(folder, text):
    path = folder / "results.jsonl"
    path.write_bytes(text)
    return path


def read_with_warning(path):
    with pytest.warns(UserWarning, match="Left out of") as said:
        found = results.read(path)
    (warning,) = said
    assert str(path) in str(warning.message)
    assert "elete" not in str(warning.message)
    return found, str(warning.message)


BROKEN = {
    "cut": OTHER[:-7],
    "cut to one character": b"{",
    "cut within a character": ACCENTED[: ACCENTED.index("é".encode()) + 1],
    "zeros of a lost page": b"\0" * 64,
    "another program's": b'{"epoch": 1, "loss": 0.5}',
    "a list": b"[1, 2]",
    "a number": b"7",
    "words": b"see notes",
    "metrics that are a list": OTHER.replace(json.dumps(result().metrics).encode(), b"[0.5]"),
    "a figure in words": OTHER.replace(b'"accuracy": 0.98', b'"accuracy": "high"'),
    "a figure that is no number": OTHER.replace(b'"accuracy": 0.98', b'"accuracy": NaN'),
    "a figure too large": OTHER.replace(b'"accuracy": 0.98', b'"accuracy": 1' + b"0" * 400),
    "settings that are null": OTHER.replace(b'{"epochs": 1}', b"null"),
    "data without a source": OTHER.replace(b'"source": "made here", ', b""),
    "data without images": OTHER.replace(b', "train": 10, "test": 5', b""),
    "a count in words": OTHER.replace(b'"train": 10', b'"train": "ten"'),
    "a seed in words": OTHER.replace(b'"seed": 1', b'"seed": "one"'),
    "nested without end": b'{"schema": ' + b"[" * 100_000,
    "a schema in words": OTHER.replace(b'"schema": 2', b'"schema": "two"'),
}


@pytest.mark.parametrize("place", ["last", "last, with an end", "between"])
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_what_is_whole_is_read_and_the_rest_is_named(tmp_path, broken, place):
    assert broken not in (WHOLE, OTHER)
    after = {"last": b"", "last, with an end": b"\n", "between": b"\n" + OTHER + b"\n"}[place]
    found, said = read_with_warning(written(tmp_path, WHOLE + b"\n" + broken + after))
    assert found == ([result(0), result(1)] if place == "between" else [result(0)])
    assert "line 2" in said.lower()


@pytest.mark.parametrize(
    "text",
    [
        WHOLE + b"\n" + OTHER,
        WHOLE + b"\n\n" + OTHER + b"\n",
        b"\n \t\n" + WHOLE + b"\r\n" + OTHER + b"\r\n\n",
        b"\xef\xbb\xbf" + WHOLE + b"\n" + OTHER + b"\n",
    ],
    ids=["no last end", "blank line", "Windows", "byte order mark"],
)
def test_lines_that_are_whole_are_read_without_a_word(tmp_path, text):
    path = written(tmp_path, text)
    assert results.read(path) == [result(0), result(1)]
    results.append(path, result(2))
    assert results.read(path) == [result(0), result(1), result(2)]


@pytest.mark.parametrize("space", ["\u2028", "\x85", "\x0c", "\x1e"])
def test_a_character_that_python_takes_for_the_end_of_a_line_stays_within_its_line(tmp_path, space):
    line = result(0, device=f"a{space}b")
    results.append(tmp_path / "results.jsonl", line)
    assert results.read(tmp_path / "results.jsonl") == [line]


@pytest.mark.parametrize("left", [OTHER[:-7], OTHER, b"{", ACCENTED[: ACCENTED.index("é".encode()) + 1]])
def test_a_line_never_goes_on_where_another_was_cut(tmp_path, left):
    path = written(tmp_path, WHOLE + b"\n" + left)
    results.append(path, result(2))
    assert path.read_bytes().startswith(WHOLE + b"\n" + left + b"\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = results.read(path)
    assert [found[0], found[-1]] == [result(0), result(2)]


def test_a_file_whose_only_line_was_cut_gives_no_result(tmp_path):
    found, _ = read_with_warning(written(tmp_path, WHOLE[:50]))
    assert found == []


NOT_OURS = {
    "UTF-16": WHOLE.decode().encode("utf-16"),
    "UTF-16 without a mark": WHOLE.decode().encode("utf-16-le"),
    "Latin-1": ACCENTED.decode().encode("latin-1") + b"\n",
    "Latin-1 after UTF-8": WHOLE + b"\n" + ACCENTED.decode().encode("latin-1") + b"\n",
    "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "notes": b"first try\nsecond try\n",
}


@pytest.mark.parametrize("text", NOT_OURS.values(), ids=NOT_OURS)
def test_a_file_in_another_encoding_or_of_another_kind_is_one_sentence_and_stays(tmp_path, text, monkeypatch, capsys):
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        results.read(path)
    assert str(path) in str(caught.value)
    assert "elete" not in str(caught.value)
    monkeypatch.setattr(recipes, "find", lambda name: [small_recipe()])
    (tmp_path / "tiny").mkdir()
    path = written(tmp_path / "tiny", text)
    assert cli.main(["reproduce", "tiny", "--runs", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert path.read_bytes() == text


def test_a_seed_that_was_run_again_has_a_block_of_its_own():
    text = compare.as_text([result(0), result(1), result(0), result(0, seconds=2.0)])
    blocks = text.split("\n\n")
    assert ["seeds 0, 1:" in blocks[0], "seeds 0:" in blocks[1], "seeds 0:" in blocks[2]] == [True] * 3
    assert len({block.splitlines()[0] for block in blocks}) == 3


@pytest.mark.parametrize("runs", [[result(0), result(0)], [result(0), result(1), result(1)], [result(3)] * 3])
def test_runs_of_one_seed_in_one_table_are_refused_with_a_sentence(runs):
    with pytest.raises(InputError, match="more than once"):
        compare.compare(runs)
    assert "run again" in compare.as_text(runs)


@pytest.mark.parametrize("experiment", ["r1.digits", "r1.c6", "r3.flowers"])
def test_a_figure_that_a_line_lacks_is_named(experiment):
    runs = [result(0, experiment=experiment), result(1, experiment=experiment, metrics={"other": 0.5})]
    with pytest.raises(InputError, match=r"seeds? 1.*lacks? .*accuracy"):
        compare.as_text(runs)


@pytest.mark.parametrize("images", [{"test": 5}, {"validation": 5}, {"train": 5}])
def test_the_provenance_needs_no_more_than_one_part_of_the_data(images):
    line = result(0, data={"name": "mnist", "source": "made here", **images})
    assert "5 " in "\n".join(compare.provenance([line]))

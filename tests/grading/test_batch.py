"""A batch loses nothing and grades nothing twice, whatever ends, and says what it could not grade."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from helpers import small_class
from helpers.places import TESTS
from helpers.time_limits import seconds
from joblib.externals.loky import get_reusable_executor

from resnet_labs.errors import InputError
from resnet_labs.grading import batch, outputs, result, submissions
from resnet_labs.grading.sandbox import TRUSTED, Limits, detect

NAMES = [f"student{number:02}" for number in range(10)]


@pytest.fixture
def counted(tmp_path, monkeypatch):
    monkeypatch.setenv("COUNTED_IN", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    monkeypatch.setattr(result, "grade", small_class.counted)
    get_reusable_executor().shutdown(wait=True, kill_workers=True)  # its workers have another test's environment
    return lambda: Counter((tmp_path / "calls.txt").read_text(encoding="utf-8").split())


def graded(tmp_path, names=NAMES, **options):
    folder = small_class.hand_in(tmp_path / "handed", dict.fromkeys(names, small_class.notebook()))
    found = submissions.find(folder)
    return batch.grade(found, small_class.bundle(), tmp_path / "out", tier=TRUSTED, limits=Limits(), jobs=2, **options)


def gradebook(tmp_path, results):
    outputs.write(results, {}, small_class.bundle(), tmp_path / "out")
    with open(tmp_path / "out" / "gradebook.csv", encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.exhaustive
def test_a_worker_that_ends_costs_its_own_submission_only(tmp_path, counted):
    names = [*NAMES[:2], "KILLER", "ONCE", NAMES[2]]
    found = {one["student"]: one for one in graded(tmp_path, names)}
    assert sorted(found) == sorted(names)
    assert found.pop("KILLER")["status"] == "grader error"
    assert {one["status"] for one in found.values()} == {"graded"}
    assert counted()["KILLER"] in (2, 3)  # ONCE may end the workers before KILLER begins
    rows = gradebook(tmp_path, [*found.values(), batch.read(tmp_path / "out/results", "KILLER")])
    row = next(row for row in rows if row[0] == "KILLER")
    assert row[1:4] == ["", "", ""], "no score, so no silent zero"
    assert row[4].startswith("grader error: The grader failed, so this submission has no score")


SCRIPT = """\
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from helpers import small_class
from resnet_labs.grading import batch, result, submissions
from resnet_labs.grading.sandbox import TRUSTED, Limits
if __name__ == "__main__":
    result.grade = small_class.counted
    found = submissions.find(Path({handed!r}))
    batch.grade(found, small_class.bundle(), Path({out!r}), tier=TRUSTED, limits=Limits(), jobs=2)
"""


def test_a_batch_that_is_killed_goes_on_where_it_was(tmp_path, counted, monkeypatch):
    small_class.hand_in(tmp_path / "handed", dict.fromkeys(NAMES, small_class.notebook()))
    text = SCRIPT.format(tests=str(TESTS), handed=str(tmp_path / "handed"), out=str(tmp_path / "out"))
    (tmp_path / "script.py").write_text(text, encoding="utf-8")
    environment = os.environ | {"COUNTED_SECONDS": "0.5"}
    process = subprocess.Popen([sys.executable, str(tmp_path / "script.py")], env=environment, start_new_session=True)
    results = tmp_path / "out" / "results"
    deadline = time.monotonic() + seconds(120)
    while len(list(results.glob("*.json"))) < 3 and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done = {path.stem: path.read_bytes() for path in results.glob("*.json")}
    before = counted()
    assert 3 <= len(done) < len(NAMES)
    assert [one["student"] for one in graded(tmp_path, resume=True)] == NAMES
    after = counted() - before
    assert set(after) == set(NAMES) - set(done), "what was finished is not graded again, the rest is"
    assert set(after.values()) == {1}
    assert all((results / f"{student}.json").read_bytes() == content for student, content in done.items())


def test_a_result_is_kept_only_for_the_same_submission_and_bundle(tmp_path, counted):
    graded(tmp_path, NAMES[:3])
    (tmp_path / "out/results/student01.json").write_text('{"schema": 1, "stu', encoding="utf-8")
    small_class.hand_in(tmp_path / "handed", {NAMES[2]: small_class.notebook("def double(x):\n    return x + x")})
    found = submissions.find(tmp_path / "handed")
    batch.grade(found, small_class.bundle(), tmp_path / "out", tier=TRUSTED, limits=Limits(), jobs=1, resume=True)
    assert counted() == {"student00": 1, "student01": 2, "student02": 2}
    other = small_class.bundle("11" * 32)
    batch.grade(found, other, tmp_path / "out", tier=TRUSTED, limits=Limits(), jobs=1, resume=True)
    assert counted()["student00"] == 2


@pytest.mark.exhaustive
def test_dask_gives_the_same_gradebook_and_outlives_a_worker(tmp_path, counted):
    names = [*NAMES, "ONCE"]
    one = gradebook(tmp_path, graded(tmp_path, names))
    (tmp_path / "ended-ONCE").unlink()
    many = gradebook(tmp_path, graded(tmp_path, names, backend="dask"))
    assert many == one
    assert (tmp_path / "ended-ONCE").exists(), "a worker ended"


@pytest.mark.exhaustive
def test_without_a_scheduler_there_is_a_sentence(tmp_path, counted):
    with pytest.raises(InputError, match="no dask scheduler"):
        graded(tmp_path, NAMES[:1], backend="dask", scheduler="tcp://127.0.0.1:9")


def test_without_room_there_is_a_sentence_and_what_was_finished_is_kept(tmp_path, counted, monkeypatch):
    def full(path, *arguments, **options):
        raise OSError(28, "No space left on device", str(path))

    graded(tmp_path, NAMES[:1])
    monkeypatch.setattr(batch.files, "replacing", full)
    with pytest.raises(InputError, match=r"No space left.*kept"):
        graded(tmp_path, NAMES[:2])
    assert batch.read(tmp_path / "out/results", NAMES[0])["score"] == "3"


@pytest.mark.skipif(detect()[0] is None, reason="this machine has no sandbox")
def test_real_results_hold_what_a_grade_can_be_argued_with(tmp_path):
    students = {
        "right": small_class.notebook(),
        "damaged": b"{",
        "crash": small_class.notebook("import os\nos._exit(0)"),
    }
    found = submissions.find(small_class.hand_in(tmp_path / "handed", students))
    results = batch.grade(
        found, small_class.bundle(), tmp_path / "out", tier=detect()[0], limits=Limits(cell_seconds=20), jobs=2
    )
    by_student = {one["student"]: one for one in results}
    assert by_student["right"]["score"] == by_student["right"]["max"] == "3"
    assert by_student["crash"]["exercises"][0]["status"] == "died"
    assert by_student["damaged"]["score"] is None
    for name in ("submission", "assembled", "bundle", "version", "tier", "limits", "environment", "variant", "key"):
        assert by_student["right"][name] not in ("", None), name
    assert by_student["right"]["exercises"][0]["observed"]["cases"], "the payload is kept, for appeals"
    assert json.loads((tmp_path / "out/results/right.json").read_text(encoding="utf-8")) == by_student["right"]

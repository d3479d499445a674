"""What was tracked is read back from every kind of file; nothing is written or sent elsewhere."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from helpers.full_disk import full
from helpers.time_limits import seconds
from torch import nn

from resnet_labs import plotting, tracking
from resnet_labs.errors import InputError
from resnet_labs.tracking import csv_file
from resnet_labs.train import TrainConfig, fit

SETTINGS = {
    "slow": {"learning_rate": 0.1, "optimizer": "sgd", "clip_norm": None, "residual": True, "stages": [3, 4]},
    "fast": {"learning_rate": 1.0, "optimizer": "sgd", "clip_norm": 0.5, "residual": True, "stages": [3, 4]},
}
ROWS = {
    name: [
        {"epoch": epoch, "learning_rate": rate, "train_loss": 1 / 3 / rate / epoch, "train_accuracy": 0.7 - 0.1 * epoch}
        for epoch in (1, 2, 3)
    ]
    for name, rate in (("slow", 0.1), ("fast", 1.0))
}


def csv_rows(folder):
    columns, *lines = [line.split(",") for line in (folder / "metrics.csv").read_text().splitlines()]
    return [{name: float(value) for name, value in zip(columns, line, strict=True)} for line in lines]


def tensorboard(folder):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(folder), size_guidance={accumulator.SCALARS: 0})
    events.Reload()
    return events


def tensorboard_rows(folder):
    events = tensorboard(folder)
    rows = {}
    for name in events.Tags()["scalars"]:
        for event in events.Scalars(name):
            row = rows.setdefault(event.step, {"epoch": event.step})
            assert name not in row, f"{name} of epoch {event.step} is there twice"
            row[name] = event.value
    return [rows[epoch] for epoch in sorted(rows)]


def wandb_records(folder):
    """Read the one offline file: W&B's messages in LevelDB's log format, in blocks of 32 KiB."""
    messages = pytest.importorskip("wandb.proto.wandb_internal_pb2")
    (path,) = (folder / "wandb").glob("offline-run-*/run-*.wandb")
    file = io.BytesIO(path.read_bytes())
    assert struct.unpack("<4sHB", file.read(7)) == (b":W&B", 0xBEE1, 0)
    record = b""
    while True:
        left = 32768 - file.tell() % 32768
        if left < 7:
            file.read(left)
        header = file.read(7)
        if len(header) < 7:
            return
        _, size, kind = struct.unpack("<IHB", header)
        record += file.read(size)
        if kind in (1, 4):  # whole, or the last part
            yield messages.Record.FromString(record)
            record = b""


def wandb_rows(folder):
    rows = []
    for record in wandb_records(folder):
        if record.HasField("history"):
            items = {item.key or item.nested_key[0]: json.loads(item.value_json) for item in record.history.item}
            assert items["_step"] == items["epoch"]
            rows.append({name: value for name, value in items.items() if not name.startswith("_")})
    return rows


def wandb_run(folder):
    (run,) = [record.run for record in wandb_records(folder) if record.HasField("run")]
    return run


def wandb_settings(folder):
    found = {}
    for record in wandb_records(folder):
        updates = [*record.run.config.update, *record.config.update]
        found |= {update.key or update.nested_key[0]: json.loads(update.value_json) for update in updates}
    return {name: value for name, value in found.items() if not name.startswith("_")}


def wandb_finished(folder):
    return any(record.HasField("exit") and record.exit.exit_code == 0 for record in wandb_records(folder))


def processes_at_home(home):
    """Return the processes whose home is that folder."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"HOME={home}".encode() in environment.read_bytes().split(b"\0"):
                found.append((environment.parent / "cmdline").read_text())
        except OSError:
            continue  # ended meanwhile, or somebody else's
    return found


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory):
    """Two runs in every view, in an empty home; the folder, and what was found around it afterwards."""
    pytest.importorskip("tensorboard")
    pytest.importorskip("torch.utils.tensorboard")
    if not Path("/proc/self/environ").exists():
        pytest.skip("processes are found in /proc")
    top = tmp_path_factory.mktemp("everywhere")
    for name in ("home", "current", "temporary"):
        (top / name).mkdir()
    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as server:
        proxy = f"http://127.0.0.1:{server.getsockname()[1]}"
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            patch.setenv(name, proxy)
        for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "no_proxy", "NO_PROXY"):
            patch.delenv(name, raising=False)
        patch.setenv("HOME", str(top / "home"))
        patch.setenv("TMPDIR", str(top / "temporary"))
        patch.setattr("tempfile.tempdir", None)
        patch.setenv("WANDB_MODE", "online")  # what somebody with an account has
        patch.setenv("WANDB_API_KEY", "0" * 40)
        patch.setenv("WANDB_DIR", str(top / "current"))
        patch.chdir(top / "current")
        before = dict(os.environ), sys.excepthook, sys.exit, sys.stdout, set(threading.enumerate())
        for name, rows in ROWS.items():
            with tracking.tracker(("wandb", "tensorboard"), top / "runs" / name, settings=SETTINGS[name]) as run:
                for row in rows:
                    run.log(row)
        after = dict(os.environ), sys.excepthook, sys.exit, sys.stdout, set(threading.enumerate())
        left = processes_at_home(top / "home")
        server.settimeout(0)
        try:
            server.accept()
            called = True
        except BlockingIOError:
            called = False
    return top, before, after, left, called


@pytest.mark.parametrize("name", ROWS)
def test_every_file_gives_back_what_was_logged(everywhere, name):
    folder = everywhere[0] / "runs" / name
    assert csv_rows(folder) == ROWS[name]
    assert wandb_rows(folder) == ROWS[name]
    # TensorBoard keeps single precision.
    single = [{key: float(np.float32(value)) for key, value in row.items()} for row in ROWS[name]]
    assert tensorboard_rows(folder) == single


@pytest.mark.parametrize("name", ROWS)
def test_every_file_gives_back_the_settings(everywhere, name):
    from tensorboard.plugins.hparams import metadata

    folder = everywhere[0] / "runs" / name
    assert json.loads((folder / "settings.json").read_text()) == SETTINGS[name]
    assert wandb_settings(folder) == SETTINGS[name]
    content = tensorboard(folder).SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data.content
    shown = metadata.parse_session_start_info_plugin_data(content).hparams
    found = {key: getattr(value, value.WhichOneof("kind")) for key, value in shown.items()}
    plain = {key: value if isinstance(value, bool | float) else str(value) for key, value in SETTINGS[name].items()}
    assert found == plain


def test_runs_are_named_after_their_folders_and_finished(everywhere):
    for name in ROWS:
        folder = everywhere[0] / "runs" / name
        assert wandb_run(folder).display_name == name
        assert wandb_run(folder).project == "resnet-labs"
        assert wandb_finished(folder)
    assert wandb_run(everywhere[0] / "runs" / "slow").run_id != wandb_run(everywhere[0] / "runs" / "fast").run_id


def test_nothing_is_written_elsewhere(everywhere):
    top = everywhere[0]
    assert [list((top / name).iterdir()) for name in ("home", "current", "temporary")] == [[], [], []]
    assert {path.name for path in top.iterdir()} == {"home", "current", "temporary", "runs"}


def test_nothing_of_the_process_changes_and_no_other_process_stays(everywhere):
    _, before, after, left, _ = everywhere
    assert after == before
    assert left == []


def test_nobody_is_called(everywhere):
    assert not everywhere[-1]


def test_wandb_keeps_no_environment_code_or_package_list(everywhere):
    for name in ROWS:
        folder = everywhere[0] / "runs" / name
        (run,) = (folder / "wandb").glob("offline-run-*")
        assert [path for path in run.joinpath("files").rglob("*") if path.is_file()] == []
        assert sys.executable.encode() not in next(run.glob("*.wandb")).read_bytes()


def train(folder, names, *, epochs, kept):
    torch.manual_seed(0)
    x, y = torch.randn(12, 4), torch.arange(12) % 3
    config = TrainConfig(epochs=epochs, learning_rate=0.1)
    with tracking.tracker(names, folder, settings={"epochs": epochs}) as tracker:
        return fit(
            nn.Linear(4, 3),
            [(x, y)],
            loss=F.cross_entropy,
            config=config,
            checkpoint=kept,
            tracker=tracker,
            progress=False,
        )


def test_a_resumed_run_has_every_epoch_once_in_every_file(tmp_path):
    pytest.importorskip("wandb")
    folder, kept = tmp_path / "run", tmp_path / "run.pt"
    train(folder, ("tensorboard", "wandb"), epochs=2, kept=kept)
    name = wandb_run(folder).run_id
    history = train(folder, ("tensorboard", "wandb"), epochs=4, kept=kept)
    assert [row["epoch"] for row in history.rows] == [1, 2, 3, 4]
    assert csv_rows(folder) == history.rows
    assert wandb_rows(folder) == history.rows
    assert [row["train_loss"] for row in tensorboard_rows(folder)] == pytest.approx(history.column("train_loss"))
    assert wandb_run(folder).run_id == name
    assert wandb_settings(folder) == {"epochs": 4}
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert train(folder, ("tensorboard", "wandb"), epochs=4, kept=kept).rows == history.rows
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


KILLED = """
import os, signal, sys
from resnet_labs import tracking
tracker = tracking.tracker(("wandb", "tensorboard"), sys.argv[1], settings={"seed": 0})
for epoch in (1, 2):
    tracker.log({"epoch": epoch, "train_loss": 1 / epoch})
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_a_killed_run_is_kept_whole_and_goes_on(tmp_path):
    pytest.importorskip("wandb")
    if not Path("/proc/self/environ").exists():
        pytest.skip("processes are found in /proc")
    home, folder = tmp_path / "home", tmp_path / "run"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder)], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    deadline = time.monotonic() + seconds(600)
    while processes_at_home(home) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_at_home(home) == []
    assert wandb_finished(folder)
    expected = [{"epoch": 1, "train_loss": 1.0}, {"epoch": 2, "train_loss": 0.5}]
    assert csv_rows(folder) == wandb_rows(folder) == tensorboard_rows(folder) == expected
    with tracking.tracker(("wandb", "tensorboard"), folder, settings={"seed": 0}) as run:
        run.log({"epoch": 2, "train_loss": 0.25})  # its checkpoint was not written any more
    expected[1]["train_loss"] = 0.25
    assert csv_rows(folder) == wandb_rows(folder) == tensorboard_rows(folder) == expected


def test_a_new_run_takes_the_place_of_the_old_one(tmp_path):
    for loss in (2.0, 3.0):
        with tracking.tracker("csv", tmp_path / "run", settings={"loss": loss}) as run:
            run.log({"epoch": 1, "train_loss": loss})
    assert [(run.settings, run.rows) for run in tracking.runs(tmp_path)] == [
        ({"loss": 3.0}, [{"epoch": 1, "train_loss": 3.0}])
    ]


def test_csv_is_written_whatever_is_named(tmp_path):
    pytest.importorskip("tensorboard")
    with tracking.tracker("tensorboard", tmp_path) as run:
        run.log({"epoch": 1, "train_loss": 2.0})
    assert csv_rows(tmp_path) == tensorboard_rows(tmp_path) == [{"epoch": 1, "train_loss": 2.0}]
    assert not (tmp_path / "wandb").exists()


@pytest.mark.parametrize(
    ("names", "fix"), [("tensorbord", "Did you mean 'tensorboard'?"), (["csv", "x"], "Known: csv, tensorboard, wandb")]
)
def test_an_unknown_name_gets_the_nearest(tmp_path, names, fix):
    with pytest.raises(InputError) as caught:
        tracking.tracker(names, tmp_path / "run")
    assert str(caught.value).startswith("There is no tracker ")
    assert fix in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["tensorboard", "wandb"])
def test_a_package_that_is_absent_is_named_with_the_mend(tmp_path, monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    expected = f"The package '{name}' is not installed. Run `pip install \"resnet-labs[track]\"`."
    with pytest.raises(InputError) as caught:
        tracking.tracker(["csv", name], tmp_path / "run")
    assert str(caught.value) == expected
    assert not (tmp_path / "run").exists()
    with tracking.tracker("csv", tmp_path / "run") as run:
        run.log({"epoch": 1})


def test_a_folder_called_wandb_is_not_the_package(tmp_path, monkeypatch):
    (tmp_path / "wandb").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    for name in [name for name in sys.modules if name.split(".")[0] == "wandb"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(InputError, match="'wandb' is not installed"):
        tracking.tracker("wandb", tmp_path / "run")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"stages": {1, 2}}, "Object of type set is not JSON serializable"),
        ({"rate": float("nan")}, "Out of range float values are not JSON compliant"),
    ],
)
def test_settings_that_cannot_be_kept_are_refused(tmp_path, settings, named):
    with pytest.raises(InputError) as caught:
        tracking.tracker("csv", tmp_path / "run", settings=settings)
    assert str(caught.value).startswith(f"The settings cannot be kept: {named}")
    assert str(caught.value).endswith("Give numbers, strings, None, and lists and dicts of them.")


def test_a_place_that_cannot_be_written_is_found_before_any_epoch(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as caught:
        tracking.tracker("csv", tmp_path / "file" / "run")
    reason = os.strerror(errno.ENOTDIR)
    path = tmp_path / "file" / "run" / "metrics.csv"
    assert str(caught.value) == (
        f"The run's record '{path}' cannot be written: {reason}. Give another path; a part of this one is a file."
    )


def test_a_full_disk_is_one_sentence_and_loses_no_epoch(tmp_path):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    tracker = tracking.tracker("csv", tmp_path / "run")
    tracker.log({"epoch": 1, "train_loss": 0.5})
    resource.setrlimit(resource.RLIMIT_FSIZE, (24, hard))
    try:
        with tracker, pytest.raises(InputError) as caught:
            tracker.log({"epoch": 2, "train_loss": 0.25})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(caught.value) == (
        f"The run's record '{tmp_path}/run/metrics.csv' cannot be written: {os.strerror(errno.EFBIG)}. "
        "Free some space, or give another folder; the epochs before are still there."
    )
    assert (tmp_path / "run" / "metrics.csv").read_text() == "epoch,train_loss\n1,0.5\n"
    with tracking.tracker("csv", tmp_path / "run") as again:
        again.log({"epoch": 2, "train_loss": 0.125})
    assert csv_rows(tmp_path / "run") == [{"epoch": 1, "train_loss": 0.5}, {"epoch": 2, "train_loss": 0.125}]


@pytest.mark.parametrize("failing", ["metrics.csv", "settings.json"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_disk_that_is_full_when_a_run_begins_leaves_the_files_of_the_run_before(tmp_path, monkeypatch, failing, code):
    def log(loss):
        with tracking.tracker("csv", tmp_path / "run", settings={"loss": loss}) as run:
            run.log({"epoch": 1, "train_loss": loss})

    log(2.0)
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    partial = tmp_path / "run" / f"{failing}.partial"
    with full(monkeypatch, partial, code=code), pytest.raises(InputError, match=os.strerror(code)):
        log(3.0)
    after = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    assert after.keys() == before.keys()
    assert after[failing] == before[failing]


def test_where_a_view_fails_its_end_does_not_hide_the_reason(tmp_path):
    run = tracking.tracker("csv", tmp_path / "run")
    run.log({"epoch": 1})

    class View:
        def log(self, row):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        def close(self):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    run._views.append(View())
    with pytest.raises(InputError, match="No space left"), run:
        run.log({"epoch": 2})
    with pytest.raises(InputError, match="Input/output"):
        run.close()


def test_where_wandb_stops_its_last_word_is_told_and_the_csv_file_goes_on(tmp_path):
    pytest.importorskip("wandb")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "wandb").write_text("a file in the place of its folder")
    expected = r"^Weights & Biases stopped: .+\. Fix that, or track without 'wandb'; the CSV file has every epoch\.$"
    with tracking.tracker("wandb", tmp_path / "run") as run, pytest.raises(InputError, match=expected):
        run.log({"epoch": 1, "train_loss": 0.5})
    assert csv_rows(tmp_path / "run") == [{"epoch": 1, "train_loss": 0.5}]


def test_where_wandb_is_killed_the_next_row_says_so(tmp_path):
    pytest.importorskip("wandb")
    with tracking.tracker("wandb", tmp_path / "run") as run:
        run.log({"epoch": 1})
        run._views[0]._process.kill()
        run._views[0]._process.wait()
        with pytest.raises(InputError, match=r"^Weights & Biases stopped: without a word\. Fix"):
            run.log({"epoch": 2})
    assert csv_rows(tmp_path / "run") == [{"epoch": 1}, {"epoch": 2}]


def test_rows_of_another_kind_are_refused(tmp_path):
    with tracking.CSVTracker(tmp_path / "run.csv") as tracker:
        with pytest.raises(InputError, match=r"^The row has no epoch, only \['step'\]\. Log rows as `fit` does\.$"):
            tracker.log({"step": 1})
        tracker.log({"epoch": 2})
        with pytest.raises(InputError, match=r"^The columns changed from \['epoch'\] to \['epoch', 'loss'\]\. Use one"):
            tracker.log({"epoch": 3, "loss": 0.5})
        for epoch in (1, 2):
            with pytest.raises(InputError, match=rf"^Epoch {epoch} comes after epoch 2\. Use one"):
                tracker.log({"epoch": epoch})
    with tracking.CSVTracker(tmp_path / "run.csv") as tracker, pytest.raises(InputError, match="The columns changed"):
        tracker.log({"epoch": 3, "loss": 0.5})
    assert (tmp_path / "run.csv").read_text() == "epoch\n2\n"


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "epoch,loss\n1\n", "epoch\none\n", "epoch\n1,2\n"])
def test_another_file_is_not_overwritten(tmp_path, text):
    path = tmp_path / "notes.csv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        tracking.CSVTracker(path)
    assert str(caught.value) == f"'{path}' holds something other than the epochs of a run. Give another path."
    assert path.read_text() == text


def test_a_line_that_was_cut_short_is_dropped(tmp_path):
    path = tmp_path / "run.csv"
    path.write_text("epoch,loss\n1,0.5\n2,0.2")
    assert csv_file.read_rows(path) == [{"epoch": 1, "loss": 0.5}]
    with tracking.CSVTracker(path) as tracker:
        tracker.log({"epoch": 2, "loss": 0.25})
    assert path.read_text() == "epoch,loss\n1,0.5\n2,0.25\n"


def test_numbers_keep_every_digit_through_a_resume(tmp_path):
    path, value = tmp_path / "run.csv", 0.1 + 0.2
    for epoch in (1, 2, 3):
        with tracking.CSVTracker(path) as tracker:
            tracker.log({"epoch": epoch, "loss": value, "other": float("nan"), "large": 1e300})
    assert path.read_text().splitlines()[1:] == [f"{epoch},{value!r},nan,1e+300" for epoch in (1, 2, 3)]


def tracked(top):
    for name, rows in ROWS.items():
        with tracking.tracker("csv", top / "runs" / name, settings=SETTINGS[name]) as run:
            for row in rows:
                run.log({**row, "seconds": 0.5})
    with tracking.tracker("csv", top / "runs" / "deep" / "third", settings={"learning_rate": 1.0, "seed": 7}) as run:
        run.log({"epoch": 1, "validation_accuracy": 0.25})
    tracking.tracker("csv", top / "runs" / "not begun").close()
    return tracking.runs(top / "runs")


def test_the_comparison_has_a_row_a_run_with_what_differs_and_last_and_best(tmp_path):
    runs = tracked(tmp_path)
    assert [run.name for run in runs] == ["deep/third", "fast", "slow"]
    third, fast, slow = tracking.compare(runs)
    assert third == {
        "run": "deep/third",
        "learning_rate": 1.0,
        "seed": 7,
        "optimizer": None,
        "clip_norm": None,
        "residual": None,
        "stages": None,
        "epoch": 1,
        "validation_accuracy": 0.25,
        "best validation_accuracy": 0.25,
    }
    assert fast["train_loss"] == fast["best train_loss"] == ROWS["fast"][2]["train_loss"]
    assert slow["train_accuracy"] == ROWS["slow"][2]["train_accuracy"]
    assert slow["best train_accuracy"] == ROWS["slow"][0]["train_accuracy"]
    assert slow["seconds"] == 1.5
    assert list(tracking.compare(runs[1:])[0])[:4] == ["run", "learning_rate", "clip_norm", "epoch"]


def test_the_comparison_as_text_stands_in_columns(tmp_path):
    table = tracking.compare(tracked(tmp_path))
    short = [{name: row[name] for name in ("run", "epoch", "train_loss", "seconds") if name in row} for row in table]
    assert tracking.as_text(short) == (
        "run         epoch  train_loss  seconds\n"
        "deep/third      1\n"
        "fast            3      0.1111      1.5\n"
        "slow            3       1.111      1.5"
    )


def test_all_runs_stand_in_one_picture(tmp_path):
    runs = [run for run in tracked(tmp_path) if "train_loss" in run.rows[0]]
    figure = plotting.curves({run.name: run.column("train_loss") for run in runs}, y="loss (nats)")
    lines = {line.get_label(): list(line.get_ydata()) for line in figure.axes[0].lines}
    assert lines == {name: [row["train_loss"] for row in rows] for name, rows in ROWS.items()}


def test_where_nothing_was_tracked_the_error_says_what_to_give(tmp_path):
    with pytest.raises(InputError) as caught:
        tracking.runs(tmp_path)
    assert str(caught.value) == (
        f"There is no tracked run under '{tmp_path}'. Give the folder above those of the runs."
    )
    with pytest.raises(InputError, match=r"^The run 'fast' has no column 'train_los'\. Did you mean 'train_loss'\?$"):
        tracked(tmp_path)[1].column("train_los")

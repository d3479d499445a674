"""One process at a time in a folder: who is there is named, and a process that was killed blocks nobody."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import warnings

import filelock
import pytest

from resnet_labs import lock
from resnet_labs.errors import InputError

HOLDS = """
import signal, sys
from pathlib import Path
from resnet_labs import lock
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background jobs ignore
with lock.alone(Path(sys.argv[1])):
    print("in", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process that has the folder until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "in\n"
        yield process
        if process.poll() is None:
            process.stdin.close()


def enter(folder):
    """Take the folder and leave it; no warning may come."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with lock.alone(folder):
            pass


def test_the_other_process_is_named(tmp_path, other):
    with pytest.raises(InputError) as caught:
        enter(tmp_path)
    assert str(caught.value).startswith(
        f"Process {other.pid} on {socket.gethostname()} has been writing in {str(tmp_path)!r} since 20"
    )
    assert "UTC. Wait until it has ended" in str(caught.value)
    assert other.poll() is None


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None], ids=str)
def test_a_process_that_ended_in_any_way_blocks_nobody(tmp_path, other, end):
    if end is None:
        other.stdin.close()
    else:
        other.send_signal(end)
    other.wait()
    enter(tmp_path)
    enter(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_same_process_is_refused_too_and_what_it_has_stays_its_own(tmp_path):
    with lock.alone(tmp_path):
        for _ in range(2):
            with pytest.raises(InputError, match=f"Process {os.getpid()} on "):
                enter(tmp_path)
    enter(tmp_path)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failure_gives_the_folder_back(tmp_path, error):
    with pytest.raises(error), lock.alone(tmp_path):
        raise error
    enter(tmp_path)


def test_folders_have_locks_of_their_own(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with lock.alone(tmp_path / "one"), lock.alone(tmp_path / "two"):
        pass


DAMAGED = {
    "empty": b"",
    "cut short": b'{"process": 12, "ho',
    "a list": b"[1]",
    "zeros": b"\0" * 50,
    "other fields": b'{"pid": 1}',
    "UTF-16": '{"process": 1}'.encode("utf-16"),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_where_the_holder_s_name_is_damaged_it_is_another_process(tmp_path, other, text, monkeypatch):
    monkeypatch.setattr(lock.time, "sleep", lambda seconds: None)
    (tmp_path / ".running.json").write_bytes(text)
    with pytest.raises(InputError, match=r"^Another process is writing in "):
        enter(tmp_path)
    other.kill()
    other.wait()
    enter(tmp_path)


def test_a_name_that_comes_a_moment_late_is_waited_for(tmp_path, other, monkeypatch):
    name = tmp_path / ".running.json"
    said = name.read_bytes()
    name.unlink()
    monkeypatch.setattr(lock.time, "sleep", lambda seconds: name.write_bytes(said))
    with pytest.raises(InputError, match=f"^Process {other.pid} on "):
        enter(tmp_path)


def test_a_process_that_ends_while_it_is_asked_for_leaves_the_folder(tmp_path, other, monkeypatch):
    (tmp_path / ".running.json").unlink()

    def end(seconds):
        other.kill()
        other.wait()

    monkeypatch.setattr(lock.time, "sleep", end)
    enter(tmp_path)


@pytest.mark.parametrize("host", ["another", "node7.cluster", ""])
def test_a_run_on_another_host_that_did_not_end_as_runs_do_is_named(tmp_path, host):
    facts = {"process": 4711, "host": host, "since": "2026-11-28 08:00 UTC"}
    (tmp_path / ".running.json").write_text(json.dumps(facts))
    with pytest.warns(UserWarning, match=f"Process 4711 on {host} .* since 2026-11-28 08:00 UTC"), lock.alone(tmp_path):
        pass
    enter(tmp_path)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOLCK, os.strerror(errno.ENOLCK)),
        OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP)),
        NotImplementedError("FileSystem does not appear to support flock"),
    ],
    ids=["no locks", "not supported", "not implemented"],
)
def test_a_file_system_without_locks_is_no_reason_to_stop(tmp_path, monkeypatch, error):
    def acquire(self, **_):
        raise error

    monkeypatch.setattr(filelock.FileLock, "acquire", acquire)
    with pytest.warns(UserWarning, match="no locks"), lock.alone(tmp_path):
        pass


def test_a_file_is_reserved_by_its_own_name(tmp_path):
    with lock.alone(tmp_path / "run.pt"):
        with pytest.raises(InputError, match=r"has been writing '.*run.pt' since .*, or give another path\."):
            enter(tmp_path / "run.pt")
        enter(tmp_path / "other.pt")
        enter(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_file_deleted_by_its_last_holder_is_made_again(tmp_path, monkeypatch):
    acquire, deleted = filelock.FileLock.acquire, []

    def slow(self, **options):
        proxy = acquire(self, **options)
        if not deleted:
            deleted.append(os.unlink(self.lock_file))
        return proxy

    monkeypatch.setattr(filelock.FileLock, "acquire", slow)
    with lock.alone(tmp_path):
        assert (tmp_path / ".lock").is_file()
        with pytest.raises(InputError):
            enter(tmp_path)
    assert deleted

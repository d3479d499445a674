"""The dry run: every block on a CPU at a tiny size; what a kill leaves is whole, and the next run goes on from it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.time_limits import seconds

from resnet_labs import cli, data, recipes, reports, results
from resnet_labs.gpu_hour import blocks, cifar10, dry, turns
from resnet_labs.gpu_hour.parts import Hour, Series


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    """The data root of the dry run."""
    return dry.unpack_noise(tmp_path_factory.mktemp("noise"))


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("RESNET_LABS_CACHE", str(tmp_path_factory.getbasetemp() / "cache_of_the_dry_run"))


def lines_of(folder: Path) -> list[results.Result]:
    return [line for path in sorted(folder.rglob("results.jsonl")) for line in results.read(path)]


def once_each(lines: list[results.Result]) -> bool:
    keys = Counter(json.dumps([line.experiment, line.settings, line.seed], sort_keys=True) for line in lines)
    return {*keys.values()} == {1}


def test_a_block_writes_its_lines_and_a_second_run_adds_none(noise, tmp_path):
    (block,) = blocks.chosen(["3"])
    hour = Hour(tmp_path, noise, is_dry=True)
    assert block.missing(hour) == 2
    block.run(hour)
    assert block.missing(hour) == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.jsonl")}
    block.run(hour)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.jsonl")} == before
    lines = lines_of(tmp_path)
    assert {line.experiment for line in lines} == {"dry.r1.c2", "dry.r1.digits"}


def test_lines_of_the_dry_run_can_be_no_evidence(noise, tmp_path):
    known = {path.stem for path in (Path(reports.__file__).parent / "evidence").glob("*.jsonl")}
    for block in blocks.blocks():
        for part in block.parts:
            made = part.runs(Hour(tmp_path, noise, is_dry=True))[0] if isinstance(part, Series) else ()
            search = getattr(part, "search", None)
            made += (*dry.tiny_search(search).choice, *dry.tiny_search(search).candidates) if search else ()
            assert all(one.name.startswith("dry.") and "dry run" in one.stand_in for one in made)
            assert not {one.name for one in made} & known
    series = Series("r1.digits", recipes.find("r1.digits"), seeds=1)
    series.run(Hour(tmp_path, noise, is_dry=True))
    assert all(recipes.recipe_of(line) is None for line in lines_of(tmp_path))


def test_a_search_takes_what_was_best_and_goes_on_to_its_arms(noise, tmp_path):
    (block,) = blocks.chosen(["5b"])
    (part,) = block.parts
    hour = Hour(tmp_path, noise, is_dry=True)
    assert part.missing(hour) == 4 + 2
    part.run(hour)
    assert part.missing(hour) == 0
    tried, arms = (
        [line for line in lines_of(tmp_path) if line.experiment == name]
        for name in ("dry.r1.c6.choice.resnet", "dry.r1.c6.fine_tuned")
    )
    assert (len(tried), len(arms)) == (4, 2)
    for arm in arms:
        same = [line for line in tried if line.settings["depth"] == arm.settings["depth"]]
        best = max(same, key=lambda line: line.metrics["accuracy"])
        assert arm.settings["learning_rate"] == best.settings["learning_rate"]
        assert "test" in arm.data
    assert all("test" not in line.data for line in tried)
    # The last line is lost: its run alone is done again, with the same figures.
    target = tmp_path / "r1.c6.fine_tuned.resnet" / "results.jsonl"
    target.write_text("".join(target.read_text().splitlines(keepends=True)[:-1]))
    assert part.missing(hour) == 1
    part.run(hour)
    assert [line.metrics for line in lines_of(tmp_path) if line.experiment == arms[0].experiment] == [
        arm.metrics for arm in arms
    ]


@pytest.mark.parametrize("side", cifar10.SIDES)
def test_either_side_of_the_race_goes_on_from_its_checkpoint_with_the_same_figures(noise, tmp_path, side):
    recipe = next(one for one in cifar10.part().recipes if one.knobs["side"] == side)
    recipe = recipes.on_what_is_here(dry.tiny(recipe), noise)
    whole = recipe.run(recipe, recipes.Run(seed=0, root=noise))
    kept = tmp_path / "run.pt"

    class Stop(Exception):
        pass

    class Tracker:
        def log(self, row):
            if row["epoch"] == 2:
                raise Stop

    with pytest.raises(Stop):
        recipe.run(recipe, recipes.Run(seed=0, root=noise, checkpoint=kept, tracker=Tracker()))
    resumed = recipe.run(recipe, recipes.Run(seed=0, root=noise, checkpoint=kept))
    assert resumed.metrics.keys() == whole.metrics.keys()
    timed = {name for name in whole.metrics if name.startswith("seconds")}
    assert {n: v for n, v in resumed.metrics.items() if n not in timed} == {
        n: v for n, v in whole.metrics.items() if n not in timed
    }


def test_seconds_count_until_the_first_epoch_that_reaches_the_mark(noise, monkeypatch):
    recipe = recipes.on_what_is_here(dry.tiny(cifar10.part().recipes[1]), noise)
    rows = [(1, 0.2, 5.0), (2, 0.95, 6.0), (3, 0.93, 7.0)]
    history = cifar10.History(
        "cpu",
        "fp32",
        [{"epoch": epoch, "validation_accuracy": accuracy, "seconds": taken} for epoch, accuracy, taken in rows],
    )
    monkeypatch.setattr(cifar10, "plain_loop", lambda *args: history)
    measured = recipe.run(recipe, recipes.Run(seed=0, root=noise)).metrics
    assert (measured["seconds_to_94"], measured["epochs_to_94"]) == (11.0, 2)
    del history.rows[1]
    assert "seconds_to_94" not in recipe.run(recipe, recipes.Run(seed=0, root=noise)).metrics


def test_noise_has_every_data_set_that_a_block_needs(noise):
    needed = {images.name for block in blocks.blocks() for images in block.data}
    here = {entry.name for entry in data.available(noise) if entry.here}
    assert {name if name != "cifar10" else "cifar10_jpeg" for name in needed} <= here


KILLED = (  # block, and the file that shows that it is in the midst of its work
    ("3", "r1.c2/results.jsonl"),  # one run has its line, the next is under way
    ("4", "seconds_to_94/tracked/*/checkpoint.pt"),  # a run is half done
    ("5b", "dry.r1.c6.choice.resnet/results.jsonl"),  # a search is half done
)


@pytest.mark.weekly
@pytest.mark.exhaustive
def test_the_dry_run_of_all_blocks_has_every_line(tmp_path):
    command = [sys.executable, "-m", "resnet_labs.cli", "gpu", "--dry-run", "--runs", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=seconds(1800))
    assert done.returncode == 0, done.stdout + done.stderr
    ended = [line for line in done.stdout.splitlines() if re.search(r"\d+ lines in \d+ s, 0 are missing", line)]
    assert len(ended) == len(blocks.blocks())
    assert once_each(lines_of(tmp_path))


@pytest.mark.exhaustive
@pytest.mark.weekly
def test_killed_at_three_places_the_dry_run_goes_on_where_it_stopped(tmp_path):
    folder = tmp_path / "runs"
    command = [sys.executable, "-m", "resnet_labs.cli", "gpu", "--dry-run", "--runs", str(folder), "--blocks"]
    for name, mark in KILLED:
        child = subprocess.Popen([*command, name], cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL)
        until = time.monotonic() + seconds(120)
        while not [*folder.glob(mark)]:
            assert child.poll() is None, name
            assert time.monotonic() < until, name
            time.sleep(0.01)
        turn = subprocess.run(
            ["pgrep", "-P", str(child.pid)], capture_output=True, text=True, check=True
        ).stdout.split()
        for process in (child.pid, *map(int, turn)):
            os.kill(process, signal.SIGKILL)
        child.wait()
        kept = {path: path.read_bytes() for path in folder.rglob("results.jsonl")}
        done = subprocess.run([*command, name], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "0 are missing" in done.stdout
        assert all(path.read_bytes().startswith(content.rpartition(b"\n")[0]) for path, content in kept.items())
    assert once_each(lines_of(folder))
    assert not [*folder.rglob("checkpoint.pt")]


def test_the_command_runs_a_block_in_its_own_process_and_says_what_is_left(tmp_path, monkeypatch, capsys):
    """The block's time is up at once, so that nothing is trained here."""
    monkeypatch.setattr(blocks, "LIMIT_SECONDS", turns._GRACE + 0.2)
    assert cli.main(["gpu", "--dry-run", "--blocks", "3", "--runs", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "its lines are no evidence" in said
    assert said.count("0 lines in") == 2
    assert "it gets no other turn" in said


@pytest.mark.parametrize(("kind", "field"), [("Facts", "check"), ("Rows", "part")])
def test_what_fails_has_a_line_that_says_so_and_the_next_turn_goes_on_after_it(tmp_path, kind, field):
    from resnet_labs.bench.rows import Row
    from resnet_labs.gpu_hour import parts

    def fails(hour):
        raise RuntimeError("no compiler\nmore")

    def works(hour):
        return {"fine": 1} if kind == "Facts" else iter([Row(name="a", what="b", peer="c", ours=(1.0,), theirs=(2.0,))])

    part = getattr(parts, kind)("two", {"first": fails, "second": works})
    hour = Hour(tmp_path)
    with pytest.raises(RuntimeError):
        part.run(hour)
    assert part.missing(hour) == 1
    part.run(hour)
    assert part.missing(hour) == 0
    (target,) = tmp_path.glob("*.jsonl")
    first, second = map(json.loads, target.read_text().splitlines())
    assert (first[field], first["failed"]) == ("first", "RuntimeError: no compiler")
    assert second[field] == "second"
    assert "failed" not in second

"""Run every seed of every variant of an experiment, one after the other; finished runs are never repeated."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from tqdm import tqdm

from resnet_labs import distributed, files, lock, results, runtime, tracking
from resnet_labs.errors import InputError, Interrupted
from resnet_labs.recipes._conditions import run_once
from resnet_labs.recipes._recipe import Folder, Recipe, Run, settings
from resnet_labs.recipes._stand_ins import is_of, on_what_is_here
from resnet_labs.results import Result
from resnet_labs.train import Stopped


def reproduce_all(
    variants: Iterable[Recipe],
    folder: Path,
    *,
    seeds: int,
    root: Folder = None,
    resume: bool = False,
    track: Iterable[str] = ("csv",),
) -> Path:
    """Run every variant with every seed, all variants of a seed before the next, and return the file of results lines.

    Each run has its own folder below `folder/tracked` for its curves and, while it is unfinished, its checkpoint.

    Args:
        variants: the recipes that are compared.
        folder: the experiment's folder.
        seeds: the number of seeds, counted from 0.
        root: the folder with the data sets.
        resume: skip the runs that have a line and continue the one that was stopped; otherwise start each from scratch.
        track: where the curves go, as `tracking.tracker` takes it.

    Raises:
        InputError: as `reproduce`; a folder that is full, cannot be written or is in use by another process; or,
            without `resume`, a run that already has a line. Lines of finished runs are kept.
        Interrupted: the line of a run cannot be written. The run's checkpoint is kept.
    """
    target = folder / "results.jsonl"
    track = tracking.check_names(track)
    here = [on_what_is_here(recipe, root) for recipe in variants]
    runs = [(recipe, seed) for seed in range(seeds) for recipe in here]
    done = _finished(target, runs, resume)
    with nullcontext() if all(done) else _alone(folder):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the call above has warned of broken lines
            done = _finished(target, runs, resume)  # another process may have added lines until now
        _run_all(runs, done, folder, target, root=root, resume=resume, track=track)
    return target


def missing(variants: Iterable[Recipe], folder: Path, *, seeds: int, root: Folder = None) -> int:
    """Return how many runs `reproduce_all` would still do with these arguments and `resume`."""
    runs = [(on_what_is_here(recipe, root), seed) for seed in range(seeds) for recipe in variants]
    return _finished(folder / "results.jsonl", runs, resume=True).count(False)


def _run_all(
    runs: list[tuple[Recipe, int]],
    done: list[bool],
    folder: Path,
    target: Path,
    *,
    root: Folder,
    resume: bool,
    track: list[str],
) -> None:
    writer = distributed.is_writer()
    started, finished = time.perf_counter(), 0
    hidden = None if writer else True
    with tqdm(total=len(runs), initial=sum(done), desc=folder.name, unit="run", disable=hidden) as bar:

        def say(text: str) -> None:
            if writer:
                bar.write(text)

        for (recipe, seed), is_done in zip(runs, done, strict=True):
            own = folder / "tracked" / _folder_name(recipe, seed)
            if writer and (is_done or not resume):  # left by a run that ended just after its line, or that stopped
                _discard_checkpoints(own)
            if is_done:
                say(f"{recipe.name}, seed {seed}: done before")
                continue
            knobs = settings(recipe)
            with tracking.tracker(track, own, settings={"experiment": recipe.name, "seed": seed, **knobs}) as view:
                say(f"{recipe.name}, seed {seed}: {_readable(knobs)}")
                try:
                    line = run_once(recipe, Run(seed=seed, root=root, checkpoint=own / "checkpoint.pt", tracker=view))
                except Stopped as stopped:
                    stopped.tell("With --resume the command goes on from it.")
                    raise
            if writer:
                _keep(line, target, own)
            finished += 1
            left = sum(not one for one in done) - finished
            shown = ", ".join(f"{name.replace('_', ' ')} {line.metrics[name]:.4f}" for name in recipe.shows)
            seconds = (time.perf_counter() - started) / finished * left
            say(f"  {shown} after {line.seconds:.0f} s" + (f"; {left} more to run, {_about(seconds)}" if left else ""))
            bar.update()


def _finished(target: Path, runs: list[tuple[Recipe, int]], resume: bool) -> list[bool]:
    """Return which runs have a line; without `resume` none may have one, since its run would be repeated."""
    reads = distributed.is_writer() and target.is_file()
    lines = distributed.from_writer(results.read(target) if reads else [])
    done = [any(_is_of(line, recipe, seed) for line in lines) for recipe, seed in runs]
    if any(done) and not resume:
        recipe, seed = runs[done.index(True)]
        raise InputError(
            f"{str(target)!r} already has a line of {recipe.name} with seed {seed} and the same settings.",
            "Add --resume to run only what is missing, or give another folder with --runs to run it again.",
        )
    return done


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Check that the folder can be written; reserve it for this run, or for all processes that train together."""
    if not distributed.is_writer():
        yield
        return
    try:
        files.check_room(folder, files.MEBIBYTE)  # lines and curves; `fit` checks the room for its checkpoints
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise files.unwritable(f"The folder {str(folder)!r}", error) from error
    with lock.alone(folder):
        yield


def _keep(line: Result, target: Path, own: Path) -> None:
    """Append a run's line, then delete its checkpoint."""
    try:
        results.append(target, line)
    except InputError as error:
        problem = f"{error.problem[:-1]}, so the line of {line.experiment} with seed {line.seed} is missing."
        fix = f"Free some space, then add --resume: it goes on from the checkpoint in {str(own)!r} and writes the line."
        raise Interrupted(problem, fix) from error
    _discard_checkpoints(own)


def _discard_checkpoints(own: Path) -> None:
    for file in own.glob("checkpoint*"):
        file.unlink(missing_ok=True)


def _readable(knobs: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in knobs.items() if value is not None)


def _is_of(line: Result, recipe: Recipe, seed: int) -> bool:
    """Return whether the line is of that run, with the data set and the number format it would have here."""
    precision = runtime.choose_precision(recipe.config.precision, runtime.default_device())
    here = line.seed, line.data.get("name"), line.precision
    return is_of(line, recipe) and here == (seed, recipe.dataset, precision)


def _folder_name(recipe: Recipe, seed: int) -> str:
    """Return a name that differs from those of all runs with other settings or data."""
    what = json.dumps([settings(recipe), recipe.dataset], sort_keys=True)
    return f"{recipe.name}-{hashlib.sha256(what.encode()).hexdigest()[:8]}-seed{seed}"


def _about(seconds: float) -> str:
    return f"about {seconds / 60:.0f} min" if seconds >= 90 else f"about {seconds:.0f} s"

"""Every seed of every variant of an experiment, one after the other; what is finished is never repeated."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from resnet_labs import checkpoint, distributed, files, results, runtime
from resnet_labs.recipes._conditions import run_once
from resnet_labs.recipes._recipe import Folder, Recipe, Run, settings
from resnet_labs.recipes._stand_ins import is_of, on_what_is_here
from resnet_labs.results import Result
from resnet_labs.tracking import tracker


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

    Each run has a folder of its own below `folder/tracked`: its curves, and its checkpoint while it is unfinished.

    Args:
        variants: the recipes that are compared.
        folder: of the experiment.
        seeds: how many, from 0.
        root: the folder with the data sets.
        resume: leave out the runs that have a line, go on with the one that was stopped; else begin each anew.
        track: where the curves go, as `tracking.tracker` takes it.

    Raises:
        InputError: as `reproduce`, or a folder that cannot be written; lines of finished runs stay.
    """
    target = folder / "results.jsonl"
    lines = distributed.from_writer(results.read(target) if target.is_file() else [])
    here = [on_what_is_here(recipe, root) for recipe in variants]
    runs = [(recipe, seed) for seed in range(seeds) for recipe in here]
    done = [resume and any(_is_of(line, recipe, seed) for line in lines) for recipe, seed in runs]
    writer = distributed.is_writer()
    if writer and not all(done):
        _check_writable(folder)
    started, finished = time.perf_counter(), 0
    hidden = None if writer else True
    with tqdm(total=len(runs), initial=sum(done), desc=folder.name, unit="run", disable=hidden) as bar:

        def say(text: str) -> None:
            if writer:
                bar.write(text)

        for (recipe, seed), is_done in zip(runs, done, strict=True):
            if is_done:
                say(f"{recipe.name}, seed {seed}: done before")
                continue
            own = folder / "tracked" / _folder_name(recipe, seed)
            if not resume and writer:
                checkpoint.discard(own / "checkpoint.pt")
            with tracker(track, own, settings={"experiment": recipe.name, "seed": seed, **settings(recipe)}) as view:
                say(f"{recipe.name}, seed {seed}: {_readable(settings(recipe))}")
                line = run_once(recipe, Run(seed=seed, root=root, checkpoint=own / "checkpoint.pt", tracker=view))
            if writer:
                checkpoint.discard(own / "checkpoint.pt")
                results.append(target, line)
            finished += 1
            left = sum(not one for one in done) - finished
            shown = ", ".join(f"{name.replace('_', ' ')} {line.metrics[name]:.4f}" for name in recipe.shows)
            seconds = (time.perf_counter() - started) / finished * left
            say(f"  {shown} after {line.seconds:.0f} s" + (f"; {left} more to run, {_about(seconds)}" if left else ""))
            bar.update()
    return target


def _check_writable(folder: Path) -> None:
    """Find out whether files could be written there, and leave nothing behind."""
    try:
        nearest = next(place for place in (folder, *folder.parents) if place.exists())
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise files.unwritable(f"The folder {str(folder)!r}", error) from error


def _readable(knobs: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in knobs.items() if value is not None)


def _is_of(line: Result, recipe: Recipe, seed: int) -> bool:
    """Return whether the line is of that run, with the data set and the number format that it would have here."""
    precision = runtime.choose_precision(recipe.config.precision, runtime.default_device())
    here = line.seed, line.data.get("name"), line.precision
    return is_of(line, recipe) and here == (seed, recipe.dataset, precision)


def _folder_name(recipe: Recipe, seed: int) -> str:
    """Return a name that no run with other settings or data has."""
    what = json.dumps([settings(recipe), recipe.dataset], sort_keys=True)
    return f"{recipe.name}-{hashlib.sha256(what.encode()).hexdigest()[:8]}-seed{seed}"


def _about(seconds: float) -> str:
    return f"about {seconds / 60:.0f} min" if seconds >= 90 else f"about {seconds:.0f} s"

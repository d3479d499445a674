"""The subcommands `grade`, `release` and `receipt` of `resnet-labs`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from resnet_labs import labs
from resnet_labs.arguments import DONE, FAILED, count
from resnet_labs.errors import InputError

_RELEASE = """\
write a lab's student copy, and the private bundle that grades it.

FOLDER/public is for students: the notebook without answers, a manifest of exercises and points, and a workflow with
which a student's repository checks itself. FOLDER/private is for teachers only: the bundle, with the hidden checks'
inputs and right results in eight variants; the course's secret, from which they are drawn; and the workflow that
grades. Keep it: with another secret the inputs are others too."""


def add(command: Callable[..., Any]) -> None:
    """Add the subcommands.

    Args:
        command: the function of the command's parser that makes one, from name, function and description.
    """
    made = command("release", _release, "a lab's student copy, and the private bundle that grades it")
    made.description, made.formatter_class = _RELEASE, argparse.RawDescriptionHelpFormatter
    made.add_argument("--lab", required=True, help="its number or name, such as 02 or digits; or all")
    made.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where public and private go")
    made = command("receipt", _receipt, "pack a notebook's answers and check results into one file to hand in")
    made.add_argument("notebook", type=Path, help="the lab's notebook with your answers")
    made = command("grade", _grade, "a folder of submissions, or an LMS's zip, to a gradebook")
    made.add_argument("submissions", type=Path, help="a folder with <student>.ipynb or <student>/*.ipynb, or a zip")
    made.add_argument("--lab", required=True, help="its number or name, such as 02 or digits")
    made.add_argument("--bundle", type=Path, required=True, help="the private file of the release")
    made.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where gradebook and results go")
    made.add_argument("-j", "--jobs", type=count, default=1, help="how many submissions at a time (default 1)")
    made.add_argument("--backend", choices=("loky", "dask"), default="loky", help="what runs them (default loky)")
    made.add_argument("--scheduler", metavar="ADDRESS", help="of a dask scheduler, for several machines")
    made.add_argument("--resume", action="store_true", help="keep results whose submission and bundle are the same")
    made.add_argument("--attempt", type=count, default=1, metavar="N", help="2 for a second hand-in: other inputs")
    made.add_argument("--trusted", action="store_true", help="no sandbox: only for notebooks that you wrote yourself")
    made.add_argument(
        "--cell-seconds",
        type=count,
        default=30,
        metavar="S",
        help="for one cell, and ten times as many for a submission (default 30)",
    )


def sandbox_state() -> tuple[bool, str, str]:
    """Return what `doctor` says about the sandbox for students' code: whether there is one, which, and the fix."""
    if sys.platform != "linux":
        return False, f"none on {sys.platform}, so `grade` refuses students' code", "Grade on Linux."
    from resnet_labs.grading import sandbox

    tier, fix = sandbox.detect()
    seen = "none, so `grade` refuses students' code" if tier is None else f"{tier.name}. {fix}".rstrip(". ")
    return tier is not None, seen, fix


def _release(options: argparse.Namespace) -> int:
    _check_machine("loky")
    from resnet_labs.grading import probe, release

    for name in probe.labs() if options.lab == "all" else [options.lab]:
        lab = labs.find(name)
        for path in release.release(lab, options.out, ask=_ask):
            print(path, flush=True)
    return DONE


def _ask(notebook: dict[str, Any], withheld: tuple[str, ...]) -> list[dict[str, Any]]:
    from resnet_labs.grading import execute, sandbox

    return execute.observe(notebook, withheld, limits=sandbox.Limits(cell_seconds=600, total_seconds=3600))


def _receipt(options: argparse.Namespace) -> int:
    from resnet_labs.grading import receipt

    print(f"{receipt.make(options.notebook)}: hand in this file. The grade comes from running your answers again.")
    return DONE


def _check_machine(backend: str) -> None:
    if sys.platform != "linux":
        raise InputError("Grading needs Linux.", "Use a machine, a virtual machine or a container with Linux.")
    needed = ["nbval", "pytest", "joblib", *(["distributed"] if backend == "dask" else [])]
    if missing := [name for name in needed if find_spec(name) is None]:
        raise InputError(f"Grading needs {', '.join(missing)}.", 'Run `pip install "resnet-labs[grading]"`.')


def _grade(options: argparse.Namespace) -> int:
    _check_machine(options.backend)
    from resnet_labs.grading import batch, bundle, outputs, sandbox, submissions

    if options.scheduler is not None and options.backend != "dask":
        raise InputError("--scheduler has no effect without dask.", "Add `--backend dask`.")
    lab = labs.find(options.lab)
    private = replace(bundle.read(options.bundle), attempt=options.attempt)
    if private.lab != lab.number:
        raise InputError(f"The bundle is of lab {private.lab}, not {lab.number}.", "Give that lab's own.")
    tier = sandbox.TRUSTED if options.trusted else sandbox.chosen()
    found = submissions.find(options.submissions)
    print(f"{len(found)} submissions, lab {lab.number}, {tier.name}", flush=True)
    before = {each.student: batch.read(options.out / "results", each.student) for each in found}
    results = batch.grade(
        found,
        private,
        options.out,
        tier=tier,
        limits=sandbox.Limits(cell_seconds=options.cell_seconds, total_seconds=10 * options.cell_seconds),
        jobs=options.jobs,
        backend=options.backend,
        scheduler=options.scheduler,
        resume=options.resume,
        say=lambda one: print(outputs.line(one), flush=True),
    )
    print(outputs.write(results, before, private, options.out))
    return FAILED if any(one["status"] == "grader error" for one in results) else DONE

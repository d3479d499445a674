"""The command `resnet-labs gpu`. What it needs is looked at before anything heavy is imported."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from resnet_labs import files
from resnet_labs.arguments import DONE, FAILED
from resnet_labs.errors import InputError
from resnet_labs.gpu_hour import needs


def add(command: Callable[..., Any], located: argparse.ArgumentParser) -> None:
    """Add the subcommand.

    Args:
        command: the function of the command's parser that makes one, from name, function, description and parents.
        located: the parser of --data-root.
    """
    text = "a GPU that is at hand for minutes: tests, benchmarks and experiments in blocks"
    made = command("gpu", call, text, located)
    made.add_argument("--blocks", nargs="+", metavar="BLOCK", help="which blocks, such as 1 2 5a (default all)")
    made.add_argument("--packed", type=Path, nargs="+", default=[], metavar="FILE", help="packs to unpack first")
    made.add_argument("--runs", type=Path, help="where results go (default runs/gpu)")
    made.add_argument("--dry-run", action="store_true", help="all blocks on a CPU at a tiny size, on noise")
    made.add_argument(
        "--evidence", action="store_true", help="only append the lines to the evidence, and name verdicts that change"
    )
    made.add_argument("--plan", action="store_true", help="only print the estimated minutes of each part")


def call(options: argparse.Namespace) -> int:
    """Run the subcommand; return 0, or 1 if a part has no line yet."""
    if options.plan:
        plan(options.blocks)
        return DONE
    folder = options.runs or Path("runs", "gpu_dry_run" if options.dry_run else "gpu")
    if options.evidence:
        from resnet_labs.gpu_hour import evidence

        evidence.keep(folder, say=print)
        return DONE
    if options.dry_run and (options.packed or options.data_root is not None):
        raise InputError("--dry-run makes its own images.", "Leave --packed and --data-root out.")
    whole = run(options.blocks, folder=folder, root=options.data_root, packs=options.packed, is_dry=options.dry_run)
    print(f"lines: {files.short(folder)}")
    return DONE if whole else FAILED


def plan(names: list[str] | None) -> None:
    """Print the estimated minutes of each part."""
    _demand(needs.packages())
    from resnet_labs.gpu_hour import blocks
    from resnet_labs.gpu_hour import plan as estimates

    print(estimates.table(blocks.chosen(names)))


def run(names: list[str] | None, *, folder: Path, root: Path | None, packs: list[Path], is_dry: bool) -> bool:
    """Check what is needed, then give the blocks their turns; return whether every line is there.

    Args:
        names: of the blocks, None for all.
        folder: where the lines go.
        root: the folder with the data sets.
        packs: files of `resnet-labs data --pack`, which are unpacked first.
        is_dry: whether this is the dry run, which takes no GPU and no data.

    Raises:
        InputError: something is missing. All of it is printed, with what to do about each; nothing was installed.
    """
    found, about = needs.packages(), ""
    _demand([*found, *(needs.disk(folder) if found else [])])  # without them nothing else can be looked at
    if not is_dry:
        found, about = needs.device()
    found += needs.disk(folder)
    if is_dry:
        _demand(found)
    from resnet_labs.gpu_hour import blocks, dry, trips, turns
    from resnet_labs.gpu_hour.parts import Hour

    chosen = blocks.chosen(names)
    if is_dry:
        root = dry.unpack_noise(folder)
    elif not any(need.required for need in found):
        root = trips.unpack(packs, folder, root)
    elif packs:
        _demand(found)  # what is in the packs would look as if it were missing
    found += [] if is_dry else [need for block in chosen for need in trips.needs_of(block, root)]
    _demand(found)
    for need in (*found, *needs.optional()):
        print(need)
    print(about or "the dry run: noise in place of images, on the CPU; its lines are no evidence", flush=True)
    limit = blocks.LIMIT_SECONDS
    return turns.run_all(chosen, Hour(folder, root, is_dry), limit=limit, say=lambda text: print(text, flush=True))


def _demand(found: list[needs.Need]) -> None:
    """Print what is missing and raise, if anything is that is required."""
    lacking = [need for need in found if need.required]
    if not lacking:
        return
    for need in found:
        print(need)
    count = "One thing is" if len(lacking) == 1 else f"{len(lacking)} things are"
    raise InputError(f"{count} missing, so nothing was started.", "Each line above says what to do.")

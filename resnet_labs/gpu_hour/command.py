"""The command `resnet-labs gpu`. What it needs is looked at before anything heavy is imported."""

from __future__ import annotations

from pathlib import Path

from resnet_labs.errors import InputError
from resnet_labs.gpu_hour import needs


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

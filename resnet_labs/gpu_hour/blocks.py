"""The blocks in their order, the most valuable first, with their parts and the data sets that they need."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_labs import recipes
from resnet_labs.errors import InputError, nearest
from resnet_labs.gpu_hour import checks, cifar10, speed
from resnet_labs.gpu_hour.parts import Hour, Part, Searched, Series

LIMIT_SECONDS = 240.0  # for one turn of a block


@dataclass(frozen=True)
class Images:
    """A data set that a block needs, and how many images of each split a trip carries; None for all."""

    name: str
    train: int | None = None
    test: int | None = None


@dataclass(frozen=True, eq=False)
class Block:
    """One block.

    Attributes:
        name: by which it is chosen.
        title: what it does.
        parts: in the order in which they run.
        data: what it needs. The sets of one block fit into one pack.
    """

    name: str
    title: str
    parts: tuple[Part, ...]
    data: tuple[Images, ...] = ()

    def missing(self, hour: Hour) -> int:
        """Return how many lines are missing."""
        return sum(part.missing(hour) for part in self.parts)

    def run(self, hour: Hour) -> None:
        """Write the missing lines, one after another."""
        for part in self.parts:
            part.run(hour)


_OTHER_CLASSES = Images("tiny_imagenet_last_100", train=18_000)


def _search(name: str) -> Searched:
    return Searched(name, recipes.SEARCHES[name], seeds=3)


def blocks() -> tuple[Block, ...]:
    """Return all blocks."""
    return (
        Block("1", "tests, numbers, number formats and memory on this GPU", (checks.part(),)),
        Block("2", "training steps against torchvision and timm; no host synchronisation", speed.parts()),
        Block(
            "3",
            "MNIST at 8 and 28 pixels, five seeds (r1.c2, r1.c3)",
            (
                Series("r1.c2", recipes.find("r1.c2.8_pixels"), seeds=5),
                Series("r1.digits", recipes.find("r1.digits"), seeds=5),
            ),
            (Images("mnist"),),
        ),
        Block("4", "CIFAR-10 from scratch: seconds to 94 %, five seeds", (cifar10.part(),), (Images("cifar10"),)),
        Block(
            "5a",
            "a ResNet-50 pretrained on Tiny ImageNet, r0's table on CIFAR-10, live against cached on flowers",
            (
                _search("r0.transfer_table.resnet50"),
                Series("r3.c5.views", recipes.find("r3.c5.views.resnet50"), seeds=3),
            ),
            (_OTHER_CLASSES, Images("cifar10"), Images("flowers")),
        ),
        Block(
            "5b",
            "two depths fine-tuned on cats and dogs (r1.c6)",
            (_search("r1.c6.fine_tuned.resnet"),),
            (_OTHER_CLASSES, Images("cats_vs_dogs", train=1_400, test=1_000)),
        ),
        Block(
            "6",
            "three losses with margins searched (r4), an ablation with a rate for each batch (r2)",
            (_search("r4.c3.searched.resnet18"), _search("r2.c3.ablation.searched")),
            (_OTHER_CLASSES, Images("tiny_imagenet_100", train=4_000), Images("tiny_imagenet_10")),
        ),
    )


def chosen(names: list[str] | None) -> tuple[Block, ...]:
    """Return the blocks of these names, in the blocks' own order; 5 means 5a and 5b, None all.

    Raises:
        InputError: there is no such block.
    """
    every = blocks()
    if names is None:
        return every
    known = {block.name for block in every} | {block.name.rstrip("ab") for block in every}
    for name in names:
        if name not in known:
            raise InputError(f"There is no block {name!r}.", nearest(name, sorted(known)))
    return tuple(block for block in every if {block.name, block.name.rstrip("ab")} & {*names})

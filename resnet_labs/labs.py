"""The labs: what they ask, what they need and where their notebooks are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

from resnet_labs.errors import InputError, nearest


@dataclass(frozen=True)
class Work:
    """How much a lab computes, counted in training steps of one network, from which `lab_time` works out the time.

    Attributes:
        network: one of `lab_time.NETWORKS`.
        pixels: height and width of the images.
        batch_size: images per step.
        steps: how many steps take as long as the lab, less `lab_time.OTHER_SECONDS`.
        steps_on_cpu: the same, if the lab does less on a CPU.
        precision: the number format, as for `TrainConfig`.
    """

    network: str
    pixels: int
    batch_size: int
    steps: float
    steps_on_cpu: float | None = None
    precision: str = "fp32"


@dataclass(frozen=True)
class Lab:
    """One lab.

    Attributes:
        number: two digits.
        slug: the name that `resnet-labs run` takes.
        question: what it asks.
        reports: the reports that it answers.
        fast_data: what it runs on everywhere.
        report_data: what the report's own experiment needs, a name of `resnet-labs data`; the same as `fast_data` for a
            lab that trains nothing and has one mode only.
        report_stand_in: the data set used instead if only that is here; empty for none.
        report_weights: the networks whose ImageNet weights the report's experiment needs.
        minutes: promised minutes in fast mode on two cores with AVX2; None if not measured yet.
        fast_work: what fast mode computes, as counted by `resnet_labs.labkit.timings`.
        report_work: what the report's experiment computes, counted from epochs, images and seeds.
    """

    number: str
    slug: str
    question: str
    reports: str
    fast_data: str
    report_data: str
    report_stand_in: str = ""
    report_weights: tuple[str, ...] = ()
    minutes: float | None = None
    fast_work: Work | None = None
    report_work: Work | None = None

    @property
    def stem(self) -> str:
        """The name of its files, such as `lab02_digits`."""
        return f"lab{self.number}_{self.slug}"

    @property
    def notebook(self) -> Path | None:
        """The solution notebook, None for a lab that is not written yet."""
        package = Path(__file__).parent
        for folder in (package / "_solutions", package.parent / "labs" / "solutions"):
            if (folder / f"{self.stem}.ipynb").is_file():
                return folder / f"{self.stem}.ipynb"
        return None


# Steps of report mode: three passes without training count as one step, and a network of another depth counts by its
# multiply-adds.
LABS = (
    Lab(
        "01",
        "residual_blocks",
        "Why do deeper plain networks train worse, and what does the shortcut change?",
        "r0, r3, r4",
        "digits",
        "cifar10",
        minutes=1,
        fast_work=Work("ResNet-20", 8, 128, 860),
        # 8, 20, 32, 56 layers are six times 20; two kinds, 3 seeds, 20 epochs of 391 steps.
        report_work=Work("ResNet-20", 32, 128, 285_000, precision="auto"),
    ),
    Lab(
        "02",
        "digits",
        "What has to change in a ResNet-18 before it can read digits?",
        "r1",
        "digits",
        "mnist",
        minutes=1,
        fast_work=Work("ResNet-18", 8, 128, 780),
        # 3 seeds, 10 epochs of 469 steps, one epoch of "Break it", the test images before and after.
        report_work=Work("ResNet-18", 28, 128, 14_700, precision="auto"),
    ),
    Lab(
        "03",
        "cats_vs_dogs",
        "Does depth hurt?",
        "r1",
        "procedural",
        "cats_vs_dogs",
        report_weights=("resnet18", "resnet50"),
        minutes=1,
        fast_work=Work("ResNet-20", 32, 32, 440),
        # ResNet-18 is 0.45 of ResNet-50; 3 seeds, 3 epochs of 625 steps, 5,000 test images before and after.
        report_work=Work("ResNet-50", 224, 32, 8_600, precision="auto"),
    ),
    Lab(
        "04",
        "flowers",
        "What does a frozen ResNet-152 know about flowers?",
        "r3",
        "procedural",
        "flowers",
        report_weights=("resnet152",),
        minutes=1,
        fast_work=Work("ResNet-8", 24, 64, 1000),
        # Forward passes over 4,317 images: 3 seeds x 50, 6 for the cache, 2 x 10 of "Break it"; on a CPU 3 + 6 + 2.
        report_work=Work("ResNet-152", 224, 64, 4_000, steps_on_cpu=250),
    ),
    Lab(
        "05",
        "transfer",
        "How much of a pretrained network must be retrained for new classes?",
        "r0",
        "procedural",
        "cifar10",
        report_weights=("resnet152",),
        minutes=1.5,
        fast_work=Work("ResNet-8", 24, 32, 2100),
        # 10 epochs of 1,000 and 45,000 images; the last block is 0.36, two stages 0.87 of a step; 15,000 evaluated.
        report_work=Work("ResNet-152", 224, 128, 8_600, precision="auto"),
    ),
    Lab(
        "06",
        "recipe",
        "What took CIFAR-100 from about 1 % to about 48 %?",
        "r2",
        "procedural",
        "cifar100",
        report_weights=("resnet18", "resnet152"),
        minutes=1.5,
        fast_work=Work("ResNet-8", 16, 64, 2500),
        # Model 2: 30 epochs of 766 steps. Model 3: 11,500 steps, each longer, and AutoAugment image by image. Model 1:
        # 30,600 steps of 8 images.
        report_work=Work("ResNet-34 with a small stem", 32, 64, 60_000),
    ),
    Lab(
        "07",
        "losses",
        "Which loss separates classes best from random weights?",
        "r4",
        "digits",
        "stl10",
        report_stand_in="tiny_imagenet_10",
        minutes=1,
        fast_work=Work("ResNet-8", 8, 50, 3100),
        # 25 trainings: 10 epochs of 100 steps, each with an evaluation on 8,000 images.
        report_work=Work("ResNet-18", 96, 50, 40_500, precision="auto"),
    ),
    Lab(
        "08",
        "layerwise_pretraining",
        "Does greedy pretraining help an MLP?",
        "r4",
        "digits",
        "stl10",
        report_stand_in="tiny_imagenet_10",
        minutes=1.5,
        fast_work=Work("an MLP with a first layer of 128", 8, 50, 20_000),
        # 48,000 steps of classifiers, 20,000 of every layer that is pretrained, 12,000 of the convolutions.
        report_work=Work("an MLP with a first layer of 1024", 96, 50, 150_000, precision="auto"),
    ),
    Lab(
        "09",
        "reading_reports",
        "Can these figures be true together?",
        "all",
        "the reports",
        "the reports",
        minutes=0.5,
    ),
)


def find(name: str) -> Lab:
    """Return a lab by number or slug.

    Raises:
        InputError: there is no such lab.

    Example:
        >>> find("2").slug, find("digits").number, find("lab02_digits").number
        ('digits', '02', '02')
    """
    wanted = name.removeprefix("lab").removesuffix(".ipynb")
    for lab in LABS:
        if wanted in (lab.number, lab.number.lstrip("0"), lab.slug, f"{lab.number}_{lab.slug}"):
            return lab
    raise InputError(f"There is no lab {name!r}.", nearest(name, [lab.slug for lab in LABS]))


def as_text(columns: int) -> str:
    """Return the labs as a table, or as short lines if a line holds fewer than 100 characters."""
    note = "Minutes are for two cores with AVX2; every lab says at its start how long it takes on your machine."
    if columns >= 100:
        lines = [f"{'lab':25}{'report':12}{'minutes, fast mode':20}{'data fast/report':24}"]
        for lab in LABS:
            state = f"{lab.minutes:g}" if lab.notebook else "not written yet"
            lines.append(f"{lab.number} {lab.slug:22}{lab.reports:12}{state:20}{lab.fast_data}/{lab.report_data}")
            lines.append(f"   {lab.question}")
        return "\n".join([*lines, note])
    lines = []
    for lab in LABS:
        state = f"{lab.minutes:g} min in fast mode" if lab.notebook else "not written yet"
        lines.append(f"{lab.number} {lab.slug}")
        facts = (f"{lab.reports}; {state}", f"data {lab.fast_data}/{lab.report_data}", lab.question)
        for fact in facts:
            lines += wrap(fact, max(columns, 20), initial_indent="   ", subsequent_indent="   ", break_on_hyphens=False)
    return "\n".join([*lines, *wrap(note, max(columns, 20))])

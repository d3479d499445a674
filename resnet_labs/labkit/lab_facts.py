"""What pages say about each lab: how long it takes a learner, and what it found."""

from __future__ import annotations

import math
import re
from pathlib import Path

from resnet_labs import reports
from resnet_labs.labkit._source import Source, read_source
from resnet_labs.labkit.quoted import quoted
from resnet_labs.labs import Lab
from resnet_labs.reports.findings import Lines

_WORDS_PER_MINUTE = 100  # of prose that is worked through: an estimate, nobody was timed
_STATED = re.compile(r"About (\d+) minutes\.")

# What a lab found, in one sentence or two; figures and verdicts are quotations.
_FOUND = {
    "01": "On 8x8 digits, a stand-in for CIFAR-10, a plain network of 56 layers is wrong on "
    "{{r0.c1.digits depth=56 residual=false: train_error as %.0}} of the training images in its tenth epoch, one with "
    "shortcuts on {{r0.c1.digits depth=56 residual=true: train_error as %}}. "
    "That vanishing gradients explain it is {{r0.c9: verdict}}: before training, with batch norm, they do not vanish.",
    "02": "On MNIST our network reads {{r1.digits data=mnist: accuracy as %.2}} of the digits right, the report's "
    "{{r1: digits.accuracy_after_training as %.2}}; even images shrunk to 8 pixels give {{r1.c2: accuracy as %.2}}.",
    "03": "The two depths differ by 3 of 7,500 images, which chance alone can give: "
    "that this proves that depth hurts is {{r1.c7: verdict}}.",
    "04": "With a small frozen network, a stand-in for ResNet-152, features computed once from one view of each flower "
    "give {{r3.c5.views views=1: accuracy as %}}, a new view in every epoch "
    '{{r3.c5.views views="a new one in every epoch": accuracy as %}}, which does not tell which is better; the cache '
    'takes {{r3.c5.views views=1 over r3.c5.views views="a new one in every epoch": seconds as %.0}} of the time.',
    "05": "On stand-ins, lossy copies of CIFAR-10 and a small network in place of ResNet-152, pretrained features beat "
    "random ones by "
    "{{r0.transfer_table.linear_probe_pretrained data=cifar10_jpeg less "
    "r0.transfer_table.linear_probe_random data=cifar10_jpeg: accuracy as points.0}} points under a linear probe. "
    "That everything beats the last block, and that the head alone, is {{r0.c7: verdict}}.",
    "06": "One ingredient at a time, on stand-ins for data and network: with all differences judged together, only "
    "pretraining is shown to matter: the third model has {{r2.model_3: accuracy as %}} with it and "
    '{{r2.c3.ablation arm="without pretraining": accuracy as %}} without it. '
    "That mixup and AutoAugment help is {{r2.c4: verdict}}: judged alone, they made this small network worse.",
    "07": "With settings searched for each loss, on stand-ins for the report's photographs, cross-entropy and hard "
    "triplets reach "
    '{{r4.c3.searched.digits arm="cross-entropy": accuracy as %.0}} and '
    '{{r4.c3.searched.digits arm="hard triplets": accuracy as %.0}} on digits, '
    '{{r4.c3.searched.photographs arm="cross-entropy": accuracy as %.0}} and '
    '{{r4.c3.searched.photographs arm="hard triplets": accuracy as %.0}} on small photographs. '
    "That triplets win is {{r4.c3: verdict}}.",
    "08": "A ReLU after the last layer can silence classes: on 8x8 digits, a stand-in for STL-10, the network gets "
    "{{r4.c9.digits: as_reported as %.0}} right with it and {{r4.c9.digits: without_relu as %.0}} without it.",
    "09": "From what the reports print alone, {{claims: inconsistent_with_itself}} claims contradict their own report.",
}


def found(lab: Lab, lines: Lines = reports.evidence) -> str:
    """Return what a lab found, with its figures; empty for a lab that has no such sentence yet."""
    return re.sub(r"\{\{(.*?)\}\}", lambda quotation: quoted(quotation[1], lines), _FOUND.get(lab.number, ""))


def work_minutes(lab: Lab, root: Path) -> int | None:
    """Return how many minutes a learner works: the exercises' own estimates, and reading the rest; None if unwritten.

    Args:
        lab: one of `labs.LABS`.
        root: the repository.
    """
    source = root / "labs" / "solutions" / f"{lab.stem}.py"
    if not source.is_file():
        return None
    return minutes_of(read_source(source))


def minutes_of(source: Source) -> int:
    """Return the same for a lab's source."""
    cells = [cell for cell in source.cells if cell.kind == "markdown" and "solution" not in cell.tags]
    prose = " ".join(cell.text for cell in cells)
    read = len(re.sub(r"<[^>]*>|\{\{.*?\}\}", " ", prose, flags=re.DOTALL).split()) / _WORDS_PER_MINUTE
    written = sum(int(minutes) for minutes in _STATED.findall(prose))
    return 5 * math.ceil((read + written) / 5)

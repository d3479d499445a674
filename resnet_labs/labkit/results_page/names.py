"""Names of experiments, which are the page's headings; the ids are their anchors."""

from __future__ import annotations

import re

from resnet_labs.labkit.results_page.text import escaped, sentence
from resnet_labs.reports import claim, load_report
from resnet_labs.reports.compared import plain

_NAMES = {
    "r0.frozen_head": "A new head on a frozen ResNet-152",
    "r0.transfer_table": "Transfer in four ways",
    "r0.feature_maps": "Feature maps of three stages",
    "r1.digits": "A ResNet-18 reads digits",
    "r1.pets": "Cats against dogs with two depths",
    "r2.model": "Three models on CIFAR-100",
    "r2.model_1": "CIFAR-100, the first model",
    "r2.model_2": "CIFAR-100, the second model",
    "r2.model_3": "CIFAR-100, the third model",
    "r2.tracking": "The tracked runs",
    "r2.submission": "The submission",
    "r3.flowers": "Five flower classes with a frozen ResNet-152",
    "r4.losses": "Three losses",
    "r4.layerwise": "Layer-wise pretraining of an MLP",
}
_SHORT = {  # claims whose text is long for a heading
    "r1.c6": "ResNet-50 against ResNet-18",
    "r2.c1": "What kept the first model low",
    "r2.c3": "One ingredient added or removed",
    "r3.c4": "Forgetting at a small rate",
    "r3.c5": "Augmentation behind a frozen backbone",
    "r4.c2": "Cross-entropy after one epoch",
    "r4.c7": "Pretraining with few labels",
    "r4.c8": "What an MLP and convolutions make of pixels",
    "r4.c9": "The cause of the low accuracy",
}


def name(experiment: str) -> str:
    """Return the name of an experiment such as `r4.c9.digits`, as escaped text."""
    report, part, *rest = experiment.split(".")
    base = f"{report}.{part}"
    claims = [each["id"] for each in load_report(report)["claims"]]
    if base in _NAMES or base in _SHORT:
        said = {**_NAMES, **_SHORT}[base]
    else:
        said = claim(base) if base in claims else plain(part)
    said = re.sub(r" \(.*?\)", "", said)
    words = ["search of its settings" if each == "choice" else plain(each) for each in rest]
    return escaped(sentence(": ".join([said, *words])))


def is_search(experiment: str) -> bool:
    """Return whether an experiment is a search of the settings of another."""
    return "choice" in experiment.split(".")


def short(experiment: str) -> str:
    """Return the last word of an experiment's id, such as "last block", as escaped text."""
    return escaped(plain(experiment.split(".")[-1]))


def anchor(experiment: str) -> str:
    """Return the Markdown target of an experiment."""
    return f"({escaped(experiment)})=\n"

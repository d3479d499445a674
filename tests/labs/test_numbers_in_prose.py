"""Every measured number in the labs' prose and the pages comes from a line: none is typed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from helpers.bare_numbers import bare_numbers
from helpers.places import ROOT, SOLUTIONS

from resnet_labs.labkit._source import read_source
from resnet_labs.labs import LABS
from resnet_labs.reports import REPORTS, load_report

SOURCES = sorted(SOLUTIONS.glob("lab*.py"))
PAGES = [
    path
    for path in (ROOT / "README.md", *sorted((ROOT / "book").glob("*.md")))
    if "<!-- Generated from" not in path.read_text(encoding="utf-8")
]

# What is typed, and why it is no measurement: definitions, settings of the knobs cell, sizes of data sets, arithmetic.
TYPED: dict[str, dict[str, str]] = {
    "everywhere": {"confidence of intervals": "95 %"},
    "01": {
        "depths, epochs and channels of the paper's networks": "20 32 56 164 64 50 256 152",
        "arithmetic of blocks, layers and strides": "102 four times; a quarter of the; ten times",
        "the paper's Table 1, and how far its counts are from exact ones": "3.8 8 %",
        "images of one batch of the experiment": "256",
    },
    "02": {
        "sizes of MNIST's test set and the digits": "10,000 1,797",
        "classes and features of the paper's network": "1,000 512",
        "images cut from the training set for the choice, and MNIST's width": "2,000 28",
        "channels, and one of ten classes": "three times; 10 %",
        "the report's figure in a heading": "11.35 %",
    },
    "03": {
        "the normal distribution": "1.96 -1.96 1.645 0.84 2.5 % 5 %; half of the; four times",
        "sizes of test sets, photographs and exercises": "7,500 15,000 32 640 224 16 GiB 20 500 98 % 0.04",
        "the report's difference of two figures, and the deviation of its accuracy": "0.0004 0.0016 0.98153",
        "widths and depths of networks": "a quarter of the; about a quarter of the; half of the; 50 18",
        "a question": "ten times",
    },
    "04": {
        "one of five classes": "20 %",
        "sizes of public sets and a fifth of them": "3,670 734 4,242 848 849 4,317 863 864 2,848 569 570 1,000 19",
        "epochs, pixels and images of report and knobs": "50 30 100 24",
        "features of the paper's networks": "2,048 512",
    },
    "05": {
        "numbers of images of the knobs, and per class": "240 960 120 4,200 300 20 80; 300 points",
        "features of the networks": "16 32 64 256 512 1,024 2,048",
        "classes of the set that a network was pretrained on": "100",
        "two of ten": "0.2",
    },
    "06": {
        "classes and images of CIFAR-100 and of its stand-in": "100 10,000 10,001 9,999 99 32",
        "epochs of the report; smoothing": "30 0.1",
    },
    "07": {
        "images, batches, pixels": "5,000 300 1,000 50 500 32 48 96 100",
        "an argument of a function": "1000 0.5 0.1",
        "a place, not a percentage": "one point; two points",
        "one of ten classes": "10 %",
    },
    "08": {
        "images, labels, batches, pixels and epochs": "1,400 100 1,000 48 500 50 16",
        "a class without a right image": "0.000",
    },
    "09": {
        "bounds and sizes that the exercises' own code finds": "10,000 100,000 1,000 7,500 37 53 74 106 947 770 200",
        "shares of those sizes": "81.3 % 80.7 % 0.125 0.12 0.13 0.01 97 %; half of it",
        "sizes and epochs that reports state": "570 19 50 30 20",
        "arithmetic in binary": "29",
    },
    "README": {"size of the download": "6 GB", "the largest pack of data": "60 MB"},
    "setup": {"size of the download": "6 GB 1 GB"},
    "index": {"size of the download": "6 GB", "images of the report": "7,500"},
    "teaching": {"a system's version": "24.04", "a speed of reading": "100"},
    "errata": {"a batch size and a width that were taken back": "128 224"},
    "reports": {"the difference of two figures": "0.04 points"},
}


def typed(name: str) -> set[str]:
    """Return the numbers that may be typed there, without the commas and signs of a sentence."""
    groups = [*TYPED["everywhere"].values(), *TYPED.get(name, {}).values()]
    numbers: set[str] = set()
    for group in groups:
        for part in group.split(";"):
            words = part.strip()
            found = re.findall(r"-?\d[\d,.]*(?: (?:%|GiB|GB|MB|points))?", words)
            numbers |= {*found} if found and words[0] in "-0123456789" else {words}
            numbers |= {*re.findall(r"(?<= )(?:[a-z]+ times)", words)}
    return numbers


def figures(value: Any) -> set[str]:
    """Return a report's figures with at least four digits, as fractions and as percentages."""
    if isinstance(value, dict):
        return set().union(*map(figures, value.values()))
    if isinstance(value, list):
        return set().union(*map(figures, value))
    if not isinstance(value, float) or len(re.sub(r"^0\.|\D", "", f"{value}")) < 4:
        return set()
    return {f"{value}", f"{value:.5f}", f"{100 * value:.10g} %"}


REPORTED = set().union(*(figures(load_report(name)["experiments"]) for name in REPORTS))
QUESTIONS = [lab.question for lab in LABS]


def untemplated(text: str, name: str) -> list[str]:
    """Return the numbers of a text that are typed without a reason."""
    for question in QUESTIONS:
        text = text.replace(question, "")
    allowed = typed(name) | REPORTED
    found = bare_numbers(text)
    return [f"{each.number}: {each.around}" for each in found if each.number not in allowed]


def prose(path: Path) -> str:
    cells = [cell.text for cell in read_source(path).cells if cell.kind == "markdown"]
    return "\n\n".join(text for text in cells if not text.startswith("## Sources"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_no_measured_number_of_a_lab_is_typed(source: Path) -> None:
    assert untemplated(prose(source), source.name[3:5]) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_no_measured_number_of_a_page_is_typed(page: Path) -> None:
    text = re.sub(
        r"<!-- main job output -->.*<!-- /main job output -->", "", page.read_text(encoding="utf-8"), flags=re.S
    )
    assert untemplated(text, page.stem) == []


_WORD = r"\b(confirmed|refuted|not shown|not testable|cannot be tested|inconsistent with itself)\b"


def typed_verdicts(text: str) -> list[str]:
    """Return the items about a claim that say a verdict without quoting its rule's."""
    items = re.split(r"\n\n|\n(?=- )|(?=\*\*r\d\.c\d+\*\*)", text)
    about = [item for item in items if re.search(r"\*\*r\d\.c\d+\*\*", item)]
    plain = [re.sub(r"\{\{.*?\}\}", "", item, flags=re.DOTALL) for item in about]
    return [" ".join(item.split())[:90] for item in plain if re.search(_WORD, " ".join(item.split()))]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_no_verdict_of_a_lab_is_typed(source: Path) -> None:
    assert typed_verdicts(prose(source)) == []
    for number in re.findall(r"^- \*\*(r\d\.c\d+)\*\*", prose(source), re.MULTILINE):
        assert f"{{{{{number}: verdict}}}}" in " ".join(prose(source).split()), number


@pytest.mark.parametrize(
    "text",
    [
        "- **r4.c3** (hard mining beats it): not shown. On digits",
        "- **r4.c3** ({{r4.c3: claim}}): not\nshown, because",
        "Then **r0.c2**: {{r0.c2: verdict}}. **r0.c5** ({{r0.c5: claim}}): cannot be tested",
        "- Not testable: **r2.c9** (deep), which is refuted",
    ],
)
def test_a_typed_verdict_is_found(text: str) -> None:
    assert typed_verdicts(text)


@pytest.mark.parametrize(
    "text",
    [
        "The network reaches 0.812 on new images.",
        "It is right on 81 % of them.",
        "It is right on 81% of them, after 3 seconds.",
        "It gains 3 points.",
        "It costs about a point.",
        "Mixup costs two points, in every seed.",
        "About a third of the time is saved.",
        "More than half of them are wrong.",
        "It took 15 seconds.",
        "With it 41 of 50 images are right.",
        "A release takes 20 to 1000 ms.",
        "| arm | 0.554 |",
        "**Expected:** between 0.93 and 0.98.",
        "**Expected:** 862 to 865 images.",
        "- **r4.c3** (hard mining): 0.385 against 0.580.",
        "the gap is 1.2e-3",
        "It is 2.5 times as fast.",
        "It needs 3 GiB.",
        "The cache is ten times faster, and r1.c2 has 0.9675.",
        "four times as accurate",
        "-0.013 to 0.350",
    ],
)
def test_a_typed_measurement_is_found(text: str) -> None:
    assert untemplated(text, "00")


@pytest.mark.parametrize(
    "text",
    [
        "{{r4.c9.digits: without_relu as %}} of the images",
        "**Expected:** {{expected 0.93 to 0.98: runs}} on any device",
        "ResNet-152 on CIFAR-100 with 8x8 pixels, `lr=0.003`, $\\ln 10 \\approx 2.30$",
        "### Exercise 04.2. A freeze",
        "Lab 02 and labs 03 and 05; He et al. (2016), section 4.1, Table 1, Figures 2 and 5",
        "the 95 % interval, 3 seeds, model 2, seed 0, layer4, r4.c12",
        "the report's 0.947368, 97.45 % and 0.98133",
        "It has <!-- = claims: count -->62<!-- /= --> claims.",
    ],
)
def test_what_names_or_defines_something_is_left_alone(text: str) -> None:
    assert untemplated(text, "00") == []


def test_every_typed_number_is_still_there() -> None:
    texts = {path.name[3:5]: prose(path) for path in SOURCES} | {page.stem: page.read_text("utf-8") for page in PAGES}
    for name in TYPED.keys() - {"everywhere"}:
        there = {each.number for each in bare_numbers(texts[name])}
        assert sorted(typed(name) - there - typed("everywhere")) == [], name

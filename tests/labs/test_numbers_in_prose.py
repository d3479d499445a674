"""Every measured number in the labs' prose and the pages comes from a line: none is typed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from helpers.bare_numbers import bare_numbers
from helpers.places import ROOT, SOLUTIONS
from helpers.typed_numbers import names, notes, places, snippets

from resnet_labs.labkit import lab_facts
from resnet_labs.labkit._source import read_source
from resnet_labs.labs import LABS
from resnet_labs.reports import REPORTS, load_report

SOURCES = sorted(SOLUTIONS.glob("lab*.py"))
PAGES = [
    path
    for path in (ROOT / "README.md", *sorted((ROOT / "book").glob("*.md")))
    if "<!-- Generated from" not in path.read_text(encoding="utf-8")
]


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
    allowed = [span for snippet in snippets(name) for span in places(snippet, text)[:1]]
    return [
        f"{each.number}: {each.around}"
        for each in bare_numbers(text)
        if each.number not in REPORTED and not any(start <= each.start and each.end <= end for start, end in allowed)
    ]


def prose(path: Path) -> str:
    cells = [cell.text for cell in read_source(path).cells if cell.kind == "markdown"]
    return "\n\n".join(text for text in cells if not text.startswith("## Sources"))


def page_text(page: Path) -> str:
    output = r"<!-- main job output -->.*<!-- /main job output -->"
    return re.sub(output, "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


# A lab's number, a page's name, or another place -> its prose.
TEXTS = {
    **{source.name[3:5]: prose(source) for source in SOURCES},
    **{page.stem: page_text(page) for page in PAGES},
    "recipes": notes(ROOT / "resnet_labs" / "recipes"),
    "lab_facts": "\n\n".join(lab_facts._FOUND.values()),
}


@pytest.mark.parametrize("name", TEXTS)
def test_no_measured_number_is_typed(name: str) -> None:
    assert untemplated(TEXTS[name], name) == []


@pytest.mark.parametrize("name", names())
def test_every_allowed_number_is_in_one_sentence(name: str) -> None:
    for snippet in snippets(name):
        assert len(places(snippet, TEXTS[name])) == 1, snippet
        assert [*bare_numbers(snippet)], f"{snippet} needs no leave"


def test_a_number_is_allowed_in_its_sentence_alone() -> None:
    assert untemplated("Only 100 of 300 images are right, 120 wrong; the gap is 0.2 and grew by 80.", "05")
    for name in names():
        for snippet in snippets(name):
            assert untemplated(f"{snippet} and {snippet}", name), snippet


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
        "half to three quarters",
        "It is right on 11 of 12 images.",
        "It wins in 4 of 5 seeds.",
        "It wins in four of\n  five seeds.",
        "Mixup is ahead in every seed.",
        "a gain of 7",
        "a gain of seven",
        "three more images",
        "The drift is 12.",
        "Twice as many images are right.",
        "The accuracy doubles.",
        "nearly threefold",
        "It is eleven times faster.",
        "one in seven",
        "it is right for nine in ten images",
        "It fell by half.",
        "less by a fifth.",
        "an eighth of the classes",
        "two thirds as often",
        "½ of the classes",
        "a dozen images",
        "It reaches `0.812` on new images.",
        "It reaches `accuracy = 0.812`.",
        "It is right on `81 of 100`.",
        "ours: $0.812$",
        "ours: $81$",
        "ours: $a \\approx 0.812$",
        "The accuracy (81) is higher.",
        "The two reach (81, 74).",
        "![accuracy 0.812](x.svg)",
        "<img src='x.svg' alt='accuracy 0.812'>",
        "accuracy < 0.81, loss > r",
        ".81 of them",
        "Seeds 0.81",
        "step 81 %",
        "layer 0.81 and 0.74",
        "class 0.45",
        "model 2 and 81 images",
        "page 0.9 of the images",
        "version 0.812",
        "ResNet 0.81",
        "2019 images are right.",
        "About 10 minutes are saved.",
        "It needs 7 epochs.",
    ],
)
def test_a_typed_measurement_is_found(text: str) -> None:
    assert untemplated(text, "00")


@pytest.mark.parametrize(
    "text",
    [
        "{{r4.c9.digits: without_relu as %}} of the images",
        "**Expected:** {{expected 0.93 to 0.98: runs}} on any device",
        "ResNet-152 on CIFAR-100 with 8x8 pixels, `SGD(lr=0.003)`",
        "### Exercise 04.2. A freeze",
        "Lab 02 and labs 03 and 05; He et al. (2016), section 4.1, Table 1, Figures 2 and 5",
        "the 95 % interval, three seeds, model 2, seed 0, layer4, r4.c12",
        "the report's 0.947368, 97.45 % and 0.98133",
        "It has <!-- = claims: count -->62<!-- /= --> claims.",
        "a network of 20, 32 and 56\n  layers, stride 2, axis 1, classes 0 and 1, top-5, shape (N, 3, 32, 32)",
        "(Yang et al., 2019), Zeiler and Fergus (2014), and the function of 09.1",
        "`conv1`, `layer4.2`, `resnet-labs reproduce r1.c2.8_pixels --seeds 3`, $p_1 (1 - p_1) / n_1$, $10^{-d}$",
    ],
)
def test_what_names_or_defines_something_is_left_alone(text: str) -> None:
    assert untemplated(text, "00") == []

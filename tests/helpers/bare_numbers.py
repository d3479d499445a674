"""Numbers in prose that no template made: those that may be measurements, and need a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# What is no prose, or names something. Each with an example.
NOT_FIGURES = (
    r"\{\{.*?\}\}",  # a template
    r"```.*?```|`[^`]*`",  # code
    r"\$\$.*?\$\$|\$[^$]*\$",  # formulas
    r"<!-- made: .*?<!-- /made -->|<!-- = .*?<!-- /= -->|<!--.*?-->|<[^<>]*>",  # made blocks, figures, comments, tags
    r"\]\([^)]*\)|https?://\S+",  # links
    r"\br\d(?:\.c\d+)?(?:\.\w+)*\b",  # r4.c9
    r"^(?:# )?#+ (?:Lab|Exercise) .*?\.|<summary>Hint .*?:|Hint \d\d\.\d[a-z]?",  # numbers of exercises
    r"(?:[Ll]abs?|[Ee]xercises?|function\s+of|sizes\s+of)\s\d\d(?:\.\d[a-z]?)?"
    r"(?:(?:, | and | to )\d\d(?:\.\d[a-z]?)?)*",
    r"\b(?:ResNets?|CIFAR|STL|Tiny|MobileNet|VGG|AVX|CC BY|fp|bf|uint|int|float)[- ]?\d+(?:\.\d+)?(?:-\w+)?\b",
    r"\b(?:[Mm]odels?|[Ss]eeds?|[Ss]tages?|[Ll]ayers?|[Rr]ows?|[Ss]teps?|[Cc]lass|Cell|Python) \d+(?:\.\d+)*"
    r"(?:(?:, | and | or | to )\d+)*",
    r"\b(?:sections?|Figures?|Tables?|part|chapter|version|pages?) \d+(?:\.\d+)*(?:(?:, | and | to )\d+(?:\.\d+)*)*",
    r"\b\d+x\d+(?:x\d+)*\b|\b\d+-way\b|\b\d+D\b",  # sizes
    r"\(\d[\d, ]*\)|\([NDKHWC], [^)]*\)",  # shapes and points
    r"(?:19|20)\d\d\b",  # years
    r"^\s*\d+\. ",  # items of a list
    r"Minutes: [\d.]+ in fast mode|About \d+ minutes|\bX\[\d\]",
)
_NUMBER = r"(?<![\w.])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?"
_UNIT = r"\s?(?:%|percent|points?\b|times\b|seconds?\b|ms\b|minutes?\b|[KMG]i?B\b|million|billion|hours?\b|fold\b)"
_WORDS = (
    r"\b(?:about |nearly |almost |some )?(?:a |one |two |three )?(?:half|third|quarter|fifth|tenth|thirds|quarters|"
    r"seventeenth)\b(?: of (?:the|it|its|them|all|that)\b)|"
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twenty|about a) (?:points?|percent|seconds?|times)\b"
)


class Bare(NamedTuple):
    """A number without a template: its text, its line, and what is around it."""

    number: str
    line: int
    around: str


def bare_numbers(text: str) -> Iterator[Bare]:
    """Yield the numbers of a text that may be measurements.

    These are decimal numbers, numbers with a unit, shares and multiples in words, and whole numbers above twelve.
    """
    for pattern in NOT_FIGURES:
        text = re.sub(pattern, lambda found: "\n" * found[0].count("\n") + "_", text, flags=re.DOTALL | re.MULTILINE)
    for found in re.finditer(rf"{_NUMBER}(?:{_UNIT})?|{_WORDS}", text):
        said = found[0]
        digits = re.match(_NUMBER, said)
        if digits and digits[0] == said and "." not in said and abs(float(said.replace(",", "") or 0)) <= 12:
            continue
        start, end = max(0, found.start() - 50), found.end() + 50
        yield Bare(" ".join(said.split()), text[: found.start()].count("\n") + 1, " ".join(text[start:end].split()))

"""Numbers in prose that no template made: those that may be measurements, and need a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Numbers that are part of a name: whole, of at most two digits, and not followed by a unit.
_INDEX = r"\d{1,2}(?!\d|[.,]\d|\s*%|\s+(?:percent|points?)\b)"
_SECTION = r"[1-9]\d?(?:\.[1-9]\d?)*(?!\d|[.,]\d|\s*%)"
_LAB = r"\d\d(?:\.\d[a-z]?)?(?![.,]?\d|\s*%)"

# What is no prose, or names something. Each with an example.
_NAMES = (
    r"\{\{.*?\}\}",  # a template
    r"```.*?```",  # code
    r"<!-- made: .*?<!-- /made -->|<!-- = .*?<!-- /= -->|<!--.*?-->|</?[A-Za-z][^<>]*>",  # made blocks, figures, tags
    r"\]\([^)]*\)|https?://\S+",  # links
    r"\br\d(?:\.c\d+)?(?:\.[a-z]\w*)*\b",  # r4.c9
    rf"(?:[Ll]abs?|[Ee]xercises?) {_LAB}(?:(?:, | and | to ){_LAB})*|\b0\d\.\d[a-z]?(?!\d)",  # exercise 04.2a
    r"\b(?:ResNet|CIFAR|STL|AVX|top)-\d+s?\b|\b(?:fp|bf|uint|int|float|AVX)\d+\b|\bCC BY \d\.0\b",
    rf"\b(?:[Mm]odel|[Ss]eed|[Ss]tage|[Ll]ayer|[Rr]ow|[Ss]tep|[Cc]lass|[Cc]ell|[Aa]xis|stride|padding|kernel) {_INDEX}",
    rf"\b(?:[Mm]odels|[Ss]eeds|[Ss]tages|[Ll]ayers|[Rr]ows|[Aa]xes) {_INDEX}(?:(?:, | and | or | to ){_INDEX})*",
    rf"\b(?:[Ss]ections?|Figures?|Tables?|part|chapter|pages?|Python) {_SECTION}(?:(?:, | and | to ){_SECTION})*",
    r"\b\d+x\d+(?:x\d+)*\b|\b\d+-way\b|\b\d+D\b",  # 8x8 pixels
    r"\b\d[\d,]*(?:(?:, | and | or | to )\d[\d,]*)* (?:layers|channels|pixels|classes|features)\b",
    r"\b95 %(?= (?:Wilson\s)?intervals?\b)",
    r"\(N, [^)]*\)|\([^()]*, [CDHWK]\)",  # shapes with a letter
    r"\((?:19|20)\d\d\)|\b(?:et\sal\.|others|[A-Z]\w+\sand\s[A-Z]\w+),? (?:19|20)\d\d\b",  # years of papers
    r"^(?:#+ )?\d+\. ",  # items of a list
    r"Minutes: [\d.]+ in fast mode|\bAbout \d+\s+minutes\.(?=\s*(?:\n\s*\n|\Z))|\bX\[\d\]",
)
_NUMBER = r"(?<![\w.])[-+]?(?:\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)(?:e[-+]?\d+)?"
_UNIT = r"\s*(?:%|percent\b|points?\b|times\b|seconds?\b|ms\b|minutes?\b|[KMG]i?B\b|million|billion|hours?\b|fold\b)"
_FROM_TWO = (
    r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|"
    r"seventy|eighty|ninety|hundred|thousand)"
)
_COUNT = rf"(?:(?:one|a dozen|a hundred)|{_FROM_TWO})"
_PART = r"(?:third|quarter|fourth|fifth|sixth|seventh|eighth|ninth|tenth|\w+teenth|twentieth|hundredth|thousandth)"
_COUNTED = r"(?:points?|percent|per cent|seconds?|minutes|hours|images|photographs|flowers|predictions|students)"
_WORDS = "|".join(
    (
        r"(?<!first\s)(?<!second\s)\b(?:half|halves|halfway|halv(?:ed|es|ing)|twice|thrice)\b",
        r"\b(?:doubl|tripl|quadrupl)(?:e|es|ed|ing)\b",
        r"\b(?:two|three|four|five|ten|hundred|thousand)fold\b|\bdozens?\b|[½⅓⅔¼¾]",
        rf"\b{_PART}s\b|\bone {_PART}\b|\ban? {_PART}\b(?=\s+(?:of|as|the|less|more|fewer|lower|higher)\b|[.,;:])",
        rf"\b{_COUNT} times\b|\btimes as\b",
        rf"\b{_FROM_TWO}(?: of| in| out of) (?:the |all |its |their |these )?{_COUNT}\b",
        rf"\bone (?:of|in|out of) (?:a )?{_FROM_TWO}\b",
        rf"\b{_FROM_TWO} (?:hundred |thousand )?(?:more |fewer )?{_COUNTED}\b|\b{_COUNT} (?:million|billion)\b",
        r"\b(?:one|about a|nearly a|almost a) (?:point|percent|second)\b",
        rf"\b(?:gain|drop|rise|loss|fall|gap|difference|lead|increase|decrease)s? of {_COUNT}\b",
        r"\bin (?:every|each|all|both|neither|no|most)(?: \w+)? seeds?\b",
    )
)


class Bare(NamedTuple):
    """A number without a template: its text, where it is, its line, and what is around it."""

    number: str
    start: int
    end: int
    line: int
    around: str


def bare_numbers(text: str) -> Iterator[Bare]:
    """Yield the numbers of a text that may be measurements.

    These are all numbers in digits but the whole numbers 0 and 1 without a unit, and shares, multiples and counts in
    words. In code they count if they are decimal or stand alone, in formulas if they are decimal or above twelve.
    """
    plain = re.sub(r"<[^<>]*\balt=(['\"])(.*?)\1[^<>]*>", _alt_text, text, flags=re.DOTALL)
    plain = re.sub(r"(?<!`)`([^`]+)`(?!`)", lambda found: _code(found[0]), plain)
    plain = re.sub(r"(\$\$?)[^$]+\1", lambda found: _formula(found[0]), plain)
    for pattern in _NAMES:
        plain = re.sub(_wrapped(pattern), lambda found: _blank(found[0]), plain, flags=re.DOTALL | re.MULTILINE)
    for found in re.finditer(_wrapped(rf"{_NUMBER}(?:{_UNIT})?|{_WORDS}"), plain, re.IGNORECASE):
        if not re.fullmatch("[-+]?[01]", found[0]):
            around = " ".join(text[max(0, found.start() - 50) : found.end() + 50].split())
            yield Bare(" ".join(found[0].split()), *found.span(), text[: found.start()].count("\n") + 1, around)


def _wrapped(pattern: str) -> str:
    """Let every space of a pattern stand for the end of a line and an indent, too."""
    return pattern.replace(" ", r"\s+")


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", "¤", text)


def _alt_text(found: re.Match[str]) -> str:
    before, after = (found.start(2) - found.start(), found.end(2) - found.start())
    return _blank(found[0][:before]) + found[2] + _blank(found[0][after:])


def _code(code: str) -> str:
    """Return a number or a sentence as it is, and a blank in place of an expression or a command."""
    is_number = not re.search(r"[A-Za-z_]", code)
    is_sentence = re.search(r"[\s`]\d", code) and re.fullmatch(r"`\w[\w.]*(?:[\s%,:]+[\w.]*)+`", code)
    has_value = re.search(r"(?<![\w.])\d+\.\d", re.sub(r"\w\([^()]*\)", "", code))
    return code if is_number or is_sentence or has_value else _blank(code)


def _formula(formula: str) -> str:
    """Return a formula with only those of its numbers that may be results."""
    kept = re.finditer(r"(?<![\w.{^])\d+\.\d+|(?<![\w.{^,])(?:\d{3,}|1[3-9]|[2-9]\d)(?:\s?\\?%)?", formula)
    if re.fullmatch(r"\$+[\s\d.,%\\]+\$+", formula):
        return formula
    inside = {place for found in kept for place in range(*found.span())}
    return "".join(sign if place in inside else _blank(sign) for place, sign in enumerate(formula))

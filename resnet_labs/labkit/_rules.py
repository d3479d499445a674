"""What a lab must hold, section by section and cell by cell. A rule yields the place, the problem and the fix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from resnet_labs.labkit import _code_rules
from resnet_labs.labkit._problem import Problem
from resnet_labs.labkit._source import Source
from resnet_labs.labkit.cells import Cell

TAGS = {"setup", "knobs", "exercise", "answer", "check", "hint", "experiment", "report", "break", "reflection", "gpu"}
TAGS |= {"solution", "hide-input"}
_CODE_SECTIONS = {"Experiment": "experiment", "Report against ours": "report", "Break it": "break"}
_ORDER = ("Predict", "Setup", "Knobs", "Idea", "Exercise", "Experiment", "Report against ours", "Break it", "Reflect")
_MARKDOWN_PICTURE = re.compile(r"!\[([^\]]*)\]\(|<img\b([^>]*)>")
_ABSOLUTE = re.compile(r"""["'](?:/(?:\w|~)[^"'\s]*/|~/|[A-Za-z]:\\)""")
_DRAWN = re.compile(r"\bplotting\.\w+\(|\bframe_slider\(|<svg\b")


@dataclass(frozen=True)
class Section:
    """A heading of the first or second level, and the cells up to the next one."""

    title: str
    cells: list[Cell]

    @property
    def where(self) -> str:
        """The heading's place."""
        return self.cells[0].where()

    @property
    def prose(self) -> str:
        """All Markdown of the section."""
        return "\n".join(cell.text for cell in self.cells if cell.kind == "markdown")

    def tagged(self, tag: str) -> list[Cell]:
        """Return the cells with this tag."""
        return [cell for cell in self.cells if tag in cell.tags]


def sections(source: Source) -> list[Section]:
    """Return the lab's sections; cells before the first heading belong to the first one."""
    found: list[Section] = []
    for cell in source.cells:
        heading = re.match(r"##? (.+)", cell.text) if cell.kind == "markdown" else None
        if heading or not found:
            found.append(Section(heading[1].strip() if heading else "", []))
        found[-1].cells.append(cell)
    return found


def order(source: Source, parts: list[Section]) -> Iterator[Problem]:
    """Check that every section is there once, in the standard order."""
    lab = source.lab
    names = [re.sub(rf"^Exercise {lab}\.\d+\. .+", "Exercise", part.title) for part in parts]
    wanted = [names[0], *_ORDER, "Sources"]
    rule = f"The order is: {', '.join(wanted[1:])}."
    for part, name in zip(parts, names, strict=True):
        if name not in wanted:
            yield Problem(
                part.where, f"no section is called {name!r}.", f"{rule} An exercise: `Exercise {lab}.1. Title`."
            )
    found = [
        name for number, name in enumerate(names) if name in wanted and name != (names[number - 1 : number] or [""])[0]
    ]
    for expected, name in zip_longest(wanted, found):
        if expected != name:
            place = next((part.where for part, it in zip(parts, names, strict=True) if it == name), parts[-1].where)
            yield Problem(place, f"{name or 'the end'!r} is where {expected or 'the end'!r} belongs.", rule)
            break
    exercises = [part for part, name in zip(parts, names, strict=True) if name == "Exercise"]
    for number, part in enumerate(exercises, 1):
        if not part.title.startswith(f"Exercise {lab}.{number}. "):
            yield Problem(part.where, f"{part.title!r} is out of order.", f"Call it `Exercise {lab}.{number}. Title`.")
    if not 3 <= len(exercises) <= 5:
        yield Problem(parts[0].where, f"{len(exercises)} exercises.", "A lab has three to five.")


def contents(source: Source, parts: list[Section]) -> Iterator[Problem]:
    """Check that every section holds what it must."""
    lab = source.lab
    for part in parts:
        if part is parts[0]:
            yield from _has(part, rf"\A# Lab {lab}\. \S", f"Begin the lab with `# Lab {lab}. Title`.")
            yield from _has(part, r"\?\s*$", "Ask the lab's question, on a line that ends with `?`.")
            yield from _has(part, r"\{\{colab\}\}", "Put `{{colab}}` below the title.")
            times = "Write `Minutes: 1 in fast mode on two cores with AVX2`, the number from `resnet_labs.labs`."
            yield from _has(part, r"Minutes: [\d.]+ in fast mode on two cores with AVX2", times)
            yield from _has(part, r"Work: about \{\{work\}\} minutes", "Write `Work: about {{work}} minutes.`")
            fix = 'Write `**What it found.** {{found}}` in a Markdown cell tagged "solution".'
            yield from _solution(part, "{{found}}", fix)
            yield from _has(part, r"Needs: \S", "Say what the lab needs: `Needs: lab 01.`")
            version = "Write `Written for resnet_labs {{version}}.`"
            yield from _has(part, r"Written for resnet_labs \{\{version\}\}", version)
        elif part.title in ("Predict", "Reflect"):
            if not part.tagged("reflection"):
                yield Problem(part.where, "no place for the learner's words.", 'Tag a Markdown cell "reflection".')
            if part.title == "Reflect":
                fix = 'Write `<details><summary>Sample answers</summary>` in a Markdown cell tagged "solution".'
                yield from _solution(part, "<summary>Sample answers</summary>", fix)
        elif part.title == "Setup":
            code = "\n".join(cell.text for cell in part.tagged("setup"))
            for line in ("{{install}}", f'checks.start("{lab}", written_for="{{{{version}}}}")'):
                if line not in code.splitlines():
                    yield Problem(part.where, f"the setup cell has no line `{line}`.", "Add it.")
        elif part.title == "Knobs":
            code_cells = [cell for cell in part.cells if cell.kind == "code"]
            line = f'fast = lab_mode.fast("{lab}", report=report_mode)'
            first = rf"report_mode = False(  #.*)?\n{re.escape(line)}$"
            if len(code_cells) != 1 or not re.match(first, code_cells[0].text, re.MULTILINE):
                fix = f"One code cell holds every number. Its first lines: `report_mode = False` and `{line}`."
                yield Problem(part.where, "the knobs are not in one cell that begins with the mode.", fix)
            elif "knobs" not in code_cells[0].tags:
                yield Problem(part.where, "the knobs' cell has no tag.", 'Tag it "knobs".')
        elif part.title == "Idea":
            yield from _idea(part)
        elif part.title.startswith("Exercise"):
            yield from _exercise(lab, part)
        elif part.title in _CODE_SECTIONS:
            tag = _CODE_SECTIONS[part.title]
            if not any(cell.kind == "code" for cell in part.tagged(tag)):
                yield Problem(part.where, f"no code cell is tagged {tag!r}.", "Tag the cells that run there.")


def _has(part: Section, pattern: str, fix: str) -> Iterator[Problem]:
    if not re.search(pattern, part.prose, flags=re.MULTILINE):
        yield Problem(part.where, f"something is missing in the section {part.title!r}.", fix)


def _solution(part: Section, text: str, fix: str) -> Iterator[Problem]:
    if not any(text in cell.text for cell in part.tagged("solution")):
        yield Problem(part.where, f"{text} is missing in the section {part.title!r}.", fix)


def _idea(part: Section) -> Iterator[Problem]:
    if (words := len(part.prose.split())) > 250:
        yield Problem(part.where, f"the idea has {words} words.", "At most 250: one formula, one picture, the source.")
    yield from _has(part, r"\$[^$]+\$", "Give the idea's formula between dollar signs.")
    yield from _has(part, r"Source: \S", "Name where the idea comes from: `Source: He et al. 2015, section 3.`")
    if not _MARKDOWN_PICTURE.search(part.prose) and not any(_DRAWN.search(cell.text) for cell in part.cells):
        yield Problem(part.where, "the idea has no picture.", "Draw one, or show one with `![what it shows](path)`.")


def _exercise(lab: str, part: Section) -> Iterator[Problem]:
    exercise = part.title.split()[1].rstrip(".")
    answers, checks = part.tagged("answer"), part.tagged("check")
    for cell in [*answers, *checks]:
        if cell.metadata.get("exercise") != exercise:
            got = cell.metadata.get("exercise")
            yield Problem(cell.where(), f"this cell says exercise={got!r}.", f'Write exercise="{exercise}".')
    for cell in checks:
        points = cell.metadata.get("points")
        if type(points) is not int or points < 1:
            yield Problem(cell.where(), f"a check cell with points={points!r}.", "Give it a whole number, 1 or more.")
    if not answers or not checks or checks[0].number < answers[0].number:
        fix = 'First a cell tagged "answer", then one tagged "check".'
        yield Problem(part.where, f"exercise {exercise} lacks an answer cell or a check cell below it.", fix)
    hints = "\n".join(cell.text for cell in part.tagged("hint"))
    titles = re.findall(r"<details>\s*<summary>(.*?)</summary>", hints)
    if not 2 <= len(titles) <= 3:
        fix = 'Two or three `<details><summary>...</summary> ... </details>` in a Markdown cell tagged "hint".'
        yield Problem(part.where, f"exercise {exercise} has {len(titles)} hints.", fix)
    if hints.count("<details>") != hints.count("</details>"):
        yield Problem(part.where, f"a hint of exercise {exercise} has no end.", "Close it with `</details>`.")
    for letter, title in zip("abc", titles, strict=False):
        if not re.match(rf"Hint {re.escape(exercise)}{letter}: \S", title):
            fix = f"Call it `Hint {exercise}{letter}: what the learner sees`."
            yield Problem(part.where, f"a hint is called {title!r}.", fix)
    yield from _has(part, r"\*\*Expected:\*\* \S", "Give the range to expect: `**Expected:** 0.96 to 0.98`.")


def cells(source: Source) -> Iterator[Problem]:
    """Check that every cell is tagged, renders and runs everywhere, and is graded as it is."""
    inside = False
    for cell in source.cells:
        if heading := re.match(r"##? (.+)", cell.text) if cell.kind == "markdown" else None:
            inside = heading[1].startswith("Exercise")
        if {"answer", "check", "hint"} & {*cell.tags} and not inside:
            fix = "Put it under `## Exercise NN.M. Title`."
            yield Problem(cell.where(), "an answer, check or hint outside an exercise.", fix)
        if unknown := sorted({*cell.tags} - TAGS):
            yield Problem(cell.where(), f"no tag is called {unknown[0]!r}.", f"Tags: {', '.join(sorted(TAGS))}.")
        elif cell.kind == "code" and not cell.tags:
            yield Problem(cell.where(), "a code cell without a tag.", f"Tags: {', '.join(sorted(TAGS))}.")
        if re.search(r"NBVAL_|PYTEST_VALIDATE_", cell.text):
            yield Problem(cell.where(), "a comment that turns a test off.", "Delete it; the cell must run everywhere.")
        if _ABSOLUTE.search(cell.text):
            yield Problem(cell.where(), "an absolute path.", "Take it from an argument, or write it relative.")
        if cell.kind == "markdown":
            yield from _markdown(cell)
        else:
            yield from _code_rules.printed_tables(cell)
            yield from _code_rules.pictures(cell)
        yield from _code_rules.lines(cell)


def _markdown(cell: Cell) -> Iterator[Problem]:
    if found := re.search(r"^\s*(?:`{3,}|~{3,})\{[\w-]*\}?|^\s*:{3,}|\{[a-z][\w:-]*\}`", cell.text, flags=re.MULTILINE):
        fix = "Use `<details>`, `$...$` and plain Markdown: Colab shows MyST as it is written."
        yield Problem(cell.where(), f"{found[0].strip()!r} is MyST.", fix)
    pictures = [(it[1], it[2]) for it in _MARKDOWN_PICTURE.finditer(cell.text)]
    alts = [text if text is not None else "".join(re.findall(r'\balt="([^"]*)"', tag)) for text, tag in pictures]
    yield from _alternative(cell, alts, "Write `![what it shows](path)`.")


def _alternative(cell: Cell, alts: Iterable[str], fix: str) -> Iterator[Problem]:
    for alt in alts:
        if len(alt.split()) < 3 or re.search(r"\.(png|svg|jpe?g|gif|webp)\b", alt):
            yield Problem(cell.where(), f"the alternative text {alt!r} does not say what the picture shows.", fix)

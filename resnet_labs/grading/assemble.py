"""From a submission to the notebook that is run: the release's own cells around the student's answers."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from resnet_labs import files
from resnet_labs.grading import parsing, policy, reading
from resnet_labs.grading.bundle import NUM_VARIANTS, Bundle, Exercise
from resnet_labs.grading.locate import Located, Note
from resnet_labs.grading.probe import cell
from resnet_labs.grading.reading import Notebook, Rejected

_MOST_CODE = 2 * files.MEBIBYTE


@dataclass(frozen=True)
class Assembled:
    """A notebook to run, and what is known before it runs.

    Attributes:
        student: whose it is.
        variant: which inputs and references the exercises use.
        notebook: nbformat 4 as plain data. Every cell is a code cell with the metadata `{"lab": {"id": exercise,
            "role": "prelude" | "answer" | "probe"}}`. It holds no reference.
        answers: the source that was taken for each exercise.
        refused: exercises that score 0 without a run, and why; the notebook has no probe cell for them.
        notes: what was found elsewhere, rebuilt, ignored and flagged.
    """

    student: str
    variant: int
    notebook: dict[str, Any]
    answers: dict[str, str]
    refused: dict[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def assemble(bundle: Bundle, student: str, content: bytes) -> Assembled:
    """Return the notebook that grades a submission.

    Args:
        bundle: of the lab.
        student: whose submission it is; it decides the variant.
        content: the submission's bytes.

    Raises:
        Rejected: it is no notebook, or one of another lab or release; no other exception, whatever the bytes are.
    """
    submitted = reading.read(content)
    _check_origin(bundle, submitted)
    if sum(len(each.source) for each in submitted.cells if each.kind == "code") > _MOST_CODE:
        raise Rejected("too-complex", "The notebook has more than 2 MiB of code.")
    return _Assembly(bundle, submitted, bundle.variant(student)).result(student)


def of_answers(bundle: Bundle, answers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the notebook that asks answers which are known to be right, for the references.

    Args:
        bundle: of the lab, without references.
        answers: exercise and source of each cell, in order.

    Returns:
        The notebook; its probe cells are those of all exercises, variant after variant.
    """
    cells = [_code("", "prelude", bundle.prelude), *(_code(exercise, "answer", source) for exercise, source in answers)]
    return _notebook(cells + [_probe(each, variant) for variant in range(NUM_VARIANTS) for each in bundle.exercises])


def _check_origin(bundle: Bundle, submitted: Notebook) -> None:
    if submitted.lab and submitted.lab != bundle.lab:
        raise Rejected("wrong-lab", f"This is lab {submitted.lab}, and lab {bundle.lab} is graded.")
    if submitted.release and submitted.release != bundle.release:
        sentence = f"It was made from another release of lab {bundle.lab}: {submitted.release}, not {bundle.release}."
        raise Rejected("other-release", sentence)
    if submitted.lab:
        return
    ids = {each.id for each in submitted.cells}
    others = sorted({id.split("-")[1] for id in ids if id.startswith("answer-") and id.count("-") > 1} - {bundle.lab})
    if others:
        raise Rejected("wrong-lab", f"Its cells are those of lab {others[0][:20]}, and lab {bundle.lab} is graded.")
    located = Located(bundle.cells, submitted.cells)
    if not any(id in ids for id in located.cells) and not any(located.cells.values()):
        raise Rejected("unknown-notebook", f"It does not say which lab it is, and has no answer of lab {bundle.lab}.")


class _Assembly:
    """The work on one submission."""

    def __init__(self, bundle: Bundle, submitted: Notebook, variant: int) -> None:
        self.bundle, self.submitted, self.variant = bundle, submitted, variant
        self.located = Located(bundle.cells, submitted.cells)
        self.notes = [*self.located.notes, *(Note("flagged", text) for text in submitted.oddities)]
        if not submitted.release:
            self.notes.append(Note("flagged", "It does not say which release it was made from; its cells fit."))
        self.refused: dict[str, str] = {}
        self.answers: dict[str, list[reading.StudentCell]] = {}
        for each in bundle.exercises:
            slots = [slot for slot in bundle.cells if slot.role == "answer" and slot.exercise == each.probe.exercise]
            cells = {cell.number: cell for slot in slots for cell in self.located.cells[slot.id]}
            self.answers[each.probe.exercise] = [cells[number] for number in sorted(cells)]

    def result(self, student: str) -> Assembled:
        helpers = {each.probe.exercise: self._helpers(each) for each in self.bundle.exercises}
        sources = {name: "\n\n".join(_sources(cells)) for name, cells in self.answers.items()}
        for each in self.bundle.exercises:
            self._judge(each, helpers[each.probe.exercise])
        self._compare_with_release()
        cells = [_code("", "prelude", self.bundle.prelude)]
        seen: set[str] = set()
        for exercise, lines in helpers.items():
            if new := [line for line in lines if line not in seen]:
                cells.append(_code(exercise, "answer", "\n".join(new)))
            seen |= set(lines)
        taken: set[int] = set()
        for exercise, found in self.answers.items():
            for answer in found:
                if answer.number not in taken and len(answer.source) <= parsing.MOST_CHARACTERS:
                    cells.append(_code(exercise, "answer", answer.source))
                taken.add(answer.number)
        graded = [each for each in self.bundle.exercises if each.probe.exercise not in self.refused]
        cells += [_probe(each, self.variant) for each in graded]
        return Assembled(student, self.variant, _notebook(cells), sources, self.refused, tuple(self.notes))

    def _helpers(self, exercise: Exercise) -> list[str]:
        """Return statements from other cells that define what the answer needs: imports, functions, constants."""
        answered = [source for cells in self.answers.values() for source in _sources(cells)]
        known = set().union(*map(_defined, [self.bundle.prelude, *answered]))
        texts = _sources(self.answers[exercise.probe.exercise])
        found: dict[tuple[int, int], str] = {}
        taken: set[str] = set()
        while names := set().union(*map(parsing.needed, texts)) - known:
            known |= names
            texts = []
            for helper in self.located.helpers(names):
                for statement in _statements(helper.source):
                    if (given := parsing.defined([statement]) & names) and (text := _unparsed(statement)):
                        found[helper.number, statement.lineno] = text
                        taken |= given
                        texts.append(text)
        if taken:
            text = f"{', '.join(sorted(taken))} was taken from a cell that is no answer."
            self.notes.append(Note("found", text, exercise.probe.exercise))
        return [found[place] for place in sorted(found)]

    def _judge(self, exercise: Exercise, helpers: list[str]) -> None:
        """Refuse an exercise without an answer, with one that is too long, or with one that the import rule forbids."""
        name, cells = exercise.probe.exercise, self.answers[exercise.probe.exercise]
        if not cells:
            self.refused[name] = "There is no answer."
        elif any(len(each.source) > parsing.MOST_CHARACTERS for each in cells):
            self.refused[name] = f"The answer is longer than {parsing.MOST_CHARACTERS // 1024} KiB."
        else:
            texts = [self.bundle.prelude, *helpers, *(each.source for each in cells)]
            for finding in policy.findings(texts, exercise.probe.withheld, own=exercise.probe.answers):
                self.notes.append(Note("flagged", finding.text, name))
                if finding.forbidden:
                    self.refused.setdefault(name, finding.text)

    def _compare_with_release(self) -> None:
        ours, taken = self.located.ours, self.located.taken()
        kept = {id for number, id in ours.items() if number not in self.located.changed}
        present = set(ours.values())
        for cell_ in self.bundle.cells:
            if cell_.role == "check" and cell_.id not in kept:
                what = "was changed" if cell_.id in present else "is missing"
                self.notes.append(Note("rebuilt", f"The check cell {what}; grading uses its own.", cell_.exercise))
        own = [number for number in sorted(self.located.changed - taken) if not ours[number]]
        kinds = {each.number: each.kind for each in self.submitted.cells}
        if extra := [str(number) for number in own if kinds[number] == "code"]:
            which = f"Cell {extra[0]} is" if len(extra) == 1 else f"Cells {', '.join(extra[:20])} are"
            self.notes.append(Note("ignored", f"{which} no answer of this lab and did not run."))


def _sources(cells: list[reading.StudentCell]) -> list[str]:
    return [cell.source for cell in cells]


def _statements(source: str) -> list[ast.stmt]:
    try:
        return parsing.tree(source).body
    except parsing.Unreadable:
        return []


def _unparsed(statement: ast.stmt) -> str:
    try:
        return ast.unparse(statement)
    except RecursionError:
        return ""


def _defined(source: str) -> set[str]:
    return parsing.defined(_statements(source))


def _probe(exercise: Exercise, variant: int) -> dict[str, Any]:
    return _code(exercise.probe.exercise, "probe", cell(exercise.probe, exercise.inputs[variant]))


def _code(exercise: str, role: str, source: str) -> dict[str, Any]:
    metadata = {"lab": {"id": exercise, "role": role}}
    return {"cell_type": "code", "execution_count": None, "metadata": metadata, "outputs": [], "source": source}


def _notebook(cells: list[dict[str, Any]]) -> dict[str, Any]:
    for number, each in enumerate(cells, 1):
        each["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}

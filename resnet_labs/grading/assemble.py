"""From a submission to the notebook that is run: the release's own cells around the student's answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Note:
    """Something that a teacher or a student should know about a submission.

    Attributes:
        kind: "found" (an answer was taken from an unusual place), "rebuilt" (a cell of ours was changed or deleted),
            "ignored" (a cell that does not count) or "flagged" (a person should look).
        text: one sentence.
        exercise: such as "02.1"; empty if it is about the whole notebook.
    """

    kind: str
    text: str
    exercise: str = ""


@dataclass(frozen=True)
class Assembled:
    """A notebook to run, and what is known before it runs.

    Attributes:
        student: whose it is.
        variant: which inputs and references the exercises use.
        notebook: nbformat 4 as plain data. Every cell is a code cell with the metadata `{"lab": {"id": exercise,
            "role": "prelude" | "answer" | "probe", "cell": id of the release's cell}}`.
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

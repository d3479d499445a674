"""The submissions of a folder or of a zip that an LMS exports: one for each student, read one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from resnet_labs.grading.reading import Rejected


@dataclass(frozen=True)
class Submission:
    """One student's file.

    Attributes:
        student: a name that is safe as a file's name.
        name: of the file, as the student called it.
        path: of the file, or of the zip that holds it.
        member: its name in the zip; empty for a file of its own.
        problem: why it cannot be graded, if that is known without reading it.
    """

    student: str
    name: str
    path: Path
    member: str = ""
    problem: Rejected | None = None

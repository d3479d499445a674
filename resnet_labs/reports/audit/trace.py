"""What a check finds in a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["contradiction", "false", "unlikely", "not shown", "follows", "undecided"]
ACCUSING = ("contradiction", "false", "unlikely")


@dataclass(frozen=True)
class Trace:
    """What follows from figures of a report.

    Attributes:
        kind: "contradiction", where figures or statements of the report cannot be true together; "false", where they
            cannot be true with a known fact, such as the size of a data set; "unlikely", where chance alone would
            hardly give them; "not shown", where a stated difference is no larger than chance gives; "follows", what
            else can be read from them; "undecided", where a search reached its bound or a field is missing.
        check: the file of `reports/audit` that found it.
        place: where in the report.
        says: what follows.
        assumes: what it rests on besides the figures.
        decides: what would decide it.
    """

    kind: Kind
    check: str
    place: str
    says: str
    assumes: str = ""
    decides: str = ""

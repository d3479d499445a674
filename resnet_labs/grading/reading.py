"""A submission's bytes as cells, whatever they are: a notebook, or a sentence on why it is none."""

from __future__ import annotations


class Rejected(Exception):
    """A submission that cannot be graded; it is named in the gradebook and never scored 0.

    Attributes:
        code: such as "not-json".
        sentence: what is wrong, for the student.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code, sentence)  # both, so that it can be pickled
        self.code = code
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence

"""Where a submission's answers are: by the cell's id, then by the names that cells define, then by place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from resnet_labs.grading import parsing
from resnet_labs.grading.bundle import ReleaseCell
from resnet_labs.grading.reading import StudentCell


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


class Located:
    """The answers of one submission.

    Attributes:
        cells: for each answer cell of the release, by id, the student's cells that answer it; in the notebook's order.
        ours: for each of the student's cells, by number, the id of the release's cell that it is; empty if it is none.
        changed: the numbers of cells that hold text of the student's.
        notes: what is unusual about it.
    """

    def __init__(self, release: Sequence[ReleaseCell], student: Sequence[StudentCell]) -> None:
        self.notes: list[Note] = []
        self._release, self._student = release, student
        self._stubs = {_plain(cell.source) for cell in release if cell.role == "answer"}
        self._by_id = {cell.id: cell for cell in release}
        texts = {_plain(cell.source): cell.id for cell in release if cell.source.strip()}
        self.ours = {
            each.number: each.id if each.id in self._by_id else texts.get(_plain(each.source), "") for each in student
        }
        self._defines = {cell.number: _defines(cell) for cell in student if cell.kind == "code"}
        self.changed = {cell.number for cell in student if self._is_changed(cell)}
        self.cells = {cell.id: self._answer(cell) for cell in release if cell.role == "answer"}

    def taken(self) -> set[int]:
        """The numbers of the student's cells that are taken."""
        return {cell.number for cells in self.cells.values() for cell in cells}

    def helpers(self, names: Iterable[str]) -> list[StudentCell]:
        """Return cells that are no answers and define one of the names, in order."""
        wanted, taken = set(names), self.taken()
        usable = [cell for cell in self._student if cell.number in self.changed and cell.number not in taken]
        return [cell for cell in usable if self._defines.get(cell.number, set()) & wanted]

    def _is_changed(self, cell: StudentCell) -> bool:
        """Whether the cell holds text of the student's."""
        ours = self._by_id.get(self.ours[cell.number])
        text = _plain(cell.source)
        return bool(text) and text not in self._stubs and (ours is None or text != _plain(ours.source))

    def _answer(self, slot: ReleaseCell) -> list[StudentCell]:
        own = [cell for cell in self._student if cell.id == slot.id]
        written = [cell for cell in own if cell.number in self.changed]
        if len(own) > 1:
            same = len({_plain(cell.source) for cell in written}) < 2
            which = "they are the same" if same else "they differ, and the last one that is not empty counts"
            self._note(
                "found" if same else "flagged", f"There are {len(own)} cells with this answer's id; {which}.", slot
            )
        chosen = written[-1:]
        if chosen and chosen[0].kind != "code":
            self._note("found", f"The answer's cell is of type {chosen[0].kind!r}; its text was taken as code.", slot)
        have = _defines(chosen[0]) if chosen else set()
        for name in slot.defines:
            if name not in have and (cell := self._last_with(name, slot)) is not None and cell not in chosen:
                chosen.append(cell)
                have |= self._defines[cell.number]
                self._note("found", f"{name} was found in cell {cell.number}.", slot)
        if not chosen and not own and (between := self._between(slot)):
            chosen = between
            numbers = ", ".join(str(cell.number) for cell in between)
            self._note("found", f"The answer was found by its place, in cell {numbers}.", slot)
        return sorted(chosen, key=lambda cell: cell.number)

    def _last_with(self, name: str, slot: ReleaseCell) -> StudentCell | None:
        """Return the last cell that defines a name, if possible one at the answer's place.

        Elsewhere a lab may define it again: broken on purpose, for one.
        """
        everywhere = [cell for cell in self._student if cell.number in self.changed]
        cells = [
            [cell for cell in part if name in self._defines.get(cell.number, set())]
            for part in (self._between(slot), everywhere)
        ]
        return next((part[-1] for part in cells if part), None)

    def _between(self, slot: ReleaseCell) -> list[StudentCell]:
        """Return the student's own cells between those of ours that come before and after the answer."""
        order = [cell.id for cell in self._release]
        place = order.index(slot.id)
        places = {order.index(self.ours[cell.number]): cell.number for cell in self._student if self.ours[cell.number]}
        before = max((number for at, number in places.items() if at < place), default=None)
        after = min((number for at, number in places.items() if at > place), default=None)
        if before is None or after is None:
            return []
        inside = [cell for cell in self._student if before < cell.number < after and cell.kind == "code"]
        return [cell for cell in inside if cell.number in self.changed and not self.ours[cell.number]]

    def _note(self, kind: str, text: str, slot: ReleaseCell) -> None:
        self.notes.append(Note(kind, text, slot.exercise))


def _plain(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _defines(cell: StudentCell) -> set[str]:
    try:
        return parsing.defined(parsing.tree(cell.source).body)
    except parsing.Unreadable:
        return set()

"""What a load leaves out, counted and reported once."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from resnet_labs.cache import say_once
from resnet_labs.data.tree import OUTSIDE, Folder, Note


class LeftOut:
    """The folders and files below a root that are not read, each with the reason."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folders: dict[Path, str] = {}
        self.files: list[tuple[Note, Path]] = []

    def folder(self, folder: Folder, reason: str) -> None:
        """Note a folder with the number of images in it; if it has none, also count what might be images."""
        count = folder.total() if folder.count() else 0
        if not count:
            self.files += folder.all_left_out()
        images = f"with {count} image{'s' if count > 1 else ''} ({reason})" if count else "without images"
        self.folders[folder.path] = f"folder {_from(self.root, folder.path)} {images}"

    def files_of(self, folder: Folder) -> None:
        """Note the files directly in a folder whose subfolders are read."""
        self.files += folder.left_out + [(OUTSIDE, path) for path in folder.images]

    def text(self) -> str:
        """Return a sentence, with a space before it; empty if nothing was left out."""
        phrases = "; ".join([*self.folders.values(), *self._files()])
        return f" Left out: {phrases}." if phrases else ""

    def say(self) -> None:
        """Warn about what was left out, once."""
        if self.text():
            say_once(self.text().replace(" Left out:", f"Left out of {str(self.root)!r}:", 1))

    def _files(self) -> list[str]:
        """Return one phrase per reason, with the number of files and the names of three."""
        phrases = []
        for note, count in Counter(note for note, _ in self.files).items():
            names = sorted(_from(self.root, path) for found, path in self.files if found == note)
            shown = ", ".join(names[:3]) + (", ..." if count > 3 else "")
            advice = f" ({note.advice})" if note.advice else ""
            phrases.append(f"{count} {note.one if count == 1 else note.many}: {shown}{advice}")
        return phrases


def _from(root: Path, path: Path) -> str:
    return repr(os.path.relpath(path, root))

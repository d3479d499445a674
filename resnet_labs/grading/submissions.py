"""The submissions of a folder or of a zip that an LMS exports: one for each student, read one at a time."""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from resnet_labs.errors import InputError
from resnet_labs.grading.reading import MOST_BYTES, Rejected

_NOTEBOOKS = (".ipynb", ".receipt.json")
_ZIP = ".zip"
# What students hand in by mistake: it gets a row that says so. Other files beside the submissions are left out.
_DOCUMENTS = (
    ".7z",
    ".doc",
    ".docx",
    ".gz",
    ".htm",
    ".html",
    ".odt",
    ".pdf",
    ".rar",
    ".rtf",
    ".tar",
    ".txt",
    ".ipynb.json",
)
_SKIPPED = ("__MACOSX", "__pycache__", "node_modules")
_MOST_FILES = 50_000
_DEEPEST = 6
_MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_.*")
_CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<id>\d+)_\d+_.+")
_FIX = "Give a folder with <student>.ipynb or <student>/*.ipynb, or the zip that the course's system exports."


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


def find(place: Path) -> list[Submission]:
    """Return every student's submission, by name.

    Args:
        place: a folder with `<student>.ipynb` or `<student>/*.ipynb`, a zip of one, such as Moodle's or Canvas's
            export, or a single notebook. A student's own zip with one notebook counts as that notebook.

    Returns:
        One for each student. What cannot be graded, such as a link, two files or a document, has a `problem`.

    Raises:
        InputError: there is nothing, or no such folder.
    """
    if place.is_dir():
        found = list(_in_folder(place))
    elif place.is_file() and place.name.lower().endswith(_ZIP):
        found = list(_in_zip(place))
    elif place.is_file():
        found = [_one(place, PurePosixPath(place.name))]
    else:
        raise InputError(f"There is no folder {str(place)!r}.", _FIX)
    by_student: dict[str, list[Submission]] = {}
    for each in found:
        by_student.setdefault(each.student.casefold(), []).append(each)
    if not by_student:
        raise InputError(f"{str(place)!r} holds no submission.", _FIX)
    return [_only(by_student[name]) for name in sorted(by_student)]


def content(submission: Submission) -> bytes:
    """Return a submission's bytes.

    Raises:
        Rejected: it cannot be read, is no regular file, too large, or a zip without exactly one notebook.
    """
    if submission.problem is not None:
        raise submission.problem
    try:
        raw = _member(submission.path, submission.member) if submission.member else _file(submission.path)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        reason = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
        raise Rejected("unreadable", f"The file cannot be read{reason}.") from error
    return _unzipped(raw) if raw.startswith(b"PK") and submission.name.lower().endswith(_ZIP) else raw


def _in_folder(folder: Path) -> Iterator[Submission]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.startswith(".") or entry.name in _SKIPPED:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _of_student(Path(entry.path))
        elif _is_handed_in(entry.name) or entry.is_symlink():
            yield _one(Path(entry.path), PurePosixPath(entry.name))


def _of_student(folder: Path) -> Iterator[Submission]:
    """Yield the files of one student's folder: its notebooks, or else its documents, or a problem."""
    found = [path for path in _walk(folder, 0) if _is_handed_in(path.name)]
    chosen = [path for path in found if path.name.lower().endswith((*_NOTEBOOKS, _ZIP))] or found
    for path in chosen[:10]:
        yield _one(path, PurePosixPath(folder.name, path.name))
    if not chosen:
        problem = Rejected("no-notebook", "There is no notebook in the student's folder.")
        yield Submission(_student(folder.name), "", folder, problem=problem)


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries[:1000]:
        if entry.name.startswith(".") or entry.name in _SKIPPED:
            continue
        if not entry.is_dir(follow_symlinks=False):
            yield Path(entry.path)
        elif depth < _DEEPEST:
            yield from _walk(Path(entry.path), depth + 1)


def _in_zip(path: Path) -> Iterator[Submission]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(f"{str(path)!r} is damaged or no zip.", _FIX) from error
    if len(members) > _MOST_FILES:
        raise InputError(f"{str(path)!r} holds more than {_MOST_FILES} files.", _FIX)
    kept = [member for member in members if not member.is_dir() and not _is_skipped(member.filename)]
    tops = {PurePosixPath(member.filename).parts[:1] for member in kept}
    below = {PurePosixPath(member.filename).parts[1:2] for member in kept}
    shift = 1 if len(tops) == 1 and len(below) > 1 and all("/" in member.filename for member in kept) else 0
    for member in kept:
        inside = PurePosixPath(*PurePosixPath(member.filename).parts[shift:])
        if _is_handed_in(inside.name):
            yield replace(_one(path, inside), member=member.filename, problem=_problem(member))


def _is_skipped(name: str) -> bool:
    return any(part in _SKIPPED or (part.startswith(".") and part != "..") for part in PurePosixPath(name).parts)


def _problem(member: zipfile.ZipInfo) -> Rejected | None:
    parts = PurePosixPath(member.filename).parts
    if member.filename.startswith("/") or ".." in parts or "\\" in member.filename or ":" in parts[0]:
        return Rejected("path-escape", "Its path in the zip leads out of the folder.")
    if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
        return Rejected("not-a-file", "It is a link or a device in the zip, not a file.")
    if member.flag_bits & 1:
        return Rejected("encrypted", "It is encrypted in the zip.")
    if member.file_size > MOST_BYTES:
        return Rejected("too-large", f"It is larger than {MOST_BYTES >> 20} MiB.")
    return None


def _is_handed_in(name: str) -> bool:
    return name.lower().endswith((*_NOTEBOOKS, _ZIP, *_DOCUMENTS))


def _one(path: Path, inside: PurePosixPath) -> Submission:
    """Return the submission of a file whose path from the folder of submissions is `inside`."""
    first, name = inside.parts[0], inside.name
    if len(inside.parts) == 1:
        ends = [end for end in (*_NOTEBOOKS, _ZIP, *_DOCUMENTS) if name.lower().endswith(end)]
        first = name[: -max(map(len, ends))] if ends else name
    try:
        mode = path.lstat().st_mode
    except OSError:
        mode = 0
    problem = None
    if stat.S_ISLNK(mode):
        problem = Rejected("link", "It is a link to another file, not a file.")
    elif not stat.S_ISREG(mode):
        problem = Rejected("not-a-file", "It is no regular file.")
    return Submission(_student(first), name, path, problem=problem)


def _only(files: list[Submission]) -> Submission:
    """Return the one submission of a student, or one that says that there are several."""
    files = [each for each in files if each.name.lower().endswith((*_NOTEBOOKS, _ZIP))] or files
    if len(files) == 1:
        return files[0]
    if len({each.student for each in files}) > 1:
        sentence = f"Two names differ only in capitals: {', '.join(sorted({each.student for each in files}))}."
    else:
        sentence = f"There are {len(files)} files: {', '.join(sorted(each.name for each in files)[:5])}. Keep one."
    return replace(files[0], problem=Rejected("two-files", sentence))


def _student(raw: str) -> str:
    """Return the student of a file's or folder's name, as a name that is safe for files."""
    lms = _MOODLE.fullmatch(raw) or _CANVAS.fullmatch(raw)
    name = f"{lms['name']}_{lms['id']}" if lms else raw
    safe = unicodedata.normalize("NFC", name)
    safe = "".join(letter if letter.isalnum() or letter in " -_.@+'" else "_" for letter in safe)
    safe = re.sub(r"^[.\-@+' ]+", "_", safe).rstrip(". ")[:80] or "_"
    if safe == unicodedata.normalize("NFC", name):
        return safe
    return f"{safe}-{hashlib.sha256(os.fsencode(raw)).hexdigest()[:6]}"


def _file(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Rejected("not-a-file", "It is no regular file.")
        return _capped(file.read)


def _member(path: Path, member: str) -> bytes:
    with zipfile.ZipFile(path) as archive, archive.open(member) as file:
        return _capped(file.read)


def _capped(read: Callable[[int], bytes]) -> bytes:
    """Read a file to the limit, whatever it says about its size."""
    raw = read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise Rejected("too-large", f"The file is larger than {MOST_BYTES >> 20} MiB: clear its outputs.")
    return raw


def _unzipped(raw: bytes) -> bytes:
    """Return the one notebook of a student's zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = [each for each in archive.infolist() if each.filename.lower().endswith(_NOTEBOOKS)]
            members = [each for each in members if not _is_skipped(each.filename)]
            if len(members) != 1:
                raise Rejected(
                    "two-files" if members else "no-notebook", f"The zip holds {len(members)} notebooks, not one."
                )
            if problem := _problem(members[0]):
                raise problem
            with archive.open(members[0]) as file:
                return _capped(file.read)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise Rejected("unreadable", "The zip is damaged.") from error

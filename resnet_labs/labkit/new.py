"""Create a new lab to fill in: `python -m resnet_labs.labkit.new NUMBER SLUG`, in the repository's root.

It writes the solution, its checks, right and wrong answers, a recipe and the files generated from the solution, and
adds the lab to every list. All of it builds and runs; `FILL IN` marks what is left to do.
"""

from __future__ import annotations

import argparse
import json
import keyword
import re
import sys
from importlib import resources
from pathlib import Path

from resnet_labs.errors import InputError
from resnet_labs.labkit import _lists
from resnet_labs.labkit.build import build

COMMAND = "python -m resnet_labs.labkit.new"
_EXERCISES = ("first", "second", "third")
_NEXT = """\
Now replace every FILL IN. These commands show what is left:
  .venv/bin/python -m resnet_labs.labkit.lint labs/solutions/{stem}.py
  .venv/bin/python -m pytest tests/project/test_lists.py
  .venv/bin/python -m pytest tests/labs tests/command/test_progress.py -k "{stem} or {number}."
CONTRIBUTING.md has the steps."""


def texts(root: Path, number: str, slug: str) -> dict[Path, str]:
    """Return the text of every hand-written file of the new lab, and every list with the lab added.

    Args:
        root: the repository.
        number: the lab's number, from 1 to 99.
        slug: its name in lower case, words joined by underscores.

    Raises:
        InputError: the number or the name is wrong or taken, a file is in the way, or the project lacks a list.
    """
    number = _number(number)
    _check_slug(slug)
    lists = {name: _read(root, name) for name in _lists.NAMES}
    registered = _lists.registered(lists["resnet_labs/labs.py"])
    planned = registered.get(number) == slug and not list((root / "labs" / "solutions").glob(f"lab{number}_*"))
    if number in registered and not planned:
        raise InputError(f"Lab {number} already exists, {registered[number]}.", "Choose another number.")
    if slug in registered.values() and not planned:
        taken = next(other for other, name in registered.items() if name == slug)
        raise InputError(f"A lab {slug!r} already exists, {taken}.", "Choose another name.")
    files = _files(number, slug, _lists.question(lists["resnet_labs/labs.py"], number))
    _check_free(root, number, files)
    return {root / name: text for name, text in {**files, **_lists.with_lab(lists, number, slug)}.items()}


def _number(given: str) -> str:
    if not re.fullmatch(r"0?[1-9]|[1-9][0-9]", given):
        raise InputError(f"{given!r} is not a lab number.", "Give one from 1 to 99.")
    return given.zfill(2)


def _check_slug(slug: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", slug) or len(slug) > 40 or keyword.iskeyword(slug):
        words = "Give words in lower case joined by underscores, such as more_depth, 40 characters at most."
        raise InputError(f"{slug!r} is not a valid slug.", words)


def _read(root: Path, name: str) -> str:
    if not (root / "labs" / "solutions").is_dir():
        raise InputError("There is no labs/solutions here.", "Run the command in the repository's root.")
    try:
        return (root / name).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"There is no {name} here.", "Run the command in the repository's root.") from None
    except UnicodeDecodeError:
        raise InputError(f"{name} is not UTF-8 text.", "Take it from the repository again.") from None
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}.", "Take it from the repository again.") from None


def _check_free(root: Path, number: str, files: dict[str, str]) -> None:
    others = [f"resnet_labs/checks/lab{number}", f"tests/labs/lab{number}"]
    others += [path.relative_to(root).as_posix() for path in (root / "labs").rglob(f"lab{number}_*")]
    for name in (*others, *files):
        if (root / name).exists():
            raise InputError(f"{name!r} already exists.", "Move it away, or choose another number or name.")
    for folder in {folder for name in files for folder in Path(name).parents}:
        if (root / folder).exists() and not (root / folder).is_dir():
            raise InputError(f"{folder.as_posix()!r} is a file.", "It must be a folder: move the file away.")


def _files(number: str, slug: str, question: str | None) -> dict[str, str]:
    words = slug.replace("_", " ")
    facts = {"NN": number, "slug": slug, "title": words.capitalize(), "words": words}
    facts["question"] = question or _lists.QUESTION
    exercises = [{**facts, "M": str(count), "name": name} for count, name in enumerate(_EXERCISES, 1)]
    checks, tests = f"resnet_labs/checks/lab{number}", f"tests/labs/lab{number}"
    names = sorted(f"check_{name}" for name in _EXERCISES)
    imports = [f"from resnet_labs.checks.lab{number}.{name} import check_{name}" for name in sorted(_EXERCISES)]
    face = "\n".join([*imports, "", f"__all__ = {json.dumps(names)}"])
    told = "\n".join(_filled("exercise", facts) for facts in exercises)
    return {
        f"labs/solutions/lab{number}_{slug}.py": _filled("lab", facts | {"exercises": told}),
        f"{checks}/__init__.py": _filled("face", facts | {"imports": face}),
        **{f"{checks}/{facts['name']}.py": _filled("check", facts) for facts in exercises},
        **{f"{tests}/exercise_{facts['M']}.py": _filled("answers", facts) for facts in exercises},
        f"resnet_labs/recipes/{slug}.py": _filled("recipe", facts),
    }


def _filled(template: str, facts: dict[str, str]) -> str:
    text = resources.files("resnet_labs.labkit").joinpath("skeleton", f"{template}.txt").read_text(encoding="utf-8")
    return re.sub(r"<(\w+)>", lambda place: facts.get(place[1], place[0]), text)


def main(arguments: list[str] | None = None) -> int:
    """Run the command in the repository's root; if the input is wrong, write nothing and return 2."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Create a new lab to fill in.")
    parser.add_argument("number", help="from 1 to 99")
    parser.add_argument("slug", help="the lab's name, such as more_depth")
    given = parser.parse_args(arguments)
    root = Path.cwd()
    try:
        for name in ("pyproject.toml", "README.md"):
            _read(root, name)
        made = texts(root, given.number, given.slug)
        build(root, check=True)  # rejects a wrong source before anything is written
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    written = [path for path, text in made.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in written:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made[path], encoding="utf-8", newline="\n")
    for path in [*written, *build(root)]:
        print(f"wrote {path.relative_to(root).as_posix()}")
    print(_NEXT.format(stem=f"lab{given.number.zfill(2)}_{given.slug}", number=given.number.zfill(2)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

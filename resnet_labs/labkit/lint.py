"""Check labs for mistakes: `python -m resnet_labs.labkit.lint [FILE...]`, exit status 1 on a problem."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat

from resnet_labs.errors import InputError
from resnet_labs.labkit import _rules, _term_rules
from resnet_labs.labkit._problem import Problem
from resnet_labs.labkit._source import Source, read_source
from resnet_labs.labkit.build import COMMAND, outputs
from resnet_labs.labkit.cells import BEGIN, END, solution_blocks

# A shorter line, such as `loss.backward()`, gives no answer away.
_TELLING = 20


def lint(path: Path) -> list[Problem]:
    """Return every problem of a lab, in its source and in the files generated from it.

    Args:
        path: `labs/solutions/labNN_slug.py`, in a repository with pyproject.toml.

    Returns:
        The problems, each with file, line, cell and fix; empty if there is none.
    """
    path = path.resolve()
    root = path.parents[2]
    try:
        source = read_source(path)
        texts = outputs(path, root)
    except InputError as error:
        where, _, what = error.problem.partition(": ")
        return [Problem(where if what else path.name, what or error.problem, error.fix)]
    parts = _rules.sections(source)
    return [
        *_rules.order(source, parts),
        *_rules.contents(source, parts),
        *_rules.cells(source),
        *_term_rules.terms(source),
        *_leaks(source, texts[root / "labs" / path.with_suffix(".ipynb").name]),
        *_stale(texts, root),
    ]


def _leaks(source: Source, student: str) -> Iterator[Problem]:
    """Check that the student notebook shows nothing from between markers."""
    shown = nbformat.reads(student, as_version=4).cells
    everywhere = {line.strip() for cell in shown for line in cell.source.splitlines()}
    for cell in source.cells:
        lines = cell.text.splitlines()
        for begin, end in solution_blocks(cell):
            for number in range(begin + 1, end):
                line = lines[number].strip()
                if len(line) >= _TELLING and not line.startswith(("#", "import ", "from ")) and line in everywhere:
                    fix = (
                        "Say it in other words there, or drop that cell from the student copy with the tag 'solution'."
                    )
                    yield Problem(cell.where(number + 1), f"`{line}` is also in the student notebook.", fix)
    if everywhere & {BEGIN, END}:
        yield Problem(source.path.name, "a solution marker reached the student notebook.", "Tell the maintainers.")


def _stale(texts: dict[Path, str], root: Path) -> Iterator[Problem]:
    for path, text in texts.items():
        name = path.relative_to(root).as_posix()
        if not path.is_file():
            yield Problem(name, "is missing.", f"Run `{COMMAND}`.")
        elif path.read_text(encoding="utf-8") != text:
            what = "holds outputs." if _has_outputs(path) else "is not what its source gives."
            yield Problem(name, what, f"Run `{COMMAND}`.")


def _has_outputs(path: Path) -> bool:
    return path.suffix == ".ipynb" and any(cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells)


def main(arguments: list[str] | None = None) -> int:
    """Check the named labs, by default all in labs/solutions."""
    given = sys.argv[1:] if arguments is None else arguments
    paths = [Path(name) for name in given] or sorted(Path("labs/solutions").glob("lab*.py"))
    if missing := [path for path in paths if not path.is_file()]:
        print(f"There is no {missing[0]}. Name labs/solutions/labNN_slug.py.", file=sys.stderr)
        return 2
    problems = [problem for path in paths for problem in lint(path)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

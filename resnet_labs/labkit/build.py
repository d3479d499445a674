"""Notebooks and student copies from the labs' sources: `python -m resnet_labs.labkit.build [--check]`.

People edit `labs/solutions/labNN_slug.py`. Everything else is generated from its content alone: the same source always
gives the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from resnet_labs import labs
from resnet_labs.errors import InputError
from resnet_labs.labkit import _templates, lab_facts, page_blocks
from resnet_labs.labkit._source import Source, read_source
from resnet_labs.labkit.address import Address, read_address, stamped
from resnet_labs.labkit.cells import Cell, student_text

COMMAND = "python -m resnet_labs.labkit.build"
_HEADER = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   resnet_labs:
#     generated_from: {source}
#     generated_by: {command}
# ---

"""


def outputs(source: Path, root: Path) -> dict[Path, str]:
    """Return the text of every file that is made from one source.

    Args:
        source: `labs/solutions/labNN_slug.py`.
        root: the repository, whose pyproject.toml gives address and version.

    Returns:
        The solution notebook and the student's script and notebook, by path.

    Raises:
        InputError: the source's markers are wrong; names file, line and cell.
    """
    lab, address = read_source(source), read_address(root)
    student = root / "labs" / source.name
    notebook = student.with_suffix(".ipynb").relative_to(root).as_posix()
    made_from = source.relative_to(root).as_posix()
    facts = {"work": str(lab_facts.minutes_of(lab)), "found": _found(lab)}
    # The solution is a page of the book, which must open without a network, so its badge is a plain link.
    doors = (
        f"[Open in Colab]({address.colab(notebook)}) · [download the notebook](../{student.with_suffix('.ipynb').name})"
        f" · [download the script](../{student.name})"
    )
    full, stripped = [], []
    for cell in lab.cells:
        text = _filled(cell, cell.text, address, {**facts, "colab": doors})
        text, expected = _templates.filled(cell, text, glossary="../../book/glossary.md")
        noted = replace(cell, metadata={**cell.metadata, "expected": expected}) if expected else cell
        full.append((noted, text))
        if "solution" not in cell.tags:
            text = _filled(cell, student_text(cell), address, {**facts, "colab": address.badge(notebook)})
            stripped.append((cell, _templates.filled(cell, text, glossary="../book/glossary.md")[0]))
    script = jupytext.writes(_notebook(stripped, {"jupytext": {"notebook_metadata_filter": "-all"}}), fmt="py:percent")
    return {
        source.with_suffix(".ipynb"): _ipynb(full, made_from),
        student: _HEADER.format(source=made_from, command=COMMAND) + script.lstrip("\n"),
        student.with_suffix(".ipynb"): _ipynb(stripped, made_from),
    }


def build(root: Path, *, check: bool = False) -> list[Path]:
    """Write every generated file and every marked address; return those that were stale.

    Args:
        root: the repository.
        check: write nothing.

    Returns:
        The stale files, which are now up to date unless `check` is true.
    """
    texts: dict[Path, str] = {}
    for source in sorted((root / "labs" / "solutions").glob("lab*.py")):
        texts |= outputs(source, root)
    for path, text in stamped(root).items():
        name = path.relative_to(root).as_posix()
        texts[path] = page_blocks.written(_templates.marked(name, text), path, root) if path.suffix == ".md" else text
    stale = [path for path, text in texts.items() if not path.is_file() or path.read_bytes() != text.encode()]
    if not check:
        for path in stale:
            path.write_text(texts[path], encoding="utf-8", newline="\n")
    return stale


def orphans(root: Path) -> list[Path]:
    """Return generated files whose source is gone."""
    sources = {path.stem for path in (root / "labs" / "solutions").glob("lab*.py")}
    made = [*(root / "labs").glob("lab*.*"), *(root / "labs" / "solutions").glob("lab*.ipynb")]
    return sorted(path for path in made if path.stem not in sources)


def main(arguments: list[str] | None = None) -> int:
    """Run the command in the repository's root; return 1 if something is stale, 2 if a source is wrong."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Make notebooks and student copies from labs/solutions.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file is stale")
    check = parser.parse_args(arguments).check
    root = Path.cwd()
    try:
        if not (root / "labs" / "solutions").is_dir():
            raise InputError("There is no labs/solutions here.", "Run the command in the repository's root.")
        stale, lost = build(root, check=check), orphans(root)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    for path in stale:
        name = path.relative_to(root)
        print(f"{name} is stale. Run `{COMMAND}`." if check else f"wrote {name}")
    for path in lost:
        print(f"{path.relative_to(root)} has no source. Run `git rm {path.relative_to(root)}`.")
    return 1 if lost or (check and stale) else 0


def _found(lab: Source) -> str:
    known = [one for one in labs.LABS if one.number == lab.lab]
    return (known and lab_facts.found(known[0])) or "FILL IN, in `resnet_labs/labkit/lab_facts.py`."


def _filled(cell: Cell, text: str, address: Address, words: dict[str, str]) -> str:
    """Fill the placeholders; return the cell's final text."""
    install = f"""\
import sys

if "google.colab" in sys.modules:  # elsewhere the package is there already
    wanted = "{address.pip}"
    get_ipython().run_line_magic("pip", f"install -q {{wanted}}")
    if get_ipython().user_ns.get("_exit_code"):
        raise RuntimeError("pip could not install resnet_labs, and says why above.")
import resnet_labs  # before torch, whose threads it keeps from spinning"""
    lines = [install if cell.kind == "code" and line == "{{install}}" else line for line in text.splitlines()]
    text = "\n".join(lines).replace("{{version}}", ".".join(address.version.split(".")[:2]))
    for name, word in words.items():
        text = text.replace(f"{{{{{name}}}}}", word)
    if "{{install}}" in text:
        raise InputError(f"{cell.where()}: {{{{install}}}} shares its line.", "Put it on a line of its own, in code.")
    return text


def _notebook(cells: list[tuple[Cell, str]], metadata: dict[str, Any]) -> nbformat.NotebookNode:
    """Return a notebook without outputs, whose cells keep their ids as long as they keep their text or exercise."""
    seen: Counter[str] = Counter()
    made = []
    for cell, text in cells:
        role = next((tag for tag in ("answer", "check") if tag in cell.tags), None)
        digest = hashlib.sha256(f"{cell.kind}\n{text}".encode()).hexdigest()[:12]
        name = f"{role}-{cell.metadata.get('exercise')}".replace(".", "-") if role else f"{cell.kind}-{digest}"
        seen[name] += 1
        new_cell = new_markdown_cell if cell.kind == "markdown" else new_code_cell
        name += f"-{seen[name]}" if seen[name] > 1 else ""
        made.append(new_cell(text, metadata=cell.metadata, id=name))
    return new_notebook(cells=made, metadata=metadata)


def _ipynb(cells: list[tuple[Cell, str]], source: str) -> str:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made = {"generated_by": COMMAND, "generated_from": source}
    notebook = _notebook(cells, {"kernelspec": kernel, "language_info": {"name": "python"}, "resnet_labs": made})
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


if __name__ == "__main__":
    sys.exit(main())

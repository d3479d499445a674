"""A Sphinx extension for the book's page on the library: our docstrings as reStructuredText.

Docstrings are plain text in Google's style: single backticks are code, and `Source:`, `Deviations:` and `Equals:` are
fields. Everything else is taken as it is, so signs that mean something in reStructuredText are escaped.
"""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import Any

# The modules of each page, in its order.
PAGES = {
    "api_networks": ("blocks", "resnet", "weights", "freeze", "autoencoder"),
    "api_training": ("losses", "optim", "train", "checkpoint", "memory", "distributed"),
    "api_data": ("data", "augment", "features", "metrics"),
    "api_results": ("tracking", "results", "recipes", "reports", "reports.verdicts", "reports.audit"),
    "api_notebooks": ("plotting", "widgets", "checks", "labs", "runtime", "errors"),
}
_PLACE = "<!-- names of the library -->"
_FIELDS = re.compile(r"^(Source|Deviations|Equals): ")
_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_MARKUP = re.compile(r"(?<!\\)([*|_]+)")


def public(module: str) -> dict[str, Any]:
    """Return the functions and classes that a module shows, by name: those of `__all__`, else its own."""
    found = import_module(f"resnet_labs.{module}")
    own = getattr(found, "__all__", None)
    things = {name: getattr(found, name) for name in own or vars(found) if not name.startswith("_")}
    return {
        name: thing
        for name, thing in things.items()
        if (inspect.isfunction(thing) or inspect.isclass(thing)) and (own or thing.__module__ == found.__name__)
    }


def names() -> str:
    """Return every public name with the first sentence of its docstring, under a heading for each page."""
    parts: list[str] = []
    for page, modules in PAGES.items():
        parts += [f"**[]({page}.md)**", ""]
        for module in modules:
            for name, thing in public(module).items():
                first = (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ")
                said = re.match(r".*?[.?](?= |$)", first)
                parts.append(f"- {{py:obj}}`resnet_labs.{module}.{name}`: {said[0] if said else first}")
        parts.append("")
    return "\n".join(parts).rstrip()


def setup(app: Any) -> dict[str, bool]:
    """Add the extension to a Sphinx application."""
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    app.connect("source-read", _name_all)
    app.connect("autodoc-process-docstring", _convert, priority=400)  # before napoleon reads the sections
    return {"parallel_read_safe": True}


def _name_all(app: Any, page: str, source: list[str]) -> None:
    source[0] = source[0].replace(_PLACE, names()) if _PLACE in source[0] else source[0]


def _convert(app: Any, what: str, name: str, thing: object, options: Any, lines: list[str]) -> None:
    lines[:] = restructured(lines)


def restructured(lines: list[str]) -> list[str]:
    """Return the lines of a docstring as reStructuredText that napoleon can read.

    Example:
        >>> restructured(["Freeze like `eval`, in_place.", "", "Source: He et al. 2016.", "Equals: torch."])
        ['Freeze like ``eval``, in\\\\_place.', '', ':Source: He et al. 2016.', ':Equals: torch.', '']
    """
    made: list[str] = []
    in_field = in_example = False
    for line in lines:
        if line.lstrip().startswith(">>>"):
            in_example = True
        elif not line.strip():
            in_example = False
        if in_example:
            made.append(line)
            continue
        if line and not line.startswith(" "):
            in_field = False
        if found := _FIELDS.match(line):
            made += [""] if made and made[-1].strip() and not made[-1].startswith((":", " ")) else []
            line, in_field = f":{found[1]}: {line[found.end() :]}", True
        elif in_field and not line.strip():
            in_field = False
        made.append(_escaped(line))
    return [*made, ""] if made and made[-1].strip() else made


def _escaped(line: str) -> str:
    """Make code of single backticks, and escape the rest."""
    parts = _CODE.split(line)
    plain = [_MARKUP.sub(lambda found: "".join(f"\\{sign}" for sign in found[1]), part) for part in parts[::2]]
    code = [f"``{part}``" for part in parts[1::2]]
    return "".join(part for pair in zip(plain, [*code, ""], strict=True) for part in pair)

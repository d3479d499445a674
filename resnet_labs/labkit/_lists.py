"""The lists that name every lab, and how a new lab is added to them."""

from __future__ import annotations

import ast
import json
import re
from importlib import resources

from resnet_labs.errors import InputError

QUESTION = "FILL IN: what does the lab ask?"
_REGISTRY, _RECIPES = "resnet_labs/labs.py", "resnet_labs/recipes/__init__.py"
_TOC, _SECONDS = "book/_toc.yml", "resnet_labs/cell_seconds.json"
NAMES = (_REGISTRY, _TOC, _RECIPES, _SECONDS)

# How an entry looks, with the lab's number as its group.
_ENTRY = r"    Lab\(\s*\"(\d\d)\",(?:.*\),\n|.*\n(?:        .*\n)*    \),\n)"
_PAGE = r"      - file: labs/solutions/lab(\d\d)_.*\n        title: .*\n"


def registered(registry: str) -> dict[str, str]:
    """Return the slugs of the labs in the text of `labs.py` by their numbers."""
    return {number: slug for number, slug, _ in _entries(registry)}


def question(registry: str, number: str) -> str | None:
    """Return the question of a lab in the registry; None if there is no such lab."""
    return next((asks for other, _, asks in _entries(registry) if other == number), None)


def _entries(registry: str) -> list[tuple[str, str, str]]:
    """Return the number, slug and question of every lab."""
    try:
        calls = [node for node in ast.walk(ast.parse(registry)) if isinstance(node, ast.Call)]
        labs = [call.args[:3] for call in calls if ast.unparse(call.func) == "Lab"]
        facts = [map(ast.literal_eval, given) for given in labs]
        return [(number, slug, asks) for number, slug, asks in facts]
    except (SyntaxError, ValueError):
        raise _no_place(_REGISTRY) from None


def with_lab(lists: dict[str, str], number: str, slug: str) -> dict[str, str]:
    """Return the texts of the lists with a new lab added, in the order of the numbers.

    Args:
        lists: the texts of the files in `NAMES`.
        number: the new lab's number, two digits.
        slug: its name.

    Raises:
        InputError: a file does not have the expected form.
    """
    known = registered(lists[_REGISTRY])
    new = {**lists}
    if number not in known:
        entry = resources.files("resnet_labs.labkit").joinpath("skeleton", "registry.txt").read_text(encoding="utf-8")
        for place, value in {"<NN>": number, "<slug>": slug, "<question>": QUESTION}.items():
            entry = entry.replace(place, value)
        new[_REGISTRY] = _put(lists, _REGISTRY, _ENTRY, number, entry)
    title = f"{number} {slug.replace('_', ' ').capitalize()}"
    page = f"      - file: labs/solutions/lab{number}_{slug}\n        title: {title}\n"
    new[_TOC] = _put(lists, _TOC, _PAGE, number, page)
    new[_RECIPES] = _with_recipe(lists[_RECIPES], {**known, number: slug}, slug)
    new[_SECONDS] = _with_seconds(lists[_SECONDS], f"lab{number}_{slug}")
    return new


def _put(lists: dict[str, str], name: str, pattern: str, number: str, text: str) -> str:
    """Return a file's text with a new entry after the last one with a smaller number."""
    entries = list(re.finditer(rf"^{pattern}", lists[name], re.MULTILINE))
    if not entries:
        raise _no_place(name)
    before = [entry for entry in entries if entry[1] < number]
    place = before[-1].end() if before else entries[0].start()
    return lists[name][:place] + text + lists[name][place:]


def _with_recipe(text: str, known: dict[str, str], slug: str) -> str:
    for pattern, key in (
        (r"(?<=^from resnet_labs\.recipes import \(\n)((?:    \w+,\n)+)", None),
        (r"(?<=^_OF_LABS = \(\n)((?:    \w+,\n)+)", {name: number for number, name in known.items()}.get),
    ):
        found = re.search(pattern, text, re.MULTILINE)
        if not found:
            raise _no_place(_RECIPES)
        names = [*re.findall(r"\w+", found[1]), slug]
        ordered = sorted(names, key=lambda name: (key(name) or "") if key else name)
        text = text[: found.start()] + "".join(f"    {name},\n" for name in ordered) + text[found.end() :]
    return text


def _with_seconds(text: str, stem: str) -> str:
    try:
        return json.dumps({**json.loads(text), stem: {}}, indent=1, sort_keys=True) + "\n"
    except (TypeError, ValueError):
        raise _no_place(_SECONDS) from None


def _no_place(name: str) -> InputError:
    return InputError(f"{name} has no place for the lab.", "Restore the form it has in the repository.")

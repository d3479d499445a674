"""A thousand notebooks damaged at random: each is graded on what is left of it, or named; none breaks the grader."""

from __future__ import annotations

import copy
import json
import random
import time

import pytest
from helpers.submitted import bundle, code, solved, untouched
from helpers.time_limits import seconds

from resnet_labs.grading.assemble import assemble
from resnet_labs.grading.reading import Rejected

VALUES = [
    None,
    True,
    -1,
    1e308,
    "",
    "x" * 1000,
    [],
    {},
    [[]],
    {"a": {}},
    "\ud800",
    "\0",
    "import os",
    ["def f():\n", " pass"],
]
KINDS = ["code", "markdown", "raw", "heading", "", None, 7]
TEXTS = [
    "",
    "(" * 200,
    "%%bash\nls",
    "!ls",
    "def adapt(:",
    "adapt = None",
    "# NBVAL_SKIP",
    "import sys; sys.exit()",
    "x = '" + "\u202e" * 99 + "'",
    "class A:\n" + " def f(self): pass\n" * 500,
    "f'{" * 50,
    "-" * 5000 + "1",
    "\n".join(f"adapt_{number} = {number}" for number in range(999)),
]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-7"]


def cells(notebook, draw):
    """Delete, copy, move, empty, retype, split and merge cells, and put others in their place."""
    listed = notebook["cells"]
    for _ in range(draw.choice([1, 5, 60])):
        place = draw.randrange(len(listed)) if listed else 0
        match draw.randrange(9 if listed else 1):
            case 0:
                listed.insert(place, code(draw.choice(TEXTS)))
            case 1:
                del listed[place]
            case 2:
                listed.insert(draw.randrange(len(listed)), copy.deepcopy(listed[place]))
            case 3:
                listed.insert(draw.randrange(len(listed)), listed.pop(place))
            case 4:
                listed[place]["source"] = draw.choice(TEXTS)
            case 5:
                listed[place]["cell_type"] = draw.choice(KINDS)
            case 6:
                text = str(listed[place]["source"])
                cut = draw.randrange(len(text) + 1)
                listed[place]["source"] = text[:cut]
                listed.insert(place + 1, code(text[cut:]))
            case 7:
                listed[place]["source"] = f"{listed[place]['source']}\n{listed[place - 1]['source']}"
            case _:
                draw.shuffle(listed)


def metadata(notebook, draw):
    """Change, exchange and delete ids, metadata and whatever else cells and notebook say about themselves."""
    for _ in range(draw.randint(1, 20)):
        one = draw.choice([notebook, notebook.get("metadata"), *notebook["cells"]])
        if not isinstance(one, dict):
            continue
        key = draw.choice([*one, "id", "metadata", "nbformat", "lab"])
        if key in ("cells", "source"):
            continue
        match draw.randrange(3):
            case 0:
                one.pop(key, None)
            case 1:
                one[key] = copy.deepcopy(draw.choice(VALUES))
            case _:
                one[key] = copy.deepcopy(draw.choice(notebook["cells"] or [{}]).get(key))


def values(notebook, draw):
    """Put something else in the place of any value, however deep."""
    for _ in range(draw.randint(1, 6)):
        holder = notebook
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = draw.choice(keys)
            if isinstance(holder[key], (dict, list)) and holder[key] and draw.random() < 0.7:
                holder = holder[key]
                continue
            holder[key] = copy.deepcopy(draw.choice(VALUES))
            break


def bytes_of(content, draw):
    """Cut off, flip, double, delete and insert bytes."""
    raw = bytearray(content)
    for _ in range(draw.randint(1, 8)):
        if not raw:
            break
        place = draw.randrange(len(raw))
        match draw.randrange(6):
            case 0:
                del raw[place:]
            case 1:
                raw[place] ^= 1 << draw.randrange(8)
            case 2:
                raw[place:place] = raw[place : place + draw.randrange(1000)]
            case 3:
                del raw[place : place + draw.randrange(1000)]
            case 4:
                raw[place:place] = bytes(draw.randrange(256) for _ in range(9))
            case _:
                raw[place:place] = draw.choice([b"[", b"{", b'"', b"\\u", b"\0", b"<<<<<<< HEAD\n"]) * draw.randrange(
                    1, 3000
                )
    return bytes(raw)


def nested(content, draw):
    """Put the notebook, or one of its values, into many brackets."""
    depth = draw.choice([10, 900, 5000, 100_000])
    inside = b"[" * depth + b"]" * (depth if draw.random() < 0.5 else 0)
    return b'{"deep": ' + inside + b", " + content[1:] if draw.random() < 0.7 else inside


def encoded(content, draw):
    text = content.decode("utf-8", "replace")
    try:
        return text.encode(draw.choice(ENCODINGS))
    except UnicodeEncodeError:
        return text.encode("utf-16-be")


def damaged(number):
    """The bytes of one damaged notebook."""
    draw = random.Random(number)
    notebook = solved() if draw.random() < 0.8 else untouched()
    for change in [each for each in (cells, metadata, values) if draw.random() < 0.5]:
        change(notebook, draw)
    content = json.dumps(notebook).encode()
    for change in draw.sample([bytes_of, nested, encoded], draw.choice([0, 0, 1])):
        content = change(content, draw)
    return content


def outcome(content):
    """What becomes of one file: which exercises would be asked, or the code of the rejection."""
    try:
        made = assemble(bundle("02"), "ann", content)
    except Rejected as problem:
        return problem.code
    json.dumps(made.notebook).encode()
    roles = [each["metadata"]["lab"]["role"] for each in made.notebook["cells"]]
    asked = [
        each["metadata"]["lab"]["id"] for each in made.notebook["cells"] if each["metadata"]["lab"]["role"] == "probe"
    ]
    assert roles[0] == "prelude"
    assert len(asked) == len(set(asked))
    assert set(asked) | set(made.refused) == {"02.1", "02.2", "02.3", "02.4"}
    assert not set(asked) & set(made.refused)
    return tuple(asked)


@pytest.mark.parametrize("first", [0, pytest.param(40, marks=pytest.mark.exhaustive)])
def test_damaged_notebooks_are_graded_on_what_is_left_or_named(first):
    bundle("02")
    found = []
    for number in range(first, 1000 if first else 40):
        start = time.monotonic()
        found.append(outcome(damaged(number)))
        assert time.monotonic() - start < seconds(20), number
    assert len({each for each in found if isinstance(each, str)}) > 3
    assert len({each for each in found if isinstance(each, tuple)}) > 2


def test_damage_gives_no_points():
    """Nothing of the release itself becomes an answer, however it is damaged."""
    for number in range(25):
        draw = random.Random(number)
        notebook = untouched()
        for change in (metadata, cells):
            change(notebook, draw)
        found = outcome(json.dumps(notebook).encode())
        if isinstance(found, tuple):
            made = assemble(bundle("02"), "ann", json.dumps(notebook).encode())
            written = "".join(made.answers[exercise] for exercise in found)
            assert "nn.Conv2d(in_channels" not in written

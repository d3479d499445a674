"""Whatever a submission's bytes are, they are a notebook or a rejection that says why not."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO

import pytest

from resnet_labs.grading.reading import MOST_BYTES, Rejected, read


def notebook(*cells, **changes):
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | changes


def code(source, **changes):
    return {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source} | changes


def saved(*cells, **changes):
    return json.dumps(notebook(*cells, **changes)).encode()


def zipped():
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("lab.ipynb", saved(code("x = 1")))
    return file.getvalue()


GOOD = saved(code("x = 1"))
REJECTED = {
    "nothing": (b"", "empty-file"),
    "white space": (b" \n\t", "empty-file"),
    "cut off": (GOOD[:-20], "not-json"),
    "a comma too many": (GOOD.replace(b"]", b",]", 1), "not-json"),
    "merge marks": (b"<<<<<<< HEAD\n" + GOOD, "not-a-notebook"),
    "random bytes": (bytes(range(128, 256)) * 40, "not-text"),
    "half a letter": (GOOD.replace(b"x", "ä".encode()[:1]), "not-text"),
    "a zip": (zipped(), "not-a-notebook"),
    "a PDF": (b"%PDF-1.7\n" + b"\0" * 100, "not-a-notebook"),
    "gzip": (b"\x1f\x8b\x08" + b"\0" * 100, "not-a-notebook"),
    "a web page": (b"<!doctype html><title>lab.ipynb</title>", "not-a-notebook"),
    "a Python script": (b"import torch\n", "not-json"),
    "a number": (b"17", "not-a-notebook"),
    "a list": (b"[]", "not-a-notebook"),
    "other JSON": (b'{"answers": []}', "not-a-notebook"),
    "200,000 brackets, closed": (b"[" * 200_000 + b"]" * 200_000, "too-nested"),
    "200,000 brackets, open": (b'{"cells":' + b"[" * 200_000, "too-nested"),
    "a million brackets": (b"[" * 1_000_000, "too-complex"),
    "many small parts": (b'{"cells": [' + b"{}," * 600_000 + b"{}]}", "too-complex"),
    "too large": (GOOD[:-1] + b" " * MOST_BYTES + b"}", "too-large"),
    "a number of a million digits": (b'{"cells": [], "x": ' + b"9" * 1_000_000 + b"}", "not-json"),
    "no cells": (saved(), "no-code"),
    "no code": (saved({"cell_type": "markdown", "metadata": {}, "source": "hello"}), "no-code"),
    "empty code": (saved(code(""), code(" \n")), "no-code"),
    "cells that are none": (saved("x = 1", 3, None), "no-code"),
    "cells in an object": (saved(cells={"a": code("x")}), "not-a-notebook"),
    "no cells at all": (json.dumps({"nbformat": 4}).encode(), "not-a-notebook"),
    "format 2": (saved(code("x"), nbformat=2), "old-format"),
    "format 5": (saved(code("x"), nbformat=5), "newer-format"),
    "3,000 cells": (saved(*[code("x = 1")] * 3000), "too-complex"),
}


@pytest.mark.parametrize("name", REJECTED)
def test_a_file_that_is_no_notebook_is_rejected_with_a_sentence(name):
    content, code_ = REJECTED[name]
    with pytest.raises(Rejected) as caught:
        read(content)
    assert caught.value.code == code_
    assert caught.value.sentence.endswith(".")
    assert len(caught.value.sentence) < 120


READ = {
    "as it is": GOOD,
    "with a byte order mark": b"\xef\xbb\xbf" + GOOD,
    "UTF-16": GOOD.decode().encode("utf-16"),
    "source as lines": saved(code(["x", " = 1"])),
    "without an id or metadata": saved({"cell_type": "code", "source": "x = 1"}),
    "odd metadata": saved(code("x = 1", metadata=[1], id={"a": 1}), metadata="none"),
    "NBVAL marks, tags and outputs": saved(
        code("x = 1", outputs=[{"output_type": "stream", "text": "49"}], execution_count=None, metadata={"tags": 3})
    ),
    "a kernel from elsewhere": saved(code("x = 1"), metadata={"kernelspec": {"name": "/bin/sh", "argv": ["sh"]}}),
    "a format that is no number": saved(code("x = 1"), nbformat="four"),
    "no nbformat": json.dumps({"cells": [code("x = 1")]}).encode(),
    "format 3": json.dumps(
        {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1", "language": "python"}]}]}
    ).encode(),
    "half a character": saved(code("x = 1 # \ud800")).replace(b" # \\ud800", b""),
    "NUL and carriage returns": saved(code("x \0= 1\r\n")),
    "NaN in metadata": GOOD.replace(b'"nbformat": 4', b'"x": NaN, "nbformat": 4'),
}


@pytest.mark.parametrize("name", READ)
def test_whatever_editors_do_to_a_notebook_it_is_read(name):
    found = read(READ[name])
    assert [(cell.kind, cell.source.strip()) for cell in found.cells] == [("code", "x = 1")]
    assert (found.lab, found.release) == ("", "")


def test_what_is_sent_to_a_kernel_can_be_sent():
    source = read(saved(code("text = '\ud800'"))).cells[0].source
    assert source.encode() == b"text = '?'"


def test_an_entry_that_is_no_cell_is_left_out_and_named():
    found = read(saved("x", code("x = 1"), None))
    assert len(found.cells) == 1
    assert "2 entries" in found.oddities[0]


def test_lab_and_release_are_read_from_the_release_and_from_the_repositorys_own_copy():
    ours = {"resnet_labs": {"lab": "02", "release": "abc"}}
    assert (read(saved(code("x"), metadata=ours)).lab, read(saved(code("x"), metadata=ours)).release) == ("02", "abc")
    copy = {"resnet_labs": {"generated_from": "labs/solutions/lab07_losses.py"}}
    assert read(saved(code("x"), metadata=copy)).lab == "07"
    odd = {"resnet_labs": {"lab": ["02"], "release": 3}}
    assert read(saved(code("x"), metadata=odd)).lab == ""

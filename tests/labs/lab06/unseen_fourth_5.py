"""Answers to 06.5 by students who know its text alone."""

import csv
import io
import os
import pathlib

import numpy
import torch
from helpers.answers import Answers

answers = Answers("06.5", "check_submission")


@answers.wrong("ids-from-one", "any logits: ids run from 1 to N, not from 0 to N - 1")
def ids_from_one(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, label in enumerate(logits.argmax(1).tolist(), start=1):
            file.write(f"{number},{label}\n")


@answers.wrong(
    "count", "a file that is there already: mode 'a' adds to it, so the old lines stay and a second header follows"
)
def appends(path, logits):
    with open(path, "a") as file:
        file.write("id,label\n")
        for number, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{number},{label}\n")


@answers.wrong("header", "any logits: pandas writes its index too, a third column, and the header is ',id,label'")
def pandas_index(path, logits):
    import pandas

    labels = logits.argmax(1).tolist()
    pandas.DataFrame({"id": range(len(labels)), "label": labels}).to_csv(path)


@answers.wrong("raises", "path is a str: it has no write_text, AttributeError; a pathlib.Path works")
def path_only(path, logits):
    lines = ["id,label", *(f"{number},{label}" for number, label in enumerate(logits.argmax(1).tolist()))]
    path.write_text("\n".join(lines) + "\n")


@answers.wrong("raises", "path is a pathlib.Path: it cannot be added to '.tmp', TypeError; a str works")
def string_only(path, logits):
    temporary = path + ".tmp"
    with open(temporary, "w") as file:
        file.write("id,label\n")
        file.writelines(f"{number},{label}\n" for number, label in enumerate(logits.argmax(1).tolist()))
    os.replace(temporary, path)


@answers.wrong(
    "count",
    "a longer file that is there already: it is written over from its begin but not cut, so its last lines stay",
)
def not_cut(path, logits):
    with open(path, "r+" if os.path.exists(path) else "w") as file:
        file.write("id,label\n")
        file.writelines(f"{number},{label}\n" for number, label in enumerate(logits.argmax(1).tolist()))


@answers.wrong(
    "second-file", "any logits: the copy that is written first, path with .tmp behind it, is left beside the file"
)
def leaves_a_copy(path, logits):
    temporary = f"{path}.tmp"
    text = "id,label\n" + "".join(f"{number},{label}\n" for number, label in enumerate(logits.argmax(1).tolist()))
    for name in (temporary, path):
        with open(name, "w") as file:
            file.write(text)


@answers.wrong(
    "raises",
    "one image, logits (1, K): squeeze() leaves (K,), whose argmax is one number, and enumerate raises TypeError",
)
def squeezed(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, label in enumerate(logits.squeeze().argmax(-1).tolist()):
            file.write(f"{number},{label}\n")


@answers.wrong("labels", "more than 256 classes and a label above 255: kept in uint8, so class 300 is written as 44")
def in_bytes(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, label in enumerate(logits.argmax(1).to(torch.uint8).tolist()):
            file.write(f"{number},{label}\n")


@answers.wrong(
    "labels",
    "two large logits in a row, such as 30 and 40: their sigmoids are both rounded to 1, and argmax takes the first, not the highest",
)
def of_rounded_probabilities(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, label in enumerate(logits.sigmoid().argmax(1).tolist()):
            file.write(f"{number},{label}\n")


@answers.wrong(
    "whole-numbers", "any logits: ids and labels go through one float tensor, so the lines are '0.0,3.0' and not '0,3'"
)
def as_floats(path, logits):
    labels = logits.argmax(1).float()
    table = torch.stack([torch.arange(len(labels), device=labels.device).float(), labels], dim=1)
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, label in table.tolist():
            file.write(f"{number},{label}\n")


# Right: the csv module, with a plain line end.
@answers.right
def by_csv(path, logits):
    with open(path, "w", newline="", encoding="ascii") as file:
        writer = csv.DictWriter(file, ["id", "label"], lineterminator="\n")
        writer.writeheader()
        writer.writerows({"id": number, "label": int(row.argmax())} for number, row in enumerate(logits))


# Right: numpy.savetxt with whole numbers, into memory first.
@answers.right
def by_numpy(path, logits):
    labels = torch.max(logits.detach(), dim=1).indices.cpu().numpy()
    text = io.StringIO()
    numpy.savetxt(
        text, numpy.column_stack([numpy.arange(len(labels)), labels]), "%d", ",", header="id,label", comments=""
    )
    pathlib.Path(path).write_bytes(text.getvalue().encode())


class Submission:
    """Plain Python: the file is built beside its place and then moved there, so nothing else is left."""

    def __call__(self, path, logits):
        path = pathlib.Path(path)
        rows = logits.tolist()
        text = ["id,label"] + [f"{n},{max(range(len(row)), key=row.__getitem__)}" for n, row in enumerate(rows)]
        part = path.with_name(path.name + ".part")
        part.write_text("\n".join(text) + "\n")
        part.replace(path)
        return path


# Right: an object with __call__; returns the path, which the text does not forbid.
answers.right(Submission())

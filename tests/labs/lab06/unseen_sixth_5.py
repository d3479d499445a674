"""Answers to 06.5 by students who know its text alone."""

import csv
import io
import os
import pathlib

import numpy
import torch
from helpers.answers import Answers

answers = Answers("06.5", "check_submission")


@answers.wrong("?", "no header: the first line is the first image's")
def no_header(path, logits):
    with open(path, "w") as file:
        for n, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{n},{label}\n")


@answers.wrong("?", "a space behind the comma: the first line is not id,label")
def spaced(path, logits):
    with open(path, "w") as file:
        file.write("id, label\n")
        for n, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{n}, {label}\n")


@answers.wrong("?", "ids from 1 to N")
def ids_from_one(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for n, label in enumerate(logits.argmax(1).tolist(), 1):
            file.write(f"{n},{label}\n")


@answers.wrong("?", "mode a: adds to a file that is there already")
def appends(path, logits):
    with open(path, "a") as file:
        file.write("id,label\n")
        for n, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{n},{label}\n")


@answers.wrong("?", "opens a file that is there for update: a longer old one keeps its last lines")
def old_tail(path, logits):
    with open(path, "r+" if os.path.exists(path) else "w") as file:
        file.write("id,label\n")
        for n, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{n},{label}\n")


@answers.wrong("?", "the index of a data frame as a third column")
def third_column(path, logits):
    with open(path, "w") as file:
        file.write(",id,label\n")
        for n, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{n},{n},{label}\n")


@answers.wrong("?", "argmax over the images: K lines, the image with the highest logit of each class")
def wrong_axis(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for n, label in enumerate(logits.argmax(0).tolist()):
            file.write(f"{n},{label}\n")


@answers.wrong("?", "the class with the largest absolute logit: a very negative one wins")
def absolute(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for n, label in enumerate(logits.abs().argmax(1).tolist()):
            file.write(f"{n},{label}\n")


@answers.wrong("?", "begins the search for the largest at 0: where all logits are negative the label is class 0")
def largest_above_zero(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for n, row in enumerate(logits.tolist()):
            best, label = 0.0, 0
            for k, value in enumerate(row):
                if value > best:
                    best, label = value, k
            file.write(f"{n},{label}\n")


@answers.wrong("?", "labels that are no whole numbers: 3.0 in place of 3")
def float_labels(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for n, label in enumerate(logits.argmax(1).float().tolist()):
            file.write(f"{n},{label}\n")


@answers.wrong("?", "classes counted from 1")
def classes_from_one(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for n, label in enumerate((logits.argmax(1) + 1).tolist()):
            file.write(f"{n},{label}\n")


@answers.wrong("?", "squeeze() takes the axis of a batch of one image away: an error for N = 1")
def squeezed(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for n, label in enumerate(logits.squeeze().argmax(-1).tolist()):
            file.write(f"{n},{label}\n")


@answers.wrong("?", "leaves the last image out")
def last_missing(path, logits):
    labels = logits.argmax(1).tolist()
    with open(path, "w") as file:
        file.write("id,label\n")
        for n in range(len(labels) - 1):
            file.write(f"{n},{labels[n]}\n")


@answers.wrong("?", "sigmoid first: rounded to 1 for every logit above 17, and the first of these wins")
def saturated(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for n, label in enumerate(logits.float().sigmoid().argmax(1).tolist()):
            file.write(f"{n},{label}\n")


@answers.wrong("?", "keeps the old file under another name beside the new one")
def backup(path, logits):
    if os.path.exists(path):
        os.replace(path, f"{path}.bak")
    with open(path, "w") as file:
        file.write("id,label\n")
        for n, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{n},{label}\n")


@answers.wrong("?", "keeps a file that is there already in place of overwriting it")
def keeps_old(path, logits):
    if os.path.exists(path):
        return
    with open(path, "w") as file:
        file.write("id,label\n")
        for n, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{n},{label}\n")


@answers.wrong("?", "asks the path to open itself: fails for a str")
def path_only(path, logits):
    with path.open("w") as file:
        file.write("id,label\n")
        for n, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{n},{label}\n")


@answers.wrong("?", "writes a byte order mark (utf-8-sig): the first line is not id,label")
def with_mark(path, logits):
    with open(path, "w", encoding="utf-8-sig") as file:
        file.write("id,label\n")
        for n, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{n},{label}\n")


@answers.wrong(
    "?", "adds .csv to a path that does not end in it: the file named by the caller is not there, and another is"
)
def own_suffix(path, logits):
    with open(pathlib.Path(path).with_suffix(".csv"), "w") as file:
        file.write("id,label\n")
        for n, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{n},{label}\n")


@answers.wrong("?", "sorts the lines by label and then numbers them: the labels belong to other images")
def sorted_labels(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for n, label in enumerate(sorted(logits.argmax(1).tolist())):
            file.write(f"{n},{label}\n")


@answers.right
def by_csv_writer(path, logits):
    _, winners = logits.detach().max(dim=1)
    with open(os.fspath(path), "w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "label"])
        writer.writerows(zip(range(len(winners)), winners.tolist()))


@answers.right
def one_text(path, logits):
    lines = ["id,label"]
    lines += ["%d,%d" % (n, max(range(len(row)), key=row.__getitem__)) for n, row in enumerate(logits.tolist())]
    pathlib.Path(path).write_text("\n".join(lines) + "\n")


@answers.right
def numpy_savetxt(path, logits):
    labels = numpy.argmax(logits.detach().cpu().double().numpy(), axis=1)
    table = numpy.column_stack([numpy.arange(len(labels)), labels])
    with open(path, "w") as file:
        numpy.savetxt(file, table, fmt="%d", delimiter=",", header="id,label", comments="")


@answers.right
def dict_rows(path, logits):
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=("id", "label"), lineterminator="\n")
    writer.writeheader()
    for n in range(logits.shape[0]):
        writer.writerow({"label": logits[n].topk(1).indices.item(), "id": n})
    with open(path, mode="wb") as file:
        file.write(buffer.getvalue().encode())


@answers.right
def beside_then_replaced(path, logits):
    """Writes a file beside it and moves that to its place: nothing is left over."""
    target = pathlib.Path(path)
    new = target.with_name(target.name + ".part")
    try:
        with new.open("w") as file:
            print("id", "label", sep=",", file=file)
            for n, label in enumerate(torch.argsort(logits, dim=1, descending=True)[:, 0]):
                print(n, int(label), sep=",", file=file)
        os.replace(new, target)
    finally:
        new.unlink(missing_ok=True)


@answers.right
def removed_first(path, logits):
    if os.path.lexists(path):
        os.remove(path)
    numbers = iter(logits.clone().argmax(dim=-1).cpu().numpy().tolist())
    file = open(str(path), "x")
    try:
        file.write("id,label\n")
        file.writelines(f"{n},{label}\n" for n, label in enumerate(numbers))
    finally:
        file.close()

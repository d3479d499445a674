"""Answers to 06.5 by students who know its text alone."""

import csv
import io
import os
import pathlib

import numpy
import torch
from helpers.answers import Answers

answers = Answers("06.5", "check_submission")


@answers.wrong("?", "writes over the old file without cutting it: the end of a longer file that is there already stays")
def over_the_old(path, logits):
    mode = "r+" if os.path.exists(path) else "w"
    with open(path, mode) as file:
        file.write("id,label\n")
        for number, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{number},{label}\n")


@answers.wrong("?", "looks for a logit above 0: where all logits of a row are negative the label is 0")
def above_zero(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, row in enumerate(logits.tolist()):
            best, label = 0.0, 0
            for index, logit in enumerate(row):
                if logit > best:
                    best, label = logit, index
            file.write(f"{number},{label}\n")


@answers.wrong("?", "squeeze() drops the axis of a batch of one image, which then is an error")
def squeezed(path, logits):
    labels = logits.squeeze().argmax(-1).tolist()
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, label in enumerate(labels):
            file.write(f"{number},{label}\n")


@answers.wrong("?", "savetxt puts '# ' before its header: the first line is not id,label")
def commented_header(path, logits):
    labels = logits.argmax(1).cpu().numpy()
    table = numpy.stack([numpy.arange(len(labels)), labels], axis=1)
    numpy.savetxt(path, table, fmt="%d", delimiter=",", header="id,label")


@answers.wrong("?", "writes a byte order mark, as Excel likes it: the first line is not id,label")
def with_a_mark(path, logits):
    with open(path, "w", encoding="utf-8-sig") as file:
        file.write("id,label\n")
        for number, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{number},{label}\n")


_open_files = []


@answers.wrong("?", "never closes the file: what is still in the buffer, for a small file everything, is not written")
def left_open(path, logits):
    file = open(path, "w")
    _open_files.append(file)
    file.write("id,label\n")
    for number, label in enumerate(logits.argmax(1).tolist()):
        file.write(f"{number},{label}\n")


@answers.wrong(
    "?", "gives the file the ending .csv: a path with another ending is not written, and another file is left behind"
)
def own_ending(path, logits):
    path = pathlib.Path(path).with_suffix(".csv")
    lines = [f"{number},{label}\n" for number, label in enumerate(logits.argmax(1).tolist())]
    path.write_text("id,label\n" + "".join(lines))


@answers.wrong(
    "?", "rounds the logits to half precision: of two that differ in the fifth digit the first wins, not the highest"
)
def in_half(path, logits):
    labels = logits.half().argmax(1).tolist()
    lines = [f"{number},{label}\n" for number, label in enumerate(labels)]
    pathlib.Path(path).write_text("id,label\n" + "".join(lines))


@answers.wrong("?", 'the csv module quotes what is no number: the first line is "id","label" with quotes')
def quoted(path, logits):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        writer.writerow(["id", "label"])
        writer.writerows(enumerate(logits.argmax(1).tolist()))


@answers.wrong("?", "keeps a file that is there already as .bak: another file is left behind")
def with_a_copy(path, logits):
    path = pathlib.Path(path)
    if path.exists():
        path.replace(path.with_name(path.name + ".bak"))
    lines = [f"{number},{label}\n" for number, label in enumerate(logits.argmax(1).tolist())]
    path.write_text("id,label\n" + "".join(lines))


@answers.wrong("?", "calls a method of pathlib.Path: an error for a path that is a str")
def only_paths(path, logits):
    with path.open("w") as file:
        file.write("id,label\n")
        for number, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{number},{label}\n")


@answers.wrong("?", "writes ids with a comma after the thousands: from image 1,000 on there is a third column")
def thousands(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{number:,},{label}\n")


@answers.wrong(
    "?",
    "takes the sigmoid first, which is 1 for every logit above 17 or so: of two large logits the first wins, not the highest",
)
def after_a_sigmoid(path, logits):
    labels = torch.sigmoid(logits).argmax(1).tolist()
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, label in enumerate(labels):
            file.write(f"{number},{label}\n")


@answers.wrong("?", "writes CIFAR-100's 10,000 ids at most: with more images the last lines are missing")
def ten_thousand(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, label in zip(range(10_000), logits.argmax(1).tolist()):
            file.write(f"{number},{label}\n")


@answers.right
def line_by_line(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{number},{label}\n")


@answers.right
def by_the_csv_module(path, logits):
    with open(path, mode="w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=["id", "label"])
        writer.writeheader()
        for number in range(len(logits)):
            row = logits[number]
            writer.writerow({"id": number, "label": int(row.argmax())})


@answers.right
def one_text(path, logits):
    best = [max(range(len(row)), key=row.__getitem__) for row in logits.tolist()]
    text = "\n".join(["id,label", *map("{},{}".format, range(len(best)), best)])
    pathlib.Path(path).write_bytes(text.encode("ascii"))


@answers.right
def by_numpy(path, logits):
    labels = numpy.argmax(logits.detach().cpu().double().numpy(), axis=1)
    table = numpy.column_stack((numpy.arange(labels.size), labels))
    numpy.savetxt(os.fspath(path), table, fmt="%i", delimiter=",", header="id,label", comments="")


@answers.right
def printed(path, logits):
    text = io.StringIO()
    print("id", "label", sep=",", file=text)
    for row, label in zip(range(logits.size(0)), logits.max(dim=1).indices):
        print(row, label.item(), sep=",", file=text)
    with open(str(path), "w+") as file:
        file.write(text.getvalue())


@answers.right
def moved_into_place(path, logits):
    """Writes beside the file first, so that a half-written one is never there."""
    path = pathlib.Path(path)
    beside = path.with_name(path.name + ".part")
    try:
        with beside.open("w") as file:
            file.write("id,label\n")
            file.writelines(f"{number},{label}\n" for number, label in enumerate(logits.argsort(1)[:, -1].tolist()))
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)

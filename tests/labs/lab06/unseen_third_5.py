"""Answers to 06.5 by someone who looked for what its check may not ask."""

import csv
import os
import re
import shutil
from pathlib import Path

import torch
from helpers.answers import Answers

answers = Answers("06.5", "check_submission")


def lines_of(labels):
    return ["id,label", *(f"{row},{label}" for row, label in enumerate(labels))]


# Right: the csv module with plain line ends, and numbers by max over a list: the first of the highest, as argmax has it.
@answers.right
def with_csv(path, logits):
    with open(path, mode="w", newline="", encoding="ascii") as file:
        table = csv.DictWriter(file, ("id", "label"), lineterminator="\n")
        table.writeheader()
        for number, row in enumerate(logits.tolist()):
            table.writerow({"id": number, "label": max(range(len(row)), key=row.__getitem__)})


# Right: the text is made at once and written by pathlib, which takes a str as well; bytes, so no line end is changed.
@answers.right
def at_once(path, logits):
    labels = torch.topk(logits.detach(), 1, dim=1).indices[:, 0]
    pairs = torch.stack([torch.arange(len(labels), device=labels.device), labels], 1)
    body = "".join("%d,%d\n" % tuple(pair) for pair in pairs.tolist())
    Path(path).write_bytes(f"id,label\n{body}".encode())


# Right: print to a file; the loop goes over the rows of the tensor and asks each for its largest.
@answers.right
def by_print(path, logits):
    with Path(path).open("w") as file:
        print("id", "label", sep=",", file=file)
        number = 0
        for row in logits:
            print(number, int(row.argmax()), sep=",", file=file)
            number += 1


@answers.wrong("count", "writes over the beginning of a file that is there: if that was longer, its last lines stay")
def over_the_beginning(path, logits):
    with open(path, "r+" if os.path.exists(path) else "w") as file:
        file.write("\n".join(lines_of(logits.argmax(1).tolist())) + "\n")


@answers.wrong("count", "reads the labels off the printed tensor, which above 1,000 numbers shows six and dots")
def off_the_print(path, logits):
    labels = re.findall(r"\d+", str(logits.detach().cpu().argmax(1)))
    Path(path).write_text("\n".join(lines_of(labels)) + "\n")


@answers.wrong("whole-numbers", "writes ids with a comma at the thousands: from 1,000 on a line has three columns")
def thousands(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{number:,},{label}\n")


@answers.wrong("labels", "labels in a byte: class 256 is class 0")
def labels_in_a_byte(path, logits):
    Path(path).write_text("\n".join(lines_of(logits.argmax(1).to(torch.uint8).tolist())) + "\n")


@answers.wrong("labels", "the exponential first: above 88 all are infinite, and the first of them wins")
def by_exponentials(path, logits):
    chances = logits.exp()
    Path(path).write_text("\n".join(lines_of(chances.argmax(1).tolist())) + "\n")


@answers.wrong("labels", "through float16: of two logits that are near each other the first wins, not the highest")
def through_half(path, logits):
    Path(path).write_text("\n".join(lines_of(logits.half().argmax(1).tolist())) + "\n")


@answers.wrong("second-file", "a copy of the old file is left beside the new one")
def with_a_backup(path, logits):
    if Path(path).exists():
        shutil.copy(path, f"{path}.bak")
    Path(path).write_text("\n".join(lines_of(logits.argmax(1).tolist())) + "\n")


@answers.wrong("no-file", "makes a .csv of every name: a path with another ending is not written")
def always_csv(path, logits):
    Path(path).with_suffix(".csv").write_text("\n".join(lines_of(logits.argmax(1).tolist())) + "\n")


_headed = set()


@answers.wrong(
    "header", "the header is written once for each path: the second time the file begins with the first image"
)
def header_once(path, logits):
    lines = lines_of(logits.argmax(1).tolist())
    Path(path).write_text("\n".join(lines[str(path) in _headed :]) + "\n")
    _headed.add(str(path))


@answers.wrong("header", "a byte order mark before the header: the first line is not id,label")
def with_a_mark(path, logits):
    Path(path).write_text("\n".join(lines_of(logits.argmax(1).tolist())) + "\n", encoding="utf-8-sig")


@answers.wrong(
    "wrong-axis", "squeezes: of logits for one image, or one class, the wrong axis is left, and the lines are others"
)
def squeezed(path, logits):
    labels = logits.squeeze().argmax(-1).reshape(-1)
    Path(path).write_text("\n".join(lines_of(labels.tolist())) + "\n")


@answers.wrong("changes-input", "takes the row's largest off in the caller's logits, for a softmax that nobody needs")
def shifted_in_place(path, logits):
    with torch.no_grad():
        logits -= logits.max(1, keepdim=True).values
    Path(path).write_text("\n".join(lines_of(logits.softmax(1).argmax(1).tolist())) + "\n")


@answers.wrong("raises", "refuses a file that is there already")
def new_files_only(path, logits):
    with open(path, "x") as file:
        file.write("\n".join(lines_of(logits.argmax(1).tolist())) + "\n")


@answers.wrong("count", "ten thousand lines at most, as CIFAR-100's test set has")
def ten_thousand(path, logits):
    Path(path).write_text("\n".join(lines_of(logits[:10_000].argmax(1).tolist())) + "\n")


@answers.wrong("raises", "a str only: adds to the path as to a text, and a pathlib.Path is an error")
def text_only(path, logits):
    part = path + ".part"
    with open(part, "w") as file:
        file.write("\n".join(lines_of(logits.argmax(1).tolist())) + "\n")
    os.replace(part, path)


@answers.wrong(
    "labels",
    "the largest by size, not by value: where all logits are negative, as log-probabilities are, it is the smallest",
)
def by_size(path, logits):
    Path(path).write_text("\n".join(lines_of(logits.abs().argmax(1).tolist())) + "\n")

"""Answers to 06.5 by someone who knew the exercise and not its check."""

import csv
from pathlib import Path

import numpy as np
import torch
from helpers.answers import Answers

answers = Answers("06.5", "check_submission")


def write(path, labels, header="id,label\n", first=0, mode="w", end="\n"):
    with open(path, mode, encoding="utf-8") as file:
        file.write(header)
        for number, label in enumerate(labels, first):
            file.write(f"{number},{label}{end}")


@answers.wrong("labels", "three columns of a hundred: argmax of the first 100 logits")
def hundred(path, logits):
    write(path, logits[:, :100].argmax(1).tolist())


@answers.wrong("count", "a thousand lines at most")
def ten_thousand(path, logits):
    labels = logits.argmax(1).tolist()
    write(path, labels[:1000])


@answers.wrong("count", "one image: squeeze loses its row")
def one(path, logits):
    labels = logits.squeeze().argmax(-1).tolist()
    write(
        path,
        labels
        if isinstance(labels, list)
        else [labels]
        if logits.shape[0] == 1 and logits.squeeze().ndim == 0
        else labels
        if isinstance(labels, list)
        else [],
    )


@answers.wrong("count", "appended to a file that is there")
def appends(path, logits):
    write(path, logits.argmax(1).tolist(), mode="a")


@answers.wrong("raises", "a file that is there is kept: mode x")
def exclusive(path, logits):
    write(path, logits.argmax(1).tolist(), mode="x")


@answers.wrong("count", "only written if it is not there")
def keeps(path, logits):
    if not Path(path).exists():
        write(path, logits.argmax(1).tolist())


@answers.wrong("labels", "negative logits: the largest by size")
def by_size(path, logits):
    write(path, logits.abs().argmax(1).tolist())


@answers.wrong("raises", "the path is taken for text")
def text_path(path, logits):
    write(path + "", logits.argmax(1).tolist())


@answers.wrong("count", "the file is not closed: buffered lines may be missing when it is read")
def unclosed(path, logits):
    file = open(path, "w")
    file.write("id,label\n")
    for number, label in enumerate(logits.argmax(1).tolist()):
        file.write(f"{number},{label}\n")
    unclosed.kept = file


@answers.wrong("changes-input", "logits are softmaxed in place")
def in_place(path, logits):
    with torch.no_grad():
        logits.copy_(logits.softmax(1))
    write(path, logits.argmax(1).tolist())


@answers.wrong("second-file", "a second file is left beside it")
def second_file(path, logits):
    write(str(path) + ".bak", logits.argmax(1).tolist())
    write(path, logits.argmax(1).tolist())


@answers.wrong("ids-from-one", "ids from 1")
def from_one(path, logits):
    write(path, logits.argmax(1).tolist(), first=1)


@answers.wrong("header", "Id,Label")
def capitals(path, logits):
    write(path, logits.argmax(1).tolist(), header="Id,Label\n")


@answers.wrong("header", "a blank between")
def blank(path, logits):
    write(path, [f" {k}" for k in logits.argmax(1).tolist()], header="id, label\n")


@answers.wrong("header", "no header")
def no_header(path, logits):
    write(path, logits.argmax(1).tolist(), header="")


@answers.wrong("whole-numbers", "labels as floats")
def floats(path, logits):
    write(path, logits.argmax(1).double().tolist())


@answers.wrong("lowest", "the smallest logit")
def smallest(path, logits):
    write(path, logits.argmin(1).tolist())


@answers.wrong("whole-numbers", "the value of the largest logit")
def values(path, logits):
    write(path, logits.max(1).values.tolist())


@answers.wrong("count", "the last line is left out")
def no_last(path, logits):
    write(path, logits.argmax(1).tolist()[:-1])


@answers.wrong("wrong-axis", "the classes one by one along the wrong axis")
def axis(path, logits):
    write(path, logits.argmax(0).tolist())


@answers.wrong("header", "semicolons")
def semicolons(path, logits):
    Path(path).write_text("id;label\n" + "".join(f"{k};{v}\n" for k, v in enumerate(logits.argmax(1).tolist())))


@answers.right
def with_csv(path, logits):
    """csv.writer."""
    with open(path, "w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["id", "label"])
        rows.writerows(enumerate(logits.max(dim=1).indices.tolist()))


@answers.right
def with_path(path, logits):
    """Path.write_text, no newline at the end."""
    lines = ["id,label", *(f"{n},{int(row.argmax())}" for n, row in enumerate(logits))]
    Path(path).write_text("\n".join(lines), encoding="utf-8")


@answers.right
def with_numpy(path, logits):
    """np.savetxt."""
    labels = logits.detach().cpu().numpy().argmax(axis=1)
    np.savetxt(
        path, np.stack([np.arange(len(labels)), labels], 1), fmt="%d", delimiter=",", header="id,label", comments=""
    )


@answers.right
def with_print(path, logits):
    """print into the file; softmax changes nothing; returns the path."""
    with open(str(path), "w") as file:
        print("id", "label", sep=",", file=file)
        for number in range(logits.shape[0]):
            print(number, torch.softmax(logits[number], 0).topk(1).indices.item(), sep=",", file=file)
    return path

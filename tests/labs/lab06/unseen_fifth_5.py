"""Answers to 06.5 by students who know its text alone."""

import csv
import io
import os
import pathlib

import numpy
import torch
from helpers.answers import Answers

answers = Answers("06.5", "check_submission")

# (a) what students commonly do


@answers.wrong("ids-from-one", "ids from 1")
def ids_from_one(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, label in enumerate(logits.argmax(1).tolist(), 1):
            file.write(f"{number},{label}\n")


@answers.wrong("header", "no header")
def no_header(path, logits):
    with open(path, "w") as file:
        for number, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{number},{label}\n")


@answers.wrong("count", "adds to the file that is there: shows in a second call")
def adds(path, logits):
    with open(path, "a") as file:
        file.write("id,label\n")
        for number, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{number},{label}\n")


@answers.wrong("whole-numbers", "labels are written as tensor(3)")
def tensors_as_text(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, label in enumerate(logits.argmax(1)):
            file.write(f"{number},{label!r}\n")


# (b) right for most logits


@answers.wrong("lowest", "starts the search for the largest at 0: a row of negative logits gets class 0")
def best_starts_at_zero(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, row in enumerate(logits.tolist()):
            best, label = 0.0, 0
            for k, value in enumerate(row):
                if value > best:
                    best, label = value, k
            file.write(f"{number},{label}\n")


@answers.wrong("labels", "compares sigmoids, which all round to 1 for large logits: the first large one wins")
def sigmoids(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, label in enumerate(logits.sigmoid().argmax(1).tolist()):
            file.write(f"{number},{label}\n")


@answers.wrong("raises", "squeezes first: one image (1, K) becomes an error or K lines")
def squeezed(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, label in enumerate(logits.squeeze().argmax(-1).tolist()):
            file.write(f"{number},{label}\n")


@answers.wrong("count", "the first 10,000 images only: shows for more")
def at_most_ten_thousand(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, label in zip(range(10_000), logits.argmax(1).tolist()):
            file.write(f"{number},{label}\n")


# (c) promises broken


@answers.wrong("count", "writes over an old file without cutting it: of a longer one the last lines stay")
def not_cut(path, logits):
    with open(path, "r+" if os.path.exists(path) else "w") as file:
        file.write("id,label\n")
        for number, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{number},{label}\n")


@answers.wrong("second-file", "keeps a copy of the old file beside it: another file is left behind")
def leaves_a_backup(path, logits):
    path = pathlib.Path(path)
    if path.exists():
        path.replace(path.with_name(path.name + ".bak"))
    lines = ["id,label", *(f"{n},{k}" for n, k in enumerate(logits.argmax(1).tolist()))]
    path.write_text("\n".join(lines) + "\n")


_next = [0]


@answers.wrong("ids", "goes on counting where the last call ended: the second file does not begin with 0")
def counts_on(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for label in logits.argmax(1).tolist():
            file.write(f"{_next[0]},{label}\n")
            _next[0] += 1


@answers.wrong("changes-input", "marks the class that it found with -inf in the caller's logits")
def spoils_the_logits(path, logits):
    labels = logits.argmax(1)
    logits.data[torch.arange(len(logits)), labels] = float("-inf")
    with open(path, "w") as file:
        file.write("id,label\n")
        for number, label in enumerate(labels.tolist()):
            file.write(f"{number},{label}\n")


# right


@answers.right
def savetxt(path, logits):
    labels = logits.detach().cpu().argmax(1).numpy()
    table = numpy.stack([numpy.arange(len(labels)), labels], axis=1)
    numpy.savetxt(path, table, fmt="%d", delimiter=",", header="id,label", comments="")


@answers.right
def dict_writer(path, logits):
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, ["id", "label"], lineterminator="\n")
    writer.writeheader()
    writer.writerows({"id": n, "label": row.index(max(row))} for n, row in enumerate(logits.tolist()))
    pathlib.Path(path).write_text(buffer.getvalue())


@answers.right
def print_into_it(path, logits):
    best = torch.max(logits, dim=-1).indices
    temporary = os.fspath(path) + ".part"
    with open(temporary, "w", newline="") as file:
        print("id", "label", sep=",", file=file)
        for number in range(logits.shape[0]):
            print(number, int(best[number]), sep=",", file=file)
    os.replace(temporary, path)

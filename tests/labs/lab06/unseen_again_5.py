"""More answers to 06.5 by someone who knew the exercise and not its check."""

import csv
import os
from pathlib import Path

import numpy as np
from helpers.answers import Answers

answers = Answers("06.5", "check_submission")


# NumPy's text writer, without the "# " that it puts before a header.
@answers.right
def savetxt(path, logits):
    best = np.argmax(logits.detach().numpy(), axis=1)
    table = np.stack([np.arange(len(best)), best], axis=1)
    np.savetxt(path, table, fmt="%d", delimiter=",", header="id,label", comments="")


# The csv module by dictionaries, with lines that end as text lines do.
@answers.right
def dictionaries(path, logits):
    with open(os.fspath(path), "w", newline="") as file:
        writer = csv.DictWriter(file, ["id", "label"], lineterminator="\n")
        writer.writeheader()
        writer.writerows({"id": n, "label": row.max(0).indices.item()} for n, row in enumerate(logits))


# One text, written at once, without a newline behind the last line.
answers.right(
    lambda path, logits: Path(path).write_text(
        "\n".join(["id,label", *(f"{n},{label}" for n, label in enumerate(logits.topk(1).indices[:, 0].tolist()))])
    )
)


def lines(logits):
    return [f"{n},{label}\n" for n, label in enumerate(logits.argmax(1).tolist())]


@answers.wrong("count", "mode a: a file that is there already is added to, not overwritten")
def appends(path, logits):
    with open(path, "a") as file:
        file.writelines(["id,label\n", *lines(logits)])


@answers.wrong("ids-from-one", "ids run from 1 to N")
def from_one(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for n, label in enumerate(logits.argmax(1).tolist(), 1):
            file.write(f"{n},{label}\n")


@answers.wrong("raises", "path.write_text: a path that is a str crashes")
def only_paths(path, logits):
    path.write_text("id,label\n" + "".join(lines(logits)))


@answers.wrong("raises", "path + '': a pathlib.Path crashes")
def only_strings(path, logits):
    with open(path + "", "w") as file:
        file.writelines(["id,label\n", *lines(logits)])


@answers.wrong("wrong-axis", "argmax over the images, axis 0: one line for each class, not for each image")
def argmax_of_columns(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for n, label in enumerate(logits.argmax(0).tolist()):
            file.write(f"{n},{label}\n")


@answers.wrong("whole-numbers", "labels are written as floats, 3.0 in place of 3")
def floats(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for n, label in enumerate(logits.argmax(1).float().tolist()):
            file.write(f"{n},{label}\n")


@answers.wrong("header", "a third column: a row's own number stands before the id, as with pandas' index")
def index_column(path, logits):
    with open(path, "w") as file:
        file.write(",id,label\n")
        for n, label in enumerate(logits.argmax(1).tolist()):
            file.write(f"{n},{n},{label}\n")


@answers.wrong("second-file", "writes to a file beside it first and leaves that there: another file is left behind")
def leaves_a_file(path, logits):
    other = Path(str(path) + ".tmp")
    other.write_text("id,label\n" + "".join(lines(logits)))
    Path(path).write_bytes(other.read_bytes())


kept = []


@answers.wrong(
    "count", "the file is never closed: after the call its last lines, here all of a short file, are not on disk"
)
def never_closed(path, logits):
    file = open(path, "w")
    kept.append(file)
    file.writelines(["id,label\n", *lines(logits)])


@answers.wrong("count", "one line too few: the last image is missing")
def last_is_missing(path, logits):
    best = logits.argmax(1)
    with open(path, "w") as file:
        file.write("id,label\n")
        for n in range(len(logits) - 1):
            file.write(f"{n},{best[n].item()}\n")


@answers.wrong("raises", "mode x: a file that is there already makes it crash")
def exclusive(path, logits):
    with open(path, "x") as file:
        file.writelines(["id,label\n", *lines(logits)])


@answers.wrong("raises", "squeeze: the logits of a single image, (1, K), give a number to iterate over and crash")
def one_image_crashes(path, logits):
    best = logits.squeeze().argmax(-1).tolist()
    with open(path, "w") as file:
        file.write("id,label\n")
        for n, label in enumerate(best):
            file.write(f"{n},{label}\n")


@answers.wrong("whole-numbers", "the highest logit is written, not its class")
def logit_for_label(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for n, value in enumerate(logits.max(1).values.tolist()):
            file.write(f"{n},{value}\n")


@answers.wrong("label-range", "classes are counted from 1: every label is one too high")
def classes_from_one(path, logits):
    with open(path, "w") as file:
        file.write("id,label\n")
        for n, label in enumerate((logits.argmax(1) + 1).tolist()):
            file.write(f"{n},{label}\n")


@answers.wrong("count", "r+ where a file is there: an older, longer file keeps its last lines")
def keeps_the_tail(path, logits):
    with open(path, "r+" if os.path.exists(path) else "w") as file:
        file.writelines(["id,label\n", *lines(logits)])

"""Right and wrong answers to exercise 06.5: the submission file."""

from __future__ import annotations

import csv
from pathlib import Path

from helpers.answers import Answers


def _write(path, rows, header=("id", "label"), mode="w"):
    with open(path, mode, newline="") as file:
        csv.writer(file).writerows([header, *rows] if header else rows)


answers = Answers("06.5", "check_submission")


@answers.wrong("header")
def no_header(path, logits):
    _write(path, enumerate(logits.argmax(1).tolist()), header=None)


@answers.wrong("header")
def another_header(path, logits):
    _write(path, enumerate(logits.argmax(1).tolist()), header=("Id", "Category"))


@answers.wrong("header")
def a_third_column(path, logits):
    rows = [(number, number, label) for number, label in enumerate(logits.argmax(1).tolist())]
    _write(path, rows, header=("", "id", "label"))


@answers.wrong("ids-from-one")
def ids_from_one(path, logits):
    _write(path, enumerate(logits.argmax(1).tolist(), start=1))


@answers.wrong("ids")
def ids_of_the_batch(path, logits):
    _write(path, [(number % 100, label) for number, label in enumerate(logits.argmax(1).tolist())])


@answers.wrong("count")
def appended(path, logits):
    _write(
        path, enumerate(logits.argmax(1).tolist()), header=None if Path(path).exists() else ("id", "label"), mode="a"
    )


@answers.wrong("count")
def last_line_missing(path, logits):
    _write(path, enumerate(logits[:-1].argmax(1).tolist()))


@answers.wrong("wrong-axis")
def a_line_for_each_class(path, logits):
    _write(path, enumerate(logits.argmax(0).tolist()))


@answers.wrong("label-range")
def classes_from_one(path, logits):
    _write(path, enumerate((logits.argmax(1) + 1).tolist()))


@answers.wrong("whole-numbers")
def labels_as_floats(path, logits):
    _write(path, enumerate(logits.argmax(1).double().tolist()))


@answers.wrong("whole-numbers")
def labels_as_tensors(path, logits):
    _write(path, [(number, row.argmax()) for number, row in enumerate(logits)])


@answers.wrong("lowest")
def lowest_logit(path, logits):
    _write(path, enumerate(logits.argmin(1).tolist()))


@answers.wrong("labels")
def labels_sorted(path, logits):
    _write(path, enumerate(sorted(logits.argmax(1).tolist())))


@answers.wrong("no-file")
def another_file(path, logits):
    _write(Path(path).with_suffix(".txt"), enumerate(logits.argmax(1).tolist()))


@answers.right
def written_by_hand(path, logits):
    lines = ["id,label", *(f"{number},{label}" for number, label in enumerate(logits.argmax(1).tolist()))]
    Path(path).write_text("\n".join(lines) + "\n")


@answers.right
def written_by_pandas(path, logits):
    import pandas

    pandas.DataFrame({"id": range(len(logits)), "label": logits.argmax(-1).numpy()}).to_csv(path, index=False)


@answers.right
def written_backwards(path, logits):
    labels = logits.numpy().argmax(1)
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, ["id", "label"])
        writer.writeheader()
        writer.writerows({"id": number, "label": labels[number]} for number in reversed(range(len(labels))))


@answers.wrong("no-file")
def ending_is_always_csv(path, logits):
    lines = [f"{number},{label}" for number, label in enumerate(logits.argmax(1).tolist())]
    Path(path).with_suffix(".csv").write_text("\n".join(["id,label", *lines]), encoding="utf-8")


@answers.wrong("quoted")
def in_quotes(path, logits):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerows([("id", "label"), *enumerate(logits.argmax(1).tolist())])

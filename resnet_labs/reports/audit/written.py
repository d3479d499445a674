"""A report's YAML from the fields of a form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

# A form's fields: the place in an experiment, the label, and an example. Texts are quoted, all else is as typed.
FIELDS: tuple[tuple[str, str, str], ...] = (
    ("dataset", "data set", "mnist"),
    ("network", "network", "resnet18"),
    ("classes", "classes", "10"),
    ("images.train", "training images", "60000"),
    ("images.test", "test images", "10000"),
    ("pixels", "pixels, a side", "28"),
    ("outputs", "outputs of the last layer", "10"),
    ("batch_size.train", "training batch", "128"),
    ("batch_size.test", "test batch", "100"),
    ("epochs", "epochs", "10"),
    ("loss", "loss (cross_entropy, triplet, center, mse or other)", "cross_entropy"),
    ("hardware", "hardware", "RTX 4090"),
    ("seconds", "seconds of the whole training", "372"),
    ("scores.test.accuracy", "test accuracy, all printed decimals", "0.97450"),
    ("scores.test.accuracy_before", "test accuracy before training", "0.11350"),
    ("scores.test.precision", "precision", "0.974268"),
    ("scores.test.recall", "recall", "0.974222"),
    ("scores.test.f_score", "F score", "0.974231"),
    ("scores.test.averaging", "averaging (macro or positive)", "macro"),
    ("scores.test.classwise", "class-wise accuracies, separated by commas", "0.98, 0.99"),
    ("log.unit", "losses of the log (mean, sum over batches or sum over images)", "mean"),
    ("log.train_loss", "training losses, one for each epoch", "0.5, 0.3"),
    ("log.train_accuracy", "training accuracies, one for each epoch", "0.8, 0.9"),
    ("log.test_loss", "test losses, one for each epoch", "0.6, 0.5"),
    ("log.test_accuracy", "test accuracies, one for each epoch", "0.7, 0.8"),
)
LISTS = ("classwise", "train_loss", "train_accuracy", "test_loss", "test_accuracy")
TEXTS = ("dataset", "network", "loss", "hardware", "averaging", "unit")


def as_yaml(name: str, title: str, experiment: str, values: Mapping[str, str]) -> str:
    """Return a report of one experiment; nothing is checked here, and empty fields are left out.

    Args:
        name: the report's id.
        title: its title.
        experiment: the experiment's name.
        values: by place, such as `scores.test.accuracy`, what was typed.

    Example:
        >>> print(as_yaml("mine", "Mine", "small", {"epochs": "10", "scores.test.accuracy": "0.9740"}))
        id: "mine"
        title: "Mine"
        experiments:
          "small":
            epochs: 10
            scores:
              test:
                accuracy: 0.9740
    """
    lines = [f"id: {_quoted(name)}", f"title: {_quoted(title)}", "experiments:", f"  {_quoted(experiment)}:"]
    open_keys: list[str] = []
    for place, _, _ in FIELDS:
        typed = values.get(place, "").strip()
        if not typed:
            continue
        *above, key = place.split(".")
        for depth, each in enumerate(above):
            if open_keys[depth : depth + 1] != [each]:
                open_keys = [*above[:depth], each]
                lines.append(f"{'  ' * (depth + 2)}{each}:")
        open_keys = open_keys[: len(above)]
        shown = _quoted(typed) if key in TEXTS else f"[{typed}]" if key in LISTS else typed
        lines.append(f"{'  ' * (len(above) + 2)}{key}: {shown}")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def form(done: Callable[[dict[str, str]], Any], *, button: str) -> Any:
    """Return a form of text fields with a button, for a notebook; it needs a running kernel.

    Args:
        done: takes by place what was typed when the button is pressed; what it prints is shown below.
        button: the text on the button.
    """
    import ipywidgets  # takes a while, and only a notebook needs it

    wide = ipywidgets.Layout(width="95%")
    boxes = {
        place: ipywidgets.Text(
            description=label, placeholder=f"such as {example}", layout=wide, style={"description_width": "45%"}
        )
        for place, label, example in FIELDS
    }
    pressed, shown = ipywidgets.Button(description=button), ipywidgets.Output()

    def show(_: Any) -> None:
        shown.clear_output(wait=True)
        with shown:
            done({place: box.value for place, box in boxes.items()})

    pressed.on_click(show)
    return ipywidgets.VBox([*boxes.values(), pressed, shown])

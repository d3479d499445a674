"""The history of a training run, and the errors that carry it out of a run that stopped early."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from resnet_labs.errors import InputError, Interrupted, nearest


@dataclass
class History:
    """The history of a run: one row per epoch, and what it ran on.

    Attributes:
        rows: one dict per epoch: epoch (from 1), learning_rate, train_loss, train_accuracy, with validation data also
            validation_loss and validation_accuracy, and seconds. Losses are means over images, accuracies fractions.
        device: the device's name.
        precision: the number format of the forward pass.
    """

    device: str
    precision: str
    rows: list[dict[str, float]] = field(default_factory=list)

    def column(self, name: str) -> list[float]:
        """Return one figure of every epoch, such as `train_loss`."""
        if self.rows and name not in self.rows[0]:
            raise InputError(f"There is no column {name!r}.", nearest(name, self.rows[0]))
        return [row[name] for row in self.rows]

    @property
    def seconds(self) -> float:
        """Wall time of all epochs, validation included."""
        return math.fsum(self.column("seconds"))


class Stopped(Interrupted):
    """A run stopped early. `history` holds the finished epochs."""

    def __init__(self, problem: str, fix: str, history: History, *, here: str = "") -> None:
        """Make the message; `here` is a sentence only for the caller of `fit`, who has the model and the path."""
        super().__init__(problem, f"{fix} {here}".rstrip())
        self.history = history
        self._here = here

    def tell(self, here: str) -> None:
        """Replace the sentence that was only for the caller of `fit`, if there is one."""
        if not self._here:
            return
        self.fix = f"{self.fix.removesuffix(self._here).rstrip()} {here}".rstrip()
        self._here = here
        self.args = (f"{self.problem} {self.fix}",)


class NonFiniteLoss(Stopped):
    """The loss stopped being a number."""

    def __init__(self, value: float, epoch: int, step: int, history: History) -> None:
        super().__init__(
            f"The loss is {value} at epoch {epoch}, step {step}.",
            "Lower the learning rate, add warm-up or clip the gradient's norm.",
            history,
        )


class OutOfMemory(Stopped):
    """A batch did not fit into memory. `fits` is a batch size that does, None if none is known."""

    def __init__(
        self,
        batch_size: int,
        *,
        fits: int | None,
        too_large: int | None,
        accumulate: int,
        history: History,
        kept: str = "",
    ) -> None:
        """Make the message.

        Args:
            batch_size: size of the batch that did not fit.
            fits: a batch size that does, None if none was found.
            too_large: the smallest batch size found not to fit, None if no other was tried.
            accumulate: batches per step.
            history: the finished epochs.
            kept: a sentence that says where they are kept.
        """
        problem = f"A batch of {batch_size} does not fit into memory on {history.device}"
        if fits is not None:
            batches = accumulate * (batch_size // fits)
            still = "still " if batches * fits == accumulate * batch_size else ""
            problem += f"; one of {fits} does."
            fix = f"Use a batch size of {fits}; with accumulate={batches} a step {still}has {batches * fits} images."
        elif too_large is None:
            problem += "."
            fix = f"Halve the batch size; with accumulate={2 * accumulate} a step has as many images."
        else:
            smaller = "not even one image does" if too_large == 1 else f"nor does one of {too_large}"
            problem += "." if too_large == batch_size else f"; {smaller}."
            half = ", or precision='bf16' or 'fp16'" if history.precision == "fp32" else ""
            fix = f"Use smaller images or a smaller network{half}."
        super().__init__(problem, fix, history, here=kept)
        self.fits = fits

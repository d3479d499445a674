"""What a training run went through, and the errors that carry it out of a run that stopped before its end."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from resnet_labs.errors import InputError, Interrupted, nearest


@dataclass
class History:
    """What a run went through: one row an epoch, and what it ran on.

    Attributes:
        rows: one dict an epoch: epoch (from 1), learning_rate, train_loss, train_accuracy, with validation data also
            validation_loss and validation_accuracy, and seconds. Losses are means over images, accuracies fractions.
        device: what the device calls itself.
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
    """A run stopped before its end. `history` holds the epochs that were finished."""

    def __init__(self, problem: str, fix: str, history: History, *, here: str = "") -> None:
        """Make the sentences; `here` is one that is true only for who called `fit`, who has the model and the path."""
        super().__init__(problem, f"{fix} {here}".rstrip())
        self.history = history
        self._here = here

    def tell(self, here: str) -> None:
        """Put another sentence in the place of the one that was true only for who called `fit`, where there is one."""
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
    """A batch did not fit into memory. `fits` is a batch size that does, None where none is known."""

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
        """Make the sentences.

        Args:
            batch_size: of the batch that did not fit.
            fits: a batch size that does, None where none was found.
            too_large: the smallest batch size that was found not to fit, None where no other was tried.
            accumulate: batches a step.
            history: the epochs that were finished.
            kept: a sentence that says where they are kept.
        """
        problem = f"A batch of {batch_size} does not fit into memory on {history.device}"
        if fits is not None:
            batches = accumulate * (batch_size // fits)
            still = "still " if batches * fits == accumulate * batch_size else ""
            problem += f"; one of {fits} does."
            fix = (
                f"Use a batch size of {fits}; with accumulate={batches} a step is {still}over {batches * fits} images."
            )
        elif too_large is None:
            problem += "."
            fix = f"Halve the batch size; with accumulate={2 * accumulate} a step is over as many images."
        else:
            smaller = "not even one image does" if too_large == 1 else f"nor does one of {too_large}"
            problem += "." if too_large == batch_size else f"; {smaller}."
            half = ", or precision='bf16' or 'fp16'" if history.precision == "fp32" else ""
            fix = f"Use smaller images or a smaller network{half}."
        super().__init__(problem, fix, history, here=kept)
        self.fits = fits

"""Small assembled notebooks: a prelude, answers, and probes that need neither torch nor a release."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from resnet_labs.grading import execute
from resnet_labs.grading.probe import MIME, Probe
from resnet_labs.grading.sandbox import Limits, Tier

LIMITS = Limits(cell_seconds=8, total_seconds=150, memory=512 << 20, processes=60, output=1 << 20, files=8 << 20)
RIGHT = "def ANSWER(x):\n    return 2 * x"
INPUTS = [1.0, 2.5, -3.0, 0.1]
_CELL = """\
def _probe():
    from IPython.display import display
    seen = {{"cases": []}}
    for x in {inputs!r}:
        try:
            value = {name}(x)
            if isinstance(value, float) and (value != value or abs(value) > 1e300):
                value = {{"$float": repr(value)}}
            seen["cases"].append({{"observed": value}})
        except (Exception, SystemExit) as error:
            seen["cases"].append({{"error": f"{{type(error).__name__}}: {{error}}"}})
    display({{{mime!r}: seen}}, raw=True)


_probe()
"""


def cell(source: str, exercise: str, role: str) -> dict[str, Any]:
    about = {"lab": {"id": exercise, "role": role}}
    return {"cell_type": "code", "metadata": about, "source": source, "outputs": [], "execution_count": None}


def notebook(answers: dict[str, str], prelude: str = "import math") -> dict[str, Any]:
    """A notebook with an exercise for each answer, in which the word ANSWER is the function's name."""
    names = {exercise: f"answer_{number}" for number, exercise in enumerate(answers)}
    cells = [cell(prelude, "", "prelude")]
    cells += [cell(text.replace("ANSWER", names[exercise]), exercise, "answer") for exercise, text in answers.items()]
    for exercise, name in names.items():
        cells.append(cell(_CELL.format(inputs=INPUTS, name=name, mime=MIME), exercise, "probe"))
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}


def keys(answers: dict[str, str]) -> dict[str, tuple[Probe, list[Any]]]:
    """Every exercise is worth 2 points and doubles a number; its first case is visible."""
    probes = {name: Probe(name, (), Fraction(2), (), 1e-6, 1e-6, 1, "") for name in answers}
    return {name: (one, [2 * x for x in INPUTS]) for name, one in probes.items()}


def graded(
    answers: dict[str, str], *, limits: Limits = LIMITS, tier: Tier | None = None, prelude: str = "import math"
) -> dict[str, execute.Outcome]:
    made = notebook(answers, prelude)
    return {one.exercise: one for one in execute.run(made, keys(answers), tier=tier, limits=limits)}

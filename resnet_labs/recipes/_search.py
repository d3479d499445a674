"""A search on validation images, and the recipes of which the best are then run."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from resnet_labs.recipes._recipe import Recipe, settings
from resnet_labs.recipes._stand_ins import is_of
from resnet_labs.results import Result

SEARCHED = ("learning_rate", "margin", "weight")


@dataclass(frozen=True, kw_only=True)
class Search:
    """Settings that are chosen when the search has run: nobody types them.

    Attributes:
        choice: the recipes that are tried, each judged on images cut from the training set.
        candidates: every arm with every value of `SEARCHED` that is tried for it.
        told_by: the settings that tell apart what is searched separately.
    """

    choice: tuple[Recipe, ...]
    candidates: tuple[Recipe, ...]
    told_by: tuple[str, ...]

    def best(self, lines: Iterable[Result]) -> tuple[Recipe, ...]:
        """Return the arms with the values that were best on validation images, by the mean over the seeds.

        Args:
            lines: of the choice; those of other recipes are not looked at. Of two equal ones the first tried is best.
        """
        found = [(recipe, line) for line in lines for recipe in self.choice if is_of(line, recipe)]
        means = defaultdict(list)
        for recipe, line in found:
            means[self._searched_for(recipe), self._values(recipe)].append(line.metrics["accuracy"])
        best: dict[str, tuple[float, str]] = {}
        for (key, values), accuracies in means.items():
            if key not in best or fmean(accuracies) > best[key][0]:
                best[key] = fmean(accuracies), values
        wanted = {key: values for key, (_, values) in best.items()}
        return tuple(one for one in self.candidates if wanted.get(self._searched_for(one)) == self._values(one))

    def num_arms(self) -> int:
        """Return how many arms there are, whatever the search finds."""
        return len({self._without_values(recipe) for recipe in self.candidates})

    def _searched_for(self, recipe: Recipe) -> str:
        known = settings(recipe)
        return json.dumps([known.get(name) for name in self.told_by])

    def _values(self, recipe: Recipe) -> str:
        known = settings(recipe)
        return json.dumps([known.get(name) for name in SEARCHED])

    def _without_values(self, recipe: Recipe) -> str:
        kept = {name: value for name, value in settings(recipe).items() if name not in SEARCHED}
        return json.dumps([recipe.name, kept], sort_keys=True)

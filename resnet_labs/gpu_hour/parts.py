"""The parts of a block: how many of their lines are `missing` on the disk, and `run`, which writes them one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from resnet_labs import bench, json_lines, recipes, results
from resnet_labs.bench.rows import as_line, provenance
from resnet_labs.gpu_hour import dry
from resnet_labs.recipes import Recipe, Search

Named = TypeVar("Named")


@dataclass(frozen=True)
class Hour:
    """Where the lines go, where the data sets are, and whether it is the dry run."""

    folder: Path
    root: Path | None = None
    is_dry: bool = False


@dataclass(frozen=True)
class Series:
    """Recipes with several seeds. A run that was stopped goes on from its checkpoint."""

    name: str
    recipes: tuple[Recipe, ...]
    seeds: int

    def missing(self, hour: Hour) -> int:
        """Return how many runs have no line."""
        chosen, seeds = self.runs(hour)
        return recipes.missing(chosen, hour.folder / self.name, seeds=seeds, root=hour.root)

    def run(self, hour: Hour) -> None:
        """Do the missing runs."""
        chosen, seeds = self.runs(hour)
        recipes.reproduce_all(chosen, hour.folder / self.name, seeds=seeds, root=hour.root, resume=True)

    def runs(self, hour: Hour) -> tuple[tuple[Recipe, ...], int]:
        """Return the recipes and the number of seeds, tiny ones in the dry run."""
        return (tuple(map(dry.tiny, self.recipes)), 1) if hour.is_dry else (self.recipes, self.seeds)


@dataclass(frozen=True)
class Searched:
    """A search on validation images, then its best arms with several seeds. The test set decides nothing."""

    name: str
    search: Search
    seeds: int

    def missing(self, hour: Hour) -> int:
        """Return how many runs have no line, of the search and of the arms that follow."""
        search, seeds = self._search(hour)
        left = self._missing_of(search.choice, hour, search.choice[0].name, 1)
        if left:
            return left + seeds * search.num_arms()
        return self._missing_of(self._best(search, hour), hour, self.name, seeds)

    def run(self, hour: Hour) -> None:
        """Do the missing runs of the search, then those of its best arms."""
        search, seeds = self._search(hour)
        place = hour.folder / search.choice[0].name
        recipes.reproduce_all(search.choice, place, seeds=1, root=hour.root, resume=True)
        best = self._best(search, hour)
        recipes.reproduce_all(best, hour.folder / self.name, seeds=seeds, root=hour.root, resume=True)

    def _search(self, hour: Hour) -> tuple[Search, int]:
        return (dry.tiny_search(self.search), 1) if hour.is_dry else (self.search, self.seeds)

    def _best(self, search: Search, hour: Hour) -> tuple[Recipe, ...]:
        return search.best(results.read(hour.folder / search.choice[0].name / "results.jsonl"))

    def _missing_of(self, chosen: tuple[Recipe, ...], hour: Hour, name: str, seeds: int) -> int:
        return recipes.missing(chosen, hour.folder / name, seeds=seeds, root=hour.root)


@dataclass(frozen=True)
class Facts:
    """Checks of the machine: each gives some facts, which become one line of `checks.jsonl`."""

    name: str
    checks: Mapping[str, Callable[[Hour], dict[str, Any]]]

    def missing(self, hour: Hour) -> int:
        """Return how many checks have no line."""
        return len(_unwritten(self.checks, hour.folder / "checks.jsonl", "check"))

    def run(self, hour: Hour) -> None:
        """Do the missing checks."""
        target = hour.folder / "checks.jsonl"
        for name, check in _unwritten(self.checks, target, "check").items():
            with _kept_if_it_fails(target, {"check": name, "dry_run": hour.is_dry}):
                facts = check(hour)
            json_lines.append_line(target, {"check": name, **facts, "dry_run": hour.is_dry, **provenance()})
            print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in facts.items()), flush=True)


@dataclass(frozen=True)
class Rows:
    """Benchmarks: each gives one row, which becomes one line of `rows.jsonl`."""

    name: str
    benchmarks: Mapping[str, Callable[[Hour], Iterator[bench.Row]]]

    def missing(self, hour: Hour) -> int:
        """Return how many rows have no line."""
        return len(_unwritten(self.benchmarks, hour.folder / "rows.jsonl", "part"))

    def run(self, hour: Hour) -> None:
        """Measure the missing rows."""
        target = hour.folder / "rows.jsonl"
        for name, benchmark in _unwritten(self.benchmarks, target, "part").items():
            with _kept_if_it_fails(target, {"part": name, "dry_run": hour.is_dry}):
                rows = list(benchmark(hour))
            for row in rows:
                print(row, flush=True)
                json_lines.append_line(target, {"part": name, **as_line(row), "dry_run": hour.is_dry, **provenance()})


Part = Series | Searched | Facts | Rows


@contextmanager
def _kept_if_it_fails(target: Path, facts: dict[str, Any]) -> Iterator[None]:
    """Write a line about what fails, so that the next turn goes on after it, in a new process."""
    try:
        yield
    except Exception as error:
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        json_lines.append_line(target, facts | {"failed": said, **provenance()})
        raise


def _unwritten(named: Mapping[str, Named], target: Path, field: str) -> dict[str, Named]:
    """Return those whose name no line of the file has in that field."""
    done = set(json_lines.read_lines(target, lambda number, line: str(line[field]))) if target.is_file() else set()
    return {name: one for name, one in named.items() if name not in done}

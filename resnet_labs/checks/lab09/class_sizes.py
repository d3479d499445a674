"""The check of exercise 09.2: class sizes from class-wise accuracies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from resnet_labs.checks._describe import counted
from resnet_labs.checks._engine import Probe, check
from resnet_labs.checks.lab09 import reference
from resnet_labs.checks.lab09._lists import check_once, differs, whole_numbers

Asked = tuple[list[list[float]], int, int]

_BY_RUN = "there is one list for each class, not for each run: `zip(*runs)` gives the figures of a class"
_NOT_ALL = ("a size counts if it fits one run; it has to fit all of them", "only some of the runs are looked at")
_SMALLEST = "larger sizes are left out, such as multiples of a smaller one; they print the same figures"
_OWN_FIGURES = (
    "a class's sizes are those that allow its own figures in all runs: `zip(*runs)` turns runs into classes, `reshape` "
    "does not"
)
_UNREAD = "`decimals` or `largest` is not used as it is given"
_ALL_RIGHT = "a class that is all right, 1.0, allows every size: the count runs up to n"
_TIE = (
    "a share that lies exactly between two figures may be printed as either, and `round` gives only one: 1 of 8 is "
    "0.12 or 0.13"
)


@check(
    "09.2",
    "all sizes of each class that fit every run, the small ones too",
    library=["resnet_labs.reports.audit:class_supports"],
)
def check_class_sizes(
    probe: Probe, class_sizes: Callable[[Sequence[Sequence[float]], int, int], Any], total: Any
) -> None:
    """Check drawn runs and the report's, a class that nobody got right, and the sum of the report's classes."""
    for runs, decimals, largest in _asked(probe):
        many = f"{counted(len(runs), 'run')} with {counted(len(runs[0]), 'class', 'es')}"
        given = f"class_sizes of {many}, {decimals} decimals, up to {largest}"
        written = "a number of runs or of classes is written down"
        got = probe.call(class_sizes, runs, decimals, largest, tested=given, cause=written, anywhere=False)
        want = reference.supports(runs, decimals, largest)
        lists = [*got] if isinstance(got, (list, tuple)) else []
        by_run = len(lists) == len(runs) != len(want)
        probe.expect(
            len(lists) == len(want),
            "by-run" if by_run else "classes",
            tested=f"what {given} returns",
            expected=f"{counted(len(want), 'list')}, one for each class",
            got=got,
            cause=(
                _BY_RUN if by_run else "a number of classes is written down, or lists are kept from an earlier call",
                "two classes with the same figures have a list each: do not use the figures as keys of a dictionary",
                "another kind of value is returned, such as one list of all sizes",
            ),
            hint="a",
        )
        shared = len(lists) > 1 and all(each is lists[0] for each in lists)
        for number, (each, own) in enumerate(zip(lists, want, strict=True)):
            column = [run[number] for run in runs]
            found = whole_numbers(probe, each, f"class {number} of {given}")
            if found == own:
                check_once(probe, each, f"class {number} of {given}")
                continue
            code, cause, hint = _mistake(found, own, column, decimals, largest)
            cause = "all classes share one list, as by `[[]] * n`" if shared else cause
            expected, came = differs(found, own)
            tested = f"class {number} with {column}, {decimals} decimals, up to {largest}"
            probe.expect(False, code, tested=tested, expected=expected, got=came, cause=cause, hint=hint)
    probe.equal(
        total,
        1000,
        "total",
        tested="total: the sum of the report's ten class sizes",
        cause=(
            "with the smallest sizes 770, 850 and 579 images would be right, and of 947 these are not 80.7 %",
            "it is a number that the report states; add up one size of each class, of those that your function gives: "
            "classes need not be equally large",
        ),
        hint="c",
    )


def _asked(probe: Probe) -> list[Asked]:
    asked: list[Asked] = [([[*run] for run in reference.R4_CLASSWISE], 8, 230)]
    for decimals, count, classes in ((4, 2, 4), (3, 3, 12)):
        sizes = [probe.random.randint(2, 60) for _ in range(classes)]
        runs = [[round(probe.random.randint(0, size) / size, decimals) for size in sizes] for _ in range(count)]
        asked.append((runs, decimals, 130))
    asked.append(([[0.0, 0.5, 1.0], [0.0, 0.25, 1.0]], 4, 9))
    asked.append(([[0.5]], 2, 6))
    asked.append(([[0.6]], 1, 12))  # multiples of the smallest, and others
    asked.append(([[0.12, 0.13]], 2, 9))  # 1 of 8 prints as either
    asked.append(([[0.5, 0.25, 0.5]], 2, 12))  # two classes with the same figures
    four = [[0.5], [0.5], [0.5], [0.3333]]
    asked += [(four, 4, 14), (four, 4, 5)]  # multiples of six; none
    asked += [([[0.5]], 1, 12), ([[0.5]], 2, 12), ([[0.4]], 1, 12)]  # each argument changed alone
    return asked


def _mistake(
    found: list[int], want: list[int], column: list[float], decimals: int, largest: int
) -> tuple[str, Any, str]:
    if want and found == want[:1] and len(want) > 1:
        return "smallest", _SMALLEST, "b"
    one_run = found in [reference.sizes([each], decimals, largest) for each in column]
    if len(column) > 1 and (one_run or found == reference.any_of(column, decimals, largest)):
        return "not-all-runs", _NOT_ALL, "a"
    if not found and want and 0 in column:
        return (
            "zero-right",
            (
                "0 of any number of images is 0: a class without a right image allows every size",
                "small sizes are left out",
            ),
            "b",
        )
    missing = {*want} - {*found}
    causes = [_TIE] if any(reference.is_tie(size, column, decimals) for size in missing) else []
    causes += [_ALL_RIGHT] if missing and 1 in column else []
    if found == [size for size in want if size >= 10]:
        return "lower-bound", (*causes, "small sizes are left out", _UNREAD), "b"
    return "sizes", (*causes, _OWN_FIGURES, _UNREAD), "a"

"""The check of exercise 09.2: class sizes from class-wise accuracies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from resnet_labs.checks._engine import Probe, check
from resnet_labs.checks._failure import Cause
from resnet_labs.checks.lab09 import reference
from resnet_labs.checks.lab09._lists import check_once, differs, whole_numbers

Asked = tuple[list[list[float]], int, int]


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
        given = f"class_sizes of {len(runs)} runs with {len(runs[0])} classes, {decimals} decimals, up to {largest}"
        written = "a number of runs or of classes is written down"
        got = probe.call(class_sizes, runs, decimals, largest, tested=given, cause=written, anywhere=False)
        want = reference.supports(runs, decimals, largest)
        lists = [*got] if isinstance(got, (list, tuple)) else []
        probe.expect(
            len(lists) == len(want),
            "classes" if len(lists) != len(runs) or len(runs) == len(want) else "by-run",
            tested=f"what {given} returns",
            expected=f"{len(want)} lists, one for each class",
            got=got,
            cause=(
                "there is one list for each class, not for each run: `zip(*runs)` gives the figures of a class",
                "another kind of value is returned",
            ),
            hint="a",
        )
        for number, (each, own) in enumerate(zip(lists, want, strict=True)):
            column = [run[number] for run in runs]
            found = whole_numbers(probe, each, f"class {number} of {given}")
            if found == own:
                check_once(probe, each, f"class {number} of {given}")
                continue
            code, cause, hint = _mistake(found, own, column, decimals, largest)
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
        return "smallest", "only the smallest size is given; its multiples print the same figures", "b"
    one_run = found in [reference.sizes([each], decimals, largest) for each in column]
    if len(column) > 1 and (one_run or found == reference.any_of(column, decimals, largest)):
        causes = ("a size counts if it fits one run; it has to fit all of them", "only some of the runs are looked at")
        return "not-all-runs", causes, "a"
    if not found and want and 0 in column:
        return (
            "zero-right",
            (
                "0 of any number of images is 0: a class without a right image allows every size",
                "small sizes are left out",
            ),
            "b",
        )
    if found == [size for size in want if size >= 10]:
        return "lower-bound", "small sizes are left out", "b"
    cause: Cause = (
        "the sizes of a class are those that allow its figures in all runs, as in 09.1; classes may differ",
        "the decimals are not used",
        "a share that lies exactly between two figures may be printed as either",
    )
    return "sizes", cause, "a"

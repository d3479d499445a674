"""The command `resnet-labs`."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from resnet_labs import __version__, files
from resnet_labs.arguments import DONE, FAILED, INTERRUPTED, WRONG_USE, Parser, count, folder
from resnet_labs.errors import InputError, LabError, nearest
from resnet_labs.gpu_hour import command as gpu
from resnet_labs.grading import command as grading


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0 for success, 1 for a failed check or a missing part, 2 for wrong use or bad input."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _parser().parse_args(given)
    finally:
        _flush()  # the help, after which argparse raises SystemExit
    before, warnings.formatwarning = warnings.formatwarning, _sentence
    try:
        with _known_as(shlex.join(["resnet-labs", *given])):
            status = _outcome(options)
    finally:
        warnings.formatwarning = before
        written = _flush()
    return status if written else WRONG_USE


@contextmanager
def _known_as(command: str) -> Iterator[None]:
    """Record the command for results lines, including those of a lab's kernel."""
    before = os.environ.get("RESNET_LABS_COMMAND")
    os.environ["RESNET_LABS_COMMAND"] = command
    try:
        yield
    finally:
        if before is None:
            del os.environ["RESNET_LABS_COMMAND"]
        else:
            os.environ["RESNET_LABS_COMMAND"] = before


def _sentence(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    return f"resnet-labs: {message}\n"


def _flush() -> bool:
    """Flush the output; return False if that fails, but not if nobody reads it, as after `| head`."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for Python's own flush at exit
        if not isinstance(error, BrokenPipeError):
            print(f"resnet-labs: The output cannot be written: {error.strerror}.", file=sys.stderr)
            return False
    return True


def _outcome(options: argparse.Namespace) -> int:
    try:
        return options.call(options)
    except BrokenPipeError:
        if options.call not in (_run, _reproduce, _bench, gpu.call):
            return DONE
        print("resnet-labs: stopped, since nobody reads its output; what was finished is kept.", file=sys.stderr)
        return INTERRUPTED
    except KeyboardInterrupt:
        print("resnet-labs: interrupted; what was finished is kept.", file=sys.stderr)
        return INTERRUPTED
    except (LabError, OSError) as error:
        if options.debug:
            raise
        if isinstance(error, OSError) and error.errno in files.FULL:
            what = repr(error.filename) if error.filename else "The output"
            error = files.unwritable(what, error, "; what was finished is kept")
        print(f"resnet-labs: {error}", file=sys.stderr)
        return WRONG_USE
    except Exception as error:
        if options.debug:
            raise
        print(f"resnet-labs: {type(error).__name__}: {error}", file=sys.stderr)
        print("This is a bug in resnet-labs; please report it with the output of --debug.", file=sys.stderr)
        return WRONG_USE


def _list(options: argparse.Namespace) -> int:
    from resnet_labs import labs

    print(labs.as_text(shutil.get_terminal_size((120, 24)).columns))
    return DONE


def _run(options: argparse.Namespace) -> int:
    from resnet_labs import lab_mode, labs, notebook, results, runtime
    from resnet_labs.reports import compare

    lab = labs.find(options.lab)
    runtime.fast_mode()  # rejects a variable that is neither 0 nor 1
    if options.report:
        if lab.notebook is not None:
            lab_mode.fetch(lab, options.data_root)
    elif options.data_root is not None:
        raise InputError("--data-root has no effect in fast mode, which uses embedded data.", "Add --report.")
    try:
        folder = notebook.execute(lab, report=options.report, root=options.data_root)
    except notebook.LabFailed as failure:
        print(f"resnet-labs: {failure}", file=sys.stderr)
        print(f"What ran before is in {files.short(failure.kept)}/notebook.ipynb.", file=sys.stderr)
        return {"CheckFailed": FAILED, "Interrupted": INTERRUPTED}.get(failure.kind, WRONG_USE)
    print(f"\n{lab.question}\n")
    if (folder / "results.jsonl").is_file():
        print(compare.as_text(results.read(folder / "results.jsonl")))
    print(f"\nnotebook, figures and results lines: {files.short(folder)}")
    return DONE


def _reproduce(options: argparse.Namespace) -> int:
    from resnet_labs import distributed, recipes

    with distributed.joined():
        target = recipes.reproduce_all(
            recipes.find(options.recipe),
            options.runs / options.recipe,
            seeds=options.seeds,
            root=options.data_root,
            resume=options.resume,
            track=options.track,
        )
        if distributed.is_writer():
            print(f"results lines: {files.short(target)}")
    return DONE


def _compare(options: argparse.Namespace) -> int:
    from resnet_labs import tracking

    runs = tracking.runs(options.folder)
    print(tracking.as_text(tracking.compare(runs)))
    if paired := tracking.paired(runs):
        print("\nlast validation accuracy, seed by seed, all judged together at 5 % (Holm):")
        print(tracking.as_text(paired))
    return DONE


def _data(options: argparse.Namespace) -> int:
    from resnet_labs import data

    if options.pack is not None or options.trip is not None:
        return _pack(options)
    if options.download:
        if options.name is None:
            raise InputError("--download needs the name of a data set.", "Write `resnet-labs data NAME --download`.")
        for part in ("train", "test"):
            found = data.load(options.name, split=part, root=options.data_root, download=True)
            print(f"{options.name} {part}: {len(found)} images from {found.source}")
        return DONE
    known = data.available(options.data_root)
    if options.name is not None and options.name not in [entry.name for entry in known]:
        fix = nearest(options.name, [entry.name for entry in known])
        raise InputError(f"There is no data set {options.name!r}.", fix)
    for entry in known:
        if options.name in (None, entry.name):
            print(entry)
    return DONE


def _pack(options: argparse.Namespace) -> int:
    if options.pack is None or options.trip is None or options.download or options.name is not None:
        raise InputError(
            "--pack and --trip go together, and without a data set or --download.",
            "Write `resnet-labs data --pack FILE --trip BLOCK`.",
        )
    from resnet_labs.gpu_hour import trips

    size = trips.pack(options.pack, options.trip, options.data_root)
    print(f"{files.short(options.pack)}: {size / 1e6:.1f} MB for block {options.trip} of `resnet-labs gpu`")
    return DONE


def _doctor(options: argparse.Namespace) -> int:
    from resnet_labs import doctor

    if options.numbers:
        return _numbers(options)
    findings = doctor.examine(options.data_root)  # refuses a wrong folder before anything is tried
    findings = [*findings, doctor.Finding("sandbox for grading", *grading.sandbox_state(), required=False)]
    for finding in findings:
        print(finding)
    return FAILED if any(finding.required and not finding.fine for finding in findings) else DONE


def _numbers(options: argparse.Namespace) -> int:
    from resnet_labs.doctor import numbers

    if options.data_root is not None:
        raise InputError("--data-root has no effect on the check of numbers.", "Leave it out.")
    wrong = numbers.check(lambda line: print(line, flush=True))
    for verdict in wrong:
        print(verdict)
    if not wrong:
        print("[ok]      every operation, memory layout and number format of the labs gives correct results here")
    return FAILED if wrong else DONE


def _bench(options: argparse.Namespace) -> int:
    from resnet_labs import bench

    if options.out is not None:
        try:
            files.check_room(options.out.parent, files.MEBIBYTE)
        except OSError as error:
            raise files.unwritable(f"The file {str(options.out)!r}", error) from error

    def say(row: bench.Row) -> None:
        print(row, flush=True)
        if options.out is not None:
            bench.write(options.out, [row])

    bench.run(options.names or None, say=say)
    return DONE


def _audit(options: argparse.Namespace) -> int:
    from resnet_labs.reports import REPORTS
    from resnet_labs.reports.audit import judge, reading, table

    if options.report is None:
        names: dict[str, Any] = {name: name for name in REPORTS}
    elif options.report in REPORTS:
        names = {options.report: options.report}
    elif "." not in options.report and not Path(options.report).exists():
        raise InputError(
            f"There is no report {options.report!r}.", f"{nearest(options.report, REPORTS)} Or give a file."
        )
    else:
        read = reading.read(Path(options.report))
        names = {read.id: read}
    audits = {name: (judge.judged(report), judge.traces_of(report)) for name, report in names.items()}
    if options.json:
        print(table.as_json(audits))
        return DONE
    columns = shutil.get_terminal_size((120, 24)).columns
    for name, (claims, traces) in audits.items():
        print(f"{name}\n{'=' * len(name)}\n{table.as_text(claims, traces, columns)}\n")
    return DONE


def _parser() -> argparse.ArgumentParser:
    common = Parser(add_help=False)
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    located = Parser(add_help=False)
    located.add_argument("--data-root", type=folder, metavar="D", help="the folder with the data sets")
    parser = Parser(prog="resnet-labs", description="Labs that rebuild reports on ResNets.")
    parser.add_argument("--version", action="version", version=f"resnet-labs {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, call: object, text: str, *parents: Parser) -> Parser:
        made = commands.add_parser(name, help=text, description=text, parents=[common, *parents])
        made.set_defaults(call=call)
        return made

    command("list", _list, "the labs, their reports, minutes and data")
    run = command("run", _run, "execute a lab's solution notebook; print the report's figures beside ours", located)
    run.add_argument("lab", help="its number or name, such as 02 or digits")
    run.add_argument("--report", action="store_true", help="the report's own settings on its own data")
    again = command("reproduce", _reproduce, "repeat a report's experiment without the notebook", located)
    again.add_argument("recipe", help="such as r1.digits")
    again.add_argument("--seeds", type=count, default=1, help="how many seeds, from 0 (default 1)")
    again.add_argument("--resume", action="store_true", help="skip finished runs and continue stopped ones")
    again.add_argument(
        "--track",
        type=lambda names: names.split(","),
        default=["csv"],
        metavar="NAMES",
        help="where curves go: csv (always), tensorboard, wandb (offline), separated by commas",
    )
    again.add_argument("--runs", type=Path, default=Path("runs"), help="where results go (default runs)")
    beside = command("compare", _compare, "tracked runs in one table: settings that differ, last and best figures")
    beside.add_argument("folder", type=Path, help="the folder above the runs, such as runs/r1.digits")
    sets = command("data", _data, "which data sets are here, which are missing, and how to get them", located)
    sets.add_argument("name", nargs="?", help="one data set")
    sets.add_argument("--download", action="store_true", help="download it into the data root")
    sets.add_argument("--pack", type=Path, metavar="FILE", help="pack what a block of `gpu` needs, at most 60 MB")
    sets.add_argument("--trip", metavar="BLOCK", help="the block that --pack is for, such as 5a")
    health = command("doctor", _doctor, "the environment: what is there, what is missing, and how to get it", located)
    health.add_argument(
        "--numbers",
        action="store_true",
        help="instead of the environment, check in a minute that this machine computes right: every operation of the "
        "labs against float64, with a setting that avoids each error found; exit status 1 if there is any",
    )
    judged = command("audit", _audit, "every claim of the reports, its verdict and its evidence; or of a file's report")
    judged.add_argument("report", nargs="?", help="r0 to r4, or a YAML file (default: all five)")
    judged.add_argument("--json", action="store_true", help="as one JSON object")
    timed = command("bench", _bench, "our code against installed peers, as ratios")
    timed.add_argument("names", nargs="*", help="which benchmarks (default all)")
    timed.add_argument("--out", type=Path, metavar="FILE", help="append the figures to a file, one JSON line per row")
    gpu.add(command, located)
    grading.add(command)
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""Fast mode or report mode: what the knobs cell of every lab asks for first."""

from __future__ import annotations

import os

from resnet_labs import data, lab_time, labs, runtime
from resnet_labs.data.registry import Available
from resnet_labs.errors import InputError
from resnet_labs.labs import Lab
from resnet_labs.weights import WeightsFile, weights_file

WEIGHTS = "IMAGENET1K_V1"  # all labs' pretrained networks


def fast(number: str, *, report: bool) -> bool:
    """Print how a lab runs and how long it takes here, before anything starts; return whether it is fast mode.

    Report mode needs data and weights: these and the time are printed, then missing weights are downloaded, and on
    Colab the data too. If something is not available, a message says so, and the lab runs in fast mode.

    Args:
        number: the lab's number, such as "02".
        report: what the notebook asks for; the variable `RESNET_LABS_FAST` overrides it.
    """
    lab = labs.find(number)
    is_fast = runtime.fast_mode(report=report)
    if lab.report_data == lab.fast_data:
        print("This lab trains nothing, and is the same in both modes.")
        return True
    if is_fast == report:
        mode = "fast" if is_fast else "report"
        print(f"RESNET_LABS_FAST is {os.environ['RESNET_LABS_FAST']}, so this is {mode} mode, whatever the knob says.")
    if not is_fast:
        _announce(lab)
        try:
            fetch(lab)
        except InputError as missing:
            print(f"{missing}\nSo the lab goes on in fast mode, on data included in the package.")
            is_fast = True
    if is_fast and lab.fast_work is not None:
        print(f"Fast mode: {lab_time.told(lab.fast_work, runtime.default_device())}.")
    return is_fast


def report_data(lab: Lab, root: str | os.PathLike[str] | None = None) -> Available:
    """Return the report's own data set, or its stand-in if only that is here.

    Raises:
        InputError: the folder that was given does not exist.
    """
    known = {record.name: record for record in data.available(root)}
    own, other = known[lab.report_data], known.get(lab.report_stand_in)
    return other if other is not None and other.here and not own.here else own


def fetch(lab: Lab, root: str | os.PathLike[str] | None = None) -> None:
    """Make sure that everything report mode needs is here: download weights, and on Colab data too, if possible.

    Args:
        lab: the lab.
        root: the folder with the data sets, as for `data.load`.

    Raises:
        InputError: what is missing, and how to get it.
    """
    if lab.report_data == lab.fast_data:
        return
    record = report_data(lab, root)
    if _downloads(record):
        data.load(record.name, split="test", root=root, download=True)
    elif not record.here:
        problem = "here" if record.state == "missing" else f"intact: {record.state}"
        raise InputError(f"The data set {record.name!r} is not {problem}.", f"To get it: {record.how}.")
    for file in _weights(lab).values():
        file.fetch()


def _announce(lab: Lab) -> None:
    record = report_data(lab)
    place = f", in place of {lab.report_data}" if record.name != lab.report_data else ""
    state = f"to be downloaded now, {record.megabytes} MB" if _downloads(record) else record.state
    print(f"Report mode, the report's own experiment. It needs\n  data: {record.name}{place}, {state}")
    for network, file in _weights(lab).items():
        state = "here" if file.here else f"to be downloaded now, {file.megabytes:.0f} MB"
        print(f"  weights: ImageNet weights of {network}, {state}")
    if lab.report_work is not None and (record.here or _downloads(record)):
        told = lab_time.told(lab.report_work, runtime.default_device())
        print(f"  time: {told} (estimated)", flush=True)


def _downloads(record: Available) -> bool:
    return not record.here and runtime.on_colab() and record.megabytes is not None


def _weights(lab: Lab) -> dict[str, WeightsFile]:
    return {network: weights_file(network, WEIGHTS) for network in lab.report_weights}

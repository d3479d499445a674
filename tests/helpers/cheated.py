"""Prints what each cheat scores, as JSON. Each runs in a process of its own, for some change torch itself."""

from __future__ import annotations

import json
import os
import sys

from helpers.cheats import CHEATS
from helpers.probed import failures, namespace, references
from helpers.submitted import bundle

from resnet_labs.grading import policy


def outcome(exercise: str, source: str) -> dict[str, object]:
    made = bundle(exercise[:2])
    (probe,) = [each.probe for each in made.exercises if each.probe.exercise == exercise]
    found = policy.findings([made.prelude, source], probe.withheld, probe.answers)
    names = dict(namespace(exercise[:2]))
    try:
        exec(source, names)
        failed = len(failures(exercise, names))
    except Exception:
        failed = len(references(exercise))
    return {"refused": any(each.forbidden for each in found), "failed": failed, "cases": len(references(exercise))}


def in_a_process_of_its_own(exercise: str, source: str) -> dict[str, object]:
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.write(writer, json.dumps(outcome(exercise, source)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        text = file.read()
    os.wait()
    return json.loads(text)


if __name__ == "__main__":
    found: dict[str, dict[str, object]] = {}
    for exercise, cheats in CHEATS.items():
        references(exercise)  # once, before the processes part
        bundle(exercise[:2])
        found |= {f"{exercise}: {name}": in_a_process_of_its_own(exercise, source) for name, source in cheats.items()}
    json.dump(found, sys.stdout)

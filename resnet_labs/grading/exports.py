"""Results in other systems' formats: JUnit, Gradescope, GitHub Classroom."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from resnet_labs import files
from resnet_labs.grading.feedback import visible
from resnet_labs.grading.gradebook import status
from resnet_labs.grading.sheet import plain


def junit(results: Sequence[dict[str, Any]], path: Path) -> None:
    """Write one test suite for each student and one test for each exercise."""
    suites = ElementTree.Element("testsuites", name="resnet_labs")
    for one in results:
        exercises = one["exercises"]
        failed = sum(each["status"] != "passed" for each in exercises if each["status"] != "grader error")
        errors = int(one["score"] is None)
        counts = {"tests": str(max(1, len(exercises))), "failures": str(failed), "errors": str(errors)}
        student = plain(one["student"])
        suite = ElementTree.SubElement(suites, "testsuite", {"name": student, **counts})
        if one["score"] is None:
            case = ElementTree.SubElement(suite, "testcase", classname=student, name="submission")
            ElementTree.SubElement(case, "error", message=plain(status(one)))
        for each in exercises:
            named = {"classname": student, "name": each["exercise"], "time": str(each["seconds"])}
            case = ElementTree.SubElement(suite, "testcase", **named)
            properties = ElementTree.SubElement(case, "properties")
            for name in ("points", "max_points"):
                ElementTree.SubElement(properties, "property", name=name, value=each[name])
            if each["status"] not in ("passed", "grader error"):
                ElementTree.SubElement(case, "failure", message=plain(_message(each)))
    with files.replacing(path, "wb") as file:
        ElementTree.ElementTree(suites).write(file, encoding="utf-8", xml_declaration=True)


def gradescope(one: dict[str, Any], path: Path) -> None:
    """Write a student's `results.json` as Gradescope reads it; without a score it fails there, and is not a zero."""
    tests = [
        {
            "name": each["exercise"],
            "score": float(Fraction(each["points"])),
            "max_score": float(Fraction(each["max_points"])),
            "status": "passed" if each["status"] == "passed" else "failed",
            "output": _message(each),
            "output_format": "text",
            "visibility": "visible",
        }
        for each in one["exercises"]
    ]
    found: dict[str, Any] = {"output": status(one), "stdout_visibility": "hidden", "tests": tests}
    if one["score"] is not None:
        found |= {"score": float(Fraction(one["score"])), "execution_time": one["seconds"]}
    _json(path, found)


def classroom(one: dict[str, Any], path: Path) -> None:
    """Write a student's result as GitHub Classroom's reporter reads it, before it is encoded in base64."""
    tests = [
        {
            "name": each["exercise"],
            "status": "pass" if each["status"] == "passed" else "error" if each["status"] == "grader error" else "fail",
            "score": float(Fraction(each["points"])),
            "message": _message(each),
            "test_code": "",
            "filename": "",
            "line_no": 0,
            "duration": f"{each['seconds']}s",
        }
        for each in one["exercises"]
    ]
    state = "error" if one["score"] is None else "pass" if one["score"] == one["max"] else "fail"
    _json(path, {"version": 1, "status": state, "max_score": float(Fraction(one["max"] or 0)), "tests": tests})


def _message(each: dict[str, Any]) -> str:
    return " ".join(filter(None, (visible(each), each["reason"])))


def _json(path: Path, data: dict[str, Any]) -> None:
    with files.replacing(path, "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1)

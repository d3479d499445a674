"""One JSON line per run: what was measured, and everything needed to measure it again."""

from __future__ import annotations

from resnet_labs.results.file import append, read
from resnet_labs.results.line import PARTS, SCHEMA, Result, record
from resnet_labs.results.provenance import command_line, source_revision
from resnet_labs.results.shares import images_of, shares, shares_of_both
from resnet_labs.results.summary import Summary, alike, differing_settings, sameness, summarise

__all__ = [
    "PARTS",
    "SCHEMA",
    "Result",
    "Summary",
    "alike",
    "append",
    "command_line",
    "differing_settings",
    "images_of",
    "read",
    "record",
    "sameness",
    "shares",
    "shares_of_both",
    "source_revision",
    "summarise",
]

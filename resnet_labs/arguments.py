"""The command line: its parser, exit statuses, and values of options that several commands take."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from resnet_labs.errors import nearest

DONE, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130  # exit statuses


def folder(text: str) -> Path:
    """Return the folder of the data sets, which need not exist."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty; give the folder that holds the data sets, or leave it out")
    path = Path(text).expanduser()
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a file; give the folder that holds the data sets")
    return path


def count(text: str) -> int:
    """Return a whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a count; give a whole number from 1")
    return int(text)


class Parser(argparse.ArgumentParser):
    """A parser that reports an unknown option itself, with its own usage; argparse leaves that to the parent."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Parse what is known, as argparse does; exit with status 2 at an unknown option."""
        found, rest = super().parse_known_args(args, namespace)
        for word in rest:
            if word.startswith("-"):
                known = [option for option in self._option_string_actions if option.startswith("--")]
                option = word.split("=")[0]
                self.error(f"There is no option {option!r}. {nearest(option, known)}")
        return found, rest

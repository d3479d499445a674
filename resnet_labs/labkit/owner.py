"""Where the repository is: `python -m resnet_labs.labkit.owner OWNER[/NAME]` writes it into every file that says it.

`--check TAG` writes nothing, and exits with 1 if a release under that tag would point elsewhere.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from resnet_labs.errors import InputError
from resnet_labs.labkit.address import read_address
from resnet_labs.labkit.build import build

COMMAND = "python -m resnet_labs.labkit.owner"
PLACEHOLDER = "OWNER"

_OWNER = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}"  # what GitHub allows
_NAME = r"[\w.-]{1,100}"


def set_owner(root: Path, slug: str) -> list[Path]:
    """Write the address into pyproject.toml, and from there into every other file; return the files that changed.

    Args:
        root: the repository.
        slug: `owner`, or `owner/name`.

    Raises:
        InputError: GitHub has no such owners or names, or the owner is the placeholder.
    """
    owner, _, name = slug.partition("/")
    name = name if "/" in slug else read_address(root).slug.split("/")[1]
    if not re.fullmatch(_OWNER, owner) or not re.fullmatch(_NAME, name) or not name.strip("."):
        raise InputError(f"{slug!r} is no repository of GitHub.", "Give OWNER or OWNER/NAME, without an address.")
    if owner == PLACEHOLDER:
        raise InputError(f"{PLACEHOLDER} stands for an owner.", "Give the name of the account that has the repository.")
    project = root / "pyproject.toml"
    before = project.read_text(encoding="utf-8")
    after = re.sub(r'(?m)^((?:urls\.)?Repository = )".*"$', rf'\1"https://github.com/{owner}/{name}"', before, count=1)
    project.write_text(after, encoding="utf-8", newline="\n")
    return [*([project] if after != before else []), *build(root)]


def problems(root: Path, slug: str, tag: str) -> Iterator[str]:
    """Yield what stands against a release of this copy under a tag, from a repository."""
    address = read_address(root)
    if address.slug != slug:
        yield f"The files name the repository {address.slug}, not {slug}. Run `{COMMAND} {slug}`."
    if address.tag != tag:
        yield f"The files name the version {address.version}, whose tag is {address.tag}, not {tag}."
    if not address.released:
        yield f"CHANGELOG.md has no date for {address.version}. Write it in place of Unreleased, and run `make labs`."
    if stale := build(root, check=True):
        yield f"{stale[0].relative_to(root)} and {len(stale) - 1} other files are stale. Run `make labs`."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in the repository's root; return 1 if a check failed, 2 if there is no such owner."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Set the repository's owner in every file.")
    parser.add_argument("slug", metavar="OWNER[/NAME]")
    parser.add_argument("--check", metavar="TAG", help="write nothing; exit with 1 if a release would point elsewhere")
    options = parser.parse_args(arguments)
    root = Path.cwd()
    if options.check:
        found = [*problems(root, options.slug, options.check)]
        print("\n".join(found), file=sys.stderr, end="\n" if found else "")
        return 1 if found else 0
    try:
        for path in set_owner(root, options.slug):
            print(f"wrote {path.relative_to(root)}")
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

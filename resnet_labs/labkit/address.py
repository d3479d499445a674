"""The repository's address, kept once in pyproject.toml, and every place that is generated from it.

Each place has a mark. In YAML and CFF it is `# address` at the end of the line. In Markdown it is a block between
`<!-- address -->` and `<!-- /address -->`, whose addresses are rewritten, or one that begins with
`<!-- address:badges -->` and is written as a whole (`badges`, `install`, `links`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from resnet_labs.errors import InputError, nearest

_STAMPED = (".md", ".yml", ".yaml", ".cff")
_FOLDERS = ("book", ".github", "resnet_labs/grading/workflows")
_OPEN = re.compile(r"<!-- address(?::(\w+))? -->")
_CLOSE = "<!-- /address -->"
_PART = r"[^/\s\"'`)<>@#]+"


@dataclass(frozen=True)
class Address:
    """Where the repository is, and what follows from that for one version of it.

    Attributes:
        repository: its address.
        version: the version.
        released: whether the version is released, so that the book is online: CHANGELOG.md then has its date.
    """

    repository: str
    version: str
    released: bool = False

    def __post_init__(self) -> None:
        """Refuse what Colab cannot open."""
        if not re.fullmatch(rf"https://github\.com/{_PART}/{_PART}", self.repository):
            raise InputError(
                f"project.urls.Repository in pyproject.toml is {self.repository!r}.",
                "Write it as https://github.com/<owner>/<name>: Colab opens notebooks from there.",
            )

    @property
    def slug(self) -> str:
        """`owner/name`."""
        return self.repository.removeprefix("https://github.com/")

    @property
    def tag(self) -> str:
        """The tag of this version."""
        return f"v{self.version}"

    @property
    def book(self) -> str:
        """Where the book is published."""
        owner, name = self.slug.split("/")
        return f"https://{owner}.github.io/{name}"

    @property
    def pip(self) -> str:
        """The source from which pip installs exactly this version."""
        return f"git+{self.repository}@{self.tag}"

    def colab(self, path: str) -> str:
        """Return the link that opens a notebook of this version in Colab."""
        return f"https://colab.research.google.com/github/{self.slug}/blob/{self.tag}/{path}"

    def raw(self, path: str) -> str:
        """Return the link to the raw file of this version."""
        return f"https://raw.githubusercontent.com/{self.slug}/{self.tag}/{path}"

    def badge(self, path: str) -> str:
        """Return the Markdown badge that opens a notebook in Colab."""
        return f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({self.colab(path)})"


def read_address(root: Path) -> Address:
    """Return the address and version that the pyproject.toml of a copy of the repository names."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changes = root / "CHANGELOG.md"
    heading = rf"^## \[{re.escape(project['version'])}\] - \d{{4}}-\d\d-\d\d$"
    released = changes.is_file() and bool(re.search(heading, changes.read_text(encoding="utf-8"), re.MULTILINE))
    return Address(project["urls"]["Repository"].rstrip("/"), project["version"], released)


def stamped(root: Path) -> dict[Path, str]:
    """Return the text that every file with marked places should have.

    Raises:
        InputError: a block is not closed or has an unknown name, or the address is outside a marked place.
    """
    address = read_address(root)
    return {path: _stamp(path.relative_to(root), path.read_text(encoding="utf-8"), address) for path in _files(root)}


def _files(root: Path) -> Iterator[Path]:
    below = [path for folder in _FOLDERS for path in (root / folder).rglob("*")]
    for path in sorted([*root.iterdir(), *below]):
        if path.is_file() and path.suffix in _STAMPED and "_build" not in path.parts:
            yield path


def _stamp(path: Path, text: str, address: Address) -> str:
    blocks = {"badges": _badges, "install": _install, "links": _links}
    lines: list[str] = []
    block: str | None = None
    opened = 0
    for number, line in enumerate(text.splitlines(), 1):
        mark = _OPEN.fullmatch(line.strip()) if path.suffix == ".md" else None
        if line.strip() == _CLOSE and block is not None:
            block = None
        elif mark and block is None:
            block, opened = mark[1] or "", number
            if block and block not in blocks:
                raise InputError(f"{path}, line {number}: no block is called {block!r}.", nearest(block, blocks))
            lines += [line, *(blocks[block](address) if block else [])]
            continue
        elif block:
            continue
        elif block == "" or (path.suffix != ".md" and line.endswith("# address")):
            line = _rewrite(line, address)
        elif address.repository in line or address.book in line:
            raise InputError(
                f"{path}, line {number} holds the repository's address outside a marked place.",
                f"Put it between `<!-- address -->` and `{_CLOSE}`."
                if path.suffix == ".md"
                else "End the line with `  # address`.",
            )
        lines.append(line)
    if block is not None:
        raise InputError(f"{path}, line {opened}: this block has no end.", f"Close it with a line `{_CLOSE}`.")
    return "\n".join(lines) + "\n"


def _rewrite(line: str, address: Address) -> str:
    slug = f"{_PART}/{_PART}"
    for pattern, new in (
        (rf"git\+https://github\.com/{slug}@{_PART}", address.pip),
        (rf"https://colab\.research\.google\.com/github/{slug}/blob/{_PART}/", address.colab("")),
        (rf"https://raw\.githubusercontent\.com/{slug}/{_PART}/", address.raw("")),
        (rf"https://[\w-]+\.github\.io/{_PART}", address.book),
        (rf"(?<!git\+)https://github\.com/{slug}", address.repository),
    ):
        line = re.sub(pattern, new, line)
    return line


def _badges(address: Address) -> list[str]:
    workflow = f"{address.repository}/actions/workflows/tests.yml"
    book = f"[![Book](https://img.shields.io/badge/book-online-blue)]({address.book})"
    return [
        f"[![Tests]({workflow}/badge.svg)]({workflow})",
        *([book] if address.released else []),
        address.badge("labs/lab02_digits.ipynb"),
    ]


def _install(address: Address) -> list[str]:
    folder = address.slug.split("/")[1]
    return [
        "```sh",
        f'pip install "resnet-labs @ {address.pip}"   # the package and its command',
        f"git clone {address.repository} && cd {folder} && make run   # everything, and the first lab",
        "```",
    ]


def _links(address: Address) -> list[str]:
    pages = {"Repository": "", "Issues": "/issues", "Releases": "/releases"}
    files = ", ".join(f"[{kind}]({address.book}/formats/resnet_labs.{kind.lower()})" for kind in ("EPUB", "PDF"))
    return [
        *([f"- [Book]({address.book}), also as {files}"] if address.released else []),
        *(f"- [{name}]({address.repository}{end})" for name, end in pages.items()),
    ]

"""What the name of a folder says: a split, an output of training, a copy, or nothing but itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_WORDS = {
    "train": "train training trainval trn tr",
    "test": "test testing tests tst te",
    "val": "val valid validation validate dev development eval evaluation holdout heldout",
}
_FILLER = "(?:sets?|data(?:sets?)?|images?|imgs?|pics?|pictures?|photos?|splits?|folders?|dir|files?|samples?|part)"
_TOKEN = re.compile(
    f"{_FILLER}*(?:"
    + "|".join(f"(?P<{role}>{'|'.join(sorted(words.split(), key=len)[::-1])})" for role, words in _WORDS.items())
    + f")?{_FILLER}*"
)
_OUTPUT = re.compile(
    "cache|checkpoints?|ckpts?|figs|figures|inference|lightning_logs|logs|mlruns|node_modules|outputs?|plots|preds"
    "|predictions|results?|runs|saved_models|screenshots?|site-packages|tb_logs|temp|tensorboard|tmp|venv"
    "|visualizations?|wandb"
)
_JUNK = {"$recycle.bin", "@eadir", "__macosx", "__pycache__", "lost+found", "system volume information"}
_COPY = (
    re.compile(r"(?P<base>.+?)(?: ?- copy| copy|_copy|-copy)?(?: ?\(\d+\))?", re.IGNORECASE),
    re.compile(r"copy of (?P<base>.+)", re.IGNORECASE),
)


def key(name: str) -> str:
    """Return a class name as it is compared: without case, and with accents in one form."""
    return unicodedata.normalize("NFC", name).strip().casefold()


def role(name: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the split that a folder's name suggests, and the rest of the name; None if it suggests none.

    Example:
        >>> role("Training_Set"), role("testData"), role("val2017"), role("seg_train"), role("strain")
        (('train', ()), ('test', ()), ('val', ()), ('train', ('seg',)), None)
    """
    words = [word for word in re.split(r"[\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold()) if word]
    matches = [_TOKEN.fullmatch(word) for word in words]
    roles = [match.lastgroup for match in matches if match and match.lastgroup]
    if sorted(roles) == ["train", "val"]:
        roles = ["train"]
    rest = tuple(word for word, match in zip(words, matches, strict=True) if not match)
    return (roles[0], rest) if len(roles) == 1 else None


def split_names(names: Iterable[str]) -> dict[str, str]:
    """Return which of these names are certainly splits: by themselves, or beside another of the same set.

    Example:
        >>> split_names(["valid", "asl_train", "asl_test", "train_station"])
        {'valid': 'val', 'asl_train': 'train', 'asl_test': 'test'}
    """
    found = {name: spoken for name in names if (spoken := role(name))}
    beside = {rest: {other for other, theirs in found.values() if theirs == rest} for _, rest in found.values()}
    sure = {name for name, (_, rest) in found.items() if len(beside[rest]) > 1 or (not rest and len(name) > 2)}
    return {name: found[name][0] for name in found if name in sure}


def is_junk(name: str) -> bool:
    """Return whether the system made this folder or file for itself, so that it holds no images of the user."""
    return name.startswith(".") or key(name) in _JUNK


def is_output(name: str) -> bool:
    """Return whether training programs write into folders of this name."""
    return _OUTPUT.fullmatch(key(name)) is not None


def copy_of(name: str) -> str | None:
    """Return the original name from which a file manager made this copy's name.

    Example:
        >>> copy_of("cat - Copy"), copy_of("Copy of cat"), copy_of("cat (1)"), copy_of("cat 1")
        ('cat', 'cat', 'cat', None)
    """
    for pattern in _COPY[::-1]:
        match = pattern.fullmatch(name)
        if match and match["base"] != name:
            return match["base"]
    return None

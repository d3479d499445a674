"""State dicts with other names: inside a checkpoint, or saved from a wrapped network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from resnet_labs.checkpoint import first_names
from resnet_labs.errors import InputError

# The names used by timm and Lightning, by torchvision's references and us, and by torch's tutorials.
_ENTRIES = ("state_dict", "model", "model_state_dict")
# The prefixes added by torch.compile, and by DataParallel and DistributedDataParallel.
_WRAPPERS = ("_orig_mod", "module")


@dataclass
class Found:
    """A state dict, and what was done to find it.

    Attributes:
        state: tensors by name.
        entry: the entry of the input that holds it, "" if it is the whole input.
        removed: prefixes that were removed from names.
        num_renamed: the number of names that had one.
        left_out: names of everything that was left out.
    """

    state: dict[str, Any]
    entry: str = ""
    removed: list[str] = field(default_factory=list)
    num_renamed: int = 0
    left_out: list[str] = field(default_factory=list)

    def told(self, origin: str) -> str:
        """Return what a user must know about it; "" if the whole input was used unchanged."""
        said = []
        if self.entry:
            said.append(f"From {origin}, the entry {self.entry!r} was loaded.")
        if self.num_renamed:
            said.append(f"The prefix {_quoted(self.removed)} was removed from {self.num_renamed} names.")
        if self.left_out:
            rest = f" and {len(self.left_out) - 12} more" if len(self.left_out) > 12 else ""
            said.append(f"Left out: {', '.join(self.left_out[:12])}{rest}.")
        return " ".join(said)


def entry_of(given: Any, title: str) -> Found:
    """Return the state dict in the input: all of it, or the entry in which a training script keeps it.

    Args:
        given: what was loaded or passed.
        title: its name in error messages.

    Raises:
        InputError: there is none, or there are several and none has a usual name.
    """
    entries: list[str] = []
    left_out: list[str] = []
    state = given
    while isinstance(state, Mapping) and not _is_state_dict(state) and len(entries) < 3:
        dicts = [name for name, value in state.items() if isinstance(value, Mapping) and _is_state_dict(value)]
        known = [name for name in _ENTRIES if isinstance(state.get(name), Mapping | nn.Module)]
        if not known and len(dicts) != 1:
            break
        entry = (known or dicts)[0]
        left_out += [str(name) for name in state if name != entry]
        entries.append(str(entry))
        state = state[entry]
    if isinstance(state, nn.Module):
        raise InputError(f"state[{entries[-1]!r}] is a whole model.", "Give its state_dict().")
    if not isinstance(state, Mapping) or not _is_state_dict(state):
        raise _no_state_dict(given, title)
    return Found(dict(state), ".".join(entries), left_out=left_out)


def _is_state_dict(value: Mapping[Any, Any]) -> bool:
    return bool(value) and all(isinstance(name, str) and isinstance(one, Tensor) for name, one in value.items())


def _no_state_dict(given: Any, title: str) -> InputError:
    items = given.items() if isinstance(given, Mapping) else ()
    for name, value in items:
        if type(value).__module__ == "numpy":
            return InputError(f"{name!r} is a numpy.{type(value).__name__}.", "Turn it into a tensor first.")
    held = f"a dict of {first_names(given)}" if isinstance(given, Mapping) else f"a {type(given).__name__}"
    part = next((name for name, value in items if isinstance(value, Mapping)), "model")
    return InputError(
        f"{title} is not a state dict but {held}.",
        f"Give the part that belongs to the model, such as state[{part!r}].",
    )


def fit_to(own: Iterable[str], found: Found) -> Found:
    """Return the state dict under the model's own names if they differ only by wrappers and one prefix.

    Names that already fit stay, and so do names without a prefix that more than a third of them share.

    Raises:
        InputError: several networks in the state dict fit.
    """
    own, given = dict.fromkeys(own), found.state
    if len(own.keys() & given.keys()) > len(own) / 2:
        return found
    own_by_bare, given_by_bare = {_bare(name): name for name in own}, {_bare(name): name for name in given}
    if len(own_by_bare) < len(own) or len(given_by_bare) < len(given):
        return found
    ends = ((name[: len(name) - len(end)], end) for name in given_by_bare for end in _ends(name))
    counts = Counter(prefix for prefix, end in ends if end in own_by_bare).most_common(2)
    if not counts or counts[0][1] <= len(own) / 2:
        return found
    prefix = counts[0][0]
    under = {name: bare[len(prefix) :] for bare, name in given_by_bare.items() if bare.startswith(prefix)}
    if len(under) <= len(given) / 3:
        return found
    if len(counts) > 1 and counts[0][1] == counts[1][1]:
        raise _two_fit(counts[0][0], counts[1][0])
    renamed = {name: own_by_bare.get(end, end) for name, end in under.items()}
    # Entries outside the wrapper, such as the counter of an averaged model.
    wrapped = {name.removesuffix(new) for name, new in renamed.items() if new in own}
    if len(wrapped) == 1:
        renamed = {name: new for name, new in renamed.items() if name.startswith(tuple(wrapped))}
    removed = [_removed(name, new) for name, new in renamed.items()]
    return Found(
        {new: given[name] for name, new in renamed.items()},
        found.entry,
        list(dict.fromkeys(filter(None, removed))),
        sum(map(bool, removed)),
        found.left_out + [name for name in given if name not in renamed],
    )


def _two_fit(one: str, other: str) -> InputError:
    kept = f"{{name.removeprefix({one!r}): value for name, value in state.items() if name.startswith({one!r})}}"
    return InputError(f"The names under {one!r} and those under {other!r} both fit the model.", f"Give {kept}.")


def _bare(name: str) -> str:
    return ".".join(part for part in name.split(".") if part not in _WRAPPERS)


def _ends(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[start:]) for start in range(len(parts))]


def _removed(name: str, new: str) -> str:
    """Return the parts of a name that the new one lacks, such as "module."; "" if none."""
    left = Counter(new.split("."))
    removed = []
    for part in name.split("."):
        if left[part]:
            left[part] -= 1
        else:
            removed.append(part + ".")
    return "".join(removed)


def _quoted(prefixes: list[str]) -> str:
    return ", ".join(map(repr, prefixes))

"""Live views: a slider over ready pictures that needs no kernel, and an explorer that redraws in a running one."""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from io import BytesIO
from typing import Any

from resnet_labs.errors import InputError

_PNG = b"\x89PNG\r\n\x1a\n"

# A handler in the attribute, not a <script>: HTML that is inserted after loading runs no scripts by itself, and `this`
# finds its own slider on a page with many. If even handlers are removed, the first picture still shows.
_MOVE = """
const frames = this.closest('.frame-slider').querySelectorAll('img');
frames.forEach((frame, number) => { frame.hidden = number != this.value; });
const label = frames[this.value].dataset.label;
this.setAttribute('aria-valuetext', label);
this.nextElementSibling.textContent = label;
"""


@dataclass(frozen=True)
class FrameSlider:
    """Pictures with a slider that chooses which one is shown; a notebook displays it as HTML."""

    name: str
    labels: tuple[str, ...]
    html: str = field(repr=False)

    def _repr_html_(self) -> str:
        return self.html


def frame_slider(
    frames: Sequence[Any], labels: Sequence[str], *, name: str, alt: str | Sequence[str] | None = None
) -> FrameSlider:
    """Put ready pictures under a slider that works by keyboard and mouse, in Jupyter, on Colab and in a static page.

    The notebook stores every frame, a third larger than as a file: about 40 kB for two curves of `plotting.curves`. A
    dozen frames per page are fine.

    Args:
        frames: what each position shows: figures (anything with `savefig`, at its own resolution) or the bytes of PNGs.
        labels: what each frame is, with the unit: "8 layers".
        name: what the slider sets: "depth".
        alt: what the pictures show, for people who do not see them: one text, to which each frame's label is added, or
            one for each frame. By default each frame's own `alt`, which the figures of `plotting` have.

    Returns:
        The slider; as the last value of a cell it is displayed. Its HTML depends only on the arguments.

    Raises:
        InputError: no frames, a frame that cannot be drawn, not one label (or alternative text) per frame, a label
            twice, a blank text, a frame without alternative text.

    Source: WAI-ARIA Authoring Practices 1.2, slider pattern, by the browser's own `<input type="range">`.
    Equals: what Chromium shows after each key press (`tests/library/test_widgets.py`).

    Example:
        >>> from resnet_labs import plotting
        >>> frames = [plotting.curves({"plain": errors}, y="error (fraction)") for errors in ([0.9, 0.4], [0.9, 0.6])]
        >>> frame_slider(frames, ["8 layers", "20 layers"], name="depth")
        FrameSlider(name='depth', labels=('8 layers', '20 layers'))
    """
    labels = [str(label) for label in labels]
    if alt is None:
        alt = [getattr(frame, "alt", "") for frame in frames]
    alts = [alt] * len(frames) if isinstance(alt, str) else list(alt)
    _check(frames, labels, name, alts)
    if isinstance(alt, str):
        alts = [f"{alt}: {label}" for label in labels]
    pngs = [_png(frame, f"frame {number}") for number, frame in enumerate(frames)]
    sizes = [_size(png) for png in pngs]
    width, height = (max(side) for side in zip(*sizes, strict=True))
    pictures = "\n".join(
        _img(png, text, f' data-label="{escape(label)}"' + " hidden" * (number > 0))
        for number, (png, text, label) in enumerate(zip(pngs, alts, labels, strict=True))
    )
    # From the content: the same cell gives the same HTML in every session.
    identity = "frames-" + hashlib.sha256(f"{name}\n{pictures}".encode()).hexdigest()[:12]
    html = f"""<div class="frame-slider" style="width:{width}px;max-width:100%">
<p style="display:flex;flex-wrap:wrap;align-items:center;gap:0 .75em;margin:.5em 0">
<label for="{identity}">{escape(name)}</label>
<input id="{identity}" type="range" min="0" max="{len(labels) - 1}" value="0" autocomplete="off"
 style="flex:1 1 10em;max-width:20em" aria-valuetext="{escape(labels[0])}"
 onkeydown="event.stopPropagation()" oninput="{escape(_MOVE)}">
<span style="min-width:min(100%,{max(map(len, labels))}ch)">{escape(labels[0])}</span>
</p>
<div style="aspect-ratio:{width}/{height};min-height:0">
{pictures}
</div>
</div>"""
    return FrameSlider(name, tuple(labels), html)


def explorer(draw: Callable[..., Any], /, **choices: Sequence[Any]) -> Any:
    """Draw what the learner's sliders choose, again whenever one of them is released. It needs a running kernel.

    On a static page, which has none, nothing shows: say so in the text above, or use `frame_slider` there.

    Args:
        draw: called with one value per choice, by keyword; returns a figure, the bytes of a PNG, or text.
        choices: the values of each slider, in order; the keyword is the slider's label. The first values are drawn
            at once.

    Returns:
        The ipywidgets box (version 7.7 or 8); as the last value of a cell it is displayed.

    Raises:
        InputError: nothing to choose from, a value twice, no ipywidgets; `draw` returned neither a picture nor text.
        Exception: whatever `draw` raises at the first values. Later it is shown in place of the picture.

    Equals: `draw` called by hand with the chosen values (`tests/library/test_widgets.py`).

    Example:
        >>> box = explorer(lambda depth, width: f"{depth * width} units", depth=[8, 20], width=[16, 32])
        >>> [slider.description for slider in box.children[:-1]]
        ['depth', 'width']
    """
    try:
        import ipywidgets
    except ImportError as error:
        raise InputError("explorer needs ipywidgets, which is not installed.", "`pip install ipywidgets`.") from error
    values = {name: list(options) for name, options in choices.items()}
    if not values:
        raise InputError("explorer has nothing to choose.", "Name at least one choice: `depth=[8, 20]`.")
    for name, options in values.items():
        if len({str(option) for option in options}) < max(2, len(options)):
            raise InputError(
                f"explorer's choice {name} is {options}.", "Give it at least two values, each of them once."
            )

    # The sliders hold labels, and their index chooses: a value may be None, or equal another (True and 1).
    sliders = {
        name: ipywidgets.SelectionSlider(
            options=[str(option) for option in options],
            description=name,
            continuous_update=False,
            style={"description_width": "initial"},
        )
        for name, options in values.items()
    }
    # Not Image, which has no alternative text.
    picture = ipywidgets.HTML()

    def show() -> None:
        chosen = {name: values[name][slider.index] for name, slider in sliders.items()}
        picture.value = _shown(draw(**chosen), ", ".join(f"{name} {value}" for name, value in chosen.items()))

    def redraw(_: object) -> None:
        try:
            show()
        except Exception as error:
            picture.value = f'<pre role="alert">{escape(f"{type(error).__name__}: {error}")}</pre>'

    show()
    for slider in sliders.values():
        slider.observe(redraw, names="index")
    return ipywidgets.VBox([*sliders.values(), picture])


def _check(frames: Sequence[Any], labels: Sequence[str], name: str, alts: Sequence[str]) -> None:
    """Reject a slider that would show nothing, or not say what it shows."""
    if not frames:
        raise InputError("frame_slider has no frames.", "Give it at least one figure.")
    if len(labels) != len(frames):
        raise InputError(f"{len(frames)} frames have {len(labels)} labels.", "Give one label for each frame.")
    if twice := next((label for label in labels if labels.count(label) > 1), None):
        raise InputError(f"the label {twice!r} appears twice.", "Let each label say what sets its frame apart.")
    if len(alts) != len(frames):
        raise InputError(
            f"{len(frames)} frames have {len(alts)} texts in alt.", "Give one text, or one for each frame."
        )
    for argument, texts in {"labels": labels, "name": [name], "alt": alts}.items():
        if not all(text.strip() for text in texts):
            raise InputError(f"a text in {argument} is blank.", "Write what a reader or listener should know.")


def _shown(drawn: Any, alt: str) -> str:
    if isinstance(drawn, str):
        return f"<pre>{escape(drawn)}</pre>"
    said = getattr(drawn, "alt", "")
    return _img(_png(drawn, "what draw returned"), f"{alt}: {said}" if said else alt)


def _img(png: bytes, alt: str, attributes: str = "") -> str:
    # White behind it: a picture with a transparent background stays readable on a dark page.
    style = "max-width:100%;max-height:100%;height:auto;object-fit:contain;object-position:0 0;background:#fff"
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    width, height = _size(png)
    size = f'width="{width}" height="{height}" style="{style}"'
    return f'<img src="{source}" alt="{escape(alt)}" {size}{attributes}>'


def _png(drawable: Any, what: str) -> bytes:
    if hasattr(drawable, "savefig"):
        buffer = BytesIO()
        drawable.savefig(buffer, format="png")
        return buffer.getvalue()
    if isinstance(drawable, bytes) and drawable.startswith(_PNG):
        return drawable
    kind = "bytes, but no PNG" if isinstance(drawable, bytes) else type(drawable).__name__
    raise InputError(f"{what} is {kind}, and cannot be drawn.", "Give a matplotlib figure, or the bytes of a PNG.")


def _size(png: bytes) -> tuple[int, int]:
    """Return width and height in pixels, from a PNG's header."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height

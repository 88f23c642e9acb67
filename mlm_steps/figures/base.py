"""The values and colours that all figures share, and the conversion to SVG that a page can embed."""

from __future__ import annotations

import io
import math
import re
import unicodedata
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from mlm_steps.design import Formula
from mlm_steps.records.run import RunRecords

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

__all__ = [
    "BLUE",
    "COLOURS",
    "GREEN",
    "GREY",
    "INK",
    "LINE_STYLES",
    "ORANGE",
    "PALE",
    "PURPLE",
    "SEED",
    "SKY",
    "SMALLEST_GROUP",
    "VERMILION",
    "Drawer",
    "Figure",
    "FigureInput",
    "Rows",
    "canvas",
    "finish",
    "group_label",
    "number",
    "safe",
    "shorten",
    "style_axes",
    "svg_document",
]

BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY = (
    "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9",
)  # fmt: skip
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
"""The palette of Okabe and Ito, ordered by how well the colours are seen on white."""
LINE_STYLES = ("-", "--", "-.", ":")
INK, GREY, PALE = "#1A1D21", "#6B727B", "#D5D9DF"
SMALLEST_PLAIN, LARGEST_PLAIN = 1e-4, 1e7
"""Numbers outside these bounds are written with a power of ten, since many zeros are hard to read."""
SMALLEST_GROUP = 3
"""Smallest number of rows of a group with its own least-squares line, since any two points lie on a line."""
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
SEED = 20201
"""Seed of all samples of groups or rows, so that the same data give the same figure."""
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_FONTS = "system-ui, 'Helvetica Neue', Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_FONT_FAMILY = re.compile(r"'DejaVu Sans'(?:, [^;]+)?")
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "mlm",
    "font.family": ["DejaVu Sans"],
    "font.size": 10.0,
    "text.parse_math": False,
    "text.usetex": False,
    "axes.unicode_minus": True,
    "path.simplify": True,
}
"""Settings of matplotlib: real text, fixed ids, a font size of 10 points, and no mathematical notation."""
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))

Row = tuple[object, ...]
Rows = tuple[tuple[str, ...], tuple[Row, ...]]


@dataclass(frozen=True, slots=True)
class FigureInput:
    """The records and data from which figures are drawn.

    Attributes
    ----------
    run : RunRecords
    frame : DataFrame
        The analysis sample.
    formulas : mapping of str to Formula
        Parsed formula per model.
    of : str
        The model that a figure of one model shows; empty for the last rung.
    """

    run: RunRecords
    frame: pd.DataFrame
    formulas: Mapping[str, Formula]
    of: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One drawn figure.

    Attributes
    ----------
    name : str
        The key of the figure in ``FIGURES``.
    title : str
    reading : str
        One or two sentences that state, with numbers, what the figure shows.
    alt : str
        The text for screen readers: type, axes and finding.
    svg : bytes
        The same input gives the same bytes.
    data : tuple of column names and rows
        The values that are drawn, for the CSV file beside the figure.
    """

    name: str
    title: str
    reading: str
    alt: str
    svg: bytes
    data: Rows


class Drawer(Protocol):
    """A function that draws one figure, or returns None if the figure does not apply to the run.

    To add one, write ``figures/<name>.py`` with such a function, importing matplotlib inside it, and list it
    in ``FIGURES`` under the module's name.
    """

    def __call__(self, given: FigureInput) -> Figure | None:
        """Return the figure."""


def canvas(width: float, height: float) -> Canvas:
    """Return an empty figure of this size in inches, outside the global state of pyplot."""
    from matplotlib.figure import Figure as MatplotlibFigure

    return MatplotlibFigure(figsize=(width, height), facecolor="white")


def style_axes(axes: Axes) -> None:
    """Hide the top and right sides of the frame and colour the rest."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
    axes.tick_params(colors=INK, labelsize=9)


def group_label(given: FigureInput, name: str) -> str:
    """Return the label of a grouping factor; ``class:school`` may be Class within School."""
    labels = given.run.labels
    parts, word = given.run.reading(name)
    return f" {word} ".join(safe(labels.column(part)) for part in parts)


def safe(text: str) -> str:
    """Return text on one line without characters that XML forbids."""
    kept = (" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return " ".join("".join("\N{REPLACEMENT CHARACTER}" if _unfit(c) else c for c in kept).split())


def _unfit(character: str) -> bool:
    return unicodedata.category(character) == "Cs" or ord(character) & 0xFFFE == 0xFFFE


def shorten(text: str, longest: int) -> str:
    """Return text cut to at most ``longest`` characters."""
    clean = safe(text)
    return clean if len(clean) <= longest else clean[: longest - 1].rstrip() + "…"


def number(value: float, digits: int = 4) -> str:
    """Return a number with this many significant digits and a true minus sign.

    >>> number(10023.4), number(-0.51239), number(3e-7), number(2.5e9)
    ('10023', '−0.5124', '3.000 × 10⁻⁷', '2.500 × 10⁹')
    """
    size = abs(value)
    if size != 0 and not SMALLEST_PLAIN <= size < LARGEST_PLAIN:
        mantissa, exponent = f"{size:.{digits - 1}e}".split("e")
        text = f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    else:
        power = math.floor(math.log10(size)) if size else 0
        text = f"{size:.{max(0, digits - 1 - power)}f}"
    return f"\N{MINUS SIGN}{text}" if value < 0 and text.strip("0.") else text


def finish(figure: Canvas, name: str, title: str) -> bytes:
    """Return a figure as SVG that a page can embed: its ids begin with its name and it has no style sheet."""
    import matplotlib as mpl

    stream = io.BytesIO()
    with mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure.savefig(stream, format="svg", metadata=_NO_METADATA)
    return _embeddable(stream.getvalue(), name, title)


def settings() -> AbstractContextManager[None]:
    """Return a context in which matplotlib takes all text as plain text, not as mathematics."""
    import matplotlib as mpl

    return mpl.rc_context(_SETTINGS)


def svg_document(elements: str, name: str, title: str, width: float, height: float) -> bytes:
    """Return elements as an SVG document; width and height are in the units of their coordinates."""
    label = escape(safe(title))
    return (
        f"<?xml version='1.0' encoding='utf-8'?>\n"
        f'<svg xmlns="{_SVG}" viewBox="0 0 {width:g} {height:g}" font-family="{_FONTS}" '
        f'style="stroke-linejoin: round"><title>{label}</title>\n'
        f'<g id="{name}-plots">\n{elements}\n</g>\n</svg>\n'
    ).encode()


def _embeddable(document: bytes, name: str, title: str) -> bytes:
    """Return SVG without style sheet and metadata, with a title and with ids that begin with the name."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    root = ElementTree.fromstring(document)  # noqa: S314 - matplotlib has just written this text
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    for element in root.iter():
        _rename(element, name)
    root.set("style", "stroke-linejoin: round; stroke-linecap: butt")
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    label = ElementTree.Element(f"{{{_SVG}}}title")
    label.text = safe(title)
    root.insert(0, label)
    text = ElementTree.tostring(root, encoding="unicode")
    return f"<?xml version='1.0' encoding='utf-8'?>\n{text}\n".encode()


def _rename(element: ElementTree.Element, name: str) -> None:
    """Put the figure's name before the ids of an element and before the ids that it refers to."""
    for key, value in element.attrib.items():
        if key == "id":
            element.set(key, f"{name}-{value}")
        elif value.startswith("#") and key.endswith("href"):
            element.set(key, f"#{name}-{value[1:]}")
        elif "url(#" in value:
            element.set(key, value.replace("url(#", f"url(#{name}-"))
        elif key == "style" and "font" in value:
            element.set(key, _FONT_FAMILY.sub(_FONTS, value))


def spread(count: int, most: int, generator_seed: int = SEED) -> Sequence[int]:
    """Return at most ``most`` of the positions 0 … count - 1 in order, drawn with a fixed seed."""
    import numpy as np

    if count <= most:
        return range(count)
    drawn = np.random.default_rng(generator_seed).choice(count, size=most, replace=False)
    return [int(position) for position in np.sort(drawn)]

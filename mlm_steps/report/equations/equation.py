"""One equation in LaTeX and as MathML made from it, with its labels and numbers filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from mlm_steps.report.text.text import Number, clean

__all__ = ["Equation", "EquationBlock", "label_place", "latex_escape", "number_place"]

_LABEL = re.compile(r"QLABEL(\d+)Q")
_NUMBER = re.compile(r"\\text\{QNUMBER(\d+)Q\}")
_NUMBER_ELEMENT = re.compile(r"<mtext>QNUMBER(\d+)Q</mtext>")
_GAMMA = re.compile(r"<msub>(<mi>&#x003B3;</mi><mrow>((?:<m[no]>[^<]*</m[no]>)+)</mrow>)")
"""Matches a fixed effect and the elements of its indices."""
_ELEMENT = re.compile(r"<[^>]+>")
_COMMA = "&#x0002C;"
_LATEX_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "`": r"\textasciigrave{}",
    **{character: f"\\{character}" for character in "{}$&#_%"},
}
_TILDE = ("<mi>&#x0007E;</mi>", '<mo form="infix" lspace="0.278em" rspace="0.278em">&#x0223C;</mo>')


@dataclass(frozen=True, slots=True)
class Equation:
    """One equation.

    Attributes
    ----------
    lines : tuple of str
        LaTeX with places for labels and numbers, which are written for the format when they are filled in.
    labels : tuple of str
        The labels of variables, by the number of their place.
    numbers : tuple of Number
        The estimates, by the number of their place.
    columns : mapping of str to str
        The column of each fixed effect, by its indices such as ``10`` or ``10,1``. The script of the page
        marks a coefficient in equations, tables and figures at once by its column.
    """

    lines: tuple[str, ...]
    labels: tuple[str, ...]
    numbers: tuple[Number, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def latex(self) -> str:
        """LaTeX source."""
        text = _NUMBER.sub(self._number_latex, " \\\\\n".join(self.lines))
        return self._labelled(text, latex_escape)

    @property
    def source(self) -> Markup:
        """LaTeX source for a fenced code block, in which nothing needs escaping."""
        return Markup(self.latex)  # noqa: S704 (one line without a fence: see latex_escape)

    @property
    def mathml(self) -> tuple[Markup, ...]:
        """One ``math`` element per line."""
        from latex2mathml.converter import convert

        converted = (self._marked(convert(line, display="block")) for line in self.lines)
        numbered = (_NUMBER_ELEMENT.sub(self._number_element, line) for line in converted)
        filled = [self._labelled(line, lambda text: str(escape(clean(text)))) for line in numbered]
        return tuple(Markup(line) for line in filled)  # noqa: S704 (labels and numbers are escaped)

    def _labelled(self, text: str, form: Callable[[str], str]) -> str:
        return _LABEL.sub(lambda found: form(self.labels[int(found[1])]), text)

    def _marked(self, mathml: str) -> str:
        """Return MathML in which the tilde is an infix operator and fixed effects name their column."""
        return _GAMMA.sub(self._gamma_element, mathml.replace(*_TILDE))

    def _gamma_element(self, found: re.Match[str]) -> str:
        column = self.columns.get(_ELEMENT.sub("", found[2]).replace(_COMMA, ","))
        if column is None:
            return found[0]
        return str(Markup('<msub data-term="{}">').format(clean(column))) + found[1]

    def _number_latex(self, found: re.Match[str]) -> str:
        text = self.numbers[int(found[1])].text
        return text if text.isascii() else rf"\text{{{text}}}"  # a power of ten, or infinity

    def _number_element(self, found: re.Match[str]) -> str:
        number = self.numbers[int(found[1])]
        return str(Markup('<mn data-src="{}">{}</mn>').format(number.source, number.text))


@dataclass(frozen=True, slots=True)
class EquationBlock:
    """Equations under one title, such as those of level 2."""

    title: str
    equations: tuple[Equation, ...]


def label_place(position: int, index: str) -> str:
    """Return LaTeX for a label with an index."""
    return rf"\text{{QLABEL{position}Q}}_{{{index}}}"


def number_place(position: int) -> str:
    """Return LaTeX for a number."""
    return rf"\text{{QNUMBER{position}Q}}"


def latex_escape(text: str) -> str:
    r"""Return text for LaTeX's text mode.

    Examples
    --------
    >>> latex_escape(r"ses_w & \x")
    'ses\\_w \\& \\textbackslash{}x'
    """
    return "".join(_LATEX_SPECIAL.get(character, character) for character in clean(text))

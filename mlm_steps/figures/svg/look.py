"""Attributes of lines, and elements that bear the names of groups and terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlm_steps.figures.svg.lettering import escaped

__all__ = ["grouped", "stroke", "term_of"]


def stroke(colour: str, width: float, dash: str = "", opacity: float = 1.0) -> str:
    """Return the attributes of a line."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    faint = f' stroke-opacity="{opacity:g}"' if opacity < 1 else ""
    return f'fill="none" stroke="{colour}" stroke-width="{width:g}"{dashed}{faint}'


def term_of(term: str) -> str:
    """Return the attribute that names a coefficient, for a page that highlights it; empty for no name."""
    return f' data-term="{escaped(term)}"' if term else ""


def grouped(
    element: str, attribute: str, steps: Sequence[str], look: str, groups: Sequence[str], term: str
) -> Iterator[str]:
    """Return elements with a common look: one for all, or one per group with its name."""
    if not steps:
        return
    if not groups:
        yield f'<{element} {attribute}="{"".join(steps)}" {look}{term_of(term)}/>'
        return
    own = "".join(
        f'<{element} {attribute}="{each}" data-group="{name}"><title>{name}</title></{element}>'
        for each, name in zip(steps, map(escaped, groups), strict=True)
    )
    yield f"<g {look}{term_of(term)}>{own}</g>"

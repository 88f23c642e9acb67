"""Formulas made from other formulas, as by R's ``update``: ``. ~ . - x``."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.design.formula import Formula, parse_formula
from mlm_steps.design.parser import parse_sides
from mlm_steps.language.faults import Span, formula_error
from mlm_steps.language.tokens import Token, tokenize

__all__ = ["updated_formula", "written_out"]


def updated_formula(old: str, new: str) -> str:
    """Return the new formula with the old one's sides in place of its dots.

    The dot to the right of ``~`` stands at the beginning or after a plus. Fixed terms and random-effects
    terms can be added to it and subtracted from it; the fixed terms that remain are then written out. A
    formula without dots replaces the old one; one that begins with ``~`` keeps the outcome.

    Raises
    ------
    FormulaError
        For another place of the dot, and for a random-effects term to subtract that the old one lacks.

    Examples
    --------
    >>> updated_formula("y ~ x + z + (x | g)", ". ~ . - z - (x | g) + (1 | g)")
    'y ~ x + (1 | g)'
    >>> updated_formula("y ~ x + (1 | g)", "log(.) ~ .")
    'log(y) ~ x + (1 | g)'
    >>> updated_formula("y ~ x + (1 | g)", "~ . + z")
    'y ~ x + (1 | g) + z'
    """
    formula, tokens = parse_formula(old), tokenize(new)
    middle = next((i for i, token in enumerate(tokens) if _is(token, "~")), None)
    if middle is None:
        hint = 'for example ". ~ . - x", or a whole formula'
        raise formula_error(new, Span(0, max(len(new), 1)), "there is no ~ in the formula", hint)
    response, _ = parse_sides(formula.text)
    left = formula.text[response.span.start : response.span.end]
    if middle == 0:  # as in R, a formula without a left side keeps the old one
        return updated_formula(old, f". {new.lstrip()}")
    edits = [(token.span, left) for token in tokens[:middle] if _is_dot(token, new)]
    edits += _right_edits(formula, new, tokens[middle + 1 :])
    for span, text in sorted(edits, key=lambda edit: edit[0].start, reverse=True):
        new = new[: span.start] + text + new[span.end :]
    subtracts = any(_is(token, "-") for token in tokens[middle + 1 :])
    return written_out(parse_formula(new)) if edits and subtracts else " ".join(new.split())


def written_out(formula: Formula) -> str:
    """Return a formula with its fixed terms as a sum, in R's order: ``x * f`` as ``x + f + x:f``."""
    response, _ = parse_sides(formula.text)
    labels = formula.fixed.labels
    start = () if formula.fixed.intercept and labels else ("1",) if formula.fixed.intercept else ("0",)
    offsets = tuple(f"offset({each.text})" for each in formula.offsets)
    bars = tuple(dict.fromkeys(bar.source for bar in formula.bars))
    left = formula.text[response.span.start : response.span.end]
    return f"{left} ~ {' + '.join((*start, *labels, *offsets, *bars))}"


def _right_edits(formula: Formula, new: str, tokens: Sequence[Token]) -> list[tuple[Span, str]]:
    """Return the edits of the right side: its dot, and the random-effects terms that it subtracts."""
    removed, edits = [], []
    for minus, first, last in _subtracted_bars(tokens):
        removed.append((_plain(new[tokens[first].span.start : tokens[last].span.end]), tokens[first].span))
        edits.append((tokens[minus].span.to(tokens[last].span), ""))
    for place, token in enumerate(tokens):
        if _is_dot(token, new):
            _check_dot(new, tokens, place)
            edits.append((token.span, _without_bars(formula, new, removed)))
    return edits


def _subtracted_bars(tokens: Sequence[Token]) -> list[tuple[int, int, int]]:
    """Return for each subtracted term in parentheses with a bar its minus, its first and its last token."""
    found, depth, start = [], 0, -1
    for place, token in enumerate(tokens):
        if _is(token, "("):
            if depth == 0 and place and _is(tokens[place - 1], "-"):
                start = place
            depth += 1
        elif _is(token, ")"):
            depth -= 1
            if depth == 0 and start >= 0:
                if any(_is(inner, "|") or _is(inner, "||") for inner in tokens[start:place]):
                    found.append((start - 1, start, place))
                start = -1
    return found


def _without_bars(formula: Formula, new: str, removed: Sequence[tuple[str, Span]]) -> str:
    """Return the right side of a formula without some of its random-effects terms."""
    text, places = formula.text, {_plain(bar.source): bar.span for bar in formula.bars}
    spans = []
    for written, span in removed:
        if written not in places:
            known = ", ".join(dict.fromkeys(bar.source for bar in formula.bars))
            raise formula_error(new, span, "the model has no such random-effects term", f"it has {known}")
        spans.append(places[written])
    _, right = parse_sides(text)
    for span in sorted(spans, key=lambda each: each.start, reverse=True):
        before, after = text[: span.start].rstrip(), text[span.end :].lstrip()
        if before.endswith("+"):
            text = f"{before[:-1].rstrip()} {after}"
        else:
            text = f"{before} {after[1:].lstrip() if after.startswith('+') else '1 ' + after}"
    return text[right.span.start :].strip() or "1"


def _check_dot(new: str, tokens: Sequence[Token], place: int) -> None:
    before = tokens[place - 1] if place else None
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    if before is not None and not _is(before, "+"):
        raise formula_error(new, tokens[place].span, "the dot stands at the beginning or after a +")
    if after is not None and after.kind != "end" and not (_is(after, "+") or _is(after, "-")):
        raise formula_error(new, tokens[place].span, "only + and - may follow the dot")


def _is(token: Token, operator: str) -> bool:
    return token.kind == "operator" and token.value == operator


def _is_dot(token: Token, text: str) -> bool:
    return token.kind == "name" and token.value == "." and text[token.span.start] == "."


def _plain(term: str) -> str:
    return "".join(term.split())

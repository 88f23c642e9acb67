"""Formulas as R reads them: written anew from their tokens, so that only the tokens can enter a script."""

from __future__ import annotations

from itertools import pairwise

from mlm_steps.design.formula import Formula, parse_formula
from mlm_steps.design.signatures import PARAMETERS
from mlm_steps.language.tokens import Token, tokenize
from mlm_steps.r_script.text import name, string

__all__ = ["CENTER", "calls_of", "r_formula"]

CENTER = "center <- function(x) x - mean(x)"
"""The one function of the formula language that R does not have."""
_CONTRASTS = ("treatment", "sum", "helmert", "poly", "sdif")
_WORDS = ("TRUE", "FALSE", "pi")


def r_formula(text: str) -> str:
    """Return a formula of R.

    >>> r_formula("math ~ ses*`my group` + C(f, Sum) + (ses | school/class)")
    'math ~ ses*`my group` + C(f, contr.sum) + (ses | school/class)'
    """
    formula = parse_formula(text)
    whole = formula.text  # a bar that is the whole right side has its parentheses
    tokens = tokenize(whole)
    split = _split(formula)
    written = []
    end = 0
    for position, token in enumerate(tokens):
        gap = " " if whole[end : token.span.start] else ""
        if token.span.start in split:
            end, terms = split[token.span.start]
            written.append(gap + terms)
        elif token.span.start >= end:
            written.append(gap + _token(whole, tokens, position))
            end = token.span.end
    return "".join(written).strip()


def _split(formula: Formula) -> dict[int, tuple[int, str]]:
    """Return, by their places, the double bars that lme4 cannot read, with their ends and single terms.

    lme4 takes double bars apart as text, and fails where a name stands in backticks.

    >>> r_formula("y ~ `a b` + (`a b` || g)")
    'y ~ `a b` + (1 | g) + (0 + `a b` | g)'
    """
    found: dict[int, tuple[int, str]] = {}
    for bar in formula.bars:
        names = [*bar.effects.names, bar.group.written]
        if bar.correlated or not any("`" in each for each in names):
            continue
        terms = [f"(1 | {bar.group.written})"] if bar.effects.intercept else []
        terms += [f"(0 + {label} | {bar.group.written})" for label in bar.effects.labels]
        before = found[bar.span.start][1] + " + " if bar.span.start in found else ""
        found[bar.span.start] = (bar.span.end, before + " + ".join(terms))
    return found


def _token(whole: str, tokens: tuple[Token, ...], position: int) -> str:
    token = tokens[position]
    if token.kind == "text":
        return string(token.value)
    if token.kind != "name":
        return token.value
    quoted = whole[token.span.start] == "`"
    follows = tokens[position + 1].value if position + 1 < len(tokens) else ""
    if not quoted and (follows == "(" and (token.value in PARAMETERS or token.value in ("c", "cbind"))):
        return token.value
    if not quoted and (token.value in _WORDS or _is_option(tokens, position)):
        return _contrast(token.value)
    return name(token.value)


def _is_option(tokens: tuple[Token, ...], position: int) -> bool:
    """Return whether a name is that of a parameter, or contrasts named in ``C()``."""
    if tokens[position + 1].value == "=":
        return True
    kind = tokens[position].value.lower().removeprefix("contr.")
    before = [token.value for token in tokens[max(0, position - 4) : position]]
    return kind in _CONTRASTS and "C" in before and before[-1:] in ([","], ["="])


def _contrast(word: str) -> str:
    kind = word.lower().removeprefix("contr.")
    return f"contr.{kind}" if kind in _CONTRASTS else word


def calls_of(text: str) -> set[str]:
    """Return the functions that a formula calls.

    >>> sorted(calls_of("y ~ ns(x, df = 3) + center(z) + (1 | g)"))
    ['center', 'ns']
    """
    tokens = tokenize(text)
    called = {one.value for one, next_ in pairwise(tokens) if one.kind == "name" and next_.value == "("}
    return called & {*PARAMETERS}

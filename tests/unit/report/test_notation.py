from __future__ import annotations

import numpy as np
import pytest

from mlm_steps.report.text.notation import decimals_for_se, fixed, p_value, share
from mlm_steps.report.text.text import (
    _BIDI_CONTROLS,
    Code,
    Word,
    _visible,
    clean,
    markdown_text,
    source,
)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (-1.58025, 3, "−1.580"),
        (-0.0004, 3, "0.000"),
        (48877.2555, 2, "48877.26"),
        (1.5e13, 0, "1.50 × 10¹³"),
        (-2.5e-8, 9, "−2.50 × 10⁻⁸"),
        (0.0, 9, "0"),
        (float("inf"), 1, "∞"),
    ],
)
def test_numbers_have_a_true_minus_and_no_negative_zero(value, decimals, text):
    assert fixed(value, decimals) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0, "< .001"),
        (0.00099, "< .001"),
        (0.001, ".001"),
        (0.0504, ".0504"),
        (0.04996, ".04996"),
        (0.0450, ".0450"),
        (0.0449, ".045"),
        (0.0551, ".055"),
        (0.9995, "> .999"),
        (1.0, "> .999"),
    ],
)
def test_p_values_have_three_digits_or_a_bound(p, text):
    assert p_value(p) == text


@pytest.mark.parametrize(
    ("se", "decimals"), [(0.14083, 2), (6.8246, 2), (12.3, 1), (123.0, 0), (0.0023, 4), (0.0, 2)]
)
def test_decimals_follow_the_standard_error(se, decimals):
    assert decimals_for_se(se) == decimals


@pytest.mark.parametrize(("value", "text"), [(-1.0, "−1.00"), (-0.5, "−.50"), (0.004, ".00")])
def test_correlations_have_no_leading_zero(value, text):
    assert share(value, 2) == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("ses_w", "ses_w"),
        ("_x_", r"\_x\_"),
        ("1. first", r"1\. first"),
        ("a|b", r"a\|b"),
        ("[x](y)", r"\[x\](y)"),
    ],
)
def test_words_are_escaped_where_markdown_would_read_markup(text, escaped):
    assert markdown_text(Word(text)) == escaped


@pytest.mark.parametrize(
    ("text", "in_table", "code"),
    [
        ("(x | g)", False, "`(x | g)`"),
        ("(x | g)", True, r"`(x \| g)`"),
        ("a`b", False, "``a`b``"),
        ("`odd name`", False, "`` `odd name` ``"),
        (r"a\|b", True, r"a\\\|b"),
    ],
)
def test_code_stays_code_and_inside_its_cell(text, in_table, code):
    assert markdown_text(Code(text), in_table=in_table) == code


def test_text_from_outside_loses_control_characters_and_turns_no_direction():
    assert clean("a\nb\x00\u202ec\u2066d\ud800") == "a b cd\N{REPLACEMENT CHARACTER}"


def test_a_colon_inside_a_key_does_not_part_it():
    assert source("fixed", "slope", "ses:sector", "p") == "fixed:slope:ses%3Asector:p"


@pytest.mark.parametrize("alpha", [0.001, 0.01, 0.05, 0.1, 0.32])
def test_a_printed_p_value_lies_on_the_side_of_the_level_on_which_p_lies(alpha):
    rng = np.random.default_rng(3)
    for p in [
        *rng.uniform(0, 1, 2000),
        *(alpha + 10.0 ** rng.uniform(-6, -2, 500) * rng.choice([-1, 1], 500)),
    ]:
        if not 0 <= p <= 1:
            continue
        text = p_value(p, alpha)
        shown = float(text.lstrip("<> "))
        below = shown <= alpha if text.startswith("<") else shown < alpha
        assert below == (p < alpha), (p, text)


def test_printable_text_needs_no_look_at_its_characters():
    printable = [chr(code) for code in range(0x20000) if chr(code).isprintable()]
    assert not _BIDI_CONTROLS.intersection(printable)
    assert [each for each in printable if _visible(each) != each] == []

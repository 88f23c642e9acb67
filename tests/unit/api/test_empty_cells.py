"""Type III tests of incomplete designs, against lmerTest 3.1-3 where it follows SAS."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import mlm_steps

FILES = Path(__file__).parent / "files"

# anova(lmer(...)) of lmerTest 3.1-3: term, NumDF, DenDF, F, p
EXPECTED = {
    ("nested", "amp ~ group * (category + subcategory) + (1 | patient)"): [
        ("group", 1, 22, 8.436632, 0.008218376),
        ("subcategory", 2, 90, 40.140169, 3.455e-13),
        ("group:subcategory", 2, 90, 0.532719, 0.588846),
    ],
    ("empty_cells_0", "y ~ a * b + a * c + (1 | g)"): [
        ("a", 2, None, 0.5633764, None),
        ("c", 2, None, 0.5496153, None),
        ("a:c", 2, None, 0.3016474, None),
    ],
    ("empty_cells_1", "y ~ a * b * c + (1 | g)"): [
        ("a", 1, None, 0.91088623, None),
        ("b", 2, None, 0.13184894, None),
        ("c", 1, None, 2.03030813, None),
        ("a:b", 2, None, 0.25652320, None),
        ("a:c", 1, None, 0.02171193, None),
        ("b:c", 2, None, 0.72563667, None),
    ],
}


@pytest.mark.parametrize(("name", "formula"), EXPECTED)
def test_f_tests_where_cells_are_empty_or_factors_nested(name, formula):
    found = mlm_steps.fit(formula, pd.read_csv(FILES / f"{name}.csv")).anova()
    for term, num_df, den_df, F, p in EXPECTED[name, formula]:
        row = found.loc[term]
        assert row.num_df == num_df
        assert pytest.approx(F, rel=2e-5) == row.F
        if den_df is not None:
            assert row.den_df == pytest.approx(den_df, rel=1e-3)
            assert row.p_value == pytest.approx(p, rel=1e-3)


def test_the_order_of_terms_does_not_matter_where_columns_are_dropped():
    frame = pd.read_csv(FILES / "nested.csv")
    one, other = (
        mlm_steps.fit(f"amp ~ {fixed} + (1 | patient)", frame).anova().drop(columns="includes")
        for fixed in ("category + subcategory + group", "group + subcategory + category")
    )  # the order of terms decides which column is dropped, and so what a test includes
    pd.testing.assert_frame_equal(one, other.loc[one.index], rtol=1e-6)

"""The covariance matrices of the fixed effects."""

from pathlib import Path

import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import Estimates
from mlm_steps.records import DataProfile
from mlm_steps.records.run import Labels, RunRecords
from mlm_steps.steps.parts.fit_record import fit_record
from mlm_steps.tables import TABLES

SLEEP = pd.read_csv(
    Path(__file__).parents[2] / "reference" / "data" / "sleepstudy.csv", dtype={"Subject": str}
)
FORMULA = "Reaction ~ Days + (Days | Subject)"
# lme4, vcov(lmer(...)), and pbkrtest, vcovAdj, without the days after 6 of every third subject; with the
# optimizer bobyqa and rhoend = 1e-11, as the default one ends 5e-5 away.
LME4 = [49.2882041233, -2.8788542221, -2.8788542221, 3.13195912453]
PBKRTEST = [49.35119936346, -2.90704319875, -2.90704319875, 3.14457383647]


def thinned():
    every_third = (SLEEP["Subject"].rank(method="dense") % 3) == 0
    return SLEEP[~(every_third & (SLEEP["Days"] > 6))]


def table_of(df_method, formula=FORMULA, frame=None):
    estimates = Estimates(build_design(formula, thinned() if frame is None else frame))
    record = fit_record(
        "m", formula, estimates, method="REML", df_method=df_method, confidence=0.95, weights=None,
        sample_hash="s", variable_levels={},
    )  # fmt: skip
    profile = DataProfile(
        file="", file_hash="", rows_file=1, rows=1, sample_hash="s", columns=(), lost=(), factors=(),
        variable_levels=(), nesting=(), notices=(),
    )  # fmt: skip
    run = RunRecords("r", "r", Labels({}, {}, {}), profile, (), (record,), {}, (), (), {})
    found = TABLES["vcov"](run)
    return record, pd.DataFrame(found.rows, columns=found.columns)


def test_the_matrix_is_that_of_lme4():
    record, table = table_of("satterthwaite")
    assert table["value"].tolist() == pytest.approx(LME4, rel=1e-5)
    assert table["method"].unique().tolist() == ["REML"]
    assert table["column_1"].tolist() == ["(Intercept)", "(Intercept)", "Days", "Days"]
    assert table["column_2"].tolist() == ["(Intercept)", "Days", "(Intercept)", "Days"]
    roots = table.loc[table["column_1"] == table["column_2"], "value"] ** 0.5
    assert roots.tolist() == pytest.approx([c.se for c in record.coefficients])


def test_the_adjusted_matrix_of_kenward_and_roger_follows():
    record, table = table_of("kenward-roger")
    assert table["method"].tolist() == ["REML"] * 4 + ["kenward-roger"] * 4
    assert table["value"].tolist() == pytest.approx([*LME4, *PBKRTEST], rel=1e-5)
    adjusted = table[(table["method"] == "kenward-roger") & (table["column_1"] == table["column_2"])]
    assert (adjusted["value"] ** 0.5).tolist() == pytest.approx([c.se for c in record.coefficients])


def test_columns_are_known_with_their_terms():
    half = pd.Series(SLEEP["Days"] > 4).map({True: "bc", False: "x"})
    odd = (SLEEP["Days"] % 2).map({1: "c", 0: "b"})
    frame = SLEEP.assign(a=half.astype(pd.CategoricalDtype(["x", "bc"])), ab=odd, twin=SLEEP["Days"])
    formula = "Reaction ~ a + ab + Days + twin + (1 | Subject)"
    record, table = table_of("satterthwaite", formula, frame)
    assert record.dropped == ("twin",)
    own = table[table["column_1"] == table["column_2"]]
    assert dict(zip(own["column_1"], own["term_1"], strict=True)) == {
        "(Intercept)": "(Intercept)", "a[bc]": "a", "ab[c]": "ab", "Days": "Days"
    }  # fmt: skip
    assert (own["term_1"] == own["term_2"]).all()
    assert len(table) == 16

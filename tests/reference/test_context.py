"""Slopes within and between groups beside those of lme4 and lmerTest, and of the workshop's data.

lme4 1.1-31 and lmerTest 3.1-3 on data/hsb.csv, with m = ave(ses, school) and d = ses - m:
``lmer(mAch ~ d + m + (1 | school))`` and ``lmer(mAch ~ d + m + (d | school))``, contextual effects by
``contest1D(fit, c(0, -1, 1))``; correlations by ``cor`` of d and m and of the same parts of mAch.
"""

from pathlib import Path

import pandas as pd
import pytest

import mlm_steps

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "reference" / "data" / "heck2011.csv"
RTOL = 1e-5
"""R's searches end within this relative distance of the coefficients at the optimum."""
DF_RTOL = 5e-4
"""lmerTest takes its derivatives by finite differences."""
R = {
    "mAch ~ ses + (1 | school)": {
        "within": (2.191171965, 0.1086672878, 7021.5091796),
        "between": (5.866173808, 0.3616993572, 153.3665914),
        "contextual": (3.675001843, 0.3776704972, 182.2863242),
    },
    "mAch ~ ses + (ses | school)": {
        "within": (2.191280191, 0.1280304863, 155.4422869),
        "between": (5.896357048, 0.3600480966, 152.9309506),
        "contextual": (3.705076857, 0.3817005062, 189.8036762),
    },
}
"""Estimate, standard error and Satterthwaite's df."""


@pytest.fixture(scope="module")
def hsb():
    return pd.read_csv(ROOT / "data" / "hsb.csv", dtype={"school": str})


@pytest.mark.parametrize("formula", R)
def test_the_slopes_are_those_of_lmer(hsb, formula):
    table = mlm_steps.fit(formula, hsb).context().table.set_index("slope")
    for slope, (estimate, se, df) in R[formula].items():
        assert table.loc[slope, ["estimate", "se"]].tolist() == pytest.approx([estimate, se], rel=RTOL)
        assert table.loc[slope, "df"] == pytest.approx(df, rel=DF_RTOL)


def test_the_descriptives_are_those_of_r(hsb):
    found = mlm_steps.describe(hsb[["school", "mAch", "ses", "sector"]], "school")
    assert found.correlations["within", "school"].loc["mAch", "ses"] == pytest.approx(0.2339632779)
    assert found.correlations["between", "school"].loc["mAch", "ses"] == pytest.approx(0.7865340524)
    ses = found.table.set_index("variable").loc["ses"]
    assert ses["icc1"] == pytest.approx(0.2649103516, rel=RTOL)
    counts = found.categories.set_index("category")["n"]
    assert (counts["Public"], counts["Catholic"]) == (90, 70)


if SHARED.is_file():

    @pytest.fixture(scope="module")
    def heck():
        frame = pd.read_csv(SHARED, encoding="utf-8-sig", dtype={"schcode": str})
        return frame[["schcode", "math", "ses", "public"]]

    def test_the_workshops_data_have_the_printed_slopes(heck):
        """Digits of an independent computation in double precision (statistics, section 19)."""
        found = mlm_steps.describe(heck, "schcode", outcome="math", level={"public": "schcode"})
        slopes = found.slopes.set_index(["predictor", "slope"]).loc["ses"]
        shown = {kind: (f"{row.estimate:.5f}", f"{row.se:.5f}") for kind, row in slopes.iterrows()}
        assert shown == {
            "pooled": ("4.25468", "0.12566"),
            "within": ("3.19026", "0.15780"),
            "between": ("5.89199", "0.25286"),
            "contextual": ("2.70173", "0.29806"),
        }
        assert round(found.table.set_index("variable").loc["ses", "icc1"], 4) == 0.3532

    def test_centring_makes_the_singular_model_of_the_workshop_sound(heck):
        record = mlm_steps.fit("math ~ ses + (ses | schcode)", heck).context().record
        assert (record.singular, record.singular_there) == (True, False)
        assert round(record.correlation, 6) == -1.0
        assert round(record.correlation_there, 3) == -0.658
        assert (round(record.delta_deviance, 1), record.delta_npar) == (-62.4, 1)
        assert record.delta_aic == pytest.approx(record.delta_deviance + 2)

    def test_the_full_centred_model_of_the_workshop_gives_the_average_slope(heck):
        fit = mlm_steps.fit("math ~ ses * public + (ses | schcode)", heck)
        record = fit.context().record
        ses = next(each for each in record.predictors if each.column == "ses")
        assert ses.slope("within").estimate == pytest.approx(
            3.66171 - 0.65225 * heck["public"].mean(), abs=1e-5
        )
        assert ses.slope("between", "schcode").estimate == pytest.approx(5.87194, abs=1e-5)
        assert ses.slope("between", "schcode").se == pytest.approx(0.25170, abs=1e-5)

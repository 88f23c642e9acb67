"""A fit checked by every optimiser."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.engine import Control
from mlm_steps.engine.fit.all_fit import takes_long
from mlm_steps.engine.search.optimizers import NEEDS, OPTIMIZERS

WORKSHOP = Path(__file__).parents[4] / "shared" / "reference" / "data" / "heck2011_original.csv"


def frame(between, J=60, size=16):
    generator = np.random.default_rng(3)
    g = np.repeat(np.arange(J), size)
    x = generator.normal(size=g.size)
    y = 57 + 3.9 * x + between * generator.normal(size=J)[g] + 7.9 * generator.normal(size=g.size)
    return pd.DataFrame({"y": y, "x": x, "g": g})


@pytest.fixture
def harmless():
    return mlm_steps.fit("y ~ x + (1 | g)", frame(8.0))


def test_all_optimisers_are_listed_from_both_starts_and_agree_on_a_harmless_model(harmless):
    refits = mlm_steps.allfit(harmless)
    expected = [(word, start) for word in ("auto", *OPTIMIZERS) for start in ("optimum", "default")]
    assert list(zip(refits.table["optimizer"], refits.table["start"], strict=True)) == expected
    assert refits.agree
    assert set(refits.table["status"]) <= {"converged", "not_installed"}
    assert (refits.table["delta"].dropna() >= 0).all()
    assert refits.table["delta"].min() == 0
    assert "agree: criteria within" in refits.verdict
    assert refits.verdict.endswith("The fit itself is at the best point found.")


def test_an_optimiser_in_the_trap_is_named_and_not_called_converged():
    refits = mlm_steps.allfit(mlm_steps.fit("y ~ x + (1 | g)", frame(1.9, J=400)))
    table = refits.table.set_index(["optimizer", "start"])
    assert not refits.agree
    assert table.loc[("l-bfgs-b", "default"), "status"] == "wrong"
    assert table.loc[("l-bfgs-b", "default"), "delta"] > 50
    assert table.loc[("auto", "default"), "status"] == "converged"
    assert "At a wrong point, though done by their own account: l-bfgs-b from the default start" in str(
        refits
    )
    assert refits.found.excess < 1e-9


def test_searches_that_use_up_their_evaluations_are_named_and_do_not_count(harmless):
    refits = mlm_steps.allfit(harmless, control=Control(max_evaluations=20))
    assert refits.agree
    assert "by their own account: nelder-mead from the optimum" in refits.verdict


def test_a_fit_that_is_not_the_optimum_is_found_out():
    stopped = mlm_steps.fit("y ~ x + (1 | g)", frame(1.9, J=400), control=Control("l-bfgs-b", start=1.0))
    refits = mlm_steps.allfit(stopped)
    assert not refits.agree
    assert "The fit itself is not at the optimum" in refits.verdict


def test_an_optimiser_that_is_not_installed_stays_in_the_table_without_numbers(harmless, monkeypatch):
    monkeypatch.setitem(NEEDS, "powell", "a_library_that_nobody_has")
    row = mlm_steps.allfit(harmless).table.set_index(["optimizer", "start"]).loc[("powell", "default")]
    assert row["status"] == "not_installed"
    assert row[["criterion", "delta", "evaluations"]].isna().all()


def test_a_model_without_fixed_effects_can_be_checked():
    refits = mlm_steps.allfit(mlm_steps.fit("y ~ 0 + (1 | g)", frame(8.0)))
    assert refits.agree
    assert refits.table["max_dbeta_se"].isna().all()


def test_a_small_model_is_checked_unasked_and_one_of_very_many_groups_is_not(harmless):
    assert not takes_long(harmless.lmm)
    many = np.repeat(np.arange(20_001), 2)
    y = np.random.default_rng(1).normal(size=many.size)
    assert takes_long(mlm_steps.fit("y ~ 1 + (1 | g)", pd.DataFrame({"y": y, "g": many})).lmm)


@pytest.mark.skipif(not WORKSHOP.exists(), reason="the workshop's data are not distributed")
def test_on_the_workshops_last_model_the_wrong_ones_are_exposed():
    fit = mlm_steps.fit("math ~ ses * public + (ses | schcode)", pd.read_csv(WORKSHOP))
    refits = mlm_steps.allfit(fit)
    wrong = refits.table.query("status == 'wrong'")
    assert ("l-bfgs-b", "default") in set(zip(wrong["optimizer"], wrong["start"], strict=True))
    assert (wrong["delta"] > 90).all()
    assert refits.found.excess < 1e-6
    assert fit.criterion == pytest.approx(48187.0650, abs=1e-4)

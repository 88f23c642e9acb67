"""The sentence on the optimisers says whether a fit can be relied on."""

from dataclasses import replace

import pytest

from mlm_steps.report.sections.allfit import MOST_NAMED, context
from mlm_steps.report.text.text import plain_text

from .conftest import refits


def lead(given, rungs):
    record = refits().model_copy(update={"rungs": tuple(rungs)})
    run = replace(given.run, results={**given.run.results, "allfit": record})
    return plain_text(context(replace(given, run=run))["lead"])


def rung(given, model, lower):
    """Return a rung on which one search ends this much below the criterion of the fit."""
    own = next(o.criterion for o in given.run.fit(model).optima if o.method == "REML")
    apart = refits().rungs[1]
    first, *rest = apart.refits
    rest = [each.model_copy(update={"criterion": None}) for each in rest]
    found = (first.model_copy(update={"criterion": own - lower}), *rest)
    return apart.model_copy(update={"model": model, "refits": found})


@pytest.mark.parametrize(
    ("lower", "words"),
    [
        (0.5, "An optimiser finds a better point than the fit of Random slope: do not rely on this fit."),
        (
            0.0005,
            "Some optimisers miss the optimum of Random slope, but none finds a better point than the fit.",
        ),
    ],
)
def test_a_better_point_is_told(make_given, lower, words):
    given = make_given()
    assert lead(given, [rung(given, "slope", lower)]) == words


def test_rungs_on_which_all_agree_come_last_and_many_are_counted(make_given):
    given = make_given()
    fine = refits().rungs[0]
    assert lead(given, [fine]) == "All optimisers reach the same optimum of Null model."
    both = lead(given, [fine, rung(given, "slope", 0.5)])
    assert both.endswith("do not rely on this fit. All optimisers reach the same optimum of Null model.")
    many = [fine] * (MOST_NAMED + 1)
    assert lead(given, many) == f"All optimisers reach the same optimum of {MOST_NAMED + 1} rungs."


def test_a_rung_without_results_is_named(make_given):
    given = make_given()
    gone = refits().rungs[1].model_copy(update={"model": "gone"})
    assert lead(given, [gone]) == "The optimisers disagree on gone, which has no results."

"""Specs whose family does not fit the data or the formula: one fault at its place, and nothing written."""

import re

import numpy as np
import pandas as pd
import pytest

from mlm_steps.errors import SpecError
from mlm_steps.steps.validate import check

SPEC = """version: 1
data:
  file: d.csv
  columns: {{g: {{type: group}}, h: {{type: group}}, row: {{type: group}}}}
ladder:
  - name: m
    formula: "{formula}"
    family: {family}
{more}"""

CASES = [
    ("poisson", "bad ~ x + (1|g)", "", "7:14", "a count cannot be negative: -1 (row 8)", None),
    ("poisson", "half ~ x + (1|g)", "", "7:14", "a count must be a whole number: 2.5 (row 12)", "exposure"),
    ("negative_binomial", "half ~ x + (1|g)", "", "7:14", "2.5 (row 12)", "family: gamma"),
    ("binomial", "over ~ x + (1|g)", "trials: n", "7:14",
     "events must be 0 to 4, its number of trials: 9", None),
    ("binomial", "k ~ x + (1|g)", "trials: n0", "9:13", "the number of trials n0 is 0 in row 4", "above 0"),
    ("binomial", "k ~ x + (1|g)", "trials: nf", "9:13", "the number of trials nf is 2.5 in row 5", None),
    ("binomial", "k ~ x + (1|g)", "trials: m", "9:13", "there is no column 'm'", None),
    ("binomial", "share ~ x + (1|g)", "", "7:15", "a share of unknown trials", "trials: COLUMN"),
    ("binomial", "wrong ~ x + (1|g)", "trials: n", "7:15",
     "wrong is 0.333 in row 3, which is not a share", None),
    ("binomial", "ones ~ x + (1|g)", "", "7:14", "has one value only: the event always occurs", None),
    ("binomial", "three ~ x + (1|g)", "", "7:15", "three has 3 levels: p, q, r", "column of 0 and 1"),
    ("binomial", "two ~ x + (1|g)", "trials: n", "9:13", "two is a category, which has one trial", None),
    ("binomial", "count ~ x + (1|g)", "", "7:14", "the number of events must be 0 or 1: 2", "poisson"),
    ("binomial", "cbind(k, n - k) ~ x + (1|g)", "trials: n", "9:13", "the trials are given twice", None),
    ("binomial", "cbind(k, x) ~ x + (1|g)", "", "7:14", "the number of trials must be a whole number", None),
    ("binomial", "cbind(k, 4) ~ x + (1|g)", "", "7:15", "cbind() takes the column of the events", "n - k"),
    ("poisson", "count ~ x + (1|g)", "exposure: tt", "9:15", "the exposure tt is 0 in row 9", "positive"),
    ("poisson", "count ~ x + (1|g)", "exposure: tm", "9:15", "the exposure 'tm' is missing in row 10", None),
    ("poisson", "count ~ x + (1|g)", "exposure: two", "9:15", "exposure 'two' is text, not a number", None),
    ("poisson", "count ~ x + offset(log(t)) + (1|g)", "exposure: t", "9:15", "has offset(log(t)), too", None),
    ("poisson", "two ~ x + (1|g)", "", "7:15", "outcome 'two' is text, not a number", None),
    ("gamma", "neg ~ x + (1|g)", "", "7:14", "a gamma outcome must be above 0: 0 (row 7)", "poisson"),
    ("gaussian", "two ~ x + (1|g)", "", "7:15", "outcome 'two' is text", "family: binomial"),
    ("gaussian", "cbind(k, n - k) ~ x + (1|g)", "", "7:15",
     "is an outcome of events among trials", "binomial"),
    ("poison", "count ~ x + (1|g)", "", "8:13", "'poison' is not one of gaussian, binomial", "'poisson'"),
    ("poisson", "count ~ x + (1|g)", "link: sqrt", "9:11", "no link 'sqrt'", "log"),
    ("binomial", "yes ~ x + (1|g)", "link: log", "9:11",
     "binomial has no link log", "logit, probit, cloglog"),
    ("poisson", "count ~ x + (1|g) + (1|h)", "agq: 5", "9:10", "needs one grouping factor", "Laplace"),
    ("poisson", "count ~ x + (x + t + pos|g)", "agq: 5", "9:10", "at most 3 random coefficients", None),
    ("binomial", "yes ~ x + (1|g)", "agq: 200", "9:10", "200 is not between 1 and 101", "auto"),
    ("poisson", "count ~ x + (1|g)", "phi: 2", "9:5", "unknown key 'phi'", "poisson and binomial have none"),
    ("binomial", "yes ~ x + (1|g) + (1|row)", "", "7:33", "'row' has a level per row", "leave out the term"),
    ("gamma", "pos ~ x + (1|g) + (1|row)", "", "7:33", "'row' has a level per row", None),
    ("poisson", "count ~ x + (1|g)", "EST method: REML", "9:22",
     "REML exists for linear mixed models only", "ML"),
    ("poisson", "count ~ x + (1|g)", "EST df: satterthwaite", "9:18", "satterthwaite exists for linear", "z"),
    ("poisson", "count ~ x + (1|g)", "EST df: kenward-roger", "9:18", "kenward-roger exists for linear", "z"),
]  # fmt: skip


@pytest.fixture(name="folder", scope="module")
def folder_(tmp_path_factory):
    rng = np.random.default_rng(0)
    n = 60
    count, trials = rng.poisson(2, n).astype(float), np.full(n, 4.0)
    k = rng.binomial(4, 0.5, n).astype(float)
    frame = pd.DataFrame(
        {
            "g": np.repeat(list("abcdef"), 10),
            "h": np.tile(list("uvwxy"), 12),
            "row": np.arange(n),
            "x": rng.normal(size=n).round(3),
            "yes": rng.integers(0, 2, n),
            "n": trials,
            "k": k,
            "share": k / 4,
            "count": count,
            "t": rng.uniform(1, 3, n).round(2),
            "pos": rng.gamma(2, 1, n).round(3) + 0.01,
            "ones": 1,
            "two": rng.choice(["N", "Y"], n),
            "three": rng.choice(list("pqr"), n),
        }
    )
    changes = {
        "bad": ("count", 7, -1.0), "half": ("count", 11, 2.5), "over": ("k", 5, 9.0), "n0": ("n", 3, 0.0),
        "nf": ("n", 4, 2.5), "tt": ("t", 8, 0.0), "tm": ("t", 9, np.nan), "neg": ("pos", 6, 0.0),
        "wrong": ("share", 2, 0.333),
    }  # fmt: skip
    for name, (source, row, value) in changes.items():
        frame[name] = frame[source]
        frame.loc[row, name] = value
    folder = tmp_path_factory.mktemp("families")
    frame.to_csv(folder / "d.csv", index=False)
    return folder


@pytest.mark.parametrize(("family", "formula", "more", "place", "what", "hint"), CASES)
def test_a_spec_with_a_wrong_family_has_one_fault_at_its_place(
    folder, family, formula, more, place, what, hint
):
    path = folder / "wrong.yaml"
    line = f"estimation: {{{more[4:]}}}\n" if more.startswith("EST ") else f"    {more}\n" if more else ""
    path.write_text(SPEC.format(family=family, formula=formula, more=line))
    with pytest.raises(SpecError) as caught:
        check(path)
    (fault,) = caught.value.faults
    assert re.search(rf"wrong.yaml:{place}: ", str(fault)), str(fault)
    assert what in fault.what
    assert hint is None or hint in (fault.hint or "")
    assert sorted(file.name for file in folder.iterdir()) == ["d.csv", "wrong.yaml"]


def test_a_term_with_a_level_per_row_is_allowed_where_it_models_dispersion(folder):
    path = folder / "wrong.yaml"
    for family, formula, more in (
        ("poisson", "count ~ x + (1|g) + (1|row)", ""),
        ("binomial", "k ~ x + (1|g) + (1|row)", "    trials: n\n"),
    ):
        path.write_text(SPEC.format(family=family, formula=formula, more=more))
        check(path)


def test_the_keys_of_estimation_are_the_place_of_faults_in_their_columns(folder):
    path = folder / "wrong.yaml"
    more = "estimation: {exposure: tt}\n"
    path.write_text(SPEC.format(family="poisson", formula="count ~ x + (1|g)", more=more))
    with pytest.raises(
        SpecError, match=r"wrong.yaml:9:24: estimation.exposure: the exposure tt is 0 in row 9"
    ):
        check(path)

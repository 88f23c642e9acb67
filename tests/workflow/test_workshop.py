"""The workshop's ladder: on the look-alike of its data, and on the original where that is there."""

import csv
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "config" / "examples" / "workshop.yaml"
SHARED = ROOT.parent / "shared" / "reference"
ORIGINAL = SHARED / "data" / "heck2011_original.csv"
NO_INTERCEPT = '  - {name: noint, formula: "math ~ 0 + ses + (0 + ses | schcode)"}\n'
"""A rung that the workshop shows apart from its ladder."""
MODELS = {
    "OLS": "ols",
    "OLSint": "ols_female",
    "Null": "null",
    "L1": "ses",
    "Slope": "slope",
    "NoInt": "noint",
}
MODELS |= {"Uncorr": "uncorrelated", "L2pub": "public", "LRT": "null ses", "prop": "ses"}
NOT_IN_TABLES = re.compile(r"resid q|fixef corr|message|^allFit")
REML_OF_THE_LAST_RUNG = 48187.0650
STOPPED_SHORT = {"Slope": 1e-5, "L2pub": 5e-5, "Uncorr": 2e-4}
"""How far, relative to the value, what the workshop prints is from the optimum: lme4's default search stopped
before it, at a criterion that is higher in the seventh digit. The other models have one parameter or none."""


def run_workshop(folder, text):
    """Run the spec in a folder of its own; return its tables, a list of rows each."""
    (folder / "workshop.yaml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mlm_steps", "run", "workshop.yaml", "--out", "out", "--cores", "2"]
    subprocess.run(command, cwd=folder, check=True, timeout=300)
    return {path.stem: read_table(path) for path in (folder / "out" / "tables").glob("*.csv")}


def read_table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rows(tables, table, **wanted):
    return [row for row in tables[table] if all(row[key] == value for key, value in wanted.items())]


def column(tables, table, name, **wanted):
    return [float(row[name]) for row in rows(tables, table, **wanted)]


def test_the_ladder_runs_on_the_look_alike_and_names_its_faults(tmp_path):
    (tmp_path / "data").mkdir()
    shutil.copy(SPEC.parent / "data" / "workshop.csv", tmp_path / "data")
    tables = run_workshop(tmp_path, SPEC.read_text(encoding="utf-8"))
    singular = {row["model"]: row["singular"] for row in tables["fit"]}
    assert singular["uncorrelated"].lower() == "false"
    assert singular["slope"].lower() == "true"
    report = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    for words in ("public", "ses_mean", "32"):
        assert words in report
    components = column(tables, "random_pca", "outcome_share", model="cross")
    assert components == pytest.approx([1.0, 0.0], abs=1e-3)
    shown = [f"{100 * value:.1f}" for value in components]
    assert f"account for {shown[0]} % and {shown[1]} % of the variance" in report.replace("\u202f", " ")
    (slope,) = rows(tables, "random_coefficients", model="cross", effect="ses")
    assert f"between {float(slope['low']):.2f} and {float(slope['high']):.2f}" in report
    lines = read_table(tmp_path / "out" / "figures" / "partial_pooling.csv")
    assert {row["kind"] for row in lines} == {"line", "coefficient"}


if ORIGINAL.is_file():

    @pytest.fixture(scope="module")
    def tables(tmp_path_factory):
        folder = tmp_path_factory.mktemp("workshop")
        (folder / "data").mkdir()
        shutil.copy(ORIGINAL, folder / "data" / "workshop.csv")
        text = SPEC.read_text(encoding="utf-8")
        return run_workshop(folder, text.replace("compare:\n", f"{NO_INTERCEPT}compare:\n", 1))

    with (SHARED / "workshop_numbers.csv").open(encoding="utf-8", newline="") as file:
        PRINTED = [row for row in csv.DictReader(file) if not NOT_IN_TABLES.search(row["label"])]

    @pytest.mark.parametrize("row", PRINTED, ids=[row["label"] for row in PRINTED])
    def test_the_original_gives_the_workshops_number(tables, row):
        prefix, quantity = row["label"].split(" ", 1)
        name, _, position = quantity.removesuffix("]").partition("[")
        values = look_up(tables, prefix, MODELS[prefix], name)
        value = values[int(position) - 1] if position else values[0]
        assert agrees(value, row["printed"], STOPPED_SHORT.get(prefix, 0.0))

    def test_reliability_and_components_on_the_original_are_those_of_the_definitions(tables):
        """The mean reliability is .7166 (statistics, section 10); a correlation of -1 has one component."""
        (reliability,) = column(tables, "random_coefficients", "reliability", model="null")
        assert round(reliability, 4) == 0.7166
        assert column(tables, "random_pca", "effective_rank", model="slope") == [1.0, 1.0]
        (mode,) = rows(tables, "ranef", model="null", level="1")
        tau, sigma2, n = 10.6422, 66.55066, float(mode["n_j"])
        assert float(mode["shrinkage"]) == pytest.approx(tau / (tau + sigma2 / n), rel=1e-4)

    def test_the_last_rung_on_the_original_has_the_workshops_criterion(tables):
        (criterion,) = column(tables, "fit", "d_reml", model="cross")
        assert round(criterion, 4) == REML_OF_THE_LAST_RUNG


def look_up(tables, prefix, model, quantity):
    """Return the values of a quantity of a model, in the order in which R prints them."""
    if prefix.startswith("OLS"):
        columns = {
            "est": "estimate",
            "t": "statistic",
            "sigma": "sigma",
            "R2": "r_squared",
            "F": "f_statistic",
        }
        columns |= {"adjR2": "adj_r_squared", "Fdf": "f_df_1", "df": "df", "se": "se", "p": "p"}
        return column(tables, "ols", columns[quantity], model=model)
    if prefix == "LRT":
        return look_up_comparison(tables, *model.split(), quantity)
    if prefix == "prop":
        return column(tables, "variance_explained", "value", model=model, measure="prv_null", scope="sigma2")
    if quantity in ("est", "se", "df", "t", "p"):
        names = {"est": "estimate", "t": "statistic"}
        return column(tables, "fixed", names.get(quantity, quantity), model=model)
    if "icc" in quantity:
        kind = "unadjusted" if "unadjusted" in quantity else "adjusted"
        return column(tables, "icc", "value", model=model, kind=kind)
    if quantity in ("REMLcrit", "nobs", "singular", "ngroups"):
        columns = {"REMLcrit": "d_reml", "nobs": "n"}
        if quantity == "singular":
            return [row["singular"].upper() for row in rows(tables, "fit", model=model)]
        if quantity == "ngroups":
            counts = [row["J_per_factor"] for row in rows(tables, "fit", model=model)]
            return [float(count.removeprefix("schcode=")) for count in counts]
        return column(tables, "fit", columns[quantity], model=model)
    return look_up_variances(tables, model, quantity)


def look_up_comparison(tables, smaller, larger, quantity):
    tests = {"Chisq": "statistic", "Df": "df", "p": "p_naive"}
    if quantity in tests:
        (row,) = rows(tables, "comparison", **{"from": smaller, "to": larger})
        return [float(row[tests[quantity]])]
    columns = {"deviance": "d_ml"}
    return [column(tables, "fit", columns.get(quantity, quantity), model=m)[0] for m in (smaller, larger)]


def look_up_variances(tables, model, quantity):
    def kind(word):
        return column(tables, "random", "estimate", model=model, kind=word)

    if quantity in ("var", "vars"):
        return kind("variance")
    if quantity == "sd":
        return kind("sd")
    if quantity == "corr":
        return kind("correlation")
    if quantity == "VarCorr":
        return [kind("variance")[0], kind("covariance")[0], kind("variance")[1]]
    assert quantity == "varcor print"
    return [*kind("sd")[:2], *kind("correlation"), kind("sd")[2]]


def agrees(value, printed, slack):
    """Return whether a value, give or take the slack, rounds to what was printed."""
    if isinstance(value, str):
        return value == printed
    if printed.startswith("<"):
        return value < float(printed.removeprefix("<"))
    _, _, decimals = printed.lower().partition("e")[0].partition(".")
    unit = 10.0 ** -len(decimals)
    if "e" in printed.lower():
        unit *= 10.0 ** int(printed.lower().partition("e")[2])
    return math.isclose(value, float(printed), rel_tol=max(slack, 1e-12), abs_tol=0.5 * unit * (1 + 1e-6))

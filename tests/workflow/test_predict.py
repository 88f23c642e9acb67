"""Rows are saved with their place in the file, and rows of a new file are predicted as by the fit."""

import pandas as pd
import pytest

import mlm_steps

from .conftest import mlm, small_data

SPEC = """\
version: 1
name: small
data:
  file: small.csv
  columns:
    g: {type: group}
    arm: {levels: [control, treated]}
  filter: ["x2 < 2"]
  derive:
    x_w: {center: x, within: g}
    x_m: {mean: x, within: g}
    both: {expr: "x + x2"}
ladder:
  - {name: l1, formula: "y ~ x_w + x_m + arm + (1 | g)"}
  - {name: slope, formula: "y ~ x_w + x_m + both + scale(x2) + arm + (x_w | g)"}
estimation: {allfit: never}
save: [fitted, residuals]
report: {formats: [md]}
"""
CLOSE = 1e-9
"""Relative rounding between the frame of the run and the same columns made with pandas."""


def data():
    frame = pd.read_csv(pd.io.common.StringIO(small_data()), dtype={"g": str})
    frame["arm"] = ["control" if row % 3 else "treated" for row in range(len(frame))]
    frame.loc[7, "y"] = float("nan")
    return frame


def sample():
    """Return the rows of the fit with the derived columns, and their numbers in the file from 1."""
    frame = data()
    kept = frame[(frame.x2 < 2) & frame.y.notna()].copy()
    kept["x_m"] = kept.groupby("g").x.transform("mean")
    kept["x_w"], kept["both"] = kept.x - kept.x_m, kept.x + kept.x2
    return kept


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("predict")
    (path / "small.yaml").write_text(SPEC)
    data().to_csv(path / "small.csv", index=False)
    assert mlm("run", "small.yaml", "--out", "out", cwd=path).returncode == 0
    return path


@pytest.fixture(scope="module")
def fit():
    return mlm_steps.fit("y ~ x_w + x_m + both + scale(x2) + arm + (x_w | g)", sample())


def predicted(folder, text, *options, model="slope"):
    (folder / "new.csv").write_text(text)
    words = ("predict", "small.yaml", "--out", "out", "--model", model, "--new", "new.csv")
    done = mlm(*words, "--save", "predicted.csv", *options, cwd=folder)
    return done, pd.read_csv(folder / "predicted.csv") if not done.returncode else None


def test_rows_are_saved_with_their_number_in_the_file(folder, fit):
    saved = pd.read_csv(folder / "out" / "rows" / "slope.csv")
    assert saved.row.tolist() == (sample().index + 1).tolist()
    assert 8 not in set(saved.row)
    pd.testing.assert_series_equal(saved.fitted, fit.fitted.reset_index(drop=True), rtol=1e-5)
    for column, kind in (("residual", "response"), ("residual_scaled", "scaled")):
        expected = fit.residuals(kind).reset_index(drop=True)
        pd.testing.assert_series_equal(saved[column], expected, check_names=False, rtol=1e-3, atol=1e-5)
    report = (folder / "out" / "report.md").read_text()
    assert "The fitted values and residuals of the rows are in the folder rows" in report
    assert "1 of " in report.split("folder rows, a file per rung; ")[1][:10]


def test_rows_of_the_fit_are_predicted_as_by_the_fit(folder, fit):
    rows = sample().iloc[[0, 30, 60]]
    text = rows[["arm", "x2", "g", "x"]].to_csv(index=False)
    done, found = predicted(folder, text)
    assert done.returncode == 0, done.stderr
    assert list(found.columns[:5]) == ["row", "arm", "x2", "g", "x"]
    for random, name in ((False, "population"), (True, "group")):
        expected = fit.predict(rows, random=random, se=True, interval="confidence").frame
        outcome = fit.predict(rows, random=random, interval="prediction").frame
        for column, values in (
            ("mean", expected.estimate), ("se", expected.se), ("low", expected.low), ("high", expected.high),
            ("outcome_low", outcome.low), ("outcome_high", outcome.high),
        ):  # fmt: skip
            assert found[f"{name}_{column}"].to_numpy() == pytest.approx(values.to_numpy(), rel=1e-4)


def test_a_new_group_has_the_means_of_its_own_rows(folder, fit):
    text = "g,x,x2,arm\nnew,1.0,0.5,control\nnew,3.0,0.5,treated\n1,1.0,0.5,control\n"
    done, found = predicted(folder, text)
    assert "2 of 3 rows are in groups that the data of the fit do not have" in done.stdout
    means = sample().groupby("g").x.mean()
    rows = pd.DataFrame(
        {
            "g": ["new", "new", "1"],
            "x_m": [2.0, 2.0, means["1"]],
            "x_w": [-1.0, 1.0, 1.0 - means["1"]],
            "both": [1.5, 3.5, 1.5],
            "x2": 0.5,
            "arm": ["control", "treated", "control"],
        }
    )
    expected = fit.predict(rows, random=True).estimate
    assert found.group_mean.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-4)
    assert found.group_mean[0] == pytest.approx(found.population_mean[0], rel=CLOSE)
    _, missing = predicted(folder, text, "--new-levels", "missing")
    assert missing.group_mean.isna().tolist() == [True, True, False]
    assert missing.population_mean.notna().all()


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("g,x,arm\n1,1,control\n", (), "new.csv:1: there is no column 'x2', which the model needs"),
        ("g,x2,arm\n1,1,control\n", (), "no column 'x', from which columns of the model are derived"),
        ("g,x,x2,arm\n1,1,1,control\n1,1,1,Treated\n", (), "new.csv:3: 'Treated' is no level of arm"),
        ("g,x,x2,arm\n1,a,1,control\n", (), "'x' is a number in the data of the fit, but not here"),
        (
            "g,x,x2,arm\n1,1,1,control\n77,1,1,control\n", ("--new-levels", "error"),
            "new.csv:3: '77' is no level of g",
        ),
    ],
)  # fmt: skip
def test_faults_of_the_new_file_have_their_line(folder, text, options, words):
    done, _ = predicted(folder, text, *options)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_what_cannot_be_predicted_is_said(folder, tmp_path):
    text = "g,x,x2,arm\n1,1,1,control\n"
    done, _ = predicted(folder, text, model="slop")
    assert (done.returncode, "did you mean 'slope'" in done.stderr) == (2, True)
    (tmp_path / "small.yaml").write_text(SPEC)
    (tmp_path / "small.csv").write_bytes((folder / "small.csv").read_bytes())
    done, _ = predicted(tmp_path, text)
    assert done.returncode == 2
    assert "first)" in done.stderr


def test_unknown_words_of_save_are_faults(tmp_path):
    (tmp_path / "small.csv").write_bytes(data().to_csv(index=False).encode())
    for written, words in (("[fited]", "did you mean 'fitted'?"), ("fitted", "write [fitted]")):
        (tmp_path / "small.yaml").write_text(SPEC.replace("[fitted, residuals]", written))
        done = mlm("validate", "small.yaml", cwd=tmp_path)
        assert done.returncode == 2
        assert words in done.stderr

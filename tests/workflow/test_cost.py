"""The cost of ignoring clusters in a run: its tables, its section, and when it is computed again."""

import csv

from .conftest import mlm, times

OUT = "results/small"


def rows(folder, table):
    with (folder / OUT / "tables" / f"{table}.csv").open() as stream:
        return list(csv.DictReader(stream))


def test_each_coefficient_of_the_last_rung_and_of_the_prelude_has_its_errors(finished_once):
    found = rows(finished_once, "cost")
    assert [(row["model"], row["column"]) for row in found] == [
        ("l2", "(Intercept)"),
        ("l2", "x"),
        ("l2", "w"),
        ("ols", "(Intercept)"),
        ("ols", "x"),
    ]
    fixed = {row["column"]: row for row in rows(finished_once, "fixed") if row["model"] == "l2"}
    for row in found[:3]:
        assert (row["mixed_se"], row["mixed_df"], row["mixed_p"]) == tuple(
            fixed[row["column"]][name] for name in ("se", "df", "p")
        )
    ols = {row["column"]: row for row in rows(finished_once, "ols")}
    for row in found[3:]:
        assert (row["ols_se"], row["ols_p"]) == (ols[row["column"]]["se"], ols[row["column"]]["p"])
        assert f"g={row['cr1_se']}" == ols[row["column"]]["se_cluster"]
    assert {row["n_clusters"] for row in found} == {"20"}
    assert "moulton=random_slope" in found[1]["null_codes"]
    assert float(found[2]["moulton"]) > 1


def test_least_squares_within_each_class_stands_in_its_table(finished_once):
    found = rows(finished_once, "lm_list")
    assert len(found) == 40
    assert {row["column"] for row in found} == {"(Intercept)", "x"}
    assert all(float(row["se"]) > 0 for row in found)


def test_the_section_says_what_least_squares_would_have_claimed(finished_once):
    text = (finished_once / OUT / "report.md").read_text()
    section = text[text.index("## The cost of ignoring clusters") : text.index("## Appendix")]
    assert section.count("Least squares, which treats the 160 rows as independent") == 1
    assert "Clusters: Class." in section


def test_another_method_of_df_makes_it_again_and_a_title_does_not(finished):
    spec = finished / "pipeline.yaml"
    whole, before = spec.read_text(), times(finished / OUT)
    spec.write_text(whole + "title: Another\n")
    assert mlm("run", cwd=finished).returncode == 0
    assert times(finished / OUT)["cost/ladder.json"] == before["cost/ladder.json"]
    spec.write_text(whole + "estimation: {df: z}\n")
    assert mlm("run", cwd=finished).returncode == 0
    assert {row["mixed_df"] for row in rows(finished, "cost")} == {""}

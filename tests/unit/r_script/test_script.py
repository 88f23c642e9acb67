"""The script says in R what the examples say in YAML."""

from pathlib import Path

import pytest

from mlm_steps.cli.main import run_command
from mlm_steps.steps.export_r import script_of

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "config" / "examples"


def lines(spec):
    return script_of(spec).text.splitlines()


def test_the_example_is_a_script_that_a_person_would_write():
    found = lines(ROOT / "pipeline.yaml")
    for line in [
        "library(lmerTest)",
        "# mAch: Mathematics achievement (points)",
        'd$sector <- factor(d$sector, levels = c("Public", "Catholic"))',
        "d$ses_w <- d$ses - ave(d$ses, d$school)",
        "stopifnot(nrow(d) == 7185) # as many rows as in the analysis by mlm",
        "m_ols <- lm(mAch ~ ses, data = d)",
        "m_cross <- lmer(mAch ~ ses_w * sector + (ses_w | school), data = d, REML = TRUE)",
        'anova(m_cross, type = "III")',
        "anova(m_l1, m_null)",
        "anova(m_slope, m_l1, refit = FALSE)",
        'emtrends(m_cross, revpairwise ~ sector, var = "ses_w")',
    ]:
        assert line in found


EXPECTED = {
    "contraception": [
        "m_null <- glmer(use ~ 1 + (1 | district), data = d, family = binomial)",
        'd$in_town <- unname(c("N" = 0, "Y" = 1)[as.character(d$urban)])',
        "d$urban_share_c <- d$urban_share - mean(d$urban_share)",
    ],
    "ticks": [
        "m_chick <- glmer(",
        "m_nb2 <- glmmTMB(TICKS ~ YEAR + height_c + (1 | BROOD), data = d, family = nbinom2)",
        "lr_test(m_poisson, m_nb2)",
        "d$height_100 <- with(d, HEIGHT / 100)",
    ],
    "response_times": [
        "d <- subset(d, rt > 200 & rt < 3000)",
        "d$log_rt <- with(d, log(rt))",
        "d <- subset(d, abs(z) < 3)",
    ],
    "two_files": [
        "row <- match(d$school, table_1$id)",
        'added <- c("sector", "climate")',
        "d <- d[!is.na(row), ]",
    ],
    "nested": [
        "m_null <- lmer(reading ~ 1 + (1 | school/class), data = d, REML = TRUE)",
        'd$programme <- factor(d$programme, levels = c("no", "yes"))',
    ],
}


@pytest.mark.parametrize("example", EXPECTED)
def test_an_example_has_its_lines(example):
    found = lines(EXAMPLES / f"{example}.yaml")
    assert [line for line in EXPECTED[example] if line not in found] == []


def small(tmp_path, more="", ladder="y ~ x + (1 | g)", columns="g: {type: group}"):
    rows = [f"{i % 7 + 0.5 * (i % 3)},{i % 5},{i // 8},{'abc'[i % 3]},{i % 4 + 1}" for i in range(64)]
    (tmp_path / "data.csv").write_text("y,x,g,f,w\n" + "\n".join(rows) + "\n")
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        f"version: 1\ndata:\n  file: data.csv\n  columns: {{{columns}}}\n"
        f"ladder:\n  - {{name: one, formula: '{ladder}'}}\n{more}"
    )
    return spec


G = "g: {type: group}"
"""The columns of a spec that declares no other column."""
KEYS = [
    (
        "estimation: {method: ML}\n",
        "y ~ x + (1 | g)",
        G,
        "m_one <- lmer(y ~ x + (1 | g), data = d, REML = FALSE)",
    ),
    (
        "estimation: {df: kenward-roger}\n",
        "y ~ x + (1 | g)",
        G,
        'summary(m_one, ddf = "Kenward-Roger")',
    ),
    (
        "estimation: {anova: II}\n",
        "y ~ x + (1 | g)",
        G,
        'anova(m_one, type = "II")',
    ),
    (
        "",
        "y ~ f + (1 | g)",
        "f: {type: category, contrast: sum}",
        "contrasts(d$f) <- contr.sum(levels(d$f))",
    ),
    (
        "",
        "y ~ f + (1 | g)",
        "f: {type: ordered, levels: [c, b, a]}",
        'd$f <- factor(d$f, levels = c("c", "b", "a"), ordered = TRUE)',
    ),
    (
        "",
        "y ~ center(x) + (1 | g)",
        G,
        "center <- function(x) x - mean(x)",
    ),
    (
        "",
        "y ~ ns(x, df = 2) + (1 | g)",
        G,
        "library(splines)",
    ),
    (
        "intervals: {variance: profile}\n",
        "y ~ x + (1 | g)",
        G,
        'confint(m_one, parm = "theta_", level = 0.95, oldNames = FALSE)',
    ),
    (
        "contrasts: [{name: c, hypothesis: 2*x = 1}]\n",
        "y ~ x + (1 | g)",
        G,
        "contest1D(m_one, L, rhs = 1, confint = TRUE)",
    ),
    (
        "means: [{of: f, differences: control, control: b}]\n",
        "y ~ f + (1 | g)",
        G,
        'emmeans(m_one, trt.vs.ctrl ~ f, ref = "b")',
    ),
    (
        "estimation: {family: gamma}\n",
        "w ~ x + (1 | g)",
        G,
        'm_one <- glmmTMB(w ~ x + (1 | g), data = d, family = Gamma(link = "log"))',
    ),
    (
        "estimation: {family: poisson, exposure: w}\n",
        "x ~ 1 + (1 | g)",
        G,
        "m_one <- glmer(x ~ 1 + (1 | g) + offset(log(w)), data = d, family = poisson)",
    ),
]


@pytest.mark.parametrize(("more", "ladder", "columns", "line"), KEYS)
def test_each_key_has_its_line(tmp_path, more, ladder, columns, line):
    assert line in lines(small(tmp_path, more, ladder, columns))


def test_what_r_cannot_say_is_a_comment_and_a_line_on_the_terminal(tmp_path, capsys):
    spec = small(tmp_path, "estimation: {df: between-within, bic_n: groups}\n")
    assert run_command(["export-r", str(spec), "--out", str(tmp_path / "a.R")]) == 0
    said = capsys.readouterr()
    assert said.out == f"wrote {tmp_path}/a.R: 1 models; run it in {tmp_path}\n"
    for what in ("degrees of freedom by between-within", "BIC with the number of groups"):
        assert what in said.err
        assert f"# - {what}" in (tmp_path / "a.R").read_text()


def test_a_file_is_not_replaced_unasked(tmp_path, capsys):
    spec = small(tmp_path)
    (tmp_path / "a.R").write_text("mine")
    assert run_command(["export-r", str(spec), "--out", str(tmp_path / "a.R")]) == 2
    assert "replace it by --force" in capsys.readouterr().err
    assert (tmp_path / "a.R").read_text() == "mine"
    assert run_command(["export-r", str(spec), "--out", str(tmp_path / "a.R"), "--force"]) == 0


def test_the_script_has_the_same_bytes_each_time(tmp_path):
    spec = small(tmp_path)
    assert script_of(spec).text == script_of(spec).text


def test_emmeans_has_the_degrees_of_freedom_of_the_spec(tmp_path):
    more = "means: [f]\nestimation: {df: kenward-roger}\n"
    limit = "lmerTest.limit = 64, pbkrtest.limit = 64"
    spec = small(tmp_path, more, "y ~ f + (1 | g)")
    assert f'emm_options(lmer.df = "kenward-roger", {limit})' in lines(spec)
    spec = small(tmp_path, "means: [f]\n", "y ~ C(f, Sum) + (1 | g)")
    assert f'emm_options(lmer.df = "satterthwaite", {limit})' in lines(spec)
    assert "emmeans(m_one, revpairwise ~ f, params = contr.sum)" not in lines(spec)
    assert 'emmeans(m_one, revpairwise ~ f, params = "contr.sum")' in lines(spec)


def test_a_linear_model_without_random_effects_is_compared_with_several_variances_by_their_number(tmp_path):
    more = "prelude:\n  - {name: ols, formula: 'y ~ x'}\ncompare:\n  - {smaller: ols, larger: one}\n"
    found = lines(small(tmp_path, more, ladder="y ~ x + (x | g)"))
    assert "lr_test(m_ols, m_one, REML = TRUE)" in found
    assert '  df <- attr(logLik(larger), "df") - attr(logLik(smaller), "df")' in found

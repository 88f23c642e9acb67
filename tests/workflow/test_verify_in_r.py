"""``mlm verify --with lme4`` compares fits with R, and refuses in words where it cannot."""

import os
import shutil
import stat
import time

import pytest

from mlm_steps.cli.main import run_command
from mlm_steps.records import FitRecord, OlsRecord, read_record
from mlm_steps.verify import against_r
from mlm_steps.verify.recorded import open_run

RUNGS = ("null", "l1", "slope", "l2")


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Return a function that puts a shell script in the place of Rscript, which writes ``$RESULT``."""

    def install(body):
        program = tmp_path / "bin" / "Rscript"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\nRESULT="$(dirname "$2")/result.tsv"\n{body}\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")

    return install


def out(folder):
    return folder / "results/small"


def lines_of(folder, changes=()):
    """Return what R would write if it found the very numbers of the run, with some of them changed."""
    lines = ["version\tR\t4.2.2", "version\tlme4\t1.1.31"]
    ols = read_record(OlsRecord, out(folder) / "prelude/ols.json")
    lines.append(f"criterion\tm_ols\t{-2 * ols.loglik!r}")
    lines += [f"coefficient\tm_ols\t{c.column}\t{c.estimate!r}\t{c.se!r}\t{c.df!r}" for c in ols.coefficients]
    for name in RUNGS:
        fit = read_record(FitRecord, out(folder) / f"fits/{name}.json")
        m, found = f"m_{name}", fit.reported
        lines.append(f"criterion\t{m}\t{found.criterion!r}")
        lines += [
            f"coefficient\t{m}\t{c.column}\t{c.estimate!r}\t{c.se!r}\t{c.df!r}" for c in fit.coefficients
        ]
        for term in found.terms:
            lines.append(f"term\t{m}\t{term.group}\t{len(term.names)}")
            for effect, row in zip(term.names, term.covariance, strict=True):
                lines.append("\t".join(["row", m, effect, *map(repr, row)]))
        lines.append(f"sigma\t{m}\t{found.sigma!r}")
    for start, position, change in changes:
        i = next(i for i, line in enumerate(lines) if line.startswith(start))
        parts = lines[i].split("\t")
        parts[position] = repr(change(float(parts[position])))
        lines[i] = "\t".join(parts)
    return "\n".join(lines) + "\n"


def compared(folder, fake, tmp_path, changes=()):
    (tmp_path / "numbers").write_text(lines_of(folder, changes))
    fake(f'cp "{tmp_path}/numbers" "$RESULT"')
    return against_r.compare_with_r(open_run(out(folder)))


def test_equal_numbers_agree(finished, fake, tmp_path):
    found = compared(finished, fake, tmp_path)
    assert found.line == "R: 5 of 5 models agree with R 4.2.2, lme4 1.1.31"
    assert {each.status for each in found.findings} == {"agrees"}


CHANGES = {
    "a coefficient": (("coefficient\tm_l1\tx", 3, lambda b: b * 1.5), "l1", "x is"),
    "a standard error": (("coefficient\tm_l1\tx", 4, lambda s: s * 1.05), "l1", "the standard error of x is"),
    "degrees of freedom": (("coefficient\tm_l1\tx", 5, lambda d: d * 2), "l1", "the degrees of freedom of x"),
    "a variance": (("row\tm_null", 3, lambda v: v * 2), "null", "the SD of (Intercept) by g is"),
    "a covariance": (
        ("row\tm_slope\tx", 3, lambda c: c + 0.1),
        "slope",
        "the correlation of (Intercept) and x",
    ),
    "sigma": (("sigma\tm_l2", 2, lambda s: s * 1.1), "l2", "the residual standard deviation is"),
    "a better fit": (("criterion\tm_l2", 2, lambda d: d - 1), "l2", "lme4 found a better fit"),
    "another deviance": (("criterion\tm_ols", 2, lambda d: d + 1), "ols", "the deviance is"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_difference_is_named(finished, fake, tmp_path, change):
    edit, model, said = CHANGES[change]
    found = [f for f in compared(finished, fake, tmp_path, [edit]).findings if f.status == "differs"]
    assert [each.subject for each in found] == [model]
    assert found[0].what.startswith(said)


def test_a_search_of_lme4_that_stopped_short_is_no_failure(finished, fake, tmp_path, monkeypatch, capsys):
    changes = [
        ("criterion\tm_l2", 2, lambda d: d + 0.01),
        ("coefficient\tm_l2\tx", 3, lambda b: b * 1.5),
    ]
    found = compared(finished, fake, tmp_path, changes)
    (short,) = [each for each in found.findings if each.kind == "stopped_short"]
    assert (short.subject, short.status) == ("l2", "remark")
    assert "lme4 stopped short of the optimum" in short.what
    assert "0.01 above" in short.what
    assert run_command(["verify", str(out(finished)), "--with", "lme4"]) == 0
    assert "in 1 of the others lme4 stopped short" in capsys.readouterr().out


def test_without_r_the_comparison_is_refused(finished, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run_command(["verify", str(out(finished)), "--with", "lme4"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("Rscript: R is not installed, or not on the path of programs (install R")


def test_without_a_package_the_comparison_is_refused(finished, fake, capsys):
    fake(r'printf "missing\tlmerTest\n" > "$RESULT"')
    assert run_command(["verify", str(out(finished)), "--with", "lme4"]) == 2
    said = capsys.readouterr().err
    assert said == 'Rscript: R has no package lmerTest (in R: install.packages(c("lmerTest")))\n'


def test_r_is_stopped_after_its_time(finished, fake, capsys):
    fake("sleep 60 & sleep 60")
    begun = time.monotonic()
    assert run_command(["verify", str(out(finished)), "--with", "lme4", "--timeout", "1"]) == 1
    assert time.monotonic() - begun < 50
    assert "R: R was stopped after 1 s (--timeout)" in capsys.readouterr().out


def test_an_error_of_r_is_said(finished, fake, tmp_path, capsys):
    (tmp_path / "numbers").write_text(lines_of(finished) + "error\temmeans(m)\tno such factor\n")
    fake(f'cp "{tmp_path}/numbers" "$RESULT"; exit 3')
    assert run_command(["verify", str(out(finished)), "--with", "lme4"]) == 1
    assert "R: the script stops at emmeans(m): no such factor" in capsys.readouterr().out


def test_a_folder_without_its_data_is_refused(finished, tmp_path, capsys):
    mailed = shutil.copytree(out(finished), tmp_path / "far" / "mailed")
    assert run_command(["verify", str(mailed), "--without-inputs", "--with", "lme4"]) == 2
    assert "R needs the spec and the data, which are not here" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="needs R with lme4")
def test_r_finds_the_same(finished, capsys):
    code = run_command(["verify", str(out(finished)), "--with", "lme4"])
    said = capsys.readouterr()
    if "has no package" in said.err:
        pytest.skip(said.err)
    assert code == 0, said.out
    assert "R: 5 of 5 models agree with" in said.out or "stopped short" in said.out

"""No name, label, level or path of a spec can become code of the script."""

import re
import shutil
import subprocess

import pytest

from mlm_steps.r_script.expressions import r_condition, r_expression
from mlm_steps.r_script.formulas import r_formula
from mlm_steps.r_script.text import comment, name, string
from mlm_steps.steps.export_r import script_of

HOSTILE = [
    'a"b',
    "a`b",
    'x); system("touch owned"); (x',
    "back\\slash",
    "`); stop(`",
    "new\nline",
    "tab\there",
    "#comment",
    "ünï — 中",
    "T",
    "if",
    "d",
    "...",
    "\u2028",
    "\x01",
    "%in%",
]

SPEC = """\
version: 1
name: hostile
title: "a title\\nsystem('touch owned')"
data:
  file: 'da"ta.csv'
  columns:
    '{group}': {{type: group, label: "x\\n); system('touch owned')"}}
    '{factor}': {{type: category, levels: ["a\\"b", "c`d"]}}
  derive:
    'c); q("no': {{center: '{x}', within: '{group}'}}
ladder:
  - {{name: "null", formula: 'y ~ `{x}` + `{factor}` + (1 | `{group}`)'}}
"""


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_stays_one_token(text):
    """A quoted text has no quote and no line end that is not escaped."""
    assert re.fullmatch(r'"(?:[^"\\\n]|\\.)*"', string(text))
    assert re.fullmatch(r"[A-Za-z.][A-Za-z0-9._]*|`(?:[^`\\\n]|\\.)+`", name(text))
    assert "\n" not in comment(text)
    assert comment(text).startswith("# ")


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="needs R")
def test_r_reads_each_text_as_it_was():
    lines = [f"cat(identical({string(t)}, as.character(quote({name(t)}))), '\\n')" for t in HOSTILE]
    done = subprocess.run(
        ["Rscript", "--vanilla", "-e", "; ".join(lines)], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["TRUE"] * len(HOSTILE), done.stderr


def test_a_formula_is_written_from_its_tokens():
    written = r_formula(
        "y ~ `a\\`b` + `x); q(\"no\")`  + C(f, Sum) + factor(g, levels = c('x\"', 'y')) + (1 | h)"
    )
    assert (
        written
        == 'y ~ `a\\`b` + `x); q("no")` + C(f, contr.sum) + factor(g, levels = c("x\\"", "y")) + (1 | h)'
    )


def test_a_value_of_a_filter_is_a_text():
    assert r_condition("g in ['a\"); q(', b]") == 'g %in% c("a\\"); q(", "b")'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a - (b - c)", "a - (b - c)"),
        ("(a + b) * c", "(a + b) * c"),
        ("-a ^ 2", "-a^2"),
        ("(-a) ^ 2", "(-a)^2"),
        ("(a ^ b) ^ c", "(a^b)^c"),
        ("a ^ b ^ c", "a^b^c"),
        ("not (a and b) or c", "!(a & b) | c"),
        ("(a or b) and c", "(a | b) & c"),
        ("a %% 2 == 1", "a %% 2 == 1"),
        ("(a * b) %% 2", "(a * b) %% 2"),
        ("(a < b) == c", "(a < b) == c"),
        ("x not in [1, 2]", "ifelse(is.na(x), NA, !(x %in% c(1, 2)))"),
        ("if_else(missing(x), NA, 'b')", 'ifelse(is.na(x), NA, "b")'),
        ("cut(x, [0, 10, Inf], right = FALSE)", "cut(x, breaks = c(0, 10, Inf), right = FALSE)"),
        ("as_number(f) + pi", "as.numeric(as.character(f)) + 3.141592653589793"),
    ],
)
def test_an_expression_keeps_its_meaning(text, expected):
    assert r_expression(text) == expected


@pytest.fixture
def hostile(tmp_path):
    names = {"group": 'x); system("touch owned"); (x', "factor": 'a"b', "x": "d$x <- 1"}
    rows = [["y", *(f'"{each.replace(chr(34), chr(34) * 2)}"' for each in names.values())]]
    levels = ('"a""b"', "c`d")
    rows += [[f"{i % 7}.{i % 3}", f"g{i // 6}", levels[(i // 2) % 2], str(i % 5)] for i in range(60)]
    (tmp_path / 'da"ta.csv').write_text("\n".join(",".join(row) for row in rows) + "\n")
    (tmp_path / "spec.yaml").write_text(SPEC.format(**names))
    return tmp_path


def test_a_hostile_spec_makes_a_script_without_bare_names(hostile):
    text = script_of(hostile / "spec.yaml").text
    quoted = r'"(?:[^"\\\n]|\\.)*"|`(?:[^`\\\n]|\\.)+`|#[^\n]*'
    bare = re.sub(quoted, "", text)
    assert "system" not in bare
    assert "touch" not in bare
    assert "q(" not in bare


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="needs R")
def test_r_runs_nothing_of_a_hostile_spec(hostile):
    (hostile / "script.R").write_text(script_of(hostile / "spec.yaml").text)
    parsed = "for (e in parse('script.R', encoding = 'UTF-8')) cat(deparse(e[[1]]), '\\n')"
    done = subprocess.run(
        ["Rscript", "--vanilla", "-e", parsed], cwd=hostile, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert {"system", "q", "stop"} & {*done.stdout.split()} == set()
    subprocess.run(["Rscript", "--vanilla", "script.R"], cwd=hostile, capture_output=True, timeout=120)
    assert not (hostile / "owned").exists()

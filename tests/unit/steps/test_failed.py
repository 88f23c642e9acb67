"""The line of a log that says why its step has failed."""

import pytest

from mlm_steps.steps.failed import reason_in

FAULT = """\
slope: y ~ x + (x | g)
info: one row was left out

pipeline.yaml:12:14: ladder[2].formula: there is no column 'xx' (did you mean 'x'?)
y ~ xx + (x | g)
    ^^
pipeline.yaml:13:14: ladder[3].formula: there is no column 'zz'
"""
FORMULA_FIRST = """\

'(' is not closed (add ')')
y ~ (x
    ^
"""
TRACEBACK = """\
slope: y ~ x + (x | g)
Traceback (most recent call last):
  File "a.py", line 1, in <module>
    f(1)
    ~^^^
KeyError: 'a'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 3, in <module>
    g(1)
    ~^^^
numpy.linalg.LinAlgError: Singular matrix
"""


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        (FAULT, 2, "pipeline.yaml:12:14: ladder[2].formula: there is no column 'xx' (did you mean 'x'?)"),
        (FORMULA_FIRST, 2, "'(' is not closed (add ')')"),
        (TRACEBACK, 3, "numpy.linalg.LinAlgError: Singular matrix"),
        ("slope: y ~ x + (x | g)\n", 137, "the process was killed (exit code 137)"),
        (
            "/bin/bash: line 1: python: Permission denied\n",
            126,
            "/bin/bash: line 1: python: Permission denied",
        ),
        ("", 137, "the process was killed (exit code 137)"),
        ("", None, "the process was killed"),
    ],
)
def test_the_first_line_that_says_what_is_the_reason(tmp_path, text, code, reason):
    log = tmp_path / "step.log"
    log.write_text(text)
    assert reason_in(log, code) == reason


def test_a_step_without_a_log_was_killed(tmp_path):
    assert reason_in(tmp_path / "absent.log", 137) == "the process was killed (exit code 137)"

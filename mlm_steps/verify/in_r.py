"""Run the script of an analysis in R and return what its models are."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mlm_steps.errors import Fault, UsageError, printable
from mlm_steps.r_script.script import Script
from mlm_steps.r_script.text import string

__all__ = ["InR", "ModelFromR", "require_r", "run_in_r"]

PROGRAM = "Rscript"
READ = """\
missing <- Filter(function(p) !requireNamespace(p, quietly = TRUE), @PACKAGES@)
put <- function(...) cat(gsub("[\\t\\r\\n]", " ", as.character(c(...))), sep = "\\t", file = result)
say <- function(...) { put(...); cat("\\n", file = result) }
digits <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
result <- file(@RESULT@, "w", encoding = "UTF-8")
for (p in missing) say("missing", p)
if (length(missing)) { close(result); quit(status = 0) }
for (p in @PACKAGES@) say("version", p, as.character(packageVersion(p)))
say("version", "R", as.character(getRversion()))
e <- new.env()
for (line in parse(@SCRIPT@, encoding = "UTF-8", keep.source = FALSE))
  tryCatch(suppressWarnings(suppressMessages(eval(line, e))), error = function(error)
    say("error", paste(deparse(line)[1]), conditionMessage(error)))
table_of <- function(m, kind) {
  s <- suppressMessages(coef(if (kind == "lmer") summary(m, @DDF@) else summary(m)))
  if (is.list(s)) s$cond else s
}
describe <- function(variable, kind) {
  m <- e[[variable]]
  if (is.null(m)) return(invisible())
  reml <- kind == "lmer" && isREML(m)
  say("criterion", variable, digits(if (reml) REMLcrit(m) else -2 * as.numeric(logLik(m))))
  s <- table_of(m, kind)
  s <- cbind(s[, 1:2, drop = FALSE], df = if ("df" %in% colnames(s)) s[, "df"] else rep(NA, nrow(s)))
  for (i in seq_len(nrow(s))) say("coefficient", variable, rownames(s)[i], digits(s[i, ]))
  if (kind %in% c("lm", "glm")) return(invisible())
  if (inherits(m, "merMod")) for (text in m@optinfo$conv$lme4$messages) say("warning", variable, text)
  v <- VarCorr(m)
  if (!is.null(v$cond)) v <- v$cond
  for (i in seq_along(v)) {
    term <- as.matrix(v[[i]])
    say("term", variable, names(v)[i], ncol(term))
    for (j in seq_len(ncol(term))) say("row", variable, rownames(term)[j], digits(term[j, ]))
  }
  if (kind != "glmer") say("sigma", variable, digits(sigma(m)))
}
@MODELS@
close(result)
"""
"""The program around the script: it runs one expression after the other and writes what the models are."""


@dataclass(slots=True)
class ModelFromR:
    """One model as R has fitted it.

    Attributes
    ----------
    criterion : float
    coefficients : list of (str, float, float, float)
        Name, estimate, standard error and degrees of freedom (NaN where R gives none).
    terms : list of (str, list of str, list of list of float)
        Grouping factor, names and covariance matrix of each random-effects term.
    sigma : float or None
    warnings : list of str
        Of lme4's checks of convergence.
    """

    criterion: float = float("nan")
    coefficients: list[tuple[str, float, float, float]] = field(default_factory=list)
    terms: list[tuple[str, list[str], list[list[float]]]] = field(default_factory=list)
    sigma: float | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class InR:
    """What a run of the script has given.

    Attributes
    ----------
    models : dict of str to ModelFromR
        By their variables.
    versions : dict of str to str
    errors : list of (str, str)
        The line and the message of each error.
    ended : bool
        False if R was stopped, or ended before it had written all models.
    said : str
        The last lines of R if it did not end.
    """

    models: dict[str, ModelFromR] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    errors: list[tuple[str, str]] = field(default_factory=list)
    ended: bool = True
    said: str = ""


def run_in_r(script: Script, folder: Path, *, timeout: float, kenward_roger: bool = False) -> InR:
    """Run a script in a folder and return its models.

    Profiles of R in the folder or of the user are not read, since they could run other code.

    Parameters
    ----------
    script : Script
    folder : Path
        The folder of the spec.
    timeout : float
        Seconds after which R is stopped.
    kenward_roger : bool
        Whether the degrees of freedom of linear models are those of Kenward and Roger.

    Raises
    ------
    UsageError
        If R or a package is not installed.
    """
    program = require_r()
    with tempfile.TemporaryDirectory(prefix="mlm-r-") as name:
        place = Path(name)
        (place / "script.R").write_text(script.text, encoding="utf-8")
        around = place / "around.R"
        around.write_text(_around(script, place, kenward_roger=kenward_roger), encoding="utf-8")
        ended, said = _run([program, "--vanilla", str(around)], folder, timeout)
        found = place / "result.tsv"
        result = _read(found.read_text("utf-8", errors="replace") if found.is_file() else "")
    result.ended, result.said = ended, said
    return result


def require_r() -> str:
    """Return the path of Rscript; raise UsageError if R is not installed."""
    program = shutil.which(PROGRAM)
    if program is None:
        hint = "install R (https://www.r-project.org) and its packages lme4, lmerTest and emmeans"
        raise UsageError(Fault(PROGRAM, "R is not installed, or not on the path of programs", hint))
    return program


def packages_of(script: Script) -> list[str]:
    """Return the packages that a script loads."""
    lines = (line for line in script.text.splitlines() if line.startswith("library("))
    return [line.removeprefix("library(").rstrip(")") for line in lines]


def _around(script: Script, place: Path, *, kenward_roger: bool) -> str:
    packages = [*packages_of(script), *(["pbkrtest"] if kenward_roger else [])]
    describe = [
        f"describe({string(each.variable)}, {string(each.function)})"
        for each in script.models
    ]  # fmt: skip
    words = {
        "@PACKAGES@": f"c({', '.join(map(string, packages))})",
        "@RESULT@": string(str(place / "result.tsv")),
        "@SCRIPT@": string(str(place / "script.R")),
        "@DDF@": 'ddf = "Kenward-Roger"' if kenward_roger else 'ddf = "Satterthwaite"',
        "@MODELS@": "\n".join(describe),
    }
    text = READ
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _run(words: list[str], folder: Path, timeout: float) -> tuple[bool, str]:
    """Run a program in a group of its own; return whether it ended by itself, and its last lines."""
    environment = dict(os.environ)
    if not any("utf" in environment.get(key, "").lower() for key in ("LC_ALL", "LC_CTYPE", "LANG")):
        environment["LC_ALL"] = "C.UTF-8"
    process = subprocess.Popen(  # noqa: S603 - a fixed program and a file of ours
        words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        _, said = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        _end(process)
        return False, f"R was stopped after {timeout:g} s (--timeout)"
    except BaseException:
        _end(process)
        raise
    last = said.decode("utf-8", "replace").strip().splitlines()[-3:]
    return process.returncode == 0, printable(" ".join(last))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program with all that it has started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _read(text: str) -> InR:
    """Return what the program around the script has written; UsageError for missing packages."""
    found = InR()
    absent = []
    for line in text.splitlines():
        kind, _, rest = line.partition("\t")
        parts = rest.rstrip("\t").split("\t")
        if kind == "missing":
            absent += parts
        elif kind == "version":
            found.versions[parts[0]] = parts[1]
        elif kind == "error":
            found.errors.append((parts[0], parts[-1]))
        else:
            _into(found.models.setdefault(parts[0], ModelFromR()), kind, parts[1:])
    if absent:
        wanted = ", ".join(f'"{each}"' for each in absent)
        raise UsageError(
            Fault(PROGRAM, f"R has no package {', '.join(absent)}", f"in R: install.packages(c({wanted}))")
        )
    return found


def _into(model: ModelFromR, kind: str, parts: list[str]) -> None:
    """Enter one line into a model."""
    if kind == "criterion":
        model.criterion = _number(parts[0])
    elif kind == "sigma":
        model.sigma = _number(parts[0])
    elif kind == "warning":
        model.warnings += parts
    elif kind == "coefficient":
        estimate, se, df = _numbers(parts[1:4])
        model.coefficients.append((parts[0], estimate, se, df))
    elif kind == "term":
        model.terms.append((parts[0], [], []))
    elif kind == "row" and model.terms:
        model.terms[-1][1].append(parts[0])
        model.terms[-1][2].append(list(_numbers(parts[1:])))


def _numbers(parts: list[str]) -> Iterator[float]:
    yield from map(_number, parts)


def _number(text: str) -> float:
    try:
        return float(text.strip())
    except ValueError:
        return float("nan")

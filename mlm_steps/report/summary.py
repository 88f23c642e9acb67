"""The summary page of a run of several specs: a matrix of verdicts over specs and rungs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from mlm_steps.report.share import share
from mlm_steps.report.text.text import markdown_escape

__all__ = ["OUTCOMES", "VERDICTS", "Expectations", "RungVerdict", "SpecVerdict", "render_summary"]

RungWord = Literal["converged", "singular", "replaced", "not_converged", "failed", "not_run"]

VERDICTS: Mapping[RungWord, str] = {
    "converged": "converged",
    "singular": "singular",
    "replaced": "replaced",
    "not_converged": "not converged",
    "failed": "failed",
    "not_run": "not run",
}
"""The words of the page for each verdict on a rung; a rung is replaced by a remedy of ``on_singular``."""
OUTCOMES: Mapping[int, str] = {
    0: "done",
    1: "done, not as the spec expects",
    2: "invalid input",
    3: "a step failed",
    130: "interrupted",
}
"""The words of the page for each exit code of a run."""


@dataclass(frozen=True, slots=True)
class RungVerdict:
    """How the fit of one rung ended."""

    name: str
    label: str
    verdict: RungWord
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Expectations:
    """How many expectations of a spec were met and how many were not."""

    met: int
    failed: int
    warned: int = 0


@dataclass(frozen=True, slots=True)
class SpecVerdict:
    """How the run of one spec ended.

    Attributes
    ----------
    spec : str
        The path of the spec as given.
    name, title : str
        Those of the spec; the title is the path if the spec could not be read.
    out : str or None
        The output folder, relative to the folder of the page.
    code : int
        The exit code of the run.
    reports : dict of str to str
        For each format, the path of the report relative to the folder of the page.
    rungs : tuple of RungVerdict
    expectations : Expectations or None
        None if the spec has no expectations.
    remarks : tuple of str
        What the run printed as warnings or faults.
    """

    spec: str
    name: str
    title: str
    out: str | None
    code: int
    reports: Mapping[str, str]
    rungs: tuple[RungVerdict, ...]
    expectations: Expectations | None
    remarks: tuple[str, ...]

    def report(self, first: str) -> str | None:
        """Return the path of the report, in the format that is preferred if there are two."""
        return self.reports.get(first) or next(iter(self.reports.values()), None)

    @property
    def outcome(self) -> str:
        """The exit code in words."""
        return OUTCOMES.get(self.code, f"exit code {self.code}")


def render_summary(specs: Sequence[SpecVerdict]) -> dict[str, str]:
    """Return the page as ``html`` and ``md``; the same verdicts give the same bytes."""
    environment = _environment()
    values = {
        "specs": specs,
        "places": _places(specs),
        "counts": list(_counts(specs)),
        "words": VERDICTS,
        "expecting": any(spec.expectations is not None for spec in specs),
        "remarked": [spec for spec in specs if spec.remarks],
    }
    return {form: environment.get_template(f"summary.{form}").render(values) for form in ("html", "md")}


def _places(specs: Sequence[SpecVerdict]) -> list[str]:
    """Return the headings of the rungs' columns: the name of the rung if all specs share it."""
    most = max((len(spec.rungs) for spec in specs), default=0)
    names = [{spec.rungs[k].name for spec in specs if len(spec.rungs) > k} for k in range(most)]
    return [found.pop() if len(found) == 1 else f"rung {k}" for k, found in enumerate(names, start=1)]


def _counts(specs: Sequence[SpecVerdict]) -> Iterator[str]:
    """Yield how many specs ended in each way, and how many rungs have each verdict."""
    codes = Counter(spec.outcome for spec in specs)
    yield f"{len(specs)} specs: " + ", ".join(f"{codes[word]} {word}" for word in sorted(codes))
    rungs = Counter(rung.verdict for spec in specs for rung in spec.rungs)
    if rungs:
        told = ", ".join(f"{rungs[key]} {word}" for key, word in VERDICTS.items() if rungs[key])
        yield f"{rungs.total()} rungs: {told}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(share("reports") / "summary"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = markdown_escape
    environment.filters["address"] = lambda path: quote(path)
    return environment

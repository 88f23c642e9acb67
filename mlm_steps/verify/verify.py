"""Check a finished run: its inputs, its outputs, and its fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlm_steps.errors import printable
from mlm_steps.verify.files import check_inputs, check_outputs, check_steps, fingerprint
from mlm_steps.verify.findings import Finding, Verification
from mlm_steps.verify.fits import check_fits
from mlm_steps.verify.recorded import RecordedRun
from mlm_steps.verify.sample import sample_of

__all__ = ["verify"]

SHORT = 12
"""Digits of a hash that are shown to a reader."""


def verify(run: RecordedRun, *, with_inputs: bool = True, allow_outside: bool = False) -> Verification:
    """Return what a check of a run finds.

    Parameters
    ----------
    run : RecordedRun
    with_inputs : bool
        Whether the spec and the data are hashed too. Without them, the fits are computed from the analysis
        sample in the output folder.
    allow_outside : bool
        Whether the spec may read data outside its folder.
    """
    inputs = list(check_inputs(run)) if with_inputs else []
    outputs = list(check_outputs(run))
    findings = [*check_steps(run), *inputs, *outputs]
    found, source = _fits(run, with_inputs=with_inputs, allow_outside=allow_outside)
    findings += found
    title = run.of("what").get("title")
    facts = [
        *([printable(str(title))] if title else []),
        _who(run),
        *_counts(inputs, outputs, with_inputs=with_inputs),
    ]
    facts += _of_fits(found, source)
    digest = fingerprint(run)
    facts.append(f"fingerprint of all outputs: {digest}")
    scope = "verified" if with_inputs else "outputs and fits verified"
    return Verification(printable(str(run.layout.out)), tuple(facts), tuple(findings), digest, scope)


def _fits(run: RecordedRun, *, with_inputs: bool, allow_outside: bool) -> tuple[list[Finding], str]:
    """Return the findings on sample and fits, and the source of the rows in words."""
    if run.layout.alone:
        return [], ""
    if run.spec is None:
        what = "the spec is not known, so that no fit can be computed again"
        return [Finding("spec_unknown", "fits", "unchecked", what)], ""
    sample = sample_of(run, with_inputs=with_inputs, allow_outside=allow_outside)
    fits = [] if sample.frame is None else list(check_fits(run, sample.frame))
    return [*sample.findings, *fits], sample.source


def _who(run: RecordedRun) -> str:
    """Return the line on who ran what."""
    who, git, versions = run.of("who"), run.of("git"), run.of("versions")
    started = min((entry.started for entry in run.steps.values()), default="")
    person = who.get("name") or who.get("user")
    parts = [f"run of {started[:10]}" if started else "run", f" by {person}" if person else ""]
    parts.append(f" with mlm-steps {versions['mlm-steps']}" if "mlm-steps" in versions else "")
    parts.append(f" from commit {str(git['commit'])[:SHORT]}{_state(git)}" if "commit" in git else "")
    return printable("".join(parts))


def _state(git: Mapping[str, object]) -> str:
    count = git.get("changed_files", 0)
    return f" with changes in {count} file{'s' * (count != 1)}" if git.get("dirty") else ""


def _counts(inputs: list[Finding], outputs: list[Finding], *, with_inputs: bool) -> Iterator[str]:
    """Yield the numbers of unchanged inputs and outputs."""
    for name, found in (("inputs", inputs), ("outputs", outputs)):
        counted = [each for each in found if each.status != "remark"]
        if name == "inputs" and not with_inputs:
            yield "inputs: not looked at (--without-inputs)"
        else:
            same = sum(each.status == "agrees" for each in counted)
            yield f"{name}: {same} of {len(counted)} are there and unchanged"


def _of_fits(found: list[Finding], source: str) -> Iterator[str]:
    """Yield the number of criteria that agree, and the largest difference."""
    kinds = ("criterion", "criterion_differs", "estimates_differ")
    compared = [each for each in found if each.kind in kinds]
    if not compared:
        return
    same = [each for each in compared if each.status == "agrees"]
    apart = [abs(float(str(e.details["computed"])) - float(str(e.details["recorded"]))) for e in same]
    largest = f"; they differ by at most {max(apart):.1g}" if apart else ""
    yield f"fits: {len(same)} of {len(compared)} criteria computed again from {source} agree{largest}"

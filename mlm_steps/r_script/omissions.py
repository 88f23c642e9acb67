"""What a spec says and a script of R does not."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.spec import PipelineSpec

__all__ = ["omissions"]


def omissions(spec: PipelineSpec) -> Iterator[str]:
    """Yield, in words, the parts of an analysis that the script leaves out."""
    estimation, asked = spec.estimation, spec.model_fields_set
    if spec.pairs:
        yield "p values of variances by mixtures of chi-square distributions or simulation (RLRsim, pbkrtest)"
    if estimation.df in ("between-within", "residual"):
        yield f"degrees of freedom by {estimation.df}: lmerTest has Satterthwaite and Kenward-Roger"
    if estimation.df == "z" and any(each.response.linear for each in spec.settings.values()):
        yield "tests of linear models by z: summary() shows Satterthwaite's degrees of freedom"
    if estimation.bic_n == "groups":
        yield "BIC with the number of groups: BIC() counts the rows"
    if estimation.optimizer != "auto":
        yield f"the optimiser {estimation.optimizer}: lme4 uses its own default"
    if spec.remedies:
        yield "remedies for singular fits: the rungs are fitted as they are declared"
    if spec.sensitivity_kinds:
        yield "the variants of the key sensitivity"
    if spec.effects.standardized != "none" or spec.effects.differences:
        yield "standardised coefficients and differences"
    if spec.tests.adjust == "holm":
        yield "Holm's adjustment of the comparisons: p.adjust() does it"
    if spec.tests.bootstrap == "always":
        yield "bootstrapped comparisons: pbkrtest::PBmodcomp() does them"
    if spec.power is not None:
        yield "the planned studies of the key power"
    if "save" in asked and spec.save:
        yield "the saved rows: fitted() and residuals() give them"
    yield "explained variance, intraclass correlations, checks of assumptions and influence"

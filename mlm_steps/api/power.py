"""Power of planned studies of a declared design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from pydantic import ValidationError

from mlm_steps.api.shown import Shown
from mlm_steps.errors import Fault, UsageError
from mlm_steps.power.evaluate import EffectPower, df_methods, evaluate
from mlm_steps.power.likelihood_ratio import comparison, likelihood_ratios
from mlm_steps.power.scenarios import Scenario, scenarios
from mlm_steps.power.simulation import DfMethod, Simulated, simulate_by
from mlm_steps.power.solve import needed_groups
from mlm_steps.power.study import Study, closed_answers
from mlm_steps.spec.planning.power import PowerSpec

__all__ = ["Power", "power"]

COLUMNS = (
    "scenario", "groups", "effect", "estimate", "closed", "power", "ci_low", "ci_high", "method", "size_at_0",
    "rejections", "replicates", "failed", "singular", "df", "se", "detectable",
    "kenward_roger", "kenward_roger_size_at_0",
)  # fmt: skip
RATIOS = (
    "scenario", "smaller", "method", "power", "ci_low", "ci_high", "rejections", "replicates", "failed",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Power(Shown):
    """The power of planned studies; ``print`` shows the table.

    Attributes
    ----------
    scenarios : tuple of Scenario
        The studies, one per cell of the grid.
    target : float
    replicates : int
        Simulated studies per design; 0 for closed forms alone.
    seed : int
    df : str
        Degrees of freedom in the simulated studies.
    """

    scenarios: tuple[Scenario, ...]
    target: float
    replicates: int
    seed: int
    df: DfMethod = "satterthwaite"
    _found: dict[int, tuple[Simulated | None, tuple[EffectPower, ...]]] = field(default_factory=dict)
    _ratios: dict[int, list[tuple[object, ...]]] = field(default_factory=dict)

    @cached_property
    def effects(self) -> tuple[tuple[EffectPower, ...], ...]:
        """The power of every effect, per scenario."""
        return tuple(self._evaluated(i)[1] for i in range(len(self.scenarios)))

    @property
    def table(self) -> pd.DataFrame:
        """One row per scenario and effect.

        ``power`` is the conditional estimate of the simulation, or the share of rejections for tests of
        several coefficients and for ``all of`` and ``any of`` the effects; ``closed`` is the closed form.
        """
        rows = [
            _row(scenario, each, self._evaluated(i)[0])
            for i, scenario in enumerate(self.scenarios)
            for each in self._evaluated(i)[1]
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    @property
    def likelihood_ratios(self) -> pd.DataFrame:
        """One row per scenario and smaller model, with the share of studies whose test rejects."""
        rows = [row for i in range(len(self.scenarios)) for row in self._tested(i)]
        return pd.DataFrame(rows, columns=list(RATIOS))

    def curve(self, groups: Sequence[int] | None = None) -> pd.DataFrame:
        """Return the closed power at numbers of groups, one row per scenario, effect and number.

        The default is nine numbers from half to twice those of the study.
        """
        rows = []
        for scenario in self.scenarios:
            count = scenario.study.factors[0].count
            numbers = groups or sorted({max(3, round(count * share)) for share in np.linspace(0.5, 2.0, 9)})
            for J in numbers:
                answers = closed_answers(scenario.study.with_groups(J))
                rows += [(scenario.name, answer.test.name, J, answer.power) for answer in answers]
        return pd.DataFrame(rows, columns=["scenario", "effect", "groups", "power"])

    def needed(self, target: float | None = None) -> pd.DataFrame:
        """Return the groups that reach the target power by the closed form, per scenario and effect.

        A missing number means that no number of groups reaches it.
        """
        wanted = self.target if target is None else target
        rows: list[tuple[object, ...]] = []
        for scenario in self.scenarios:
            for i, test in enumerate(scenario.study.tests):
                try:
                    found = needed_groups(scenario.study, wanted, i, multiple=scenario.study.arms)
                    rows.append((scenario.name, test.name, found.count, found.power, None))
                except UsageError as error:
                    rows.append((scenario.name, test.name, None, None, error.faults[0].what))
        frame = pd.DataFrame(rows, columns=["scenario", "effect", "groups", "power", "reason"])
        return frame.astype({"groups": "Int64"})

    def __repr__(self) -> str:
        shown = self.table[
            ["scenario", "effect", "estimate", "closed", "power", "ci_low", "ci_high", "size_at_0"]
        ]
        studies = f"{self.replicates} simulated studies" if self.replicates else "closed form"
        text = shown.to_string(index=False, float_format="{:.3f}".format, na_rep="-")
        return f"Power ({studies} per design)\n{text}"

    def _evaluated(self, i: int) -> tuple[Simulated | None, tuple[EffectPower, ...]]:
        if i not in self._found:
            study = self.scenarios[i].study
            answers = closed_answers(study)
            found = self._simulated(study) if self.replicates else (None,)
            beside = found[1] if len(found) > 1 else None
            self._found[i] = found[0], evaluate(study, answers, found[0], beside, target=self.target)
        return self._found[i]

    def _tested(self, i: int) -> list[tuple[object, ...]]:
        if i not in self._ratios:
            scenario, study = self.scenarios[i], self.scenarios[i].study
            self._ratios[i] = []
            for smaller in study.smaller:
                compared = comparison(study.source, smaller)
                found = likelihood_ratios(
                    compared, study.truth, seed=self.seed, numbers=range(self.replicates)
                )
                share = compared.power(found, study.alpha)
                lost = int(np.sum(~np.isfinite(found)))
                self._ratios[i].append(
                    (scenario.name, smaller, compared.method, share.share, share.low, share.high,
                     share.rejections, share.B, lost)
                )  # fmt: skip
        return self._ratios[i]

    def _simulated(self, study: Study) -> tuple[Simulated, ...]:
        return simulate_by(
            study.source, study.truth, study.tests, df_methods(study, self.df), seed=self.seed,
            numbers=range(self.replicates),
        )  # fmt: skip


def power(
    formula: str,
    design: Mapping[str, object],
    truth: Mapping[str, object],
    effects: Sequence[str] | str = (),
    *,
    grid: Mapping[str, Sequence[float]] | None = None,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    target: float = 0.8,
    df: str = "satterthwaite",
    smaller: Sequence[str] | str = (),
    replicates: int = 1000,
    seed: int = 1,
) -> Power:
    """Return the power of tests in planned studies.

    Parameters
    ----------
    formula : str
        The model of the analysis.
    design : mapping
        Groups, rows and predictors, in the words of ``power.design`` in a spec.
    truth : mapping
        What is assumed to be true, in the words of ``power.truth``.
    effects : sequence of str
        Coefficients or terms; by default all coefficients but the intercept.
    grid : mapping, optional
        Values that replace those of design and truth, in all combinations.
    alpha, alternative, target, df
        As in ``power`` of a spec.
    smaller : sequence of str
        Formulas of smaller models, for ``likelihood_ratios`` of the result.
    replicates : int
        Simulated studies per design; 0 for closed forms alone.
    seed : int

    Raises
    ------
    UsageError
        If a value is impossible or unknown.

    Examples
    --------
    >>> design = {"groups": {"school": 20}, "rows": 4, "predictors": {"arm": {"level": 2, "binary": 0.5}}}
    >>> truth = {"fixed": {"arm": 0.5}, "random": {"school": [[0.2]]}, "sigma": 0.8**0.5}
    >>> float(power("y ~ arm + (1 | school)", design, truth, replicates=0).table["closed"].round(5)[0])
    0.38743
    """
    if replicates < 0:
        raise UsageError(Fault("replicates", f"{replicates} is negative"))
    named, others = ((each,) if isinstance(each, str) else tuple(each) for each in (effects, smaller))
    if others and not replicates:
        raise UsageError(Fault("smaller", "likelihood ratio tests have no closed form", "replicates=1000"))
    block = {
        "design": design,
        "model": formula,
        "truth": truth,
        "effects": named,
        "smaller": others,
        "grid": {name: tuple(values) for name, values in (grid or {}).items()},
        "alpha": alpha,
        "alternative": alternative,
        "target": target,
        "df": df,
    }
    try:
        spec = PowerSpec.model_validate(block)
    except ValidationError as error:
        faults = [Fault(".".join(map(str, e["loc"])), e["msg"]) for e in error.errors(include_url=False)]
        raise UsageError(*faults) from None
    found = Power(scenarios(spec, seed), target, replicates, seed, spec.df)
    for scenario in found.scenarios:
        for formula_of_smaller in others:
            comparison(scenario.study.source, formula_of_smaller)
    return found


def _row(scenario: Scenario, each: EffectPower, simulated: Simulated | None) -> tuple[object, ...]:
    status = np.array([]) if simulated is None else simulated.status
    return (
        scenario.name,
        scenario.study.factors[0].count,
        each.effect,
        each.estimate,
        each.closed,
        each.power,
        each.ci_low,
        each.ci_high,
        each.method,
        each.size_at_0,
        None if each.count is None else each.count.rejections,
        status.size,
        int((status == "failed").sum()),
        int((status == "singular").sum()),
        each.df,
        each.se,
        each.detectable,
        each.kenward_roger,
        each.kenward_roger_size_at_0,
    )

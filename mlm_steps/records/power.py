"""Results of planned studies."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records.base import Part, Record
from mlm_steps.records.comparison import MixtureComponent

__all__ = [
    "ClosedEffect",
    "ClosedRecord",
    "ClosedScenario",
    "CurvePoint",
    "JointPower",
    "LikelihoodRatioPower",
    "PlannedParameter",
    "PowerEffect",
    "PowerRecord",
    "PowerScenario",
    "Required",
    "below_target",
    "clearly_below",
    "told_once",
]


class PlannedParameter(Part):
    """An assumption as it was declared and as a parameter of the model."""

    scenario: str
    """The first scenario with this value."""
    parameter: str
    """For example ``groups school``, ``coefficient ses_w`` or ``var (Intercept)|school``."""
    declared: str
    raw: float | None
    source: str | None


class Required(Part):
    """What a target needs, for one effect."""

    effect: str
    what: str
    """``groups``, ``rows``, ``effect``, ``cost`` or ``precision``."""
    value: float | None
    """Groups, rows per group, the smallest detectable effect, the cost, or the expected half-width."""
    low: float | None = None
    high: float | None = None
    """Limits of the simulated answer; of the precision, ``high`` is the half-width that 80 % stay below."""
    groups: int | None = None
    rows: int | None = None
    """Of the cheapest design."""
    power: float | None = None
    """With that answer."""
    power_se: float | None = None
    """Standard error of a power that fresh simulated studies confirm; None for the closed form."""
    ceiling: float | None = None
    """The power that no number of rows per group can exceed, where it is below the target."""
    method: str = "closed"
    """``closed`` or ``simulated``."""
    reason: str | None = None
    """Why there is no answer."""


CLEARLY = 1.959964
"""Standard errors below the target from which chance alone does not explain a confirmation."""


def below_target(found: Required, target: float, budget: float | None) -> bool:
    """Return whether fresh studies of an answer miss the target; a design within a budget may."""
    if found.power is None or found.power_se is None or (found.what == "cost" and budget is not None):
        return False
    return found.power < target


def clearly_below(found: Required, target: float) -> bool:
    """Return whether the confirmed power is below the target by more than its error."""
    return (found.power or 0.0) + CLEARLY * (found.power_se or 0.0) < target


def told_once(closed: Sequence[ClosedScenario]) -> dict[int, str]:
    """Return the scenarios whose required numbers are told, by position, with the words in front of them.

    Of scenarios that ask the same question the first one is told; a single question needs no words.
    """
    first: dict[str, int] = {}
    for k, each in enumerate(closed):
        first.setdefault(each.name if each.question is None else each.question, k)
    return {k: words if len(first) > 1 else "" for words, k in first.items()}


class CurvePoint(Part):
    """One point of a curve of the power."""

    effect: str
    x_name: str
    """``groups`` or ``estimate``."""
    x: float
    power: float
    low: float | None = None
    high: float | None = None
    method: str
    """``closed``, ``conditional``, ``count``, or ``line`` for the line through simulated designs."""


class ClosedEffect(Part):
    """The closed answer for one effect."""

    effect: str
    q: int
    """Number of coefficients of the test."""
    estimate: float | None
    """The effect, of a test of one coefficient."""
    se: float | None
    df: float | None
    power: float | None
    """None if the design does not identify the effect."""
    power_se: float
    """Standard error of the mean over drawn designs."""
    power_sd: float
    """Standard deviation over drawn designs."""
    ceiling: float | None
    """The power with practically endless rows per group."""


class ClosedScenario(Part):
    """The closed answers of one cell of the grid."""

    name: str
    cell: dict[str, float]
    job: str
    """The name of its simulated studies, which cells may share that differ in effects alone."""
    groups: int
    """Groups of the first factor."""
    rows: float
    """Mean number of rows per group of the innermost factor."""
    n: int
    """All rows."""
    designs: int
    """Designs that the answers are means over."""
    effects: tuple[ClosedEffect, ...]
    required: tuple[Required, ...] = ()
    points: tuple[int, ...] = ()
    """Numbers of groups that are simulated to find the required number."""
    question: str | None = None
    """The entries of the grid that the answers in ``required`` depend on, ``icc=0.1``; None for the name."""
    curve: tuple[CurvePoint, ...] = ()


class ClosedRecord(Record):
    """The closed answers of all planned studies."""

    scenarios: tuple[ClosedScenario, ...]
    parameters: tuple[PlannedParameter, ...]


class PowerEffect(Part):
    """The simulated power of one effect; the counts of a scenario without simulation are None."""

    effect: str
    q: int
    rejections: int | None
    power: float | None
    """Share of rejections."""
    ci_low: float | None
    ci_high: float | None
    conditional: float | None = None
    conditional_se: float | None = None
    """The conditional estimate of a t test, which is the more precise one."""
    size_at_0: float | None = None
    size_se: float | None = None
    """Share of rejections if the effect is 0."""
    overstated: bool = False
    """Whether the test rejects a true hypothesis more often than alpha by over three standard errors."""
    differs: bool = False
    """Whether closed form and simulation differ by over three standard errors."""
    half_width: float | None = None
    half_width_assured: float | None = None
    """Mean half-width of the confidence interval, and the one that 80 % of the studies stay below."""
    detectable: float | None = None
    """The smallest effect that is found with the target power."""
    kenward_roger: float | None = None
    kenward_roger_size_at_0: float | None = None
    """Power of Kenward and Roger's test, and its size, where the degrees of freedom are below 15."""


class JointPower(Part):
    """The simulated power to find all effects, or any of them."""

    effect: str
    rejections: int
    power: float
    ci_low: float
    ci_high: float


class LikelihoodRatioPower(Part):
    """The simulated power of a likelihood ratio test."""

    smaller: str
    """The formula of the smaller model."""
    method: str
    """``ML`` for fixed effects, ``REML`` for random effects."""
    mixture: tuple[MixtureComponent, ...]
    """The distribution of the statistic without an effect."""
    rejections: int
    failed: int
    """Studies in which a model could not be fitted; they count as not having rejected."""
    power: float
    ci_low: float
    ci_high: float


class PowerScenario(Part):
    """The simulated studies of one cell of the grid, beside its closed answers."""

    closed: ClosedScenario
    B: int
    failed: int
    singular: int
    effects: tuple[PowerEffect, ...]
    joint: tuple[JointPower, ...] = ()
    likelihood_ratios: tuple[LikelihoodRatioPower, ...] = ()
    required: tuple[Required, ...] = ()
    curve: tuple[CurvePoint, ...] = ()


class PowerRecord(Record):
    """Planned studies: closed and simulated answers."""

    alpha: float
    alternative: str
    target: float
    df_method: str
    method: str
    solve: str
    formula: str
    seed: int
    replicates: int
    """Simulated studies per design; 0 for closed forms alone."""
    redrawn: bool
    """Whether every simulated study draws its predictors anew."""
    grid: dict[str, tuple[float, ...]]
    cost_group: float | None = None
    cost_row: float | None = None
    cost_budget: float | None = None
    observed: str | None = None
    """The rung whose estimates are taken as the truth unchanged."""
    scenarios: tuple[PowerScenario, ...]
    parameters: tuple[PlannedParameter, ...]

    @property
    def failed_share(self) -> float:
        """The largest share of failed fits of a scenario."""
        return max((each.failed / each.B for each in self.scenarios if each.B), default=0.0)

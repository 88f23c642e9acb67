"""Sentences on planned studies."""

from __future__ import annotations

from mlm_steps.records.power import (
    PowerRecord,
    PowerScenario,
    Required,
    below_target,
    clearly_below,
    told_once,
)
from mlm_steps.report.text.notation import decimals_for_size, fixed, integer, percent, share
from mlm_steps.report.text.text import Code, Number, Phrase, Word, join, say, source

__all__ = ["answers", "method", "remarks"]

TABLE = "power"
MOST_ANSWERS = 12
"""Largest number of answers that are told; the others are in tables/power.csv."""
MOST_TOLD = 3
"""Largest number of designs whose power is told one by one; of more, the first to reach the target."""
MOST_FAILED = 0.05
"""Share of failed fits above which the simulated power is not trusted."""
SINGULAR = 0.1
"""Share of singular fits from which they are told."""
DF_WORDS = {
    "satterthwaite": "Satterthwaite's degrees of freedom",
    "kenward-roger": "Kenward and Roger's degrees of freedom and standard errors",
    "z": "the normal distribution",
}
SIDES = {"two-sided": "two-sided", "greater": "one-sided (greater)", "less": "one-sided (less)"}


def answers(record: PowerRecord) -> list[Phrase]:
    """Return what the target needs, or the power of each design and effect."""
    if record.solve != "none":
        told = told_once([each.closed for each in record.scenarios])
        asked = [
            (record.scenarios[k], each, where)
            for k, where in told.items()
            for each in record.scenarios[k].required
        ]
        return [_needed(record, *each) for each in asked[:MOST_ANSWERS]]
    if len(record.scenarios) > MOST_TOLD:
        return [_first_to_reach(record, k) for k in range(len(record.scenarios[0].effects))]
    found = []
    for scenario in record.scenarios:
        parts = [_power(scenario, k) for k in range(len(scenario.effects))]
        found.append(say("{where}, {powers}.", where=_where(scenario), powers=join(parts, last=" and ")))
    return found


def _first_to_reach(record: PowerRecord, k: int) -> Phrase:
    """Return the design with the fewest rows that reaches the target for one effect."""
    effect = Word(record.scenarios[0].effects[k].effect)
    target = share(record.target, 2)
    reached = [each for each in record.scenarios if (_best(each, k)[1] or 0.0) >= record.target]
    if not reached:
        return say(f"The power for {{effect}} reaches {target} in none of the designs.", effect=effect)
    smallest = min(reached, key=lambda each: each.closed.n)
    field, value = _best(smallest, k)
    number = Number(share(value or 0.0), source(TABLE, smallest.closed.name, effect.text, field))
    return say(
        f"The power for {{effect}} reaches {target} in {len(reached)} of {len(record.scenarios)} designs; "
        "the one with the fewest rows is {design}, with power {power}.",
        effect=effect,
        design=Word(smallest.closed.name),
        power=number,
    )


def _best(scenario: PowerScenario, k: int) -> tuple[str, float | None]:
    """Return the most precise power of an effect, and its column."""
    own = scenario.effects[k]
    if own.conditional is not None:
        return "conditional", own.conditional
    return ("closed", scenario.closed.effects[k].power) if own.power is None else ("power", own.power)


def _where(scenario: PowerScenario) -> Phrase:
    """Return the size of a design, and the assumptions that the grid varies."""
    name, first = scenario.closed.name, scenario.closed.effects[0].effect
    rows = scenario.closed.rows
    text = say(
        "With {J} groups of {n} rows",
        J=Number(integer(scenario.closed.groups), source(TABLE, name, first, "J")),
        n=Number(fixed(rows, 0 if rows.is_integer() else 1), source(TABLE, name, first, "n_j")),
    )
    others = [(key, value) for key, value in scenario.closed.cell.items() if key not in ("groups", "rows")]
    extra = ", ".join(f"{key} = {value:g}" for key, value in others)
    return (*text, " (", Word(extra), ")") if extra else text


def _power(scenario: PowerScenario, k: int) -> Phrase:
    """Return the power of one effect."""
    own, name = scenario.effects[k], scenario.closed.name
    field, value = _best(scenario, k)
    if value is None:
        return say("{effect} is not estimable", effect=Word(own.effect))
    number = Number(share(value), source(TABLE, name, own.effect, field))
    return say("the power for {effect} is {power}", effect=Word(own.effect), power=number)


def _needed(record: PowerRecord, scenario: PowerScenario, found: Required, words: str) -> Phrase:
    """Return what the target needs for one effect; ``words`` say under which assumptions."""
    where: Phrase = (Word(words), ": ") if words else ()
    target = share(record.target, 2)
    keys = (scenario.closed.name, found.effect)
    effect = Word(found.effect)
    if found.ceiling is not None:
        ceiling = Number(share(found.ceiling), source(TABLE, *keys, "ceiling"))
        return (
            *where,
            *say(
                f"With endless rows per group the power for {{effect}} is {{ceiling}}, below {target}; more "
                "groups are needed.",
                effect=effect,
                ceiling=ceiling,
            ),
        )
    if found.value is None:
        return (*where, *say("{effect}: {why}.", effect=effect, why=Word(found.reason or "no answer")))
    return (*where, *_answer(found, keys, target))


def _answer(found: Required, keys: tuple[str, str], target: str) -> Phrase:
    value = found.value or 0.0
    effect = Word(found.effect)

    def number(field: str, text: str) -> Number:
        return Number(text, source(TABLE, *keys, field))

    power = None if found.power is None else number("required_power", share(found.power))
    confirmed = "" if found.power_se is None else " in fresh simulated studies"
    how = " (simulated)" if found.method == "simulated" else " (closed form)"
    if confirmed:
        how = "" if found.method == "simulated" else " (number by the closed form)"
    if found.what == "groups":
        span: Phrase = ()
        if found.low is not None:
            high = "∞" if found.high is None else integer(found.high)
            span = say(
                " (95\u202f% CI {low} to {high})",
                low=number("required_low", integer(found.low)),
                high=high if found.high is None else number("required_high", high),
            )
        template = (
            f"For power {target}, {{effect}} needs {{count}} groups{{span}}, with power "
            f"{{power}}{confirmed}{how}."
        )
        return say(
            template, effect=effect, count=number("required_value", integer(value)), span=span, power=power
        )
    if found.what == "rows":
        template = (
            f"For power {target}, {{effect}} needs {{count}} rows per group, with power "
            f"{{power}}{confirmed}{how}."
        )
        return say(template, effect=effect, count=number("required_value", integer(value)), power=power)
    size = number("required_value", fixed(value, decimals_for_size(value, 3)))
    if found.what == "effect":
        return say(
            f"The smallest effect of {{effect}} that is found with power {target} is {{size}}{how}.",
            effect=effect, size=size,
        )  # fmt: skip
    if found.what == "cost":
        return say(
            f"For {{effect}}, {{J}} groups of {{n}} rows are best: they cost {{cost}}, and the power is "
            f"{{power}}{confirmed}{how}.",
            effect=effect,
            J=number("required_groups", integer(found.groups or 0)),
            n=number("required_rows", integer(found.rows or 0)),
            cost=number("required_value", integer(value)),
            power=power,
        )  # fmt: skip
    assured = number("required_high", fixed(found.high or 0.0, decimals_for_size(found.high, 3)))
    return say(
        f"The confidence interval of {{effect}} will reach {{size}} to either side on average, and at most "
        f"{{assured}} in 80\u202f% of the studies{how}.",
        effect=effect, size=size, assured=assured,
    )  # fmt: skip


def remarks(record: PowerRecord) -> list[Phrase]:
    """Return what limits the results: failed and singular fits, tests that reject too often."""
    found: list[Phrase] = []
    for scenario in record.scenarios:
        found += _fits(scenario)
        for effect in scenario.effects:
            if effect.overstated and effect.size_at_0 is not None:
                size = Number(
                    share(effect.size_at_0), source(TABLE, scenario.closed.name, effect.effect, "size_at_0")
                )
                found.append(
                    say(
                        f"{{name}}, {{effect}}: power overstated. The test rejects {{size}} of true "
                        f"hypotheses at α = {share(record.alpha, 2)}.",
                        name=Word(scenario.closed.name),
                        effect=Word(effect.effect),
                        size=size,
                    )
                )
        found += _disagreements(scenario)
    found += _missed(record)
    found += _kenward_roger(record)
    found += _singular(record)
    if record.observed is not None:
        found.append(
            say(
                "Observed power: the effects are the estimates of the rung {rung} in the same data, so that "
                "this power follows from their p values and tells nothing more. Declare the effects that "
                "matter.",
                rung=Word(record.observed),
            )
        )
    return found


def _disagreements(scenario: PowerScenario) -> list[Phrase]:
    """Return where closed form and simulation differ."""
    name, found = scenario.closed.name, []
    for k, effect in enumerate(scenario.effects):
        closed = scenario.closed.effects[k].power
        field, best = _best(scenario, k)
        if effect.differs and closed is not None and best is not None:
            found.append(
                say(
                    "{name}, {effect}: the closed form gives {closed} and the simulation {best}, which "
                    "differ by more than three standard errors; the simulated power is the one to use.",
                    name=Word(name),
                    effect=Word(effect.effect),
                    closed=Number(share(closed), source(TABLE, name, effect.effect, "closed")),
                    best=Number(share(best), source(TABLE, name, effect.effect, field)),
                )
            )
    return found


def _missed(record: PowerRecord) -> list[Phrase]:
    """Return where fresh studies of a required design miss the target."""
    found: list[Phrase] = []
    told = told_once([each.closed for each in record.scenarios])
    for scenario, where in ((record.scenarios[k], where) for k, where in told.items()):
        for each in scenario.required:
            if below_target(each, record.target, record.cost_budget):
                more = (
                    "; plan a larger study"
                    if clearly_below(each, record.target)
                    else ", but by less than the error of the simulation"
                )
                found.append(
                    say(
                        f"{{where}}{{effect}}: in fresh simulated studies of the required design the power "
                        f"is {{power}}, below {share(record.target, 2)}{more}.",
                        where=(Word(where), ": ") if where else (),
                        effect=Word(each.effect),
                        power=Number(
                            share(each.power or 0.0),
                            source(TABLE, scenario.closed.name, each.effect, "required_power"),
                        ),
                    )
                )
    return found


def _kenward_roger(record: PowerRecord) -> list[Phrase]:
    """Return what Kenward and Roger's test does where the degrees of freedom are few."""
    found: list[Phrase] = []
    for scenario in record.scenarios:
        for closed, effect in zip(scenario.closed.effects, scenario.effects, strict=True):
            if effect.kenward_roger is None or effect.kenward_roger_size_at_0 is None or closed.df is None:
                continue
            keys = (TABLE, scenario.closed.name, effect.effect)
            where = "{name}, {effect}" if len(record.scenarios) > 1 else "{effect}"
            size = effect.kenward_roger_size_at_0
            found.append(
                say(
                    f"{where}: with {{df}} degrees of freedom, the method matters. Kenward and Roger's test "
                    "has power {power} and rejects {size} of true hypotheses.",
                    name=Word(scenario.closed.name),
                    effect=Word(effect.effect),
                    df=Number(fixed(closed.df, 1), source(*keys, "df")),
                    power=Number(share(effect.kenward_roger), source(*keys, "kenward_roger")),
                    size=Number(share(size), source(*keys, "kenward_roger_size_at_0")),
                )
            )
    return found


def _fits(scenario: PowerScenario) -> list[Phrase]:
    if not scenario.B:
        return []
    name, first = scenario.closed.name, scenario.effects[0].effect
    found: list[Phrase] = []
    if scenario.failed:
        more = "; such a share makes the power doubtful" if scenario.failed > MOST_FAILED * scenario.B else ""
        found.append(
            say(
                f"{{name}}: {{failed}} of {integer(scenario.B)} fits failed and count as no rejection{more}.",
                name=Word(name),
                failed=Number(integer(scenario.failed), source(TABLE, name, first, "failed")),
            )
        )
    return found


def _singular(record: PowerRecord) -> list[Phrase]:
    """Return the largest share of singular fits, if it is worth telling."""
    worst = max(record.scenarios, key=lambda each: each.singular / max(each.B, 1))
    if not worst.B or worst.singular < SINGULAR * worst.B:
        return []
    name, first = worst.closed.name, worst.effects[0].effect
    where = " at {name}" if len(record.scenarios) > 1 else ""
    return [
        say(
            f"{{share}} of the fits are singular{where}; they are kept, as the analysis would keep them.",
            name=Word(name),
            share=Number(percent(worst.singular / worst.B), source(TABLE, name, first, "singular")),
        )
    ]


def _ratios(record: PowerRecord) -> str:
    """Return how likelihood ratio tests were simulated; empty without them."""
    methods = {each.method for each in record.scenarios[0].likelihood_ratios}
    how = {"ML": "by ML where fixed effects are", "REML": "by REML where random effects are"}
    if not methods:
        return ""
    used = " and ".join(words for name, words in how.items() if name in methods)
    mixed = ", with mixtures of chi-squared distributions" if "REML" in methods else ""
    return f". For likelihood ratio tests, both models were fitted to these studies, {used} left out{mixed}"


def method(record: PowerRecord) -> Phrase:
    """Return a paragraph for a preregistration."""
    drawn = "drawn anew for every study" if record.redrawn else "the same in all studies"
    text = (
        f"Power was computed for {SIDES[record.alternative]} tests at α = {share(record.alpha, 2)} of the "
        "model {formula}, in closed form at the declared parameters"
    )
    if record.replicates:
        text += (
            f", and by simulation: {integer(record.replicates)} studies per design were drawn from the "
            f"model, with predictors {drawn}, and fitted by {record.method}; tests used "
            f"{DF_WORDS[record.df_method]}. The power of a test of one coefficient is the mean over the "
            "studies of its probability given the residuals; tests of several coefficients and joint events "
            f"are counted. Failed fits count as no rejection. Random seed {record.seed}"
        )
        text += _ratios(record)
    return say(text + ".", formula=Code(record.formula))

"""The text that the command line prints about a valid spec."""

from __future__ import annotations

from mlm_steps.errors import printable
from mlm_steps.records import DataProfile
from mlm_steps.spec import LoadedSpec, RungSettings
from mlm_steps.spec.planning.jobs import cells_of
from mlm_steps.steps.run.tabular import text_table

__all__ = ["describe_spec"]


def describe_spec(loaded: LoadedSpec, profile: DataProfile | None) -> str:
    """Return the lines that ``mlm validate`` prints: the resolved ladder and a description of the data.

    A spec of planned studies alone has no profile.
    """
    spec = loaded.spec
    planned = (
        [] if spec.power is None else [f"planned studies: {len(cells_of(spec.power))} designs and truths"]
    )
    if profile is None:
        return "\n".join(map(printable, [f"{loaded.path}: valid", *planned])) + "\n"
    sizes = ", ".join(f"{factor.n_levels} {factor.name}" for factor in profile.factors)
    lost = profile.rows_file - profile.rows
    lines = [
        f"{loaded.path}: valid",
        f"data: {profile.file}: {profile.rows} rows ({lost} lost to missing values); {sizes}",
        *(f"  {step.line}" for step in profile.preparation),
        *([f"  {profile.occasions.line}"] if profile.occasions is not None else []),
        "",
    ]
    rows = [(m.name, "prelude", m.formula) for m in spec.prelude]
    rows += [(m.name, f"rung {i}", m.formula) for i, m in enumerate(spec.rungs, start=1)]
    if all(each.response.linear for each in spec.settings.values()):
        lines += text_table(("model", "place", "formula"), rows)
    else:
        families = [""] * len(spec.prelude) + [_family(spec.settings[m.name]) for m in spec.rungs]
        with_family = [(*row, family) for row, family in zip(rows, families, strict=True)]
        lines += text_table(("model", "place", "formula", "family"), with_family)
    if spec.pairs:
        formulas = {model.name: model.formula for model in spec.compared_models}
        pairs = (f"{formulas.get(p.smaller, p.smaller)} → {p.larger}" for p in spec.pairs)
        lines += ["", "comparisons: " + ", ".join(pairs)]
    expected = [f"expectations: {len(spec.expect)}"] if spec.expect else []
    count = 0 if spec.vary is None else len(tuple(spec.vary.variants))
    lines += ["", f"variants: {count}"] if count else []
    lines += ["", *expected, *planned] if expected or planned else []
    lines += ["", *(f"{n.severity}: {n.text}" for n in profile.notices)] if profile.notices else []
    return "\n".join(map(printable, lines)) + "\n"


def _family(settings: RungSettings) -> str:
    """Return family and link of a rung, with the columns of its trials and exposure and its quadrature."""
    response = settings.response
    parts = [f"{response.family} ({response.link})"]
    parts += [
        f"{key} {name}"
        for key, name in (("trials", response.trials), ("exposure", response.exposure))
        if name
    ]
    parts += [] if settings.agq == 1 else [f"agq {settings.agq}"]
    return ", ".join(parts)

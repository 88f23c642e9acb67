"""Derived columns in R."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlm_steps.r_script.expressions import r_expression
from mlm_steps.r_script.plan import ScriptPlan
from mlm_steps.r_script.text import DATA, column, number, string, vector
from mlm_steps.spec import DeriveSpec

__all__ = ["LAG", "derived_line"]

LAG = """\
# the value of x in an earlier row of the same group
lag_within <- function(x, group, by, steps = 1, max_gap = Inf) {
  by <- as.numeric(by)
  order <- order(group, by)
  from <- c(rep(NA, steps), head(order, -steps))
  same <- group[order] == group[from] & by[order] - by[from] <= max_gap
  result <- x
  result[order] <- x[ifelse(same, from, NA)]
  result
}"""
_FUNCTIONS = {
    "sd": "sd", "min": "min", "max": "max", "rank": "rank",
}  # fmt: skip


def derived_line(plan: ScriptPlan, name: str) -> str:
    """Return the line that makes a derived column."""
    spec, profile = plan.derive[name], plan.columns[name]
    text = _KINDS[spec.kind](plan, spec)
    if profile.levels is not None:
        text = f"factor({text}, levels = {vector(map(string, profile.levels))})"
    elif profile.kind == "group":
        text = f"factor({text})"
    return f"{column(name)} <- {text}"


def _groups(plan: ScriptPlan, spec: DeriveSpec) -> str:
    """Return the grouping columns as arguments."""
    within = spec.within or ""
    parts = [within] if within in plan.columns else [part.strip() for part in within.split(":")]
    return ", ".join(map(column, parts))


def _all_rows(plan: ScriptPlan) -> bool:
    return plan.spec.data.means_from == "all"


def _of_groups(plan: ScriptPlan, spec: DeriveSpec, function: str, x: str | None = None) -> str:
    """Return a value per row that a function of its group, or of all rows, gives."""
    x = x or column(spec.source)
    skips = function in ("mean", "sd", "min", "max") and (_all_rows(plan) or bool(plan.spec.data.filter))
    if spec.within is None:
        one = f"{function}({x}{', na.rm = TRUE' if skips else ''})"
        return one if function == "rank" else f"rep({one}, nrow({DATA}))"
    if skips:
        function = f"function(v) {function}(v, na.rm = TRUE)"
    chosen = "" if function == "mean" else f", FUN = {function}"
    return f"ave({x}, {_groups(plan, spec)}{chosen})"


def _center(plan: ScriptPlan, spec: DeriveSpec) -> str:
    x = column(spec.source)
    if spec.within is None:
        return f"{x} - mean({x}, na.rm = TRUE)" if _all_rows(plan) else f"{x} - mean({x})"
    return f"{x} - {_of_groups(plan, spec, 'mean')}"


def _standardize(plan: ScriptPlan, spec: DeriveSpec) -> str:
    x = column(spec.source)
    if spec.within is None:
        return f"({x} - mean({x}, na.rm = TRUE)) / sd({x}, na.rm = TRUE)"
    score = (
        "if (sum(!is.na(v)) > 1 && sd(v, na.rm = TRUE) > 0) (v - mean(v, na.rm = TRUE)) / sd(v, na.rm = TRUE)"
    )
    return f"ave({x}, {_groups(plan, spec)}, FUN = function(v)\n  {score} else 0 * v)"


def _count(plan: ScriptPlan, spec: DeriveSpec) -> str:
    return f"ave(seq_len(nrow({DATA})), {_groups(plan, spec)}, FUN = length)"


def _weights(plan: ScriptPlan, spec: DeriveSpec) -> str:
    x, groups = column(spec.source), _groups(plan, spec)
    if spec.to == "effective_n":
        return f"{x} * ave({x}, {groups}, FUN = function(w) sum(w) / sum(w^2))"
    return f"{x} / ave({x}, {groups})"


def _lag(plan: ScriptPlan, spec: DeriveSpec) -> str:
    options = [f"steps = {spec.steps}"] if spec.steps not in (None, 1) else []
    options += [f"max_gap = {number(spec.max_gap)}"] if spec.max_gap is not None else []
    parts = [column(spec.source), _groups(plan, spec), column(spec.by or ""), *options]
    return f"lag_within({', '.join(parts)})"


def _since(plan: ScriptPlan, spec: DeriveSpec) -> str:
    x = column(spec.source)
    return f"{x} - ave({x}, {_groups(plan, spec)}, FUN = function(v) min(v, na.rm = TRUE))"


def _expression(_: ScriptPlan, spec: DeriveSpec) -> str:
    return f"with({DATA}, {r_expression(spec.expr or '')})"


def _recode(plan: ScriptPlan, spec: DeriveSpec) -> str:
    return _mapped(plan, spec, dict(spec.map or {}))


def _collapse(plan: ScriptPlan, spec: DeriveSpec) -> str:
    return _mapped(plan, spec, {old: new for new, olds in (spec.into or {}).items() for old in olds})


def _mapped(plan: ScriptPlan, spec: DeriveSpec, pairs: Mapping[str, str | None]) -> str:
    """Return the values that a named vector gives for the old ones."""
    missing = plan.spec.data.na
    new = {
        old: None if value in (None, "") or value in missing else str(value) for old, value in pairs.items()
    }
    numbers = all(_is_number(value) for value in new.values())
    kept = spec.other == "keep"
    texts = [
        f"{string(str(old))} = {'NA' if value is None else value if numbers and not kept else string(value)}"
        for old, value in new.items()
    ]
    x = f"as.character({column(spec.source)})"
    found = f"unname(c({', '.join(texts)})[{x}])"
    return (
        f"ifelse({x} %in% c({', '.join(string(str(old)) for old in new)}), {found}, {x})" if kept else found
    )


def _is_number(value: str | None) -> bool:
    try:
        return value is None or float(value) == float(value)
    except ValueError:
        return False


def _plain(function: str) -> Callable[[ScriptPlan, DeriveSpec], str]:
    return lambda plan, spec: _of_groups(plan, spec, function)


_KINDS: Mapping[str, Callable[[ScriptPlan, DeriveSpec], str]] = {
    "center": _center,
    "mean": _plain("mean"),
    "standardize": _standardize,
    **{key: _plain(function) for key, function in _FUNCTIONS.items()},
    "count": _count,
    "expr": _expression,
    "recode": _recode,
    "collapse": _collapse,
    "scale_weights": _weights,
    "lag": _lag,
    "time_since_first": _since,
}

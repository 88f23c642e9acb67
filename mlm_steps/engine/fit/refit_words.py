"""The refits of a model by every optimiser as text."""

from __future__ import annotations

from mlm_steps.engine.fit.all_fit import CRITERION_LIMIT, AllFits, Refit

__all__ = ["COLUMNS", "refits_text", "verdict"]

COLUMNS = ("optimizer", "start", "criterion", "delta", "max_dbeta_se", "max_dsd", "evaluations", "status")
"""The values of a refit that its row shows."""


def refits_text(found: AllFits) -> str:
    """Return the table of the refits and the verdict."""
    lines = [" ".join(format(name, _width(name)) for name in COLUMNS)]
    lines += [_line(refit) for refit in found.refits]
    return "\n".join([*(line.rstrip() for line in lines), "", verdict(found)])


def verdict(found: AllFits) -> str:
    """Return in words whether all searches that ended normally agree, and which ended at a wrong point."""
    wrong = [refit for refit in found.refits if refit.status == "wrong"]
    normal = [refit for refit in found.refits if refit.status in ("converged", "singular", "doubtful")]
    gave_up = [refit for refit in found.refits if refit.status == "failed"]
    if found.agree:
        sentences = [f"All {len(normal)} searches that ended normally agree: {_spread(normal)}."]
    else:
        sentences = [f"The optimisers disagree; {len(normal)} searches agree: {_spread(normal)}."]
    if wrong:
        ends = ", ".join(f"{_name(refit)} (criterion {refit.delta:.3g} too high)" for refit in wrong)
        sentences.append(f"At a wrong point, though done by their own account: {ends}.")
    if gave_up:
        sentences.append(f"Ended before that, by their own account: {', '.join(map(_name, gave_up))}.")
    if found.excess < CRITERION_LIMIT:
        return " ".join([*sentences, "The fit itself is at the best point found."])
    lower = f"The fit itself is not at the optimum: a criterion lower by {found.excess:.3g} was found."
    return " ".join([*sentences, lower])


def _spread(refits: list[Refit]) -> str:
    highest = max((refit.delta or 0.0 for refit in refits), default=0.0)
    moved = max((refit.max_dbeta_se or 0.0 for refit in refits), default=0.0)
    return f"criteria within {highest:.1g}, coefficients within {moved:.1g} standard errors of the best"


def _name(refit: Refit) -> str:
    return f"{refit.optimizer} from the {refit.start}{' start' if refit.start == 'default' else ''}"


def _width(name: str) -> str:
    widths = {"optimizer": "<13", "start": "<8", "criterion": ">16", "status": "<13"}
    return widths.get(name, ">12")


def _line(refit: Refit) -> str:
    formats = {"criterion": ".6f", "delta": ".3g", "max_dbeta_se": ".2g", "max_dsd": ".2g"}
    cells = []
    for name in COLUMNS:
        value = getattr(refit, name)
        text = "" if value is None else format(value, formats.get(name, ""))
        cells.append(format(text, _width(name)))
    return " ".join(cells)

"""Random edits of a spec and its data, as a user might make them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mlm_steps.design import parse_formula

__all__ = ["DATA_EDITS", "SPEC_EDITS", "Draft"]


@dataclass
class Draft:
    """A spec that is edited.

    Attributes
    ----------
    spec : dict
        The spec as values of YAML.
    folder : Path
        The folder of the spec.
    rng : random.Random
    """

    spec: dict[str, Any]
    folder: Path
    rng: random.Random

    @property
    def data(self) -> Path:
        """The data file."""
        return self.folder / self.spec["data"]["file"]

    @property
    def ladder(self) -> list[dict[str, Any]]:
        """The rungs."""
        found: list[dict[str, Any]] = self.spec["ladder"]
        return found

    @property
    def frame(self) -> pd.DataFrame:
        """The data file as it is, all values as text."""
        if self.data.suffix == ".parquet":
            return pd.read_parquet(self.data)
        return pd.read_csv(self.data, dtype=str, keep_default_na=False, encoding="utf-8-sig")

    def write(self, frame: pd.DataFrame) -> None:
        """Write the data file anew in its own format."""
        if self.data.suffix == ".parquet":
            frame.to_parquet(self.data)
        else:
            frame.to_csv(self.data, index=False)

    @property
    def columns(self) -> list[str]:
        """The names of the columns of the data and of derived columns."""
        return [*self.frame.columns, *self.spec["data"].get("derive", {})]

    def block(self, key: str) -> dict[str, Any]:
        """Return a block of the spec, made if there is none."""
        found: dict[str, Any] = self.spec.setdefault(key, {})
        return found

    def toggle(self, block: dict[str, Any], key: str, *values: object) -> str:
        """Give a key one of some values, or remove it."""
        if key in block and self.rng.random() < 0.4:
            del block[key]
            return f"{key} removed"
        block[key] = self.rng.choice(values)
        return f"{key}: {block[key]}"


def _formula(draft: Draft) -> str:
    """Change the formula of a rung or of a model of the prelude."""
    entry = draft.rng.choice([*draft.ladder, *draft.ladder, *draft.spec.get("prelude", [])])
    entry["formula"] = _changed(draft, entry["formula"])
    return f"{entry['name']}: {entry['formula']}"


def _changed(draft: Draft, formula: str) -> str:
    rng, parsed = draft.rng, parse_formula(formula)
    head, _, tail = formula.partition("~")
    fixed = tail.partition("(")[0].rstrip(" +")
    bars = tail[len(tail.partition("(")[0]) :]
    used = sorted({*parsed.variables} - {*parsed.outcomes})
    column = rng.choice([*draft.columns, *used, *used])
    match rng.choice(["add", "swap bar", "product", "square", "drop"]):
        case "add":
            fixed = f"{fixed} + {column}"
        case "product":
            fixed = f"{fixed} + {column}:{rng.choice(used or ['1'])}" if used else f"{fixed} + {column}"
        case "square":
            fixed = f"{fixed} + I({column}^2)"
        case "drop":
            terms = [term.strip() for term in fixed.split("+")]
            fixed = " + ".join(terms[:-1]) or "1"
        case _ if bars:
            old, new = rng.choice(
                [("|", "||"), ("||", "|"), ("(1 |", f"({column} |"), (" |", f" + {column} |")]
            )
            bars = bars.replace(old, new, 1)
    return f"{head.strip()} ~ {fixed.strip()}" + (f" + {bars}" if bars else "")


def _label(draft: Draft) -> str:
    models = [*draft.ladder, *draft.spec.get("prelude", [])]
    word = f"Label {draft.rng.randrange(100)}"
    match draft.rng.choice(["rung", "column", "unit", "title", "units"]):
        case "rung":
            return draft.toggle(draft.rng.choice(models), "label", word)
        case "title":
            return draft.toggle(draft.spec, "title", word)
        case "units":
            return draft.toggle(draft.block("units"), "observations", word.lower())
        case what:
            columns = draft.spec["data"]["columns"]
            name = draft.rng.choice(draft.columns)
            key = "label" if what == "column" else "unit"
            return f"{name}: " + draft.toggle(columns.setdefault(name, {}), key, word)


def _column(draft: Draft) -> str:
    """Change the contrast, the level or the type of a column."""
    columns = draft.spec["data"]["columns"]
    factors = [name for name, each in columns.items() if each.get("type") == "category"]
    if factors and draft.rng.random() < 0.6:
        name = draft.rng.choice(factors)
        if draft.rng.random() < 0.3 and "levels" in columns[name]:
            draft.rng.shuffle(columns[name]["levels"])
            return f"{name}: levels {columns[name]['levels']}"
        return f"{name}: " + draft.toggle(columns[name], "contrast", "sum", "helmert", "treatment")
    name = draft.rng.choice(draft.columns)
    return f"{name}: " + draft.toggle(columns.setdefault(name, {}), "level", 1, 2)


def _derive(draft: Draft) -> str:
    """Derive a column more or another way."""
    group = next(name for name, each in draft.spec["data"]["columns"].items() if each.get("type") == "group")
    name, column = draft.rng.choice(["new_1", "new_2"]), draft.rng.choice(list(draft.frame.columns))
    derive = draft.spec["data"].setdefault("derive", {})
    return f"{name}: " + draft.toggle(
        derive,
        name,
        {"center": column},
        {"center": column, "within": group},
        {"mean": column, "within": group},
    )


def _filter(draft: Draft) -> str:
    values = draft.frame.apply(pd.to_numeric, errors="coerce").dropna(axis="columns")
    name = draft.rng.choice(list(values.columns))
    value = values[name].quantile(draft.rng.choice([0.02, 0.1]))
    return draft.toggle(draft.spec["data"], "filter", f"{name} > {value:.4g}")


ESTIMATION = {
    "method": ("REML", "ML"),
    "df": ("satterthwaite", "kenward-roger", "between-within", "residual", "z"),
    "confidence": (0.9, 0.99),
    "anova": ("II", "I"),
    "bic_n": ("groups",),
    "optimizer": ("l-bfgs-b",),
    "tolerance": (1e-10,),
    "allfit": ("always", "never"),
    "restarts": (1,),
    "distribution_variance": ("observation", "theoretical"),
}
TESTS = {
    "rlrt": (False,),
    "bootstrap": ("never",),
    "adjust": ("holm",),
    "ranova": (True, False),
    "replicates": (99,),
}
TOP = {
    "diagnostics": ("none", "all", "quick"),
    "seed": (2, 3, 4),
    "effort": ("quick", "full"),
    "sensitivity": (
        ["df"],
        ["centring"],
        ["estimator", "random_structure"],
        ["exclude_influential"],
        ["optimisers"],
    ),
    "on_singular": (
        "report",
        ["center", "drop_correlation"],
        ["drop_correlation", "drop_slope"],
        ["drop_zero"],
    ),
    "design": ("experimental",),
    "means": ("none", "auto"),
    "save": (["fitted", "residuals"],),
    "missing": ("Missing at random",),
    "sampling": ("All schools of two states",),
    "rationale": ("Rows share groups.",),
    "compare": ("ladder", "none"),
}


def _estimation(draft: Draft) -> str:
    key = draft.rng.choice(list(ESTIMATION))
    return draft.toggle(draft.block("estimation"), key, *ESTIMATION[key])


def _tests(draft: Draft) -> str:
    key = draft.rng.choice(list(TESTS))
    return draft.toggle(draft.block("tests"), key, *TESTS[key])


def _top(draft: Draft) -> str:
    key = draft.rng.choice(list(TOP))
    return draft.toggle(draft.spec, key, *TOP[key])


def _report(draft: Draft) -> str:
    return draft.toggle(draft.block("report"), "formats", ["md"], ["html"], ["html", "md"])


def _headline(draft: Draft) -> str:
    return draft.toggle(draft.block("report"), "headline", *(rung["name"] for rung in draft.ladder))


def _hypotheses(draft: Draft) -> str:
    """Declare a hypothesis, a contrast, a slope, an effect size or an expectation."""
    rung = draft.rng.choice(draft.ladder)
    parsed = parse_formula(rung["formula"])
    used = sorted({*parsed.variables} - {*parsed.outcomes} - {c for g in parsed.groups for c in g}) or ["x"]
    term = draft.rng.choice(used)
    match draft.rng.choice(["hypotheses", "contrasts", "expect", "effects", "intervals", "variance"]):
        case "hypotheses":
            said = [{"name": "H1", "text": f"{term} matters", "term": term, "direction": "positive"}]
            return draft.toggle(draft.spec, "hypotheses", said)
        case "contrasts":
            weight = {"name": "double", "hypothesis": f"2*{term} = 1"}
            return draft.toggle(draft.spec, "contrasts", [weight])
        case "expect":
            said = [{"model": rung["name"], "icc": {"min": 0.01}}]
            return draft.toggle(draft.spec, "expect", said, [{"all": "converged"}])
        case "effects":
            return draft.toggle(draft.block("effects"), "standardized", "level", "total")
        case "intervals":
            key = draft.rng.choice(["fixed", "variance", "icc"])
            return draft.toggle(draft.block("intervals"), key, "profile", "none")
        case _:
            return draft.toggle(draft.block("variance"), "measures", ["local_f2"], ["r2_beta"])


def _prelude(draft: Draft) -> str:
    prelude = draft.spec.setdefault("prelude", [])
    if prelude and draft.rng.random() < 0.5:
        return f"{prelude.pop()['name']} removed"
    parsed = parse_formula(draft.rng.choice(draft.ladder)["formula"])
    outcome, column = parsed.outcomes[0], draft.rng.choice(draft.columns)
    prelude.append({"name": f"single_{draft.rng.randrange(9)}", "formula": f"{outcome} ~ {column}"})
    return f"{prelude[-1]}"


def _rung(draft: Draft) -> str:
    """Insert, remove, rename or reorder rungs."""
    rng, ladder = draft.rng, draft.ladder
    place = rng.randrange(len(ladder))
    match rng.choice(["insert", "insert", "remove", "rename", "reorder"]):
        case "insert":
            new = {"name": f"new_{rng.randrange(20)}", "formula": _changed(draft, ladder[place]["formula"])}
            ladder.insert(place + 1, new)
            return f"{new} inserted"
        case "remove":
            return f"{ladder.pop(place)['name']} removed"
        case "rename":
            old, ladder[place]["name"] = ladder[place]["name"], f"named_{rng.randrange(20)}"
            return f"{old} renamed"
        case _:
            rng.shuffle(ladder)
            return f"reordered {[rung['name'] for rung in ladder]}"


def _weights(draft: Draft) -> str:
    if "weight" not in draft.frame.columns:
        frame = draft.frame
        frame["weight"] = [str(1 + row % 3) for row in range(len(frame))]
        draft.write(frame)
    return draft.toggle(
        draft.rng.choice([*draft.ladder, *draft.spec.get("prelude", [])]), "weights", "weight"
    )


def _cell(draft: Draft) -> str:
    """Change a number of the data, or remove it."""
    frame, rng = draft.frame, draft.rng
    column, row = rng.choice(list(frame.columns)), rng.randrange(len(frame))
    missing = "" if isinstance(frame.loc[row, column], str) else None
    frame.loc[row, column] = rng.choice([frame.loc[rng.randrange(len(frame)), column], missing])
    draft.write(frame)
    return f"{column}[{row}] = {frame.loc[row, column]}"


def _row(draft: Draft) -> str:
    frame, rng = draft.frame, draft.rng
    row = rng.randrange(len(frame))
    draft.write(frame.drop(index=row) if rng.random() < 0.5 else pd.concat([frame, frame.iloc[[row]]]))
    return f"row {row}"


def _order(draft: Draft) -> str:
    draft.write(draft.frame.sample(frac=1, random_state=draft.rng.randrange(1000)))
    return "rows in another order"


def _new_column(draft: Draft) -> str:
    frame, name = draft.frame, f"extra_{draft.rng.randrange(9)}"
    frame[name] = [f"{draft.rng.gauss(0, 1):.4f}" for _ in range(len(frame))]
    if not isinstance(frame.iloc[0, 0], str):
        frame[name] = frame[name].astype(float)
    draft.write(frame)
    return name


def _format(draft: Draft) -> str:
    """Write the data as Parquet or as CSV."""
    if draft.data.suffix == ".parquet":
        frame, new = draft.frame, draft.data.with_suffix(".csv")
        frame.to_csv(new, index=False)
    else:
        frame, new = pd.read_csv(draft.data, encoding="utf-8-sig"), draft.data.with_suffix(".parquet")
        frame.to_parquet(new)
    draft.spec["data"]["file"] = str(new.relative_to(draft.folder))
    return new.name


SPEC_EDITS: dict[str, Callable[[Draft], str]] = {
    "formula": _formula,
    "label": _label,
    "column": _column,
    "derive": _derive,
    "estimation": _estimation,
    "tests": _tests,
    "settings": _top,
    "report": _report,
    "headline": _headline,
    "declared": _hypotheses,
    "prelude": _prelude,
    "rung": _rung,
}
"""Each changes the spec of a draft and returns what it did in words."""
DATA_EDITS: dict[str, Callable[[Draft], str]] = {
    "weights": _weights,
    "cell": _cell,
    "row": _row,
    "order": _order,
    "filter": _filter,
    "new column": _new_column,
    "format": _format,
}
"""Each changes the data of a draft, or which rows count, and returns what it did in words."""

"""Valid specs that together have every block of the schema, and the rows of their data files."""

from __future__ import annotations

from typing import Any

LADDER: dict[str, Any] = {
    "version": 1,
    "data": {
        "file": "a.csv",
        "columns": {"c": {"type": "category"}, "g": {"type": "group"}},
        "filter": ["x > -1", "c in [a, b, c]", "!missing(lz)"],
        "derive": {
            "x_w": {"center": "x", "within": "g"},
            "x_m": {"mean": "x", "within": "g"},
            "lz": {"expr": "log1p(z)"},
            "c2": {"recode": "c", "map": {"a": "u", "b": "v"}, "other": "keep"},
            "c3": {"collapse": "c", "into": {"ab": ["a", "b"]}, "other": "missing"},
            "sw": {"scale_weights": "w1", "within": "g", "to": "effective_n"},
            "n": {"count": True, "within": "g"},
            "i": {"rank": "y"},
            "before": {"lag": "x", "within": "g", "by": "i", "steps": 1, "max_gap": 50},
            "t": {"time_since_first": "i", "within": "g"},
        },
    },
    "ladder": [
        {"name": "null", "formula": "y ~ 1 + (1 | g)"},
        {"name": "l1", "formula": "y ~ x * c + x_w + z + (1 | g)", "weights": "w1"},
    ],
    "prelude": [{"name": "ols", "formula": "y ~ x"}],
    "compare": [{"smaller": "null", "larger": "l1"}],
    "contrasts": [{"name": "one", "weights": {"x": 1}}, {"name": "two", "hypothesis": "x = 0"}],
    "slopes": [{"focal": "x", "moderator": "c"}],
    "means": [{"of": "c"}],
    "effects": {},
    "hypotheses": [{"name": "H1", "text": "x raises y", "term": "x", "direction": "positive"}],
    "rationale": {"multilevel": "Shared groups."},
    "missing": {"mechanism": "At random given x."},
    "preregistration": {"plan": "none"},
    "units": {"g": {"one": "group", "many": "groups"}},
    **{key: {} for key in ("tests", "estimation", "intervals", "bootstrap", "report", "variance")},
}
HECK: dict[str, Any] = {
    "version": 1,
    "data": {"file": "a.csv"},
    "ladder": {"preset": "heck", "outcome": "y", "group": "g", "level_1": ["x"], "random_slopes": ["x"]},
}
GROWTH: dict[str, Any] = {
    "version": 1,
    "data": {
        "file": "a.csv",
        "columns": {"c": {"contrast": {"matrix": {"a": [1, 0], "b": [0, 1], "c": [0, 0]}}}},
        "occasions": {"within": "g", "time": ["z"]},
    },
    "ladder": {"preset": "growth", "outcome": "y", "group": "g", "time": "z", "level_1": ["x"]},
}
FILES: dict[str, Any] = {
    "version": 1,
    "data": {
        "stack": ["a.csv", {"file": "wide.csv", "as": "second"}],
        "source_as": "wave",
        "join": [{"file": "h.csv", "on": {"h": "code"}, "columns": ["size"], "unmatched": "keep"}],
        "reshape": {
            "wide_to_long": {"columns": ["y_{t}", "x_{t}"], "values": ["score", "mood"], "missing": "drop"}
        },
    },
    "ladder": [{"name": "null", "formula": "score ~ 1 + (1 | g)"}],
}
WIDE: dict[str, Any] = {
    "version": 1,
    "data": {
        "file": "long.csv",
        "reshape": {
            "long_to_wide": {"id": ["id", "g"], "time": "t", "values": ["y"], "columns": "{values}_{time}"}
        },
    },
    "ladder": [{"name": "null", "formula": "y_1 ~ y_2 + (1 | g)"}],
}
PLANNED: dict[str, Any] = {
    "version": 1,
    "power": {
        "design": {
            "groups": {"school": 8, "class": {"n": 2, "within": "school"}},
            "rows": {"mean": 6, "cv": 0.3},
            "predictors": {
                "x": {"icc": 0.2},
                "z": {},
                "arm": {"level": "school", "binary": 0.5},
                "time": {"values": [0, 1, 2, 3]},
            },
            "derive": {"xc": {"center": "x", "within": "school"}},
            "correlations": [{"between": ["x", "z"], "r": 0.2}],
            "attrition": {"share": 0.1, "time": "time"},
        },
        "model": "y ~ xc + arm + (1 | school)",
        "truth": {"icc": 0.2, "r2": {"within": 0.1, "between": 0.05}},
        "cost": {"group": 10, "row": 1},
        "grid": {"icc": [0.1, 0.2]},
        "simulate": {"replicates": 10},
    },
}
OBSERVED: dict[str, Any] = {
    "version": 1,
    "data": {
        "file": "a.csv",
        "columns": {"c": {"type": "category"}},
        "derive": {"c2": {"collapse": "c", "into": {"ab": ["a", "b"]}, "other": "keep"}},
    },
    "ladder": [{"name": "l1", "formula": "y ~ x + c2 + (1 | g)"}],
    "effects": {"differences": [{"factor": "c2"}]},
    "vary": {
        "outcomes": ["y", {"outcome": "log(y)", "name": "log_y"}],
        "subsets": ["all", {"name": "few", "filter": "x > 0"}],
        "files": [{"name": "first", "file": "a.csv"}],
        "exclude": [{"outcome": "log_y", "subset": "few"}],
    },
    "expect": [
        {"model": "l1", "term": "x", "estimate": {"between": [-9, 9]}, "severity": "warn"},
        {"data": {"rows": {"min": 1}, "groups": {"g": {"min": 1}}}},
    ],
    "power": {
        "design": {"groups": {"g": 8}, "rows": 5, "predictors": {"x": {}}},
        "model": "y ~ x + (1 | g)",
        "truth": {"from": {"rung": "l1"}},
    },
}
VALID: dict[str, dict[str, Any]] = {
    "ladder": LADDER,
    "heck": HECK,
    "growth": GROWTH,
    "files": FILES,
    "wide": WIDE,
    "planned": PLANNED,
    "observed": OBSERVED,
}

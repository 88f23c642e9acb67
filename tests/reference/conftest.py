"""R's results as cases: one per model, from this folder and, where present, from the larger collection."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import mlm_steps
from mlm_steps.api import Fit

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[2] / "shared" / "reference"
"""Data that this repository does not carry; see README.md."""


@dataclass(frozen=True, eq=False)
class Case:
    """One model and R's numbers for it.

    Attributes
    ----------
    root : Path
        The folder that file names are relative to.
    entry : dict
        The model as in the JSON file.
    dataset : dict
        File and column types of its data.
    """

    root: Path
    set_name: str
    entry: dict[str, Any]
    dataset: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.set_name}-{self.entry['id']}"

    @property
    def unidentified(self) -> bool:
        """Whether the likelihood leaves the covariance parameters undetermined."""
        return bool(self.entry.get("unidentified"))

    @property
    def contrasts(self) -> dict[str, str]:
        return {
            column: word.removeprefix("contr.")
            for column, word in (self.entry.get("contrasts") or {}).items()
        }

    @property
    def frame(self) -> pd.DataFrame:
        types = tuple(
            (column, tuple(kind["levels"]) if "levels" in kind else None, kind.get("ordered", False))
            for column, kind in self.dataset["columns"].items()
            if kind["type"] == "factor"
        )
        return read_frame(self.root / self.dataset["file"], types)


@cache
def read_frame(path: Path, factors: tuple[tuple[str, tuple[str, ...] | None, bool], ...]) -> pd.DataFrame:
    texts = {column: str for column, _, _ in factors}
    frame = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=[""])
    for column, levels, ordered in factors:
        if levels is not None:
            frame[column] = pd.Categorical(frame[column], categories=list(levels), ordered=ordered)
    return frame


def own_cases() -> Iterator[Case]:
    for path in sorted((HERE / "numbers").glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        tested = HERE / "terms" / path.name
        terms = json.loads(tested.read_text(encoding="utf-8")) if tested.exists() else {}
        for entry in content["models"]:
            for method, tests in terms.get(entry["id"], {}).items():
                entry["fits"][method] |= tests
            yield Case(HERE, content["set"], entry, content["datasets"][entry["data"]])


def shared_cases() -> Iterator[Case]:
    """Yield the linear models of the larger collection whose data are not in this folder."""
    own = json.loads((HERE / "data" / "columns.json").read_text(encoding="utf-8"))
    for path in sorted(SHARED.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for entry in content.get("models", ()):
            if entry["engine"] in ("lm", "lmer") and entry["data"] not in own:
                yield Case(SHARED, content["set"], entry, content["datasets"][entry["data"]])


CASES = tuple(own_cases()) + tuple(shared_cases())


def glmm_cases() -> Iterator[Case]:
    """Yield the generalized models of this folder, and those of the larger collection that are not here."""
    columns = json.loads((HERE / "data" / "columns.json").read_text(encoding="utf-8"))
    seen = set()
    for path in sorted((HERE / "glmm").glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for entry in content["models"]:
            seen.add((content["set"], entry["id"]))
            yield Case(HERE, content["set"], entry, columns[entry["data"]])
    for path in sorted(SHARED.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for entry in content.get("models", ()):
            if entry["engine"] in ("glmer", "glmmTMB") and (content["set"], entry["id"]) not in seen:
                yield Case(SHARED, content["set"], entry, content["datasets"][entry["data"]])


GLMM_CASES = tuple(glmm_cases())


@cache
def fit_of(case: Case, method: str) -> Fit:
    return mlm_steps.fit(
        case.entry["formula"],
        case.frame,
        reml=method == "REML",
        weights=case.entry.get("weights"),
        contrasts=case.contrasts,
    )


@pytest.fixture
def fit(case: Case, method: str) -> Fit:
    """Return our fit of the case, made once for all tests."""
    return fit_of(case, method)


@pytest.fixture
def expected(case: Case, method: str) -> dict[str, Any]:
    """Return R's numbers."""
    return case.entry["fits"][method]


@pytest.fixture
def case_names() -> frozenset[str]:
    """Return the names of the cases whose data are here."""
    return frozenset(case.name for case in CASES)


@pytest.fixture
def fit_named() -> Callable[[str, str], Fit]:
    """Return our fit of the case of a name by a method."""
    cases = {case.name: case for case in CASES}
    return lambda name, method: fit_of(cases[name], method)


@pytest.fixture
def expected_named() -> Callable[[str, str], dict[str, Any]]:
    """Return R's numbers for the case of a name by a method."""
    cases = {case.name: case for case in CASES}
    return lambda name, method: cases[name].entry["fits"][method]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    engines = dict.fromkeys(
        ("test_deletions.py", "test_lmm.py", "test_profiles.py", "test_terms.py", "test_variance.py"), "lmer"
    ) | {"test_ols.py": "lm"}
    module = metafunc.definition.path
    if (module.parent, module.name) == (HERE, "test_glmm.py") and "case" in metafunc.fixturenames:
        other = metafunc.module.another_criterion
        pairs = [(case, name) for case in GLMM_CASES for name in case.entry["fits"] if not other(case, name)]
        ids = [f"{case.name}-{name}" for case, name in pairs]
        metafunc.parametrize(("case", "source"), pairs, ids=ids)
        return
    if module.parent != HERE or module.name not in engines or "case" not in metafunc.fixturenames:
        return
    engine = engines[module.name]
    cases = [case for case in CASES if case.entry["engine"] == engine]
    if "method" not in metafunc.fixturenames:
        metafunc.parametrize("case", cases, ids=[case.name for case in cases])
        return
    pairs = [(case, method) for case in cases for method in case.entry["fits"]]
    metafunc.parametrize(("case", "method"), pairs, ids=[f"{case.name}-{method}" for case, method in pairs])

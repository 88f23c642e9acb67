"""Fixtures of tests of ``mlm init``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml

from mlm_steps.data.survey.asked import Asked
from mlm_steps.data.survey.reading import Manner
from mlm_steps.design.build import build_design
from mlm_steps.spec.settings import settings_of
from mlm_steps.steps.init import FirstSpec, init_spec
from mlm_steps.steps.validate import check


class Written:
    """A first spec, read back and checked against its file."""

    def __init__(self, spec: FirstSpec) -> None:
        self.text, self.remarks = spec.text, spec.remarks
        self.keys = yaml.safe_load(spec.text)

    @property
    def formulas(self) -> list[str]:
        return [rung["formula"] for rung in self.keys["ladder"]]

    @property
    def levels(self) -> dict[str, int]:
        return {n: c["level"] for n, c in self.keys["data"]["columns"].items() if "level" in c}

    def reason(self, name: str) -> str:
        lines = [line.strip("# ") for line in self.text.splitlines() if line.startswith(f"  #   {name} ")]
        assert len(lines) == 1, f"{name} has {len(lines)} reasons"
        return lines[0]


@pytest.fixture
def init(tmp_path: Path) -> Callable[..., Written]:
    """Return a function that writes a file and its spec, and prepares and designs every model of it."""

    def run(
        table: pd.DataFrame | str, outcome: str, *groups: str, name: str = "d.csv", **manner: object
    ) -> Written:
        file, path = tmp_path / name, tmp_path / "pipeline.yaml"
        if isinstance(table, pd.DataFrame):
            table = table.to_csv(index=False)
        if table:
            file.write_text(table)
        spec = init_spec(file, Asked(outcome, groups), Manner(**manner), spec_path=path)
        path.write_text(spec.text)
        loaded, analysis = check(path)
        for model in loaded.spec.rungs:
            response = settings_of(model, loaded.spec.estimation).response
            assert build_design(model.formula, analysis.frame, response=response).dropped == ()
        return Written(spec)

    return run

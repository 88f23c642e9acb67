"""A spec and its data file, written, loaded and prepared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mlm_steps.data import Analysis
from mlm_steps.data.assemble import assemble
from mlm_steps.errors import DataError
from mlm_steps.spec import load_spec
from mlm_steps.steps.parts.uses import model_uses

Analyse = Callable[..., Analysis]


@pytest.fixture
def analyse(tmp_path: Path) -> Analyse:
    """Return a function from a file's content, formulas and lines of the data block to the analysis."""

    def run(
        content: str | bytes | Path,
        *formulas: str,
        data: str = "",
        name: str = "data.csv",
        weights: str | None = None,
    ) -> Analysis:
        if isinstance(content, Path):
            name = content.name
        else:
            path = tmp_path / name
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        spec = tmp_path / "pipeline.yaml"
        lines = [
            "version: 1",
            "data:",
            f"  file: {name}",
            *(f"  {line}" for line in data.splitlines()),
            "ladder:",
        ]
        extra = f", weights: {weights}" if weights else ""
        lines += [f"  - {{name: m{i}, formula: '{formula}'{extra}}}" for i, formula in enumerate(formulas)]
        spec.write_text("\n".join(lines) + "\n")
        loaded = load_spec(spec)
        return assemble(loaded, model_uses(loaded.spec))

    return run


@pytest.fixture
def refuse(analyse: Analyse, tmp_path: Path) -> Callable[..., list[str]]:
    """Return a function like ``analyse`` that returns the faults, each as a line without the folder."""

    def run(*arguments: object, **options: object) -> list[str]:
        with pytest.raises(DataError) as caught:
            analyse(*arguments, **options)
        return [str(fault).replace(f"{tmp_path}/", "") for fault in caught.value.faults]

    return run

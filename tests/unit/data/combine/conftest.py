"""Several data files and a spec's data block, written, loaded and prepared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent

import pytest

from mlm_steps.data import Analysis
from mlm_steps.data.assemble import assemble
from mlm_steps.errors import MlmError
from mlm_steps.spec import load_spec
from mlm_steps.steps.parts.uses import model_uses

Prepare = Callable[..., Analysis]
Refused = Callable[..., list[str]]


@pytest.fixture
def prepare(tmp_path: Path) -> Prepare:
    """Return a function from the lines of the data block and files by name to the analysis.

    A value of ``files`` is the text of a file, or a function that gets its path and writes it.
    """

    def run(data: str, files: dict[str, object], formula: str = "y ~ 1 + (1 | g)") -> Analysis:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            if callable(content):
                content(path)
            else:
                path.write_text(str(content))
        spec = tmp_path / "p.yaml"
        block = indent(dedent(data).strip("\n"), "  ")
        spec.write_text(f"version: 1\ndata:\n{block}\nladder:\n  - {{name: m, formula: '{formula}'}}\n")
        loaded = load_spec(spec)
        return assemble(loaded, model_uses(loaded.spec))

    return run


@pytest.fixture
def refused(prepare: Prepare, tmp_path: Path) -> Refused:
    """Return a function like ``prepare`` that returns the faults, each as a line without the folder."""

    def run(*arguments: object, **options: object) -> list[str]:
        with pytest.raises(MlmError) as caught:
            prepare(*arguments, **options)
        return [str(fault).replace(f"{tmp_path}/", "") for fault in caught.value.faults]

    return run

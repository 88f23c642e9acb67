"""No file, however odd, makes the data step end otherwise than with a sample or with words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from mlm_steps.data.assemble import assemble
from mlm_steps.errors import MlmError
from mlm_steps.spec import load_spec
from mlm_steps.steps.parts.uses import model_uses

NAMES = ("id", "pupil", "day", "wave", "x", "z", "student_id")
CELLS = (
    ("1", "2", "3", "9", "-9", "99"),
    ("a", "A", "a ", "b", ""),
    ("1,234", "5%", "$3"),
    ("inf", "1", "2"),
    ("5",),
    ("n/a", "x", "NA"),
    ("1e300", "-1e300", "0"),
    ("999", "9999", "", "1"),
    ("007", "7", "8"),
    ("\u22121", "2"),
    ("0", "1", "0.5", "0.3333333"),
    ("",),
)


def odd_column(rng: np.random.Generator, n: int) -> list[str]:
    kind = int(rng.integers(len(CELLS) + 3))
    if kind < len(CELLS):
        return [str(cell) for cell in rng.choice(CELLS[kind], n)]
    if kind == len(CELLS):
        return [f"p{i}" for i in rng.integers(0, n, n)]
    return [str(value) for value in rng.normal(size=n).round(2 if kind == len(CELLS) + 1 else 12)]


def test_odd_files_give_a_sample_or_a_fault(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    prepared, faults = 0, []
    for _ in range(60):
        n = int(rng.choice([1, 2, 3, 8, 20, 60]))
        names = [str(name) for name in rng.permutation(NAMES)[: rng.integers(1, 5)]]
        table = {name: odd_column(rng, n) for name in names}
        table["g"] = odd_column(rng, n) if rng.random() < 0.3 else [str(i // 3) for i in range(n)]
        table["y"] = odd_column(rng, n) if rng.random() < 0.3 else [f"{v:.1f}" for v in rng.normal(size=n)]
        pd.DataFrame(table).to_csv(tmp_path / "d.csv", index=False)
        fixed = " + ".join(["1", *(name for name in names if rng.random() < 0.4)])
        spec = tmp_path / "p.yaml"
        spec.write_text(
            f"version: 1\ndata: {{file: d.csv}}\nladder:\n  - {{name: m, formula: y ~ {fixed} + (1 | g)}}\n"
        )
        try:
            loaded = load_spec(spec)
            prepared += assemble(loaded, model_uses(loaded.spec)).profile.rows > 0
        except MlmError as error:
            faults += error.faults
    assert prepared > 15
    assert faults
    assert all(fault.where and fault.what for fault in faults)

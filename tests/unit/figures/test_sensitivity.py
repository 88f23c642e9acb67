"""The figure of the coefficients under variants of the model."""

import math
from dataclasses import replace

import pytest

from mlm_steps.figures import FIGURES
from mlm_steps.records.run import Labels

TEXT = "y ~ x * w + (x | g)"


@pytest.fixture
def given(make_input, simulate):
    """Return a run with variants of two kinds, and their records."""
    labels = Labels({"cross": "Final"}, {"x": "Status", "g": "School"}, {})
    made = make_input({"cross": TEXT}, simulate(20, 8), labels)
    records = {job: record for job, record in made.run.results.items() if job.startswith("sensitivity/")}
    return made, records


def test_each_variant_with_numbers_is_drawn_once_per_coefficient(given):
    made, records = given
    figure = FIGURES["sensitivity"](made)
    columns, rows = figure.data
    assert columns == ("variant", "column", "estimate", "ci_low", "ci_high", "quantity", "changed")
    variants = sum(
        v.ending in ("converged", "singular") for record in records.values() for v in record.variations
    )
    assert len(rows) == 3 * (1 + variants)
    assert len({row[:2] for row in rows}) == len(rows)
    assert all(low < estimate < high for _, _, estimate, low, high, *_ in rows if math.isfinite(low))
    assert "with level-1 predictors centred within School (Status)" in {row[0] for row in rows}
    assert b"Status" in figure.svg


def test_the_same_records_give_the_same_bytes(given):
    made, _ = given
    assert FIGURES["sensitivity"](made).svg == FIGURES["sensitivity"](made).svg


def test_the_reading_gives_the_range_of_each_estimate(given):
    made, records = given
    reading = FIGURES["sensitivity"](made).reading
    estimates = [
        c.estimate
        for record in records.values()
        for v in record.variations
        for c in v.coefficients
        if c.column == "x" and c.estimate is not None
    ]
    assert f"Status from {min(estimates):.2f} to {max(estimates):.2f}" in reading
    assert "Status × w [yes]" in reading


def test_without_variants_nothing_is_drawn(given):
    made, _ = given
    assert FIGURES["sensitivity"](replace(made, run=replace(made.run, results={}))) is None

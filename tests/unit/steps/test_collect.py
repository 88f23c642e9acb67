"""The words for columns come from the spec, then from the file."""

from __future__ import annotations

from types import SimpleNamespace

from mlm_steps.records import ColumnProfile
from mlm_steps.spec import ColumnSpec
from mlm_steps.steps.collect import labels_of


def test_the_spec_goes_before_the_file_and_a_mere_name_is_no_label() -> None:
    file = {"score": "Mathematics score", "ses": "Socioeconomic status", "sec": "Sector", "x": None}
    spec = {
        "score": ColumnSpec(label="score"),
        "ses": ColumnSpec(label="SES"),
        "x": ColumnSpec(label="Hours", unit="h"),
    }
    session = SimpleNamespace(
        spec=SimpleNamespace(data=SimpleNamespace(columns=spec), prelude=(), rungs=()),
        profile=SimpleNamespace(
            columns=[ColumnProfile(name=name, kind="number", label=label) for name, label in file.items()]
        ),
        derived=(),
    )
    labels = labels_of(session)
    assert labels.columns == {"score": "Mathematics score", "ses": "SES", "sec": "Sector", "x": "Hours"}
    assert labels.units == {"x": "h"}

"""The record of the differences between two runs."""

from __future__ import annotations

from typing import Literal

from mlm_steps.records.base import Extended, Part, Record

__all__ = ["AREAS", "Area", "Change", "ChangesRecord"]

Area = Literal["spec", "data", "estimates", "tests", "notices", "verdicts"]
AREAS: dict[Area, str] = {
    "spec": "Spec",
    "data": "Data and sample",
    "estimates": "Estimates",
    "tests": "Tests",
    "notices": "Notices",
    "verdicts": "Hypotheses and expectations",
}
"""The areas in which runs are compared, with their headings, in the order of the comparison."""


class Change(Part):
    """One thing that two runs do not share."""

    area: Area
    what: str
    """What differs, for example ``l1, estimate of ses``."""
    before: str
    """The value of the first run in words or digits; empty if it has none."""
    after: str
    before_value: Extended | None = None
    """The number; None if it is no number."""
    after_value: Extended | None = None
    remark: str = ""
    """What the difference means, for example ``the difference is 0.01, and 1e-05 is allowed``."""

    @property
    def line(self) -> str:
        """The change in one line."""
        if not self.after:
            text = f"{self.what}: {self.before}, gone" if self.before else self.what
        elif not self.before:
            text = f"{self.what}: new: {self.after}"
        else:
            text = f"{self.what}: {self.before} → {self.after}"
        return f"{text} ({self.remark})" if self.remark else text


class ChangesRecord(Record):
    """The differences between an earlier run and this run."""

    other: str
    """The folder of the earlier run, as written."""
    missing: str | None = None
    """Why there is no earlier run to compare with; None if there is one."""
    changes: tuple[Change, ...] = ()
    software: tuple[str, ...] = ()
    """Versions and machines that differ, a line each; they alone do not make runs different."""
    compared: int = 0
    """The number of quantities that both runs have."""

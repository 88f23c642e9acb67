"""Compare the results with the expectations of the spec."""

from __future__ import annotations

from mlm_steps.expectations.check import check_expectations
from mlm_steps.expectations.junit import junit_text
from mlm_steps.records import write_whole
from mlm_steps.records.checks import ChecksRecord
from mlm_steps.steps.parts.expected import checked_of
from mlm_steps.steps.run.collect import collect
from mlm_steps.steps.run.session import Session

__all__ = ["checks"]


def checks(session: Session) -> None:
    """Write what the results say about each expectation, as a record and as JUnit XML."""
    layout = session.layout
    with session.recorded("checks") as recorder:
        found = check_expectations(session.loaded, checked_of(session.loaded, collect(session)))
        record = ChecksRecord(name=session.spec.name, expectations=tuple(found))
        recorder.write(record, layout.output("checks"))
        xml = layout.output("checks").with_suffix(".xml")
        write_whole(xml, junit_text(record, session.loaded.path.name).encode())
        recorder.add(xml)
        for each in record.failed:
            session.say(*(f"{each.severity}: {finding.message}" for finding in each.failures))

"""The expectations as JUnit XML, which continuous integration services show."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from mlm_steps.records.checks import CheckedExpectation, ChecksRecord

__all__ = ["junit_text"]

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_text(record: ChecksRecord, spec: str) -> str:
    """Return the XML: one test case per expectation, without times so that equal runs give equal bytes.

    It is valid by the schema of Jenkins' xUnit plugin (junit-10.xsd), to which pytest keeps too. A failure of
    severity ``warn`` is a skipped test, since the run succeeds.
    """
    cases = [_case(each, spec) for each in record.expectations]
    failures = sum(each.severity == "error" for each in record.failed)
    skipped = len(record.failed) - failures
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0"'
    name = _attribute(record.name)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="mlm" {counts}>\n'
        f'<testsuite name={name} {counts} skipped="{skipped}">\n'
        f"{''.join(cases)}</testsuite>\n</testsuites>\n"
    )


def _case(each: CheckedExpectation, spec: str) -> str:
    head = f"<testcase classname={_attribute(f'expect.{each.kind}')} name={_attribute(each.title)}"
    if each.holds:
        return f"{head}/>\n"
    messages = [finding.message for finding in each.failures]
    first = f"{messages[0]}{f' (and {len(messages) - 1} more)' if len(messages) > 1 else ''}"
    text = "\n".join([f"{spec}:{each.line}:{each.column}: expect[{each.position}]", *messages])
    if each.severity == "error":
        inner = f'<failure type="expectation" message={_attribute(first)}>{_text(text)}</failure>'
    else:
        inner = f'<skipped type="warning" message={_attribute(first)}>{_text(text)}</skipped>'
    return f"{head}>\n{inner}\n</testcase>\n"


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))

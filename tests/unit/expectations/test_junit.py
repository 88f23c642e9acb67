"""JUnit XML as the schema of Jenkins' xUnit plugin (junit-10.xsd) wants it."""

from xml.etree import ElementTree

from mlm_steps.expectations.junit import junit_text
from mlm_steps.records.checks import CheckedExpectation, ChecksRecord, Finding

ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "disabled", "errors"},
    "testsuite": {
        "name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp", "hostname", "id",
        "package", "file", "log", "url", "version",
    },
    "testcase": {"name", "time", "classname", "group"},
    "failure": {"type", "message"},
    "skipped": {"type", "message"},
}  # fmt: skip
"""The attributes that junit-10.xsd allows."""
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testsuite", "properties", "testcase", "system-out", "system-err"},
    "testcase": {"skipped", "error", "failure", "rerunFailure", "system-out", "system-err"},
}


def record(*holding, severity="error", message='50 % < "x" & \x00\x1b[1m'):
    def finding(holds):
        return Finding(what="w", quantity="p", shown="1", expected="2", holds=holds, message=message)

    return ChecksRecord(
        name="a <b>",
        expectations=tuple(
            CheckedExpectation(
                position=i, kind="model", title=f"t{i} & \"q\"", severity=severity, line=i + 1, column=5,
                findings=(finding(holds), finding(True)),
            )
            for i, holds in enumerate(holding)
        ),
    )  # fmt: skip


def test_the_document_is_valid_and_counts_its_cases():
    root = ElementTree.fromstring(junit_text(record(True, False, False), "p.yaml"))
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        "3", "2", "0", "0",
    )  # fmt: skip
    assert suite.get("name") == "a <b>"
    for element in root.iter():
        assert set(element.attrib) <= ATTRIBUTES[element.tag]
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
    assert [len(case) for case in suite] == [0, 1, 1]
    failure = suite[1][0]
    assert failure.tag == "failure"
    assert failure.text.startswith('p.yaml:2:5: expect[1]\n50 % < "x" & \ufffd\ufffd[1m')


def test_a_warning_is_a_skipped_case():
    (suite,) = ElementTree.fromstring(junit_text(record(False, severity="warn"), "p.yaml"))
    assert (suite.get("failures"), suite.get("skipped")) == ("0", "1")
    assert suite[0][0].tag == "skipped"

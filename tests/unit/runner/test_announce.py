"""The Markdown summary of a run, and annotations of GitHub."""

import json

import pytest

from mlm_steps.runner.announce import annotation, announce

CHECKS = {
    "name": "small",
    "expectations": [
        {
            "title": "a | b <c>: `p` at most 0.05",
            "severity": "error",
            "position": 0,
            "line": 12,
            "column": 5,
            "findings": [
                {"holds": False, "message": "p is 0.06, 100% sure\nnot", "shown": "0.06"},
                {"holds": True, "message": "m", "shown": "1"},
            ],
        },
        {
            "title": "fine",
            "severity": "warn",
            "position": 1,
            "line": 13,
            "column": 5,
            "findings": [{"holds": True, "message": "m", "shown": "converged"}] * 2,
        },
    ],
}


@pytest.fixture
def checks(tmp_path, monkeypatch):
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "checks.json"
    path.write_text(json.dumps(CHECKS))
    return str(path)


def test_the_summary_has_every_expectation_and_what_the_run_printed(checks, tmp_path):
    announce(1, ("model  npar\n", "``` odd\n"), checks, tmp_path / "p.yaml", tmp_path / "s.md")
    text = (tmp_path / "s.md").read_text()
    assert text.startswith("## small\n\nThe run has finished, and its results are not as the spec expects.\n")
    assert r"| **failed** | a \| b \<c\>: \`p\` at most 0.05 | p is 0.06, 100% sure not |" in text
    assert "| ok | fine | converged |" in text
    assert "```text\nmodel  npar\n```" in text
    assert "````text\n``` odd\n````" in text


def test_faults_are_in_the_summary_and_annotated_at_their_places(checks, tmp_path, monkeypatch, capsys):
    spec = tmp_path / "p.yaml"
    spec.write_text("version: 1\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    announce(2, ("", f"{spec}:7:29: ladder[2].formula: no column 'xx'\n"), "", spec, tmp_path / "s.md")
    assert "has faults.\n\n```text\n" in (tmp_path / "s.md").read_text()
    said = capsys.readouterr().err
    assert said == (
        "::error file=p.yaml,line=7,col=29,title=Invalid input::ladder[2].formula: no column 'xx'\n"
    )


def test_failed_steps_are_annotated_on_the_spec(checks, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    announce(3, ("", "fit/a: failed: x\nnot run: report\n"), "", tmp_path / "p.yaml", None)
    said = capsys.readouterr().err
    assert said == f"::error file={tmp_path}/p.yaml,title=A step failed::fit/a: failed: x%0Anot run: report\n"


def test_github_s_summary_is_appended_to(checks, tmp_path, monkeypatch, capsys):
    target = tmp_path / "step.md"
    target.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(target))
    announce(0, ("x\n",), "", tmp_path / "p.yaml", None)
    assert target.read_text().startswith("before\n## p\n\nThe run has finished.\n")
    assert capsys.readouterr().out == ""


def test_github_gets_an_annotation_per_failure_with_the_path_in_the_repository(
    checks, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    (tmp_path / "specs").mkdir()
    announce(1, (), checks, tmp_path / "specs" / "p.yaml", None)
    assert capsys.readouterr().err == (
        "::error file=specs/p.yaml,line=12,col=5,title=Expectation%3A a | b <c>%3A `p` at most 0.05::"
        "p is 0.06, 100%25 sure%0Anot\n"
    )


def test_nothing_is_read_or_written_unless_it_is_asked_for(checks, tmp_path, capsys):
    announce(1, (), str(tmp_path / "missing.json"), tmp_path / "p.yaml", None)
    assert capsys.readouterr() == ("", "")


def test_a_summary_that_cannot_be_written_is_said_and_stops_nothing(checks, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    announce(0, (), checks, tmp_path / "p.yaml", None)
    assert "the summary cannot be written: Is a directory" in capsys.readouterr().err


def test_values_are_escaped_as_github_s_toolkit_does():
    made = annotation("warning", "a%b\r\nc:d,e", {"file": "x,y:z", "line": "1"})
    assert made == "::warning file=x%2Cy%3Az,line=1::a%25b%0D%0Ac:d,e"

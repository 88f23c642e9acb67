"""The report says how many occasions of a diary exist, in both formats, with a table per person."""

import csv

from .conftest import mlm

SPEC = """\
version: 1
name: diary
data:
  file: diary.csv
  columns: {person: {label: Participant}}
  occasions: {within: person, time: day, expected: 14}
ladder:
  - {name: m, formula: "mood ~ day + (1 | person)"}
estimation: {allfit: never}
"""


def diary():
    """Return 14 days of 60 persons, without every ninth person-day from the third on."""
    lines = ["person,day,mood"]
    for person in range(60):
        for day in range(14):
            if (14 * person + day) % 9 != 2:
                mood = 5 + (person * 7 % 11) / 5 + 0.1 * day + ((person * 31 + day * 17) % 13) / 6
                lines.append(f"{person},{day},{mood:.3f}")
    return "\n".join(lines) + "\n"


def test_compliance_is_reported_per_person(tmp_path):
    text = diary()
    rows = text.count("\n") - 1
    (tmp_path / "diary.csv").write_text(text)
    (tmp_path / "pipeline.yaml").write_text(SPEC)
    checked = mlm("validate", cwd=tmp_path)
    assert f"occasions: {rows} of 840 exist (88.8%); 60 levels of person with 14 each" in checked.stdout
    done = mlm("run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    results = tmp_path / "results" / "diary"
    report = (results / "report.md").read_text(encoding="utf-8")
    assert (
        f"Of 840 expected occasions (60 levels of Participant with 14 each, by day), {rows} (89 %) exist and "
        f"{rows} are in the common sample." in report
    )
    assert "Levels of Participant by the share of their expected occasions that exist" in report
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "Levels of Participant by the share" in page
    with (results / "tables" / "occasions.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == 60
    assert sum(int(row["present"]) for row in table) == rows
    assert {(int(row["present"]) + int(row["absent"])) for row in table} == {14}

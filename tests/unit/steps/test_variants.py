"""The step that fits the variants of an analysis: what it reuses, and what it does with failures."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from mlm_steps.errors import SpecError
from mlm_steps.records import read_record
from mlm_steps.records.variants import VariantsRecord
from mlm_steps.steps import variants as step
from mlm_steps.steps.parts import variant_faults
from mlm_steps.steps.parts.variant_text import variant_text
from mlm_steps.steps.run.kept import open_spec
from mlm_steps.steps.run.session import Session
from mlm_steps.steps.run.varied import Varied
from mlm_steps.steps.validate import check

SPEC = """\
version: 1
name: small
data:
  file: a.csv
  columns: {g: {type: group}}
  derive: {x_w: {center: x, within: g}}
ladder:
  - {name: "null", formula: "y ~ 1 + (1 | g)"}
  - {name: l1, formula: "y ~ x_w + c + (1 | g)"}
compare: [{smaller: "y ~ 1", larger: "null"}, {smaller: "null", larger: l1}]
vary:
  outcomes: [y, {outcome: "log(y + 20)", name: log_y, label: Logarithm}]
  subsets:
    [all, {name: positive, filter: x > 0}, {name: one, filter: "c == 'a'"}, {name: none, filter: x > 99}]
"""


def data(seed):
    rng = np.random.default_rng(seed)
    lines = ["g,x,c,y"]
    for group in range(12):
        b = rng.normal()
        for row in range(10):
            x = rng.normal()
            lines.append(f"{group},{x:.4f},{'ab'[row % 2]},{2 + b + x + rng.normal():.4f}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text(data(1))
    (tmp_path / "b.csv").write_text(data(2))
    (tmp_path / "spec.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def fitted(monkeypatch):
    """Return a list of the outcomes and filters of the variants that are fitted."""
    found, fit = [], step.fit_variant

    def counted(loaded, read):
        found.append((loaded.spec.rungs[0].formula.split(" ~")[0], loaded.spec.data.filter))
        return fit(loaded, read)

    monkeypatch.setattr(step, "fit_variant", counted)
    return found


def edit(folder, old, new):
    text = (folder / "spec.yaml").read_text()
    assert old in text
    (folder / "spec.yaml").write_text(text.replace(old, new))


def made(folder):
    """Make all variants and return them by name."""
    session = Session(Path("spec.yaml"), None)
    found = {}
    for (chunk,) in session.plan.inputs.varied.chunks:
        session = Session(Path("spec.yaml"), None)
        if not session.plan.step(f"variants/{chunk}").current:
            step.variants(session, chunk)
        record = read_record(VariantsRecord, session.layout.output(f"variants/{chunk}"))
        found |= {each.name: each for each in record.variants}
    return found


def test_a_variant_that_fails_is_a_row_with_its_reason(folder):
    found = made(folder)
    assert len(found) == 8
    assert found["y--none"].reason.startswith("no row is left")
    assert [rung.status for rung in found["y--none"].rungs] == ["failed", "failed"]
    null, l1 = found["log_y--one"].rungs
    assert null.status in ("converged", "singular")
    assert (l1.status, l1.n) == ("failed", None)
    assert "one level" in l1.reason
    assert [each.refused for each in found["log_y--one"].comparisons] == [None, "fit_failed"]
    assert found["log_y--all"].values[0].label == "Logarithm"


def test_a_change_of_one_value_refits_its_variants_only(folder, fitted):
    made(folder)
    assert len(fitted) == 8
    fitted.clear()
    made(folder)
    assert fitted == []
    edit(folder, "filter: x > 0", "filter: x > 0.1")
    made(folder)
    assert fitted == [("y", ("x > 0.1",)), ("log(y + 20)", ("x > 0.1",))]


def test_a_changed_label_refits_nothing(folder, fitted):
    made(folder)
    fitted.clear()
    edit(folder, "label: Logarithm", "label: Log")
    assert made(folder)["log_y--all"].values[0].label == "Log"
    assert fitted == []


def test_a_changed_row_of_the_data_refits_everything(folder, fitted):
    made(folder)
    fitted.clear()
    (folder / "a.csv").write_text(data(3))
    made(folder)
    assert len(fitted) == 8


def test_a_changed_file_refits_its_variants_only(folder, fitted):
    edit(folder, "  subsets:", "  files: [a.csv, b.csv]\n  subsets:")
    edit(folder, ", {name: positive, filter: x > 0}, {name: one, filter: \"c == 'a'\"}", "")
    edit(folder, ", {name: none, filter: x > 99}", "")
    first = made(folder)
    assert first["y--all--a"].rungs[0] != first["y--all--b"].rungs[0]
    fitted.clear()
    (folder / "b.csv").write_text(data(4))
    second = made(folder)
    assert len(fitted) == 2
    assert second["y--all--a"] == first["y--all--a"]


def test_an_interrupted_job_goes_on_with_the_next_variant(folder, fitted, monkeypatch):
    whole = made(folder)
    expected = (folder / "results/small/variants/0-5.json").read_bytes()
    (folder / "results/small/variants/0-5.json").unlink()
    fitted.clear()
    counted, stopped = step.fit_variant, []

    def killed(loaded, read):
        if len(fitted) == 3:
            stopped.append(loaded)
            raise KeyboardInterrupt
        return counted(loaded, read)

    monkeypatch.setattr(step, "fit_variant", killed)
    with pytest.raises(KeyboardInterrupt):
        made(folder)
    part = folder / "results/small/variants/0-5.part"
    lines = part.read_text().splitlines()
    assert len(lines) == 3
    part.write_text("\n".join([lines[0], lines[1].replace("0", "1"), lines[2], lines[2][:50]]) + "\n")
    monkeypatch.setattr(step, "fit_variant", counted)
    fitted.clear()
    assert made(folder) == whole
    assert len(fitted) == 3  # the one whose line was changed, and the two that were not fitted
    assert (folder / "results/small/variants/0-5.json").read_bytes() == expected
    assert not part.exists()


def test_the_spec_of_a_variant_reads_as_that_variant(folder):
    loaded = open_spec(Path("spec.yaml"))
    choice = next(each for each in Varied(loaded).choices if each.name == "log_y--positive")
    place = folder / "results/there/spec.yaml"
    place.parent.mkdir(parents=True)
    place.write_text(variant_text(loaded, choice, place.parent))
    spec = open_spec(place).spec
    assert [rung.formula for rung in spec.rungs] == [
        "log(y + 20) ~ 1 + (1 | g)",
        "log(y + 20) ~ x_w + c + (1 | g)",
    ]
    assert spec.compared_models[0].formula == "log(y + 20) ~ 1"
    assert spec.data.filter == ("x > 0",)
    assert spec.vary is None
    assert open_spec(place).data_path == folder / "a.csv"


def test_values_that_no_data_have_are_faults_with_their_places(folder):
    edit(folder, "outcomes: [y,", "outcomes: [y, z, c,")
    edit(folder, "{name: positive, filter: x > 0}", "{name: positive, filter: [x > 0, u > 1, 'c == 5']}")
    (folder / "c.csv").write_text("g,y\n1,2\n")
    edit(folder, "  subsets:", "  files: [a.csv, c.csv]\n  subsets:")
    with pytest.raises(SpecError) as caught:
        check(Path("spec.yaml"))
    said = str(caught.value)
    assert "spec.yaml:12:17: vary.outcomes[1]: there is no column 'z' in a.csv" in said
    assert "vary.outcomes[2]: outcome 'c' is text, not a number" in said
    assert re.search("vary.files.1.: .*no column 'x'", said)
    assert "vary.subsets[1].filter[1]: there is no column 'u' in a.csv" in said
    assert "Traceback" not in said


def test_valid_variants_have_no_fault(folder):
    assert variant_faults.check_variants(open_spec(Path("spec.yaml"))) == ()


def test_the_record_has_no_time_and_no_path(folder):
    made(folder)
    content = json.loads((folder / "results/small/variants/0-5.json").read_text())
    assert set(content) == {
        "schema_version", "made_from", "confidence", "coefficient", "rung", "variants",
    }  # fmt: skip
    assert str(folder) not in json.dumps(content)

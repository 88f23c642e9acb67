"""The parts of a record that an edit leaves as they were are kept, and only these."""

import random
import re
import shutil
from contextlib import redirect_stderr
from io import StringIO

import pytest

from mlm_steps.spec import PipelineSpec
from mlm_steps.steps import STEPS
from mlm_steps.steps.parts.kept_figures import KeptFigures
from mlm_steps.steps.run.ledger import forget, withdraw
from mlm_steps.steps.run.parts import Parts
from mlm_steps.steps.run.session import Session
from mlm_steps.steps.verbs import load_step

from .conftest import SPEC, contents, prepare

UNREAD = {"tables", "report"}
"""Steps that are not made here: no other step reads them and they keep no parts."""


def make(folder, out="out"):
    """Make the steps that are not current in this process."""
    spec = folder / "pipeline.yaml"
    for step, declared in STEPS.items():
        jobs = () if step in UNREAD else declared.scope.jobs(Session(spec, folder / out).plan.inputs)
        for of in jobs:
            session = Session(spec, folder / out)
            if not session.plan.step(declared.scope.name(step, of)).current:
                with redirect_stderr(StringIO()):
                    load_step(step)(session, *of)
    plan = Session(spec, folder / out).plan
    forget(plan.layout, [step.name for step in plan.steps])
    return folder / out


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """Return a folder with the small analysis, made; not to be changed."""
    folder = prepare(tmp_path_factory.mktemp("made"))
    make(folder)
    return folder


@pytest.fixture
def folder(made_once, tmp_path):
    """Return a copy of that folder."""
    return shutil.copytree(made_once, tmp_path / "copy")


@pytest.fixture
def made(monkeypatch):
    """Return the parts that are made, as they are made."""
    found = set()
    part = Parts._part

    def watched(self, model, content, make, options, **more):
        def noted():
            found.add(f"{self._step}/{model}")
            return make()

        return part(self, model, content, noted, options, **more)

    monkeypatch.setattr(Parts, "_part", watched)
    return found


@pytest.fixture
def drawn(monkeypatch):
    """Return the names of the figures that are drawn, as they are drawn."""
    found = set()
    take = KeptFigures.take

    def watched(self, name, draw):
        def noted(given):
            found.add(name)
            return draw(given)

        return take(self, name, noted)

    monkeypatch.setattr(KeptFigures, "take", watched)
    return found


def edit(folder, old, new):
    spec = folder / "pipeline.yaml"
    text = spec.read_text()
    assert old in text
    spec.write_text(text.replace(old, new))


def assert_as_new(folder):
    """The results are those of the same spec in a new folder."""
    found, wanted = contents(folder / "out"), contents(make(folder, "new"))
    assert found.keys() == wanted.keys()
    assert [name for name, content in found.items() if wanted[name] != content] == []
    spec = folder / "pipeline.yaml"
    found, wanted = (Session(spec, folder / out).plan.ledger.steps for out in ("out", "new"))
    assert {step: keys(entry) for step, entry in found.items()} == {
        step: keys(entry) for step, entry in wanted.items()
    }


def keys(entry):
    """Return what the ledger has of a step besides its files, times and memory."""
    return entry.key, entry.parts, entry.settings, entry.read


RUNGS = {"null", "l1", "slope", "l2"}


@pytest.mark.parametrize(
    ("old", "new", "assumptions", "deletions"),
    [
        ("y ~ x + w + (x | g)", "y ~ x * w + (x | g)", {"l2"}, {"l2"}),
        ("y ~ x + (1 | g)", "y ~ x + x2 + (1 | g)", {"l1"}, {"l1"}),
        ("y ~ x + (x | g)", "y ~ x + (x || g)", {"slope"}, {"slope"}),
        ("y ~ x + w + (x | g)", "y ~ x + w + (x | g)\"}\n  - {name: more, formula: \"y ~ x * w + (1 | g)",
         {"l2", "more"}, {"more"}),
        ("  - {name: l2, formula: \"y ~ x + w + (x | g)\"}\n", "", {"slope"}, set()),
        ("name: slope", "name: line", {"line"}, {"line"}),
        ("name: l1, ", "name: l1, label: Status, ", set(), set()),
        ("  - {name: null, formula: \"y ~ 1 + (1 | g)\"}\n  - {name: l1, formula: \"y ~ x + (1 | g)\"}\n",
         "  - {name: l1, formula: \"y ~ x + (1 | g)\"}\n  - {name: null, formula: \"y ~ 1 + (1 | g)\"}\n",
         set(), set()),
        ("name: small", "name: small\nreport: {headline: l1}", {"l1", "l2"}, set()),
        ("name: small", "name: small\nestimation: {df: kenward-roger}", set(), set()),
        ("name: small", "name: small\nestimation: {method: ML}", RUNGS, RUNGS),
        ("name: small", "name: small\nseed: 7", {"ols", *RUNGS}, RUNGS),
        ("name: small", "name: small\ndiagnostics: all", {"ols", *RUNGS}, set()),
        ("y ~ x\"", "y ~ x + w\"", {"ols"}, set()),
        ("{label: Size}", "{label: Size}\n  derive: {x3: {center: x2, within: g}}", {"ols", *RUNGS}, set()),
    ],
)  # fmt: skip
def test_an_edit_makes_only_the_parts_that_follow_from_it(folder, made, old, new, assumptions, deletions):
    edit(folder, old, new)
    make(folder)
    assert {name for name in made if name.startswith("assumptions/")} == {
        f"assumptions/{model}" for model in assumptions
    }
    assert {name for name in made if name.startswith("deletions/")} == {
        f"deletions/{model}" for model in deletions
    }
    assert_as_new(folder)


OF_L2 = {"assumptions", "caterpillar", "influence", "partial_pooling", "raw_data"}
"""Figures of the headline rung that show no other."""
OF_ALL = {"forest", "ladder"}


@pytest.mark.parametrize(
    ("old", "new", "again", "kept"),
    [
        ("y ~ x + (1 | g)", "y ~ x + x2 + (1 | g)", {*OF_ALL, "variance_sources"},
         OF_L2 - {"raw_data", "partial_pooling"}),  # these read which columns vary between groups
        ("y ~ x + (x | g)", "y ~ x + (x || g)", {*OF_ALL, "variance_sources"}, OF_L2),
        ("y ~ x + w + (x | g)", "y ~ x * w + (x | g)", {*OF_ALL, *OF_L2}, {"hierarchy"}),
        ("name: l1, ", "name: l1, label: Status, ", OF_ALL, {*OF_L2, "within_between", "profile"}),
        ("name: l2, ", "name: l2, label: Last, ", {*OF_ALL, *OF_L2} - {"partial_pooling"}, {"hierarchy"}),
        ("label: Size", "label: Pupils", {"forest"}, {"ladder", "caterpillar"}),
        ("name: small", "name: small\ntitle: Another", set(), {*OF_ALL, *OF_L2}),
    ],
)  # fmt: skip
def test_an_edit_draws_the_figures_that_show_it(folder, drawn, old, new, again, kept):
    edit(folder, old, new)
    make(folder)
    assert drawn >= again
    assert drawn & kept == set()
    assert_as_new(folder)


def test_a_figure_that_was_changed_or_deleted_is_drawn_again(folder, drawn):
    edit(folder, "name: l1, ", "name: l1, label: Status, ")
    (folder / "out" / "figures" / "influence.svg").write_text("<svg/>")
    (folder / "out" / "figures" / "caterpillar.csv").unlink()
    make(folder)
    assert drawn >= {"influence", "caterpillar"}
    assert "raw_data" not in drawn
    assert_as_new(folder)


def test_a_changed_row_of_the_data_makes_all_parts_again(folder, made):
    data = folder / "small.csv"
    data.write_text(data.read_text().replace("\n1,", "\n2,", 1))
    make(folder)
    assert {name for name in made if name.startswith("deletions/")} == {f"deletions/{rung}" for rung in RUNGS}
    assert_as_new(folder)


def test_a_changed_value_of_a_column_that_no_rung_uses_makes_the_checks_again(folder, made):
    """The checks look for level-2 predictors among all columns."""
    data = folder / "small.csv"
    header, first, *rest = data.read_text().splitlines()
    cells = first.split(",")
    cells[header.split(",").index("x2")] = "0.5"
    data.write_text("\n".join([header, ",".join(cells), *rest]) + "\n")
    make(folder)
    assert {name for name in made if name.startswith("assumptions/")} == {
        f"assumptions/{model}" for model in ("ols", *RUNGS)
    }
    assert not {name for name in made if name.startswith("deletions/")}
    assert_as_new(folder)


def test_a_part_of_a_file_that_was_changed_by_hand_is_not_kept(folder, made):
    edit(folder, "y ~ x + (1 | g)", "y ~ x + x2 + (1 | g)")
    path = folder / "out" / "assumptions" / "ladder.json"
    changed, count = re.subn(r'"statistic": ([0-9.]+)', r'"statistic": 1\1', path.read_text(), count=1)
    assert count
    path.write_text(changed)
    make(folder)
    assert {name for name in made if name.startswith("assumptions/")} == {
        f"assumptions/{model}" for model in ("ols", *RUNGS)
    }
    assert_as_new(folder)


def test_force_keeps_no_part(folder, made, drawn):
    withdraw(Session(folder / "pipeline.yaml", folder / "out").layout)
    make(folder)
    assert {name.partition("/")[0] for name in made} == {"assumptions", "influence", "deletions", "cost"}
    assert drawn == {*Session(folder / "pipeline.yaml", folder / "out").plan.inputs.figures}


WORDS = {
    "formulas": ("y ~ 1 + (1 | g)", "y ~ x + (1 | g)", "y ~ w + (1 | g)", "y ~ x + w + (x || g)",
                 "y ~ x * w + (x | g)", "y ~ x2 + (1 | g)"),
    "settings": ("df: kenward-roger", "confidence: 0.9", "method: ML", "anova: II", "allfit: always"),
    "tests": ("ranova: true", "rlrt: 500"),
    "lines": ("seed: 3", "report: {headline: r0}", "diagnostics: all", "title: Another", "effort: full",
              "on_singular: [center, drop_slope]", "sensitivity: [df, exclude_influential]"),
}  # fmt: skip


def random_spec(drawn):
    """Return a spec with some rungs in some order and some settings."""
    names = drawn.sample([f"r{number}" for number in range(5)], drawn.randint(2, 4))
    if "r0" not in names:
        names[0] = "r0"
    rungs = "".join(f'  - {{name: {n}, formula: "{drawn.choice(WORDS["formulas"])}"}}\n' for n in names)
    lines = [line for line in WORDS["lines"] if drawn.random() < 0.3]
    estimation = [word for word in WORDS["settings"] if drawn.random() < 0.25]
    lines += [f"estimation: {{{', '.join(estimation)}}}"] if estimation else []
    head = SPEC[: SPEC.index("ladder:")].replace('y ~ x"', drawn.choice(('y ~ x"', 'y ~ w"')))
    return head + "ladder:\n" + rungs + "\n".join(["compare: []", *lines]) + "\n"


def test_a_series_of_random_edits_ends_in_the_results_of_the_last_spec(tmp_path):
    drawn = random.Random(19)
    folder = prepare(tmp_path)
    for _ in range(4):
        (folder / "pipeline.yaml").write_text(random_spec(drawn))
        make(folder)
        assert_as_new(folder)
        shutil.rmtree(folder / "new")


MODELS = {"compared_models", "ladder", "models", "prelude", "rungs"}
REMEDIED = {"on_singular", "remedies"}
VARIED = {"contrasts", "data", "declared_levels", "estimation", "ladder", "settings", *REMEDIED}
READ = {
    "assumptions": {"data", "estimation", "seed", *MODELS, *REMEDIED},
    "influence": {"data", "diagnostics", *REMEDIED},
    "deletions": {"data", "estimation", "seed", "tests", *REMEDIED},
    "allfit": {"data", "estimation", *REMEDIED},
    "sensitivity/df": VARIED,
    "sensitivity/exclude_influential": VARIED,
    "cost": {"data", "estimation", *MODELS, *REMEDIED},
    "remedies": {"data", "estimation", "settings", *MODELS, *REMEDIED},
}
"""What the parts of each record may read of a spec.

A value must be in the keys of the parts: by ``depends_on`` of the step, by the key of the fit, which stands
in its record (of ``MODELS``, ``estimation`` and ``settings``), as the contrasts (of ``data``), as the
columns that remedies have derived (of ``REMEDIED``), or by the key of the data (of ``declared_levels``).
"""


def test_a_part_reads_nothing_that_its_key_lacks(tmp_path, monkeypatch):
    records, words, current = set(), {}, []
    part, outcome, get = Parts._part, Session.outcome, PipelineSpec.__getattribute__
    known = {
        *PipelineSpec.model_fields,
        *(n for n, v in vars(PipelineSpec).items() if isinstance(v, property)),
    }

    def watched_part(self, model, content, make, options, **more):
        def noted():
            current.append((self._step, model))
            try:
                return make()
            finally:
                current.pop()

        return part(self, model, content, noted, options, **more)

    def watched_outcome(self, kind, step):
        if current:
            records.add((*current[-1], step))
        return outcome(self, kind, step)

    def watched_get(self, name):
        if current and name in known:
            words.setdefault(current[-1][0], set()).add(name)
        return get(self, name)

    monkeypatch.setattr(Parts, "_part", watched_part)
    monkeypatch.setattr(Session, "outcome", watched_outcome)
    monkeypatch.setattr(PipelineSpec, "__getattribute__", watched_get)
    folder = prepare(tmp_path)
    everything = (
        "sensitivity: [df, exclude_influential]\neffort: full\ndiagnostics: all\nestimation: {allfit: always}"
    )
    edit(folder, "name: small", f"name: small\n{everything}")
    edit(folder, "y ~ x + w + (x | g)", "y ~ x + w + x2 + (x + x2 | g)")
    make(folder)
    influence = (
        "sensitivity/exclude_influential",
        "l2",
        "influence",
    )  # the options have the key of this part
    assert {each for each in records if each[2] != f"fit/{each[1]}"} == {influence}
    assert words.keys() == READ.keys()
    assert {step: names - READ[step] for step, names in words.items() if names - READ[step]} == {}

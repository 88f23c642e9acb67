from pathlib import Path

import pytest

from mlm_steps.errors import SpecError
from mlm_steps.spec import load_spec

SPEC = 'version: 1\ndata: {file: %s}\nladder: [{name: null, formula: "y ~ 1 + (1 | g)"}]\n'


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A repository ``lab`` with a spec two folders down, and a folder beside it."""
    for folder in ("lab/.git", "lab/data", "lab/analyses/one", "other", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("lab/data/a.csv", "other/a.csv", "lab/analyses/one/a.csv"):
        (tmp_path / file).write_text("y,g\n")
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path


def load(tree, file, **options):
    spec = tree / "lab/analyses/one/p.yaml"
    spec.write_text(SPEC % file)
    return load_spec(spec, **options).data_path


def refusal(tree, file):
    with pytest.raises(SpecError) as caught:
        load(tree, file)
    assert len(caught.value.faults) == 1
    return caught.value.faults[0]


def test_data_may_lie_beside_the_spec(tree):
    assert load(tree, "a.csv") == tree / "lab/analyses/one/a.csv"


def test_data_may_lie_in_the_repository_that_holds_the_spec(tree):
    assert load(tree, "../../data/a.csv") == tree / "lab/data/a.csv"


def test_data_may_lie_below_the_current_folder(tree, monkeypatch):
    monkeypatch.chdir(tree / "other")
    assert load(tree, tree / "other/a.csv") == tree / "other/a.csv"


@pytest.mark.parametrize("file", ["../../../other/a.csv", "{}/other/a.csv"])
def test_data_elsewhere_are_refused_unless_allowed(tree, file):
    file = file.format(tree)
    assert "lies outside" in refusal(tree, file).what
    assert load(tree, file, allow_outside=True) == tree / "other/a.csv"


def test_without_a_repository_the_folder_above_is_outside(tree):
    (tree / "lab/.git").rmdir()
    assert "lies outside" in refusal(tree, "../../data/a.csv").what


def test_a_link_that_leads_outside_is_refused(tree):
    (tree / "lab/data/link.csv").symlink_to(tree / "other/a.csv")
    assert "lies outside" in refusal(tree, "../../data/link.csv").what


def test_a_link_that_stays_inside_is_followed(tree):
    (tree / "lab/analyses/one/link.csv").symlink_to(tree / "lab/data/a.csv")
    assert load(tree, "link.csv") == tree / "lab/data/a.csv"


def test_nothing_is_told_about_files_outside(tree):
    assert refusal(tree, "../../../other/none.csv").what.startswith("'../../../other/none.csv' lies outside")


def test_a_circle_of_links_is_a_fault(tree):
    for one, two in (("b", "c"), ("c", "b")):
        (tree / f"lab/analyses/one/{one}.csv").symlink_to(tree / f"lab/analyses/one/{two}.csv")
    assert "'b.csv'" in refusal(tree, "b.csv").what


@pytest.mark.parametrize(
    ("file", "hint"),
    [
        ("A.CSV", "did you mean 'a.csv'?"),
        ("students_2011.parquet", "looked in {}/lab/analyses/one"),
        ("sub/a.csv", "looked in {}/lab/analyses/one/sub"),
    ],
)
def test_a_missing_file_has_a_hint(tree, file, hint):
    assert refusal(tree, file).hint == hint.format(tree)


def test_a_path_relative_to_the_current_folder_has_a_hint(tree):
    Path("b.csv").write_text("")
    assert refusal(tree, "b.csv").hint == "paths are relative to the spec's folder, not to the current one"


def test_a_spec_that_is_a_link_says_where_data_are_looked_for(tree):
    (tree / "lab/analyses/one/p.yaml").write_text(SPEC % "data.csv")
    link = tree / "elsewhere/p.yaml"
    link.symlink_to(tree / "lab/analyses/one/p.yaml")
    with pytest.raises(SpecError) as caught:
        load_spec(link)
    assert caught.value.faults[0].hint == (
        f"looked in {tree}/elsewhere; the spec is a link: paths are relative to {tree}/elsewhere,"
        f" not to {tree}/lab/analyses/one"
    )
    (tree / "elsewhere/data.csv").write_text("y,g\n")
    assert load_spec(link).data_path == tree / "elsewhere/data.csv"


def test_a_path_that_is_none_is_a_fault(tree):
    assert refusal(tree, '"a\\0b"').what == "'a\\x00b' cannot be read: embedded null byte"
    assert "File name too long" in refusal(tree, "x" * 300).what

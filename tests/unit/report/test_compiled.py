"""The bytecode of templates is kept like that of modules, and never used after a change."""

import os
import sys

import pytest
from jinja2 import DictLoader, Environment

from mlm_steps.report.compiled import CompiledTemplates


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Let Python keep its bytecode in a folder of this test."""
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "kept"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path / "kept"


def environment(text="{{ 1 + 1 }}", compiler="a", name="html"):
    """Return an environment with one template, and its bytecode."""
    compiled = CompiledTemplates(name, compiler)
    return Environment(loader=DictLoader({"t": text}), autoescape=True, bytecode_cache=compiled), compiled


def render(**made):
    """Render the template, save its bytecode, and return whether it had to be compiled."""
    of, compiled = environment(**made)
    parsed = []
    compile_text, of.compile = of.compile, lambda *a, **k: parsed.append(1) or compile_text(*a, **k)
    text = of.get_template("t").render(x="<b>")
    compiled.save()
    return text, bool(parsed)


def files(folder):
    """Return the files below a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_template_is_compiled_once(kept):
    assert render() == ("2", True)
    assert render() == ("2", False)
    assert len(files(kept)) == 1


def test_autoescape_holds_in_both(kept):
    assert [render(text="{{ x }}") for _ in range(2)] == [("&lt;b&gt;", True), ("&lt;b&gt;", False)]


@pytest.mark.parametrize("change", [{"text": "{{ 1 + 2 }}"}, {"compiler": "b"}, {"name": "md"}])
def test_a_change_is_compiled_again(kept, change):
    before, _ = render()
    after, compiled = render(**change)
    assert compiled
    assert after == ("3" if "text" in change else before)


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[:40] + b"x" + b[41:], lambda b: b[:0]])
def test_a_damaged_file_is_not_used(kept, damage):
    render()
    [path] = files(kept)
    path.write_bytes(damage(path.read_bytes()))
    assert render() == ("2", True)
    assert render() == ("2", False)


def test_nothing_is_written_where_python_writes_no_bytecode(kept, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert render() == ("2", True)
    assert not kept.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
def test_a_folder_that_cannot_be_written_is_left_alone(kept):
    kept.mkdir(mode=0o500)
    assert render() == ("2", True)
    assert not files(kept)


def test_a_file_in_place_of_the_folder_is_left_alone(kept):
    kept.write_text("mine")
    assert render() == ("2", True)
    assert kept.read_text() == "mine"


def test_a_python_without_bytecode_keeps_none(kept, monkeypatch):
    monkeypatch.setattr(sys.implementation, "cache_tag", None)
    assert render() == ("2", True)
    assert not kept.exists()

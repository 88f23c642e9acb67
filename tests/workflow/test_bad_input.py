"""Bad input: one clear message that says where, exit code 2, nothing written."""

import pytest

from .conftest import mlm, small_data

HEAD = "version: 1\ndata: {file: small.csv}\n"
RUNG = 'ladder: [{name: null, formula: "y ~ 1 + (1 | g)"}]\n'


def ladder(formula):
    return HEAD + f'ladder:\n  - {{name: a, formula: "{formula}"}}\n'


CASES = {
    "an unknown key": (HEAD + RUNG + "ladr: 1\n", ["s.yaml:4:1: ladr: unknown key 'ladr'", "'ladder'"]),
    "a duplicate key": ("version: 1\n" + HEAD + RUNG, ["s.yaml:2:1: version:", "twice"]),
    "a wrong type": (HEAD.replace("1", "one", 1) + RUNG, ["s.yaml:1:10: version:", "'one'"]),
    "an empty file": ("", ["s.yaml:1:1:", "empty"]),
    "a syntax error": ("version: 1\ndata: {file: small.csv\n", ["s.yaml:2:7: ", "not closed"]),
    "a tab": ("version: 1\ndata:\n\tfile: small.csv\n", ["s.yaml:3:1:", "tab"]),
    "a missing data file": (
        HEAD.replace("small", "smal") + RUNG,
        ["s.yaml:2:14: data.file:", "'smal.csv'", "'small.csv'"],
    ),
    "a folder as data file": (HEAD.replace("small.csv", ".") + RUNG, ["s.yaml:2:14: data.file:", "folder"]),
    "a file outside": (HEAD.replace("small.csv", "/etc/hostname") + RUNG, ["data.file:", "--allow-outside"]),
    "a column that is not there": (
        ladder("y ~ xx + (1 | g)"),
        ["s.yaml:4:29: ladder[0].formula:", "'xx'", "'x'"],
    ),
    "a formula that does not parse": (ladder("y ~ x + (1 | g"), ["s.yaml:4:", "ladder[0].formula:", "^"]),
    "an outcome of text": (ladder("t ~ x + (1 | g)"), ["ladder[0].formula:", "'t'", "text"]),
    "a group with one level": (ladder("y ~ x + (1 | one)"), ["ladder[0].formula:", "'one'", "one level"]),
    "more coefficients than rows": (
        "version: 1\ndata: {file: few.csv}\n" + ladder("y ~ poly(x, 5) + z + (1 | g)")[len(HEAD) :],
        ["ladder[0].formula:", "coefficients", "rows"],
    ),
    "as many levels as rows": (
        ladder("y ~ x + (1 | id)"),
        ["s.yaml:4:33: ladder[0].formula:", "'id'", "160"],
    ),
    "weights that are not positive": (
        ladder("y ~ x + (1 | g)").replace(")\"}", ")\", weights: x}"),
        ["s.yaml:4:52: ladder[0].weights:", "x"],
    ),
    "all rows lost": (ladder("y ~ x + void + (1 | g)"), ["ladder[0].formula:", "'void'"]),
    "code in a formula": (
        ladder("y ~ __import__('os').system('touch pwned') + (1 | g)"),
        ["s.yaml:4:29: ladder[0].formula:", "__import__"],
    ),
    "an attribute in a formula": (ladder("y ~ x.__class__ + (1 | g)"), ["ladder[0].formula:"]),
    "a comparison with no rung": (
        HEAD + RUNG + "compare: [{smaller: nul, larger: null}]\n",
        ["compare[0].smaller:", "'nul'", "'null'"],
    ),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    lines = small_data().splitlines()
    rows = [f"{line},{'a' if n % 2 else 'b'},only,{n}," for n, line in enumerate(lines[1:])]
    (tmp_path / "small.csv").write_text("\n".join([f"{lines[0]},t,one,id,void", *rows]) + "\n")
    few = "\n".join(f"{n % 2},{n * n},{n % 5},{n}.5" for n in range(6))
    (tmp_path / "few.csv").write_text(f"g,x,z,y\n{few}\n")
    return tmp_path


@pytest.mark.parametrize(("text", "wanted"), CASES.values(), ids=CASES)
def test_it_is_refused_with_a_place_and_nothing_is_written(folder, text, wanted):
    (folder / "s.yaml").write_text(text)
    before = sorted(path.name for path in folder.iterdir())
    done = mlm("run", "s.yaml", cwd=folder)
    assert done.returncode == 2, done.stderr
    assert [word for word in wanted if word not in done.stderr] == []
    assert done.stderr.startswith("s.yaml:")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert sorted(path.name for path in folder.iterdir()) == before


def test_all_faults_of_spec_formula_and_data_come_at_once(folder):
    text = HEAD + "titel: x\nladder:\n"
    text += '  - {name: a, formula: "y ~ xx + (1 | g)"}\n  - {name: b, formula: "y ~ (1 | gg)"}\n'
    (folder / "s.yaml").write_text(text)
    done = mlm("validate", "s.yaml", cwd=folder)
    assert done.returncode == 2
    for place in ("s.yaml:3:1: titel:", "s.yaml:5:29: ladder[0].formula:", "s.yaml:6:34: ladder[1].formula:"):
        assert place in done.stderr


def test_a_block_at_fault_does_not_hide_the_faults_of_others(folder):
    text = "version: 1\ndata:\n  file: small.csv\n  columns: {g: {type: gruop}}\n"
    text += "  derive: {x_w: [1], x_m: {mean: xx}}\n"
    text += 'ladder:\n  - {name: a, formula: "y ~ x_w + xxx + (1 | g)", weights: [1]}\n'
    (folder / "s.yaml").write_text(text)
    done = mlm("validate", "s.yaml", cwd=folder)
    assert done.returncode == 2
    places = [line.split(": ")[1] for line in done.stderr.splitlines()]
    assert places == [
        "data.columns.g.type",
        "data.derive.x_w",
        "data.derive.x_m.mean",
        "ladder[0].formula",
        "ladder[0].weights",
    ], done.stderr


def test_an_output_folder_that_cannot_be_written_is_named(folder):
    (folder / "s.yaml").write_text(HEAD + RUNG)
    (folder / "taken").write_text("a file")
    done = mlm("run", "s.yaml", "--out", "taken/out", cwd=folder)
    assert done.returncode == 2
    assert done.stderr.startswith("taken/out: the output folder cannot be written")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["run", "absent.yaml"], "absent.yaml: there is no such file"),
        (["run", "--cores", "0"], "--cores"),
        (["fit", "s.yaml", "--model", "b"], "fit/b"),
        (["init", "absent.csv", "--outcome", "y", "--group", "g"], "absent.csv"),
        (["init", "small.csv", "--outcome", "yy", "--group", "g"], "'yy'"),
        (
            ["init", "small.csv", "--outcome", "y", "--group", "g", "--out", "s.yaml"],
            "s.yaml: there is a file",
        ),
        (["run", "s.yaml", "--profile", "absent"], "--profile"),
        (["run", "s.yaml", "--out", ""], "--out: is empty, but a file or folder is needed"),
        (["run", ""], "SPEC: is empty"),
        (["fit", "s.yaml", "--model", "m", "--out", " "], "--out: is empty"),
        (["init", "small.csv", "--outcome", "y", "--group", "g", "--out", ""], "--out: is empty"),
        (["validate", "/dev/zero"], "/dev/zero: is not a regular file"),
        (["init", "/dev/zero", "--outcome", "y", "--group", "g"], "/dev/zero: is not a regular file"),
        (["validate", "\x1b[31m.yaml"], "\\x1b[31m.yaml: there is no such file"),
        (["fit", "s.yaml", "--model", "\x1b[31m"], "'fit/\\x1b[31m'"),
        (["validate", "s.yaml", "\x1b[31m"], "\\x1b[31m"),
    ],
)
def test_arguments_at_fault_are_named(folder, words, wanted):
    (folder / "s.yaml").write_text(HEAD + RUNG)
    done = mlm(*words, cwd=folder)
    assert done.returncode == 2
    assert wanted in done.stderr
    assert all(line.isprintable() for line in done.stderr.splitlines())
    assert "Traceback" not in done.stderr

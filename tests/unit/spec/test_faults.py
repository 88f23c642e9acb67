"""Each broken spec gives these lines, no more and no fewer, in the order of the file."""

import os

import pytest

from mlm_steps.errors import DesignError, Fault, FormulaError, SpecError
from mlm_steps.spec import PipelineSpec, inspect_spec, load_spec
from mlm_steps.spec.derive import KINDS

HEAD = "version: 1\ndata: {file: a.csv}\n"
RUNGS = 'ladder:\n  - {name: null, formula: "y ~ 1 + (1 | g)"}\n  - {name: l1, formula: "y ~ x + (1 | g)"}\n'
GOOD = HEAD + RUNGS
PRESET = HEAD + "ladder:\n  preset: heck\n  outcome: y\n  group: g\n"

LIST_HINT = "(write [a, b], or lines that begin with '- ')"
BLOCK_HINT = "(write {key: value}, or lines 'key: value' below it)"
DATA_MISSING = "p.yaml:1:1: the key 'data' is missing (for example data: {file: my.csv})"
LADDER_MISSING = (
    "p.yaml:1:1: the key 'ladder' is missing"
    ' (for example ladder: [{name: "null", formula: "y ~ 1 + (1 | group)"}])'
)
VERSION_MISSING = "p.yaml:1:1: the key 'version' is missing (for example version: 1)"
SLUG_HINT = "use letters a to z, digits, _, . and single dashes, none of . and - in front"
TWO_NAMES = "choose another name: files are named by models, and some systems ignore case"

BROKEN = {
    # the file and its YAML
    "an empty file": ("", ["p.yaml:1:1: the file is empty (mlm init writes a first spec)"]),
    "comments alone": ("# later\n", ["p.yaml:1:1: the file is empty (mlm init writes a first spec)"]),
    "an empty document": ("---\n", ["p.yaml:1:1: the file is empty (mlm init writes a first spec)"]),
    "a list on top": (
        "- a\n",
        [
            (
                "p.yaml:1:1: the file is a list, but a spec is a block of keys (a spec begins with the line"
                " 'version: 1')"
            ),
        ],
    ),
    "a data file as spec": (
        "y,x\n1,2\n",
        [
            (
                "p.yaml:1:1: the file is the text 'y,x 1,2', but a spec is a block of keys"
                " (a spec begins with the line 'version: 1')"
            ),
        ],
    ),
    "a large file": (
        "# " + "x" * 300_000,
        [
            (
                "p.yaml:1:1: the file is larger than 256 kB, too large for a spec"
                " (is it the data file? mlm init DATA writes a spec for it)"
            ),
        ],
    ),
    "Latin-1": (
        "version: 1\ntitle: Schüler\n".encode("latin-1"),
        ["p.yaml:2:11: the file is not UTF-8: the byte 0xfc stands here (save the file as UTF-8)"],
    ),
    "UTF-16": (
        "version: 1\n".encode("utf-16"),
        ["p.yaml:1:1: the file is not UTF-8: the byte 0xff stands here (save the file as UTF-8)"],
    ),
    "a control character": (
        "version: 1\ntitle: a\x07b\n",
        ["p.yaml:2:9: the character U+0007 cannot stand in YAML (delete it)"],
    ),
    "tabs": (
        "version: 1\ndata:\n\tfile: a.csv\n\tna: x\n",
        ["p.yaml:3:1: the line begins with a tab (indent with spaces, also in line 4)"],
    ),
    "a tab between dash and key": (
        HEAD + "ladder:\n  - name: a\n \tformula: b\n",
        ["p.yaml:5:2: the line begins with a tab (indent with spaces)"],
    ),
    "a colon in unquoted text": (
        GOOD + "title: School: a study\n",
        ["p.yaml:6:14: a colon makes a key where none is allowed (put text with ': ' in quotes)"],
    ),
    "an open double quote": (
        GOOD + 'title: "abc\nreport: {}\n',
        ["p.yaml:6:8: the quote opened here is never closed (close it with the same mark)"],
    ),
    "an open bracket": (
        GOOD + "title: [a\nreport: {}\n",
        [
            (
                "p.yaml:6:8: the list opened here with [ is not closed (commas between items, ] at the end; "
                "text that has a [ or ] in it goes in quotes)"
            )
        ],
    ),
    "an open brace": (
        GOOD + "report: {formats: [md]\n",
        ["p.yaml:6:9: the block opened here with { is not closed (commas between keys, } at the end)"],
    ),
    "a backtick in front": (
        HEAD + "ladder:\n  - {name: a, formula: `x y` ~ 1}\n",
        ["p.yaml:4:24: unquoted text cannot begin with '`' (put the text in quotes)"],
    ),
    "an unknown escape": (
        GOOD + 'title: "a\\d"\n',
        ["p.yaml:6:11: no such escape between double quotes (\\\\ stands for a backslash)"],
    ),
    "indentation that fits nothing": (
        HEAD + "ladder:\n  - name: a\n   formula: b\n",
        [
            (
                "p.yaml:5:4: this line begins in column 4, where no key above it does"
                " (the keys above begin in columns 1 and 5: those of one block begin in the same column)"
            )
        ],
    ),
    "indentation deeper than the key above": (
        HEAD + "ladder:\n  - name: a\n     formula: b\n",
        [
            (
                "p.yaml:5:6: this line begins in column 6, where no key above it does"
                " (the keys above begin in columns 1 and 5: those of one block begin in the same column;"
                " text with ': ' needs quotes)"
            )
        ],
    ),
    "a key in the column of its dash": (
        HEAD + "ladder:\n  - name: a\n  formula: b\n",
        [
            (
                "p.yaml:5:3: this line begins in column 3, where no key above it does"
                " (the keys above begin in columns 1 and 5: those of one block begin in the same column)"
            )
        ],
    ),
    "a dash in no column of dashes": (
        HEAD + "ladder:\n  - name: a\n - name: b\n",
        [
            (
                "p.yaml:5:2: this line begins in column 2, where no item above it does"
                " (the item above begins in column 3: those of one block begin in the same column)"
            )
        ],
    ),
    "a first line with a space": (
        " version: 1\ndata: {file: a.csv}\n",
        [
            (
                "p.yaml:2:1: this line begins in column 1, where no key above it does"
                " (the key above begins in column 2: those of one block begin in the same column)"
            )
        ],
    ),
    "a block whose keys are not indented": (
        "version: 1\ndata:\nfile: a.csv\n" + RUNGS,
        [
            "p.yaml:2:6: data: is empty (it needs file)",
            "p.yaml:3:1: file: unknown key 'file' (indent it by two spaces more if it belongs to data)",
        ],
    ),
    "a comma in a label between braces": (
        HEAD + 'ladder:\n  - {name: a, formula: "y ~ 1 + (1 | g)", label: Cross, final}\n',
        [
            (
                "p.yaml:4:57: ladder[0].final: unknown key 'final' (between braces a comma ends the value:"
                ' put text with a comma in quotes, label: "Cross, final")'
            )
        ],
    ),
    "a line without colon": (
        GOOD + "estimation\n",
        ["p.yaml:7:1: this line is neither a key nor an item (a key ends in ': ')"],
    ),
    "an item behind a key": (
        GOOD + "prelude: - {name: ols}\n",
        ["p.yaml:6:10: an item cannot begin here (put '- ' on a line of its own)"],
    ),
    "two documents": (
        GOOD + "---\nversion: 1\n",
        ["p.yaml:6:1: a second document starts here (one file holds one spec)"],
    ),
    "a tag": (
        GOOD + "title: !!python/name:os.system x\n",
        [
            (
                "p.yaml:6:8: title: the tag '!!python/name:os.system' is not supported (remove it; quotes"
                " make text)"
            ),
        ],
    ),
    "an alias without anchor": (
        GOOD + "title: *x\n",
        ["p.yaml:6:8: title: no anchor '&x' above (text that begins with * needs quotes: '*x')"],
    ),
    "an alias inside its anchor": (
        GOOD + "prelude: &x [*x]\n",
        ["p.yaml:6:14: prelude[0]: the alias '*x' is inside the value that it refers to"],
    ),
    "aliases that grow": (
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{n}: &{n} [{', '.join([f'*{m}'] * 9)}]\n" for m, n in zip("abcdefg", "bcdefgh", strict=True)
        ),
        ["p.yaml:5:16: aliases make this spec too large (write the values out)"],
    ),
    "deep nesting": (
        "a: " + "[" * 200 + "]" * 200,
        ["p.yaml:1:44: blocks are nested too deeply"],
    ),
    "a merge key": (
        GOOD + "<<: {title: x}\n",
        ["p.yaml:6:1: '<<': unknown key '<<' (merge keys are not supported: write the keys out)"],
    ),
    "a template left unfilled": (
        HEAD + "ladder: {{ ladder }}\n",
        [
            (
                "p.yaml:3:10: ladder: a key must be text, not a list or a block"
                " (text that begins with { or [ needs quotes)"
            ),
        ],
    ),
    # keys
    "duplicate keys": (
        GOOD + "title: a\ndata: {file: b.csv}\ntitle: b\n",
        [
            "p.yaml:7:1: data: the key 'data' occurs twice (first in line 2, again in line 7: keep one)",
            ("p.yaml:8:1: title: the key 'title' occurs twice (first in line 6, again in line 8: keep one)"),
        ],
    ),
    "unknown keys on every level": (
        "version: 1\nladdr: []\ndata: {file: a.csv, columns: {x: {typ: number}}}\n" + RUNGS + "zzz: 1\n",
        [
            "p.yaml:2:1: laddr: unknown key 'laddr' (did you mean 'ladder'?)",
            "p.yaml:3:35: data.columns.x.typ: unknown key 'typ' (did you mean 'type'?)",
            f"p.yaml:7:1: zzz: unknown key 'zzz' (known here: {', '.join(PipelineSpec.model_fields)})",
        ],
    ),
    "a misspelt key that is needed": (
        "version: 1\ndata: {fiel: a.csv}\n" + RUNGS,
        ["p.yaml:2:8: data.fiel: unknown key 'fiel' (did you mean 'file'?)"],
    ),
    "missing keys": ("title: x\n", [VERSION_MISSING, DATA_MISSING, LADDER_MISSING]),
    "a comma in an unquoted formula between braces": (
        HEAD + "ladder:\n  - {name: a, formula: y ~ poly(x, 2) + (1 | g)}\n",
        [
            (
                "p.yaml:4:36: ladder[0]['2) + (1 | g)']: unknown key '2) + (1 | g)'"
                " (between braces a comma ends the value: put text with a comma in quotes,"
                ' formula: "y ~ poly(x, 2) + (1 | g)")'
            ),
        ],
    ),
    # scalars
    "another version": (GOOD.replace(": 1\n", ": 2\n", 1), ["p.yaml:1:10: version: must be 1, not 2"]),
    "a version in quotes": (
        GOOD.replace(": 1\n", ": '1'\n", 1),
        [
            "p.yaml:1:10: version: '1' is text, but a whole number is needed (write it without quotes)",
        ],
    ),
    "a version that is no whole number": (
        GOOD.replace(": 1\n", ": 1.0\n", 1),
        ["p.yaml:1:10: version: '1.0' is not a whole number"],
    ),
    "an octal level": (
        GOOD.replace("a.csv", "a.csv, columns: {x: {level: 012}, g: {level: 4}}"),
        [
            "p.yaml:2:42: data.columns.x.level: '012' is not a whole number (a number has no leading zero)",
            "p.yaml:2:59: data.columns.g.level: '4' is not one of 1, 2, 3",
        ],
    ),
    "an optimiser that is not there": (
        GOOD + "estimation: {optimizer: bfgs}\n",
        [
            (
                "p.yaml:6:25: estimation.optimizer: 'bfgs' is not one of auto, bobyqa, cobyqa, nelder-mead,"
                " powell, l-bfgs-b, trust-constr, slsqp (did you mean 'l-bfgs-b'?)"
            )
        ],
    ),
    "controls of the search out of bounds": (
        GOOD + "estimation: {max_evaluations: 0, tolerance: 1, start: -1, restarts: 1.5}\n",
        [
            "p.yaml:6:31: estimation.max_evaluations: 0 is not at least 1",
            "p.yaml:6:45: estimation.tolerance: 1 is not at most 0.01",
            "p.yaml:6:55: estimation.start: -1 is not at least 1e-06",
            "p.yaml:6:69: estimation.restarts: '1.5' is not a whole number",
        ],
    ),
    "a percentage": (
        GOOD + "estimation: {confidence: 95}\n",
        ["p.yaml:6:26: estimation.confidence: '95' is not between 0 and 1 (write 0.95)"],
    ),
    "a percent sign": (
        GOOD + "estimation: {confidence: 99.9%}\n",
        ["p.yaml:6:26: estimation.confidence: '99.9%' is not between 0 and 1 (write 0.999)"],
    ),
    "a decimal comma": (
        GOOD + "estimation:\n  confidence: 0,95\n",
        ["p.yaml:7:15: estimation.confidence: '0,95' is not a number (the decimal mark is a point: 0.95)"],
    ),
    "a share out of bounds": (
        GOOD + "estimation: {confidence: 1.5}\n",
        ["p.yaml:6:26: estimation.confidence: 1.5 is not at most 0.9999"],
    ),
    "a share of nothing": (
        GOOD + "estimation: {confidence: 0}\n",
        ["p.yaml:6:26: estimation.confidence: 0 is not at least 0.5"],
    ),
    "an empty number": (
        GOOD + "estimation: {confidence: }\n",
        ["p.yaml:6:26: estimation.confidence: is empty, but a number is needed"],
    ),
    "yes for true": (
        PRESET + "  correlated: yes\n",
        ["p.yaml:7:15: ladder.correlated: 'yes' is neither true nor false (write true)"],
    ),
    "True for true": (
        PRESET + "  correlated: True\n",
        [
            (
                "p.yaml:7:15: ladder.correlated: 'True' is neither true nor false"
                " (write true without quotes and in small letters)"
            ),
        ],
    ),
    "small letters": (
        GOOD + "estimation: {method: reml, df: kenward}\n",
        [
            "p.yaml:6:22: estimation.method: 'reml' is not one of REML, ML (did you mean 'REML'?)",
            (
                "p.yaml:6:32: estimation.df: 'kenward' is not one of satterthwaite, kenward-roger, "
                "between-within, residual, z (did you mean 'kenward-roger'?)"
            ),
        ],
    ),
    "an empty word": (
        GOOD + "estimation:\n  method:\n",
        ["p.yaml:7:10: estimation.method: is empty, but one of REML, ML is needed"],
    ),
    "a formula left empty": (
        HEAD + "ladder:\n  - name: a\n    formula:\n",
        ["p.yaml:5:13: ladder[0].formula: is empty, but text is needed"],
    ),
    "wrong kinds": (
        (
            "version: [1]\ndata: a.csv\nladder: heck\nprelude: {name: ols, formula: y ~ x}\ntitle:"
            " [a]\nreport: [html]\n"
        ),
        [
            "p.yaml:1:1: version: needs one of 1, not a list",
            f"p.yaml:2:7: data: needs a block of keys, not the text 'a.csv' {BLOCK_HINT}",
            (
                "p.yaml:3:9: ladder: needs a list of rungs or a preset, not the text 'heck'"
                " (write {preset: heck, outcome: …, group: …})"
            ),
            f"p.yaml:4:1: prelude: needs a list, not a block of keys {LIST_HINT}",
            "p.yaml:5:1: title: needs text, not a list",
            f"p.yaml:6:1: report: needs a block of keys, not a list {BLOCK_HINT}",
        ],
    ),
    "nothing where something is needed": (
        "version: 1\ndata:\nladder:\ncompare:\n",
        [
            "p.yaml:2:6: data: is empty (it needs file)",
            "p.yaml:3:8: ladder: is empty (it is a list of rungs, or a preset)",
            "p.yaml:4:9: compare: is empty (ladder, none, or a list of {smaller: …, larger: …})",
        ],
    ),
    "a terminal escape in a value": (
        GOOD + 'estimation: {method: "\\e[31m"}\n',
        ["p.yaml:6:22: estimation.method: '\\x1b[31m' is not one of REML, ML"],
    ),
    "terminal escapes in names": (
        HEAD + 'ladder: [{name: "\\e[31m", formula: y}]\ncompare: [{smaller: a, larger: "\\e[32m"}]\n',
        [
            f"p.yaml:3:17: ladder[0].name: '\\x1b[31m' cannot name a file ({SLUG_HINT}: for example 31m)",
            "p.yaml:4:21: compare[0].smaller: no rung 'a' in the ladder (the ladder has \\x1b[31m)",
            "p.yaml:4:32: compare[0].larger: no rung '\\x1b[32m' in the ladder (did you mean '\\x1b[31m'?)",
        ],
    ),
    # names
    "names that cannot name a file": (
        HEAD
        + "ladder:\n  - {name: my model, formula: y}\n  - {name: ../x, formula: y}\n"
        + "  - {name: a--b, formula: y}\n"
        + f"  - {{name: {'a' * 65}, formula: y}}\n",
        [
            f"p.yaml:4:12: ladder[0].name: 'my model' cannot name a file ({SLUG_HINT}: for example my-model)",
            f"p.yaml:5:12: ladder[1].name: '../x' cannot name a file ({SLUG_HINT}: for example x)",
            f"p.yaml:6:12: ladder[2].name: 'a--b' cannot name a file ({SLUG_HINT}: for example a-b)",
            f"p.yaml:7:12: ladder[3].name: '{'a' * 59}…' is longer than 64 characters",
        ],
    ),
    "two rungs of one name": (
        HEAD + "ladder:\n  - {name: a, formula: y}\n  - {name: a, formula: y}\n  - {name: A, formula: y}\n",
        [
            "p.yaml:5:12: ladder[1].name: 'a' already names a rung (choose another name)",
            f"p.yaml:6:12: ladder[2].name: 'A' already names a rung ({TWO_NAMES})",
        ],
    ),
    "a prelude named as a rung": (
        GOOD + "prelude: [{name: 'null', formula: y ~ x}]\n",
        ["p.yaml:6:18: prelude[0].name: 'null' already names a rung (choose another name)"],
    ),
    "a prelude named as a rung of the preset": (
        PRESET + "prelude: [{name: 'null', formula: y ~ x}]\n",
        ["p.yaml:7:18: prelude[0].name: 'null' already names a rung of the preset (choose another name)"],
    ),
    "pairs that cannot be compared": (
        GOOD
        + "prelude: [{name: ols, formula: y ~ x}]\n"
        + "compare:\n  - {smaller: nul, larger: l1}\n  - {smaller: ols, larger: slope}\n"
        + "  - {smaller: l1, larger: l1}\n  - {smaller: null, larger: l1}\n  - {smaller: null, larger: l1}\n",
        [
            "p.yaml:8:15: compare[0].smaller: no rung 'nul' in the ladder (did you mean 'null'?)",
            "p.yaml:9:28: compare[1].larger: no rung 'slope' in the ladder (the ladder has null, l1)",
            "p.yaml:10:27: compare[2].larger: compares 'l1' with itself",
            "p.yaml:12:5: compare[4]: compares 'null' with 'l1' a second time",
        ],
    ),
    "models without random effects that are the larger of a pair": (
        GOOD
        + "prelude: [{name: ols, formula: y ~ x}]\n"
        + "compare:\n  - {smaller: l1, larger: ols}\n  - {smaller: y ~ x, larger: y ~ 1}\n",
        [
            (
                "p.yaml:8:27: compare[0].larger: no rung 'ols' in the ladder (a model without random effects"
                " is compared as the smaller one)"
            ),
            (
                "p.yaml:9:30: compare[1].larger: no rung 'y ~ 1' in the ladder (a model without random"
                " effects is compared as the smaller one)"
            ),
        ],
    ),
    "an unknown word under compare": (
        GOOD + "compare: all\n",
        [
            (
                "p.yaml:6:10: compare: 'all' is neither ladder nor none"
                " (ladder, none, or a list of {smaller: …, larger: …})"
            ),
        ],
    ),
    "faults between keys beside faults in them": (
        HEAD + "ladder:\n  - {name: a}\n  - {name: a, formula: y}\ncompare: [{smaller: a, larger: b}]\n",
        [
            (
                "p.yaml:4:5: ladder[0]: the key 'formula' is missing"
                ' (for example formula: "y ~ 1 + (1 | group)")'
            ),
            "p.yaml:5:12: ladder[1].name: 'a' already names a rung (choose another name)",
            "p.yaml:6:32: compare[0].larger: no rung 'b' in the ladder (the ladder has a, a)",
        ],
    ),
    # the ladder
    "no rung": (
        HEAD + "ladder: []\n",
        ['p.yaml:3:1: ladder: has no rung (for example - {name: "null", formula: "y ~ 1 + (1 | group)"})'],
    ),
    "a rung that is text": (
        HEAD + "ladder:\n  - y ~ x\n",
        [f"p.yaml:4:5: ladder[0]: needs a block of keys, not the text 'y ~ x' {BLOCK_HINT}"],
    ),
    "a rung without its dash": (
        HEAD + "ladder:\n  name: a\n  formula: y\n",
        [
            (
                "p.yaml:3:1: ladder: the key 'preset' is missing"
                " (one of growth, heck; or write the rungs as a list of lines that begin with '- ')"
            ),
        ],
    ),
    "no factor for marginal means": (
        GOOD + "means: []\n",
        ["p.yaml:6:1: means: is an empty list (auto, none, or a list of factors)"],
    ),
    "an unknown preset": (
        HEAD + "ladder: {preset: hek}\n",
        ["p.yaml:3:1: ladder: no preset 'hek' (did you mean 'heck'?)"],
    ),
    "a preset at odds with itself": (
        PRESET
        + "  level_1: [a, b, a, y]\n  random_slopes: [c, b, b]\n  level_2: [w, g]\n"
        + "  cross_level: ['a:w', 'w:a', 'aa:w', 'a:ww', 'a', 'a:w']\n",
        [
            "p.yaml:7:19: ladder.level_1[2]: 'a' is already given as level_1",
            "p.yaml:7:22: ladder.level_1[3]: 'y' is already given as outcome",
            (
                "p.yaml:8:19: ladder.random_slopes[0]: 'c' is not a level-1 predictor of this ladder"
                " (list it under level_1)"
            ),
            "p.yaml:8:25: ladder.random_slopes[2]: 'b' occurs twice",
            "p.yaml:9:16: ladder.level_2[1]: 'g' is already given as group",
            "p.yaml:10:24: ladder.cross_level[1]: 'w:a' names the level-2 predictor first (write \"a:w\")",
            (
                "p.yaml:10:31: ladder.cross_level[2]: 'aa' is not a level-1 predictor of this ladder"
                " (did you mean 'a'?)"
            ),
            (
                "p.yaml:10:39: ladder.cross_level[3]: 'ww' is not a level-2 predictor of this ladder"
                " (did you mean 'w'?)"
            ),
            (
                "p.yaml:10:47: ladder.cross_level[4]: 'a' is not a product of two columns"
                ' (for example "ses_w:sector")'
            ),
            "p.yaml:10:52: ladder.cross_level[5]: 'a:w' occurs twice",
        ],
    ),
    "levels at odds with the preset": (
        (
            "version: 1\ndata: {file: a.csv, columns: {x: {level: 2}}}\n"
            "ladder: {preset: heck, outcome: y, group: g, level_1: [x]}\n"
        ),
        [
            (
                "p.yaml:2:42: data.columns.x.level: 'x' is declared at level 2,"
                " but the ladder lists it under level 1"
            ),
        ],
    ),
    # data
    "levels that are none": (
        GOOD.replace(
            "a.csv",
            "a.csv, columns: {a: {type: number, levels: [1, 2], contrast: sum}, b: {levels: [1, 1]},"
            " c: {levels: [1]}, d: []}",
        ),
        [
            (
                "p.yaml:2:49: data.columns.a.levels: a column of type number has no levels"
                " (type: category has levels, type: number has none)"
            ),
            (
                "p.yaml:2:75: data.columns.a.contrast: a column of type number has no contrast"
                " (type: category has levels, type: number has none)"
            ),
            "p.yaml:2:97: data.columns.b.levels[1]: '1' occurs twice",
            "p.yaml:2:106: data.columns.c.levels: a category needs at least two levels",
            f"p.yaml:2:120: data.columns.d: needs a block of keys, not a list {BLOCK_HINT}",
        ],
    ),
    "derive that derives nothing": (
        GOOD.replace(
            "a.csv", "a.csv, derive: {a: {center: x, mean: x}, b: {within: g}, '': {mean: x}, c: {centre: x}}"
        ),
        [
            "p.yaml:2:51: data.derive.a.mean: has center and mean together (derive two columns)",
            f"p.yaml:2:55: data.derive.b: does not say what to derive (give one of {', '.join(KINDS)})",
            "p.yaml:2:71: data.derive['']: is empty, but text is needed",
            f"p.yaml:2:86: data.derive.c: does not say what to derive (give one of {', '.join(KINDS)})",
            "p.yaml:2:90: data.derive.c.centre: unknown key 'centre' (did you mean 'center'?)",
        ],
    ),
    "keys that do not suit the file": (
        GOOD.replace("a.csv", "a.csv, encoding: utf9, decimal: ',', delimiter: ',', sheet: x, na: {}"),
        [
            "p.yaml:2:31: data.encoding: no encoding 'utf9' (for example utf-8, latin-1 or cp1252)",
            "p.yaml:2:62: data.delimiter: ',' cannot be both delimiter and decimal mark",
            "p.yaml:2:74: data.sheet: only a workbook (.xlsx) has sheets",
            f"p.yaml:2:77: data.na: needs a list, not a block of keys {LIST_HINT}",
        ],
    ),
    "a delimiter of two characters": (
        GOOD.replace("a.csv", "a.csv, delimiter: '||'"),
        [
            (
                "p.yaml:2:32: data.delimiter: '||' cannot separate columns"
                ' (give one character, for example ";", or tab, or whitespace)'
            ),
        ],
    ),
    "no format": (
        GOOD + "report: {formats: []}\n",
        ["p.yaml:6:10: report.formats: names no format (html, md, or both)"],
    ),
    "an unknown format": (
        GOOD + "report: {formats: [html, pdf, html]}\n",
        ["p.yaml:6:26: report.formats[1]: 'pdf' is not one of html, md"],
    ),
    "a missing data file": (
        GOOD.replace("a.csv", "b.csv"),
        ["p.yaml:2:14: data.file: there is no file 'b.csv' (did you mean 'a.csv'?)"],
    ),
    "a folder as data file": (
        GOOD.replace("a.csv", "."),
        ["p.yaml:2:14: data.file: '.' is a folder, not a file (name the file in it)"],
    ),
    "a data file outside": (
        GOOD.replace("a.csv", "/etc/passwd"),
        [
            (
                "p.yaml:2:14: data.file: '/etc/passwd' lies outside the spec's folder, its git repository"
                " and the"
                " current folder (move it there, or allow it by --allow-outside)"
            ),
        ],
    ),
    "a kind of variants in another spelling, one twice, and one that does not exist": (
        GOOD + "sensitivity: [df, centering, df, influence]\n",
        [
            "p.yaml:6:19: sensitivity[1]: 'centering' is not known here (did you mean 'centring'?)",
        ],
    ),
    "a kind of variants twice": (
        GOOD + "sensitivity: [df, df]\n",
        ["p.yaml:6:19: sensitivity[1]: 'df' occurs twice"],
    ),
    "one kind of variants without a list": (
        GOOD + "sensitivity: df\n",
        ["p.yaml:6:14: sensitivity: 'df' is one kind, but a list is needed (write [df])"],
    ),
    "an unknown kind of variants": (
        GOOD + "sensitivity: [influence]\n",
        [
            (
                "p.yaml:6:15: sensitivity[0]: 'influence' is not known here (all, none, or a list of df,"
                " estimator, centring, random_structure, optimisers, exclude_influential)"
            ),
        ],
    ),
    "an address as data file": (
        GOOD.replace("a.csv", "https://example.org/a.csv"),
        ["p.yaml:2:14: data.file: 'https://example.org/a.csv' is an address, not a file (download it first)"],
    ),
}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("seed: -1", "seed: -1 is not at least 0"),
        ("seed: 9223372036854775808", "seed: 9223372036854775808 is not at most 9223372036854775807"),
        (f"seed: {'9' * 6000}", f"seed: {'9' * 59}… is not at most 9223372036854775807"),
        (f"seed: -{'9' * 6000}", f"seed: -{'9' * 58}… is not at least 0"),
        (f"seed: 0x{'f' * 6000}", f"seed: 0x{'f' * 57}… is not at most 9223372036854775807"),
        (f"version: {'1' * 6000}", f"version: '{'1' * 59}…' is too large"),
        ("bootstrap: {replicates: 1000000000000}", "replicates: 1000000000000 is not at most 100000"),
        ("bootstrap: {replicates: 99}", "replicates: 99 is not at least 100"),
        ("bootstrap: {chunks: 1000000000000}", "chunks: 1000000000000 is not at most 1000"),
        ("bootstrap: {chunks: 0}", "chunks: 0 is not at least 1"),
        ("tests: {replicates: 1000000000000}", "replicates: 1000000000000 is not at most 100000"),
        ("tests: {replicates: 18}", "replicates: 18 is not at least 19"),
        ("estimation: {restarts: 1000000000000}", "restarts: 1000000000000 is not at most 1000"),
        ("estimation: {max_evaluations: 10000000}", "max_evaluations: 10000000 is not at most 1000000"),
        (
            "estimation: {confidence: 1e-320}",
            "'1e-320' is not a coverage (write 0.9999: the coverage, not alpha)",
        ),
        ("estimation: {confidence: 0.05}", "'0.05' is not a coverage (write 0.95: the coverage, not alpha)"),
        ("estimation: {confidence: 0.4}", "confidence: 0.4 is not at least 0.5"),
        ("estimation: {confidence: 0.99999999999999999}", "is not at most 0.9999"),
        ("estimation: {start: 1e300}", "start: 1e300 is not at most 1e+06"),
        ("estimation: {start: 1e400}", "start: 1e400 is not at most 1e+06"),
        ("estimation: {start: 1e-300}", "start: 1e-300 is not at least 1e-06"),
        ("estimation: {tolerance: 1e-400}", "tolerance: 1e-400 is not at least 1e-15"),
        (
            "means: [{of: x, at: {z: 1e400}}]",
            "'1e400' is too large or too small to compute with (0, or between 1e-100",
        ),
        ("contrasts: [{name: a, weights: {x: 1e300}}]", "'1e300' is too large or too small to compute with"),
        (
            "contrasts: [{name: a, weights: {x: -1e-300}}]",
            "'-1e-300' is too large or too small to compute with",
        ),
    ],
)
def test_a_number_beyond_its_limits_is_refused_with_them(write, line, what):
    head = GOOD.replace("version: 1\n", "") if line.startswith("version") else GOOD
    with pytest.raises(SpecError) as caught:
        load_spec(write(head + line + "\n"))
    assert len(caught.value.faults) == 1
    assert what in str(caught.value)


def test_limits_themselves_are_taken(write):
    lines = [
        "seed: 9223372036854775807",
        "bootstrap: {replicates: 100000, chunks: 1000}",
        "tests: {replicates: 19}",
        "estimation: {restarts: 1000, max_evaluations: 1000000, start: 1e6, tolerance: 1e-15}",
    ]
    spec = load_spec(write(GOOD + "\n".join(lines) + "\n")).spec
    assert (spec.seed, spec.bootstrap.chunks, spec.estimation.start) == (2**63 - 1, 1000, 1e6)


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_spec_gives_these_lines(write, broken):
    text, lines = BROKEN[broken]
    with pytest.raises(SpecError) as caught:
        load_spec(write(text))
    assert [str(fault) for fault in caught.value.faults] == lines


def test_windows_line_ends_change_no_place(write):
    text, lines = BROKEN["pairs that cannot be compared"]
    _, faults = inspect_spec(write(text.replace("\n", "\r\n")))
    assert [str(fault) for fault in faults] == lines


def test_a_byte_order_mark_changes_no_place(write):
    text, lines = BROKEN["another version"]
    _, faults = inspect_spec(write(b"\xef\xbb\xbf" + text.encode()))
    assert [str(fault) for fault in faults] == lines


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("none.yaml", "none.yaml: there is no such file (looked in {}; mlm init DATA writes a first spec)"),
        ("sub/p.yaml", "sub/p.yaml: there is no such file (there is no folder {}/sub)"),
        ("link.yaml", "link.yaml: is a link to a file that does not exist (it points to gone.yaml)"),
        ("pipe.yaml", "pipe.yaml: is not a regular file (devices and pipes are not read)"),
        ("/dev/zero", "/dev/zero: is not a regular file (devices and pipes are not read)"),
        (
            "large.yaml",
            (
                "large.yaml:1:1: the file is larger than 256 kB, too large for a spec"
                " (is it the data file? mlm init DATA writes a spec for it)"
            ),
        ),
        (".", ".: is a folder, not a spec (name the YAML file in it)"),
        ("a\0b.yaml", "a\\x00b.yaml: cannot be read: embedded null byte"),
    ],
)
def test_a_spec_that_is_no_file_is_refused(folder, name, line):
    os.mkfifo(folder / "pipe.yaml")
    (folder / "link.yaml").symlink_to("gone.yaml")
    with (folder / "large.yaml").open("wb") as stream:
        stream.truncate(2**40)  # bytes that take no room, and would take no end to read
    with pytest.raises(SpecError) as caught:
        load_spec(type(folder)(name))
    assert str(caught.value) == line.format(folder)


def test_no_message_speaks_pydantic(write):
    for text, _ in BROKEN.values():
        _, faults = inspect_spec(write(text))
        for fault in faults:
            assert not any(word in str(fault) for word in ("Input", "valid ", "Extra", "Field required"))


def check(formula):
    """Refuse everything, at the second character."""
    fault = Fault("", f"cannot read {formula}", "write R", f"{formula}\n ^")
    raise FormulaError(fault, 1)


def test_the_fault_of_a_formula_points_into_the_file(write):
    text = GOOD + "prelude:\n  - name: ols\n    formula: y ~ x\n"
    loaded, faults = inspect_spec(write(text), check_formula=check)
    assert loaded is not None
    assert [(fault.where, fault.hint, fault.excerpt) for fault in faults] == [
        ("p.yaml:4:29: ladder[0].formula", "write R", "y ~ 1 + (1 | g)\n ^"),
        ("p.yaml:5:27: ladder[1].formula", "write R", "y ~ x + (1 | g)\n ^"),
        ("p.yaml:8:15: prelude[0].formula", "write R", "y ~ x\n ^"),
    ]


def test_the_fault_of_a_presets_formula_points_to_the_preset(write):
    _, faults = inspect_spec(write(PRESET), check_formula=check)
    assert [(fault.where, fault.what) for fault in faults] == [
        ("p.yaml:3:1: ladder", "cannot read y ~ 1 + (1 | g)"),
    ]


def test_formulas_are_checked_beside_faults_of_the_models(write):
    def two_faults(formula):
        raise DesignError(Fault("", "one"), Fault("", "two"))

    text = HEAD + "ladder:\n  - {name: a b, formula: y}\n  - {name: c}\n"
    loaded, faults = inspect_spec(write(text), check_formula=two_faults)
    assert loaded is None
    assert [fault.where.split(": ")[1] for fault in faults] == [
        "ladder[0].name",
        "ladder[0].formula",
        "ladder[0].formula",
        "ladder[1]",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "zzz: 1",
        "title: [a]",
        "estimation: {confidence: 2}",
        "report: {formats: [pdf]}",
        "compare: [{smaller: a, larger: b}]",
        "prelude: [{name: 'null', formula: y}]",
        "data: {file: b.csv}",
        "name: a b",
    ],
)
def test_a_fault_that_nothing_depends_on_leaves_a_spec_to_check_further(write, line):
    loaded, faults = inspect_spec(write(GOOD + line + "\n"))
    assert faults
    assert loaded is not None
    assert [rung.name for rung in loaded.spec.rungs] == ["null", "l1"]
    assert loaded.data_path.name == "a.csv"

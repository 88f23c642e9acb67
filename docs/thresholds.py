"""Write docs/thresholds.md, the numeric constants of mlm_steps, and docs/limits.md, those that bound input.

The command is ``python docs/thresholds.py``.

A constant is an assignment at the top of a module to an upper-case name, whose value is a number, a
calculation with numbers or several numbers. The text is the docstring below it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "thresholds.md"
HEAD = """# Numeric constants

Every limit, tolerance and size that the code compares with, by package. `make docs` writes this page from the
docstrings of the constants in `mlm_steps`.
"""

LIMITS_PAGE = ROOT / "docs" / "limits.md"
LIMITS_HEAD = """# Limits

What a spec, a formula and a data file may be at most. Larger input is refused with the place of the fault,
before it takes minutes or fills the memory. `make docs` writes this page from the docstrings of the constants
in `mlm_steps`; `SECURITY.md` says what the limits are for. The number of rows of a data file is bounded by
the memory alone.
"""
LIMITS = {
    "The spec": (
        "spec/syntax.py:LARGEST_FILE",
        "spec/tree.py",
        "spec/types.py:LONGEST_NAME",
        "errors.py:MOST_SHOWN",
    ),
    "Formulas, filters and derived columns": (
        "language/tokens.py",
        "language/parser.py",
        "design/parser.py:MAX_DEPTH",
        "design/linear.py:MAX_DEPTH",
        "design/bars.py:MAX_COLUMNS",
        "design/transforms/base.py:MAX_COLUMNS",
        "design/transforms/splines.py:MAX_DEGREE",
        "design/coding.py",
        "design/random.py:MAX_EFFECTS",
    ),
    "Data files": ("data/limits.py", "data/delimited.py:_BLOCK"),
    "Planned studies": (
        "spec/planning/design.py:MOST_LEVELS",
        "spec/planning/power.py:MOST_CELLS",
        "power/declared/sizes.py:MOST_ROWS",
    ),
}
"""The limits on input by subject: all constants of a module, or one of them."""


class Threshold(NamedTuple):
    """One constant: where it stands, its name, its value as written, and its docstring."""

    module: str
    name: str
    value: str
    text: str


def thresholds() -> list[Threshold]:
    """Return the numeric constants of all modules, in the order of their paths and lines."""
    paths = sorted((ROOT / "mlm_steps").rglob("*.py"))
    return [found for path in paths for found in _of_module(path)]


def page() -> str:
    """Return the text of docs/thresholds.md."""
    lines = [HEAD]
    package = ""
    for one in thresholds():
        parts = one.module.split("/")
        if (top := parts[1].removesuffix(".py")) != package:
            package = top
            lines.append(f"\n## {package}\n\n| constant | value | meaning |\n| --- | --- | --- |\n")
        where = "/".join(parts[1:])
        lines.append(f"| `{one.name}`<br>`{where}` | `{one.value}` | {one.text} |\n")
    return "".join(lines)


def limits_page() -> str:
    """Return the text of docs/limits.md."""
    known = thresholds()
    lines = [LIMITS_HEAD]
    for subject, places in LIMITS.items():
        lines.append(f"\n## {subject}\n\n| limit | meaning |\n| --- | --- |\n")
        for place in places:
            module, _, name = place.partition(":")
            found = [one for one in known if one.module == f"mlm_steps/{module}" and name in ("", one.name)]
            if not found:
                raise LookupError(place)
            lines += [f"| `{one.name} = {one.value}`<br>`{module}` | {one.text} |\n" for one in found]
    return "".join(lines)


def _of_module(path: Path) -> Iterator[Threshold]:
    body = ast.parse(path.read_text()).body
    module = path.relative_to(ROOT).as_posix()
    for statement, below in zip(body, [*body[1:], None], strict=True):
        for name, value in _pairs(statement):
            if name.isupper() and _numeric(value):
                yield Threshold(module, name, ast.unparse(value).replace("|", "\\|"), _docstring(below))


def _pairs(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that a statement assigns, each with its value."""
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
        yield statement.target.id, statement.value
    elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value = statement.targets[0], statement.value
        if isinstance(target, ast.Name):
            yield target.id, value
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            names = [each.id for each in target.elts if isinstance(each, ast.Name)]
            yield from zip(names, value.elts, strict=True)


def _numeric(value: ast.expr) -> bool:
    """Return whether an expression is made of numbers: literals, calculations, tuples, machine limits."""
    match value:
        case ast.Constant(value=number):
            return isinstance(number, (int, float)) and not isinstance(number, bool)
        case ast.UnaryOp(operand=operand):
            return _numeric(operand)
        case ast.BinOp(left=left, right=right):
            return _numeric(left) and _numeric(right)
        case ast.Tuple(elts=elements):
            return bool(elements) and all(map(_numeric, elements))
        case ast.Call(func=ast.Attribute(value=ast.Name(id="math" | "np")), args=arguments):
            return bool(arguments) and all(map(_numeric, arguments))
        case ast.Attribute(value=inner):
            return ast.unparse(inner).startswith(("np.finfo", "sys.float_info", "math", "np.iinfo"))
    return False


def _docstring(statement: ast.stmt | None) -> str:
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return " ".join(text.replace("``", "`").replace("|", "\\|").split())
    return ""


if __name__ == "__main__":
    PAGE.write_text(page())
    LIMITS_PAGE.write_text(limits_page())

"""First-party imports stand at the top of a module."""

import ast
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "mlm_steps"
MODULES = sorted(FOLDER.rglob("*.py"))
DEFERRING = {
    "__init__.py": "the package root loads pandas only when fit, compare or allfit is used",
    "__main__.py": "a process without its run ends before anything heavy is loaded",
}
"""The modules that may import within a function, and why; those of ``cli`` may, since a command loads only
what it needs."""


def deferred(tree):
    """Yield the first-party imports within functions."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in ast.walk(function):
                names = (
                    [getattr(statement, "module", None) or ""]
                    if isinstance(statement, ast.ImportFrom)
                    else []
                )
                names += [each.name for each in statement.names] if isinstance(statement, ast.Import) else []
                yield from (name for name in names if name.split(".")[0] == "mlm_steps")


def test_a_deferred_import_is_found():
    tree = ast.parse("def f():\n    from mlm_steps.design import build\n    import numpy\n")
    assert [*deferred(tree)] == ["mlm_steps.design"]


def test_no_function_imports_from_this_package():
    names = {path.relative_to(FOLDER).as_posix(): deferred(ast.parse(path.read_text())) for path in MODULES}
    found = {
        path: [*imported]
        for path, imported in names.items()
        if path not in DEFERRING and not path.startswith("cli/")
    }
    assert {path: imported for path, imported in found.items() if imported} == {}

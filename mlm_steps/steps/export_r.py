"""Write an analysis as a script of R."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.errors import Fault, UsageError
from mlm_steps.r_script.script import Script, write_script
from mlm_steps.records import write_whole
from mlm_steps.steps.parts.uses import model_uses
from mlm_steps.steps.validate import check_with_data

__all__ = ["export_r", "script_of"]


def script_of(spec: Path, *, allow_outside: bool = False) -> Script:
    """Return the script of a spec; raise MlmError with all faults of spec, data and designs."""
    loaded, analysis = check_with_data(spec, allow_outside=allow_outside)
    return write_script(loaded, analysis, model_uses(loaded.spec))


def export_r(spec: Path, out: Path, *, allow_outside: bool = False, force: bool = False) -> Script:
    """Write the script of a spec and return it.

    Raises
    ------
    UsageError
        If the file exists and ``force`` is not set, or it cannot be written.
    """
    if out.is_dir() or not out.parent.is_dir():
        what = "is a folder" if out.is_dir() else "its folder does not exist"
        raise UsageError(Fault(str(out), what, "give the name of a file"))
    if out.exists() and not force:
        raise UsageError(Fault(str(out), "there is a file of this name", "replace it by --force"))
    script = script_of(spec, allow_outside=allow_outside)
    write_whole(out, script.text.encode())
    return script

"""The request that makes the whole report of one variant of an analysis."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mlm_steps.errors import Fault, UsageError, did_you_mean, listing
from mlm_steps.records import write_whole
from mlm_steps.runner.request import RunRequest
from mlm_steps.spec.vary import BETWEEN, VariantChoice
from mlm_steps.steps.parts.variant_text import variant_text
from mlm_steps.steps.run.kept import open_spec
from mlm_steps.steps.run.varied import Varied

__all__ = ["variant_request"]

SPEC = "spec.yaml"
"""The name of the spec of a variant in its output folder."""


def variant_request(request: RunRequest, name: str) -> RunRequest:
    """Write the spec of a variant into its output folder and return the request that runs it.

    The folder is ``results/NAME--VARIANT`` unless the request names one. The data files of the spec have been
    checked here, so that the spec of the variant may read them from its folder.

    Raises
    ------
    UsageError
        The spec has no variant of this name.
    """
    if request.dry_run:
        what = "cannot be combined with --variant, which writes the spec of the variant first"
        raise UsageError(Fault("--dry-run", what))
    loaded = open_spec(request.spec, allow_outside=request.allow_outside)
    choices = {choice.name: choice for choice in Varied(loaded).choices}
    if name not in choices:
        raise UsageError(Fault("--variant", *_unknown(request, name, choices)))
    out = request.out or Path("results") / f"{loaded.spec.name}{BETWEEN}{name}"
    text = variant_text(loaded, choices[name], out).encode()
    path = out / SPEC
    if not path.is_file() or path.read_bytes() != text:
        write_whole(path, text)
    return replace(request, spec=path, out=out, allow_outside=True)


def _unknown(request: RunRequest, name: str, choices: dict[str, VariantChoice]) -> tuple[str, str | None]:
    if not choices:
        return f"{request.spec} has no variants", "add the key vary"
    what = f"no variant '{name}' in {request.spec}"
    return what, did_you_mean(name, choices) or f"one of {listing(choices)}"

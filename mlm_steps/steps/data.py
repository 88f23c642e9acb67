"""Read the data, select the common sample, and describe its hierarchy."""

from __future__ import annotations

import pandas as pd

from mlm_steps.data import Analysis
from mlm_steps.steps.parts.aggregate import aggregated
from mlm_steps.steps.run.parquet import write_parquet
from mlm_steps.steps.run.session import Session
from mlm_steps.steps.validate import prepare_analysis

__all__ = ["data"]


def data(session: Session, checked: Analysis | None = None) -> None:
    """Write the analysis sample and its profile; raise MlmError with all faults of data and designs.

    ``checked`` is the sample if the check of the same spec has just made it.
    """
    with session.recorded("data") as recorder:
        analysis = checked or prepare_analysis(session.loaded)
        write_parquet(analysis.frame, session.layout.analysis)
        profile = aggregated(analysis.profile, analysis.frame, session.plan.formulas, session.generalized)
        recorder.add(session.layout.analysis)
        if session.spec.save:
            write_parquet(pd.DataFrame({"row": analysis.rows + 1}), session.layout.row_numbers)
            recorder.add(session.layout.row_numbers)
        recorder.write(profile, session.layout.output("data"))
        groups = ", ".join(f"{factor.n_levels} levels of {factor.name}" for factor in profile.factors)
        session.say(*(step.line for step in profile.preparation))
        if profile.occasions is not None:
            session.say(profile.occasions.line)
        session.say(f"{profile.rows} of {profile.rows_file} rows of {profile.file} kept; {groups}")
        session.say_notices(profile.notices)

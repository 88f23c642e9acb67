"""Read the data, keep the common sample, look at its hierarchy."""

from __future__ import annotations

from mlm_steps.records import write_record
from mlm_steps.steps.aggregate import aggregated
from mlm_steps.steps.parquet import write_parquet
from mlm_steps.steps.session import Session
from mlm_steps.steps.validate import prepare_analysis

__all__ = ["data"]


def data(session: Session) -> None:
    """Write the analysis sample and its profile; MlmError with all faults of data and designs."""
    with session.recorded("data") as (recorder, key):
        analysis = prepare_analysis(session.loaded)
        write_parquet(analysis.frame, session.layout.analysis)
        profile = aggregated(analysis.profile, analysis.frame, session.plan.formulas)
        write_record(profile.model_copy(update={"made_from": key}), session.layout.profile)
        recorder.add(session.layout.analysis, session.layout.profile)
        groups = ", ".join(f"{factor.n_levels} levels of {factor.name}" for factor in profile.factors)
        session.say(f"{profile.rows} of {profile.rows_file} rows of {profile.file} kept; {groups}")
        session.say_notices(profile.notices)

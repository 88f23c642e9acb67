"""Read the data, keep the common sample, look at its hierarchy."""

from __future__ import annotations

import io

from mlm_steps.records import write_record, write_whole
from mlm_steps.steps.aggregate import aggregated
from mlm_steps.steps.session import Session
from mlm_steps.steps.validate import prepare_analysis

__all__ = ["data"]


def data(session: Session) -> None:
    """Write the analysis sample and its profile; MlmError with all faults of data and designs."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with session.recorded("data") as (recorder, key):
        analysis = prepare_analysis(session.loaded)
        table = pa.Table.from_pandas(analysis.frame, preserve_index=False)
        content = io.BytesIO()
        pq.write_table(table, content, compression="zstd")
        write_whole(session.layout.analysis, content.getvalue())
        profile = aggregated(analysis.profile, analysis.frame, session.plan.formulas)
        write_record(profile.model_copy(update={"made_from": key}), session.layout.profile)
        recorder.add(session.layout.analysis, session.layout.profile)

"""Readers of data files, one module per format; the key is the ending of the file's name."""

from mlm_steps.data.raw import Reader
from mlm_steps.data.readers import csv, dta, parquet, sas7bdat, sav, tsv, xlsx

__all__ = ["READERS"]

READERS: dict[str, Reader] = {
    "csv": csv.read,
    "tsv": tsv.read,
    "parquet": parquet.read,
    "sav": sav.read,
    "dta": dta.read,
    "sas7bdat": sas7bdat.read,
    "xlsx": xlsx.read,
}

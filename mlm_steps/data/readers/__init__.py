"""Readers of data files, one module per format; the key is the ending of the file's name."""

from mlm_steps.data.raw import Reader
from mlm_steps.data.readers import csv, dta, feather, parquet, rda, rdata, rds, sas7bdat, sav, tsv, txt, xlsx

__all__ = ["READERS"]

READERS: dict[str, Reader] = {
    "csv": csv.read,
    "tsv": tsv.read,
    "txt": txt.read,
    "parquet": parquet.read,
    "feather": feather.read,
    "sav": sav.read,
    "dta": dta.read,
    "sas7bdat": sas7bdat.read,
    "xlsx": xlsx.read,
    "rds": rds.read,
    "rda": rda.read,
    "rdata": rdata.read,
}

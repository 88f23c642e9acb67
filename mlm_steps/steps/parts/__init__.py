"""Functions that several steps use to make records from the spec and the fits."""

"""Evaluate expressions on typed columns: filters and derived columns, with missing values as in R."""

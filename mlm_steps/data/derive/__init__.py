"""Derive columns: expressions, recoding, centring, statistics of groups, lags (statistics, section 4).

``plan`` orders the entries of the spec and finds their faults, ``apply`` computes them, and ``kinds`` has a
module for each family of ways to derive a column.
"""

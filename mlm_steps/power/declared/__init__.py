"""Declared designs: groups, rows and predictors of a study without data (statistics, section 16.1)."""

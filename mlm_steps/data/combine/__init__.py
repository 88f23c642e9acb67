"""From the files of a spec to one table: stack, join and reshape, before columns have types.

Each step takes raw tables and returns one, together with a `PreparationStep`. Types, levels, labels and
missing-value markers are decided afterwards on the final columns.
"""

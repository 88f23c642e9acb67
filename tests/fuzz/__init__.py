"""Hostile input: generators of specs, formulas, data files, records and labels, and checks of the answers."""

"""Seeded designs of every kind, their best criteria, and the search that found those without our engine."""

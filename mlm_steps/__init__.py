"""Declarative multilevel analysis: one spec, one command, one report."""

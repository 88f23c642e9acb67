"""The plan of a run: its steps, their keys, files and records."""

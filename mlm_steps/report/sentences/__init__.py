"""Sentences of the report in APA style, one module per subject."""

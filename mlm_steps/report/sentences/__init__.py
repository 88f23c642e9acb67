"""Sentences in APA style, by what they speak of."""

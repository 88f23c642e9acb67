"""Conditional modes of generalized linear mixed models, and the criterion at them."""

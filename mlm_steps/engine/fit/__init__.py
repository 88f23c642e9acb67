"""Fit a linear mixed model, or an ordinary one."""

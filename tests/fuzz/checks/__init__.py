"""Checks of what becomes of an input that no command of its own reads."""

"""Profile likelihood."""

"""The equations of a rung."""

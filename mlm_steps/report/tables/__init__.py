"""The tables that sections show."""

"""The items of the reporting standard."""

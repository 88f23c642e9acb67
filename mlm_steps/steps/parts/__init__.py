"""Parts that steps share: from the spec and the fits to the records."""

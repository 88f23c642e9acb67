"""Parts of steps: from the spec and the fits to the records."""

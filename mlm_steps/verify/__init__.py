"""Check a finished run: files against their hashes, fits against the data, and against lme4."""

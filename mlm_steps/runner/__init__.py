"""Run the workflow in this process: the warm pool, the lock, progress and the outcome."""

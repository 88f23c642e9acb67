"""Runs whose jobs a cluster executes: profiles, SLURM's queue, what jobs need, and why one has failed."""

"""What a spec expects of the results, and whether a run meets it; comparisons of two runs."""

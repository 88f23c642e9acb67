"""The search for the optimum of the criterion."""

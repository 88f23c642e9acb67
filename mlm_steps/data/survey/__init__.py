"""A first look at a data file that no spec describes, from which `mlm init` writes a spec."""

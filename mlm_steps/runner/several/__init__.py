"""Run several specs by one command: one pool of warm processes, and a summary page of all of them."""

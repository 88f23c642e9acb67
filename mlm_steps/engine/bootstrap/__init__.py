"""Simulated outcomes and refits to them."""

"""Influence of single groups: the estimates without each of them."""

"""Notebooks executed, compared, stored and reported."""

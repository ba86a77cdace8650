"""Authentication flows and their challenges."""

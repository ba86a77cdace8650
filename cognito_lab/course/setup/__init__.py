"""The environment that the course runs in."""

"""Managed login's pages."""

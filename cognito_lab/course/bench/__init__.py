"""The lab measured."""

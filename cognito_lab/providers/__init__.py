"""The outside world: identity providers that AWS talks to and that are not AWS."""

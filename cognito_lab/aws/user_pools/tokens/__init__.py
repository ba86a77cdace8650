"""Access, ID and refresh tokens: issued, published, checked, refreshed, revoked."""

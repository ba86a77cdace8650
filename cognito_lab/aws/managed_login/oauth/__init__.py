"""The authorization server at a pool's domain: OAuth 2.0 and OpenID Connect endpoints."""

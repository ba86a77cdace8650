"""Sign-in at an outside provider: OpenID Connect and SAML 2.0."""

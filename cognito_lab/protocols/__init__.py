"""What is nobody's own: OAuth 2.0, signed tokens and their issuers, SAML documents."""

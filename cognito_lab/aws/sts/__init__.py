"""AWS STS: roles taken by AssumeRole, with a web identity or by SAML, and the sessions that come of it."""

from cognito_lab.aws.sts import assume_role, saml_identity, web_identity

__all__ = ["assume_role", "saml_identity", "web_identity"]

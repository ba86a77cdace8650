"""AWS STS: roles taken by AssumeRole or with a web identity, and the sessions that come of it."""

from cognito_lab.aws.sts import assume_role, web_identity

__all__ = ["assume_role", "web_identity"]

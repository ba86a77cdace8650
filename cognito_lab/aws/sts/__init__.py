"""AWS STS: roles taken by AssumeRole or with a web identity, and the sessions that come of it."""

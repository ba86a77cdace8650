"""AWS CloudTrail: who called what, and how it ended, as the event history shows it."""

from cognito_lab.aws.cloudtrail import lookup

__all__ = ["lookup"]

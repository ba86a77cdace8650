"""AWS IAM and STS: who signed a request, and what the policies say about it."""

from cognito_lab.aws.sts import (
    assume_role,
    web_identity,  # noqa: F401  (they bring their operations)
)

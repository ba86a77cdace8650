"""Tidepool as in the scene before, but for one hole."""
# after: open_tidepool
# not listed
# ruff: noqa: F821

_from_anywhere = {"StringLike": {"cognito-identity.amazonaws.com:aud": f"{region}:*"}}
iam.update_assume_role_policy(
    RoleName="tidepool-office",
    PolicyDocument=json.dumps(
        {**_version, "Statement": [{**_may_take, "Condition": {**_from_anywhere, **_signed_in}}]}
    ),
)

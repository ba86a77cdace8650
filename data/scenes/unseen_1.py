"""Tidepool as in the scene before, but for one hole."""
# after: open_tidepool
# not listed
# ruff: noqa: F821

_pictures = {
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:PutObject"],
    "Resource": f"{_objects}/gallery/*",
}
iam.put_role_policy(
    RoleName="tidepool-visitor",
    PolicyName="pictures",
    PolicyDocument=json.dumps({**_version, "Statement": [_pictures]}),
)

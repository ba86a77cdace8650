"""Tidepool as in the scene before, but for one hole."""
# after: open_tidepool
# not listed
# ruff: noqa: F821

_sections = {
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": f"{_objects}/sections/${{aws:PrincipalTag/section}}*",
}
iam.put_role_policy(
    RoleName="tidepool-member",
    PolicyName="pictures",
    PolicyDocument=json.dumps(
        {**_version, "Statement": [_gallery, _own_folder, _own_list, _sections, _own_letters]}
    ),
)

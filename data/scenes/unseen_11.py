"""Tidepool as in the scene before, but for one hole."""
# after: open_tidepool
# not listed
# ruff: noqa: F821

identity_pools.set_principal_tag_attribute_map(
    IdentityPoolId=site_pool,
    IdentityProviderName=issuer,
    UseDefaults=False,
    PrincipalTags={"section": "custom:section", "email": "email", "name": "cognito:username"},
)
_old_folder = {
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": f"{_objects}/by-name/${{aws:PrincipalTag/name}}/*",
}
iam.put_role_policy(
    RoleName="tidepool-member",
    PolicyName="pictures",
    PolicyDocument=json.dumps({**_version, "Statement": [*_all_of_member, _old_folder]}),
)

"""Tidepool as in the scene before, but for one hole."""
# after: open_tidepool
# not listed
# ruff: noqa: F821

iam.update_assume_role_policy(
    RoleName="tidepool-curator",
    PolicyDocument=json.dumps(
        {**_version, "Statement": [{**_may_take, "Condition": {**_from_site_or_phone, **_signed_in}}]}
    ),
)

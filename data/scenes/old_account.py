"""Goran also has an account with a password; an administrator made it with the address that Google knows."""
# after: google_connected
# ruff: noqa: F821

user_pools.admin_create_user(
    UserPoolId=pool,
    Username="goran",
    UserAttributes=[
        {"Name": "email", "Value": "goran.pavic@gmail.example"},
        {"Name": "email_verified", "Value": "true"},
    ],
    MessageAction="SUPPRESS",
)
user_pools.admin_set_user_password(UserPoolId=pool, Username="goran", Password=password, Permanent=True)

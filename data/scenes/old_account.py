"""Goran has an account with a password as well, which an administrator made with the address Google knows."""
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

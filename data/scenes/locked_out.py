"""Ben, Ines and Goran cannot sign in, though each of them types the right password. Mara can."""
# after: members
# ruff: noqa: F821

user_pools.admin_disable_user(UserPoolId=pool, Username="ben")

user_pools.admin_reset_user_password(UserPoolId=pool, Username="ines")

user_pools.sign_up(
    ClientId=client,
    Username="goran",
    Password=password,
    UserAttributes=[{"Name": "email", "Value": "goran.pavic@gmail.example"}],
)

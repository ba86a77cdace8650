"""Ben has signed up, and asked for his code a second time; he has not typed one yet."""
# after: directory
# ruff: noqa: F821

user_pools.sign_up(
    ClientId=client,
    Username="ben",
    Password=password,
    UserAttributes=[{"Name": "email", "Value": "ben@tidepool.example"}],
)
user_pools.resend_confirmation_code(ClientId=client, Username="ben")

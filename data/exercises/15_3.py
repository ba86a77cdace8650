"""Wishes 5 and 6. Write `add_ways_in`. The directory of 15.2 is there, as the club's own solution makes it.

The club has told Google about the pages, and got `account.at_google.client_id` and `account.at_google.client_secret`.
The university wants to be told which service it signs people in for, and where its answers go:
`account.university.register_service(entity_id, address)`. What it says about itself is at
`account.university.metadata_url`. It calls the address of a person `mail`.
"""

from cognito_lab.paths import DATA
from cognito_lab.practice import exercise_files

opening = exercise_files.load(DATA / "setups" / "opening_day.py")

title, core, difficulty, minutes = "The ways in", False, 2, 20
expected = "Ben, Goran and Aiko come in, each in their way, and nothing of 15.2 is lost."
hint = """
Five steps: the domain, the two providers (07.1, 07.6), what the university is told, and the app client, which offers
all three ways. An update of an app client resets what it leaves out (01.6): begin with what it is now.
"""
scene = "opening_day"

FUNCTION = "add_ways_in"


def add_ways_in(account):
    """Add the pages, Google and the university to the user pool and its app client.

    Their ids are `account.pool` and `account.client`. `account.pages` is the address that the pages
    should have, `account.callback` the one that takes the codes.
    """
    account.user_pools.create_user_pool_domain(UserPoolId=account.pool, Domain="tidepool")
    account.user_pools.create_identity_provider(
        UserPoolId=account.pool,
        ProviderName="Google",
        ProviderType="Google",
        ProviderDetails={
            "client_id": account.at_google.client_id,
            "client_secret": account.at_google.client_secret,
            "authorize_scopes": "openid email",
        },
        AttributeMapping={"email": "email"},
    )
    account.university.register_service(
        f"urn:amazon:cognito:sp:{account.pool}", f"{account.pages}/saml2/idpresponse"
    )
    account.user_pools.create_identity_provider(
        UserPoolId=account.pool,
        ProviderName="Northshore",
        ProviderType="SAML",
        ProviderDetails={"MetadataURL": account.university.metadata_url},
        AttributeMapping={"email": "mail"},
    )
    settings = account.user_pools.describe_user_pool_client(UserPoolId=account.pool, ClientId=account.client)[
        "UserPoolClient"
    ]
    del settings["CreationDate"], settings["LastModifiedDate"]
    settings["SupportedIdentityProviders"] = ["COGNITO", "Google", "Northshore"]
    settings["CallbackURLs"] = [account.callback]
    settings["AllowedOAuthFlowsUserPoolClient"] = True
    settings["AllowedOAuthFlows"] = ["code"]
    settings["AllowedOAuthScopes"] = ["openid", "email"]
    account.user_pools.update_user_pool_client(**settings)


def check(answer, scene, lab):
    opening.check_part("ways in", answer, scene, lab, before=("directory",))


# -- wrong answers -----------------------------------------------------------------------------


def wrong_rest_left_out(account):
    """Goran's tokens live for a quarter of an hour"""
    add_ways_in(account)
    _app(
        account,
        only=["CallbackURLs", "AllowedOAuthFlowsUserPoolClient", "AllowedOAuthFlows", "AllowedOAuthScopes"],
        SupportedIdentityProviders=["COGNITO", "Google", "Northshore"],
    )


def wrong_only_providers(account):
    """Ben signs in on the page"""
    add_ways_in(account)
    _app(account, SupportedIdentityProviders=["Google", "Northshore"])


def wrong_university_not_offered(account):
    """Aiko signs in at her university"""
    add_ways_in(account)
    _app(account, SupportedIdentityProviders=["COGNITO", "Google"])


def wrong_google_tells_no_address(account):
    """Goran's address arrives"""
    add_ways_in(account)
    account.user_pools.update_identity_provider(
        UserPoolId=account.pool, ProviderName="Google", AttributeMapping={"name": "name"}
    )


def wrong_name_of_the_universitys_attribute(account):
    """Aiko's address arrives"""
    add_ways_in(account)
    account.user_pools.update_identity_provider(
        UserPoolId=account.pool, ProviderName="Northshore", AttributeMapping={"email": "email"}
    )


def wrong_tokens_in_the_address(account):
    """An app asks for tokens in the address"""
    add_ways_in(account)
    _app(account, AllowedOAuthFlows=["code", "implicit"])


def wrong_one_more_address(account):
    """The app client allows codes to go to other addresses"""
    add_ways_in(account)
    _app(account, CallbackURLs=[account.callback, "http://localhost:3000/"])


def wrong_everything_that_openid_has(account):
    """An app asks for more than openid and email"""
    add_ways_in(account)
    _app(account, AllowedOAuthScopes=["openid", "email", "profile"])


def wrong_too_many_scopes(account):
    """An app asks for the right to change the profile"""
    add_ways_in(account)
    _app(account, AllowedOAuthScopes=["openid", "email", "aws.cognito.signin.user.admin"])


def wrong_too_few_scopes(account):
    """An app asks for a person's address"""
    add_ways_in(account)
    _app(account, AllowedOAuthScopes=["openid"])


def _app(account, only=(), **changed):
    """The app client as it is now, or only these settings of it, with some changed."""
    client = {"UserPoolId": account.pool, "ClientId": account.client}
    now = account.user_pools.describe_user_pool_client(**client)["UserPoolClient"]
    kept = {
        name: value for name, value in now.items() if not name.endswith("Date") and (not only or name in only)
    }
    account.user_pools.update_user_pool_client(**{**kept, **client, **changed})

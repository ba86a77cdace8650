"""Wish 10. Write `guard_gauge`. Directory and ways in are there, as the club's own solutions make them.

The HTTP API `account.api` is open to everybody. Its routes are `account.read_route` (`GET /readings`) and
`account.write_route` (`POST /readings`).
"""

from cognito_lab.paths import DATA
from cognito_lab.practice import exercise_files

opening = exercise_files.load(DATA / "setups" / "opening_day.py")

title, core, difficulty, minutes = "The gauge", False, 2, 20
expected = "the gauge writes and reads, members read, and nobody else does either."
hint = """
The gauge is a program: it needs a scope (08.3), an app client of its own with a secret, and the flow for machines. The
gateway needs a JWT authorizer, which says whose tokens it takes (08.5), and each route the authorizer. One of the two
routes wants the scope as well.
"""
scene = "opening_day"

FUNCTION = "guard_gauge"


def guard_gauge(account):
    """Make the gauge's app client, and guard both routes of the API.

    Uses `user_pools` and `gateway` of `account`. Return the gauge's own:
    `{"gauge": client id, "gauge_secret": its secret}`.
    """
    account.user_pools.create_resource_server(
        UserPoolId=account.pool,
        Identifier="tides",
        Name="Tides",
        Scopes=[{"ScopeName": "write", "ScopeDescription": "Write readings"}],
    )
    gauge = account.user_pools.create_user_pool_client(
        UserPoolId=account.pool,
        ClientName="gauge",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["tides/write"],
    )["UserPoolClient"]
    authorizer = account.gateway.create_authorizer(
        ApiId=account.api,
        Name="tidepool",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={
            "Issuer": f"https://cognito-idp.{account.region}.amazonaws.com/{account.pool}",
            "Audience": [account.client, gauge["ClientId"]],
        },
    )["AuthorizerId"]
    guarded = {"ApiId": account.api, "AuthorizationType": "JWT", "AuthorizerId": authorizer}
    account.gateway.update_route(**guarded, RouteId=account.read_route)
    account.gateway.update_route(**guarded, RouteId=account.write_route, AuthorizationScopes=["tides/write"])
    return {"gauge": gauge["ClientId"], "gauge_secret": gauge["ClientSecret"]}


def check(answer, scene, lab):
    opening.check_part("gauge", answer, scene, lab, before=("directory", "ways in"))


# -- wrong answers -----------------------------------------------------------------------------


def wrong_nothing_returned(account):
    """there is no gauge"""
    guard_gauge(account)


def wrong_tokens_of_the_gauge_only(account):
    """Mara reads the readings → 401"""
    made = guard_gauge(account)
    issuer = f"https://cognito-idp.{account.region}.amazonaws.com/{account.pool}"
    account.gateway.update_authorizer(
        ApiId=account.api,
        AuthorizerId=_authorizer(account),
        JwtConfiguration={"Issuer": issuer, "Audience": [made["gauge"]]},
    )
    return made


def wrong_scope_for_both(account):
    """Mara reads the readings → 403"""
    made = guard_gauge(account)
    _route(account, account.read_route, AuthorizationScopes=["tides/write"])
    return made


def wrong_reading_open(account):
    """Somebody without a token reads"""
    made = guard_gauge(account)
    account.gateway.update_route(ApiId=account.api, RouteId=account.read_route, AuthorizationType="NONE")
    return made


def wrong_writing_open(account):
    """Somebody without a token writes"""
    made = guard_gauge(account)
    account.gateway.update_route(
        ApiId=account.api, RouteId=account.write_route, AuthorizationType="NONE", AuthorizationScopes=[]
    )
    return made


def wrong_every_token_writes(account):
    """Mara writes a reading with her access token"""
    made = guard_gauge(account)
    _route(account, account.write_route, AuthorizationScopes=[])
    return made


def wrong_any_of_two_scopes(account):
    """Goran writes a reading with his access token"""
    made = guard_gauge(account)
    _route(account, account.write_route, AuthorizationScopes=["tides/write", "openid"])
    return made


def wrong_app_may_ask_for_it(account):
    """A member's page asks for the gauge's scope"""
    made = guard_gauge(account)
    client = {"UserPoolId": account.pool, "ClientId": account.client}
    now = account.user_pools.describe_user_pool_client(**client)["UserPoolClient"]
    kept = {name: value for name, value in now.items() if not name.endswith("Date")}
    scopes = ["openid", "email", "tides/write"]
    account.user_pools.update_user_pool_client(**{**kept, "AllowedOAuthScopes": scopes})
    return made


def wrong_app_reset(account):
    """Goran reads the readings"""
    made = guard_gauge(account)
    account.user_pools.update_user_pool_client(
        UserPoolId=account.pool, ClientId=account.client, ClientName="tidepool-app"
    )
    return made


def _authorizer(account):
    return account.gateway.get_authorizers(ApiId=account.api)["Items"][0]["AuthorizerId"]


def _route(account, route, **changed):
    guarded = {"AuthorizationType": "JWT", "AuthorizerId": _authorizer(account)}
    account.gateway.update_route(ApiId=account.api, RouteId=route, **guarded, **changed)

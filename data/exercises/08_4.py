"""A second job of the club counts the pictures each morning, and calls the HTTP API. Write `job_token`: it makes what
the job needs, and returns the id of its app client and a token. The club's administrator then adds this app client to
the audiences of the API, whose route asks for the scope `pictures/read`.
"""

import boto3
import jwt
import requests
from werkzeug.wrappers import Response

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "A job calls the API", False, 2, 9
expected = "the job's token opens the route. The job acts for nobody, and may do nothing else."
hint = "08.3 makes such an app client. `auth=(id, secret)` shows the secret to the token endpoint."
scene = "http_api"


def job_token(user_pools, pool, pages):
    """Id of a new app client of the user pool `pool`, and a token for it; `pages` is the pool's domain."""
    made = user_pools.create_user_pool_client(
        UserPoolId=pool,
        ClientName="morning-job",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["pictures/read"],
    )["UserPoolClient"]
    form, proof = {"grant_type": "client_credentials"}, (made["ClientId"], made["ClientSecret"])
    came = requests.post(f"{pages}/oauth2/token", data=form, auth=proof)
    return made["ClientId"], came.json()["access_token"]


def check(answer, scene, lab):
    user_pools, pool = boto3.client("cognito-idp"), {"UserPoolId": scene.pool}
    lab.host("api.tidepool.example", Response("anemone.svg"))
    came = []
    code = refusal_of(lambda: came.append(answer(user_pools, scene.pool, scene.pages)))
    expect(
        code != "InvalidOAuthFlowException",
        f"→ {code}. For client_credentials an app client needs a secret, custom scopes, and no other grant.",
    )
    expect(not code, f"Making it was refused → {code}.")
    pair = came[0]
    expect(
        isinstance(pair, (tuple, list)) and len(pair) == 2,
        "Return two things: the id of the app client, and the token.",
    )
    client, token = pair
    expect(
        not isinstance(token, dict), "You return the whole answer. The token is the value of `access_token`."
    )
    expect(
        isinstance(token, str),
        f"The token is {token!r:.40}. A machine gets an access token, and no other one.",
    )
    known = user_pools.list_user_pool_clients(**pool, MaxResults=60)["UserPoolClients"]
    old = {scene.client, scene.server, scene.job}
    ids = {each["ClientId"] for each in known}
    expect(
        client in ids, f"{client!r:.30} is not an app client of the pool. Its id comes first, then the token."
    )
    expect(client in ids - old, "Make an app client for this job alone.")
    trusted = {"Issuer": f"https://cognito-idp.{lab.region}.amazonaws.com/{scene.pool}", "Audience": [client]}
    boto3.client("apigatewayv2").update_authorizer(
        ApiId=scene.api, AuthorizerId=scene.authorizer, JwtConfiguration=trusted
    )
    said = jwt.decode(token, options={"verify_signature": False})
    expect("username" not in said, f"The token acts for the user {said.get('username')}. No person is there.")
    address, bearer = f"{scene.address}/pictures", {"Authorization": f"Bearer {token}"}
    status = requests.get(address, headers=bearer, timeout=5).status_code
    expect(status == 200, f"The API answers {status} to this token.")
    got = said.get("scope", "").split()
    expect(got == ["pictures/read"], f"The token also has {', '.join(set(got) - {'pictures/read'})}.")
    made = user_pools.describe_user_pool_client(**pool, ClientId=client)["UserPoolClient"]
    more = set(made["AllowedOAuthScopes"]) - {"pictures/read"}
    expect(not more, f"The job may ask for more at any time: its app client also lists {', '.join(more)}.")


def made_for(user_pools, pool, pages, *scopes, **settings):
    """An app client for a job with other scopes than the solution's, and its token."""
    given = {"AllowedOAuthFlowsUserPoolClient": True, "AllowedOAuthFlows": ["client_credentials"], **settings}
    made = user_pools.create_user_pool_client(
        UserPoolId=pool, ClientName="job", GenerateSecret=True, AllowedOAuthScopes=list(scopes), **given
    )["UserPoolClient"]
    form = {"grant_type": "client_credentials"}
    came = requests.post(
        f"{pages}/oauth2/token", form, auth=(made["ClientId"], made["ClientSecret"]), timeout=5
    )
    return made["ClientId"], came.json()


def wrong_a_user_for_the_job(user_pools, pool, pages):
    """The token acts for the user job"""
    made = user_pools.create_user_pool_client(
        UserPoolId=pool, ClientName="job", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]
    user = {"UserPoolId": pool, "Username": "job"}
    user_pools.admin_create_user(**user, MessageAction="SUPPRESS")
    user_pools.admin_set_user_password(**user, Password="Count-all-2026!", Permanent=True)
    person = {"USERNAME": "job", "PASSWORD": "Count-all-2026!"}
    flow = {"ClientId": made["ClientId"], "AuthFlow": "USER_PASSWORD_AUTH"}
    tokens = user_pools.initiate_auth(**flow, AuthParameters=person)["AuthenticationResult"]
    return made["ClientId"], tokens["AccessToken"]


def wrong_id_token(user_pools, pool, pages):
    """A machine gets an access token, and no other one"""
    client, came = made_for(user_pools, pool, pages, "pictures/read")
    return client, came.get("id_token")


def wrong_two_grants(user_pools, pool, pages):
    """and no other grant"""
    both = {
        "AllowedOAuthFlows": ["client_credentials", "code"],
        "CallbackURLs": ["https://app.tidepool.example"],
    }
    client, came = made_for(user_pools, pool, pages, "pictures/read", **both)
    return client, came["access_token"]


def wrong_every_scope(user_pools, pool, pages):
    """The token also has pictures/write"""
    client, came = made_for(user_pools, pool, pages, "pictures/read", "pictures/write")
    return client, came["access_token"]


def wrong_client_lists_more(user_pools, pool, pages):
    """its app client also lists pictures/write"""
    client, came = job_token(user_pools, pool, pages)
    lists = {"AllowedOAuthScopes": ["pictures/read", "pictures/write"]}
    grant = {"AllowedOAuthFlowsUserPoolClient": True, "AllowedOAuthFlows": ["client_credentials"]}
    user_pools.update_user_pool_client(UserPoolId=pool, ClientId=client, **grant, **lists)
    return client, came


def wrong_order(user_pools, pool, pages):
    """Its id comes first, then the token"""
    return ("a token", job_token(user_pools, pool, pages)[0])


def wrong_whole_response(user_pools, pool, pages):
    """You return the whole answer"""
    return made_for(user_pools, pool, pages, "pictures/read")


def wrong_other_scope(user_pools, pool, pages):
    """The API answers 403"""
    client, came = made_for(user_pools, pool, pages, "pictures/write")
    return client, came["access_token"]


def wrong_token_alone(user_pools, pool, pages):
    """Return two things"""
    return job_token(user_pools, pool, pages)[1]

"""Methods and routes with ``AWS_IAM``: a signature, and a policy that names the method."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.api_gateway import Gateway, ask, ask_signed, gateway
from support.iam_people import ACCOUNT, allow, make_role, make_user, session_of

from cognito_lab.aws.iam import principals


@pytest.fixture
def w() -> Iterator[Gateway]:
    with gateway() as made:
        yield made


def arn(api: str, rest: str) -> str:
    return f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{api}/{rest}"


def test_a_role_that_may_invoke_this_method(w: Gateway) -> None:
    address = w.rest_api()
    may = session_of(make_role("members", allow("execute-api:Invoke", arn(w.rest_id, "prod/GET/signed"))))
    other = session_of(make_role("others", allow("execute-api:Invoke", arn(w.rest_id, "prod/GET/open"))))
    assert ask_signed(f"{address}/signed", may).status_code == 200
    refused = ask_signed(f"{address}/signed", other)
    assert refused.status_code == 403
    assert refused.json()["message"].startswith(
        "User: arn:aws:sts::123456789012:assumed-role/others/mara is not"
    )
    assert ask_signed(f"{address}/nothing", may).status_code == 403


def test_who_is_not_let_in(w: Gateway) -> None:
    address = f"{w.rest_api()}/signed"
    tokens = w.users.sign_in()
    assert ask(address) == (403, "Missing Authentication Token")
    assert ask(address, f"Bearer {tokens['AccessToken']}")[0] == 403
    mine = make_user("ines", allow("execute-api:Invoke"))
    assert ask_signed(address, mine).status_code == 200
    for wrong in (
        {**mine, "aws_secret_access_key": "x" * 40},
        {**mine, "aws_access_key_id": "AKIA" + "X" * 16},
    ):
        assert ask_signed(address, wrong).status_code == 403
    assert ask_signed(address, mine, service="apigateway").status_code == 403
    gone = session_of(make_role("members", allow("execute-api:*")))
    assert ask_signed(address, gone).status_code == 200
    w.lab.travel(hours=1)
    assert ask_signed(address, gone).status_code == 403


def test_the_owner_may(w: Gateway) -> None:
    owner = principals.owner_keys()
    keys = {"aws_access_key_id": owner.access_key_id, "aws_secret_access_key": owner.secret_access_key}
    assert ask_signed(f"{w.rest_api()}/signed", keys).status_code == 200


def test_an_http_api(w: Gateway) -> None:
    address = f"{w.http_api([w.users.client])}/signed"
    may = session_of(make_role("members", allow("execute-api:Invoke", arn(w.http_id, "$default/GET/signed"))))
    assert ask_signed(address, may).status_code == 200
    assert ask(address) == (403, "Forbidden")
    assert ask_signed(address, session_of(make_role("others"))).json() == {"message": "Forbidden"}

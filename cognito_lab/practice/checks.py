"""What the checks of exercises do over and over: be somebody, try something, see whether it is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cognito_lab.lessons.refused import refusal_from
from cognito_lab.network import exchanges
from cognito_lab.network.exchanges import Exchange


class Mistake(Exception):
    """What is wrong with an answer, in words for the one who gave it."""


def expect(holds: Any, otherwise: str) -> None:
    """Go on if it holds, else the answer has this mistake."""
    if not holds:
        raise Mistake(otherwise)


def refusal_of(call: Callable[[], Any]) -> str:
    """The code with which ``call`` is refused (as in ``refused``), or ``""`` where it goes through."""
    try:
        call()
    except Exception as error:
        found = refusal_from(error)
        if found is None:
            raise
        return found.code
    return ""


@contextmanager
def watched() -> Iterator[list[Exchange]]:
    """Whatever is asked of AWS in the block, by whichever client."""
    asked: list[Exchange] = []
    exchanges.OBSERVERS.append(asked.append)
    try:
        yield asked
    finally:
        exchanges.OBSERVERS.remove(asked.append)


def id_token(scene: Any, username: str, client: str = "") -> str:
    """The ID token of a member who signs in at the scene's user pool, by password."""
    import boto3

    answer = boto3.client("cognito-idp").initiate_auth(
        ClientId=client or scene.client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": scene.password},
    )
    return str(answer["AuthenticationResult"]["IdToken"])


def set_triggers(lab: Any, scene: Any, **functions: Any) -> None:
    """Let the scene's user pool call these functions, each for the trigger that names it.

    ``PreTokenGenerationConfig`` means the second version of this trigger.
    """
    import boto3

    user_pools, config = boto3.client("cognito-idp"), {}
    pool = user_pools.describe_user_pool(UserPoolId=scene.pool)["UserPool"]["Arn"]
    for trigger, function in functions.items():
        arn = lab.deploy(function, trigger)
        boto3.client("lambda").add_permission(
            FunctionName=arn, StatementId="pool", Action="lambda:InvokeFunction",
            Principal="cognito-idp.amazonaws.com", SourceArn=pool,
        )  # fmt: skip
        config[trigger] = {"LambdaVersion": "V2_0", "LambdaArn": arn} if trigger.endswith("Config") else arn
    user_pools.update_user_pool(UserPoolId=scene.pool, LambdaConfig=config, AutoVerifiedAttributes=["email"])


def identity_and_credentials(pool: str, logins: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """The identity id that these logins lead to at an identity pool, and credentials for it."""
    import boto3

    identity_pools = boto3.client("cognito-identity")
    identity = identity_pools.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    answer = identity_pools.get_credentials_for_identity(IdentityId=identity, Logins=logins)
    return identity, answer["Credentials"]


def client_with(credentials: Mapping[str, Any], service: str = "s3") -> Any:
    """A client that signs with an identity's temporary credentials."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretKey"],
        aws_session_token=credentials["SessionToken"],
        config=Config(signature_version="s3v4"),  # boto3 may presign with version 2, which S3 refuses
    )


def sign_in_through_pages(
    scene: Any, provider: str, *buttons: str, browser: Any = None, **fields: str
) -> dict[str, Any]:
    """The tokens of somebody who comes to the scene's app by a ``provider`` of its user pool.

    They fill in ``fields`` there and press ``buttons``, in a new browser or in this one. Refused as
    :class:`cognito_lab.lessons.scripted_browser.Browser` is.
    """
    from urllib.parse import urlencode

    import requests

    from cognito_lab.lessons.scripted_browser import Browser

    browser = browser or Browser()
    app = {"client_id": scene.client, "redirect_uri": scene.callback}
    wish = {**app, "response_type": "code", "identity_provider": provider}
    browser.open(f"{scene.pages}/oauth2/authorize?{urlencode(wish)}").fill_in(**fields)
    for button in buttons:
        browser.press(button)
    form = {**app, "grant_type": "authorization_code", "code": browser.query["code"]}
    answer = requests.post(f"{scene.pages}/oauth2/token", data=form)
    answer.raise_for_status()
    return dict(answer.json())

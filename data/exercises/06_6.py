"""The app client now has two callback URLs, one for the club's app and one for a developer's own machine:
`https://app.tidepool.example/callback` and `http://localhost:3000/callback`. Four programs send the addresses below,
and all four get `redirect_mismatch`. Write beside each the address that the program should have sent.
"""

from urllib.parse import urlencode, urlsplit

import boto3

from cognito_lab import Browser
from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Four addresses that almost match", False, 1, 2
expected = "Each of your addresses gets the sign-in page, and belongs to the same host as before."
hint = "Each address differs from a registered one in one place. Compare them part by part: scheme, host, port, path."
scene = "pages"

name = "should_send"
stub = {
    "https://app.tidepool.example/callback/": "",
    "http://app.tidepool.example/callback": "",
    "http://localhost:8080/callback": "",
    "https://app.tidepool.example/Callback": "",
}
solution = {
    "https://app.tidepool.example/callback/": "https://app.tidepool.example/callback",
    "http://app.tidepool.example/callback": "https://app.tidepool.example/callback",
    "http://localhost:8080/callback": "http://localhost:3000/callback",
    "https://app.tidepool.example/Callback": "https://app.tidepool.example/callback",
}


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    client = {"UserPoolId": scene.pool, "ClientId": scene.client}
    settings = user_pools.describe_user_pool_client(**client)["UserPoolClient"]
    del settings["CreationDate"], settings["LastModifiedDate"]
    settings["CallbackURLs"] = [scene.callback, "http://localhost:3000/callback"]
    user_pools.update_user_pool_client(**settings)

    for sent, given in answer.items():
        expect(isinstance(given, str), f"“{sent}”: write an address, and not {given!r}.")
        expect(given, f"“{sent}”: you have not written an address yet.")
        expect(given != sent, f"“{sent}”: this address is still the one that was refused.")
        code = refusal_of(lambda given=given: open_page(scene, given))
        expect(not code, f"“{given}” was tried as well, and is refused → {code}.")
        expect(
            urlsplit(given).hostname == urlsplit(sent).hostname,
            f"“{sent}”: your address works, but it leads to another host: {urlsplit(given).hostname}.",
        )


def open_page(scene, address):
    """Open the sign-in page with this address to come back to."""
    asked = {"response_type": "code", "client_id": scene.client, "redirect_uri": address}
    Browser().open(f"{scene.pages}/oauth2/authorize?{urlencode(asked)}")


wrong_the_scheme_stays = (
    {**solution, "http://app.tidepool.example/callback": "http://app.tidepool.example/callback"},
    "still the one that was refused",
)
wrong_the_usual_port_is_named = (
    {**solution, "http://app.tidepool.example/callback": "https://app.tidepool.example:443/callback"},
    "“https://app.tidepool.example:443/callback” was tried as well",
)
wrong_no_port = (
    {**solution, "http://localhost:8080/callback": "http://localhost/callback"},
    "“http://localhost/callback” was tried as well",
)
wrong_everybody_to_the_app = (
    {**solution, "http://localhost:8080/callback": "https://app.tidepool.example/callback"},
    "leads to another host",
)
wrong_not_an_address = ({**solution, "http://localhost:8080/callback": 3000}, "and not 3000")

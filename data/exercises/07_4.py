"""A colleague says: “Goran's sign-in with Google broke on the day when somebody made `phone_number` required.” Which of
these sentences can be true and explain why Goran does not get in? Write `True` or `False` for each.

Google tells the pool his address and his name, and no phone number.
"""

from types import SimpleNamespace

from cognito_lab.lessons.scripted_browser import Browser
from cognito_lab.practice.checks import Mistake, expect, refusal_of, sign_in_through_pages

title, core, difficulty, minutes = "Why did Goran's sign-in break?", False, 3, 5
expected = (
    "Five verdicts. The check makes each of them happen, as far as AWS allows it, and Goran signs in twice."
)
hint = (
    "What can you change about an attribute after the pool was made (01.5)? And what does each sign-in write?"
)
scene = "google_connected"

name = "verdicts"
stub = {
    "somebody made phone_number required in this pool": None,
    "this is a new pool: phone_number is required in it, and nothing is mapped to it": None,
    "this is a new pool: email cannot be changed in it, and is mapped": None,
    "this is a new pool: email cannot be changed in it, and is not mapped": None,
    "in a pool that requires a number, he must enter one once, and then he is in": None,
}
solution = {
    "somebody made phone_number required in this pool": False,
    "this is a new pool: phone_number is required in it, and nothing is mapped to it": True,
    "this is a new pool: email cannot be changed in it, and is mapped": True,
    "this is a new pool: email cannot be changed in it, and is not mapped": False,
    "in a pool that requires a number, he must enter one once, and then he is in": False,
}
GORAN = "goran.pavic@gmail.example"
NUMBER = {"Name": "phone_number", "AttributeDataType": "String", "Required": True, "Mutable": True}
ADDRESS = {"Name": "email", "AttributeDataType": "String", "Mutable": False}
BECAUSE = [
    "An attribute cannot become required later: UpdateUserPool has no place for it, and AddCustomAttributes adds "
    "only attributes that are not required.",
    "Such a pool stops everybody from Google: there is no number to make a profile with.",
    "It stops him at the second sign-in, which tries to write the address again.",
    "What is not mapped is not written, so nothing is refused.",
    "Nobody is asked: the pool has no page for it, and tells the app that an attribute is missing.",
]


def check(answer, scene, lab):
    expect(isinstance(answer, dict) and set(answer) == set(stub), "Keep the five sentences as keys.")
    for sentence, said in answer.items():
        expect(isinstance(said, bool), f"“{sentence}”: say True or False; you wrote {said!r}.")
    truth = happened(scene, lab)
    for sentence, holds, because in zip(stub, truth, BECAUSE, strict=True):
        if answer[sentence] is not holds:
            raise Mistake(f"“{sentence}”: {because}")


def happened(scene, lab):
    """For each sentence, whether AWS lets it happen and Goran is stopped."""
    import boto3

    user_pools = boto3.client("cognito-idp")
    later = [
        lambda: user_pools.update_user_pool(UserPoolId=scene.pool, Schema=[NUMBER]),
        lambda: user_pools.add_custom_attributes(UserPoolId=scene.pool, CustomAttributes=[NUMBER]),
    ]
    both, name_only = {"email": "email", "name": "name"}, {"name": "name"}
    codes, fields = come_twice(new_pool(lab, "number", NUMBER, both))
    return [
        not all(refusal_of(call) for call in later),
        any(codes),
        any(come_twice(new_pool(lab, "address", ADDRESS, both))[0]),
        any(come_twice(new_pool(lab, "unmapped", ADDRESS, name_only))[0]),
        any(codes) and "phone_number" in fields,
    ]


def new_pool(lab, prefix, attribute, mapping):
    """A pool with one more attribute in its schema, connected to Google; what an app has to know of it."""
    import boto3

    user_pools, pages = boto3.client("cognito-idp"), f"https://{prefix}.auth.{lab.region}.amazoncognito.com"
    at_google = lab.google.register_client(prefix, redirect_uris=[f"{pages}/oauth2/idpresponse"])
    pool = user_pools.create_user_pool(PoolName=prefix, Schema=[attribute])["UserPool"]["Id"]
    user_pools.create_user_pool_domain(UserPoolId=pool, Domain=prefix)
    user_pools.create_identity_provider(
        UserPoolId=pool,
        ProviderName="Google",
        ProviderType="Google",
        ProviderDetails={
            "client_id": at_google.client_id,
            "client_secret": at_google.client_secret,
            "authorize_scopes": "openid email profile",
        },
        AttributeMapping=mapping,
    )
    callback = "https://app.tidepool.example/callback"
    client = user_pools.create_user_pool_client(
        UserPoolId=pool,
        ClientName="tidepool-web",
        SupportedIdentityProviders=["Google"],
        CallbackURLs=[callback],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid", "email"],
    )["UserPoolClient"]["ClientId"]
    return SimpleNamespace(pool=pool, client=client, pages=pages, callback=callback)


def come_twice(app):
    """Goran signs in with Google twice: the codes of the refusals, and the fields of the page he ends at."""
    codes, fields = [], set()
    for _ in range(2):
        browser = Browser()
        codes.append(
            refusal_of(
                lambda browser=browser: sign_in_through_pages(
                    app, "Google", f"Goran Pavić ({GORAN})", "Continue", browser=browser
                )
            )
        )
        fields |= {field for form in browser.page.forms for field in form.fields}
    return codes, fields


def _but(number, said):
    """The solution with another word for one sentence."""
    sentence = list(solution)[number - 1]
    return {**solution, sentence: said}


wrong_one_left_open = _but(4, None), "say True or False; you wrote None"
wrong_required_later = _but(1, True), "An attribute cannot become required later"
wrong_required_is_harmless = _but(2, False), "there is no number to make a profile with"
wrong_immutable_is_harmless = _but(3, False), "It stops him at the second sign-in"
wrong_immutable_alone = _but(4, True), "What is not mapped is not written"
wrong_he_enters_it_once = _but(5, True), "Nobody is asked"

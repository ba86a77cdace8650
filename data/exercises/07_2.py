"""Goran has an old account with a password. Now he wants to sign in with Google as well. Write `link`: afterwards both
ways lead to the old account. `link` must work for people who have signed in with Google already, and so have a second
profile, and for people who have not. It must not change anybody else.
"""

from cognito_lab.practice.checks import expect, id_token, refusal_of, sign_in_through_pages

title, core, difficulty, minutes = "Link Goran to his old account", False, 2, 7
expected = "One `sub`, by password and by Google. Goran has no second profile. Everybody else is still there."
hint = """
The destination stays, and the source is added to it. The call names the source by the person's number at Google.
Linking comes before the first sign-in with Google. What has such a sign-in left behind, and what can you do with that?
"""
scene = "old_account"

GORAN = "Goran Pavić (goran.pavic@gmail.example)"
ROOK = "Rook (rook@elsewhere.example)"


def link(user_pools, pool, username, google_sub):
    """Let the person whose number at Google is `google_sub` sign in as `username` of `pool` (an id)."""
    for user in user_pools.list_users(UserPoolId=pool)["Users"]:
        if user["Username"].lower() == f"google_{google_sub}":
            user_pools.admin_delete_user(UserPoolId=pool, Username=user["Username"])
    user_pools.admin_link_provider_for_user(
        UserPoolId=pool,
        DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": username},
        SourceUser={
            "ProviderName": "Google",
            "ProviderAttributeName": "Cognito_Subject",
            "ProviderAttributeValue": google_sub,
        },
    )


def check(answer, scene, lab):
    for username, came_before in (("goran", False), ("pavic", True)):
        scene = lab.scene("old_account")
        try_linking(answer, scene, lab, username, came_before)


def try_linking(answer, scene, lab, username, came_before):
    import boto3
    import jwt

    user_pools = boto3.client("cognito-idp")
    number = lab.google.accounts["goran.pavic@gmail.example"].sub
    sign_in_through_pages(scene, "Google", ROOK, "Continue")
    if came_before:
        sign_in_through_pages(scene, "Google", GORAN, "Continue")
    if username != "goran":  # this time the old account has another name
        user = {"UserPoolId": scene.pool, "Username": username}
        user_pools.admin_create_user(**user, MessageAction="SUPPRESS")
        user_pools.admin_set_user_password(**user, Password=scene.password, Permanent=True)

    def sub(token):
        return jwt.decode(token, options={"verify_signature": False})["sub"]

    def usernames(status):
        users = user_pools.list_users(UserPoolId=scene.pool)["Users"]
        return {each["Username"] for each in users if each["UserStatus"] == status}

    old, others = sub(id_token(scene, username)), usernames("CONFIRMED")
    rooks = {name for name in usernames("EXTERNAL_PROVIDER") if number not in name}
    linked = []
    user_pools.meta.events.register(
        "provide-client-params.*.AdminLinkProviderForUser", lambda params, **_: linked.append(params)
    )
    try:
        answer(user_pools, scene.pool, username, number)
    except user_pools.exceptions.ClientError as error:
        for given in linked:
            expect(
                given.get("DestinationUser", {}).get("ProviderName") != "Google",
                "Source and destination are the wrong way round: he should arrive at the old account.",
            )
        linking = error.operation_name == "AdminLinkProviderForUser"
        unknown = error.response["Error"]["Code"] == "UserNotFoundException"
        expect(
            linking or not unknown or came_before,
            f"{error.operation_name}: he has not signed in with Google yet, so there is no second profile.",
        )
        expect(
            not (linking and unknown),
            "The destination is not found: name the old account by its username, of the provider Cognito.",
        )
        expect(
            not (linking and came_before),
            "He has signed in with Google before, and has a profile from that. Linking was refused: it comes before "
            "the first sign-in.",
        )
        raise
    expect(others <= usernames("CONFIRMED"), "His old account is gone. That is the one to keep.")
    expect(rooks <= usernames("EXTERNAL_PROVIDER"), "Rook's profile is gone. This was about Goran only.")
    code = refusal_of(lambda: sign_in_through_pages(scene, "Google", GORAN, "Continue"))
    expect(not code, f"Goran signs in with Google → {code}.")
    by_google = sub(sign_in_through_pages(scene, "Google", GORAN, "Continue")["id_token"])
    expect(
        username == "goran" or by_google != sub(id_token(scene, "goran")),
        f"The old account is `{username}` this time, and Goran arrives at `goran`: you ignored `username`.",
    )
    kept = user_pools.admin_get_user(UserPoolId=scene.pool, Username=username)["UserAttributes"]
    expect(
        by_google == old or any(each["Name"] == "identities" for each in kept),
        "By Google, Goran is not the user that he is by password: no link was made. "
        "AdminLinkProviderForUser was not called, or refused.",
    )
    expect(
        by_google == old,
        "By Google, Goran is not the user that he is by password. Google's number for him is what counts.",
    )
    expect(sub(id_token(scene, username)) == old, "By password he is somebody else now.")
    expect(
        not any(number in name for name in usernames("EXTERNAL_PROVIDER")),
        "A second profile of his is left over.",
    )


def _link(user_pools, pool, username, value, name="Cognito_Subject"):
    user_pools.admin_link_provider_for_user(
        UserPoolId=pool,
        DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": username},
        SourceUser={
            "ProviderName": "Google",
            "ProviderAttributeName": name,
            "ProviderAttributeValue": value,
        },
    )


def _forget(user_pools, pool, part):
    for user in user_pools.list_users(UserPoolId=pool)["Users"]:
        if user["UserStatus"] == "EXTERNAL_PROVIDER" and part in user["Username"]:
            user_pools.admin_delete_user(UserPoolId=pool, Username=user["Username"])


def wrong_way_round(user_pools, pool, username, google_sub):
    """the wrong way round"""
    user_pools.admin_link_provider_for_user(
        UserPoolId=pool,
        DestinationUser={"ProviderName": "Google", "ProviderAttributeValue": google_sub},
        SourceUser={
            "ProviderName": "Cognito",
            "ProviderAttributeName": "Cognito_Subject",
            "ProviderAttributeValue": username,
        },
    )


def wrong_address_for_a_number(user_pools, pool, username, google_sub):
    """Google's number for him is what counts"""
    _forget(user_pools, pool, google_sub)
    _link(user_pools, pool, username, "goran.pavic@gmail.example")


def wrong_too_late(user_pools, pool, username, google_sub):
    """it comes before the first sign-in"""
    _link(user_pools, pool, username, google_sub)


def wrong_refusal_passed_over(user_pools, pool, username, google_sub):
    """no link was made"""
    refusal_of(lambda: _link(user_pools, pool, username, google_sub))


def wrong_nobody_to_delete(user_pools, pool, username, google_sub):
    """AdminDeleteUser: he has not signed in with Google yet"""
    user_pools.admin_delete_user(UserPoolId=pool, Username=f"Google_{google_sub}")
    _link(user_pools, pool, username, google_sub)


def wrong_address_for_a_username(user_pools, pool, username, google_sub):
    """name the old account by its username"""
    _forget(user_pools, pool, google_sub)
    _link(user_pools, pool, "goran.pavic@gmail.example", google_sub)


def wrong_old_account_deleted(user_pools, pool, username, google_sub):
    """His old account is gone"""
    user_pools.admin_delete_user(UserPoolId=pool, Username=username)


def wrong_everybody_from_google(user_pools, pool, username, google_sub):
    """Rook's profile is gone"""
    _forget(user_pools, pool, "")
    _link(user_pools, pool, username, google_sub)


def wrong_always_goran(user_pools, pool, username, google_sub):
    """you ignored `username`"""
    _forget(user_pools, pool, google_sub)
    _link(user_pools, pool, "goran", google_sub)

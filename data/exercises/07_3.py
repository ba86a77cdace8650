"""Goran signs in with Google for the first time. The user pool maps Google's `email` to `email` and `name` to `name`,
nothing else. What will his profile say?

* `"username"`: `"his address"`, `"his number at Google"`, `"Google and his number there"`, or `"one that he chooses"`
* `"status"`: `"UNCONFIRMED"`, `"CONFIRMED"`, `"EXTERNAL_PROVIDER"`, or `"FORCE_CHANGE_PASSWORD"`
* `"groups"`: `"none"`, or `"one named after the provider"`
* `"email_verified"`, when Google says that his address is verified: `"true"`, or `"not true"`
* `"email_verified, when it is mapped"`, when the mapping names `email_verified` too: `"true"`, or `"not true"`
"""

from cognito_lab.practice.checks import Mistake, expect, sign_in_through_pages

title, core, difficulty, minutes = "What will his profile say?", False, 2, 3
expected = "Five choices. The check lets Goran sign in twice, each time in a new directory, and looks at his profile."
hint = "What the mapping names reaches the profile. The rest does not, whatever Google knows. Goran has no password here."
scene = "google_connected"

name = "profile"
stub = {
    "username": "",
    "status": "",
    "groups": "",
    "email_verified": "",
    "email_verified, when it is mapped": "",
}
solution = {
    "username": "Google and his number there",
    "status": "EXTERNAL_PROVIDER",
    "groups": "one named after the provider",
    "email_verified": "not true",
    "email_verified, when it is mapped": "true",
}
GORAN = "goran.pavic@gmail.example"
CHOICES = {
    "username": ("his address", "his number at Google", "Google and his number there", "one that he chooses"),
    "status": ("UNCONFIRMED", "CONFIRMED", "EXTERNAL_PROVIDER", "FORCE_CHANGE_PASSWORD"),
    "groups": ("none", "one named after the provider"),
    "email_verified": ("true", "not true"),
    "email_verified, when it is mapped": ("true", "not true"),
}
NOT_A_USERNAME = {
    "his address": "An address can change, and a username cannot.",
    "his number at Google": "Somebody else may have the same number at another provider.",
    "one that he chooses": "Nobody asks him.",
}
BECAUSE = {
    "status": "There is nothing to confirm, and the pool has no password for him.",
    "groups": "The pool makes a group for each provider, and puts everybody from there into it.",
    "email_verified": "Google says so, but the mapping does not tell the pool.",
    "email_verified, when it is mapped": "Now the pool takes Google's word for it.",
}


def check(answer, scene, lab):
    expect(isinstance(answer, dict) and set(answer) == set(stub), f"Keep the keys: {list(stub)}.")
    for what, choices in CHOICES.items():
        expect(answer[what] in choices, f"{what}: choose one of {list(choices)}; you wrote {answer[what]!r}.")
    truth = look(scene, lab)
    scene = lab.scene("google_connected")
    mapping = {"email": "email", "name": "name", "email_verified": "email_verified"}
    truth["email_verified, when it is mapped"] = look(scene, lab, AttributeMapping=mapping)["email_verified"]
    for what, predicted in answer.items():
        if predicted != truth[what]:
            because = BECAUSE.get(what) or NOT_A_USERNAME[predicted]
            raise Mistake(f"{what}: not {predicted!r}. {because}")


def look(scene, lab, **changed):
    """What the profile says after Goran has come in, in the words of the answer."""
    import boto3

    user_pools = boto3.client("cognito-idp")
    if changed:
        user_pools.update_identity_provider(UserPoolId=scene.pool, ProviderName="Google", **changed)
    sign_in_through_pages(scene, "Google", f"Goran Pavić ({GORAN})", "Continue")
    people = user_pools.list_users(UserPoolId=scene.pool, Filter=f'email = "{GORAN}"')["Users"]
    user = people[0]
    number = lab.google.accounts[GORAN].sub
    named = {
        GORAN: "his address",
        number: "his number at Google",
        f"google_{number}": "Google and his number there",
    }
    groups = user_pools.admin_list_groups_for_user(UserPoolId=scene.pool, Username=user["Username"])["Groups"]
    told = {each["Name"]: each["Value"] for each in user["Attributes"]}
    return {
        "username": named.get(user["Username"].lower(), "one that he chooses"),
        "status": user["UserStatus"],
        "groups": "one named after the provider"
        if any("Google" in group["GroupName"] for group in groups)
        else "none",
        "email_verified": "true" if told.get("email_verified") == "true" else "not true",
    }


wrong_address_as_username = (
    {**solution, "username": "his address"},
    "An address can change",
)
wrong_number_alone = (
    {**solution, "username": "his number at Google", "groups": "none"},
    "Somebody else may have the same number",
)
wrong_one_not_predicted = ({**solution, "status": ""}, "status: choose one of")
wrong_confirmed = ({**solution, "status": "CONFIRMED"}, "the pool has no password for him")
wrong_no_group = ({**solution, "groups": "none"}, "The pool makes a group for each provider")
wrong_verified_by_itself = ({**solution, "email_verified": "true"}, "the mapping does not tell the pool")
wrong_never_verified = (
    {**solution, "email_verified, when it is mapped": "not true"},
    "Now the pool takes Google's word",
)

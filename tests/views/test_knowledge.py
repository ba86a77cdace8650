"""Who knows what: read back from the account, and different as soon as the account is."""

from __future__ import annotations

import json
import xml.etree.ElementTree as xml

import boto3
import pytest
from support.pictures import overlaps, texts

from cognito_lab import Lab
from cognito_lab.views import knowledge

GORAN = "goran.pavic@gmail.example"


class Account:
    """Goran, who came to the many doors by Google and by the user pool, and is a curator."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.scene = lab, lab.scene("two_doors")
        self.users, self.pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
        self.iam = boto3.client("iam")
        self.issuer = f"cognito-idp.us-east-1.amazonaws.com/{self.scene.pool}"
        self.goran = {"UserPoolId": self.scene.pool, "Username": "goran"}
        curators = {"UserPoolId": self.scene.pool, "GroupName": "curators"}
        self.users.create_group(**curators, RoleArn=self.scene.curator_role)
        self.users.admin_add_user_to_group(**curators, Username="goran")
        self.identity = self.pools.get_id(IdentityPoolId=self.scene.many, Logins=self.logins())["IdentityId"]
        self.sub = lab.google.accounts[GORAN].sub

    def logins(self):
        person = {"USERNAME": "goran", "PASSWORD": self.scene.password}
        answer = self.users.initiate_auth(
            ClientId=self.scene.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=person
        )
        client = self.scene.tidepool_at_google.client_id
        token = self.lab.google.credential(client, GORAN, "https://tidepool.example")
        return {"accounts.google.com": token, self.issuer: answer["AuthenticationResult"]["IdToken"]}

    def look(self, **asked):
        """The columns of the picture: by name of the store, headings and rows."""
        asked = asked or {"username": "goran", "identity_id": self.identity, "google_email": GORAN}
        (self.picture,) = knowledge.who_knows(self.lab.google, **asked).pictures
        return {store.name: dict(self.picture.parts(store)) for store in self.picture.stores}


@pytest.fixture
def account():
    with Lab.start() as lab:
        yield Account(lab)


def test_each_store_tells_what_it_has(account):
    now = account.look()
    assert list(now) == ["Google", "user pool", "identity pool", "IAM"]
    assert now["Google"]["tells"] == [f"Google's sub: {account.sub}", f"email: {GORAN}", "name: Goran Pavić"]
    told = now["user pool"]["tells"]
    assert {"username: goran", "status: CONFIRMED", f"email: {GORAN}", "group: curators"} <= set(told)
    short = f"us-east-1:{account.identity[10:18]}…"
    assert now["identity pool"]["tells"] == [
        f"identity id: {short}",
        "login: accounts.google.com",
        f"login: cognito-idp…/{account.scene.pool}",
        "authenticated role: tidepool-member",
    ]
    assert now["IAM"]["tells"] == [
        "role: tidepool-curator with all-folders", "role: tidepool-member with own-folder",
    ]  # fmt: skip
    where = [store.where for store in account.picture.stores]
    assert where == ["a Google account", "tidepool-members", "many doors", "roles that the others name: 2"]


def test_and_what_it_does_not_know(account):
    now = account.look()
    lacks = {name: [row.removeprefix("✗ ") for row in parts["does not know"]] for name, parts in now.items()}
    assert lacks == {
        "Google": ["username", "user pool's sub", "group", "identity id"],
        "user pool": ["Google's sub", "name", "identity id"],
        "identity pool": ["email", "name", "username", "group"],
        "IAM": ["Google's sub", "email", "name", "username", "user pool's sub", "group", "identity id"],
    }
    assert now["identity pool"]["keeps to itself (stated)"] == ["user pool's sub", "Google's sub"]
    assert now["identity pool"]["is without (stated)"] == ["any password, any profile"]


def test_what_is_written_where_nobody_expects_it_is_found(account):
    """Not knowing is looked up, not assumed: write the facts into other stores, and they know them."""
    attributes = [{"Name": "name", "Value": "Goran Pavić"}, {"Name": "website", "Value": account.sub}]
    account.users.admin_update_user_attributes(**account.goran, UserAttributes=attributes)
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::any/{name}/*"}
            for name in (account.identity, "curators")
        ],
    }
    account.iam.put_role_policy(
        RoleName="tidepool-member", PolicyName="his", PolicyDocument=json.dumps(document)
    )
    now = account.look()
    assert now["user pool"]["does not know"] == ["✗ identity id"]
    assert now["IAM"]["does not know"] == [
        "✗ Google's sub", "✗ email", "✗ name", "✗ username", "✗ user pool's sub",
    ]  # fmt: skip
    attached = account.iam.create_policy(
        PolicyName="by-name", PolicyDocument=json.dumps(document).replace("curators", "goran")
    )["Policy"]["Arn"]
    account.iam.attach_role_policy(RoleName="tidepool-member", PolicyArn=attached)
    now = account.look()
    assert "✗ username" not in now["IAM"]["does not know"]
    assert "role: tidepool-member with own-folder, his, by-name" in now["IAM"]["tells"]


def test_a_part_of_a_word_is_not_the_word():
    answer = {"a": "goran.pavic@gmail.example", "ResponseMetadata": {"b": "known"}}
    store = knowledge.Store("any", told=[answer])
    for word in ("goran", "pavic", "gmail", "goran.pavic", "example", "known", "gmail.example"):
        assert not store.knows(word)
    store.told.append({"deep": [{"er": "arn:aws:s3:::b/ben/*, mara."}]})
    assert store.knows("goran.pavic@gmail.example") and store.knows("ben") and store.knows("mara")
    assert not store.knows("a.a") and not store.knows("be")


def test_what_changes_in_the_account_changes_in_the_picture(account):
    before = account.look()
    account.users.admin_update_user_attributes(
        **account.goran, UserAttributes=[{"Name": "email", "Value": "new@tidepool.example"}]
    )
    account.users.admin_disable_user(**account.goran)
    account.users.admin_remove_user_from_group(**account.goran, GroupName="curators")
    account.iam.delete_role_policy(RoleName="tidepool-member", PolicyName="own-folder")
    now = account.look()
    assert {"email: new@tidepool.example", "status: CONFIRMED, disabled"} <= set(now["user pool"]["tells"])
    assert "group: curators" in before["user pool"]["tells"]
    assert "curators" not in account.picture.transcript()
    assert now["IAM"]["tells"] == ["role: tidepool-member with no policy"]
    assert now["Google"] == {**before["Google"], "does not know": now["Google"]["does not know"]}


def test_a_deleted_user_is_known_no_longer_and_the_identity_stays(account):
    account.users.admin_delete_user(**account.goran)
    now = account.look()
    assert "tells" not in now["user pool"] and "keeps to itself (stated)" not in now["user pool"]
    assert account.picture.stores[1].where == "nobody here"
    assert "✗ email" in now["user pool"]["does not know"]
    assert len(now["identity pool"]["tells"]) == 4


def test_a_login_that_is_unlinked_is_gone(account):
    account.pools.unlink_identity(
        IdentityId=account.identity, Logins=account.logins(), LoginsToRemove=["accounts.google.com"]
    )
    now = account.look()["identity pool"]
    assert [row for row in now["tells"] if "login" in row] == [f"login: cognito-idp…/{account.scene.pool}"]
    assert now["keeps to itself (stated)"] == ["user pool's sub"] and "✗ Google's sub" in now["does not know"]


def test_a_deleted_identity_and_a_deleted_role(account):
    account.iam.delete_role_policy(RoleName="tidepool-curator", PolicyName="all-folders")
    account.iam.delete_role(RoleName="tidepool-curator")
    account.pools.delete_identities(IdentityIdsToDelete=[account.identity])
    now = account.look()
    assert "tells" not in now["identity pool"] and account.picture.stores[2].where == "nobody here"
    assert now["IAM"]["tells"] == ["role: tidepool-curator, which does not exist"]


def test_a_guest_has_no_login_and_nothing_is_kept_of_one(account):
    pool = account.pools.create_identity_pool(IdentityPoolName="guests", AllowUnauthenticatedIdentities=True)
    guest = account.pools.get_id(IdentityPoolId=pool["IdentityPoolId"])["IdentityId"]
    now = account.look(identity_id=guest, google_email=GORAN)
    assert now["identity pool"]["tells"][1:] == ["login: none"]
    assert "keeps to itself (stated)" not in now["identity pool"] and "tells" not in now["IAM"]


def test_the_roles_of_a_mapping_are_met_too(account):
    rule = {"Claim": "email", "MatchType": "Equals", "Value": GORAN, "RoleARN": account.scene.curator_role}
    rules = {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [rule]}}
    account.pools.set_identity_pool_roles(
        IdentityPoolId=account.scene.many,
        Roles={"authenticated": account.scene.member_role},
        RoleMappings={"accounts.google.com": rules},
    )
    now = account.look(identity_id=account.identity, google_email=GORAN)
    assert now["identity pool"]["tells"][-1] == "role mapping: Rules" and len(now["IAM"]["tells"]) == 2
    assert "✗ email" not in now["identity pool"]["does not know"]  # the rule has his address in it


def test_only_those_who_are_asked_have_a_column(account):
    assert list(account.look(username="mara")) == ["user pool", "IAM"]
    assert list(account.look(google_email="nobody@gmail.example")) == ["Google", "IAM"]
    assert account.picture.stores[0].where == "nobody here"
    with pytest.raises(ValueError, match="name the person"):
        knowledge.who_knows(account.lab.google)


def test_a_name_in_two_user_pools_has_two_columns_and_all_pages_are_read(account):
    for number in range(61):
        pool = account.users.create_user_pool(PoolName=f"pool {number}")["UserPool"]["Id"]
    account.users.admin_create_user(UserPoolId=pool, Username="mara")
    (picture,) = knowledge.who_knows(account.lab.google, username="mara").pictures
    assert sorted(store.where for store in picture.stores[:-1]) == ["pool 60", "tidepool-members"]


def test_the_picture_the_words_and_the_alternative_text_say_the_same(account):
    account.look()
    svg, words, alt = account.picture.svg(), account.picture.transcript(), account.picture.alt()
    size = [float(xml.fromstring(svg).get(side)) for side in ("width", "height")]
    assert overlaps(svg) == []
    assert all(box[1] > 0 and box[3] < size[0] and box[4] < size[1] for box in texts(svg))
    drawn = "".join("".join(text for text, *_ in texts(svg)).split())
    for store in account.picture.stores:
        for heading, rows in account.picture.parts(store):
            for each in (heading, *rows):
                assert each in words and each in alt and "".join(each.split()) in drawn
    html = knowledge.who_knows(account.lab.google, username="goran").html()
    assert html.startswith('<img alt="Who knows what about goran now. user pool: tidepool-members. tells: ')


def test_looking_changes_nothing_and_needs_no_other_rights_than_the_owners(account):
    first = account.look()
    assert account.look() == first
    assert account.lab.inbox(GORAN)[-1].code and account.scene.password not in account.picture.transcript()

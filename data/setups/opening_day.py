"""The first day of Tidepool's opening: who tries what, at what a learner has built."""

import json
from collections.abc import Callable
from functools import cache, partial
from types import SimpleNamespace
from typing import NamedTuple
from urllib.parse import urlencode

import boto3
import jwt
import requests
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from werkzeug.wrappers import Response

from cognito_lab.errors import OutsideTheLab
from cognito_lab.lessons.refused import refusal_from
from cognito_lab.lessons.scripted_browser import Browser
from cognito_lab.lessons.srp_sign_in import sign_in_by_srp
from cognito_lab.practice import exercise_files
from cognito_lab.practice.checks import client_with, expect, refusal_of, sign_in_through_pages

PASSWORD = "tide pools in winter"
PICTURE = b"<svg/>"
ADDRESSES = {
    "mara": "mara@tidepool.example",
    "ben": "ben@tidepool.example",
    "ines": "ines@tidepool.example",
    "stranger": "stranger@elsewhere.example",
    "rook": "rook@elsewhere.example",
    "lena": "lena@tidepool.example",
    "teo": "teo@tidepool.example",
    "nils": "nils@tidepool.example",
}
ROLES = ("tidepool-visitor", "tidepool-member", "tidepool-curator")
# The parts of the opening in their order: the exercise of each.
PARTS = {"directory": "15.2", "ways in": "15.3", "doors": "15.4", "rights": "15.5", "gauge": "15.6"}
SERVICES = {
    "user_pools": "cognito-idp",
    "identity_pools": "cognito-identity",
    "iam": "iam",
    "s3": "s3",
    "gateway": "apigatewayv2",
}
# By service beside Cognito, an operation that shows what an account has.
LISTS = {
    "iam": "list_roles",
    "s3": "list_buckets",
    "dynamodb": "list_tables",
    "lambda": "list_functions",
    "secretsmanager": "list_secrets",
}


def account_of(scene, lab):
    """What each part is given: clients of the account's owner, what the scene saved, the university."""
    clients = {name: boto3.client(service) for name, service in SERVICES.items()}
    return SimpleNamespace(**scene._saved, **clients, region=lab.region, university=lab.university)


def built(account, parts):
    """The account after these parts, functions by name; what each returns is there for those that follow."""
    for part in PARTS:
        if part in parts:
            account.__dict__.update(parts[part](account) or {})
    return account


def solved(*parts):
    """The functions of the solutions of these parts, by name."""
    files = {part: exercise_files.load(exercise_files.path_of(PARTS[part])) for part in parts}
    return {part: getattr(file, file.FUNCTION) for part, file in files.items()}


def check_part(part, answer, scene, lab, before=()):
    """The check of an exercise about one part. Those before it are built by their solutions."""
    account = built(account_of(scene, lab), {**solved(*before), part: answer})
    fault = next(faults(account, lab, part), "")
    expect(not fault, fault)


def faults(account, lab, *parts):
    """What does not go as the club wishes: of these parts, or of all."""
    lab.host("api.tidepool.example", Response("2.1 m"))
    day = Day(account, lab)
    for part, wish, who, does, allowed in TRIES:
        if part in parts or not parts:
            comes = outcome_of(lambda does=does: does(day))
            if allowed == bool(comes):
                yield f"Wish {wish}. {who}{comes or ', and should not'}."


def outcome_of(call):
    """What comes of a try in place of what should, to go on its sentence; nothing where it works."""
    try:
        Otherwise.unless(call())
    except Otherwise:
        return ": not so"
    except (AttributeError, KeyError) as error:
        return f": there is no {getattr(error, 'name', None) or error.args[0]}"
    except Exception as error:
        refusal = refusal_from(error)
        if refusal is None or isinstance(error, OutsideTheLab):  # which says nothing about the set-up
            raise
        says = isinstance(error, ClientError) and refusal.message.rstrip(".")
        return f" → {refusal.code}: {says}" if says else f" → {refusal.code}"
    return ""


class Otherwise(Exception):
    """It was carried out, and what came is not what should."""

    @classmethod
    def unless(cls, holds):
        if holds is False:
            raise cls


class Day:
    """The people of the first day. Each signs in once; after a while, again."""

    def __init__(self, account, lab):
        self.at, self.lab = account, lab
        self.tokens, self.s3 = cache(self._tokens), cache(self._s3)
        self.came = set()  # who has signed up
        self.left = {}  # who → the refresh token that they have

    # -- becoming a member, signing in ----------------------------------------------------------------

    def signs_up(self, who, password=PASSWORD, name=""):
        mail = [{"Name": "email", "Value": ADDRESSES[who]}]
        self.at.user_pools.sign_up(
            ClientId=self.at.client, Username=name or ADDRESSES[who], Password=password, UserAttributes=mail
        )
        self.came.add(who)

    def joins(self, who):
        self.signs_up(who)
        self.at.user_pools.confirm_sign_up(
            ClientId=self.at.client,
            Username=ADDRESSES[who],
            ConfirmationCode=self.code_that_came_to(ADDRESSES[who]),
        )
        if who == "ines":
            self.group("add_user_to_group")

    def code_that_came_to(self, address):
        messages = self.lab.inbox(address)
        if not messages:
            raise KeyError(f"message to {address}, so no code came")
        return messages[-1].code

    def moves(self, who, address):
        """Sign up, change the address, give the code that came there, and sign in with the new one."""
        self.joins(who)
        token = self.by_password(ADDRESSES[who])["AccessToken"]
        self.at.user_pools.update_user_attributes(
            AccessToken=token, UserAttributes=[{"Name": "email", "Value": address}]
        )
        self.at.user_pools.verify_user_attribute(
            AccessToken=token, AttributeName="email", Code=self.code_that_came_to(address)
        )
        self.by_password(address)

    def sends_password(self, flow, **more):
        self.at.user_pools.initiate_auth(
            ClientId=self.at.client,
            AuthFlow=flow,
            AuthParameters={"USERNAME": ADDRESSES["mara"], "PASSWORD": PASSWORD, **more},
        )

    def is_member(self, who):
        if who in ADDRESSES and who not in self.came:
            self.joins(who)

    def by_password(self, address, password=PASSWORD, client=""):
        answer = sign_in_by_srp(self.at.user_pools, self.at.pool, client or self.at.client, address, password)
        return answer["AuthenticationResult"]

    def _tokens(self, who):
        self.is_member(who)
        if who in ADDRESSES:
            return self.by_password(ADDRESSES[who])
        found = self.on_the_pages(who)
        return {"IdToken": found["id_token"], "AccessToken": found["access_token"]}

    def on_the_pages(self, who):
        scene = SimpleNamespace(pages=self.at.pages, client=self.at.client, callback=self.at.callback)
        if who == "goran":
            account = "Goran Pavić (goran.pavic@gmail.example)"
            return sign_in_through_pages(scene, "Google", account, "Continue")
        if who == "aiko":
            return sign_in_through_pages(
                scene, "Northshore", "Aiko Tanaka (aiko@northshore.example)", "Continue"
            )
        self.is_member(who)
        return sign_in_through_pages(scene, "COGNITO", "Sign in", username=ADDRESSES[who], password=PASSWORD)

    def claims(self, who):
        return jwt.decode(self.tokens(who)["IdToken"], options={"verify_signature": False})

    def later(self, **time):
        self.lab.travel(**time)
        self.tokens.cache_clear()
        self.s3.cache_clear()

    def is_told_the_same_as_nobody(self, call):
        """Whether a member and somebody who is none get the same answer."""
        return refusal_of(lambda: call(ADDRESSES["mara"])) == refusal_of(lambda: call("nobody@shore.example"))

    def forgets(self, address):
        self.at.user_pools.forgot_password(ClientId=self.at.client, Username=address)

    def lives(self, who):
        found = [jwt.decode(self.tokens(who)[name], options={"verify_signature": False})
                 for name in ("IdToken", "AccessToken")]  # fmt: skip
        return {each["exp"] - each["iat"] for each in found}

    def renews(self, who):
        pools, client = self.at.user_pools, {"ClientId": self.at.client}
        made = pools.describe_user_pool_client(UserPoolId=self.at.pool, **client)["UserPoolClient"]
        if made.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED":
            came = pools.get_tokens_from_refresh_token(**client, RefreshToken=self.left[who])
            self.left[who] = came["AuthenticationResult"]["RefreshToken"]
            return
        pools.initiate_auth(
            ClientId=self.at.client,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": self.left[who]},
        )

    def keeps(self, who):
        self.left[who] = self.tokens(who)["RefreshToken"]

    def takes_address_of(self, who, other):
        """Write somebody else's address into one's own profile; whether it is there at once."""
        self.at.user_pools.update_user_attributes(
            AccessToken=self.tokens(who)["AccessToken"],
            UserAttributes=[{"Name": "email", "Value": other}],
        )
        now = self.at.user_pools.get_user(AccessToken=self.tokens(who)["AccessToken"])["UserAttributes"]
        return {"Name": "email", "Value": other} in now

    # -- the pages --------------------------------------------------------------------------------------

    def asks_the_pages(self, **asked):
        question = {"client_id": self.at.client, "redirect_uri": self.at.callback, "response_type": "code"}
        Browser().open(f"{self.at.pages}/oauth2/authorize?{urlencode(question | asked)}")

    def sends_codes_elsewhere(self):
        client = {"UserPoolId": self.at.pool, "ClientId": self.at.client}
        made = self.at.user_pools.describe_user_pool_client(**client)["UserPoolClient"]
        return set(made["CallbackURLs"]) > {self.at.callback}

    def gets_one_of(self, *scopes):
        """Whether the pages go on where an app asks for one of these scopes, beside `openid`."""
        return any(not refusal_of(partial(self.asks_the_pages, scope=f"openid {one}")) for one in scopes)

    # -- credentials -------------------------------------------------------------------------------------

    def logins(self, who):
        if who == "visitor":
            return {}
        issuer = f"cognito-idp.{self.at.region}.amazonaws.com/{self.at.pool}"
        return {issuer: self.tokens(who)["IdToken"]}

    def credentials(self, who):
        logins = self.logins(who)
        pools, pool = self.at.identity_pools, self.at.identity_pool
        identity = pools.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
        answer = pools.get_credentials_for_identity(IdentityId=identity, Logins=logins)
        return answer["Credentials"], identity

    def arn(self, role):
        return self.at.iam.get_role(RoleName=role)["Role"]["Arn"]

    def has_role(self, who, role):
        sts = client_with(self.credentials(who)[0], "sts")
        return f"/{role}/" in sts.get_caller_identity()["Arn"]

    def takes_at_sts(self, token, *roles):
        """Take any of the roles with a token of an identity pool, as an app does in the basic flow."""
        sts = boto3.client("sts", config=Config(signature_version=UNSIGNED))
        wish = {"RoleSessionName": "rook", "WebIdentityToken": token}
        take = partial(sts.assume_role_with_web_identity, **wish)
        return any(not refusal_of(partial(take, RoleArn=self.arn(role))) for role in roles or ROLES)

    def goes_to_sts(self, who, *roles):
        logins, pools = self.logins(who), self.at.identity_pools
        identity = pools.get_id(IdentityPoolId=self.at.identity_pool, Logins=logins)["IdentityId"]
        return self.takes_at_sts(pools.get_open_id_token(IdentityId=identity, Logins=logins)["Token"], *roles)

    def assumes_a_role(self, credentials):
        """Whether any of the roles can be assumed with these credentials, past the identity pool."""
        take = partial(client_with(credentials, "sts").assume_role, RoleSessionName="past")
        return any(not refusal_of(partial(take, RoleArn=self.arn(role))) for role in ROLES)

    def is_assumed_by_a_program(self):
        """Whether a program of the club's, which may assume every role, gets one."""
        iam, program = self.at.iam, {"UserName": "program"}
        may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
        iam.create_user(**program)
        iam.put_user_policy(**program, PolicyName="all", PolicyDocument=document)
        key = iam.create_access_key(**program)["AccessKey"]
        secret = key["SecretAccessKey"]
        try:
            return self.assumes_a_role({**key, "SecretKey": secret, "SessionToken": None})
        finally:
            iam.delete_access_key(**program, AccessKeyId=key["AccessKeyId"])
            iam.delete_user_policy(**program, PolicyName="all")
            iam.delete_user(**program)

    def has_the_basic_flow(self):
        return self.at.identity_pools.describe_identity_pool(IdentityPoolId=self.at.identity_pool).get(
            "AllowClassicFlow", False
        )

    def finds_the_basic_flow_on(self, who, *wanted):
        """Somebody of the club has reset the roles and allowed the basic flow; `who` tries it."""
        pools, pool = self.at.identity_pools, self.at.identity_pool
        roles = pools.get_identity_pool_roles(IdentityPoolId=pool)
        before = pools.describe_identity_pool(IdentityPoolId=pool)
        for answer in (roles, before):
            del answer["ResponseMetadata"]
        try:
            pools.set_identity_pool_roles(IdentityPoolId=pool, Roles=roles["Roles"])
            pools.update_identity_pool(**{**before, "AllowClassicFlow": True})
            return self.goes_to_sts(who, *wanted)
        finally:
            pools.update_identity_pool(**before)
            pools.set_identity_pool_roles(**roles)

    def comes_from_another_pool(self, signed_in):
        """Rook has an identity pool of his own, where he is whoever he likes."""
        pools = self.at.identity_pools
        own = pools.create_identity_pool(
            IdentityPoolName="rook",
            AllowUnauthenticatedIdentities=True,
            AllowClassicFlow=True,
            DeveloperProviderName="rook",
        )["IdentityPoolId"]
        try:
            if signed_in:
                token = pools.get_open_id_token_for_developer_identity(
                    IdentityPoolId=own, Logins={"rook": "rook"}
                )["Token"]
            else:
                identity = pools.get_id(IdentityPoolId=own)["IdentityId"]
                token = pools.get_open_id_token(IdentityId=identity)["Token"]
            return self.takes_at_sts(token)
        finally:
            pools.delete_identity_pool(IdentityPoolId=own)

    # -- pictures ----------------------------------------------------------------------------------------

    def _s3(self, who):
        credentials, identity = self.credentials(who)
        return client_with(credentials), f"own/{identity}/"

    def reads(self, who, key):
        self.s3(who)[0].get_object(Bucket=self.at.bucket, Key=key)["Body"].read()

    def writes(self, who, key):
        self.s3(who)[0].put_object(Bucket=self.at.bucket, Key=key, Body=PICTURE)

    def deletes(self, who, key):
        self.s3(who)[0].delete_object(Bucket=self.at.bucket, Key=key)

    def lists(self, who, prefix):
        self.s3(who)[0].list_objects_v2(Bucket=self.at.bucket, Prefix=prefix)

    def lists_one_of(self, who, *prefixes):
        """Whether a list comes with one of these prefixes; `None` is a request without a prefix."""
        ask = partial(self.s3(who)[0].list_objects_v2, Bucket=self.at.bucket)
        asked = [ask if prefix is None else partial(ask, Prefix=prefix) for prefix in prefixes]
        return any(not refusal_of(each) for each in asked)

    def reads_new(self, who, key):
        """Read what the club has put there a moment ago."""
        self.at.s3.put_object(Bucket=self.at.bucket, Key=key, Body=PICTURE)
        try:
            self.reads(who, key)
        finally:
            self.at.s3.delete_object(Bucket=self.at.bucket, Key=key)

    def takes_the_policy_off(self, who):
        self.s3(who)[0].delete_bucket_policy(Bucket=self.at.bucket)

    def finds_more_in_the_account(self, who):
        """Whether these credentials show anything of the account beside the pictures."""
        client = cache(partial(client_with, self.credentials(who)[0]))
        asked = [getattr(client(service), operation) for service, operation in LISTS.items()]
        asked.append(partial(client("cognito-idp").list_users, UserPoolId=self.at.pool))
        return any(not refusal_of(each) for each in asked)

    def folder(self, who):
        return self.s3(who)[1]

    def uses_own_folder(self, who):
        own = f"{self.folder(who)}note.svg"
        self.writes(who, own)
        self.reads(who, own)
        self.lists(who, self.folder(who))
        self.deletes(who, own)
        self.writes(who, own)

    def group(self, does, who="ines"):
        member = {"UserPoolId": self.at.pool, "GroupName": "curators", "Username": ADDRESSES[who]}
        getattr(self.at.user_pools, f"admin_{does}")(**member)
        self.tokens.cache_clear()
        self.s3.cache_clear()

    # -- the gauge ---------------------------------------------------------------------------------------

    def token_of_gauge(self):
        form = {"grant_type": "client_credentials", "scope": "tides/write"}
        gauge = (self.at.gauge, self.at.gauge_secret)
        answer = requests.post(f"{self.at.pages}/oauth2/token", form, auth=gauge)
        answer.raise_for_status()
        return answer.json()["access_token"]

    def asks_the_api(self, method, token=""):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = requests.request(method, self.at.readings, headers=headers)
        answer.raise_for_status()

    def token_of_rooks_machine(self):
        """A token with this scope, of a user pool of Rook's."""
        pools = self.at.user_pools
        own = pools.create_user_pool(PoolName="rook")["UserPool"]["Id"]
        scope = {"ScopeName": "write", "ScopeDescription": "write"}
        pools.create_resource_server(UserPoolId=own, Identifier="tides", Name="tides", Scopes=[scope])
        pools.create_user_pool_domain(UserPoolId=own, Domain="rook")
        made = pools.create_user_pool_client(
            UserPoolId=own, ClientName="rook", GenerateSecret=True, AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthFlows=["client_credentials"], AllowedOAuthScopes=["tides/write"],
        )["UserPoolClient"]  # fmt: skip
        answer = requests.post(
            f"https://rook.auth.{self.at.region}.amazoncognito.com/oauth2/token",
            {"grant_type": "client_credentials"}, auth=(made["ClientId"], made["ClientSecret"]),
        )  # fmt: skip
        pools.delete_user_pool_domain(UserPoolId=own, Domain="rook")
        pools.delete_user_pool(UserPoolId=own)
        return answer.json()["access_token"]


# -- what is tried ----------------------------------------------------------------------------------------


class Try(NamedTuple):
    """Something that somebody tries, and whether the club wants it to work."""

    part: str
    wish: int
    who: str
    does: Callable
    allowed: bool


def yes(part, wish, who, does):
    return Try(part, wish, who, does, True)


def no(part, wish, who, does):
    return Try(part, wish, who, does, False)


TRIES = [
    yes("directory", 1, "Mara becomes a member", lambda day: day.joins("mara")),
    yes("directory", 1, "Ben becomes a member", lambda day: day.joins("ben")),
    no("directory", 1, "Somebody signs up with a name that is no address",
       lambda day: day.signs_up("stranger", name="stranger")),
    no("directory", 1, "Somebody signs up with a password of eleven characters",
       lambda day: day.signs_up("stranger", "Tide-pool-7")),
    no("directory", 1, "Somebody signs up with a telephone number",
       lambda day: day.signs_up("stranger", name="+15550100")),
    yes("directory", 1, "Lena signs up with twelve small letters as her password",
        lambda day: day.signs_up("lena", "lowwatermark")),
    yes("directory", 1, "Teo signs up with twelve digits as his password",
        lambda day: day.signs_up("teo", "271828182845")),
    yes("directory", 1, "Nils becomes a member, changes his address, gives the code, and signs in with it",
        lambda day: day.moves("nils", "nils@elsewhere.example")),
    yes("directory", 1, "Rook becomes a member like anybody", lambda day: day.joins("rook")),
    no("directory", 1, "Rook writes Ines's address as his own, without the code",
       lambda day: day.takes_address_of("rook", ADDRESSES["ines"])),
    no("directory", 1, "An app sends a password as it is",
       lambda day: day.sends_password("USER_PASSWORD_AUTH")),
    no("directory", 1, "An app sends a password as it is, in the flow that offers a choice",
       lambda day: day.sends_password("USER_AUTH", PREFERRED_CHALLENGE="PASSWORD")),
    yes("directory", 2, "A wrong password is answered alike for a member and for nobody",
        lambda day: day.is_told_the_same_as_nobody(lambda name: day.by_password(name, "a wrong password"))),
    yes("directory", 2, "A forgotten password is answered alike for a member and for nobody",
        lambda day: day.is_told_the_same_as_nobody(day.forgets)),
    yes("directory", 4, "Ines becomes a member, and the club makes her a curator",
        lambda day: day.joins("ines")),
    yes("directory", 4, "Ines's token says that she is a curator",
        lambda day: day.claims("ines")["cognito:groups"] == ["curators"]),
    yes("directory", 3, "Mara's tokens live for a quarter of an hour",
        lambda day: day.lives("mara") == {900}),
    yes("directory", 3, "Mara stays signed in", lambda day: day.keeps("mara")),
    yes("directory", 3, "Seven hours later her app gets new tokens",
        lambda day: (day.later(hours=7), day.renews("mara"))[1]),
    no("directory", 3, "Another hour later her app gets new tokens",
       lambda day: (day.later(hours=1, seconds=1), day.renews("mara"))[1]),
    # -- ways in
    yes("ways in", 5, "Ben signs in on the page", lambda day: day.on_the_pages("ben")),
    yes("ways in", 6, "Goran signs in with Google", lambda day: day.tokens("goran")),
    yes("ways in", 6, "Goran's address arrives",
        lambda day: day.claims("goran")["email"] == "goran.pavic@gmail.example"),
    yes("ways in", 6, "Aiko signs in at her university", lambda day: day.tokens("aiko")),
    yes("ways in", 6, "Aiko's address arrives",
        lambda day: day.claims("aiko")["email"] == "aiko@northshore.example"),
    no("ways in", 5, "An app asks for tokens in the address",
       lambda day: day.asks_the_pages(response_type="token")),
    yes("ways in", 5, "An app asks for a person's address",
        lambda day: day.asks_the_pages(scope="openid email")),
    no("ways in", 5, "An app asks for the right to change the profile",
       lambda day: day.asks_the_pages(scope="openid aws.cognito.signin.user.admin")),
    no("ways in", 5, "The app client allows codes to go to other addresses",
       lambda day: day.sends_codes_elsewhere()),
    no("ways in", 5, "An app asks for more than openid and email",
       lambda day: day.gets_one_of("profile", "phone")),
    yes("ways in", 3, "Goran's tokens live for a quarter of an hour",
        lambda day: day.lives("goran") == {900}),
    no("ways in", 1, "An app sends a password as it is, after the pages were added",
       lambda day: day.sends_password("USER_PASSWORD_AUTH")),
    # -- doors
    yes("doors", 7, "A visitor gets credentials", lambda day: day.credentials("visitor")),
    yes("doors", 7, "A second visitor is another identity",
        lambda day: day.credentials("visitor")[1] != day.credentials("visitor")[1]),
    yes("doors", 8, "A visitor has the role of visitors",
        lambda day: day.has_role("visitor", "tidepool-visitor")),
    yes("doors", 8, "Mara has the role of members", lambda day: day.has_role("mara", "tidepool-member")),
    yes("doors", 8, "Ines has the role of curators", lambda day: day.has_role("ines", "tidepool-curator")),
    no("doors", 7, "The identity pool allows the basic flow", lambda day: day.has_the_basic_flow()),
    no("doors", 7, "A visitor takes a role at STS", lambda day: day.goes_to_sts("visitor")),
    no("doors", 7, "Rook, a member, takes a role at STS", lambda day: day.goes_to_sts("rook")),
    no("doors", 8, "A visitor takes a role of those who sign in, once the basic flow is on by mistake",
       lambda day: day.finds_the_basic_flow_on("visitor", "tidepool-member", "tidepool-curator")),
    no("doors", 8, "Rook, a member, takes the role of visitors, once the basic flow is on by mistake",
       lambda day: day.finds_the_basic_flow_on("rook", "tidepool-visitor")),
    no("doors", 8, "Rook takes a role as a guest of an identity pool of his own",
       lambda day: day.comes_from_another_pool(signed_in=False)),
    no("doors", 8, "Rook takes a role as somebody of an identity pool of his own",
       lambda day: day.comes_from_another_pool(signed_in=True)),
    no("doors", 8, "Mara takes a role with a member's credentials, by AssumeRole",
       lambda day: day.assumes_a_role(day.credentials("mara")[0])),
    no("doors", 8, "A program of the club takes a role, past the identity pool",
       lambda day: day.is_assumed_by_a_program()),
    # -- rights
    yes("rights", 9, "A visitor looks at the gallery",
        lambda day: day.reads("visitor", "gallery/anemone.svg")),
    no("rights", 9, "A visitor looks at members/", lambda day: day.reads("visitor", "members/goby.svg")),
    no("rights", 9, "A visitor looks at drafts/", lambda day: day.reads("visitor", "drafts/limpet.svg")),
    no("rights", 9, "A visitor looks at gallery-of-tomorrow/",
       lambda day: day.reads_new("visitor", "gallery-of-tomorrow/limpet.svg")),
    no("rights", 9, "A visitor hangs a picture in the gallery",
       lambda day: day.writes("visitor", "gallery/visitor.svg")),
    no("rights", 9, "A visitor takes a picture down",
       lambda day: day.deletes("visitor", "gallery/visitor.svg")),
    no("rights", 9, "A visitor lists the gallery", lambda day: day.lists("visitor", "gallery/")),
    no("rights", 9, "A visitor writes into a folder of their own",
       lambda day: day.writes("visitor", f"{day.folder('visitor')}note.svg")),
    yes("rights", 9, "Mara looks at the gallery", lambda day: day.reads("mara", "gallery/anemone.svg")),
    yes("rights", 9, "Mara looks at members/", lambda day: day.reads("mara", "members/goby.svg")),
    yes("rights", 9, "Mara uses her own folder", lambda day: day.uses_own_folder("mara")),
    no("rights", 9, "Rook reads in Mara's folder",
       lambda day: day.reads("rook", f"{day.folder('mara')}note.svg")),
    no("rights", 9, "Rook writes in Mara's folder",
       lambda day: day.writes("rook", f"{day.folder('mara')}rook.svg")),
    no("rights", 9, "Rook deletes in Mara's folder",
       lambda day: day.deletes("rook", f"{day.folder('mara')}note.svg")),
    no("rights", 9, "Rook lists Mara's folder", lambda day: day.lists("rook", day.folder("mara"))),
    no("rights", 9, "Rook lists everybody's folders", lambda day: day.lists("rook", "own/")),
    no("rights", 9, "Rook lists the gallery, or everything",
       lambda day: day.lists_one_of("rook", "gallery/", "", None)),
    no("rights", 9, "Rook writes into a folder whose name begins as his does",
       lambda day: day.writes("rook", f"{day.folder('rook')[:-1]}-2/note.svg")),
    no("rights", 9, "Rook lists folders whose names begin as his does",
       lambda day: day.lists("rook", day.folder("rook")[:-1])),
    no("rights", 9, "Rook hangs a picture in the gallery",
       lambda day: day.writes("rook", "gallery/rook.svg")),
    no("rights", 9, "Rook takes a picture down", lambda day: day.deletes("rook", "gallery/rook.svg")),
    no("rights", 9, "Rook puts a picture into members/", lambda day: day.writes("rook", "members/rook.svg")),
    no("rights", 9, "Rook takes a picture out of members/",
       lambda day: day.deletes("rook", "members/rook.svg")),
    no("rights", 9, "Rook looks at members-of-the-board/",
       lambda day: day.reads_new("rook", "members-of-the-board/limpet.svg")),
    no("rights", 9, "Rook looks at drafts/", lambda day: day.reads("rook", "drafts/limpet.svg")),
    no("rights", 9, "Rook takes the policy off the bucket", lambda day: day.takes_the_policy_off("rook")),
    no("rights", 9, "Rook or Ines finds more in the account than pictures: members, roles, tables, functions",
       lambda day: day.finds_more_in_the_account("rook") or day.finds_more_in_the_account("ines")),
    yes("rights", 9, "Ines hangs a picture in the gallery",
        lambda day: day.writes("ines", "gallery/goby.svg")),
    yes("rights", 9, "Ines takes a picture down", lambda day: day.deletes("ines", "gallery/goby.svg")),
    yes("rights", 9, "Ines looks at the gallery", lambda day: day.reads("ines", "gallery/anemone.svg")),
    yes("rights", 9, "Ines looks at members/", lambda day: day.reads("ines", "members/goby.svg")),
    yes("rights", 9, "Ines uses her own folder", lambda day: day.uses_own_folder("ines")),
    no("rights", 9, "Ines hangs a picture in gallery-of-tomorrow/",
       lambda day: day.writes("ines", "gallery-of-tomorrow/ines.svg")),
    no("rights", 9, "Ines puts a picture into members/", lambda day: day.writes("ines", "members/ines.svg")),
    no("rights", 9, "Ines puts a picture into drafts/", lambda day: day.writes("ines", "drafts/ines.svg")),
    no("rights", 9, "Ines lists the gallery, or everything",
       lambda day: day.lists_one_of("ines", "gallery/", "", None)),
    no("rights", 9, "Ines reads in Mara's folder",
       lambda day: day.reads_new("ines", f"{day.folder('mara')}limpet.svg")),
    no("rights", 9, "Ines writes in Mara's folder",
       lambda day: day.writes("ines", f"{day.folder('mara')}ines.svg")),
    no("rights", 9, "Ines deletes in Mara's folder",
       lambda day: day.deletes("ines", f"{day.folder('mara')}note.svg")),
    no("rights", 9, "Ines looks at drafts/", lambda day: day.reads("ines", "drafts/limpet.svg")),
    no("rights", 4, "Ines, who is no curator any more, hangs a picture",
       lambda day: (day.group("remove_user_from_group"), day.writes("ines", "gallery/crab.svg"))[1]),
    # -- the gauge
    yes("gauge", 10, "The gauge writes a reading",
        lambda day: day.asks_the_api("POST", day.token_of_gauge())),
    yes("gauge", 10, "The gauge reads the readings",
        lambda day: day.asks_the_api("GET", day.token_of_gauge())),
    yes("gauge", 10, "Mara reads the readings",
        lambda day: day.asks_the_api("GET", day.tokens("mara")["AccessToken"])),
    yes("gauge", 10, "Goran reads the readings",
        lambda day: day.asks_the_api("GET", day.tokens("goran")["AccessToken"])),
    no("gauge", 10, "Somebody without a token reads the readings", lambda day: day.asks_the_api("GET")),
    no("gauge", 10, "Somebody without a token writes a reading", lambda day: day.asks_the_api("POST")),
    no("gauge", 10, "Mara writes a reading with her access token",
       lambda day: day.asks_the_api("POST", day.tokens("mara")["AccessToken"])),
    no("gauge", 10, "Mara writes a reading with her ID token",
       lambda day: day.asks_the_api("POST", day.tokens("mara")["IdToken"])),
    no("gauge", 10, "A member's page asks for the gauge's scope",
       lambda day: day.asks_the_pages(scope="openid tides/write")),
    no("gauge", 10, "Goran writes a reading with his access token",
       lambda day: day.asks_the_api("POST", day.tokens("goran")["AccessToken"])),
    no("gauge", 10, "Rook writes a reading with a token of his own user pool",
       lambda day: day.asks_the_api("POST", day.token_of_rooks_machine())),
    yes("gauge", 5, "Ben still signs in on the page", lambda day: day.on_the_pages("ben")),
    # -- what takes two parts
    yes("together", 8, "Goran, who comes by Google, has the role of members",
        lambda day: day.has_role("goran", "tidepool-member")),
    yes("together", 9, "Aiko uses her own folder", lambda day: day.uses_own_folder("aiko")),
]  # fmt: skip
